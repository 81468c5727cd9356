"""Write the contract's JSON Schema and AsyncAPI documents beside this file.

Run it after a change of the contract::

    .venv/bin/python proto/schema/write.py
"""

import json
from pathlib import Path
from typing import Any, Final

from ergomesh.contract.schema import asyncapi, json_schema

CONTRACT_VERSION: Final = "1.2.0"
"""The major is the ``v1`` of every subject; an addition makes a new minor."""


def documents() -> dict[str, str]:
    """Return the text of every generated file by its name."""
    return {
        "events.schema.json": _text(json_schema()),
        "asyncapi.json": _text(asyncapi(CONTRACT_VERSION)),
    }


def _text(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def main() -> None:
    """Write the files."""
    for name, text in documents().items():
        Path(__file__).with_name(name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
