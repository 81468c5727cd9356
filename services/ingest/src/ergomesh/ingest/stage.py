"""One upload: copy it, hash it, look into it, cut it into ranges."""

import tempfile
from pathlib import Path

import msgspec

from ergomesh.contract.clip import ClipInfo, encode_clip
from ergomesh.contract.errors import FailureCode
from ergomesh.contract.events import Event, IngestCompleted, JobAccepted, PoseRequested
from ergomesh.contract.job import StageName
from ergomesh.contract.keys import (
    ObjectRef,
    artifact_key,
    content_key,
    media_type_of,
    work_digest,
)
from ergomesh.ingest.failures import ClipError
from ergomesh.ingest.limits import Limits
from ergomesh.ingest.probe import probe_clip
from ergomesh.runtime.code_version import code_version
from ergomesh.runtime.errors import Unusable
from ergomesh.runtime.work import Outcome, Work

CLIP_NAME = "clip.json"


class IngestStage:
    """Checks a clip and asks for its poses, range by range."""

    name = StageName.INGEST
    event = JobAccepted

    def __init__(self, *, limits: Limits, range_s: float, overlap_s: float) -> None:
        self._limits = limits
        self._range_s = range_s
        self._overlap_s = overlap_s

    async def handle(self, event: JobAccepted, work: Work) -> Outcome:
        """Probe the upload; publish one request for each time range."""
        with tempfile.TemporaryDirectory(prefix="ergomesh-ingest-") as folder:
            path = Path(folder, "source")
            source = await work.store.fetch(
                event.source_key, path, max_bytes=self._limits.max_bytes
            )
            if source is None:
                msg = "The clip was never uploaded; send it and start the job again."
                raise Unusable(FailureCode.SOURCE_MISSING, msg)
            work.progress(0.5, "checking")
            clip = await work.in_thread(self._probe, path, source)
            # Later stages read the very bytes that were checked here.
            source = await work.store.put(
                content_key(event.tenant, source.sha256),
                path,
                media_type=source.media_type,
            )
        ref = await self._store_clip(event, clip, source, work)
        return Outcome(
            events=announcements(event, clip, source, ref), artifacts={CLIP_NAME: ref}
        )

    def _probe(self, path: Path, source: ObjectRef) -> ClipInfo:
        try:
            return probe_clip(
                path,
                limits=self._limits,
                sha256=source.sha256,
                range_s=self._range_s,
                overlap_s=self._overlap_s,
            )
        except ClipError as error:
            raise Unusable(error.code, error.message) from error

    async def _store_clip(
        self, event: JobAccepted, clip: ClipInfo, source: ObjectRef, work: Work
    ) -> ObjectRef:
        digest = work_digest(
            inputs=[source.sha256],
            settings=msgspec.json.encode([self._range_s, self._overlap_s]),
            code_version=code_version("ergomesh.ingest"),
        )
        return await work.store.put(
            artifact_key(event.tenant, self.name, digest, CLIP_NAME),
            encode_clip(clip),
            media_type=media_type_of(CLIP_NAME),
        )


def announcements(
    event: JobAccepted, clip: ClipInfo, source: ObjectRef, ref: ObjectRef
) -> tuple[Event, ...]:
    """Return the requests for every range, and the word that ingest is done."""
    requests = tuple(
        PoseRequested(
            tenant=event.tenant,
            job=event.job,
            source=source,
            clip=ref,
            settings=event.settings,
            range_index=part.index,
        )
        for part in clip.ranges
    )
    done = IngestCompleted(
        tenant=event.tenant,
        job=event.job,
        source=source,
        clip=ref,
        settings=event.settings,
        range_count=len(clip.ranges),
    )
    return (*requests, done)
