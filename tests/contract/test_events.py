"""Events on the wire: round trips, subjects, ids, and what is refused."""

import json
import string
from collections.abc import Mapping
from typing import Any

import msgspec
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from contract import strategies as some
from ergomesh.contract.envelope import decode_envelope, decode_event, encode_event
from ergomesh.contract.errors import FailureCode, UndecodableError
from ergomesh.contract.events import (
    EVENTS,
    TYPES,
    Event,
    JobCancelled,
    PoseRequested,
    StageStarted,
    owner_of,
    progress_filter,
    subject_of,
)
from ergomesh.contract.job import WORK_STAGES, StageName
from ergomesh.runtime.testing import matches

NOW = "2026-01-02T03:04:05.678Z"
LIVE = "ergomesh.v1.evt.acme.job-1.job.cancelled"


@given(some.events)
def test_an_event_comes_back_as_it_was_sent(event: Event) -> None:
    """Decoding what was encoded gives an equal event of the same type."""
    back = decode_event(encode_event(event, time=NOW))
    assert back == event
    assert type(back) is type(event)


@given(some.events, st.none() | some.text)
def test_the_envelope_repeats_what_the_event_says(
    event: Event, traceparent: str | None
) -> None:
    """Id, type and subject of the CloudEvent are those of the event inside."""
    envelope = decode_envelope(encode_event(event, time=NOW, traceparent=traceparent))
    assert envelope.specversion == "1.0"
    assert envelope.id == event.dedup_id()
    assert envelope.type == event.type_name()
    assert envelope.subject == f"{event.tenant}/{event.job}"
    assert envelope.time == NOW
    assert envelope.traceparent == traceparent


@given(some.events)
def test_a_required_attribute_is_always_written(event: Event) -> None:
    """CloudEvents' four required attributes are non-empty strings in the JSON."""
    raw = json.loads(encode_event(event, time=NOW))
    for name in ("specversion", "id", "source", "type"):
        assert isinstance(raw[name], str)
        assert raw[name]


@given(some.events)
def test_a_subject_names_tenant_job_stage_and_state(event: Event) -> None:
    """A subject has seven tokens, and ``<tenant>.<job>`` are the fourth and fifth."""
    stage, state = event.where()
    expected = ["ergomesh", "v1", "evt", event.tenant, event.job, stage, state]
    assert event.subject().split(".") == [str(token) for token in expected]


@given(some.events)
def test_a_filter_selects_its_own_events_only(event: Event) -> None:
    """Of all filters exactly the one of the event's own type selects its subject."""
    fixed = [kind for kind in EVENTS if matches(subject_of(kind), event.subject())]
    assert fixed == ([] if isinstance(event, StageStarted) else [type(event)])


@given(some.progress)
def test_a_tick_is_selected_by_its_jobs_filter(tick: Any) -> None:
    """The filter of a job selects its ticks, and the filter of another does not."""
    assert matches(progress_filter(), tick.subject())
    assert matches(progress_filter(tenant=tick.tenant, job=tick.job), tick.subject())
    assert not matches(progress_filter(job=f"{tick.job}x"), tick.subject())


@given(some.names, some.names, st.data())
def test_all_ends_of_a_job_share_one_id(
    tenant: str, job: str, data: st.DataObject
) -> None:
    """Two terminal events of one job have the same id, whatever they say."""
    ends = st.tuples(some.terminal_events, some.terminal_events)
    ids = {
        msgspec.structs.replace(end, tenant=tenant, job=job).dedup_id()
        for end in data.draw(ends)
    }
    assert ids == {f"{tenant}.{job}.job.end"}


@given(some.events, some.events)
def test_ids_differ_when_the_events_do(one: Event, other: Event) -> None:
    """Events of another job, another range or another subject have another id."""

    def marks(event: Event) -> tuple[object, ...]:
        part = event.range_index if isinstance(event, PoseRequested) else None
        # Ends are one event with three names.
        end = event.dedup_id().endswith(".job.end")
        return (event.tenant, event.job, None if end else event.where(), part)

    assert (one.dedup_id() == other.dedup_id()) == (marks(one) == marks(other))


@given(some.requests, st.integers(0, 999))
def test_every_range_has_an_id_of_its_own(event: PoseRequested, index: int) -> None:
    """Two ranges of one clip differ in their ids and share their subject."""
    assume(index != event.range_index)
    other = msgspec.structs.replace(event, range_index=index)
    assert other.dedup_id() != event.dedup_id()
    assert other.subject() == event.subject()


def test_every_type_of_event_can_be_decoded() -> None:
    """The registry knows each event and a start of each stage that works."""
    starts = {f"ergomesh.v1.{stage}.started" for stage in WORK_STAGES}
    assert {name for name, kind in TYPES.items() if kind is StageStarted} == starts
    assert {kind for kind in TYPES.values() if kind is not StageStarted} == {*EVENTS}
    assert len(TYPES) == len(EVENTS) + len(WORK_STAGES)


def _cancelled(**fields: str) -> bytes:
    data = {"tenant": "acme", "job": "job-1", **fields}
    return _envelope(data, kind="ergomesh.v1.job.cancelled")


def _envelope(data: Mapping[str, object], **changes: str) -> bytes:
    envelope = {
        "specversion": "1.0",
        "id": "1",
        "source": "/test",
        "type": changes.pop("kind"),
        "subject": "acme/job-1",
        "time": NOW,
        **changes,
    }
    return json.dumps({**envelope, "data": data}).encode()


def test_a_hand_written_event_is_understood() -> None:
    """JSON that a stranger writes by the schema decodes: the refusals below count."""
    assert decode_event(_cancelled()) == JobCancelled(tenant="acme", job="job-1")


@pytest.mark.parametrize("field", ["tenant", "job"])
@given(bad=st.text(min_size=0, max_size=70))
def test_a_token_that_breaks_a_subject_is_refused(field: str, bad: str) -> None:
    """Only letters, digits, ``_`` and ``-``, 1 to 64 of them, pass as a token."""
    safe = {*string.ascii_letters, *string.digits, "_", "-"}
    assume(not (1 <= len(bad) <= 64 and set(bad) <= safe))
    assume(not any("\ud800" <= c <= "\udfff" for c in bad))
    with pytest.raises(UndecodableError):
        decode_event(_cancelled(**{field: bad}))


BREAKERS = ["", ".", "*", ">", "a.b", "a b", "a\n", "a\r\n", "\n", "a\t", "ä", "x" * 65]


@pytest.mark.parametrize("field", ["tenant", "job"])
@pytest.mark.parametrize("bad", BREAKERS)
def test_the_known_breakers_are_refused(field: str, bad: str) -> None:
    """Dots, wildcards, blanks, line ends and overlong tokens never pass."""
    with pytest.raises(UndecodableError):
        decode_event(_cancelled(**{field: bad}))


@given(event=some.events)
@pytest.mark.parametrize("name", sorted(TYPES))
def test_data_of_one_type_never_passes_as_another(name: str, event: Event) -> None:
    """An event under a foreign type name decodes to that type or is refused."""
    raw = json.loads(encode_event(event, time=NOW))
    try:
        back = decode_event(json.dumps({**raw, "type": name}).encode())
    except UndecodableError:
        return
    assert back.type_name() == name
    assert type(back) is TYPES[name]


@pytest.mark.parametrize("version", ["0.3", "1.1", "2.0", ""])
def test_another_cloudevents_version_is_refused(version: str) -> None:
    """Only CloudEvents 1.0 is understood."""
    kind = "ergomesh.v1.job.cancelled"
    body = {"tenant": "acme", "job": "job-1"}
    with pytest.raises(UndecodableError, match="version"):
        decode_event(_envelope(body, kind=kind, specversion=version))


@given(some.text)
def test_an_unknown_type_is_refused(kind: str) -> None:
    """A type that the registry does not know is undecodable, and it is named."""
    assume(kind not in TYPES)
    with pytest.raises(UndecodableError):
        decode_event(_envelope({"tenant": "acme", "job": "job-1"}, kind=kind))


def test_the_job_itself_never_starts() -> None:
    """``job.started`` is no event: starting belongs to a stage."""
    start = StageStarted(tenant="acme", job="job-1", stage=StageName.JOB)
    with pytest.raises(UndecodableError, match="unknown event type"):
        decode_event(encode_event(start, time=NOW))


def test_the_public_subject_is_as_documented() -> None:
    """The subject that outsiders subscribe to never changes."""
    assert JobCancelled(tenant="acme", job="job-1").subject() == LIVE


PUBLIC_CODES = {
    "empty_file",
    "not_a_video",
    "truncated_file",
    "no_video_stream",
    "zero_duration",
    "file_too_large",
    "too_many_pixels",
    "clip_too_long",
    "no_person",
    "person_too_rare",
    "invalid_settings",
    "source_missing",
    "model_missing",
    "store_unreachable",
    "broker_unreachable",
    "fit_failed",
    "internal_error",
}


def test_no_public_failure_code_disappears() -> None:
    """Codes that integrators match on stay; new ones may join."""
    assert {str(code) for code in FailureCode} >= PUBLIC_CODES


@given(some.events)
def test_a_subject_names_its_owner(event: Event) -> None:
    """Tenant and job can be read off a subject, and off nothing else."""
    assert owner_of(event.subject()) == (event.tenant, event.job)
    assert owner_of(event.subject() + ".more") is None
    assert owner_of("x" + event.subject()) is None
