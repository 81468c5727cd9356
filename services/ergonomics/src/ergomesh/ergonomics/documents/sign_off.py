"""Where people answer for a document: who assessed, who checked."""

from ergomesh.ergonomics.documents.blocks import Signer, SignOff
from ergomesh.ergonomics.documents.names import breakable
from ergomesh.ergonomics.documents.words import Words


def sign_off(words: Words, assessed_by: str = "") -> SignOff:
    """Return lines to sign on; a name that is not known is written by hand."""
    return SignOff(
        signers=(
            Signer(role=words("sign.assessed"), name=breakable(assessed_by)),
            Signer(role=words("sign.checked")),
        ),
        fields=tuple(words(f"sign.{name}") for name in ("name", "place", "signature")),
    )
