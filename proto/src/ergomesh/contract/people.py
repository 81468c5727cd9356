"""Who is in a clip, and who was taken for the worker (``people.json``)."""

import msgspec

from ergomesh.contract.errors import MALFORMED, UndecodableError


class Sighting(msgspec.Struct, frozen=True, kw_only=True):
    """A person at one time. Shares of the upright picture, from its top left."""

    time_s: float
    """From the first picture."""
    box: tuple[float, float, float, float]
    """Left, top, right, bottom of the whole person."""
    head: tuple[float, float, float, float] | None = None
    """Left, top, right, bottom of the head, where it was found; a head that the
    picture's border cuts reaches below 0 or above 1."""


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """One person's track through the clip."""

    number: int
    """1 is the worker; others follow by how long and large they are seen."""
    from_s: float
    to_s: float
    seen_share: float
    """Share of the clip's looks in which the person was found, 0…1."""
    height_share: float
    """Median height of the box as a share of the picture's height."""
    sightings: tuple[Sighting, ...]


class People(msgspec.Struct, frozen=True, kw_only=True):
    """Everybody in a clip."""

    chosen_by: str
    """Why number 1 is the worker: one sentence."""
    persons: tuple[Person, ...]
    """Number 1 first."""
    passing: tuple[tuple[Sighting, ...], ...] = ()
    """Who was seen too briefly to be told as a person, or was none: their faces are
    covered all the same."""


def decode_people(raw: bytes) -> People:
    """Decode ``people.json``.

    Raises:
        UndecodableError: When the bytes are not of the contract.
    """
    try:
        return msgspec.json.decode(raw, type=People)
    except MALFORMED as error:
        msg = f"people.json does not follow the contract: {error}"
        raise UndecodableError(msg) from error
