"""What a planted bug is.

The rule: a plant is a slip that a good programmer makes, in the place where they would make it, and the check
is one that `make test` runs. `old` stands in its file exactly once; a plant of several edits needs them all.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Edit:
    """One change of a file: `old`, which is there once, becomes `new`."""

    file: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Plant:
    """A bug: `breaks` says what goes wrong then, `promise` is its number in docs/promises.md.

    Every one of `caught_by` must fail: pytest node ids, of which one case is enough. They fail by an
    assertion, or by the error that `symptom` names, where the bug itself raises or lets us wait in vain.
    """

    name: str
    breaks: str
    promise: int
    edits: tuple[Edit, ...]
    caught_by: tuple[str, ...]
    symptom: str = ""
