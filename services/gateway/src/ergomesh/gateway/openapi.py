"""The OpenAPI 3.1 document: routes from Litestar, types from msgspec.

Litestar knows the routes, but its schemas of Structs lose constraints and
docstrings, and it derives one request body per route from a handler's ``data``;
``POST /v1/jobs`` takes three kinds, two of them too long to be data.
"""

from dataclasses import dataclass
from typing import Any, Final, cast

import msgspec
from litestar.openapi.spec import (
    OpenAPIMediaType,
    Operation,
    Parameter,
    RequestBody,
    Schema,
)

from ergomesh.contract.events import Progress
from ergomesh.gateway.problems import MEDIA_TYPE, Problem
from ergomesh.gateway.reading import NAME_OPTION, OPTION_FIELDS, option_owner
from ergomesh.gateway.rescoring import Rescore
from ergomesh.gateway.views import CreatedJob, Health, JobList, JobView, NewJob

JsonObject = dict[str, Any]

_REF: Final = "#/components/schemas/{name}"
_TYPES: Final = (
    *(NewJob, Rescore, CreatedJob, JobView, JobList),
    *(Progress, Problem, Health),
)
_BINARY: Final[JsonObject] = {"type": "string", "format": "binary"}
_NAME: Final[JsonObject] = {"type": "string", "description": "The file's name."}


def type_schemas() -> JsonObject:
    """Return the JSON Schema of every public type, by name."""
    _, components = msgspec.json.schema_components(_TYPES, ref_template=_REF)
    return dict(sorted(components.items()))


def completed(document: JsonObject) -> JsonObject:
    """Return Litestar's document with our types and without errors we never send.

    Args:
        document: What Litestar derived from the routes.
    """
    paths = {
        path: {method: _honest(operation) for method, operation in item.items()}
        for path, item in document["paths"].items()
    }
    return {**document, "paths": paths, "components": {"schemas": type_schemas()}}


def _honest(operation: JsonObject) -> JsonObject:
    """Drop the error responses that Litestar assumes in its own format."""
    responses = {
        status: response
        for status, response in operation["responses"].items()
        if int(status) < 400 or MEDIA_TYPE in response["content"]  # noqa: PLR2004  # HTTP
    }
    return {**operation, "responses": responses}


def option_schemas() -> dict[str, JsonObject]:
    """Return the schema of each setting that a query or a form may carry."""
    types = type_schemas()
    fields = {
        name: types[option_owner(name).__name__]["properties"][path[-1]]
        for name, path in OPTION_FIELDS.items()
    }
    return {NAME_OPTION: _NAME} | fields


def _as_schema(schema: JsonObject) -> Schema:
    """Pass JSON Schema through Litestar, whose own writer leaves dicts alone."""
    return cast("Schema", schema)


def request_bodies() -> RequestBody:
    """Return the three ways to send a clip."""
    form = {
        "type": "object",
        "properties": {"file": _BINARY, **option_schemas()},
        "required": ["file"],
    }
    kinds: dict[str, JsonObject] = {
        "application/json": {"$ref": _REF.format(name=NewJob.__name__)},
        "application/octet-stream": _BINARY,
        "video/*": _BINARY,
        "multipart/form-data": form,
    }
    return RequestBody(
        required=True,
        description="JSON announces a clip; everything else is the clip.",
        content={
            media_type: OpenAPIMediaType(schema=_as_schema(schema))
            for media_type, schema in kinds.items()
        },
    )


def option_parameters() -> list[Parameter]:
    """Return the query parameters that go with a clip in the body."""
    return [
        Parameter(
            name=name,
            param_in="query",
            required=False,
            description="Only with the clip in the body.",
            schema=_as_schema(schema),
        )
        for name, schema in option_schemas().items()
    ]


@dataclass
class CreateJobOperation(Operation):
    """The OpenAPI description of ``POST /v1/jobs``."""

    def __post_init__(self) -> None:
        """Put in what Litestar cannot derive."""
        self.request_body = request_bodies()
        self.parameters = [*(self.parameters or []), *option_parameters()]


@dataclass
class RescoreOperation(Operation):
    """The OpenAPI description of ``POST /v1/jobs/{job}/rescore``."""

    def __post_init__(self) -> None:
        """Put in the body, which Litestar does not read."""
        schema = _as_schema({"$ref": _REF.format(name=Rescore.__name__)})
        self.request_body = RequestBody(
            required=True, content={"application/json": OpenAPIMediaType(schema=schema)}
        )
