"""``python -m ergomesh.mesh``: one mesh worker."""

from ergomesh.contract.job import StageName
from ergomesh.mesh.backends.choice import choose_backend
from ergomesh.mesh.settings import MeshSettings
from ergomesh.mesh.stage import MeshStage
from ergomesh.runtime.service import run_service


def main() -> None:
    """Run until SIGTERM or Ctrl-C."""
    run_service(StageName.MESH, MeshSettings, stage_of)


def stage_of(settings: MeshSettings) -> MeshStage:
    """Return the stage that the settings ask for."""
    return MeshStage(choose_backend(settings), settings.body_place)


if __name__ == "__main__":
    main()
