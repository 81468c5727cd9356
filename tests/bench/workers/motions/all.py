"""Every motion by name."""

from typing import Final

from bench.workers.motions.lifting import LIFTING
from bench.workers.motions.low import LOW
from bench.workers.motions.moving import MOVING
from bench.workers.motions.standing import STANDING
from bench.workers.script import Script

MOTIONS: Final[dict[str, Script]] = {
    script.name: script for script in (*LIFTING, *MOVING, *STANDING, *LOW)
}
