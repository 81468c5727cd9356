"""``python -m ergomesh.mesh``: one mesh worker."""

from ergomesh.contract.job import StageName
from ergomesh.mesh.backends.local import LocalBackend
from ergomesh.mesh.settings import MeshSettings
from ergomesh.mesh.stage import MeshStage
from ergomesh.runtime.service import run_service


def main() -> None:
    """Run until SIGTERM or Ctrl-C."""
    run_service(
        StageName.MESH, MeshSettings, lambda s: MeshStage(LocalBackend(s.models_dir))
    )


if __name__ == "__main__":
    main()
