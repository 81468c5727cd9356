"""Which ranges of a clip are done, shared by all pose workers."""

from typing import Final

import msgspec

from ergomesh.contract.events import PoseRequested
from ergomesh.contract.keys import ObjectRef
from ergomesh.runtime.bus import Bus
from ergomesh.runtime.errors import Conflict
from ergomesh.runtime.jobs import status_key

BUCKET: Final = "pose_ranges"


class Tally(msgspec.Struct, frozen=True):
    """Range index (as text, for JSON) → its landmarks."""

    done: dict[str, ObjectRef] = {}


async def record_range(bus: Bus, event: PoseRequested, landmarks: ObjectRef) -> Tally:
    """Add a range by compare-and-set; return all that are done."""
    bucket = await bus.bucket(BUCKET)
    key = status_key(event.tenant, event.job)
    while True:
        entry = await bucket.get(key)
        tally = (
            Tally() if entry is None else msgspec.json.decode(entry.value, type=Tally)
        )
        done = {**tally.done, str(event.range_index): landmarks}
        if done == tally.done:
            return tally
        body = msgspec.json.encode(Tally(done))
        try:
            if entry is None:
                await bucket.create(key, body)
            else:
                await bucket.update(key, body, entry.revision)
        except Conflict:
            continue
        return Tally(done)
