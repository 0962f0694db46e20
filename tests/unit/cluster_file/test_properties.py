"""Whatever the file holds: a Spec, or problems with places in the file. Never a traceback."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from corral.cluster_file.emit import to_yaml
from corral.cluster_file.example import example_text
from corral.cluster_file.parse import load_file
from corral.cluster_file.show import as_yaml, shown
from corral.cluster_file.tree import keys
from corral.errors import InvalidFile
from tests.unit.cluster_file.files import load, points_into, problems

EXAMPLE = example_text()
LINES = EXAMPLE.splitlines(keepends=True)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


def judge(text: str) -> None:
    for problem in problems(text):
        assert problem.severity == "error"
        assert problem.message.endswith("."), problem
        assert points_into(problem, text.removeprefix("\ufeff")), problem


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text(text: str) -> None:
    judge(text)


@given(st.text("a:-[]{}&*!|>'\"%@#,? \n\t~<", max_size=40))
def test_text_of_yamls_own_characters(text: str) -> None:
    judge(text)


@given(st.binary(max_size=60))
def test_any_bytes(content: bytes) -> None:
    with tempfile.NamedTemporaryFile(suffix=".yaml") as file:
        file.write(content)
        file.flush()
        try:
            load_file(Path(file.name))
        except InvalidFile as refused:
            assert all(problem.where.startswith(f"{file.name}:") for problem in refused.problems)


@given(st.integers(0, len(EXAMPLE)), st.integers(0, 30), st.text("a1:-[]{}&*'\" \n\t#!,", max_size=6))
def test_the_example_with_a_hole_in_it(start: int, length: int, instead: str) -> None:
    judge(EXAMPLE[:start] + instead + EXAMPLE[start + length :])


@given(st.lists(st.integers(0, len(LINES) - 1), max_size=4), st.integers(0, len(LINES) - 1), st.integers(0, 4))
def test_the_example_with_lines_moved(gone: list[int], moved: int, indent: int) -> None:
    lines = [line for number, line in enumerate(LINES) if number not in gone]
    judge("".join([*lines, " " * indent + LINES[moved]]))


def value() -> st.SearchStrategy[Any]:
    numbers = st.integers() | st.floats() | st.integers(-1, 70000)
    words = st.sampled_from(["db-1", "db-2", "10s", "1G", "none", "_", "127.0.0.1", "$x", "/", "4x", "TERM", "hash"])
    return st.none() | st.booleans() | numbers | words | TEXT


def anything() -> st.SearchStrategy[Any]:
    names = st.sampled_from(sorted({str(path[-1]) for path in keys()} | {"db-1", "db-2", "PORT"})) | TEXT
    return st.recursive(
        value(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=5),
        max_leaves=12,
    )


def in_flow(data: Any) -> str:
    return to_yaml({"x": [data, {}]}).partition("- ")[2].partition("\n  - {}")[0] + "\n"


@given(st.dictionaries(st.sampled_from(sorted({str(path[0]) for path in keys()})), anything(), min_size=1))
def test_anything_below_the_right_keys(data: dict[str, Any]) -> None:
    judge(in_flow(data))


@given(st.sampled_from(keys()), anything())
def test_anything_at_any_key(path: tuple[str | int, ...], strange: Any) -> None:
    """The example, with one key's value replaced by something strange."""
    data: dict[str, Any] = shown(load(EXAMPLE))
    here = data
    for step in path[:-1]:
        name = next(iter(here)) if step == "*" else str(step)
        if not isinstance(here.get(name), dict):
            here[name] = {}
        here = here[name]
    here[str(path[-1])] = strange
    judge(in_flow(data))


def _duration(low: int, high: int) -> st.SearchStrategy[str]:
    return st.integers(low, high).map(lambda milliseconds: f"{milliseconds}ms")


@st.composite
def right_files(draw: Callable[[st.SearchStrategy[Any]], Any]) -> dict[str, Any]:
    """Files that are right, with many an optional key."""
    hosts = [f"h{number}" for number in range(draw(st.integers(1, 4)))]
    some = st.lists(st.sampled_from(hosts), min_size=1, unique=True)
    storable = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=10)
    plain = storable.filter(lambda text: "${" not in text)
    health = st.fixed_dictionaries(
        {}, optional={"contains": storable, "path": st.just("/x?y=1"), "timeout": _duration(100, 9999)}
    )
    archive = {"archive": st.sampled_from(["a.tar", "/b c.tgz"]), "version": st.just("1.22.333")}
    install = st.sampled_from(["package", "none", {"package": "lib-x+1.0"}]) | st.fixed_dictionaries(
        archive, optional={"sha256": st.from_regex(r"\A[0-9a-f]{64}\Z") | st.just("1" * 64)}
    )
    proxy = st.fixed_dictionaries(
        {"hosts": some},
        optional={
            "balance": st.sampled_from(["ip_hash", "least_conn", {"hash": "$remote_addr"}]),
            "max_body_size": st.integers(1024, 1 << 40),
            "read_timeout": _duration(100, 10**7) | st.floats(0.1, 86400),
            "not_found": st.lists(st.sampled_from(["/a", "/b.js"])),
            "virtual_ip": st.sampled_from(["10.9.9.9", {"address": "fd00::9", "interface": "eth0"}]),
            "max_fails": st.integers(0, 1000),
            "install": install,
        },
    )
    app = st.fixed_dictionaries(
        {"hosts": some, "command": st.lists(storable, min_size=1, max_size=3)},
        optional={
            "env": st.dictionaries(st.from_regex(r"\AX[A-Z0-9_]{0,5}\Z"), plain, max_size=3),
            "instances": st.integers(1, 9),
            "version": st.from_regex(r"\A[0-9a-z.]{1,6}\Z"),
            "health": health,
            "release": st.sampled_from(["none", {"archive": "r.tar", "sha256": "0" * 64}]),
            "install": st.sampled_from(["package", "none", {"package": "docker-ce"}]),
            "image_archive": st.just("i.tar"),
            "stop": st.just({"signal": "SIGINT", "timeout": 2.5}),
            "workers": st.fixed_dictionaries(
                {"instances": st.integers(0, 5)}, optional={"health": health | st.just("none"), "hosts": some}
            ),
        },
    )
    members = draw(some)
    if len(members) % 2 == 0:
        members = members[1:]
    return {
        "name": draw(st.from_regex(r"\Ac[a-z0-9-]{0,10}\Z")),
        "hosts": {name: f"10.0.0.{number}" for number, name in enumerate(hosts, 1)},
        "ssh": draw(
            st.fixed_dictionaries(
                {}, optional={"user": st.just("deploy"), "sudo": st.booleans(), "timeout": _duration(100, 9999)}
            )
        ),
        "proxy": draw(proxy),
        "app": draw(app),
        "database": {"members": members, "install": draw(install), "tune": draw(st.booleans())},
    }


@given(right_files())
def test_what_is_shown_loads_to_an_equal_spec(data: dict[str, Any]) -> None:
    first = load(to_yaml(data))
    again = load(as_yaml(shown(first)))
    assert again.spec == first.spec
