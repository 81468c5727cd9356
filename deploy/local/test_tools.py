"""Bring what the tests need beyond Python: Node.js with npm, and a Chromium.

``scene.glb`` is checked by the Khronos validator, and opened by three.js in a real
browser. Where a tool is missing and apt is at hand, it is installed; elsewhere one
sentence says what to install.
"""

import shutil
import subprocess
import sys
from typing import Final

from system_packages import install_with_apt

TOOLS: Final = {
    "nodejs": ("node",),
    "npm": ("npm",),
    "chromium": ("chromium", "chromium-browser", "google-chrome"),
}
"""Debian package → commands, one of which must be there."""
NODE_PACKAGES: Final = "tests/mesh_scene"


def missing_tools() -> list[str]:
    """Return the packages of which no command is on the path."""
    return [
        package
        for package, commands in TOOLS.items()
        if not any(map(shutil.which, commands))
    ]


def main() -> None:
    """Check, mend if possible, check again, and fetch the pinned npm packages."""
    missing = missing_tools()
    if missing and install_with_apt(*missing):
        missing = missing_tools()
    if missing:
        sys.exit(
            f"The tests need {', '.join(missing)} (names as in Debian); install them "
            "and run `make test` again."
        )
    fetch = ["npm", "ci", "--silent", "--no-audit", "--no-fund"]
    if subprocess.run(fetch, cwd=NODE_PACKAGES, check=False).returncode:  # noqa: S603  # fixed command
        sys.exit("npm could not fetch the tests' packages; look at its message above.")


if __name__ == "__main__":
    main()
