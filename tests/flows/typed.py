"""What people might type, drawn from a seed: words of days and times in any order, with slips and noise.

    python -m tests.flows.typed --texts 100000 --seed 1

The rule: no text may raise in any reader. The run prints the processor's milliseconds a text and ends with
status 1 where anything was raised; a text is drawn from the seed alone, so that it can be drawn again.
"""

import argparse
import sys
import traceback
from collections.abc import Iterator, Sequence
from datetime import datetime
from random import Random
from time import thread_time

from flows.answers import Asked, Choice, crisis, not_an_answer, read
from flows.answers.when_words import _WORDS
from tests.flows import words

KINDS = "text name yes_no choice choices zip number date time datetime phone address pin photo".split()
OPTIONS = (Choice("a", "Coming"), Choice("b", "It moved", ("changed",)), Choice("none", "none of these"))
NOWS = (datetime(2027, 2, 23, 9, 51), datetime(2028, 2, 29, 23, 59), datetime(2027, 12, 31, 0, 0))
DRAFTS = (None, {"date": NOWS[0].date()}, {"time": NOWS[0].time(), "sure": False})
RULES = crisis.make_rules(words.load("crisis"))
VOCABULARY = [word for word in _WORDS if word.isalpha()] + (
    """
    1 2 3 4 5 10 12 15 30 45 99 230 1030 2027 3/4 14/3 3-4 2027-03-14 12:30 8.30 3.4.2027 1st 22nd 3rd first
    twenty thirty uno dos tres once una media half y to a.m. p.m. a p @ . , ! ? ... - – 👍 🎉 1️⃣ ½ ² é ñ \u0301
    ( ) $5 50% st street ave elm po box 02128 617 555 0188 christmas navidad thanksgiving eve week before not
    wait actually i mean can't no yes si maybe um so like about instead of ago from now day_x _ ' " ` # & / :
    """
).split()
SOUNDS = ((32, 126), (32, 126), (0, 0x2FFF), (0x1F300, 0x1FAFF))


def texts(seed: int, many: int) -> Iterator[str]:
    """Draw texts: mostly words in any order, some with slips, some of any signs at all."""
    draw = Random(seed)
    for _ in range(many):
        chance = draw.random()
        if chance < 0.2:
            yield "".join(chr(draw.randint(*draw.choice(SOUNDS))) for _ in range(draw.randint(0, 60)))
            continue
        between = draw.choice((" ", " ", "", ", "))
        text = between.join(draw.choice(VOCABULARY) for _ in range(draw.randint(1, 14)))
        yield slipped(text, draw) if chance < 0.5 else text


def slipped(text: str, draw: Random) -> str:
    """Type a text with up to four slips: a letter left out, doubled, shouted or another."""
    letters = list(text)
    for _ in range(draw.randint(0, 4)):
        at = draw.randrange(len(letters))
        letters[at] = draw.choice((letters[at].upper(), "", letters[at] * 2, chr(draw.randint(97, 122))))
    return "".join(letters)


def read_all(seed: int, many: int) -> tuple[list[str], list[float]]:
    """Read every text as the answer to one question or another; what raised, and the seconds each took."""
    draw, raised, seconds = Random(seed), [], []
    for text in texts(seed, many):
        asked = Asked(
            draw.choice(KINDS),
            draw.choice(("en", "es")),
            draw.choice(NOWS),
            OPTIONS,
            frozenset({"none"}),
            draw.choice(DRAFTS),  # type: ignore[arg-type]
            draw.random() < 0.2,
        )
        began = thread_time()
        try:
            read(text, asked)
            crisis.tier(text, RULES)
            not_an_answer.reason(text, asked.lang)
        except Exception:  # what is looked for
            raised.append(f"{text!r} as {asked.kind} in {asked.lang}\n{traceback.format_exc()}")
        seconds.append(thread_time() - began)
    return raised, sorted(seconds)


def main(arguments: Sequence[str] | None = None) -> int:
    """Read texts from a seed and tell what raised and how long they took; 1 where anything raised."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--texts", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args(arguments)
    raised, seconds = read_all(given.seed, given.texts)
    for each in raised[:10]:
        print(each)
    p50, p99, most = (1000 * seconds[int(share * (len(seconds) - 1))] for share in (0.5, 0.99, 1))
    print(f"{len(seconds)} texts of seed {given.seed}: {len(raised)} raised; ms a text:", end=" ")
    print(f"p50 {p50:.3f}, p99 {p99:.3f}, most {most:.3f}")
    return 1 if raised else 0


if __name__ == "__main__":
    sys.exit(main())
