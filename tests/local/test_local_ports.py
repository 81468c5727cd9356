"""Laws of the choice of ports."""

import socket

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ergomesh.local.errors import StackError, UsageFault
from ergomesh.local.ports import (
    DEFAULT_HTTP_PORT,
    GRPC_OFFSET,
    HOST,
    StackPorts,
    choose_ports,
    is_free,
)


@settings(deadline=None)
@given(seed=st.integers(), busy_percent=st.integers(0, 60))
def test_chosen_ports_are_free_distinct_and_so_are_the_twins(
    seed: int, busy_percent: int
) -> None:
    """No two servers of a stack ever meet on a port, gRPC twins included."""

    def free(port: int) -> bool:
        return hash((seed, port)) % 100 >= busy_percent

    ports = choose_ports(http_port=None, last=None, free=free)
    every = ports.all()
    assert len(every) == len(StackPorts.__struct_fields__) + len(ports.weed())
    assert all(map(free, every))
    assert max(every) < 32_768


def test_the_ports_of_the_last_run_are_taken_again() -> None:
    """A restart keeps its addresses while they are free."""
    last = choose_ports(http_port=None, last=None, free=lambda _: True)
    assert choose_ports(http_port=None, last=last, free=lambda _: True) == last
    assert choose_ports(http_port=last.http, last=last, free=lambda _: True) == last


def test_one_taken_port_of_the_last_run_means_new_ports() -> None:
    """Even a taken gRPC twin makes the old choice unusable."""
    last = choose_ports(http_port=None, last=None, free=lambda _: True)
    twin = last.weed_admin + GRPC_OFFSET
    fresh = choose_ports(http_port=None, last=last, free=lambda p: p != twin)
    assert twin not in fresh.all()


def test_the_web_address_is_8080_unless_taken_or_chosen() -> None:
    """The default is what people expect, and no obstacle."""
    assert choose_ports(http_port=None, last=None, free=lambda _: True).http == 8080
    taken = choose_ports(http_port=None, last=None, free=lambda p: p != 8080)
    assert taken.http != DEFAULT_HTTP_PORT
    assert choose_ports(http_port=9999, last=taken, free=lambda _: True).http == 9999


def test_a_chosen_port_that_is_taken_is_refused_in_words() -> None:
    """The user hears which port, and what to do."""
    with pytest.raises(UsageFault, match="Port 9999 is in use: choose another"):
        choose_ports(http_port=9999, last=None, free=lambda p: p != 9999)


def test_no_free_port_is_an_error_and_not_an_endless_search() -> None:
    """A full machine is told as such."""
    with pytest.raises(StackError, match="No free ports"):
        choose_ports(http_port=None, last=None, free=lambda _: False)


def test_a_listening_port_is_not_free_and_a_closed_one_is() -> None:
    """What counts is whether a server could listen there now."""
    with socket.create_server((HOST, 0)) as listener:
        port = listener.getsockname()[1]
        assert not is_free(port)
    assert is_free(port)
    assert not is_free(70_000)
