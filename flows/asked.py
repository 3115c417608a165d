"""Something else than an answer where nearly any text would be one: a question of theirs, or another wish.

The rule: it costs no try, it is answered where a flow begins with its words, and our question stands again.
"""

from flows.answers.question import asks_us
from flows.front import open_flow, start_word, started_inside
from flows.listening import let_go
from flows.turn import Turn, say, sentence


def wants_another(turn: Turn, text: str) -> bool:
    """Start the flow that a whole phrase starts ("need to cancel"): no place is called that."""
    return len(text.split()) > 1 and start_word(turn, text)


def asks_back(turn: Turn, text: str) -> bool:
    """Meet a question of theirs with the flow that answers it, or with a word; False where it is none."""
    if turn.progress.opted_in is False or not asks_us(text):
        return False
    known = started_inside(turn, text)
    if known is None or not open_flow(turn, known):
        let_go(turn)
        say(turn, sentence(turn, "asks.unknown"))
    turn.progress.back_to = True
    return True
