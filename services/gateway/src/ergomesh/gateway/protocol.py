"""HTTP/1.1 whose own refusals are problem details as well."""

import h11
import msgspec
from typing_extensions import override
from uvicorn.protocols.http.h11_impl import H11Protocol

from ergomesh.gateway.problems import MEDIA_TYPE, Code, ProblemError

_REFUSAL = ProblemError(
    Code.INVALID_REQUEST,
    "This is not valid HTTP; letters beyond ASCII in an address must be "
    "percent-encoded (with curl: --url-query).",
)


class ProblemProtocol(H11Protocol):
    """uvicorn's protocol, which would refuse in plain text."""

    @override
    def send_400_response(self, msg: str) -> None:
        """Refuse bytes that are no HTTP, and hang up."""
        body = msgspec.json.encode(_REFUSAL.problem())
        head = h11.Response(
            status_code=400,
            reason=b"Bad Request",
            headers=[
                ("Content-Type", MEDIA_TYPE),
                ("Content-Length", str(len(body))),
                ("Connection", "close"),
            ],
        )
        for event in (head, h11.Data(data=body), h11.EndOfMessage()):
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()
