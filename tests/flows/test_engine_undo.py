"""BACK before an action that can be undone: the person is asked first."""

import pytest

from tests.flows.stage import play

UNDO = """
    flow: ride
    title: Ride
    start_words: [GO]
    needs: [interview]
    steps:
      - ask: door
        as: choice
        text: Which door?
        options: {front: front, back: back}
      - id: book
        do: book_rides
        with: {interview: interview, pickup: interview.place, door: door, rider: {text: Ray}}
        save: booking
        undo: cancel_rides
        undo_question: "That cancels your ride to {interview.employer}. Sure?"
        if_fails: {finish: failed}
      - id: told
        say: Booked.
      - ask: note
        as: choice
        text: Anything else?
        options: {nothing: nothing, more: more}
      - id: end
        say: Bye.
    """
HEAD = """
    knows: {interview: {at: 2027-02-24 08:00}}
    talk:
      - them: go
      - us: Which door? 1 front 2 back
      - tap: 1
      - us: [Booked., "Anything else? 1 nothing 2 more"]
      - them: back
      - us: That cancels your ride to FedEx Ground. Sure? 1 yes 2 no
    """


@pytest.mark.parametrize("reply", ["tap: 1", "them: 'yes'"])
def test_yes_undoes_it_and_asks_the_question_before(reply: str) -> None:
    play(
        UNDO,
        f"""{HEAD}  - {reply}
      - us: Which door? 1 front 2 back
      - tap: 2
      - us: [Booked., "Anything else? 1 nothing 2 more"]
    expect: {{did: [book_rides, cancel_rides]}}
    """,
    )


@pytest.mark.parametrize("reply", ["tap: 2", "them: 'no'"])
def test_no_leaves_it_and_asks_what_was_open(reply: str) -> None:
    play(
        UNDO,
        f"""{HEAD}  - {reply}
      - us: Anything else? 1 nothing 2 more
      - tap: 1
      - us: Bye.
    expect: {{did: [book_rides], ride.outcome: done}}
    """,
    )


def test_another_text_is_what_it_is() -> None:
    play(
        UNDO,
        f"""{HEAD}  - them: nothing
      - us: Bye.
    expect: {{ride.outcome: done}}
    """,
    )


def test_what_cannot_be_undone_stays() -> None:
    play(
        UNDO,
        f"""
    pretend: {{cancel_rides: gone}}
    {HEAD.strip()}
      - them: "yes"
      - us: [That step is done and stays. Text PERSON to change it., "Anything else? 1 nothing 2 more"]
    """,
    )


def test_without_a_question_of_its_own_the_engine_asks() -> None:
    flows = UNDO.replace(
        '        undo_question: "That cancels your ride to {interview.employer}. Sure?"\n', ""
    )
    play(flows, HEAD.replace("That cancels your ride to FedEx Ground. Sure?", "That takes it back. Sure?"))
