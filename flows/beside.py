"""Write two texts beside each other, so that a person sees at once where they part.

The rule: words are compared, not letters; what is alike stands in the same rows, what differs in rows marked
between the columns.
"""

from collections.abc import Iterator
from difflib import SequenceMatcher
from itertools import zip_longest
from textwrap import wrap

WIDE = 40  # letters in a column


def beside(expected: str, got: str) -> list[str]:
    """Give the rows: expected on the left, got on the right, an x between words that differ."""
    left, right = expected.split(), got.split()
    head = f"{'expected':<{WIDE}}   got"
    rows = [head]
    for what, a, b, c, d in SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
        mark = " " if what == "equal" else "x"
        rows += _rows(" ".join(left[a:b]), mark, " ".join(right[c:d]))
    return rows


def _rows(left: str, mark: str, right: str) -> Iterator[str]:
    for one, other in zip_longest(wrap(left, WIDE), wrap(right, WIDE), fillvalue=""):
        yield f"{one:<{WIDE}} {mark} {other}".rstrip()
