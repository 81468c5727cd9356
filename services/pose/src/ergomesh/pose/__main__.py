"""``python -m ergomesh.pose``: one pose worker."""

from ergomesh.contract.job import StageName
from ergomesh.pose.settings import PoseSettings
from ergomesh.pose.stage import PoseStage
from ergomesh.runtime.service import run_service


def main() -> None:
    """Run until SIGTERM or Ctrl-C."""
    run_service(StageName.POSE, PoseSettings, lambda s: PoseStage(s.models_dir))


if __name__ == "__main__":
    main()
