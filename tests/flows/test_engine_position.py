"""Where a person stands is derived: conditions, masks, sub-flows, what is known, BACK and reviews."""

from tests.flows.stage import play

FORM = """
    flow: form
    title: A form
    start_words: [FORM]
    knows: [first_name]
    keeps: [first_name, work, license]
    gives: [work]
    steps:
      - id: hello
        say: Hello.
      - ask: first_name
        as: name
        text: First name?
      - ask: work
        as: choice
        text: What work?
        options: {kitchen: Kitchen, driving: Driving}
      - ask: license
        when: work == "driving"
        as: yes_no
        text: License valid?
      - id: reads
        do: look_up_place
        with: {text: work}
        save: looked
        if_fails: {say: No map., then: continue}
      - review: [first_name, work, license]
        id: right
        text: Here is what I have.
        question: Right?
      - id: save
        do: set_pin
        with: {pin: work}
      - ask: after
        as: text
        text: Anything else?
      - id: end
        say: "Saved {first_name}, {work}, {license}."
    """


def test_back_goes_to_the_last_question_and_says_again_what_stood_between() -> None:
    play(
        FORM,
        """
        talk:
          - them: form
          - us: [Hello., First name?]
          - them: back
          - us: [This is the first question., First name?]
          - them: ray
          - us: What work? 1 Kitchen 2 Driving
          - them: back
          - us: First name?
          - them: dee
          - us: What work? 1 Kitchen 2 Driving
        """,
    )


def test_a_review_changes_one_answer_and_masks_what_no_longer_applies() -> None:
    play(
        FORM,
        """
        talk:
          - them: form
          - us: [Hello., First name?]
          - them: ray
          - us: What work? 1 Kitchen 2 Driving
          - them: driving
          - us: License valid? 1 yes 2 no
          - them: "yes"
          - us: [Here is what I have., "Right? 1 Ray 2 Driving 3 yes 4 all right"]
          - them: "no"
          - us: Which number should change? 1 Ray 2 Driving 3 yes 4 all right
          - them: "2"
          - us: What work? 1 Kitchen 2 Driving
          - them: kitchen
          - us: [Here is what I have., "Right? 1 Ray 2 Kitchen 3 all right"]
          - them: "yes"
          - us: Anything else?
          - them: back
          - us: [That step is done and stays. Text PERSON to change it., Anything else?]
          - them: nothing
          - us: Saved Ray, kitchen.
        expect: {facts: {first_name: Ray, work: kitchen, license: none}, form.outcome: done}
        """,
    )


def test_back_passes_actions_that_only_read() -> None:
    play(
        FORM,
        """
        talk:
          - them: form
          - us: [Hello., First name?]
          - them: ray
          - us: What work? 1 Kitchen 2 Driving
          - tap: 1
          - us: [Here is what I have., "Right? 1 Ray 2 Kitchen 3 all right"]
          - them: back
          - us: What work? 1 Kitchen 2 Driving
        """,
    )


def test_what_is_known_is_not_asked() -> None:
    play(
        FORM,
        """
        knows: {first_name: Lupita}
        talk:
          - them: form
          - us: [Hello., "What work? 1 Kitchen 2 Driving"]
          - tap: 1
          - us: [Here is what I have., "Right? 1 Lupita 2 Kitchen 3 all right"]
          - tap: 1
          - us: First name?
        """,
    )


NESTED = """
    flow: outer
    title: Outer
    start_words: [GO]
    steps:
      - ask: name
        as: name
        text: Name?
      - run: rider
        with: {asks: {text: "{name}, adult?"}}
      - id: told
        say: "{rider.adult} {rider.outcome}"
      - run: rider
        id: again
        when: rider.outcome == "child"
        with: {asks: {text: "Sure?"}}
      - ask: last
        as: text
        text: Last?
    ---
    flow: rider
    title: Rider
    needs: [asks]
    knows: [name]
    gives: [adult, both]
    steps:
      - ask: adult
        as: yes_no
        text: "{asks}"
      - remember: both
        is: {text: "{name} {adult}"}
      - finish: child
        id: child
        when: not adult
        text: "Too young, {both}."
    """


def test_a_sub_flow_takes_gives_and_ends_with_a_word() -> None:
    play(
        NESTED,
        """
        talk:
          - them: go
          - us: Name?
          - them: ray
          - us: Ray, adult? 1 yes 2 no
          - them: "no"
          - us: ["Too young, Ray no.", no child, "Sure? 1 yes 2 no"]
          - them: "yes"
          - us: Last?
        expect: {rider.outcome: done}
        """,
    )


def test_back_enters_finished_sub_flows_and_leaves_empty_ones() -> None:
    play(
        NESTED,
        """
        talk:
          - them: go
          - us: Name?
          - them: ray
          - us: Ray, adult? 1 yes 2 no
          - them: "yes"
          - us: [yes done, Last?]
          - them: back
          - us: Ray, adult? 1 yes 2 no
          - them: atras
          - us: Name?
          - them: dee
          - us: Dee, adult? 1 yes 2 no
        """,
    )


# --- a form is read from the top --------------------------------------------------------------------------

FROM_THE_TOP = """
    flow: intake
    title: Intake
    start_words: [GO]
    knows: [home_by]
    keeps: [home_by]
    steps:
      - ask: set_hours
        when: not known(home_by)
        as: yes_no
        text: Home by a set time?
      - ask: home_by
        when: set_hours
        as: time
        text: What time?
      - review: [set_hours, home_by]
        text: "I have:"
        question: Right?
      - id: end
        say: "Home by {home_by}."
"""


def test_a_condition_does_not_see_the_answers_below_it() -> None:
    """The answer to home_by does not unask the question that led to it, nor mask itself."""
    play(
        FROM_THE_TOP,
        """
        talk:
          - them: go
          - us: Home by a set time? 1 yes 2 no
          - them: "1"
          - us: What time?
          - them: 8 pm
          - us: 8:00 pm? 1 yes 2 no
          - them: "1"
          - us: ["I have:", "Right? 1 yes 2 8:00 pm 3 all right"]
          - them: "1"
          - us: Home by a set time? 1 yes 2 no
          - them: "2"
          - us: ["I have:", "Right? 1 no 2 all right"]
          - them: "yes"
          - us: Home by.
        """,
    )


def test_what_was_known_before_is_seen_from_everywhere() -> None:
    play(
        FROM_THE_TOP,
        """
        knows: {home_by: "20:00"}
        talk:
          - them: go
          - us: ["I have:", "Right? 1 20:00 2 all right"]
        """,
    )
