"""docs/architecture.md is true of the tree: its paths exist, its folders are all, its words are where it says.

Other pages for those who change Corral name files that exist, too.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
SOURCE = ROOT / "src" / "corral"
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
TEXT = re.sub(r"^```.*?^```$", "", PAGE, flags=re.DOTALL | re.MULTILINE)
DRAWING = PAGE.partition("```mermaid")[2].partition("```")[0]
CODE = re.compile(r"`([^`\n]+)`")
PLACED = re.compile(r"`([^`\n]+)` \(((?:`[^`\n]+`(?:, )?)+)\)")
"""A path, and in brackets behind it what is to be looked for in that file."""
QUESTIONS = (
    *("the sticky cookie", "when the lock expires", "the mode and owner of a file", "mongod's parameters"),
    *("a taken port", "the order of stages", "the health gate", "the masking of secrets", "the journal"),
    "certificates, when they come",
)
RECIPES = ("A key of the cluster file", "A rule", "A kind of unit", "A place", "A verb", "An action", "A message")


def is_path(word: str) -> bool:
    return (
        " " not in word
        and not word.startswith(".")
        and (word.endswith(("/", ".py", ".sh", ".j2", ".md", ".yaml", ".toml")))
    )


def found(path: str) -> Path:
    """Below the repository, or below src/corral."""
    return ROOT / path if (ROOT / path).exists() else SOURCE / path


def paths() -> list[str]:
    drawn = re.findall(r"(?<![\w/])([a-z_]+/(?:[a-z_]+(?:/|\.py)?)?)", DRAWING)
    return sorted({word for word in CODE.findall(TEXT) if is_path(word)} | set(drawn))


def words() -> list[tuple[str, str]]:
    return [(path, word) for path, group in PLACED.findall(TEXT) for word in CODE.findall(group) if is_path(path)]


def folders() -> list[str]:
    kept = (path for path in SOURCE.rglob("*") if path.is_dir() and path.name != "__pycache__")
    return sorted(f"{path.relative_to(SOURCE)}/" for path in kept if any(each.is_file() for each in path.iterdir()))


@pytest.mark.parametrize("path", paths())
def test_every_path_exists(path: str) -> None:
    assert found(path).exists()
    assert found(path).is_dir() == path.endswith("/")


@pytest.mark.parametrize("page", [ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs" / "decisions").glob("*.md"))])
def test_other_pages_name_files_that_exist(page: Path) -> None:
    named = {
        word for word in CODE.findall(page.read_text(encoding="utf-8")) if re.fullmatch(r"[\w/-]+/[\w-]+\.\w+", word)
    }
    assert {word for word in named if not found(word).exists()} == set()


@pytest.mark.parametrize(("path", "word"), words())
def test_every_word_is_in_its_file(path: str, word: str) -> None:
    assert word in found(path).read_text(encoding="utf-8")


@pytest.mark.parametrize("folder", folders())
def test_every_folder_has_a_line(folder: str) -> None:
    assert f"\n| `{folder}` | " in PAGE


def test_folders_stand_in_the_order_of_their_imports() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    [contract] = [each for each in settings["contracts"] if each["type"] == "layers"]
    layers = [layer for layer in contract["layers"] if (SOURCE / layer).is_dir()]
    table = TEXT.partition("## Folders")[2].partition("\n## ")[0]
    assert re.findall(r"^\| `([a-z_]+)/` \|", table, re.MULTILINE) == layers


def test_every_module_at_the_top_is_named() -> None:
    top = {path.name for path in SOURCE.glob("*.py")} - {"__init__.py"}
    assert top - set(CODE.findall(TEXT)) == set()


def test_what_is_asked_for_most_is_answered() -> None:
    table = TEXT.partition("## Where do I look for")[2].partition("\n## ")[0]
    asked = re.findall(r"^\| (?!Question|-)(.+?) \| (.+) \|$", table, re.MULTILINE)
    assert set(QUESTIONS) <= {question for question, _ in asked}
    for question, answer in asked:
        assert any(is_path(word) for word in CODE.findall(answer)), question


def test_how_to_add_something_is_told() -> None:
    recipes = TEXT.partition("## How do I add")[2].partition("\n## ")[0]
    assert set(RECIPES) <= set(re.findall(r"^\*\*(.+?)\.\*\*", recipes, re.MULTILINE))
