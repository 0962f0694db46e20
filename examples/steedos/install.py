"""Installs Steedos and the Node.js that it runs on, into this folder. A second run goes on where one ended.

    python3 examples/steedos/install.py            install; says so when nothing is left to do
    python3 examples/steedos/install.py --check    only say whether the installation is whole

Exit codes: 0 whole, 1 not, 130 interrupted.
"""

import sys

if sys.version_info < (3, 9):  # noqa: UP036 - run by the system's python3, before Corral's own is there
    sys.exit("steedos: the install needs Python 3.9 or later: run it by another python3 than " + sys.executable)

from pathlib import Path

from installer.main import main

sys.exit(main(sys.argv[1:], Path(__file__).resolve().parent))
