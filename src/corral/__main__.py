"""The console script. Nothing is imported before a Ctrl-C is known to end it quietly."""

import sys


def main() -> None:
    """`corral`, and `python -m corral`."""
    try:
        from corral.cli.main import run

        run()
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
