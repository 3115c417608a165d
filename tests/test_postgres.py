"""The tests' own PostgreSQL says plainly why it cannot be had, so that a skip is never a riddle."""

import importlib.util
import os
import pwd
import subprocess
import tempfile
from pathlib import Path

import pytest

from tests import postgres


def test_without_the_wheel_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(postgres.Unavailable, match="TEST_DATABASE_URL"):
        postgres._binaries()


def test_root_without_an_unprivileged_user_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(pwd, "getpwall", lambda: [pwd.getpwuid(0)])
    with pytest.raises(postgres.Unavailable, match="root may not run it"):
        postgres._user()


def test_a_failed_start_is_tried_once_and_remembered(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def fail(folder: Path, options: str) -> str:
        raise postgres.Unavailable("no PostgreSQL: initdb answered 1")

    monkeypatch.delenv("TEST_DATABASE_URL", raising=False)
    monkeypatch.setenv(postgres.FOLDER, str(tmp_path))
    monkeypatch.setattr(postgres, "_start", fail)
    for _ in range(2):
        with pytest.raises(postgres.Unavailable, match="initdb answered 1"):
            postgres.server_url()
        monkeypatch.setattr(postgres, "_start", lambda folder, options: "never")


def test_a_server_that_is_given_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_DATABASE_URL", "postgresql://me@elsewhere/db")
    assert postgres.server_url() == "postgresql://me@elsewhere/db"


def test_what_a_killed_session_left_is_removed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    dead = subprocess.Popen(["true"])
    dead.wait()
    left, ours = (tmp_path / f"{postgres.PREFIX}{pid}-x" for pid in (dead.pid, os.getpid()))
    for folder in (left, ours):
        folder.mkdir()
    monkeypatch.setattr(tempfile, "gettempdir", lambda: str(tmp_path))
    postgres._sweep()
    assert (left.exists(), ours.exists()) == (False, True)
