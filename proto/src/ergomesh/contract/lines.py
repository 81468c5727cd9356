"""Short texts that are printed as they were written."""

from typing import Annotated, Final

import msgspec

# "$" alone would let a final line end pass.
LINE_PATTERN: Final = (
    r"^[^\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]*(?!\n)$"
)
"""No line ends, no control characters, none that turn the direction of writing."""
MAX_LINE: Final = 120
"""Characters of a text in a document's head, some two lines of it: our choice."""

Line = Annotated[str, msgspec.Meta(max_length=MAX_LINE, pattern=LINE_PATTERN)]
"""A text on one line, such as a name."""
