"""Names: what a driver or a caseworker calls a person.

The rule: a name is never split and never corrected. Only what stands around it goes ("my name is"), and a
name typed in one case gets capitals.
"""

import re

from flows.answers.plain import fold
from flows.answers.reading import AskBack, Reading, Understood

_OPENING = (
    r"(?:(?:hi|hello|hey|hola|yes|yeah|si|ok|okay|um|uh|well|pues|bueno|no|nope|nah|actually|sorry|wait)"
    r"[\s,.!]+)*"
)
_LEADS = (
    r"(?:my|mi)\s+(?:(?:first|full|last)\s+)?(?:name|nombre)(?:\s+completo)?\s*(?:is|s|'s|es|:)?\s+",
    r"name(?:'s|s)?\s*(?:is|:)\s*|nombre\s*(?:es|:)\s*",
    r"(?:it\s+is|its|it's|im|i'm|i\s+am|this\s+is|thats|that's|they\s+call\s+me|people\s+call\s+me)\s+",
    r"(?:(?:you\s+can\s+)?(?:just\s+)?call\s+me|i\s+go\s+by)\s+",
    r"(?:soy|yo\s+soy|me\s+llamo|me\s+dicen|me\s+llaman|digame|llameme|es)\s+",
)
_LEAD = re.compile(rf"^{_OPENING}(?:{'|'.join(_LEADS)})", re.IGNORECASE)
_TAIL = re.compile(
    r"(?:[\s,]+(?:here|please|pls|plz|thanks|thank you|thx|gracias|por favor|para servirle|aqui))+$", re.I
)
_NOT_NAMES = frozenset(
    """
    yes no yeah yep nope ok okay k none nothing why who what where when how stop help idk start menu back hi
    hello hey thanks skip maybe si claro nada que quien porque donde cuando como hola gracias saltar quizas
    me is es my mi name nombre it yo
    """.split()
)
_ASKS = frozenset("who what where when how why que quien donde cuando como porque".split())
_SENTENCE = frozenset("the is are was not dont cant i im it veo estoy voy puedo subi".split())
_LOWER = frozenset("de del la las los y e da do dos van von der".split())
_SIGNS = re.compile(r"[\u2190-\u2bff\ufe0f\U0001f000-\U0001faff]+")  # emoji and dingbats
_LETTERS = re.compile(r"[^\W\d_]")
LONGEST = 60


def read(text: str) -> Reading:
    """Read a name as typed, or ask again: digits, an address, a sentence or a lone yes is no name."""
    said = " ".join(_SIGNS.sub(" ", text.replace("’", "'")).split()).strip(' .,!?"*;:()[]-')
    rest = _TAIL.sub("", said[len(match.group()) :] if (match := _LEAD.match(said)) else said).strip(
        " .,!\"'"
    )
    if text.rstrip().endswith("?") or fold(rest).split(" ")[0] in _ASKS:
        return AskBack("unclear.name")
    if not rest or len(rest) > LONGEST or not _LETTERS.search(rest) or re.search(r"[\d@#/\\<>{}=_?]", rest):
        return AskBack("unclear.name")
    said_words = fold(rest).replace("'", "").split()
    if fold(rest) in _NOT_NAMES or len(said_words) > 5 or (len(said_words) > 1 and _SENTENCE & {*said_words}):
        return AskBack("unclear.name")
    return Understood(_cased(rest, shouted=said.isupper()))


def _cased(name: str, *, shouted: bool) -> str:
    """Give a name its capitals, unless they were chosen: "call me DJ" is DJ."""
    if not name.islower() and not (shouted or (name.isupper() and len(name) > 3)):
        return name
    return " ".join(
        word if at and word in _LOWER else _capital(word) for at, word in enumerate(name.lower().split())
    )


def _capital(word: str) -> str:
    return re.sub(r"(^|['.-])([^\W\d_])", lambda found: found[1] + found[2].upper(), word)
