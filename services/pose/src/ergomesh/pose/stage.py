"""One range: fetch facts, look at frames, store landmarks, tell the next stage."""

from pathlib import Path
from typing import Final

import msgspec

from ergomesh.contract.arrays import Landmarks
from ergomesh.contract.clip import ClipInfo, decode_clip
from ergomesh.contract.errors import FailureCode
from ergomesh.contract.events import PoseCompleted, PoseRequested
from ergomesh.contract.job import StageName
from ergomesh.contract.keys import (
    ObjectRef,
    artifact_key,
    media_type_of,
    work_digest,
)
from ergomesh.pose.analysis import analyse_range, joined
from ergomesh.pose.assembly import MIN_COVERAGE, coverage
from ergomesh.pose.lookout import watch_for
from ergomesh.pose.models import model_paths
from ergomesh.pose.presets import PLANS, PosePlan
from ergomesh.pose.range_view import RangeView
from ergomesh.pose.tally import record_range
from ergomesh.runtime.code_version import code_version
from ergomesh.runtime.errors import Unusable
from ergomesh.runtime.file_digest import file_digest
from ergomesh.runtime.work import Outcome, Work

LANDMARKS_FILE: Final = "landmarks.npz"
PEOPLE_FILE: Final = "people.json"
URL_LIFE_S: Final = 6 * 3600
"""How long a worker may read the source by its presigned URL."""


class PoseStage:
    """Landmarks of one time range; the last range to finish joins them all."""

    name = StageName.POSE
    event = PoseRequested

    def __init__(self, models_dir: Path) -> None:
        self._models_dir = models_dir

    async def handle(self, event: PoseRequested, work: Work) -> Outcome:
        """Analyse a range, unless its landmarks are already there."""
        clip = decode_clip(await work.store.get(event.clip))
        plan = PLANS[event.settings.preset]
        digest = self._digest(event, plan)
        part = await self._part(event, event.range_index, clip, digest, work)
        tally = await record_range(work.bus, event, part)
        if len(tally.done) < len(clip.ranges):
            return Outcome(completes=False)
        # By digest, not from the tally: after an update in mid-clip its other
        # ranges may be of other code, and are looked at again.
        parts = [
            await self._part(event, index, clip, digest, work)
            for index in range(len(clip.ranges))
        ]
        return await self._complete(event, clip, parts, digest, work)

    async def _part(
        self,
        event: PoseRequested,
        index: int,
        clip: ClipInfo,
        digest: str,
        work: Work,
    ) -> ObjectRef:
        """Return what was seen of a range, looked at now unless it is there."""
        key = artifact_key(event.tenant, self.name, digest, f"range-{index}.npz")
        found = await work.store.find(key)
        return found or await self._analyse(event, index, clip, key, work)

    def _digest(self, event: PoseRequested, plan: PosePlan) -> str:
        models = model_paths(plan, self._models_dir)
        return work_digest(
            inputs=[event.source.sha256, event.clip.sha256]
            + [file_digest(path) for path in models.values()],
            settings=msgspec.json.encode([plan, watch_for(event.settings.person)]),
            code_version=code_version("ergomesh.pose"),
        )

    async def _analyse(
        self,
        event: PoseRequested,
        index: int,
        clip: ClipInfo,
        key: str,
        work: Work,
    ) -> ObjectRef:
        parts = len(clip.ranges)
        plan = PLANS[event.settings.preset]
        view = await work.in_thread(
            analyse_range,
            work.store.presign_get(event.source.key, expires_s=URL_LIFE_S),
            clip,
            clip.ranges[index],
            plan=plan,
            watch=watch_for(event.settings.person),
            models=model_paths(plan, self._models_dir),
            progress=lambda share: work.progress(share, part=index, parts=parts),
        )
        return await work.store.put(key, view.to_npz(), media_type=media_type_of(key))

    async def _complete(
        self,
        event: PoseRequested,
        clip: ClipInfo,
        parts: list[ObjectRef],
        digest: str,
        work: Work,
    ) -> Outcome:
        """Choose the worker; ranges looked at before serve another choice, too."""
        views = [RangeView.from_npz(await work.store.get(part)) for part in parts]
        plan = PLANS[event.settings.preset]
        found = joined(views, clip, plan, event.settings.person)
        require_person(found.landmarks)
        chosen = work_digest(
            inputs=[digest],
            settings=msgspec.json.encode(event.settings.person),
            code_version=code_version("ergomesh.pose"),
        )
        files = {
            LANDMARKS_FILE: found.landmarks.to_npz(),
            PEOPLE_FILE: msgspec.json.encode(found.people),
        }
        refs = {
            name: await work.store.put(
                artifact_key(event.tenant, self.name, chosen, name),
                body,
                media_type=media_type_of(name),
            )
            for name, body in files.items()
        }
        done = PoseCompleted(
            tenant=event.tenant,
            job=event.job,
            source=event.source,
            clip=event.clip,
            landmarks=refs[LANDMARKS_FILE],
            people=refs[PEOPLE_FILE],
            settings=event.settings,
        )
        return Outcome(events=(done,), artifacts=refs)


def require_person(landmarks: Landmarks) -> None:
    """Refuse a clip that does not show a person often enough to judge the work.

    Raises:
        Unusable: ``no_person`` or ``person_too_rare``.
    """
    share = coverage(landmarks)
    if share == 0:
        msg = (
            "No person was found in the clip; film the whole body of one worker, "
            "within about four metres and in good light."
        )
        raise Unusable(FailureCode.NO_PERSON, msg)
    if share < MIN_COVERAGE:
        msg = (
            f"A person was found in only {share:.0%} of the frames (at least "
            f"{MIN_COVERAGE:.0%} are needed); cut the clip to the work itself."
        )
        raise Unusable(FailureCode.PERSON_TOO_RARE, msg)
