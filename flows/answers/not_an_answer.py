"""Texts that answer nothing: thanks, greetings, emoji, tapbacks, auto-replies, "on my way".

The rule: none of them is an answer or a failed try, and what a tapback quotes is never read: `Liked "Reply
YES"` says neither yes nor anything else.
"""

import re
import unicodedata
from typing import Literal, TypeAlias

from flows.answers.plain import fold, phrases, relaxed, words

Reason: TypeAlias = Literal[
    "tapback", "auto_reply", "emoji", "empty", "ok", "thanks", "greeting", "on_my_way", "bye"
]

_TAPBACK = re.compile(
    r"^\W*(?:(?:liked|loved|disliked|emphasized|questioned|laughed at|reacted .{1,24} to|removed an? \w+ (?:reaction )?from"
    r"|le gusto|le encanto|no le gusto|destaco|enfatizo|se rio de|pregunto por|dio risa|reacciono con .{1,24} a|quito)\b"
    r".{0,12}?[\"'].*|(?:liked|loved|disliked|emphasized|laughed at) (?:an? |una? )(?:image|photo|movie|imagen|foto|video))$",
    re.DOTALL,
)
_REACTION = re.compile(r"^\S{1,4} (?:to|a) [\"'].*[\"']$", re.DOTALL)
_AUTO = phrases(
    r"""
    i(?:'m| am) driving | do not disturb while driving | driving focus | auto(?:matic)?[- ]?(?:reply|response)
    out of (?:the )?office
    i(?:'ll| will) (?:see your message|get back to you) (?:later|soon|as soon as|when)
    sent from my \w+ driving | (?:this|the) (?:number|mailbox|inbox) is not monitored
    (?:the )?(?:person|subscriber|customer) you(?:'re| are) trying to reach
    estoy (?:conduciendo|manejando) | respuesta automatica | mensaje automatico | fuera de la oficina
    can(?:'t|not) talk (?:right )?now,? (?:what'?s up|call me later|i'?ll call) | no puedo hablar ahora
    """
)
_OK = frozenset("ok okay k kk okey okie okk oki vale okidoki oka".split())
_THANKS = phrases(
    r"""
    (?:ok(?:ay)? |k |oh |great |cool |alright |good |perfect |awesome |many |thank god |yes |no )*(?:thanks?|thanx|thx|tx|ty|tysm|tyvm|thnx|thnks|thankyou|thank (?:you|u|ya|yall)|appreciate (?:it|you|u|that|this)|much appreciated|god bless(?: you| u)?|bless (?:you|u))
    (?:ok |perfecto |bueno |listo |bien |muchas |muchisimas |mil |muy amable )*(?:gracias|grasias|muy amable|dios (?:le|la|lo|te) bendiga|se (?:lo )?agradezco)
    """,
    start=True,
)
_THANKS_REST = frozenset(
    """
    so much very u you ya yall a lot lots ton again for the help your all everything that this it me and god
    sir maam miss
    man bro good bye night day have great one nice ok okay really appreciate thank thanks maria team kindly
    bless
    muchas por todo la ayuda su a usted ustedes muy amable de verdad que dios le bendiga buen dia noche señor
    senora y
    """.split()
)
_GREETING = phrases(
    r"""
    hi+ | hey+ | hello+ | helo | hiya | yo | sup | howdy | whats up | wassup
    good (?:morning|afternoon|evening|day) | gm | morning
    how are (?:you|u) | hola+ | ola | buen(?:os|as)? (?:dias?|tardes|noches) | que tal | como esta
    saludos | oye | oiga
    """,
    start=True,
)
_GREETING_REST = frozenset(
    "there you u how are doing today again all everyone maam sir good morning afternoon hi hello friend how's como esta que tal buenas buenos dias tardes noches amigo maria".split()
)
_BYE = frozenset(
    "bye goodbye goodnight night gn later cya adios hasta luego manana nos vemos good see you u ya tomorrow then good dia noche buenas noches tonight".split()
)
_BYE_START = phrases(
    "bye | goodbye | good ?night | gn | cya | see (?:you|u|ya) | adios | hasta (?:luego|manana|pronto) | nos vemos",
    start=True,
)
_ON_MY_WAY = phrases(
    r"""
    (?:ok(?:ay)? |k |im |i am |were |yes )*(?:omw|otw|on (?:my|the|our) way|almost there|nearly there|coming (?:out|down|now|outside)|walking (?:out|over|there)|heading (?:out|over|there|down)|be (?:right )?there(?: soon)?|ya (?:voy|salgo|bajo|casi llego)|voy (?:para alla|en camino|llegando|bajando|saliendo)|en camino|estoy (?:en camino|llegando))
    """,
    start=True,
)
_THUMB = re.compile(r"^(?:[\U0001F44D\U0001F44C\U0001F197\u2705\u2714][\U0001F3FB-\U0001F3FF\ufe0f]*\s*)+$")


def reason(text: str, lang: str) -> Reason | None:
    """Say why `text` answers nothing, or None where it may be an answer. Both languages are always known."""
    folded = fold(text[:600])
    if _TAPBACK.match(folded) or _REACTION.match(folded):
        return "tapback"
    if _THUMB.match(text.strip()):
        return "ok"
    said = [relaxed(word) for word in words(folded)]
    if not said:
        return "emoji" if any(_is_sign(each) for each in text) else "empty"
    if _AUTO.search(folded):
        return "auto_reply"
    return _by_words(said)


def _by_words(said: list[str]) -> Reason | None:
    line = " ".join(said)
    if len(said) <= 2 and all(word in _OK for word in said):
        return "ok"
    if (thanked := _THANKS.match(line)) and set(line[thanked.end() :].split()) <= _THANKS_REST:
        return "thanks"
    if (greeted := _GREETING.match(line)) and set(line[greeted.end() :].split()) <= _GREETING_REST:
        return "greeting"
    if _BYE_START.match(line) and set(said) <= _BYE:
        return "bye"
    return "on_my_way" if _ON_MY_WAY.match(line) and len(said) <= 8 else None


def _is_sign(each: str) -> bool:
    return unicodedata.category(each) in ("So", "Sk", "Sm", "Cs", "Cn", "Co")
