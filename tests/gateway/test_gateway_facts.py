"""Laws of task facts over HTTP: every fact is taken, every mistake is told."""

import pytest

from ergomesh.contract.events import JobAccepted
from ergomesh.contract.job import DocumentFacts, Faces, JobSettings, Language, TaskFacts
from ergomesh.contract.lines import MAX_LINE
from gateway.gateway_rig import Rig

TOLD = TaskFacts(
    trunk_supported=True,
    head_supported=False,
    long_use=True,
    lifts_per_min=2.0,
    lifting_h=4.0,
    control_at_destination=True,
)
QUERY = {
    "trunk_supported": "true",
    "head_supported": "false",
    "long_use": "true",
    "lifts_per_min": "2",
    "lifting_h": "4",
    "control_at_destination": "true",
    "language": "cs",
    "faces": "shown",
    "workplace": "Žďár, hala 2",
    "assessed_by": "null",
}
SAID = DocumentFacts(workplace="Žďár, hala 2", assessed_by="null")


async def test_every_fact_is_taken(rig: Rig) -> None:
    """Facts and choices come through the query as they were told."""
    await rig.upload(b"clip", **QUERY)
    (event,) = rig.events("*.job.accepted")
    assert isinstance(event, JobAccepted)
    assert event.settings == JobSettings(
        task=TOLD, language=Language.CZECH, faces=Faces.SHOWN, document=SAID
    )


async def test_wrong_facts_are_told_at_once(rig: Rig) -> None:
    """A negative load, an unknown grip, an unknown key and a pace beyond its range."""
    task = {"load_kg": -1, "coupling": "firm", "lift": 3, "lifts_per_min": 61}
    answer = await rig.http.post("/v1/jobs", json={"settings": {"task": task}})
    found = {m["field"]: m["message"] for m in answer.json()["errors"]}
    assert answer.status_code == 400
    assert answer.json()["code"] == "invalid_settings"
    assert found.pop("settings.task.lift").startswith("is not one of load_kg, ")
    assert {path.removeprefix("settings.task."): m for path, m in found.items()} == {
        "load_kg": "must be a number from 0 to 500, not -1",
        "coupling": 'must be good, fair, poor or unacceptable, not "firm"',
        "lifts_per_min": "must be a number from 0 to 60, not 61",
    }


async def test_what_is_no_line_is_told_in_every_way_in(rig: Rig) -> None:
    """Texts of many lines, or too long, are refused by the names that were used."""
    told = {"workplace": "Hall 2\nline 4", "assessed_by": "x" * (MAX_LINE + 1)}
    in_query = await rig.send(b"clip", **told)
    in_json = await rig.http.post("/v1/jobs", json={"settings": {"document": told}})
    for answer, path in ((in_query, ""), (in_json, "settings.document.")):
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid_settings")
        found = {m["field"]: m["message"] for m in answer.json()["errors"]}
        assert set(found) == {f"{path}{name}" for name in told}
        for message in found.values():
            assert message.startswith("must be one line of 0 to 120 characters")
    assert rig.events() == []


@pytest.mark.parametrize(
    ("start", "end", "field"),
    [("1", None, "neutral_start_s"), ("2", "1", "neutral_end_s")],
)
async def test_fields_that_need_each_other_are_told(
    rig: Rig, start: str, end: str | None, field: str
) -> None:
    """Half a neutral posture, or one that ends before it begins, names its field."""
    told = {"neutral_start_s": start} | ({} if end is None else {"neutral_end_s": end})
    in_query = await rig.send(b"clip", **told)
    worker = {name: float(value) for name, value in told.items()}
    in_json = await rig.http.post("/v1/jobs", json={"settings": {"worker": worker}})
    for answer, path in ((in_query, field), (in_json, f"settings.worker.{field}")):
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid_settings")
        (mistake,) = answer.json()["errors"]
        assert mistake["field"] == path
    assert rig.events() == []
