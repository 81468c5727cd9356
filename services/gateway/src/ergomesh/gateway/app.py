"""The gateway as an ASGI application, over any broker and store."""

from importlib.metadata import version
from typing import Final

import msgspec
from litestar import Litestar
from litestar.di import Provide
from litestar.openapi.config import OpenAPIConfig

from ergomesh.gateway.artifacts_api import ARTIFACTS
from ergomesh.gateway.context import Gateway
from ergomesh.gateway.docs_api import JsonObject, docs_router
from ergomesh.gateway.events_api import EVENTS
from ergomesh.gateway.health import HEALTH
from ergomesh.gateway.jobs_api import JOBS
from ergomesh.gateway.openapi import completed
from ergomesh.gateway.problems import HANDLERS

_DESCRIPTION: Final = (
    "A video of a person at work goes in; joint angles and ergonomic scores come out."
)


_ROUTERS: Final = (JOBS, EVENTS, ARTIFACTS, HEALTH)


def create_app(gateway: Gateway) -> Litestar:
    """Return the application.

    Args:
        gateway: The broker, the store, and the rules.
    """
    return Litestar(
        route_handlers=[*_ROUTERS, docs_router(openapi_document)],
        dependencies={"gateway": Provide(lambda: gateway, sync_to_thread=False)},
        exception_handlers=HANDLERS,
        openapi_config=None,
        logging_config=None,
    )


def openapi_document() -> JsonObject:
    """Return the OpenAPI 3.1 document of the API.

    An application of its own, never served, derives the routes: Litestar's
    OpenAPI plugin would add pages and a second format of errors to ours.
    """
    app = Litestar(
        route_handlers=_ROUTERS,
        dependencies={"gateway": Provide(_nobody, sync_to_thread=False)},
        openapi_config=OpenAPIConfig(
            title="ergomesh",
            version=version("ergomesh-gateway"),
            description=_DESCRIPTION,
        ),
        logging_config=None,
    )
    derived = msgspec.to_builtins(app.openapi_schema.to_schema())
    return completed(derived)


def _nobody() -> None:
    """Stand in for the gateway where no request is ever answered."""
