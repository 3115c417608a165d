"""`onward flows …`: what an author types, what they are told, and what it writes."""

import json
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from xml.etree import ElementTree

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner, Result

from bot.app import key_ring
from bot.cli import app
from bot.flow_diff import fates_in
from bot.settings import Settings
from flows.beside import beside
from flows.diff import compare, report
from flows.engine import advance
from flows.events import TextReceived
from flows.library import SHIPPED, load
from flows.progress import new_progress, progress_to_json
from storage import conversations, people
from storage.database import open_database

NOW = datetime(2027, 2, 23, 22, 48, tzinfo=UTC)
HOME = """\
flow: home
title: Home
start_words: [GO]
steps:
  - ask: shifts
    as: choice
    text: Which shifts can you do?
    options: {day: day, night: night}
    if_stuck: {then: skip}
    no_reply: [{after: 1 day, then: park}]
  - ask: zip
    as: zip
    text: What ZIP code are you in?
    if_stuck: {then: skip}
    no_reply: [{after: 1 day, then: park}]
  - id: bye
    say: Thanks. Text PERSON for a person.
"""
SPANISH = """\
home.start_words: {en: [GO], es: [VAMOS]}
home.shifts.text: {en: Which shifts can you do?, es: Que turnos puede hacer?}
home.shifts.options.day: {en: day, es: dia}
home.shifts.options.night: {en: night, es: noche}
home.zip.text: {en: What ZIP code are you in?, es: En que codigo postal vive?}
home.bye.text: {en: Thanks. Text PERSON for a person., es: Gracias. Escriba PERSONA para hablar con alguien.}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return content(tmp_path / "flows")


def content(folder: Path, home: str = HOME, spanish: str = SPANISH) -> Path:
    folder.mkdir()
    (folder / "home.yaml").write_text(home, encoding="utf-8")
    (folder / "home.es.yaml").write_text(spanish, encoding="utf-8")
    return folder


def onward(*words: object) -> Result:
    done = CliRunner().invoke(app, ["flows", *map(str, words)])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exc_info
    return done


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


# --- looking --------------------------------------------------------------------------------------


def test_a_file_that_cannot_be_read_is_all_that_is_told(folder: Path) -> None:
    edit(folder / "home.yaml", "text: What ZIP code", 'text: "What ZIP code')
    told = onward("check", folder)
    assert told.exit_code == 1
    assert told.output.splitlines() == [
        'home.yaml:13: A quote opens in this line and does not close. '
        "Fix: write the same quote at the end of the text.",
        "1 fault.",
    ]  # fmt: skip


def test_the_translations_of_a_file_with_faults_are_not_called_orphans(folder: Path) -> None:
    edit(folder / "home.yaml", "- ask: zip", "- aks: zip")
    told = onward("check", folder)
    assert 'home.yaml:11: No step begins with "aks". Fix: did you mean ask?' in told.output
    assert "Nothing in the source" not in told.output


@pytest.mark.parametrize("command", ["check", "walk", "i18n"])
def test_a_folder_that_is_not_there_is_said(command: str, tmp_path: Path) -> None:
    told = onward(command, tmp_path / "nowhere")
    assert told.exit_code == 1
    assert "nowhere" in told.output


def test_a_walk_is_told_and_its_endings_are_written_down(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "endings"
    told = onward("walk", folder, "--transcripts", out)
    assert told.exit_code == 0, told.output
    assert "3 of 3 steps reached" in told.output
    assert "Most messages in one turn: " in told.output
    assert "Every step is reached, every way ends, every text is answered." in told.output
    both = [f"{lang}-{channel}" for lang in ("en", "es") for channel in ("sms", "telegram")]
    phones = {*both, *(f"{each}-shared" for each in both)}
    assert {path.name for path in out.iterdir()} == phones
    spanish = (out / "es-sms" / "home.txt").read_text(encoding="utf-8")
    assert "us:   Que turnos puede hacer? 1 dia 2 noche" in spanish
    assert "== home ends: done (es, sms, an own phone) ==" in spanish


def test_what_a_walk_finds_has_its_line_and_ends_it_badly(folder: Path) -> None:
    more = '  - id: never\n    when: shifts == "dawn"\n    say: Never.\n  - id: bye'
    edit(folder / "home.yaml", "  - id: bye", more)
    told = onward("walk", folder)
    assert told.exit_code == 1
    assert "home.yaml:16: No way leads to home.never." in told.output


def test_steps_that_no_talk_comes_to_are_named(folder: Path) -> None:
    (folder / "talks").mkdir()
    talk = folder / "talks" / "go.yaml"
    talk.write_text(
        "test: go\nchannel: sms\nnow: 2027-02-23 17:48\ntalk:\n  - them: GO\n"
        "  - us: Which shifts can you do? 1 day 2 night\n",
        encoding="utf-8",
    )
    told = onward("talks", "--flows", folder)
    assert told.exit_code == 0, told.output
    assert "sms, en: 1 talks come to 1 of 3 steps." in told.output
    assert "  home.yaml:11: home.zip\n  home.yaml:16: home.bye\n" in told.output


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("  - thm: GO", "did you mean them?"),
        ("  - us: {hello}", "without quotes is not a text"),
        ("  - tap: one", "`tap` cannot"),
    ],
)
def test_a_talk_that_cannot_be_read_is_said(folder: Path, line: str, says: str) -> None:
    talk = folder.parent / "talk.yaml"
    talk.write_text(f"test: go\nnow: 2027-02-23 17:48\ntalk:\n{line}\n", encoding="utf-8")
    told = onward("talks", talk, "--flows", folder)
    assert told.exit_code == 1
    assert says in told.output
    assert f"{talk}:4: " in told.output
    assert told.output.endswith("1 file cannot be read.\n")


def test_words_that_differ_stand_beside_each_other() -> None:
    assert [row.split() for row in beside("See you at 4 pm today.", "See you at 5 pm today.")] == [
        ["expected", "got"],
        ["See", "you", "at", "See", "you", "at"],
        ["4", "x", "5"],
        ["pm", "today.", "pm", "today."],
    ]


# --- translating ----------------------------------------------------------------------------------


def test_a_new_text_is_to_be_translated_and_harms_nobody_until_then(folder: Path) -> None:
    edit(folder / "home.yaml", "  - id: bye", "  - id: more\n    say: One more thing.\n  - id: bye")
    told = onward("i18n", folder)
    assert told.output.splitlines() == [
        "home.es.yaml",
        "  1 to translate: home.more.text",
        "1 files need you.",
    ]
    assert load(folder).problems == []  # English is said meanwhile
    checked = onward("check", folder)
    assert "home.more.text is not translated yet. Fix: write the Spanish behind `es:`." in checked.output
    edit(folder / "home.es.yaml", 'es: ""', 'es: "Una cosa mas."')
    assert onward("i18n", folder).output == "Every text is translated.\n"


def test_no_translation_is_touched_where_one_file_cannot_be_read(folder: Path) -> None:
    (folder / "other.yaml").write_text("flow: [\n", encoding="utf-8")
    edit(folder / "home.yaml", "say: Thanks.", "say: Thank you.")
    told = onward("i18n", folder)
    assert told.exit_code == 1
    assert "other.yaml:" in told.output
    assert (folder / "home.es.yaml").read_text(encoding="utf-8") == SPANISH


def test_a_language_we_do_not_speak_is_said(folder: Path) -> None:
    assert (
        'Onward does not speak "fr": the translations are es.'
        in onward("i18n", folder, "--lang", "fr").output
    )


# --- drawing, and the editor's schema --------------------------------------------------------------


def test_a_flow_is_drawn(folder: Path, tmp_path: Path) -> None:
    ElementTree.fromstring(onward("graph", "home", "--flows", folder).output)
    assert onward("graph", "home.yaml", "--flows", folder, "--mermaid").output.startswith("flowchart TD\n")
    onward("graph", "home", "--flows", folder, "--out", tmp_path / "home.svg")
    assert "ask shifts" in (tmp_path / "home.svg").read_text(encoding="utf-8")


def test_lengths_are_drawn_as_they_are_written() -> None:
    assert "after 3 minutes: continue" in onward("graph", "book_ride").output


@pytest.mark.parametrize(
    ("name", "says"),
    [("hoem", "did you mean home?"), ("place_.yaml", "did you mean place?"), ("interview_day.yaml", "draws")],
)
def test_a_flow_that_is_not_there_is_said(name: str, says: str) -> None:
    told = onward("graph", name)
    assert told.exit_code == (0 if says == "draws" else 1)
    assert says == "draws" or says in told.output


def test_the_schema_is_kept_fresh(folder: Path) -> None:
    assert json.loads(onward("schema").output)["title"] == "A flow of Onward"
    assert onward("schema", "--check", SHIPPED).exit_code == 0
    assert onward("schema", "--check", folder).exit_code == 1
    assert onward("schema", "--write", folder).exit_code == 0
    assert onward("schema", "--check", folder).exit_code == 0


# --- what an edit means for people -----------------------------------------------------------------


def put_in(said: tuple[tuple[str, ...], ...], folder: Path, connection: sa.Connection) -> None:
    """Write people down who have said these things in the flows of a folder."""
    flows = load(folder).flows
    assert flows is not None
    for number, texts in enumerate(said):
        address = f"sms:+1555555{number:04d}"
        point = people.add_person(
            connection, channel="simulator", address=address, lang="en", zone="America/New_York", now=NOW
        )
        progress = new_progress()
        progress.opted_in = True
        for text in texts:
            event = TextReceived(at=NOW, text=text, channel="sms", opted_in=True)
            progress, _ = advance(flows, progress, event)
        written = progress_to_json(progress)
        saved = conversations.Saved(point.conversation_id, written, 0, point.id, NOW)
        conversations.save(connection, [saved], [])


async def test_an_edit_is_told_for_everybody_in_a_database(database_url: str, tmp_path: Path) -> None:
    old = content(tmp_path / "old")
    new = content(tmp_path / "new", HOME.replace("night: night", "evening: evening"))
    settings = Settings(env="test", database_url=database_url)
    database = open_database(database_url, key_ring(settings))
    said = (*[("GO", "2")] * 3, *[("GO",)] * 8)
    await database.run(partial(put_in, said, old))
    await database.close()
    before, after = load(old).flows, load(new).flows
    assert before is not None
    assert after is not None
    fates = await fates_in(settings, before, after, NOW, batch=4)
    assert report(compare(before, after, fates)).splitlines() == [
        "home: 11 people are in this flow: 8 continue, 3 are asked `shifts` again, 0 lost",
        "  changed: shifts",
    ]


def test_an_edit_is_told_on_the_command_line(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = content(tmp_path / "old")
    new = content(tmp_path / "new", HOME.replace("  - ask: zip", "  - ask: zip_code\n    was: zip"))
    assert onward("diff", old, old).output == "The flows are the same.\n"
    assert onward("diff", old, new).output == "home:\n  renamed: zip is now zip_code\n"
    monkeypatch.setenv("ENV", "test")
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.chdir(tmp_path)  # away from anybody's .env
    told = onward("diff", old, new, "--db").output
    assert told.splitlines()[0] == "home: nobody is in this flow."


def test_a_database_without_tables_is_said(
    empty_database_url: str, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ENV", "test")
    monkeypatch.setenv("DATABASE_URL", empty_database_url)
    monkeypatch.chdir(tmp_path)
    told = onward("diff", folder, folder, "--db")
    assert told.exit_code == 1
    assert "The database has no tables yet" in told.output
