"""``python -m ergomesh.ergonomics``: one ergonomics worker."""

from ergomesh.contract.job import StageName
from ergomesh.ergonomics.settings import ErgonomicsSettings
from ergomesh.ergonomics.stage import ErgonomicsStage
from ergomesh.runtime.service import run_service


def main() -> None:
    """Run until SIGTERM or Ctrl-C."""
    run_service(
        StageName.ERGONOMICS, ErgonomicsSettings, lambda _settings: ErgonomicsStage()
    )


if __name__ == "__main__":
    main()
