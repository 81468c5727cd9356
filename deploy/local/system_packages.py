"""Bring the shared libraries that OpenCV and MediaPipe load at import.

Most machines have them. Where they are missing and apt is at hand, they are
installed; elsewhere one sentence says what to install.
"""

import importlib
import os
import shutil
import subprocess
import sys
from typing import Final

MODULES: Final = ("cv2", "mediapipe.tasks.python.vision", "av", "torch")
APT_PACKAGES: Final = ("libgl1", "libglib2.0-0", "libegl1", "libgles2")


def first_broken() -> str | None:
    """Return why the first module does not import, or None if all do."""
    for name in MODULES:
        code = f"import importlib; importlib.import_module({name!r})"
        run = subprocess.run(  # noqa: S603  # our own interpreter, fixed code
            [sys.executable, "-c", code], capture_output=True, text=True, check=False
        )
        if run.returncode:
            return f"{name}: {run.stderr.strip().splitlines()[-1]}"
    return None


def install_with_apt(*packages: str) -> bool:
    """Install the packages if apt is here and we may; tell whether it worked."""
    apt = shutil.which("apt-get")
    if apt is None or os.geteuid() != 0:
        return False
    update = subprocess.run([apt, "update", "-qq"], check=False)  # noqa: S603  # found on PATH
    install = [apt, "install", "-qq", "-y", "--no-install-recommends", *packages]
    return (
        update.returncode == 0 and subprocess.run(install, check=False).returncode == 0  # noqa: S603  # as above
    )


def main() -> None:
    """Check, mend if possible, and check again."""
    problem = first_broken()
    if problem is not None and install_with_apt(*APT_PACKAGES):
        importlib.invalidate_caches()
        problem = first_broken()
    if problem is not None:
        sys.exit(
            f"A library does not load ({problem}); install the system packages "
            f"{' '.join(APT_PACKAGES)} (names as in Debian) and run `make setup` again."
        )


if __name__ == "__main__":
    main()
