"""From a text to an answer: sure, read back, asked again, held, tried too often."""

import pytest

from tests.flows.stage import play

ASKS = """
    flow: trip
    title: A trip
    start_words: [GO]
    tries: 2
    steps:
      - ask: wants
        as: yes_no
        text: Need a ride?
      - ask: at
        when: wants
        as: datetime
        text: What day and time?
        check: [{is: at > now, else: "That time is past. What day and time?"}]
      - ask: door
        as: choice
        text: Which door?
        options: {front: "front, on 5th", back: {label: back, words: [rear]}}
        if_unclear: Please reply 1 or 2.
      - ask: work
        as: choices
        text: What work?
        options: {kitchen: Kitchen, cleaning: Cleaning, any: Anything}
        alone: [any]
      - id: end
        say: "{wants}. {at | when} {door} {work | list}."
    """


def test_a_road_of_sure_answers() -> None:
    play(
        ASKS,
        """
        talk:
          - them: go
          - us: Need a ride? 1 yes 2 no
          - them: "1"
          - us: What day and time?
          - them: tomorrow at 8 am
          - us: Tomorrow, Wed Feb 24, at 8:00 am? 1 yes 2 no
          - them: "yes"
          - us: Which door? 1 front, on 5th 2 back
          - tap: 2
          - us: What work? 1 Kitchen 2 Cleaning 3 Anything
          - them: 1 and 2
          - us: yes. Tomorrow, Wed Feb 24, at 8:00 am back kitchen and cleaning.
        expect: {trip.outcome: done}
        """,
    )


def test_what_else_a_text_says_is_read_back_when_its_question_comes() -> None:
    play(
        ASKS,
        """
        talk:
          - them: go
          - us: Need a ride? 1 yes 2 no
          - them: yes tomorrow at 8am
          - us: Tomorrow, Wed Feb 24, at 8:00 am? 1 yes 2 no
        """,
    )


@pytest.mark.parametrize("first", ["tomoro", "its tomorrow"])
def test_two_texts_make_one_day_and_time(first: str) -> None:
    play(
        ASKS,
        f"""
        talk:
          - them: go
          - us: Need a ride? 1 yes 2 no
          - them: "y {first}"
          - silent: fragment
          - wait: 20 seconds
          - them: at 8 am
          - us: Tomorrow, Wed Feb 24, at 8:00 am? 1 yes 2 no
          - wait: 10 minutes
        """,
    )


def test_the_missing_half_is_asked_for_after_25_seconds() -> None:
    play(
        ASKS,
        """
        talk:
          - them: go
          - us: Need a ride? 1 yes 2 no
          - them: yes tomorrow
          - wait: 24 seconds
          - wait: 1 second
          - us: Wed Feb 24. What time?
          - them: 8 am
          - us: Tomorrow, Wed Feb 24, at 8:00 am? 1 yes 2 no
        """,
    )


def test_a_read_back_takes_no_or_another_answer() -> None:
    play(
        ASKS,
        """
        talk:
          - them: go
          - us: Need a ride? 1 yes 2 no
          - them: "yes"
          - us: What day and time?
          - them: tomorrow 8 am
          - us: Tomorrow, Wed Feb 24, at 8:00 am? 1 yes 2 no
          - them: "no"
          - us: What day and time?
          - them: tomorrow 8 am
          - us: Tomorrow, Wed Feb 24, at 8:00 am? 1 yes 2 no
          - them: no thursday 9 am
          - us: Thu Feb 25 at 9:00 am? 1 yes 2 no
          - them: bananas
          - silent: fragment
          - us: {has: ["1 yes 2 no"]}
          - them: "1"
          - us: Which door? 1 front, on 5th 2 back
        """,
    )


def test_a_check_complains_before_the_read_back() -> None:
    play(
        ASKS,
        """
        now: 2027-02-23 17:48
        talk:
          - them: go
          - us: Need a ride? 1 yes 2 no
          - them: "yes"
          - us: What day and time?
          - them: today at 8 am
          - us: {has: [past]}
        """,
    )


def test_unclear_waits_then_counts_then_offers_a_person() -> None:
    play(
        ASKS,
        """
        talk:
          - them: go
          - us: Need a ride? 1 yes 2 no
          - them: "no"
          - us: Which door? 1 front, on 5th 2 back
          - them: hmm the big one
          - silent: fragment
          - wait: 25 seconds
          - us: Please reply 1 or 2. 1 front, on 5th 2 back
          - them: the green one
          - wait: 25 seconds
          - us: "I don't get it yet. Text PERSON and a caseworker reads this. 1 front, on 5th 2 back"
          - them: the rear
          - us: What work? 1 Kitchen 2 Cleaning 3 Anything
        expect: {humans: [stuck in trip]}
        """,
    )


@pytest.mark.parametrize(
    "text", ["thanks", "👍🏽😀", 'Liked "Which door?"', "thank you so much", "good night"]
)
def test_texts_that_answer_nothing_are_no_try(text: str) -> None:
    play(
        ASKS,
        f"""
        talk:
          - them: go
          - us: Need a ride? 1 yes 2 no
          - them: {text!r}
          - silent: thanks
          - them: {text!r}
          - them: {text!r}
          - them: "no"
          - us: Which door? 1 front, on 5th 2 back
        """,
    )


def test_a_bare_ok_confirms_nothing_and_a_greeting_asks_again() -> None:
    play(
        ASKS,
        """
        talk:
          - them: go
          - us: Need a ride? 1 yes 2 no
          - them: ok
          - us: Need a ride? 1 yes 2 no
          - them: hello
          - us: Need a ride? 1 yes 2 no
          - them: no thanks
          - us: Which door? 1 front, on 5th 2 back
          - them: omw
          - silent: on_my_way
        """,
    )


REMINDER = """
    flow: tomorrow
    title: Tomorrow
    start_words: [GO]
    steps:
      - ask: plan
        as: choice
        confirm_by_ok: yes
        text: Tomorrow at 8.
        options: {coming: {label: coming, words: [on my way]}, moved: {label: it moved, say: "OK, moved."}}
      - id: end
        say: Good.
    """


@pytest.mark.parametrize("text", ["ok", "k", "👍", "1", "coming", "on my way"])
def test_ok_confirms_where_the_author_says_so(text: str) -> None:
    play(
        REMINDER,
        f"""
        talk:
          - them: go
          - us: Tomorrow at 8. 1 coming 2 it moved
          - them: {text!r}
          - us: Good.
        """,
    )


def test_an_option_may_say_something() -> None:
    play(
        REMINDER,
        """
        talk:
          - them: go
          - us: Tomorrow at 8. 1 coming 2 it moved
          - tap: 2
          - us: OK, moved.
          - us: Good.
        """,
    )


STUCK = """
    flow: stuck
    title: Stuck
    start_words: [GO]
    steps:
      - ask: zip
        as: zip
        tries: 1
        text: What ZIP?
        if_stuck: {say: "Never mind.", then: skip}
      - ask: years
        as: number
        tries: 1
        text: How many years?
        if_stuck: {say: "I ask again.", ask_again: years}
      - id: end
        say: Done {zip}.
    """


def test_if_stuck_goes_on_without_the_answer() -> None:
    play(
        STUCK,
        """
        talk:
          - them: go
          - us: What ZIP?
          - them: dont know it
          - us: Never mind.
          - us: How many years?
          - them: a lot
          - us: I ask again.
          - us: How many years?
          - them: "3"
          - us: Done.
        """,
    )


PLACES = """
    flow: places
    title: Places
    start_words: [GO]
    steps:
      - ask: where
        as: address
        text: Where should the car stop?
      - ask: name
        as: name
        text: First name?
      - ask: pin
        as: pin
        text: Pick 4 numbers.
      - ask: phone
        as: phone
        text: A phone?
      - ask: note
        as: text
        text: Anything else?
      - ask: day
        as: date
        text: What day?
      - ask: hour
        as: time
        text: What time?
      - id: end
        say: "{name} {pin} {note} {day | date} {hour | time}"
    """


def test_every_kind_of_question() -> None:
    play(
        PLACES,
        """
        talk:
          - them: go
          - us: Where should the car stop?
          - pin: [42.36, -71.06]
          - us: First name?
          - pin: [42.36, -71.06]
          - us: First name?
          - them: ray
          - us: Pick 4 numbers.
          - them: "1998"
          - us: A phone?
          - them: 617 555 0188
          - us: Anything else?
          - photo: 1
          - us: What day?
          - them: mar 3
          - us: {has: [Mar 3, 1 yes 2 no]}
          - them: "1"
          - us: What time?
          - them: 10 am
          - us: {has: ["10:00 am", 1 yes 2 no]}
          - them: "1"
          - us: Ray 1998 (photo) Wed Mar 3 10:00 am
        """,
    )


TWO_LANGUAGES = """
    flow: hello
    title: Hello
    start_words: [GO]
    steps:
      - ask: wants
        as: yes_no
        text: {sms: "Need a ride?", telegram: "Need a free ride?", discreet: "Need one?"}
      - ask: spot
        as: choice
        text: "Where? {options}."
        options: {here: here, there: there}
      - id: end
        say: OK.
    """


def test_channels_and_shared_phones_have_their_own_words() -> None:
    play(
        TWO_LANGUAGES,
        """
        talk:
          - them: go
          - us: {sms: "Need a ride? 1 yes 2 no", telegram: "Need a free ride? 1 yes 2 no"}
          - tap: 1
          - us: {sms: "Where? 1 here 2 there.", telegram: "Where?. 1 here 2 there"}
        """,
    )
    play(
        TWO_LANGUAGES,
        """
        knows: {discreet: yes}
        talk:
          - them: go
          - us: Need one? 1 yes 2 no
        """,
    )


@pytest.mark.parametrize(
    "taps, then",
    [
        ("- tap: 1", "Which door? 1 front, on 5th 2 back"),
        ("- tap: 2", "What day and time?"),
        ("- tap: 7", "That one is done. Now:"),
    ],
)
def test_a_read_back_may_be_tapped(taps: str, then: str) -> None:
    more = "\n          - us: Tomorrow, Wed Feb 24, at 8:00 am? 1 yes 2 no" if "7" in taps else ""
    play(
        ASKS,
        f"""
        channel: telegram
        talk:
          - them: go
          - us: Need a ride? 1 yes 2 no
          - tap: 1
          - us: What day and time?
          - them: tomorrow 8 am
          - us: Tomorrow, Wed Feb 24, at 8:00 am? 1 yes 2 no
          {taps}
          - us: "{then}"{more}
        """,
    )


def test_an_alone_option_and_a_tap_among_many() -> None:
    play(
        ASKS,
        """
        channel: telegram
        talk:
          - them: go
          - us: Need a ride? 1 yes 2 no
          - tap: 2
          - us: Which door? 1 front, on 5th 2 back
          - tap: 1
          - us: What work? 1 Kitchen 2 Cleaning 3 Anything
          - them: 1 3
          - us: Anything cannot go with others. Which is it? 1 Kitchen 2 Cleaning 3 Anything
          - tap: 3
          - us: no. front any.
        """,
    )


# --- a time without its day: today is proposed where the rest of the thought did not come ----------------

BARE_TIME = """
    flow: trip
    title: A trip
    start_words: [GO]
    steps:
      - {ask: at, as: datetime, text: What day and time?}
      - {id: end, say: "{at | when}."}
    """


def test_a_time_alone_is_asked_as_today_and_one_word_confirms() -> None:
    play(
        BARE_TIME,
        """
        talk:
          - them: go
          - us: What day and time?
          - them: 8 PM.
          - silent: fragment
          - wait: 25 seconds
          - us: Is that today, Tue Feb 23, at 8:00 pm? 1 yes 2 no, another day
          - them: "yes"
          - us: Today at 8:00 pm.
        """,
    )


@pytest.mark.parametrize("no", ["them: '2'", "them: no another day", "tap: 2"])
def test_no_to_the_day_keeps_the_time(no: str) -> None:
    play(
        BARE_TIME,
        f"""
        talk:
          - them: go
          - us: What day and time?
          - them: 8 pm
          - wait: 25 seconds
          - us: {{has: [Is that today, 2 no]}}
          - {no}
          - us: 8:00 pm. What day?
          - them: friday
          - us: Fri Feb 26 at 8:00 pm? 1 yes 2 no
        """,
    )


def test_the_day_instead_of_yes_or_no_is_taken_with_the_time() -> None:
    play(
        BARE_TIME,
        """
        talk:
          - them: go
          - us: What day and time?
          - them: 8 pm
          - wait: 25 seconds
          - us: {has: [Is that today]}
          - them: no the 4th
          - us: Thu Mar 4 at 8:00 pm? 1 yes 2 no
          - them: 9 am
          - us: Thu Mar 4 at 9:00 am? 1 yes 2 no
          - them: bananas
          - silent: fragment
          - wait: 25 seconds
          - us: {has: [Please reply 1 or 2]}
        """,
    )


def test_the_day_that_follows_at_once_makes_no_proposal() -> None:
    play(
        BARE_TIME,
        """
        talk:
          - them: go
          - us: What day and time?
          - them: 8 pm
          - silent: fragment
          - wait: 10 seconds
          - them: thursday
          - us: Thu Feb 25 at 8:00 pm? 1 yes 2 no
          - wait: 10 minutes
        """,
    )


def test_an_authors_check_speaks_before_the_proposal() -> None:
    play(
        BARE_TIME.replace(
            "text: What day", 'check: [{is: at > tomorrow, else: "Not so soon. When?"}], text: What day'
        ),
        """
        talk:
          - them: go
          - us: What day and time?
          - them: 8 pm
          - wait: 25 seconds
          - us: Not so soon. When?
        """,
    )
