"""What every page shares, and what the files of the pages may not contain."""

import json
import re
from pathlib import Path

import pytest

from bot.web.pages import HERE as WEB
from bot.web.pages import clock_time, day
from flows.sms_parts import BASIC, EXTENSION
from tests.web.conftest import BOSTON, MORNING, Office, inert

TEMPLATES = sorted((WEB / "templates").glob("*.html"))
STATIC = sorted((WEB / "static").iterdir())


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_a_template_holds_no_script_no_style_and_trusts_nothing(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"<style|<script(?![^>]* src=)|\sstyle=|\son[a-z]+=|javascript:", text)
    assert not re.search(r"\|\s*safe|autoescape|Markup", text)
    assert not re.search(r"(src|href|action)=\"(https?:)?//", text)


@pytest.mark.parametrize("path", STATIC, ids=lambda path: path.name)
def test_a_file_of_ours_asks_for_nothing_from_elsewhere(path: Path) -> None:
    text = path.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
    assert not re.search(r"https?://|url\(|@import|\beval\b|document\.write", text)


async def test_the_start_page_leads_everywhere(office: Office) -> None:
    page = await office.browser().open("/")
    inert(page)
    assert {attrs.get("href") for tag, attrs in page.tags if tag == "a"} >= {"/phone", "/staff"}


async def test_style_and_scripts_are_served(office: Office) -> None:
    for path in STATIC:
        answer = await office.browser().get(f"/static/{path.name}")
        assert answer.status_code == 200
        assert answer.headers["content-type"].partition(";")[0] in (
            "text/css", "text/javascript", "image/svg+xml",
        )  # fmt: skip
    assert (await office.browser().get("/static/%2e%2e/pages.py")).status_code == 404


def test_the_pages_count_with_the_same_alphabet_as_we_do() -> None:
    script = (WEB / "static" / "staff.js").read_text(encoding="utf-8")
    basic, extension = re.findall(r'new Set\(("(?:[^"\\]|\\.)*")\)', script)
    assert frozenset(json.loads(basic)) == BASIC
    assert frozenset(json.loads(extension)) == EXTENSION


def test_moments_are_written_as_people_say_them() -> None:
    assert day(MORNING, BOSTON) == "Tue, Feb 23"
    assert clock_time(MORNING, BOSTON) == "10:05 am"
    assert clock_time(MORNING.replace(hour=0, minute=0), BOSTON) == "12:00 am"
    assert clock_time(MORNING.replace(hour=12, minute=9), BOSTON) == "12:09 pm"
