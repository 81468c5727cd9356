"""``python -m ergomesh.ingest``: one ingest worker."""

from ergomesh.contract.job import StageName
from ergomesh.ingest.settings import IngestSettings
from ergomesh.ingest.stage import IngestStage
from ergomesh.runtime.service import run_service


def make_stage(settings: IngestSettings) -> IngestStage:
    """Build the stage from its settings."""
    return IngestStage(
        limits=settings.limits(),
        range_s=settings.range_s,
        overlap_s=settings.overlap_s,
    )


def main() -> None:
    """Run until SIGTERM or Ctrl-C."""
    run_service(StageName.INGEST, IngestSettings, make_stage)


if __name__ == "__main__":
    main()
