"""The shipped word lists, parsed for tests."""

from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parents[2] / "flows" / "content" / "words"


def load(name: str) -> dict[str, Any]:
    """Parse one list of content/words."""
    parsed: dict[str, Any] = yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))
    return parsed
