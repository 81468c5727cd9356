"""Free loopback ports for one stack.

SeaweedFS opens a gRPC port 10 000 above every port it is given, its admin server
included, whose port is fixed unless told otherwise. So all its ports are chosen in
pairs. Ports come from below 32 768, where Linux starts to hand out ports to
outgoing connections: one of those could otherwise sit on a port before our server.
"""

import random
import socket
from collections.abc import Callable, Iterator
from typing import Final

import msgspec

from ergomesh.local.errors import StackError, UsageFault

HOST: Final = "127.0.0.1"
GRPC_OFFSET: Final = 10_000
"""Distance of SeaweedFS' gRPC ports."""
DEFAULT_HTTP_PORT: Final = 8080
RANGE: Final = range(10_240, 22_700)
"""Where ports are looked for; with the offset they end below 32 768."""
ATTEMPTS: Final = 2_000

IsFree = Callable[[int], bool]


class StackPorts(msgspec.Struct, frozen=True, kw_only=True):
    """Every port that a stack is given."""

    http: int
    """Gateway."""
    nats: int
    nats_monitor: int
    s3: int
    weed_master: int
    weed_volume: int
    weed_filer: int
    weed_admin: int

    def weed(self) -> tuple[int, ...]:
        """Return the ports whose gRPC twins must be free too."""
        return (
            self.s3,
            self.weed_master,
            self.weed_volume,
            self.weed_filer,
            self.weed_admin,
        )

    def all(self) -> frozenset[int]:
        """Return every port that will be open, gRPC twins included."""
        own: list[int] = list(msgspec.structs.astuple(self))
        return frozenset([*own, *(port + GRPC_OFFSET for port in self.weed())])


def is_free(port: int) -> bool:
    """Whether a server of ours could listen on a loopback port now."""
    with socket.socket() as probe:
        # As nats-server, SeaweedFS and uvicorn do: a closed port may be reused.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
            probe.listen()
        except (OSError, OverflowError):
            return False
    return True


def choose_ports(
    *, http_port: int | None, last: StackPorts | None, free: IsFree = is_free
) -> StackPorts:
    """Return ports that are free now.

    The ports of the last run are taken again if they are all free, so that
    addresses stay the same and SeaweedFS keeps to one folder of its own.

    Args:
        http_port: The gateway's port; None takes 8080, or a free one.
        last: Ports of the last run on the same data folder.
        free: Whether a port is free.

    Raises:
        UsageFault: When ``http_port`` is taken.
        StackError: When there are no free ports.
    """
    if http_port is not None and not free(http_port):
        msg = (
            f"Port {http_port} is in use: choose another with --http-port, or leave "
            "the option out to get a free one."
        )
        raise UsageFault(msg)
    if last is not None and http_port in {None, last.http} and _all_free(last, free):
        return last
    fresh = _free_pairs(free, taken=http_port)
    http = http_port or (DEFAULT_HTTP_PORT if free(DEFAULT_HTTP_PORT) else next(fresh))
    names = [name for name in StackPorts.__struct_fields__ if name != "http"]
    return StackPorts(http=http, **{name: next(fresh) for name in names})


def _all_free(ports: StackPorts, free: IsFree) -> bool:
    return all(free(port) for port in ports.all())


def _free_pairs(free: IsFree, *, taken: int | None) -> Iterator[int]:
    """Yield ports that are free, and whose twins are, each once."""
    used = {taken}
    choice = random.SystemRandom()
    for _ in range(ATTEMPTS):
        port = choice.choice(RANGE)
        pair = {port, port + GRPC_OFFSET}
        if not used & pair and all(free(each) for each in pair):
            used |= pair
            yield port
    msg = f"No free ports between {RANGE.start} and {RANGE.stop} on {HOST}."
    raise StackError(msg)
