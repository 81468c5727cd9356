"""One piece of work: what names it, and how it is ordered."""

import secrets
from dataclasses import dataclass
from typing import Self

import msgspec

from ergomesh.contract.events import PoseCompleted
from ergomesh.contract.job import JobSettings
from ergomesh.contract.keys import ObjectRef, work_digest
from ergomesh.mesh.backends.remote_job import (
    MOTION,
    OUTCOME,
    FitOrder,
    Place,
    Source,
    scratch_key,
)
from ergomesh.mesh.stage import PACKAGE
from ergomesh.runtime.code_version import code_version
from ergomesh.runtime.store import ObjectStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A fit that somebody waits for."""

    tenant: str
    job: str
    """Our job."""
    landmarks: ObjectRef
    body_sha256: str
    settings: JobSettings
    """Nothing but what the fit heeds: names, say, stay here."""
    code_version: str

    @classmethod
    def of(cls, event: PoseCompleted, body_sha256: str) -> Self:
        """Return what an event asks for."""
        return cls(
            tenant=event.tenant,
            job=event.job,
            landmarks=event.landmarks,
            body_sha256=body_sha256,
            settings=JobSettings(
                view=event.settings.view, worker=event.settings.worker
            ),
            code_version=code_version(PACKAGE),
        )

    @property
    def digest(self) -> str:
        """Return the name of the work: same order, same digest."""
        return work_digest(
            inputs=[self.landmarks.sha256, self.body_sha256],
            settings=msgspec.json.encode(self.settings),
            code_version=self.code_version,
        )

    @property
    def ledger_key(self) -> str:
        """Return the key of its record."""
        return f"{self.tenant}.{self.digest}"

    def new_folder(self) -> str:
        """Return a folder for one attempt, that nobody has a URL into yet."""
        return f"{self.digest}/{secrets.token_hex(8)}"

    def motion_key(self, folder: str) -> str:
        """Return where an attempt puts the motion."""
        return scratch_key(self.tenant, folder, MOTION)

    def outcome_key(self, folder: str) -> str:
        """Return where an attempt says how it went."""
        return scratch_key(self.tenant, folder, OUTCOME)

    def order(
        self, store: ObjectStore, folder: str, *, url_life_s: int, refresh: bool
    ) -> FitOrder:
        """Return what to ask of a worker.

        Args:
            store: Signs the URLs.
            folder: Of the attempt.
            url_life_s: How long the worker may use them.
            refresh: Whether the worker is to start afresh afterwards.
        """

        def place(key: str) -> Place:
            return Place(
                key=key,
                put_url=store.presign_put(key, expires_s=url_life_s),
                get_url=store.presign_get(key, expires_s=url_life_s),
            )

        return FitOrder(
            landmarks=Source(
                url=store.presign_get(self.landmarks.key, expires_s=url_life_s),
                sha256=self.landmarks.sha256,
                size=self.landmarks.size,
            ),
            motion=place(self.motion_key(folder)),
            outcome=place(self.outcome_key(folder)),
            body_sha256=self.body_sha256,
            code_version=self.code_version,
            settings=self.settings,
            refresh=refresh,
        )
