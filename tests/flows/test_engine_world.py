"""Actions and the outside: what fails, what is awaited, what starts, what ends."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from flows.effects import Do, Say, SetTimer
from flows.engine import advance
from flows.events import ActionDone, TextReceived, TimerRang
from flows.progress import Progress, new_progress, progress_from_json, progress_to_json
from tests.flows.stage import flows_of, play

BOOK = """
    flow: book
    title: Book
    start_words: [BOOK]
    needs: [interview]
    about: interview
    ends_on: [{event: interview.cancelled, say: "{interview.employer} is off."}, interview.moved]
    gives: [ride]
    steps:
      - ask: stop
        as: address
        text: Where should the car stop?
      - id: book
        do: book_rides
        with: {interview: interview, pickup: stop, rider: {text: Ray}}
        save: booking
        if_fails:
          too_far: {say: "Too far. Another stop?", ask_again: stop}
          no_pin: {say: "No pin.", then: continue}
          too_late: {say: "Too late. {who} calls you {when | when}.", then: handoff}
          gone: {say: "It is off.", finish: gone}
          else: {say: "I could not book it.", then: finish}
      - id: moment
        say: One moment.
      - id: wait
        wait_for: [ride.booked, ride.failed]
        about: interview
        up_to: 10 minutes
        meanwhile: I am on it.
        if_late: {say: "No car yet. {who} texts you {when | when}.", then: handoff}
        save: news
      - id: end
        say: "{news.event}: {news.ride}"
      - ask: ok
        as: yes_no
        text: OK?
    """
KNOWS = "knows: {interview: {id: 1, version: 1, employer: FedEx, at: 2027-02-24 08:00, place: FedEx}}"


@pytest.mark.parametrize(
    "pretend, then",
    [
        (
            "[too_far, {}]",
            "- us: [Too far. Another stop?, Where should the car stop?]\n"
            "  - them: 1 Elm St\n  - us: One moment.",
        ),
        ("[no_pin]", "- us: No pin.\n  - us: One moment."),
        ("[gone]", "- us: It is off.\nexpect: {book.outcome: gone}"),
        ("[bananas]", "- us: I could not book it.\nexpect: {book.outcome: bananas}"),
        (
            "[too_late]",
            "- us: Too late. Maria calls you tomorrow, Wed Feb 24, at 11:00 am.\n"
            "expect: {book.outcome: handoff, paused: yes, did: [hand_off]}",
        ),
    ],
)
def test_each_reason_has_its_answer(pretend: str, then: str) -> None:
    head = f"{KNOWS}\npretend: {{book_rides: {pretend}}}\ntalk:\n"
    play(BOOK, f"{head}  - them: book\n  - us: Where should the car stop?\n  - them: 5 Oak St\n  {then}\n")


ROAD = """
{knows}
talk:
  - them: book
  - us: Where should the car stop?
  - them: 5 Oak St
  - us: One moment.
  {then}
"""


def road(then: str) -> None:
    play(BOOK, ROAD.format(knows=KNOWS, then=then))


def test_the_event_it_waits_for() -> None:
    road(
        '- event: {ride.booked: {ride: {pickup: Hope House}}}\n  - us: "ride.booked:"\n  - us: OK? 1 yes 2 no'
    )


def test_the_other_event_it_waits_for() -> None:
    road('- event: {ride.failed: {reason: no_cars}}\n  - us: "ride.failed:"\n  - us: OK? 1 yes 2 no')


def test_an_event_about_another_interview_is_not_it() -> None:
    road(
        "- event: {ride.booked: {interview: {id: 2}}}\n  - them: where is it\n  - us: I am on it.\n"
        '  - event: {ride.booked: {interview: {id: 1}}}\n  - us: "ride.booked:"\n  - us: OK? 1 yes 2 no'
    )


def test_too_late_hands_over_with_who_and_when() -> None:
    road(
        "- wait: 10 minutes\n  - us: No car yet. Maria texts you tomorrow, Wed Feb 24, at 11:00 am.\n"
        "  - them: hello\n  - silent: staff_talking\n"
        "expect: {paused: yes, book.outcome: handoff}"
    )


def test_an_event_ends_the_flow_it_makes_pointless() -> None:
    road("- event: interview.cancelled\n  - us: FedEx is off.\nexpect: {book.outcome: interview.cancelled}")
    road("- event: {interview.cancelled: {interview: {id: 9}}}\nexpect: {book.outcome: none}")
    road("- event: interview.moved\nexpect: {book.outcome: interview.moved}")


EARLY = """
    flow: early
    title: Early
    start_words: [GO]
    steps:
      - ask: name
        as: name
        text: Name?
      - id: wait
        wait_for: ride.booked
        up_to: 10 minutes
        if_late: Still nothing.
        save: news
      - id: end
        say: Booked.
    """


def test_an_early_event_waits_for_its_step() -> None:
    play(EARLY, "talk: [{them: go}, {us: Name?}, {event: ride.booked}, {them: ray}, {us: Booked.}]")


def test_one_from_before_the_talk_does_not_count_and_a_late_word_keeps_waiting() -> None:
    play(
        EARLY,
        """
        talk:
          - event: ride.booked
          - them: go
          - us: Name?
          - them: ray
          - us: One moment. I am on it and text you.
          - wait: 10 minutes
          - us: Still nothing.
          - wait: 1 day
          - event: ride.booked
          - us: Booked.
        """,
    )


MOVES = """
    flow: day
    title: Day
    needs: [interview]
    about: interview
    start_on: [{event: interview.tomorrow, at: now}, {event: interview.moved, at: now}]
    ends_on: [interview.moved, interview.cancelled]
    steps:
      - ask: plan
        as: choice
        text: "{interview.employer}, {interview.at | when}."
        options: {moved: it moved, cant: can't go}
      - id: move
        when: plan == "moved"
        do: move_interview
        with: {interview: interview, at: interview.at}
        save: moved
        if_fails: {finish: gone}
      - id: off
        when: plan == "cant"
        do: cancel_interview
        with: {interview: interview}
        if_fails: {finish: gone}
      - ask: why
        as: text
        text: Why?
    """


@pytest.mark.parametrize("key, event", [(1, "interview.moved"), (2, "interview.cancelled")])
def test_what_a_run_causes_does_not_end_it(key: int, event: str) -> None:
    play(
        MOVES,
        f"""
        {KNOWS}
        talk:
          - event: interview.tomorrow
          - us: {{has: [FedEx, "1 it moved 2 can't go"]}}
          - tap: {key}
          - us: Why?
          - event: {event}
          - them: sick
          - us: {{has: [MENU]}}
        expect: {{day.outcome: done}}
        """,
    )


def test_somebody_elses_change_ends_it_and_asks_anew_about_the_new_one() -> None:
    play(
        MOVES,
        f"""
        {KNOWS}
        talk:
          - event: interview.tomorrow
          - us: {{has: [FedEx]}}
          - event: {{interview.moved: {{interview: {{version: 2, at: 2027-02-25 10:00}}}}}}
          - us: "FedEx, Thu Feb 25 at 10:00 am. 1 it moved 2 can't go"
          - event: interview.tomorrow
          - us: "FedEx, Thu Feb 25 at 10:00 am. 1 it moved 2 can't go"
        """,
    )


NEWS = """
    flow: form
    title: Form
    start_words: [FORM]
    steps:
      - ask: zip
        as: zip
        text: ZIP?
      - ask: name
        as: name
        text: Name?
    ---
    flow: car
    title: Car
    start_on: [{event: ride.car, at: now, even_if_paused: yes}]
    needs: [ride]
    steps:
      - id: here
        say: "Your car: {ride.car}."
    ---
    flow: next
    title: Next
    start_on: [{event: ride.home, at: next}]
    steps:
      - ask: how
        as: choice
        text: How did it go?
        options: {good: good, bad: bad}
      - id: end
        say: Thanks.
    ---
    flow: idle
    title: Idle
    start_on: [{event: ride.waits_for_done, at: idle, when: interview.id == 1}]
    steps:
      - id: say
        say: All done?
    """


def test_now_interrupts_and_returns_once() -> None:
    play(
        NEWS,
        """
        talk:
          - them: form
          - us: ZIP?
          - event: ride.car
          - us: ["Your car: gray Toyota Camry.", ZIP?]
          - wait: 1 hour
          - event: ride.car
          - us: "Your car: gray Toyota Camry."
          - them: "02128"
          - us: Name?
        """,
    )


def test_next_waits_for_the_open_question_and_idle_for_all_of_them() -> None:
    play(
        NEWS,
        """
        talk:
          - them: form
          - us: ZIP?
          - event: ride.home
          - event: ride.waits_for_done
          - them: "02128"
          - us: Name?
          - them: ray
          - us: How did it go? 1 good 2 bad
          - tap: 1
          - us: [Thanks., All done?]
        """,
    )


def test_next_does_not_wait_for_an_answer_that_does_not_come() -> None:
    play(
        NEWS,
        """
        talk:
          - them: form
          - us: ZIP?
          - event: ride.home
          - wait: 31 minutes
          - us: How did it go? 1 good 2 bad
          - tap: 2
          - us: [Thanks., ZIP?]
          - wait: 40 minutes
          - event: ride.home
          - us: How did it go? 1 good 2 bad
        """,
    )


def test_a_flow_that_waited_too_long_is_not_started() -> None:
    play(
        NEWS,
        """
        talk:
          - staff: took_over
          - event: ride.home
          - event: ride.car
          - us: "Your car: gray Toyota Camry."
          - wait: 7 hours
          - staff: handed_back
          - event: ride.home
          - us: How did it go? 1 good 2 bad
        """,
    )


def test_what_waits_starts_when_the_caseworker_is_done() -> None:
    play(
        NEWS,
        """
        talk:
          - them: form
          - us: ZIP?
          - staff: took_over
          - them: "02128"
          - silent: staff_talking
          - event: ride.home
          - wait: 1 hour
          - staff: handed_back
          - us: ZIP?
          - them: "02128"
          - us: Name?
          - them: ray
          - us: How did it go? 1 good 2 bad
        """,
    )


def test_a_stranger_gets_no_news() -> None:
    play(NEWS, "opted_in: no\ntalk: [{event: ride.car}, {event: ride.home}]")


HAND = """
    flow: hand
    title: Hand
    start_words: [HAND]
    steps:
      - id: give
        handoff: asked for a person
        text: "{who} texts you {when | when}."
      - id: back
        say: I am back.
      - ask: more
        as: text
        text: More?
    """


def test_a_handoff_is_quiet_until_it_is_handed_back() -> None:
    play(
        HAND,
        """
        talk:
          - them: hand
          - us: Maria texts you tomorrow, Wed Feb 24, at 11:00 am.
          - them: hello
          - silent: staff_talking
          - staff: handed_back
          - us: [I am back., More?]
          - them: it works
          - us: {has: [Hi]}
        expect: {did: [hand_off], hand.outcome: done}
        """,
    )


AT = datetime(2027, 2, 23, 17, 48, tzinfo=ZoneInfo("America/New_York"))


def text(words: str, at: datetime = AT) -> TextReceived:
    return TextReceived(at=at, text=words, channel="sms", opted_in=True)


def says(effects: list[Any]) -> list[str]:
    return [each.text for each in effects if isinstance(each, Say)]


def test_stale_timers_and_results_are_ignored() -> None:
    flows = flows_of(EARLY)
    progress, _ = advance(flows, new_progress(), text("go"))
    progress, effects = advance(flows, progress, text("ray"))
    (timer,) = [each for each in effects if isinstance(each, SetTimer)]
    early = AT + timedelta(minutes=1)
    for event in (
        TimerRang(at=early, token=timer.token),
        TimerRang(at=timer.at, token="late:999"),
        ActionDone(at=early, call=999, result={}),
    ):
        progress, effects = advance(flows, progress, event)
        assert effects == []
    progress, effects = advance(flows, progress, TimerRang(at=timer.at, token=timer.token))
    assert says(effects) == ["Still nothing."]
    progress, effects = advance(flows, progress, TimerRang(at=timer.at, token=timer.token))
    assert effects == []


def test_an_action_is_asked_for_once_and_answered_by_its_call() -> None:
    flows = flows_of(BOOK)
    progress = new_progress()
    progress.facts["interview"] = {"id": 1, "version": 1, "employer": "FedEx", "at": datetime(2027, 2, 24, 8)}
    progress, _ = advance(flows, progress, text("book"))
    progress, effects = advance(flows, progress, text("5 Oak St"))
    (do,) = [each for each in effects if isinstance(each, Do)]
    stored: Progress = progress_from_json(progress_to_json(progress))
    assert stored == progress
    progress, effects = advance(flows, stored, ActionDone(at=AT, call=do.call, result={"id": 1}))
    assert says(effects) == ["One moment."]


def test_talks_of_a_flow_that_is_gone_are_dropped() -> None:
    progress, _ = advance(flows_of(EARLY), new_progress(), text("go"))
    progress, effects = advance(flows_of(NEWS), progress, text("form"))
    assert says(effects) == ["ZIP?"]
    assert [root.flow for root in progress.stack] == ["form"]


LOUD = """
    flow: morning
    title: Morning
    start_on: [{event: interview.today, at: now, even_if_paused: yes}]
    needs: [interview]
    steps:
      - ask: ready
        as: choice
        text: Car at 7.
        options: {coming: coming, help: need help}
      - id: end
        say: See you.
    ---
    flow: quiet
    title: Quiet
    start_words: [GO]
    steps:
      - id: wait
        wait_for: ride.home
        up_to: 1 day
        if_late: Late.
      - ask: how
        as: text
        text: How was it?
      - id: end
        say: OK.
    """


@pytest.mark.parametrize("reply", ["them: '1'", "tap: 1"])
def test_a_loud_question_is_asked_and_answered_although_a_caseworker_talks(reply: str) -> None:
    play(
        LOUD,
        f"""
        {KNOWS}
        talk:
          - staff: took_over
          - event: interview.today
          - us: Car at 7. 1 coming 2 need help
          - them: thanks
          - silent: staff_talking
          - {reply}
          - us: See you.
          - tap: 1
          - silent: staff_talking
        """,
    )


def test_a_quiet_question_waits_for_the_caseworker() -> None:
    play(
        LOUD,
        """
        talk:
          - them: go
          - us: One moment. I am on it and text you.
          - staff: took_over
          - event: ride.home
          - wait: 2 hours
          - staff: handed_back
          - us: How was it?
          - them: good
          - us: OK.
        """,
    )
