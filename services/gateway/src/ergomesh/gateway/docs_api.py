"""The API's own description: OpenAPI 3.1, and a page that needs no CDN."""

from collections.abc import Callable
from functools import cache
from html import escape
from typing import Any, Final

import msgspec
from litestar import MediaType, Response, Router, get
from litestar.response import Redirect
from litestar.status_codes import HTTP_307_TEMPORARY_REDIRECT

from ergomesh.gateway.problems import KINDS

JsonObject = dict[str, Any]

_PAGE: Final = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>{title}</title>
<style>
body {{ font: 1rem/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto;
  padding: 0 1rem; color-scheme: light dark }}
td, th {{ text-align: left; vertical-align: top; padding: .3rem 1rem .3rem 0 }}
:target {{ outline: 2px solid }}
</style>
<h1>{title}</h1>
<p>{description} The whole description, for machines: <a
href="/openapi.json">/openapi.json</a> (OpenAPI 3.1).</p>
<h2>Addresses</h2>
<table><tr><th>Method<th>Address<th>What it does</tr>
{operations}
</table>
<h2>Errors</h2>
<p>Every error is <code>application/problem+json</code> with one of these codes.</p>
<table><tr><th>Code<th>Status<th>Meaning</tr>
{codes}
</table>
</html>
"""


def page(document: JsonObject) -> str:
    """Return the documentation as HTML.

    Args:
        document: The OpenAPI document.
    """
    return _PAGE.format(
        title=escape(document["info"]["title"]),
        description=escape(document["info"]["description"]),
        operations="\n".join(_operation_rows(document["paths"])),
        codes="\n".join(
            f'<tr id="{code}"><td><code>{code}</code><td>{kind.status}'
            f"<td>{escape(kind.meaning)}</tr>"
            for code, kind in KINDS.items()
        ),
    )


def _operation_rows(paths: JsonObject) -> list[str]:
    return [
        f"<tr><td>{method.upper()}<td><code>{escape(path)}</code>"
        f"<td>{escape(_told(operation))}</tr>"
        for path, operations in paths.items()
        for method, operation in operations.items()
    ]


def _told(operation: JsonObject) -> str:
    parts = (operation.get("summary"), operation.get("description"))
    return ". ".join(part for part in parts if part)


def docs_router(document: Callable[[], JsonObject]) -> Router:
    """Return the routes that serve the document and the page.

    Args:
        document: Makes the OpenAPI document; asked once, at the first request.
    """

    @cache
    def served() -> JsonObject:
        return document()

    @get("/", status_code=HTTP_307_TEMPORARY_REDIRECT)
    async def front() -> Redirect:
        return Redirect("/docs", status_code=HTTP_307_TEMPORARY_REDIRECT)

    @get("/openapi.json")
    async def openapi_json() -> Response[bytes]:
        body = msgspec.json.encode(served())
        return Response(body, media_type=MediaType.JSON)

    @get("/docs")
    async def docs() -> Response[str]:
        return Response(page(served()), media_type=MediaType.HTML)

    return Router("/", route_handlers=[front, openapi_json, docs])
