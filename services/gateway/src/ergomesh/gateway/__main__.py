"""Start the gateway: ``python -m ergomesh.gateway``."""

from ergomesh.gateway.server import main

if __name__ == "__main__":
    main()
