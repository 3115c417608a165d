"""Words of a ride in any state of the talk: before the open question, while staff talk, and where they count
for nothing."""

from datetime import UTC, datetime

import pytest

from flows.effects import CallHuman, Say, Silent
from flows.engine import advance
from flows.events import TextReceived
from flows.progress import new_progress
from tests.flows.stage import flows_of, play

FLOWS = """
flow: form
title: Form
start_words: [FORM]
steps:
  - {ask: zip, as: zip, text: "ZIP?"}
  - {id: end, say: "{zip}."}
---
flow: note
title: Note
start_words: [NOTE]
steps:
  - {ask: words, as: text, text: "What is wrong?"}
  - {id: kept, say: "Kept: {words}."}
---
flow: ready
title: Ready
start_words: [READINESS]
steps:
  - ask: plan
    as: choice
    confirm_by_ok: yes
    text: "Today?"
    options: {coming: {label: coming, words: [ready, im outside]}, help: {label: need help}}
  - {id: picked, say: "{plan}."}
---
flow: go_home
title: Home
start_words: [DONE]
steps:
  - {id: home, say: Car home.}
---
flow: ride_where
title: Where
steps:
  - {id: near, say: It is near.}
---
flow: ride_at_door
title: Door
steps:
  - {id: door, say: Front door.}
---
flow: ride_unsafe
title: Unsafe
needs: [what]
steps:
  - {id: first, say: "Safe first: {what}."}
"""
SPANISH = """
form.zip.text: {en: "ZIP?", es: "ZIP?"}
form.end.text: {en: "{zip}.", es: "{zip}."}
note.words.text: {en: "What is wrong?", es: "Que pasa?"}
note.kept.text: {en: "Kept: {words}.", es: "Queda: {words}."}
ready.plan.text: {en: "Today?", es: "Hoy?"}
ready.plan.options.coming: {en: coming, es: voy}
ready.plan.options.help: {en: need help, es: ayuda}
ready.picked.text: {en: "{plan}.", es: "{plan}."}
go_home.home.text: {en: Car home., es: Carro a casa.}
ride_where.near.text: {en: It is near., es: Ya viene.}
ride_at_door.door.text: {en: Front door., es: Puerta de enfrente.}
ride_unsafe.first.text: {en: "Safe first: {what}.", es: "Primero: {what}."}
"""
NEAR = "{pickup_at: 2027-02-23 18:40, at: 2027-02-23 19:30, stop: {label: Hope House}}"
LOST = "{at: 2027-02-23 19:30, stop: {label: Hope House}}"
EARLY = "{pickup_at: 2027-02-23 23:00, at: 2027-02-23 23:50, stop: {label: Hope House}}"
HOME = "{pickup_at: 2027-02-23 12:10, at: 2027-02-23 13:00, back_at: 2027-02-23 16:00, home: yes}"


def rides(interview: str, *lines: str) -> None:
    """Play a talk of somebody with this interview, at 17:48."""
    talk = "\n".join(f"  - {line}" for line in lines)
    play(flows_of(FLOWS, SPANISH), f"knows: {{interview: {interview}}}\ntalk:\n{talk}\n")


@pytest.mark.parametrize("interview", [NEAR, LOST])
def test_on_the_day_they_come_before_the_open_question_which_stays_open(interview: str) -> None:
    asked = (
        "them: form",
        "us: ZIP?",
        "them: where u at",
        "us: [It is near., ZIP?]",
        "them: '02118'",
        "us: 02118.",
    )
    rides(interview, *asked)


def test_half_a_day_before_only_where_the_question_does_not_understand() -> None:
    rides(EARLY, "them: note", "us: What is wrong?", "them: im outside", "us: 'Kept: im outside.'")
    rides(EARLY, "them: form", "us: ZIP?", "them: im outside", "us: [Front door., ZIP?]")


def test_what_stands_among_the_options_is_the_answer() -> None:
    rides(NEAR, "them: readiness", "us: Today? 1 coming 2 need help", "them: ready", "us: coming.")
    rides(
        NEAR,
        "them: readiness",
        "us: Today? 1 coming 2 need help",
        "them: im ready to go home",
        "us: Car home.",
    )


def test_a_reminder_is_not_read_out_again_at_the_curb_and_can_still_be_answered() -> None:
    read = ("them: readiness", "us: Today? 1 coming 2 need help")
    rides(NEAR, *read, "them: wheres my ride", "us: It is near.", "them: '1'", "us: coming.")


def test_where_any_words_are_asked_for_only_what_cannot_wait_is_heard() -> None:
    rides(
        NEAR,
        "them: note",
        "us: What is wrong?",
        "them: im at the back door",
        "us: 'Kept: im at the back door.'",
    )
    rides(
        NEAR, "them: note", "us: What is wrong?", "them: wheres my ride", "us: [It is near., What is wrong?]"
    )


def test_a_number_nothing_asks_for_says_how_the_ride_stands() -> None:
    rides(NEAR, "them: '1'", "us: It is near.")


def test_once_home_they_are_words_like_others() -> None:
    rides(HOME, "them: note", "us: What is wrong?", "them: no car here", "us: 'Kept: no car here.'")


def test_they_are_answered_while_a_caseworker_is_talking_and_nothing_else_is() -> None:
    rides(
        NEAR, "staff: took_over", "them: wheres my ride", "us: It is near.", "them: ok i tell maria",
        "silent: staff_talking", "them: driver is drunk", "us: 'Safe first: driver.'",
    )  # fmt: skip


def test_an_unsafe_ride_comes_before_the_question_about_danger_to_oneself() -> None:
    rides(NEAR, "them: form", "us: ZIP?", "them: he hit me", "us: ['Safe first: danger.', ZIP?]")
    rides(EARLY, "them: he hit me", "us: {has: [hurting yourself]}")  # no ride: it may be anybody
    rides(EARLY, "them: the driver hit me", "us: 'Safe first: danger.'")


def test_explicit_danger_to_oneself_is_answered_first() -> None:
    rides(NEAR, "them: driver is yelling at me i want to kill myself", "us: {has: ['988']}")


def test_after_stop_an_unsafe_ride_calls_a_human_and_nothing_is_said() -> None:
    now = datetime(2027, 2, 23, 17, 48, tzinfo=UTC)
    progress = new_progress()
    progress.opted_in, progress.stopped = True, True
    progress, effects = advance(
        flows_of(FLOWS, SPANISH),
        progress,
        TextReceived(at=now, text="my driver is following me", channel="sms", opted_in=True),
    )
    assert CallHuman("ride safety", "followed") in effects
    assert Silent("opted_out") in effects
    assert not [each for each in effects if isinstance(each, Say)]


def test_a_stranger_hears_nothing_of_rides() -> None:
    now = datetime(2027, 2, 23, 17, 48, tzinfo=UTC)
    progress = new_progress()
    progress.opted_in = False
    _, effects = advance(
        flows_of(FLOWS, SPANISH),
        progress,
        TextReceived(at=now, text="driver is drunk", channel="sms", opted_in=False),
    )
    assert not [each for each in effects if isinstance(each, Say) and "Safe first" in each.text]
