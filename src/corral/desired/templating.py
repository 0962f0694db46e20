"""The one jinja2 environment: a template that names something it was not given is an error, never a blank."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from corral.late import late
from corral.model.cluster import Host

if TYPE_CHECKING:
    import jinja2
else:
    jinja2 = late("jinja2")


def head(host: Host) -> str:
    """What each file of a real host says first, as a comment."""
    return f"# Written by Corral for {host.name}: the next apply replaces it. Change the cluster file instead."


@cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.PackageLoader("corral.desired", "templates"),
        undefined=jinja2.StrictUndefined,
        autoescape=False,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def render(template: str, **values: object) -> str:
    """`templates/<template>` filled in. Raises jinja2.UndefinedError for a value that the template wants and lacks."""
    return _environment().get_template(template).render(**values)


def compile_templates() -> None:
    """All of them, which `render` else does one by one as it needs them: 20 ms for nginx's and the units'."""
    environment = _environment()
    for template in environment.list_templates():
        environment.get_template(template)
