"""The order of things for a text: the carrier, danger, a caseworker, words for anywhere, the door."""

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from flows.effects import CallHuman, Do, Effect, OptIn, OptOut, Say, SetLanguage, Silent
from flows.engine import advance
from flows.events import OptedIn, OptedOut, OptionTapped, SpotShared, TextReceived
from flows.progress import Progress, new_progress
from tests.flows.stage import flows_of, play

AT = datetime(2027, 2, 23, 17, 48, tzinfo=ZoneInfo("America/New_York"))
FLOWS = """
    flow: welcome
    title: Welcome
    knows: [card]
    steps:
      - ask: ok
        as: yes_no
        exact: yes
        text: {en: OK if we text you?}
      - id: consent
        do: give_consent
        with: {wording: {text: one}}
      - id: hi
        say: "Thanks. {card}"
    ---
    flow: home
    title: Home
    steps:
      - ask: wants
        as: choice
        text: What do you need?
        options: {ride: {label: a ride}, person: {label: a person}}
      - id: end
        say: OK.
    ---
    flow: ask_caseworker
    title: A person
    steps:
      - id: tell
        do: tell_caseworker
        with: {kind: {text: asked}}
        save: told
      - ask: message
        as: text
        text: "{told.who} texts you. What is it?"
      - id: thanks
        say: "Thanks. {told.who} sees it."
    ---
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
      - id: end
        say: Done.
    ---
    flow: go_home
    title: Home
    start_words: [DONE]
    steps:
      - id: home
        say: Car home.
    ---
    flow: ride_where
    title: Where
    steps:
      - id: where
        say: It is near.
    ---
    flow: needy
    title: Needy
    start_words: [NEEDY]
    needs: [interview]
    steps:
      - id: never
        say: Never.
    """.replace("{en: OK if we text you?}", "OK if we text you?")
SPANISH = """
    form.zip.text: {en: "ZIP?", es: "Codigo postal?"}
    welcome.ok.text: {en: OK if we text you?, es: Le podemos escribir?}
    """


def turn(
    progress: Progress,
    words: str,
    *,
    opted_in: bool = True,
    carrier_answers: bool = False,
    seen: int | None = None,
) -> list[Effect]:
    event = TextReceived(
        at=AT, text=words, channel="sms", opted_in=opted_in, carrier_answers=carrier_answers, seen=seen
    )
    return advance(flows_of(FLOWS, SPANISH), progress, event)[1]


def said(effects: list[Effect]) -> list[str]:
    return [each.text for each in effects if isinstance(each, Say)]


def open_form() -> Progress:
    progress = new_progress()
    assert said(turn(progress, "form")) == ["ZIP?"]
    return progress


# --- the carrier ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", ["STOP", "stop", "Unsubscribe", "cancel", "stop texting me"])
def test_stop_stops_and_only_start_is_heard(words: str) -> None:
    progress = open_form()
    effects = turn(progress, words)
    assert [type(each) for each in effects] == [OptOut, Say]
    assert effects[1] == Say("You are out. No more texts from us.", "consent", step="stop")
    assert turn(progress, "02128", opted_in=False) == [Silent("opted_out")]
    assert turn(progress, "stop", opted_in=False) == [Silent("opted_out")]
    assert turn(progress, "help", opted_in=False) == [Silent("opted_out")]
    tap = OptionTapped(at=AT, channel="telegram", opted_in=False, prompt=1, n=1)
    spot = SpotShared(at=AT, channel="telegram", opted_in=False, lat=1.0, lon=1.0)
    for event in (tap, spot):
        assert advance(flows_of(FLOWS, SPANISH), progress, event)[1] == [Silent("opted_out")]
    effects = turn(progress, "start", opted_in=False)
    assert isinstance(effects[0], OptIn)
    assert said(effects) == ["You are back in. Text MENU any time.", "ZIP?"]
    assert said(turn(progress, "02128")) == ["Name?"]


def test_where_the_carrier_answers_we_do_not() -> None:
    progress = open_form()
    assert turn(progress, "stop", carrier_answers=True) == [OptOut("stop"), Silent("carrier_answers")]
    assert said(turn(progress, "start", carrier_answers=True)) == ["ZIP?"]
    assert said(turn(progress, "help", carrier_answers=True)) == ["ZIP?"]
    empty = new_progress()
    assert turn(empty, "help", carrier_answers=True) == [Silent("carrier_answers")]
    turn(empty, "stop")
    assert turn(empty, "start", carrier_answers=True) == [OptIn("start"), Silent("carrier_answers")]


def test_start_is_no_yes_of_a_stranger() -> None:
    progress = new_progress()
    assert OptOut("stop") in turn(progress, "stop", opted_in=False)
    effects = turn(progress, "start", opted_in=False)
    assert not [each for each in effects if isinstance(each, OptIn)]
    assert effects != []


@pytest.mark.parametrize("words", ["too many texts", "Enough!", "demasiados mensajes", "ya no quiero nada"])
def test_words_that_may_mean_stop_pause_and_call_a_human(words: str) -> None:
    progress = open_form()
    effects = turn(progress, words)
    assert CallHuman("may want us to stop", words) in effects
    assert progress.paused == "staff"
    assert turn(progress, "02128") == [Silent("staff_talking")]


def test_the_provider_may_say_it_too() -> None:
    progress = open_form()
    flows = flows_of(FLOWS, SPANISH)
    assert advance(flows, progress, OptedIn(at=AT))[1] == []
    advance(flows, progress, OptedOut(at=AT))
    assert turn(progress, "02128") == [Silent("opted_out")]
    assert advance(flows, progress, OptedIn(at=AT))[1] == []
    assert said(turn(progress, "02128")) == ["Name?"]


def test_stop_with_a_ride_ahead_calls_a_human() -> None:
    progress = new_progress()
    progress.facts["interview"] = {"id": 1, "version": 1, "pickup_at": datetime(2027, 2, 23, 19, 0)}
    assert CallHuman("stopped with a ride ahead", "") in turn(progress, "stop")


def test_help_says_who_we_are_and_asks_again() -> None:
    progress = open_form()
    progress.facts["phone"] = "555-0100"
    effects = turn(progress, "HELP")
    assert said(effects)[0].startswith("Onward: free rides to job interviews. For a person text PERSON.")
    assert said(effects)[1] == "ZIP?"


# --- danger -------------------------------------------------------------------------------------------------


def test_danger_is_answered_at_once_and_pauses_the_talk() -> None:
    progress = open_form()
    effects = turn(progress, "i want to kill myself")
    (crisis,) = [each for each in effects if isinstance(each, Say)]
    assert crisis.kind == "crisis"
    assert "988" in crisis.text
    assert [each.kind for each in effects if isinstance(each, CallHuman)] == ["crisis"]
    assert turn(progress, "02128") == [Silent("staff_talking")]
    assert "988" in said(turn(progress, "i want to kill myself"))[0]


def test_danger_after_stop_still_calls_a_human() -> None:
    progress = open_form()
    turn(progress, "stop")
    effects = turn(progress, "i want to kill myself", opted_in=False)
    assert [type(each) for each in effects] == [CallHuman, Silent]


@pytest.mark.parametrize(
    "reply, first, called",
    [
        ("no", "Thanks for telling me", 0),
        ("2", "Thanks for telling me", 0),
        ("yes", "I am a computer", 1),
        ("not sure", "I am a computer", 1),
        ("02128", "Name?", 0),
    ],
)
def test_what_may_be_danger_is_asked(reply: str, first: str, called: int) -> None:
    progress = open_form()
    effects = turn(progress, "i dont want to be here anymore")
    assert [each.kind for each in effects if isinstance(each, CallHuman)] == ["check in"]
    assert said(effects) == ["That sounds heavy. Are you thinking of hurting yourself or someone?"]
    effects = turn(progress, reply)
    assert said(effects)[0].startswith(first)
    assert sum(isinstance(each, CallHuman) for each in effects) == called


def test_the_check_may_be_tapped() -> None:
    progress = open_form()
    (check,) = [each for each in turn(progress, "i dont want to be here anymore") if isinstance(each, Say)]
    assert check.prompt is not None
    tap = OptionTapped(at=AT, channel="telegram", opted_in=True, prompt=check.prompt, n=2)
    effects = advance(flows_of(FLOWS, SPANISH), progress, tap)[1]
    assert said(effects)[0].startswith("Thanks for telling me")
    assert said(effects)[1] == "ZIP?"


# --- strangers ----------------------------------------------------------------------------------------------


def test_a_stranger_meets_welcome_and_nothing_else() -> None:
    play(
        flows_of(FLOWS, SPANISH),
        """
        opted_in: no
        card: RIDE7
        talk:
          - them: Liked "hello"
          - us: OK if we text you? 1 yes 2 no
          - them: menu
          - us: Please reply 1 or 2. 1 yes 2 no
          - them: form
          - silent: fragment
          - wait: 25 seconds
          - silent: asked_already
          - them: person
          - us: Thanks. A person will read this and text you back.
          - them: form
          - silent: fragment
          - us: Please reply 1 or 2. 1 yes 2 no
          - them: who is this
          - us: {has: [Onward]}
          - them: español
          - us: "Bien, en español desde ahora."
          - us: Le podemos escribir? 1 si 2 no
          - them: si
          - us: Thanks.
        expect: {humans: [asked for a person], did: [give_consent]}
        """,
    )


def test_everything_said_to_a_stranger_is_of_the_kind_consent() -> None:
    progress = new_progress()
    for words in ("hi", "what", "person", "español", "help", "stop"):
        for each in turn(progress, words, opted_in=False):
            assert not isinstance(each, Say) or each.kind == "consent"


def test_a_card_is_known_to_welcome() -> None:
    play(
        flows_of(FLOWS, SPANISH),
        """
        opted_in: no
        card: RIDE7
        talk:
          - them: ride7
          - us: OK if we text you? 1 yes 2 no
          - them: "yes"
          - us: Thanks. RIDE7
        """,
    )


# --- words that work anywhere -------------------------------------------------------------------------------


def test_person_keeps_the_place() -> None:
    play(
        flows_of(FLOWS, SPANISH),
        """
        talk:
          - them: form
          - us: ZIP?
          - them: can someone call me
          - us: Maria texts you. What is it?
          - them: my pants are torn
          - us: [Thanks. Maria sees it., ZIP?]
          - them: "02128"
          - us: Name?
        """,
    )


def test_menu_again_language_and_about_me() -> None:
    play(
        flows_of(FLOWS, SPANISH),
        """
        talk:
          - them: again
          - us: What do you need? 1 a ride 2 a person
          - them: menu
          - us: What do you need? 1 a ride 2 a person
          - them: back
          - us: [This is the first question., "What do you need? 1 a ride 2 a person"]
          - tap: 1
          - us: OK.
          - them: back
          - us: This is the first question.
          - them: form
          - us: ZIP?
          - them: repeat
          - us: ZIP?
          - them: about me
          - us: {has: [text PERSON]}
          - us: ZIP?
          - them: en español
          - us: ["Bien, en español desde ahora.", "Codigo postal?"]
          - them: language
          - us: ["OK, English from here.", ZIP?]
          - them: form
          - us: ZIP?
        """,
    )
    assert SetLanguage("es") in turn(new_progress(), "espanol")


def test_without_those_flows_the_engine_has_its_own_words() -> None:
    play(
        "flow: bare\ntitle: Bare\nsteps:\n  - id: hi\n    say: Hi.\n",
        """
        talk:
          - them: menu
          - us: Hi. Text MENU to see what I can do.
          - them: person
          - us: Thanks. A person will read this and text you back.
          - pin: [1.0, 2.0]
          - us: Hi. Text MENU to see what I can do.
        expect: {humans: [asked for a person]}
        """,
    )
    play(
        "flow: bare\ntitle: Bare\nsteps:\n  - id: hi\n    say: Hi.\n",
        "opted_in: no\ntalk: [{them: hi}, {us: Thanks. A person will read this and text you back.}]",
    )


# --- start words and live rides -----------------------------------------------------------------------------


def test_a_start_word_interrupts_what_it_does_not_answer_and_is_not_started_without_its_needs() -> None:
    play(
        flows_of(FLOWS, SPANISH),
        """
        talk:
          - them: form
          - us: ZIP?
          - them: done
          - us: [Car home., ZIP?]
          - them: needy
          - silent: fragment
          - us: {has: [ZIP]}
        """,
    )


@pytest.mark.parametrize("words, answer", [("finnished", "Car home."), ("wheres my ride", "It is near.")])
def test_words_of_a_live_ride_come_before_the_open_question(words: str, answer: str) -> None:
    near = "knows: {interview: {pickup_at: 2027-02-23 18:10}}"
    play(
        flows_of(FLOWS, SPANISH),
        f"{near}\ntalk: [{{them: form}}, {{us: 'ZIP?'}}, {{them: {words}}}, {{us: [{answer}, 'ZIP?']}}]",
    )


def test_without_a_live_ride_they_mean_nothing_special() -> None:
    play(
        flows_of(FLOWS, SPANISH),
        """
        knows: {interview: {pickup_at: 2027-02-28 18:10}}
        talk: [{them: finnished}, {us: {has: [What do you need]}}]
        """,
    )


# --- prompts, taps, texts that crossed ours -----------------------------------------------------------------


def test_an_answer_never_counts_for_a_question_not_yet_sent() -> None:
    progress = open_form()
    assert turn(progress, "02128", seen=0) == [Silent("fragment")]
    assert said(turn(progress, "02128", seen=1)) == ["Name?"]
    assert turn(progress, "02128", seen=1) == [Silent("fragment")]
    assert said(turn(progress, "ray", seen=2)) == ["Done."]


def test_who_asks_for_something_else_is_heard_before_the_question_left() -> None:
    progress = open_form()
    assert [type(each) for each in turn(progress, "person", seen=0)] == [Do]
    assert said(turn(open_form(), "done", seen=0)) == ["Car home.", "ZIP?"]
    assert OptOut in map(type, turn(open_form(), "wrong number", seen=0))


@pytest.mark.parametrize("words", ["form", "back", "again", "skip", "hm what"])
def test_what_is_about_the_question_waits_until_it_has_left(words: str) -> None:
    progress = open_form()
    assert turn(progress, words, seen=0) == [Silent("fragment")]
    assert said(turn(progress, "02128", seen=1)) == ["Name?"]


TWO_TALKS = """
    flow: set
    title: Set
    start_words: [SET]
    steps:
      - ask: is_set
        as: yes_no
        text: Interview set?
    ---
    flow: form
    title: Form
    start_words: [FORM]
    steps:
      - ask: kids
        as: yes_no
        text: Kids along?
      - ask: bags
        as: yes_no
        text: Bags?
    """


def test_a_second_answer_to_a_closed_question_is_none_to_an_older_one_below() -> None:
    flows, progress = flows_of(TWO_TALKS), new_progress()

    def hear(words: str, seen: int) -> list[Effect]:
        event = TextReceived(at=AT, text=words, channel="sms", opted_in=True, seen=seen)
        return advance(flows, progress, event)[1]

    assert said(hear("set", 0)) == ["Interview set?"]
    assert said(hear("form", 1)) == ["Kids along?"]
    assert said(hear("yes", 2)) == ["Bags?"]
    assert hear("no, none", 2) == [Silent("fragment")]
    assert said(hear("yes", 3)) == ["Interview set?"]
    assert progress.stack[0].answers == {}


def test_an_answer_to_the_question_below_counts_while_the_one_above_has_not_left() -> None:
    flows, progress = flows_of(TWO_TALKS), new_progress()
    for words, seen in (("set", 0), ("form", 1), ("yes", 1)):
        event = TextReceived(at=AT, text=words, channel="sms", opted_in=True, seen=seen)
        advance(flows, progress, event)
    assert [root.flow for root in progress.stack] == ["form"]


def test_a_tap_on_an_older_question_is_met_kindly() -> None:
    play(
        flows_of(FLOWS, SPANISH),
        """
        channel: telegram
        talk:
          - them: menu
          - us: What do you need? 1 a ride 2 a person
          - them: form
          - us: ZIP?
          - tap: 7
          - us: ["That one is done. Now:", ZIP?]
        """,
    )
    flows = flows_of(FLOWS, SPANISH)
    tap = OptionTapped(at=AT, channel="telegram", opted_in=True, prompt=9, n=1)
    assert said(advance(flows, new_progress(), tap)[1]) == ["What do you need?"]
    paused = replace(new_progress(), paused="staff")
    assert advance(flows, paused, tap)[1] == [Silent("staff_talking")]


def test_an_older_asking_of_the_open_question_still_counts() -> None:
    play(
        flows_of(FLOWS, SPANISH),
        """
        channel: telegram
        talk:
          - them: menu
          - us: What do you need? 1 a ride 2 a person
          - them: again
          - us: What do you need? 1 a ride 2 a person
          - tap: {n: 1, back: 1}
          - us: OK.
        """,
    )


def test_a_shared_spot_while_a_caseworker_talks() -> None:
    spot = SpotShared(at=AT, channel="telegram", opted_in=True, lat=1.0, lon=1.0)
    paused = replace(new_progress(), paused="staff")
    assert advance(flows_of(FLOWS, SPANISH), paused, spot)[1] == [Silent("staff_talking")]


WAITS = """
    flow: book
    title: Book
    start_words: [BOOK]
    ends_on: [interview.cancelled]
    steps:
      - id: wait
        wait_for: ride.booked
        up_to: 10 minutes
        if_late: Still nothing.
      - id: end
        say: Booked.
    """


def test_what_comes_while_they_are_out_is_told_when_they_are_back() -> None:
    play(
        WAITS,
        """
        talk:
          - them: book
          - us: One moment. I am on it and text you.
          - them: stop
          - us: You are out. No more texts from us.
          - event: ride.booked
          - wait: 1 hour
          - them: start
          - us: [You are back in. Text MENU any time., Booked.]
        """,
    )
    play(
        WAITS,
        """
        talk:
          - them: book
          - us: One moment. I am on it and text you.
          - them: stop
          - us: You are out. No more texts from us.
          - event: ride.booked
          - event: interview.cancelled
          - them: start
          - us: You are back in. Text MENU any time.
        expect: {book.outcome: interview.cancelled}
        """,
    )


def test_after_a_crisis_the_talk_goes_on_when_the_person_does() -> None:
    play(
        flows_of(FLOWS, SPANISH),
        """
        talk:
          - them: form
          - us: ZIP?
          - them: i want to kill myself
          - us: {has: ["988"]}
          - staff: took_over
          - staff: handed_back
          - us: {has: [glad you are here]}
          - wait: 1 day
          - them: hello
          - us: ZIP?
        """,
    )
