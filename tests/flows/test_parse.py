"""Reading YAML: every verb and shape of the language, and every fault with its line in plain words."""

from datetime import timedelta
from pathlib import Path

import pytest

from flows.assemble import Loaded
from flows.conditions import Expression
from flows.model import After, Ask, Do, Finish, Flow, Handoff, Menu, Remember, Review, Run, Say, WaitFor
from flows.nodes import LARGEST, read_nodes
from flows.texts import Text
from tests.flows.folder import loaded

WHOLE = """
    flow: visit
    title: A visit
    start_words: [VISIT, GO]
    needs: [interview]
    knows: [zip]
    gives: [at]
    keeps: [zip]
    tries: 2
    about: interview
    no_reply:
      - {after: 45 minutes, say: "Still there? {question}"}
      - after: 1 day
        say: We go on when you like.
    start_on:
      - {event: interview.tomorrow, at: now, even_if_paused: yes, when: known(interview)}
    ends_on: [interview.moved, {event: interview.cancelled, say: It is off.}]
    steps:
      - id: hello
        say:
          all: Hello there.
          sms: Hello.
          discreet: Hi.
        note: only once
        was: hi
      - ask: zip
        as: zip
        text: What ZIP code?
        if_unclear: Five numbers, like 02118.
        tries: 3
        if_stuck: {say: "OK, we skip that.", then: skip}
      - ask: at
        as: datetime
        text: What day and time?
        read_back: no
        check:
          - {is: at > now, else: That is past.}
        no_reply: [{after: 2 hours, then: finish}]
      - ask: plan
        as: choice
        text: Still on?
        exact: yes
        confirm_by_ok: no
        options:
          go: {label: coming, words: [yes, "on my way"], say: Good., when: known(zip)}
          moved: it moved
          cant: {all: can't go, discreet: can not}
        alone: [go]
        anything_else: why
      - when: plan == "moved"
        steps:
          - when: known(zip)
            steps:
              - remember: label
                is: {text: "At {at | time}"}
          - remember: same
            when: at > now
            is: first_of(at, interview.at)
      - id: moving
        do: move_interview
        with: {interview: interview, at: at}
        save: moved
        if_fails:
          gone: It is off.
          past: {say: That is past., ask_again: at}
          else: {say: "{who} helps you {when | when}.", then: handoff}
      - id: car
        wait_for: [ride.booked, ride.failed]
        about: interview
        up_to: 10 minutes
        if_late: {say: Still looking., then: continue}
        meanwhile: I look for a car.
        save: news
      - run: place
        with: {what: {text: "Where to?"}, use: '"stop"'}
      - menu: wants
        text: What next?
        text_again: Anything else?
        options:
          more: {label: more, run: place, with: {what: {text: "And now?"}}}
          done: done
        again_while: wants != "done"
      - review: [zip, at]
        id: all_right
        question: Right?
      - handoff: stuck
        id: to_a_person
        when: plan == "cant"
        text: "{who} texts you {when | when}."
      - finish: over
        id: the_end
        text: Bye.
    ---
    flow: place
    title: A place
    needs: [what]
    knows: [use]
    steps:
      - ask: spot
        as: text
        text: "{what}"
"""


@pytest.fixture
def whole(tmp_path: Path) -> Flow:
    found = loaded(tmp_path, visit=WHOLE)
    assert found.problems == []
    assert found.flows is not None
    return found.flows.flows["visit"]


def test_a_header(whole: Flow) -> None:
    assert (whole.id, whole.title.fill({}), whole.tries, whole.about) == ("visit", "A visit", 2, "interview")
    assert (whole.needs, whole.knows, whole.gives, whole.keeps) == (
        ("interview",),
        ("zip",),
        ("at",),
        ("zip",),
    )
    assert whole.start_words == {"en": ("VISIT", "GO")}
    first, last = whole.no_reply
    assert (first.after, first.then, last.then) == (timedelta(minutes=45), "stay", "park")
    (on,) = whole.start_on
    assert (on.event, on.at, on.even_if_paused, on.when and on.when.source) == (
        "interview.tomorrow",
        "now",
        True,
        "known(interview)",
    )
    assert [(each.event, each.say and each.say.fill({})) for each in whole.ends_on] == [
        ("interview.moved", None),
        ("interview.cancelled", "It is off."),
    ]


def test_steps_stand_in_order_with_their_lines(whole: Flow) -> None:
    assert [step.id for step in whole.steps] == [
        "hello", "zip", "at", "plan", "label", "same", "moving", "car", "place", "wants", "all_right",
        "to_a_person", "the_end",
    ]  # fmt: skip
    assert whole.index["hi"] == whole.index["hello"] == 0
    assert whole.steps[0].where.file == "visit.yaml"
    assert whole.steps[0].where.line == 18


def test_say(whole: Flow) -> None:
    hello = whole.steps[0]
    assert isinstance(hello, Say)
    assert (hello.note, hello.was) == ("only once", "hi")
    assert (hello.text.fill({}, channel="telegram"), hello.text.fill({})) == ("Hello there.", "Hello.")
    assert hello.text.fill({}, discreet=True) == "Hi."
    assert hello.text.key == "visit.hello.text"


def test_ask(whole: Flow) -> None:
    zip_, at, plan = whole.steps[1:4]
    assert isinstance(zip_, Ask)
    assert isinstance(at, Ask)
    assert isinstance(plan, Ask)
    assert (zip_.as_, zip_.tries, zip_.if_stuck and zip_.if_stuck.then) == ("zip", 3, "skip")
    assert zip_.if_unclear is not None
    assert zip_.if_unclear.fill({}) == "Five numbers, like 02118."
    assert (at.read_back, zip_.read_back) == (False, True)
    assert (at.check[0].is_.source, at.check[0].else_.key) == ("at > now", "visit.at.check.1")
    assert at.no_reply is not None
    assert at.no_reply[0].then == "finish"
    assert (plan.exact, plan.confirm_by_ok, plan.alone, plan.anything_else) == (
        True,
        False,
        frozenset({"go"}),
        "why",
    )
    go, moved, cant = plan.options
    assert (go.key, go.words, go.say and go.say.key) == (
        "go",
        {"en": ("yes", "on my way")},
        "visit.plan.options.go.say",
    )
    assert (moved.label.fill({}), cant.label.fill({}, discreet=True)) == ("it moved", "can not")


def test_blocks_join_their_conditions(whole: Flow) -> None:
    label, same = whole.steps[4:6]
    assert isinstance(label, Remember)
    assert isinstance(same, Remember)
    assert label.when is not None
    assert label.when.source == '(plan == "moved") and (known(zip))'
    assert same.when is not None
    assert same.when.source == '(plan == "moved") and (at > now)'
    assert isinstance(label.is_, Text)
    assert isinstance(same.is_, Expression)


def test_do_wait_run(whole: Flow) -> None:
    moving, car, place = whole.steps[6:9]
    assert isinstance(moving, Do)
    assert isinstance(car, WaitFor)
    assert isinstance(place, Run)
    assert (moving.action, moving.save, set(moving.if_fails)) == (
        "move_interview",
        "moved",
        {"gone", "past", "else"},
    )
    assert moving.if_fails["gone"].then == "stay"
    assert moving.if_fails["past"].ask_again == "at"
    assert moving.if_fails["else"].then == "handoff"
    assert (car.events, car.up_to, car.about, car.save) == (
        ("ride.booked", "ride.failed"),
        timedelta(minutes=10),
        "interview",
        "news",
    )
    assert car.if_late.then == "continue"
    assert isinstance(place.with_["what"], Text)
    assert isinstance(place.with_["use"], Expression)
    assert place.with_["use"].value({}) == "stop"


def test_menu_review_handoff_finish(whole: Flow) -> None:
    wants, review, handoff, finish = whole.steps[9:]
    assert isinstance(wants, Menu)
    assert isinstance(review, Review)
    assert isinstance(handoff, Handoff)
    assert isinstance(finish, Finish)
    assert [option.run for option in wants.options] == ["place", None]
    assert wants.again_while is not None
    assert review.names == ("zip", "at")
    assert (handoff.kind, finish.outcome) == ("stuck", "over")


STEP = """
    flow: small
    title: Small
    start_words: [SMALL]
    steps:
"""


def _after(tmp_path: Path, written: str) -> After:
    step = f"""
      - id: it
        do: set_ok_to_go
        with: {{interview: interview, ok: '"have"'}}
        if_fails: {written}
"""
    found = loaded(tmp_path, small=STEP + step)
    assert found.problems == []
    assert found.flows is not None
    do = found.flows.flows["small"].steps[0]
    assert isinstance(do, Do)
    return do.if_fails["else"]


@pytest.mark.parametrize(
    "written,then,said,finish",
    [
        ("Too bad.", "stay", "Too bad.", None),
        ("{say: Too bad., then: skip}", "skip", "Too bad.", None),
        ("{finish: gone}", "finish", None, "gone"),
        ("{say: Bye., finish: gone}", "finish", "Bye.", "gone"),
        ("{then: park}", "park", None, None),
        ("{else: {then: park}}", "park", None, None),
    ],
)
def test_a_flat_after_is_the_else(
    tmp_path: Path, written: str, then: str, said: str | None, finish: str | None
) -> None:
    after = _after(tmp_path, written)
    assert (after.then, after.say and after.say.fill({}), after.finish) == (then, said, finish)


def test_scalars_are_what_was_written(tmp_path: Path) -> None:
    options = """
      - ask: plan
        as: choice
        text: 02118
        options: {no: 1:30, yes: 0x10, null_: ~, t: 2027-01-01}
"""
    found = loaded(tmp_path, small=STEP + options)
    assert found.flows is not None
    ask = found.flows.flows["small"].steps[0]
    assert isinstance(ask, Ask)
    assert ask.text.fill({}) == "02118"
    assert [(option.key, option.label.fill({})) for option in ask.options] == [
        ("no", "1:30"), ("yes", "0x10"), ("null_", "~"), ("t", "2027-01-01"),
    ]  # fmt: skip


def test_a_missing_id_is_made_from_verb_and_place(tmp_path: Path) -> None:
    found = loaded(tmp_path, small=STEP + "      - say: One.\n      - say: Two.\n")
    assert found.flows is not None
    assert [step.id for step in found.flows.flows["small"].steps] == ["say_1", "say_2"]
    assert [(note.line, note.rule) for note in found.notes] == [(5, "missing-id"), (6, "missing-id")]


A = "      - ask: a\n        as: text\n        text: x\n        "
B = A.rstrip(" ")
C = A.replace("text\n        text", "choice\n        text")

# Each: the steps or the file, the line of the fault, and what it says.
FAULTS = [
    ("      - say: One.\n        do: set_pin", 5, "one verb; here are say and do"),
    ("      - sya: One.", 5, 'No step begins with "sya". Fix: did you mean say?'),
    ("      - just words", 5, "A step begins with its verb"),
    ("      - say: One.\n        sms: x", 6, '`say` has no key "sms"'),
    ("      - say:", 5, "is empty"),
    ("      - say: {all: x, es: y}", 5, "is not a text"),
    ("      - say: [a, b]", 5, "is not a text"),
    ("      - say: {sms: x}", 5, "nothing to say on every phone"),
    ("      - say: {discreet: x, telegram: y}", 5, "nothing to say on every phone"),
    ("      - id: x\n        say: Hi {first name}", 6, "is not a name"),
    ("      - id: x\n        say: Hi {at | loud}", 6, "unknown format"),
    ("      - ask: zip\n        text: ZIP?", 5, "needs `as`"),
    ("      - ask: zip\n        as: zipcode\n        text: ZIP?", 6, '"zipcode" is not known here. Fix: did'),
    ("      - ask: zip\n        as: zip", 5, "needs `text`"),
    ("      - ask: Zip\n        as: zip\n        text: x", 5, 'cannot be a name'),
    ("      - ask: class\n        as: text\n        text: x", 5, "cannot be a name"),
    ("      - ask: zip\n        id: code\n        as: zip\n        text: x", 6, "is the id"),
    (B + B, 8, "already the step"),
    ("      - say: One.\n        when: plan ==", 6, "cannot be read as a condition"),
    ("      - say: One.\n        when: years + 1", 6, "arithmetic is not allowed"),
    ("      - say: One.\n        when: [a, b]", 6, "Here belongs one text"),
    ("      - steps:\n          - say: One.", 5, "A block needs `when`"),
    ("      - when: yes\n        steps: one", 6, "Steps are a list"),
    ("      - wait_for: ride.booked", 5, "needs `up_to`"),
    ("      - wait_for: ride.booked\n        up_to: soon\n        if_late: x", 6, "not a length of time"),
    ("      - wait_for: ride.booked\n        up_to: 1 hour", 5, "needs `if_late`"),
    ("      - wait_for: ride.boked\n        up_to: 1 hour\n        if_late: x", 5, "mean ride.booked"),
    ("      - do: book_ride", 5, "did you mean book_rides"),
    ("      - do: set_pin", 5, "set_pin needs `pin`"),
    ("      - do: set_pin\n        with: {pin: yes, pim: yes}", 5, "takes no `pim`"),
    ("      - do: set_pin\n        with: yes", 6, "must be names and values"),
    ("      - do: set_pin\n        with: {pin: [a]}", 6, "A value is"),
    ("      - do: set_pin\n        with: {pin: yes}\n        if_fails: {gone: x}", 5, 'never fails with'),
    ("      - do: set_ok_to_go\n        with: {interview: yes, ok: yes}", 5, "can fail with gone"),
    ("      - run: nowhere", 5, 'no flow "nowhere"'),
    ("      - review: [zip]\n        question: Right?", 5, '"zip" is reviewed but nothing asks it'),
    ("      - review: [zip]", 5, "needs `question`"),
    ("      - review: zip\n        question: x", 5, '"zip" is reviewed'),
    (B + "        check: x", 8, "must be a list of keys and values"),
    ("      - menu: m\n        text: x\n        from: l\n        run: nowhere", 5, 'no flow "nowhere"'),
    ("      - menu: m\n        text: x\n        say: y", 5, "here are menu and say"),
    ("      - say: 'a\\' b'", 5, ""),
    ("      - say: \"\\z\"", 5, "cannot be read"),
    ("      - remember: x", 5, "`remember` needs `is`"),
    (A + "if_stuck: {ask_again: b}", 5, "names no question"),
    (A + "if_stuck: {then: jump}", 8, '"jump" is not known'),
    (A + "if_stuck: {then: skip, finish: gone}", 8, "contradict"),
    (A + "if_stuck: {then: skip, ask_again: a}", 8, "cannot also"),
    (A + "no_reply: [{say: x}]", 8, "needs `after`"),
    (A + "no_reply: [{after: 2 hours}, {after: 1 hour}]", 8, "longer"),
    (A + "tries: many", 8, "not a number from 1 to 99"),
    (A + "exact: maybe", 8, "neither yes nor no"),
    (A + "check: [{is: known(a)}]", 8, "needs `is` and `else`"),
    (C + "options: [b, c]", 8, "Options are keys with texts"),
    (C + "options: {b: {words: [c]}}", 8, "needs `label`"),
    (C + "options: {b: {label: x, words: {c: d}}}", 8, "a list of words"),
    (C + "options: {Big One: x}", 8, "cannot be a key"),
    # what YAML would change or lose
    ("      - id: x\n        say: One.\n        id: y", 7, '"id" is here twice (first in line 5)'),
    ("      - say: &a One.", 5, "Anchors"),
    ("      - say: *a", 5, "Anchors"),
    ("      - say: !!str One.", 5, "Tags"),
    ("      - {say: One, two and three.}", 5, '"two and three." was cut off'),
    ("      - say: {first_name}", 5, "without quotes is not a text"),
    ("      - say: {first_name}, hello", 5, "begins with { is read as a list of keys"),
    ("      - say: What's {first_name}'s \"size?", 5, "without its other half"),
    ("      - say: Bay #4, by the door", 5, "From #4, on this is a comment"),
    ('      - say: "One.\n      - say: Two.\n      - say: "Three."', 5, "A quote opens in this line"),
    ("      - say: 'What's new?'", 5, "stands between ' and has a ' in it"),
    ("      - say: One.\n      -say: Two.", 6, "A space is missing behind the dash"),
    ("      - say: x\n        when: zip = b", 6, "two equal signs"),
    ("      - say: Note: this", 5, 'A text with ": " in it'),
    ("      - say: One.\n\t- say: Two.", 6, "tab"),
    ("      - say: 'One.", 5, "A quote opens in this line"),
    ("      - say: a\x07b", 5, "cannot be in a text"),
    ("      - {[a, b]: c}", 5, "A key must be one word"),
    ("      - say: [[[[[[[[[[[[[[a]]]]]]]]]]]]]]", 5, "nested too deeply"),
]  # fmt: skip


@pytest.mark.parametrize("steps,line,words", FAULTS)
def test_a_fault_is_told_with_its_line(tmp_path: Path, steps: str, line: int, words: str) -> None:
    found = loaded(tmp_path, small=STEP + steps + "\n")
    assert found.flows is None
    told = [str(each) for each in found.problems]
    assert any(each.startswith(f"small.yaml:{line}:") and words in each for each in told), told


HEADERS = [
    ("title: x\nsteps: [{say: x}]\n", 1, "begins with its name"),
    ("- flow: x\n", 1, "begins with its name"),
    ("flow: Small Talk\nsteps: [{say: x}]\n", 1, "cannot be the name of a flow"),
    ("flow: small\n", 1, "has no steps"),
    ("flow: small\nstart_word: [x]\nsteps: [{say: x}]\n", 2, "did you mean start_words"),
    ("flow: small\nneeds: [Zip]\nsteps: [{say: x}]\n", 2, "cannot be a name"),
    ("flow: small\nstart_on: interview.tomorow\nsteps: [{say: x}]\n", 1, "did you mean interview.tomorrow"),
    ("flow: small\nstart_on: {at: now}\nsteps: [{say: x}]\n", 2, "Which event?"),
    ("flow: small\nstart_on: {event: ride.car, at: once}\nsteps: [{say: x}]\n", 2, '"once" is not known'),
    ("flow: small\nends_on: {event: ride.cra}\nsteps: [{say: x}]\n", 1, "did you mean ride.car"),
    ("flow: small\nstart_words: {a: b}\nsteps: [{say: x}]\n", 2, "a list of words"),
    (
        "flow: small\nsteps: [{say: x}]\n---\nflow: small\nsteps: [{say: x}]\n",
        4,
        "is already in small.yaml:1",
    ),
]


@pytest.mark.parametrize("source,line,words", HEADERS)
def test_a_fault_in_a_header(tmp_path: Path, source: str, line: int, words: str) -> None:
    found = loaded(tmp_path, small=source)
    assert found.flows is None
    told = [str(each) for each in found.problems]
    assert any(each.startswith(f"small.yaml:{line}:") and words in each for each in told), told


def test_every_fault_is_found_in_one_go(tmp_path: Path) -> None:
    found = loaded(
        tmp_path, small=STEP + "      - sya: x\n      - say:\n      - run: nowhere\n", other="flow: other\n"
    )
    assert [(each.file, each.line) for each in found.problems] == [
        ("other.yaml", 1), ("small.yaml", 5), ("small.yaml", 6), ("small.yaml", 7),
    ]  # fmt: skip


def test_an_oversize_file_is_refused() -> None:
    documents, problems = read_nodes("big.yaml", "a: " + "x" * LARGEST)
    assert documents == []
    assert "larger than 200 kB" in str(problems[0])


def test_nothing_in_a_file_is_no_fault(tmp_path: Path) -> None:
    found = loaded(tmp_path, empty="# nothing yet\n", small=STEP + "      - say: x\n")
    assert found.problems == []


PLAN = """
    - event: interview.tomorrow
      when: day before at 16:00
      unless: interview.confirmed
      useful_until: interview
    - event: interview.today
      when: 60 minutes before pickup
      kind: ride_day
      useful_until: 10 minutes before pickup
    - {event: interview.ended, when: 30 minutes after home, kind: follow_up}
    - {event: interview.ended_again, when: day after home at 10:00}
    - {event: interview.today, when: same day at 9:30}
    - {event: interview.today, when: 2 days before at 8:00}
    - {event: interview.today, when: leave}
"""


def _plan(tmp_path: Path, source: str) -> Loaded:
    return loaded(tmp_path, small=STEP + "      - say: x\n", plans__interview=source)


def test_a_plan(tmp_path: Path) -> None:
    found = _plan(tmp_path, PLAN)
    assert found.flows is not None
    rows = found.flows.plans["interview"]
    assert [(row.anchor, row.days, row.clock, row.shift, row.kind) for row in rows] == [
        ("at", -1, "16:00", timedelta(0), "reminder"),
        ("pickup", 0, None, timedelta(minutes=-60), "ride_day"),
        ("home", 0, None, timedelta(minutes=30), "follow_up"),
        ("home", 1, "10:00", timedelta(0), "reminder"),
        ("at", 0, "09:30", timedelta(0), "reminder"),
        ("at", -2, "08:00", timedelta(0), "reminder"),
        ("leave", 0, None, timedelta(0), "reminder"),
    ]
    assert rows[0].unless is not None
    assert rows[0].unless.source == "interview.confirmed"
    assert rows[1].useful_until == "10 minutes before pickup"


@pytest.mark.parametrize(
    "source,words",
    [
        ("event: x\n", "A plan is a list of rows"),
        ("- when: home\n", "needs `event`"),
        ("- event: interview.today\n", "needs `when`"),
        ("- {event: interview.toda, when: home}\n", "did you mean interview.today"),
        ("- {event: interview.today, when: at dawn}\n", "not a time a plan can count"),
        ("- {event: interview.today, when: day before at 25:00}\n", "not a time a plan can count"),
        ("- {event: interview.today, when: 5 minuts before home}\n", "not a time a plan can count"),
        ("- {event: interview.today, when: home, useful_until: never}\n", "not a time a plan can count"),
        ("- {event: interview.today, when: home, kind: nag}\n", '"nag" is not known'),
        ("- {event: interview.today, when: home, unless: a +}\n", "cannot be read"),
    ],
)
def test_a_fault_in_a_plan(tmp_path: Path, source: str, words: str) -> None:
    found = _plan(tmp_path, source)
    assert found.flows is None
    assert any(each.file == "plans/interview.yaml" and words in str(each) for each in found.problems)
