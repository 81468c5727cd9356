"""``registry.toml`` as values: what is fetched, from what, and what comes of it (pure).

RegistryError   the registry contradicts itself or can't be read
"""

from typing import Final, Literal

import msgspec

Item = Literal["pose", "clip", "body"]
ITEMS: Final[tuple[Item, ...]] = ("pose", "clip", "body")
"""What a person can ask for."""


class RegistryError(ValueError):
    """The registry can't be used as it is."""


class Package(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A package that is downloaded through its ordinary client."""

    id: str
    """Name within the registry."""
    kind: Literal["wheel", "npm"]
    """Which client brings it: pip or npm."""
    name: str
    """Name for that client."""
    version: str
    """Exact version."""
    file: str
    """Name of the file that the client writes."""
    megabytes: int
    """Rounded size, told before the download."""
    sha256: str
    """Of that file."""
    licence: str
    """Licence of what is used of it."""
    platform: str = ""
    """pip's platform tag, where the wheel has one."""
    python: str = ""
    """pip's Python version, where the wheel has one."""


class Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file inside a package."""

    package: str
    """The package's id."""
    member: str
    """Path inside it."""


class Model(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A file that ergomesh uses."""

    name: str
    """Name of the model."""
    item: Item
    """What a person asks for to get it."""
    version: str
    """Version of the source or of the recipe."""
    file: str
    """Path below the models folder."""
    recipe: Literal["pose_bundle", "copy", "free_body"]
    """How it is made of its parts."""
    sha256: str
    """Of the finished file."""
    licence: str
    """Licence of the finished file."""
    command: str
    """What makes it."""
    without: str
    """What a user misses without it."""
    part: tuple[Part, ...]
    """What it is made of, in the recipe's order."""
    content_sha256: str = ""
    """Of the arrays in it, where the file's bytes hang on the compressor."""


class Registry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole registry."""

    package: tuple[Package, ...]
    """Every package."""
    model: tuple[Model, ...]
    """Every model."""

    def package_of(self, part: Part) -> Package:
        """Return the package of a part."""
        return next(package for package in self.package if package.id == part.package)


def read_registry(toml: bytes) -> Registry:
    """Return the registry.

    Raises:
        RegistryError: if a field is missing, unknown or of another type, or a part
            names a package that isn't there.
    """
    try:
        registry = msgspec.toml.decode(toml, type=Registry)
    except msgspec.DecodeError as e:
        msg = f"models/registry.toml can't be read: {e}."
        raise RegistryError(msg) from e
    known = {package.id for package in registry.package}
    for model in registry.model:
        for part in model.part:
            if part.package not in known:
                msg = (
                    f"models/registry.toml: {model.name} is made of "
                    f"{part.package}, which isn't there."
                )
                raise RegistryError(msg)
    return registry
