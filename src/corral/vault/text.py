"""The secrets as a YAML text, and back. No message ever quotes what the text holds."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from corral.errors import ChangeFailed
from corral.language import tr
from corral.late import late
from corral.problems import Problem

if TYPE_CHECKING:
    import ruamel.yaml.error as yaml_error
    from ruamel import yaml
else:
    yaml = late("ruamel.yaml")
    yaml_error = late("ruamel.yaml.error")

Form = Literal["yaml", "json"]
_HEAD: Final = "# Made by Corral. Whoever has these has the cluster; without them Corral can't change its database.\n"
_FORMS: Final = {
    "keyfile": (r"[A-Za-z0-9+/=]{6,1024}", tr("6 to 1024 characters of base64")),
    "vrrp": (r"[A-Za-z0-9._~-]{8}", tr("8 letters and digits")),
}
"""The form of a value, also of one written by hand: configuration files hold it without any escaping."""
_ANY_FORM: Final = (r"[A-Za-z0-9._~-]{8,200}", tr("8 to 200 letters, digits, dots, hyphens, underscores and tildes"))
_RECIPIENTS: Final = "recipients"
"""The key of an encrypted file with its recipients: age's own header doesn't name them."""


def form_of(path: Path) -> Form:
    """By the file's name: the playground's has always been JSON."""
    return "json" if path.suffix == ".json" else "yaml"


def written(values: Mapping[str, str], recipients: Sequence[str] = (), form: Form = "yaml") -> str:
    if form == "json":
        return json.dumps(dict(values), indent=2) + "\n"
    text = _HEAD + "".join(f"{name}: {json.dumps(value)}\n" for name, value in values.items())
    return f"{text}{_RECIPIENTS}: {json.dumps(list(recipients))}\n" if recipients else text


def read(content: bytes, path: Path) -> tuple[dict[str, str], tuple[str, ...]]:
    """The secrets and the recipients in the content of `path`. Raises ChangeFailed with all that is wrong in it."""
    document = _parsed_json(content, path) if form_of(path) == "json" else _parsed_yaml(content, path)
    if not isinstance(document, dict):
        raise ChangeFailed(_broken(path, tr("it is not a mapping of names and values")))
    recipients = document.pop(_RECIPIENTS, None) or []
    problems = [problem for name, value in document.items() if (problem := _wrong(name, value, path))]
    if problems:
        raise ChangeFailed(problems)
    return document, tuple(str(name) for name in recipients)


def _parsed_json(content: bytes, path: Path) -> Any:
    try:
        return json.loads(content)
    except json.JSONDecodeError as error:
        raise ChangeFailed(_broken(path, tr("it is not JSON"), error.lineno)) from None
    except UnicodeDecodeError:
        raise ChangeFailed(_broken(path, tr("it is not JSON"))) from None


def _parsed_yaml(content: bytes, path: Path) -> Any:
    try:
        return yaml.YAML(typ="safe", pure=True).load(content.decode())
    except (yaml_error.YAMLError, UnicodeDecodeError) as error:
        mark = error.problem_mark if isinstance(error, yaml_error.MarkedYAMLError) else None
        raise ChangeFailed(_broken(path, tr("it is not YAML"), mark.line + 1 if mark else 0)) from None


def _wrong(name: Any, value: Any, path: Path) -> Problem | None:
    if not isinstance(name, str) or not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        return _broken(
            path, tr("a key in it can't be the name of a secret: such a name has small letters, digits and underscores")
        )
    if not isinstance(value, str):
        return _broken(path, tr("the value of {name} is not a text: put it in quotes", name=name))
    form, described = _FORMS.get(name, _ANY_FORM)
    if not re.fullmatch(form, value):
        return _broken(path, tr("the value of {name} must be {described}", name=name, described=described))
    return None


def _broken(path: Path, reason: str, line: int = 0) -> Problem:
    where = f"{path}:{line}" if line else str(path)
    hint = tr("fix it, or restore it from version control or a backup; the cluster goes on with the values that it has")
    return Problem(
        "secrets-broken", "error", tr("{path} can't be used: {reason}", path=path, reason=reason), hint, where
    )
