"""Lists from an action or an event, paged; menus that come back; rounds."""

from tests.flows.stage import play

FOUND = """
[{id: 1, label: FedEx Ground, address: x, line: "FedEx Ground, 4100 Airport Rd", doors: []},
 {id: 2, label: FedEx Office, address: x, line: "FedEx Office, 12 Elm St", doors: []}]
"""
PICK = """
    flow: pick
    title: Pick
    start_words: [GO]
    steps:
      - ask: words
        as: address
        text: Where?
      - id: look
        do: look_up_place
        with: {text: words}
        save: lookup
        if_fails: {say: No map., then: finish}
      - id: answer
        wait_for: place.found
        about: lookup
        up_to: 20 seconds
        if_late: {say: "The map sleeps.", ask_again: words}
        save: map
      - ask: spot
        as: choice
        from: map.found
        each: "{spot.line}"
        text: "Is it:"
        if_empty: {say: "I can't find that.", ask_again: words}
        options: {other: not these}
      - id: end
        say: "{spot.label}{spot}"
    """


def test_numbers_mean_the_items_that_were_shown() -> None:
    play(
        PICK,
        f"""
        talk:
          - them: go
          - us: Where?
          - them: fed ex at the airport
          - silent: fragment
          - event: {{place.found: {{found: {" ".join(FOUND.split())}}}}}
          - us: "Is it: 1 FedEx Ground, 4100 Airport Rd 2 FedEx Office, 12 Elm St 3 not these"
          - them: "2"
          - us: FedEx OfficeFedEx Office
        """,
    )


def test_an_empty_list_a_late_map_and_another_option() -> None:
    play(
        PICK,
        f"""
        talk:
          - them: go
          - us: Where?
          - them: fed ex at the airport
          - event: {{place.found: {{found: []}}}}
          - us: [I can't find that., Where?]
          - them: the fed ex place
          - wait: 20 seconds
          - us: [The map sleeps., Where?]
          - them: the fed ex
          - event: {{place.found: {{lookup: {{id: 1}}, found: []}}}}
          - event: {{place.found: {{found: {" ".join(FOUND.split())}}}}}
          - us: {{has: [3 not these]}}
          - them: not these
          - us: other
        """,
    )


DOORS = "[" + ", ".join(f"{{key: d{n}, label: door {n}}}" for n in range(1, 8)) + "]"
PAGES = """
    flow: pages
    title: Pages
    start_words: [GO]
    needs: [place]
    steps:
      - menu: door
        from: place.doors
        each: "{door.label}"
        show: 3
        more: "MORE: next {n}"
        text: Doors.
        text_again: Another door?
        options: {done: DONE}
        run: one
        with: {door: door}
        anything_else: word
      - id: end
        say: "Bye {word}."
    ---
    flow: one
    title: One
    needs: [door]
    steps:
      - ask: ok
        as: yes_no
        text: "{door.label}?"
    """


def test_a_long_list_goes_on_over_pages_and_numbers_go_on() -> None:
    play(
        PAGES,
        f"""
        knows: {{place: {{id: 1, doors: {DOORS}}}}}
        talk:
          - them: go
          - us: "Doors. 1 door 1 2 door 2 3 door 3 MORE: next 3 DONE"
          - them: more
          - us: "Doors. 4 door 4 5 door 5 6 door 6 MORE: next 1 DONE"
          - them: "5"
          - us: door 5? 1 yes 2 no
          - them: back
          - us: "Doors. 1 door 1 2 door 2 3 door 3 MORE: next 3 DONE"
          - them: "1"
          - us: door 1? 1 yes 2 no
          - them: "yes"
          - us: "Another door? 1 door 1 2 door 2 3 door 3 MORE: next 3 DONE"
          - them: kitchen
          - us: "Another door? 1 door 1 2 door 2 3 door 3 MORE: next 3 DONE"
          - them: finished
          - silent: fragment
          - us: {{has: [DONE]}}
          - tap: 91
          - us: Bye kitchen.
        """.replace(
            "          - them: finished\n          - silent: fragment\n          - us: {has: [DONE]}\n", ""
        ).replace("- tap: 91", "- them: done"),
    )


ROUNDS = """
    flow: intake
    title: Intake
    start_words: [GO]
    steps:
      - run: past_job
        list: past_jobs
        again_while: past_job.more
      - id: end
        say: "{past_jobs | list} {past_job.outcome}"
      - menu: what
        as: choice
        text: What?
        text_again: What else?
        again_while: count(past_jobs) > 1
        options: {job: {label: a job, run: past_job}, done: {label: nothing, say: OK then.}}
      - id: bye
        say: Bye.
    ---
    flow: past_job
    title: A past job
    gives: [label, more]
    steps:
      - ask: wants
        as: yes_no
        text: Add a job?
      - finish: none
        id: no_more
        when: not wants
      - ask: label
        as: text
        text: What was it?
      - remember: more
        is: wants
    """.replace("        as: choice\n        text: What?", "        text: What?")


def test_rounds_collect_what_was_done_and_a_menu_comes_back() -> None:
    play(
        ROUNDS,
        """
        talk:
          - them: go
          - us: Add a job? 1 yes 2 no
          - them: "yes"
          - us: What was it?
          - them: cook at a diner
          - us: Add a job? 1 yes 2 no
          - them: "yes"
          - us: What was it?
          - them: back
          - us: Add a job? 1 yes 2 no
          - them: "yes"
          - us: What was it?
          - them: driver
          - us: Add a job? 1 yes 2 no
          - them: "no"
          - us: ["cook at a diner and driver none", "What? 1 a job 2 nothing"]
          - them: a job
          - us: Add a job? 1 yes 2 no
          - them: "no"
          - us: What else? 1 a job 2 nothing
          - them: nothing
          - us: [OK then., Bye.]
        """,
    )


def test_back_enters_the_round_before() -> None:
    play(
        ROUNDS,
        """
        talk:
          - them: go
          - us: Add a job? 1 yes 2 no
          - them: "yes"
          - us: What was it?
          - them: cook at a diner
          - us: Add a job? 1 yes 2 no
          - them: back
          - us: What was it?
          - them: baker
          - us: Add a job? 1 yes 2 no
          - them: "no"
          - us: [baker none, "What? 1 a job 2 nothing"]
        """,
    )


SEARCH = """
    flow: search
    title: Search
    start_words: [GO]
    needs: [place]
    steps:
      - id: look
        do: look_up_place
        with: {text: kind}
        save: looked
        if_fails: {then: continue}
      - remember: shown
        is: kind
      - ask: door
        as: choice
        from: place.doors
        each: "{door.label}"
        text: "Doors {kind}."
        anything_else: kind
      - id: end
        say: "{door.label} {shown}"
    """


def test_another_word_searches_again() -> None:
    play(
        SEARCH,
        """
        knows: {place: {id: 1, doors: [{id: 5, label: front}, {id: 6, label: back}]}}
        talk:
          - them: go
          - us: Doors. 1 front 2 back
          - them: kitchen
          - us: Doors kitchen. 1 front 2 back
          - tap: 2
          - us: back kitchen
        expect: {did: [look_up_place]}
        """,
    )
