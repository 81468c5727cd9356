"""``python -m ergomesh.local`` is the ``ergomesh`` command."""

from ergomesh.local.cli import main

if __name__ == "__main__":
    main()
