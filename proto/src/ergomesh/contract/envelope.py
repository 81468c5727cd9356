"""CloudEvents 1.0, structured JSON: the envelope around every event."""

from typing import Final

import msgspec

from ergomesh.contract.errors import MALFORMED, UndecodableError
from ergomesh.contract.events import TYPES, Event

CONTENT_TYPE: Final = "application/cloudevents+json"


class CloudEvent(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The attributes of CloudEvents 1.0 that we use."""

    specversion: str
    id: str
    """Same as Nats-Msg-Id."""
    source: str
    """Who spoke, such as ``/ergomesh/pose``."""
    type: str
    subject: str
    """``<tenant>/<job>``."""
    time: str
    """RFC 3339, UTC."""
    datacontenttype: str = "application/json"
    traceparent: str | None = None
    """W3C trace context, when the caller sent one."""
    data: msgspec.Raw


def encode_event(event: Event, *, time: str, traceparent: str | None = None) -> bytes:
    """Encode an event in its envelope.

    Args:
        event: What happened.
        time: RFC 3339 timestamp; the caller has the clock.
        traceparent: W3C trace context to hand on.
    """
    stage, _ = event.where()
    return msgspec.json.encode(
        CloudEvent(
            specversion="1.0",
            id=event.dedup_id(),
            source=f"/ergomesh/{stage}",
            type=event.type_name(),
            subject=f"{event.tenant}/{event.job}",
            time=time,
            traceparent=traceparent,
            data=msgspec.Raw(msgspec.json.encode(event)),
        )
    )


def decode_envelope(raw: bytes) -> CloudEvent:
    """Decode the envelope alone.

    Raises:
        UndecodableError: When the bytes are no CloudEvents 1.0 JSON.
    """
    try:
        envelope = msgspec.json.decode(raw, type=CloudEvent)
    except MALFORMED as error:
        msg = f"not a CloudEvents envelope: {error}"
        raise UndecodableError(msg) from error
    if envelope.specversion != "1.0":
        msg = f"CloudEvents version {envelope.specversion!r} is not 1.0"
        raise UndecodableError(msg)
    return envelope


def decode_event(raw: bytes) -> Event:
    """Decode an event from its envelope.

    Raises:
        UndecodableError: When the bytes are not of the contract.
    """
    envelope = decode_envelope(raw)
    kind = TYPES.get(envelope.type)
    if kind is None:
        msg = f"unknown event type {envelope.type!r}"
        raise UndecodableError(msg)
    try:
        event = msgspec.json.decode(envelope.data, type=kind)
    except MALFORMED as error:
        msg = f"{envelope.type} does not follow the contract: {error}"
        raise UndecodableError(msg) from error
    if event.type_name() != envelope.type:
        msg = f"type {envelope.type!r} holds the data of {event.type_name()!r}"
        raise UndecodableError(msg)
    return event
