"""A pytest plugin: swears that the code comes from this copy, and writes down how each test failed.

The rule: only an assertion that does not hold, in the test itself, counts as a check that noticed. An error
while setting up, importing, or of another kind may be the plant's own clumsiness.
"""

import importlib
import json
import os
from collections.abc import Generator
from pathlib import Path
from typing import Any, Final

import pytest

REPORT: Final = "ONWARD_WITNESS"
"""Names the file for the report: a line of JSON for each test."""

OURS: Final = ("bot", "flows", "storage", "tests")
NOTICED: Final = (AssertionError, pytest.fail.Exception)


def pytest_configure(config: pytest.Config) -> None:
    """Refuse to test any code but this copy's."""
    for name in OURS:
        file = Path(importlib.import_module(name).__file__ or "/")
        if not file.resolve().is_relative_to(config.rootpath.resolve()):
            pytest.exit(f"{name} comes from {file}, not from this copy", returncode=9)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[Any]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Note the outcome of each phase that says something."""
    report = yield
    if report.when == "call" or not report.passed:
        error = call.excinfo.value if call.excinfo is not None else None
        noticed = report.failed and report.when == "call" and isinstance(error, NOTICED)
        words = str(error).splitlines() if error is not None else []
        line = {
            "test": item.nodeid,
            "phase": report.when,
            "outcome": report.outcome,
            "noticed": noticed,
            "error": type(error).__name__ if error is not None else None,
            "words": words[0] if words else "",
        }
        with open(os.environ[REPORT], "a") as file:
            file.write(json.dumps(line) + "\n")
    return report
