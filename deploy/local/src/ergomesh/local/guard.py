"""Become another program that dies with its parent (Linux).

Run as a file, never imported: ``python -I -S guard.py PARENT_PID COMMAND…``.
Linux sends the child a SIGKILL when the thread that started it ends, however that
happens (``prctl(PR_SET_PDEATHSIG)``, prctl(2)); the setting survives ``exec``.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1
"""From linux/prctl.h."""
EXIT_ORPHAN = 125
EXIT_NOT_RUN = 127


def main(parent_pid: int, command: list[str]) -> int:
    """Replace this process; return only when that failed."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent_pid:  # it died before the line above
        return EXIT_ORPHAN
    try:
        os.execv(command[0], command)  # noqa: S606  # no shell, on purpose
    except OSError as error:
        sys.stderr.write(f"{command[0]}: {error.strerror}\n")
    return EXIT_NOT_RUN


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), sys.argv[2:]))
