"""Say plainly when the Python that would run ergomesh is too old or too new."""

import sys

OLDEST, NEWEST = (3, 11), (3, 13)

if not OLDEST <= sys.version_info[:2] <= NEWEST:
    sys.exit(
        f"ergomesh needs Python {OLDEST[0]}.{OLDEST[1]} to {NEWEST[0]}.{NEWEST[1]}, "
        f"and this is {sys.version.split()[0]}: "
        "run `make setup PYTHON=/path/to/python3.11`."
    )
