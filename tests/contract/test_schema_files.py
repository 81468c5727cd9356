"""The generated JSON Schema and AsyncAPI documents: fresh, sound, and true."""

import json
import random
import re
import runpy
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from contract import strategies as some
from ergomesh.contract.envelope import CONTENT_TYPE, decode_event, encode_event
from ergomesh.contract.errors import UndecodableError
from ergomesh.contract.events import TYPES, VERSION, Event
from ergomesh.contract.schema import DOCUMENTS, asyncapi, json_schema

FOLDER = Path(__file__).parents[2] / "proto" / "schema"
MEND = "stale: run `.venv/bin/python proto/schema/write.py` and commit the files"
NOW = "2026-01-02T03:04:05Z"
FILES = ["asyncapi.json", "events.schema.json"]


@cache
def _written() -> dict[str, str]:
    documents: dict[str, str] = runpy.run_path(str(FOLDER / "write.py"))["documents"]()
    return documents


@cache
def _validator(pointer: str) -> Draft202012Validator:
    """Return a check of one schema inside the AsyncAPI document."""
    return Draft202012Validator({**asyncapi("1.0.0"), "$ref": pointer})


def _schema_of(name: str) -> Draft202012Validator:
    return _validator(f"#/components/schemas/{name}")


def test_the_writer_knows_every_file() -> None:
    """Each generated file in the folder is one that the writer writes."""
    assert sorted(_written()) == FILES
    assert sorted(path.name for path in FOLDER.glob("*.json")) == FILES


@pytest.mark.parametrize("name", FILES)
def test_the_files_are_fresh(name: str) -> None:
    """The files in the tree are what the types generate today."""
    assert (FOLDER / name).read_text(encoding="utf-8") == _written()[name], MEND


@pytest.mark.parametrize("name", FILES)
def test_the_files_are_stable(name: str) -> None:
    """Generated JSON is sorted, indented by 2, and ends with a line end."""
    text = _written()[name]
    ordered = json.dumps(json.loads(text), indent=2, sort_keys=True, ensure_ascii=False)
    assert text == ordered + "\n"


def _refs(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        if "$ref" in node:
            yield node["$ref"]
        for inner in node.values():
            yield from _refs(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from _refs(inner)


def _resolve(document: object, pointer: str) -> Any:
    found: Any = document
    for part in pointer.removeprefix("#/").split("/"):
        found = found[part.replace("~1", "/").replace("~0", "~")]
    return found


@pytest.mark.parametrize("document", [json_schema(), asyncapi("1.0.0")])
def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    """No ``$ref`` of either document dangles, and every schema is referred to."""
    refs = set(_refs(document))
    assert refs
    for pointer in refs:
        assert _resolve(document, pointer)


def test_every_schema_is_a_schema() -> None:
    """Each component is valid JSON Schema 2020-12."""
    schemas = json_schema()["components"]["schemas"]
    assert schemas
    for schema in schemas.values():
        Draft202012Validator.check_schema(schema)


def test_both_documents_hold_the_same_schemas() -> None:
    """A reader of either document learns of the same types."""
    assert json_schema()["components"] == asyncapi("1.0.0")["components"]


def test_the_asyncapi_has_what_version_3_asks_for() -> None:
    """The document has AsyncAPI 3's required parts, with the version it was told."""
    document = asyncapi("4.5.6")
    assert document["asyncapi"] == "3.0.0"
    assert document["info"]["title"]
    assert document["info"]["version"] == "4.5.6"
    assert document["defaultContentType"] == CONTENT_TYPE


def test_every_event_has_a_channel() -> None:
    """There is one channel for each type of event, and one for progress."""
    assert set(asyncapi("1")["channels"]) == {*TYPES, f"{VERSION}.progress"}


@pytest.mark.parametrize("name", [*TYPES, f"{VERSION}.progress"])
def test_a_channel_is_complete(name: str) -> None:
    """The address names its parameters, and each message has a payload that reads."""
    channel = asyncapi("1")["channels"][name]
    assert set(re.findall(r"{(\w+)}", channel["address"])) == set(channel["parameters"])
    assert all(p["description"] for p in channel["parameters"].values())
    assert channel["description"]
    (message,) = channel["messages"].values()
    assert message["name"]
    Draft202012Validator.check_schema(message["payload"])


def test_every_operation_receives_from_one_channel() -> None:
    """Each channel has one operation, and it is a valid one."""
    document = asyncapi("1")
    operations = document["operations"].values()
    assert {operation["action"] for operation in operations} == {"receive"}
    channels = [_resolve(document, op["channel"]["$ref"]) for op in operations]
    assert channels == [*document["channels"].values()]


@given(some.events)
def test_an_address_is_the_subject_with_holes(event: Event) -> None:
    """Filling tenant and job into a channel's address gives the event's subject."""
    channel = asyncapi("1")["channels"][event.type_name()]
    filled = channel["address"].format(tenant=event.tenant, job=event.job)
    assert filled == event.subject()


@given(some.events)
def test_an_event_on_the_wire_follows_its_payload(event: Event) -> None:
    """What we send validates against the AsyncAPI payload of its channel."""
    raw = json.loads(encode_event(event, time=NOW))
    place = f"#/channels/{event.type_name()}/messages/{type(event).__name__}/payload"
    _validator(place).validate(raw)
    _schema_of(type(event).__name__).validate(raw["data"])


@given(some.events, st.data())
def test_an_envelope_without_a_required_attribute_is_refused(
    event: Event, data: st.DataObject
) -> None:
    """Whatever the payload calls required, the decoder requires, and no more."""
    raw = json.loads(encode_event(event, time=NOW))
    payload = asyncapi("1")["channels"][event.type_name()]["messages"][
        type(event).__name__
    ]["payload"]
    name = data.draw(st.sampled_from(sorted(raw)))
    rest = {other: value for other, value in raw.items() if other != name}
    if name in payload["required"]:
        with pytest.raises(UndecodableError):
            decode_event(json.dumps(rest).encode())
    else:
        assert decode_event(json.dumps(rest).encode()) == event


@pytest.mark.parametrize("kind", DOCUMENTS)
@given(data=st.data())
def test_a_document_follows_its_schema(
    kind: type[msgspec.Struct], data: st.DataObject
) -> None:
    """Ticks, settings, statuses, manifests, clips validate, and come back."""
    value = data.draw(some.struct(kind))
    raw = msgspec.json.encode(value)
    _schema_of(kind.__name__).validate(json.loads(raw))
    assert msgspec.json.decode(raw, type=kind) == value


def _places(value: Any) -> list[tuple[Any, Any]]:
    if not isinstance(value, dict):
        return []
    return [
        place
        for key, inner in value.items()
        for place in ((value, key), *_places(inner))
    ]


WRONG: list[object] = [
    None,
    True,
    -1,
    0.5,
    1e9,
    "",
    "a.b",
    "x" * 65,
    [],
    {},
    {"load_kg": 999},
]


@given(some.events, st.sampled_from(WRONG), st.randoms(use_true_random=False))
def test_what_the_decoder_accepts_the_schema_accepts(
    event: Event, value: object, chance: random.Random
) -> None:
    """No event that we would work on is against the published schema."""
    raw = json.loads(encode_event(event, time=NOW))
    parent, key = chance.choice(_places(raw["data"]))
    parent[key] = value
    try:
        decode_event(json.dumps(raw).encode())
    except UndecodableError:
        return
    _schema_of(type(event).__name__).validate(raw["data"])


@given(some.events, st.randoms(use_true_random=False))
def test_what_the_schema_refuses_is_really_refused(
    event: Event, chance: random.Random
) -> None:
    """A bad tenant is refused by the schema and by the decoder alike."""
    raw = json.loads(encode_event(event, time=NOW))
    raw["data"][chance.choice(["tenant", "job"])] = chance.choice(
        ["", "a.b", "a\n", ">", 7]
    )
    assert not _schema_of(type(event).__name__).is_valid(raw["data"])
    with pytest.raises(UndecodableError):
        decode_event(json.dumps(raw).encode())
