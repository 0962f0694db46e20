"""The one jinja2 environment: a template that names something it was not given is an error, never a blank."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jinja2 import Environment


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=PackageLoader("corral.desired", "templates"),
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701 - configuration files, not HTML: each format has its own quoting
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def render(template: str, **values: object) -> str:
    """`templates/<template>` filled in. Raises jinja2.UndefinedError for a value that the template wants and lacks."""
    return _environment().get_template(template).render(**values)
