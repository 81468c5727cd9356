"""Whatever bytes arrive, a decoder answers with a value or an UndecodableError."""

import json
import random
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract import strategies as some
from ergomesh.contract.clip import decode_clip
from ergomesh.contract.envelope import decode_envelope, decode_event, encode_event
from ergomesh.contract.errors import ContractError, UndecodableError
from ergomesh.contract.events import TYPES, Event
from ergomesh.contract.fit import decode_fit
from ergomesh.contract.job import JobSettings, parse_settings
from ergomesh.contract.people import decode_people

NOW = "2026-01-02T03:04:05Z"
Decoder = Callable[[bytes], object]
DECODERS: list[Decoder] = [
    decode_event,
    decode_envelope,
    decode_clip,
    decode_fit,
    decode_people,
]

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | some.text,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(some.text, inner, max_size=3)
    ),
    max_leaves=8,
)


def _decodes_or_refuses(decode: Decoder, raw: bytes) -> None:
    try:
        decode(raw)
    except UndecodableError as error:
        assert str(error)  # noqa: PT017  # success is as good


@pytest.mark.parametrize("decode", DECODERS)
@given(raw=st.binary(max_size=400))
def test_random_bytes_are_refused(decode: Decoder, raw: bytes) -> None:
    """Random bytes never raise anything but UndecodableError."""
    _decodes_or_refuses(decode, raw)


@pytest.mark.parametrize("decode", DECODERS)
@given(value=values)
def test_foreign_json_is_refused(decode: Decoder, value: object) -> None:
    """JSON of any shape never raises anything but UndecodableError."""
    _decodes_or_refuses(decode, json.dumps(value).encode())


@given(some.events, st.integers(0), st.integers(0, 255))
def test_a_flipped_byte_is_refused_or_harmless(event: Event, at: int, new: int) -> None:
    """One wrong byte in an event gives an event or UndecodableError."""
    raw = bytearray(encode_event(event, time=NOW))
    raw[at % len(raw)] = new
    _decodes_or_refuses(decode_event, bytes(raw))


@given(some.events, st.integers(0))
def test_half_an_event_is_refused(event: Event, at: int) -> None:
    """A cut event is always refused: no prefix of an event is an event."""
    raw = encode_event(event, time=NOW)
    with pytest.raises(UndecodableError):
        decode_event(raw[: at % len(raw)])


def _places(value: Any) -> list[tuple[Any, Any]]:
    if not isinstance(value, dict):
        return []
    return [
        place
        for key, inner in value.items()
        for place in ((value, key), *_places(inner))
    ]


@given(some.events, values, st.randoms(use_true_random=False))
def test_a_replaced_value_is_refused_or_harmless(
    event: Event, value: object, chance: random.Random
) -> None:
    """Any JSON in the place of any field gives an event or UndecodableError."""
    tree = json.loads(encode_event(event, time=NOW))
    parent, key = chance.choice(_places(tree))
    parent[key] = value
    _decodes_or_refuses(decode_event, json.dumps(tree).encode())


@given(some.events, st.randoms(use_true_random=False))
def test_a_missing_field_is_refused_or_has_a_default(
    event: Event, chance: random.Random
) -> None:
    """An event without one of its fields is refused, unless the field is optional."""
    tree = json.loads(encode_event(event, time=NOW))
    parent, key = chance.choice(_places(tree))
    del parent[key]
    _decodes_or_refuses(decode_event, json.dumps(tree).encode())


def _nested(depth: int, kind: str) -> bytes:
    inner = '{"a":' * depth + "1" + "}" * depth
    envelope = (
        '{"specversion":"1.0","id":"1","source":"s","subject":"a/b","time":"t",'
        f'"type":"{kind}","data":{{"tenant":"a","job":"b","more":{inner}}}}}'
    )
    return envelope.encode()


@pytest.mark.parametrize("kind", sorted(TYPES))
def test_bottomless_json_is_refused(kind: str) -> None:
    """Nesting deeper than the interpreter's stack is refused, not a crash."""
    with pytest.raises(UndecodableError):
        decode_event(_nested(10_000, kind))


@pytest.mark.parametrize("decode", DECODERS)
def test_a_bottomless_root_is_refused(decode: Decoder) -> None:
    """Nesting in a place that no decoder reads is refused as well."""
    with pytest.raises(UndecodableError):
        decode(b'{"x":' * 60_000)


@given(st.binary(max_size=200))
def test_settings_a_user_wrote_are_read_or_refused(raw: bytes) -> None:
    """Random bytes as settings give settings or ContractError."""
    try:
        found = parse_settings(raw)
    except ContractError:
        return
    assert isinstance(found, JobSettings)


def test_bottomless_settings_are_refused() -> None:
    """Settings that nest without end are the user's fault, not a crash."""
    with pytest.raises(ContractError):
        parse_settings(b'{"x":' * 60_000)


@pytest.mark.parametrize(
    ("raw", "word"),
    [
        (b'{"presett":"fast"}', "presett"),
        (b'{"preset":"slow"}', "slow"),
        (b'{"task":{"load_kg":-1}}', "load_kg"),
        (b'{"task":{"load_kg":501}}', "load_kg"),
        (b'{"overlay":"yes"}', "overlay"),
    ],
)
def test_a_wrong_setting_is_named(raw: bytes, word: str) -> None:
    """The message about a wrong setting names the field or the value."""
    with pytest.raises(ContractError, match=word):
        parse_settings(raw)
