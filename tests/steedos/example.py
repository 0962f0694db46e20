"""examples/steedos/cluster.yaml for a test: its own name, network and port, everything else as it stands there."""

from __future__ import annotations

from pathlib import Path

EXAMPLE = Path(__file__).parents[2] / "examples" / "steedos"

_CHANGES = (
    ("\nname: steedos\n", "\nname: {name}\n"),
    ("\nplayground:\n  port: 8090", "\nplayground:\n  network: {network}.0.0/16\n  port: {port}"),
    ("\n  command: ./start.sh", f"\n  directory: {EXAMPLE}\n  command: ./start.sh"),
)


def template() -> str:
    """The file's text with places for `str.format`."""
    text = (EXAMPLE / "cluster.yaml").read_text().replace("{", "{{").replace("}", "}}")
    for old, new in _CHANGES:
        assert text.count(old) == 1, f"{old!r} must stand once in examples/steedos/cluster.yaml"
        text = text.replace(old, new)
    return text
