"""Silence: nudges, parking, and taking a talk up again."""

from tests.flows.stage import play

QUIET = """
    flow: form
    title: Form
    start_words: [FORM]
    no_reply: [{after: 1 day, say: "Go on? {question}"}, {after: 3 days, say: "I stop asking."}]
    steps:
      - ask: zip
        as: zip
        text: ZIP?
      - ask: door
        as: choice
        text: Door?
        options: {front: front, back: back}
        no_reply: [{after: 30 minutes, then: skip}]
      - ask: plan
        as: choice
        text: Coming?
        options: {come: coming}
        no_reply:
          - {after: 45 minutes, say: "{question}"}
          - {after: 90 minutes, say: "{who} calls you {when | when}.", then: handoff}
      - id: end
        say: "Done {zip} {door}."
    ---
    flow: other
    title: Other
    start_words: [OTHER]
    steps:
      - ask: free
        as: text
        text: Tell me.
        no_reply: [{after: 1 hour, then: finish}]
    ---
    flow: again
    title: Again
    start_words: [TWICE]
    steps:
      - ask: first
        as: zip
        text: First?
      - ask: second
        as: zip
        text: Second?
        no_reply: [{after: 1 hour, ask_again: first}]
    """


def test_silence_nudges_then_parks_and_a_text_takes_it_up() -> None:
    play(
        QUIET,
        """
        talk:
          - them: form
          - us: ZIP?
          - wait: 1 day
          - us: Go on? ZIP?
          - wait: 2 days
          - us: I stop asking.
          - wait: 10 days
          - them: "02128"
          - us: Door? 1 front 2 back
        """,
    )


def test_a_parked_talk_is_asked_again_where_the_text_is_no_answer() -> None:
    play(
        QUIET,
        """
        talk:
          - them: form
          - us: ZIP?
          - wait: 4 days
          - us: [Go on? ZIP?, I stop asking.]
          - them: hello
          - us: ZIP?
          - wait: 1 hour
          - wait: 4 days
          - us: [Go on? ZIP?, I stop asking.]
          - them: im back i guess
          - us: ZIP?
          - them: other
          - us: Tell me.
          - them: it is fine
          - us: ZIP?
        """,
    )


def test_silence_may_skip_hand_over_finish_or_ask_again() -> None:
    play(
        QUIET,
        """
        talk:
          - them: form
          - us: ZIP?
          - them: "02128"
          - us: Door? 1 front 2 back
          - wait: 30 minutes
          - us: Coming? 1 coming
          - wait: 45 minutes
          - us: Coming? 1 coming
          - wait: 45 minutes
          - us: Maria calls you tomorrow, Wed Feb 24, at 11:00 am.
          - wait: 3 days
        expect: {paused: yes, form.outcome: handoff}
        """,
    )
    play(QUIET, "talk: [{them: other}, {us: Tell me.}, {wait: 1 hour}]\nexpect: {other.outcome: no_reply}")
    play(
        QUIET,
        "talk: [{them: twice}, {us: First?}, {them: '02128'}, {us: Second?}, {wait: 1 hour}, {us: First?}]",
    )


def test_silence_is_not_counted_while_a_caseworker_talks() -> None:
    play(
        QUIET,
        """
        talk:
          - them: form
          - us: ZIP?
          - staff: took_over
          - wait: 2 days
          - staff: handed_back
          - us: ZIP?
        """,
    )
