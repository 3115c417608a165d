"""Texts that answer nothing: thanks, greetings, emoji, tapbacks, auto-replies, "on my way".

The rule: none of them is an answer or a failed try, and what a tapback quotes is never read:
`Liked "Reply YES"` says neither yes nor anything else.
"""

import re
import unicodedata
from typing import Literal, TypeAlias

from flows.answers.plain import fold, phrases, said_in

Reason: TypeAlias = Literal[
    "tapback", "auto_reply", "emoji", "empty", "ok", "thanks", "greeting", "on_my_way", "bye"
]

_REACTED = (
    r"liked|loved|disliked|emphasized|questioned|laughed at|reacted .{1,24} to"
    r"|removed an? \w+ (?:reaction )?from|le gusto|le encanto|no le gusto|destaco|enfatizo|se rio de"
    r"|pregunto por|dio risa|reacciono con .{1,24} a|quito|me gusta|me encanta|a \w+ le (?:gusto|encanto)"
)
_THINGS = r"an? (?:image|photo|movie|audio message)|una? (?:imagen|foto|video)"
_TAPBACK = re.compile(rf"^\W*(?:{_REACTED})\b(?:.{{0,12}}?[\"'].*| (?:{_THINGS}).{{0,20}})$", re.DOTALL)
_REACTION = re.compile(r"^\S{1,4} (?:to|a) [\"'].*[\"']$", re.DOTALL)
_AUTO = phrases(
    r"""
    i(?:'m| am) driving | do not disturb while driving | driving focus | auto(?:matic)?[- ]?(?:reply|response)
    out of (?:the )?office
    i(?:'ll| will) (?:see your message|get back to you) (?:later|soon|as soon as|when)
    (?:this|the) (?:number|mailbox|inbox) is not monitored
    (?:the )?(?:person|subscriber|customer) you(?:'re| are) trying to reach
    can(?:'t|not) talk (?:right )?now,? (?:what'?s up|call me later|i'?ll call)
    estoy (?:conduciendo|manejando) | respuesta automatica | mensaje automatico | fuera de la oficina
    no puedo hablar ahora
    """
)
_OK = frozenset("ok okay k kk okey okie okk oki vale okidoki oka".split())
_OPENING = re.compile(
    r"^(?:(?:ok(?:ay)?|k|oh|great|cool|alright|perfect|awesome|many"
    r"|good(?! (?:morning|afternoon|evening|day|night))"
    r"|im|i am|were|perfecto|bueno|listo|bien|muchas|muchisimas|mil) )+"
)
_THANKS = phrases(
    r"""
    thanks? | thanx | thx | tx | ty | tysm | tyvm | thnx | thnks | thankyou | thank (?:you|u|ya)
    (?:appreciate|appreciated) (?:it|you|u|that|this) | much appreciated | god bless(?: you| u)?
    bless (?:you|u)
    you too | u too | same to (?:you|u) | igualmente | bendiciones
    gracias | grasias | muy amable | dios (?:le|la|lo|te) bendiga | se (?:lo )?agradezco
    """,
    start=True,
)
_THANKS_REST = frozenset(
    """
    so much very u you ya yall a lot lots ton again for the help your all everything that this it me and god
    sir maam miss man bro good bye night day have great one nice ok okay really appreciate thank thanks team
    kindly bless bendiciones too igualmente muchas por todo la ayuda su usted ustedes muy amable de verdad que
    dios le bendiga buen dia noche y
    """.split()
)
_GREETING = phrases(
    r"""
    hi+ | hey+ | hello+ | helo | hiya | yo | sup | howdy | whats up | wassup
    good (?:morning|afternoon|evening|day)
    gm | morning | how are (?:you|u)
    hola+ | ola | buen(?:os|as)? (?:dias?|tardes|noches) | buenas | q(?:ue)? tal
    como esta | saludos | oye | oiga
    """,
    start=True,
)
_GREETING_REST = frozenset(
    """
    there you u how are doing today again all everyone maam sir good morning afternoon hi hello friend
    como esta que tal buenas buenos dias tardes noches amigo amiga
    """.split()
)
_BYE = phrases(
    """
    (?:have|u have) an? (?:good|great|nice|blessed|wonderful) (?:day|night|one|evening|afternoon|weekend)
    que tenga (?:un )?buen[oa]? (?:dia|noche|tarde|fin)
    bye | goodbye | good ?night | gn | cya | see (?:you|u|ya) | adios | hasta (?:luego|manana|pronto)
    nos vemos
    """,
    start=True,
)
_BYE_REST = frozenset(
    """
    bye goodbye goodnight night gn later cya good see you u ya tomorrow then tonight
    adios hasta luego manana nos vemos buen dia noche buenas noches
    """.split()
)
_ON_MY_WAY = phrases(
    r"""
    omw | otw | on (?:my|the|our) way | almost there | nearly there | coming (?:out|down|now|outside)
    walking (?:out|over|there) | heading (?:out|over|there|down) | be (?:right )?there(?: soon)?
    ahi voy | ahorita (?:voy|salgo|llego)
    ya (?:voy|salgo|bajo|casi llego) | voy (?:para alla|en camino|llegando|bajando|saliendo)
    en camino | estoy (?:en camino|llegando)
    """,
    start=True,
)
_LAUGH = re.compile(r"^(?:(?:l+o+l+|lmf?ao+|rofl|(?:h+[ae]+){2,}h*|(?:j+[aei]+){2,}j*)(?: |$))+$")
_THUMB = re.compile(r"^(?:[\U0001F44D\U0001F44C\U0001F197\u2705\u2714][\U0001F3FB-\U0001F3FF\ufe0f]*\s*)+$")


def reason(text: str, lang: str) -> Reason | None:
    """Say why `text` answers nothing, or None where it may be an answer; both languages are always known."""
    folded = fold(text[:600])
    if _TAPBACK.match(folded) or _REACTION.match(folded):
        return "tapback"
    if _THUMB.match(text.strip()):
        return "ok"
    said = said_in(text[:600])
    if not said:
        return "emoji" if any(unicodedata.category(each) in ("So", "Sk", "Sm") for each in text) else "empty"
    return "auto_reply" if _AUTO.search(folded) else _by_words(said)


def _by_words(said: tuple[str, ...]) -> Reason | None:
    line = _OPENING.sub("", " ".join(said))
    if len(said) <= 2 and all(word in _OK for word in said):
        return "ok"
    if len(line) < 40 and _LAUGH.match(line):
        return "emoji"
    if _only(line, _THANKS, _THANKS_REST):
        return "thanks"
    if _only(line, _GREETING, _GREETING_REST):
        return "greeting"
    if _only(line, _BYE, _BYE_REST):
        return "bye"
    return "on_my_way" if len(said) <= 8 and _ON_MY_WAY.match(line) else None


def _only(line: str, start: re.Pattern[str], rest: frozenset[str]) -> bool:
    """Does the line open like this, with nothing after it but what belongs to it?"""
    opened = start.match(line)
    return opened is not None and set(line[opened.end() :].split()) <= rest
