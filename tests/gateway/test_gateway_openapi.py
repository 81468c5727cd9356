from html.parser import HTMLParser
from typing import Any

import httpx
import jsonschema
import pytest
from litestar.routes import HTTPRoute
from openapi_spec_validator import OpenAPIV31SpecValidator
from typing_extensions import override

from ergomesh.gateway.app import create_app, openapi_document
from ergomesh.gateway.problems import KINDS
from ergomesh.gateway.reading import NAME_OPTION, OPTION_FIELDS
from gateway.gateway_rig import Rig

UNLISTED = {"/", "/openapi.json", "/docs"}
METHODS = {"GET", "HEAD", "POST", "DELETE"}


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    """The OpenAPI document."""
    return openapi_document()


def test_document_is_valid(document: dict[str, Any]) -> None:
    """The document follows OpenAPI 3.1, references included."""
    assert document["openapi"].startswith("3.1.")

    OpenAPIV31SpecValidator(document).validate()


def test_every_route_is_listed(rig: Rig, document: dict[str, Any]) -> None:
    """Every address and method that the application takes is described."""
    routes = {
        (route.path_format, method)
        for route in create_app(rig.gateway).routes
        if isinstance(route, HTTPRoute) and route.path_format not in UNLISTED
        for method in set(route.methods) & METHODS
    }

    listed = {
        (path, method.upper())
        for path, operations in document["paths"].items()
        for method in operations
    }
    assert routes == listed


def test_every_option_is_listed(document: dict[str, Any]) -> None:
    """Creation lists each setting as a parameter and as a field of the form."""
    operation = document["paths"]["/v1/jobs"]["post"]
    form = operation["requestBody"]["content"]["multipart/form-data"]["schema"]

    parameters = {each["name"] for each in operation["parameters"]}
    assert {NAME_OPTION, *OPTION_FIELDS} == parameters
    assert {"file", *parameters} == set(form["properties"])


def test_errors_are_problems(document: dict[str, Any]) -> None:
    """No operation documents an error in another format than the one it sends."""
    for operations in document["paths"].values():
        for operation in operations.values():
            for status, response in operation["responses"].items():
                if int(status) >= 400:
                    assert list(response["content"]) == ["application/problem+json"]


async def test_answers_follow_the_document(rig: Rig, document: dict[str, Any]) -> None:
    """What the gateway answers is what its document says it answers."""
    created = await rig.http.post("/v1/jobs", json={})
    started = await rig.send(b"clip")
    path = "/v1/jobs/{job_id}"
    asked = [
        ("/v1/jobs", "post", created),
        ("/v1/jobs", "post", started),
        ("/v1/jobs", "post", await rig.http.post("/v1/jobs", json={"x": 1})),
        ("/v1/jobs", "get", await rig.http.get("/v1/jobs")),
        (path, "get", await rig.http.get(created.headers["location"])),
        (path, "get", await rig.http.get("/v1/jobs/nobody")),
        (path, "delete", await rig.http.delete(created.headers["location"])),
        (
            f"{path}/start",
            "post",
            await rig.http.post(f"{created.headers['location']}/start"),
        ),
        ("/healthz", "get", await rig.http.get("/healthz")),
        ("/readyz", "get", await rig.http.get("/readyz")),
    ]

    for address, method, answer in asked:
        assert_described(document, document["paths"][address][method], answer)


def assert_described(
    document: dict[str, Any], operation: dict[str, Any], answer: httpx.Response
) -> None:
    """Check an answer against the schema of its status and media type."""
    described = operation["responses"][str(answer.status_code)]["content"]
    schema = described[answer.headers["content-type"]]["schema"]
    jsonschema.validate(answer.json(), {**schema, "components": document["components"]})


async def test_document_is_served(rig: Rig, document: dict[str, Any]) -> None:
    """The served document is the document."""
    answer = await rig.http.get("/openapi.json")

    assert document == answer.json()


class _Ids(HTMLParser):
    """Collects the anchors of a page and the addresses it loads."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.loaded: set[str] = set()

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take up an element."""
        told = dict(attrs)
        self.ids.add(told.get("id") or "")
        loads = told.get("src") or (told.get("href") if tag == "link" else "")
        self.loaded.add(loads or "")


async def test_page_explains_every_code(rig: Rig) -> None:
    """Where a problem's type points to, its code is explained, offline."""
    answer = await rig.http.get("/docs")
    page = _Ids()
    page.feed(answer.text)

    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert {code.value for code in KINDS} <= page.ids
    assert {""} == page.loaded


async def test_front_door_leads_to_the_page(rig: Rig) -> None:
    """Who opens the bare address in a browser is sent to the documentation."""
    answer = await rig.http.get("/")

    assert (answer.status_code, answer.headers["location"]) == (307, "/docs")
