"""What the driver was told, and did: its own word, held against the rows in the end."""

from collections import Counter
from dataclasses import dataclass, field

from tests.crash.installation import Stop
from tests.crash.people import Text


@dataclass
class Log:
    """One run. `refused` counts answers other than 200, `killed` and `missed_points` go by name."""

    texts: list[Text] = field(default_factory=list)
    posts: int = 0
    refused: Counter[int] = field(default_factory=Counter)
    killed: Counter[str] = field(default_factory=Counter)
    missed_points: Counter[str] = field(default_factory=Counter)
    stops: list[Stop] = field(default_factory=list)
    """How each process that was asked to end did."""
    delivered: set[str] = field(default_factory=set)
    """Ids of our texts whose delivery was reported, and heard."""
    failed: set[str] = field(default_factory=set)
    """The same, of a failure."""
    reached: Counter[str] = field(default_factory=Counter)
    """What those who booked a ride waited for in the end."""
