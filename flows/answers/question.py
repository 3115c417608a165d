"""Tell a question of theirs from an answer: "can i bring my kid", where we asked for a street.

The rule: only what is plainly a question counts. A text with a number, or one that names a spot ("can you get
me at the library"), is an answer however it is put; a question mark alone says nothing ("Hope House?").
"""

import re

from flows.answers.plain import fold, phrases

_ASKS = phrases(
    r"""
    (?:can|could|may|should) (?:i|we|my) | (?:do|does|did|will|would|am|are|must) (?:i|we|my|the)
    (?:can|could|will|would|do|does|are|r) (?:you|u|it|he|she|they|there|this|that|someone|somebody|anyone)
    is (?:there|someone|somebody|anyone|he|she) | is (?:the|my) (?:ride|car|driver|bus|interview)
    is (?:it|this|that) (?:free|safe|far|close|ok|okay|cool|alright|legit|real|really|true|still|gonna)
    is (?:it|this|that) (?:going|paid|too|a) | wat (?:if|time) | whats | why
    what (?:if|do|does|should|time|happens|kind|is|are|else|can|will|about my)
    how (?:long|far|much|many|do|does|did|will|can|would|is|are|late|early|soon|big|come)
    when (?:do|does|will|is|are|can|would|did) | where (?:do|does|will|is|are|can|did)
    who (?:is|are|will|do|does|pays|drives) | which (?:car|bus|door|time|day|one)
    (?:yo )?(?:puedo|podemos|debo|tengo que|hay que|me (?:pueden|puede|van|va|recogen|esperan)|se puede)
    (?:y )?(?:que pasa|que hago|que llevo|que hora|que tal|que tengo) | que si | y si | por que
    (?:a )?que hora | cuanto | cuanta | cuantos | como (?:hago|le|puedo|se|voy|llego|va|es)
    cuando | donde esta | quien (?:es|me|va|paga|maneja) | es (?:gratis|seguro|lejos|cierto|verdad)
    hay (?:que|carro|viaje|alguien)
    """,
    start=True,
)
_LEAD = re.compile(
    r"^(?:(?:hi|hey|hello|ok|okay|wait|but|and|so|um|also|sorry|hola|oiga|oye|pero|bueno|disculpe|perdon) )+"
)
_NO_SPOT = (
    r"(?:all|night|noon|least|once|then|what|myself|car|bus|there|here|home)\b|my \w+$"
    r"|the (?:car|time|end|interview|same)\b"
)
_OUR = "(?:the |my )?"
_NOT_THERE = r"(?:interview|work|time|there|me|ride|it|take)\b"
_NO_LUGAR = r"(?:casa|que|cuanto|caso|el (?:carro|viaje))\b"
_SPOT = phrases(
    rf"""
    (?:at|near|by|next to|in front of|across from|behind|outside|corner|from|off) (?:of )?(?!{_NO_SPOT})\w+
    (?:come|go|drive|stop|get|pick|meet|send|wait)(?: \w+){{0,4}} (?:to|in|on|by) {_OUR}(?!{_NOT_THERE})\w+
    (?:en|junto a|cerca de|enfrente de|frente a|esquina|afuera de|detras de) (?!{_NO_LUGAR})\w+
    street | st | avenue | ave | road | rd | boulevard | blvd | calle | avenida
    """
)
_LENGTH = re.compile(r"\b\d+ ?(?:min|mins|minutes|minutos|hrs?|hours?|horas?)\b")


def asks_us(text: str) -> bool:
    """Say whether a text is plainly a question of theirs, with no number and no spot in it."""
    said = _LEAD.sub("", _LENGTH.sub("", fold(text[:320]).strip(" .,!?\"'")).strip())
    if len(said.split()) < 2 or any(each.isdigit() for each in said):
        return False
    return _ASKS.match(said) is not None and _SPOT.search(said) is None
