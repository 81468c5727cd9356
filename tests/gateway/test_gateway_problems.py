import re

import httpx
import msgspec
import pytest
from litestar.exceptions import ServiceUnavailableException

from ergomesh.contract.errors import FailureCode
from ergomesh.gateway.problems import KINDS, MEDIA_TYPE, Code, of_fault
from ergomesh.runtime.errors import Transient, Unusable
from gateway.gateway_rig import Rig

VIDEO = {"content-type": "video/mp4"}
JSON = {"content-type": "application/json"}

BAD = {
    "no such address": ("GET", "/v2/jobs", {}, 404, "not_found"),
    "no such method": ("PATCH", "/v1/jobs", {}, 405, "method_not_allowed"),
    "no such job": ("GET", "/v1/jobs/nobody", {}, 404, "job_not_found"),
    "a wildcard": ("GET", "/v1/jobs/*", {}, 404, "job_not_found"),
    "a dot": ("GET", "/v1/jobs/a.b", {}, 404, "job_not_found"),
    "a line feed": ("GET", "/v1/jobs/a%0A", {}, 404, "job_not_found"),
    "events of nobody": ("GET", "/v1/jobs/nobody/events", {}, 404, "job_not_found"),
    "start of nobody": ("POST", "/v1/jobs/nobody/start", {}, 404, "job_not_found"),
    "end of nobody": ("DELETE", "/v1/jobs/nobody", {}, 404, "job_not_found"),
    "file of nobody": (
        "GET",
        "/v1/jobs/nobody/artifacts/x",
        {},
        404,
        "job_not_found",
    ),
    "a limit of words": ("GET", "/v1/jobs?limit=many", {}, 400, "invalid_request"),
    "a limit of none": ("GET", "/v1/jobs?limit=0", {}, 400, "invalid_request"),
    "no media type": ("POST", "/v1/jobs", {"content": b"x"}, 415, None),
    "a picture": (
        "POST",
        "/v1/jobs",
        {"content": b"x", "headers": {"content-type": "image/png"}},
        415,
        "unsupported_media_type",
    ),
    "no JSON": (
        "POST",
        "/v1/jobs",
        {"content": b'{"settings"', "headers": JSON},
        400,
        "malformed_json",
    ),
    "empty JSON": (
        "POST",
        "/v1/jobs",
        {"content": b"", "headers": JSON},
        400,
        "malformed_json",
    ),
    "JSON beyond numbers": (
        "POST",
        "/v1/jobs",
        {"content": b'{"settings":{"task":{"load_kg":1e999}}}', "headers": JSON},
        400,
        "malformed_json",
    ),
    "JSON too deep": (
        "POST",
        "/v1/jobs",
        {"content": b"[" * 60_000, "headers": JSON},
        400,
        "malformed_json",
    ),
    "JSON too long": (
        "POST",
        "/v1/jobs",
        {"content": b" " * 70_000, "headers": JSON},
        413,
        "body_too_large",
    ),
    "a list": (
        "POST",
        "/v1/jobs",
        {"content": b"[]", "headers": JSON},
        400,
        "invalid_settings",
    ),
    "a form without boundary": (
        "POST",
        "/v1/jobs",
        {"content": b"x", "headers": {"content-type": "multipart/form-data"}},
        400,
        "malformed_form",
    ),
    "a form without file": (
        "POST",
        "/v1/jobs",
        {"files": {"file": (None, b"clip")}},
        400,
        "malformed_form",
    ),
    "a form with a long field": (
        "POST",
        "/v1/jobs",
        {"files": {"file": (None, bytes(10_000))}},
        413,
        "body_too_large",
    ),
    "a form with two files": (
        "POST",
        "/v1/jobs",
        {"files": [("a", ("a.mp4", b"x")), ("b", ("b.mp4", b"y"))]},
        400,
        "malformed_form",
    ),
    "an unknown setting": (
        "POST",
        "/v1/jobs?speed=high",
        {"content": b"x", "headers": VIDEO},
        400,
        "invalid_settings",
    ),
    "no number": (
        "POST",
        "/v1/jobs?load_kg=nan",
        {"content": b"x", "headers": VIDEO},
        400,
        "invalid_settings",
    ),
    "the task itself": (
        "POST",
        "/v1/jobs?task=lift",
        {"content": b"x", "headers": VIDEO},
        400,
        "invalid_settings",
    ),
    "no UTF-8": (
        "POST",
        "/v1/jobs?preset=%ff",
        {"content": b"x", "headers": VIDEO},
        400,
        "invalid_settings",
    ),
}


def assert_problem(answer: httpx.Response) -> None:
    """Check the form that every error has."""
    body = answer.json()
    assert answer.headers["content-type"] == MEDIA_TYPE
    assert answer.status_code == body["status"] == KINDS[Code(body["code"])].status
    assert f"/docs#{body['code']}" == body["type"]
    assert re.fullmatch(r"[\"A-Z].*\.", body["detail"], re.DOTALL), body["detail"]
    assert "Traceback" not in answer.text


@pytest.mark.parametrize("name", BAD)
async def test_bad_request_is_a_problem(rig: Rig, name: str) -> None:
    """Whatever is wrong with a request is told in one form, with its own code."""
    method, path, body, status, code = BAD[name]

    answer = await rig.http.request(method, path, **body)  # type: ignore[arg-type]

    assert_problem(answer)
    assert status == answer.status_code, answer.text
    assert (code or "unsupported_media_type") == answer.json()["code"]
    assert rig.store.objects == {}
    assert rig.events() == []


@pytest.mark.parametrize("job", ["*", "%3E", "a.b", "a%0A", "a%20b", "a" * 65])
async def test_broker_is_not_asked_for_strange_ids(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, job: str
) -> None:
    """An id that is no token never becomes part of a subject or a key."""
    asked: list[object] = []

    async def note(*key: object) -> None:
        asked.append(key)

    monkeypatch.setattr(rig.jobs.__class__, "get", note)

    answer = await rig.http.get(f"/v1/jobs/{job}")

    assert answer.status_code == 404
    assert asked == []


async def test_all_mistakes_are_told_at_once(rig: Rig) -> None:
    """Each wrong field is named with what it must be, in JSON and in a query."""
    wrong = {"preset": "turbo", "load_kg": "900", "seated": "perhaps", "sped": "1"}
    told = {
        "preset": 'must be fast, balanced or best, not "turbo"',
        "load_kg": "must be a number from 0 to 500, not 900",
        "seated": 'must be true or false, not "perhaps"',
    }
    as_json = {
        "settings": {
            "preset": "turbo",
            "sped": "1",
            "task": {"load_kg": 900, "seated": "perhaps"},
        }
    }

    in_query = await rig.http.post(
        "/v1/jobs", params=wrong, content=b"x", headers=VIDEO
    )
    in_json = await rig.http.post("/v1/jobs", json=as_json)

    for answer in (in_query, in_json):
        assert_problem(answer)
        errors = {
            mistake["field"].rsplit(".", 1)[-1]: mistake["message"].replace(
                '"900"', "900"
            )
            for mistake in answer.json()["errors"]
        }
        assert told | {"sped": errors["sped"]} == errors
        assert errors["sped"].startswith("is not one of ")
        assert all(message in answer.json()["detail"] for message in told.values()) or (
            '"900"' in answer.json()["detail"]
        )
    assert "settings.task.load_kg" in in_json.json()["detail"]


async def test_setting_given_twice_is_a_mistake(rig: Rig) -> None:
    """Of two values for one setting none is chosen in silence."""
    answer = await rig.http.post(
        "/v1/jobs?preset=fast",
        files={"file": ("a.mp4", b"clip")},
        data={"preset": "best"},
    )

    assert (answer.json()["errors"]) == [
        {"field": "preset", "message": "is given 2 times"}
    ]


async def test_type_mistakes_in_json_are_named(rig: Rig) -> None:
    """JSON is strict: texts are no numbers and no truth values."""
    answer = await rig.http.post(
        "/v1/jobs",
        json={"source_name": 7, "settings": {"overlay": "true", "task": []}},
    )

    assert [mistake["field"] for mistake in answer.json()["errors"]] == [
        "source_name",
        "settings.task",
        "settings.overlay",
    ]


@pytest.mark.parametrize("limit", ["0", "-1", "201", "many", "1.5", ""])
async def test_wrong_limit_is_one_sentence(rig: Rig, limit: str) -> None:
    """Whatever is wrong with a limit, the answer says what it must be."""
    answer = await rig.http.get("/v1/jobs", params={"limit": limit})

    must = "must be a whole number from 1 to 200"
    assert_problem(answer)
    assert answer.json()["detail"] == f"The limit {must}."
    assert answer.json()["errors"] == [{"field": "limit", "message": must}]


async def test_name_given_in_both_words_is_a_mistake(rig: Rig) -> None:
    """Of two names for one clip none is chosen in silence."""
    answer = await rig.http.post("/v1/jobs", json={"name": "a", "source_name": "a"})

    assert_problem(answer)
    assert [mistake["field"] for mistake in answer.json()["errors"]] == ["name"]


async def test_missing_artifact_lists_what_there_is(rig: Rig) -> None:
    """Who asks for a file that is not there learns which ones are."""
    job = await rig.upload()
    await rig.attach(job, "clip.json", b"{}")
    await rig.attach(job, "angles.csv", b"")

    answer = await rig.http.get(f"/v1/jobs/{job}/artifacts/angels.csv")

    assert_problem(answer)
    assert answer.json()["available"] == ["angles.csv", "clip.json"]
    assert "angles.csv, clip.json" in answer.json()["detail"]


async def test_fault_of_ours_tells_nothing(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What nobody foresaw is a 500 that keeps its reasons in the log."""

    async def fail(*_: object) -> None:
        msg = "secret detail"
        raise RuntimeError(msg)

    monkeypatch.setattr(rig.jobs.__class__, "get", fail)

    answer = await rig.http.get("/v1/jobs/some")

    assert_problem(answer)
    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    assert "secret" not in answer.text


async def test_readiness_names_what_is_missing(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ready means both servers answer; liveness needs neither."""
    first = await rig.http.get("/readyz")
    rig.store.reachable = False
    second = await rig.http.get("/readyz")

    async def away(*_: object) -> None:
        raise Transient(FailureCode.BROKER_UNREACHABLE, "Away.")

    monkeypatch.setattr(rig.jobs.__class__, "get", away)
    third = await rig.http.get("/readyz")

    assert first.json() == {"status": "ready"}
    assert (second.status_code, second.json()["code"]) == (503, "store_unreachable")
    assert second.json()["detail"] == "The object store does not answer."
    assert (third.status_code, third.json()["code"]) == (503, "broker_unreachable")
    assert (
        (third.json()["detail"])
        == "The message broker and the object store do not answer."
    )
    assert (await rig.http.get("/healthz")).status_code == 200
    assert_problem(third)


async def test_fault_of_the_framework_is_ours(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever 5xx Litestar raises is a 500 of ours, without its words."""

    async def fail(*_: object) -> None:
        raise ServiceUnavailableException(detail="secret detail")

    monkeypatch.setattr(rig.jobs.__class__, "get", fail)

    answer = await rig.http.get("/v1/jobs/some")

    assert_problem(answer)
    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    assert "secret" not in answer.text


@pytest.mark.parametrize("code", FailureCode)
def test_every_failure_has_an_answer(code: FailureCode) -> None:
    """A fault is answered by its own code if HTTP has it, else as ours."""
    for fault in (Transient(code, "So it is."), Unusable(code, "So it is.")):
        problem = of_fault(fault).problem()

        known = code.value in {each.value for each in Code}
        assert problem.code.value == (code.value if known else "internal_error")
        assert problem.status == KINDS[problem.code].status


def test_problem_carries_no_empty_lists() -> None:
    """Extensions appear only where they say something."""
    problem = of_fault(Transient(FailureCode.STORE_UNREACHABLE, "Away.")).problem()

    assert {"type", "title", "status", "detail", "code"} == set(
        msgspec.to_builtins(problem)
    )
