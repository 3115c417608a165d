"""Where the vendors' own contract documents lie: beside the project, never inside it, perhaps not at all."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).parents[2].parent / "shared" / "contracts"


@cache
def document(name: str) -> dict[str, Any] | None:
    """Read a contract document; None where it is not at hand."""
    path = FOLDER / name
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None


def needs(name: str) -> pytest.MarkDecorator:
    """Skip a test, saying why, where a contract document is not at hand."""
    return pytest.mark.skipif(document(name) is None, reason=f"the contract document {name} is not at hand")
