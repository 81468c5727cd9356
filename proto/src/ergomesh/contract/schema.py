"""JSON Schema and AsyncAPI 3 of the contract, generated from the types."""

from typing import Any, Final

import msgspec

from ergomesh.contract.clip import ClipInfo
from ergomesh.contract.envelope import CONTENT_TYPE, CloudEvent
from ergomesh.contract.events import ANY, TYPES, VERSION, Event, Progress
from ergomesh.contract.fit import FitReport
from ergomesh.contract.job import JobManifest, JobSettings, JobStatus

JsonObject = dict[str, Any]

_REF: Final = "#/components/schemas/{name}"
_ENVELOPE: Final = [f.name for f in msgspec.structs.fields(CloudEvent) if f.required]
"""What the envelope of every event has to have."""
DOCUMENTS: Final = (Progress, JobSettings, JobStatus, JobManifest, ClipInfo, FitReport)
"""What travels or lies in the store beside the events."""


def _schemas() -> JsonObject:
    types = (*dict.fromkeys(TYPES.values()), *DOCUMENTS)
    _, components = msgspec.json.schema_components(types, ref_template=_REF)
    return dict(sorted(components.items()))


def json_schema() -> JsonObject:
    """Return the JSON Schema (2020-12) of every type that travels."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "ergomesh contract",
        "components": {"schemas": _schemas()},
    }


def asyncapi(version: str) -> JsonObject:
    """Return the AsyncAPI 3.0 document.

    Args:
        version: Version of the contract to print in it.
    """
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "ergomesh events",
            "version": version,
            "description": "CloudEvents 1.0 in structured JSON over NATS JetStream. "
            "Subscribe ergomesh.v1.evt.<tenant>.*.job.completed for results.",
        },
        "defaultContentType": CONTENT_TYPE,
        "channels": {
            **{name: _channel(name, kind) for name, kind in TYPES.items()},
            f"{VERSION}.progress": _progress_channel(),
        },
        "operations": {
            f"receive {name}": {
                "action": "receive",
                "channel": {"$ref": f"#/channels/{name}"},
            }
            for name in (*TYPES, f"{VERSION}.progress")
        },
        "components": {"schemas": _schemas()},
    }


def _parameters() -> JsonObject:
    return {
        "tenant": {"description": f"Owner of the job; {ANY} for all."},
        "job": {"description": f"The job; {ANY} for all."},
    }


def _channel(name: str, kind: type[Event]) -> JsonObject:
    stage, state = name.removeprefix(f"{VERSION}.").split(".")
    return {
        "address": f"{VERSION}.evt.{{tenant}}.{{job}}.{stage}.{state}",
        "description": (kind.__doc__ or "").strip(),
        "parameters": _parameters(),
        "messages": {
            kind.__name__: {
                "name": name,
                "contentType": CONTENT_TYPE,
                "payload": {
                    "type": "object",
                    "required": _ENVELOPE,
                    "properties": {
                        "type": {"const": name},
                        "data": {"$ref": _REF.format(name=kind.__name__)},
                    },
                },
            }
        },
    }


def _progress_channel() -> JsonObject:
    return {
        "address": f"{VERSION}.progress.{{tenant}}.{{job}}.{{stage}}",
        "description": "Live ticks over core NATS; not stored.",
        "parameters": {**_parameters(), "stage": {"description": "The stage."}},
        "messages": {
            "Progress": {
                "name": "progress",
                "contentType": "application/json",
                "payload": {"$ref": _REF.format(name="Progress")},
            }
        },
    }
