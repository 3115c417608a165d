"""Yes or no, as people type it.

The rule: yes and no are never swapped. In this order: the exact list, the number on the phone, the first
word, "not now", unsure phrases, negation, agreement, and only then spelling, for replies of one or two words
longer than three letters. What is none of these is asked again. Consent and bookings stop after the exact
list.
"""

import re
from typing import Literal, TypeAlias

from rapidfuzz.distance import DamerauLevenshtein

from flows.answers.plain import fold, phrases, said_in
from flows.answers.reading import AskBack, Reading, Understood

Label: TypeAlias = Literal["yes", "no", "unsure"]


def _lines(table: str) -> frozenset[str]:
    return frozenset(each.strip() for line in table.strip().splitlines() for each in line.split("|"))


_EXACT_YES = _lines(
    """
    1 | y | ye | yes | yea | yeah | yep | yup | yes please | yes pls | yes plz | yeah please | yes thanks
    yes thank you | yes i do | yes i am | i agree | agree | yes i agree
    si | s | si por favor | si gracias | si claro | claro que si | claro | acepto | si acepto | de acuerdo
    si quiero
    """
)
_EXACT_NO = _lines(
    """
    2 | n | no | nope | nah | no thanks | no thank you | no thx | no ty | i do not agree | not yet
    no gracias | no quiero | no acepto | todavia no
    """
)
_YES = frozenset(
    """
    yeppers yupp okie alrighty aye
    y ye yes yea yeah yeh yep yup yas yass yah ya yesm yessir yesir yessum yuh sure surely ok okay okey oki k
    kk alright
    aight absolutely definitely certainly indeed affirmative correct right true exactly totally perfect great
    fine
    confirm confirmed agreed agree approved bet
    si sip sep simon claro dale vale sale correcto exacto exactamente perfecto seguro cierto afirmativo bueno
    orale andale
    confirmo acepto listo obvio
    """.split()
)
_WEAK_YES = frozenset(
    """
    right true fine great correct perfect agree agreed absolutely definitely certainly totally exactly
    bueno seguro cierto correcto perfecto exacto claro
    """.split()
)
_NO = frozenset(
    """
    n no nop nope nah naw nay na nada never negative not neither none incorrect wrong false
    nunca nel nones jamas negativo tampoco
    """.split()
)
_NO_AFTER_YES = frozenset("no nope nah not".split())  # "yeah no", "ok no": asked again
_NO_BUT_FINE = phrases(
    "no (?:problem|problema|prob|probs|worries|doubt|hay (?:problema|duda)|te preocupes)"
    " | not (?:wrong|bad) | why not$ | como no$",
    start=True,
)
_UNSURE_START = phrases(
    r"""
    yes (?:and|or) no | si [yo] no | no sabria | not (?:\w+ )?(?:sure|certain) | no (?:clue|idea)
    no (?:lo |la )?se | no estoy segur[oa]
    """,
    start=True,
)
_NUMBER_WORDS: dict[str, Label] = {
    "one": "yes", "uno": "yes", "the first one": "yes", "two": "no", "dos": "no", "the second one": "no",
    "uh huh": "yes", "mhm": "yes", "mm hmm": "yes", "mm hm": "yes", "va": "yes", "10 4": "yes",
    "fifty fifty": "unsure", "50 50": "unsure", "uh uh": "no", "nuh uh": "no", "pass": "no", "nothing": "no",
    "nothing else": "no",
}  # fmt: skip
_YES_PHRASE = phrases(
    r"""
    (?:sounds?|looks?|seems?) (?:\w+ )?(?:good|great|right|fine|perfect|nice|okay|amazing)
    (?:sounds?|looks?|seems?) (?:\w+ )?(?:ok|awesome|correct|true) | sounds like a plan
    (?:youre|you are|ur) (?:\w+ )?(?:right|correct) | i (?:believe|suppose|reckon|assume) so
    most (?:definitely|certainly) | without (?:a|any) doubt | undoubtedly | by all means | roger | copy that
    (?:id|i would|ill|i will|we would) (?:\w+ )?(?:like|love|appreciate) (?:that|it|this)
    (?:^|would |id )love to$ | would like to$
    thatd (?:be|work) | that would work | i (?:agree|accept|approve|consent) | ^accept(?:ed)?$ | make it so
    thats it$ | precisely | bingo | for certain | ^positive(?:ly)?$ | ^truly$ | ^naturally$ | ^obviously$
    im (?:\w+ )?(?:sure|certain|positive) | you know it | lets (?:do (?:it|that|this)|go)$
    (?:do|want) that(?: please)?$ | please (?:continue|proceed|make the|reserve|book)
    (?:book|reserve) (?:it|that|them) | con mucho gusto | lo hare$
    ^(?:it|that|this|he|she|they|we|i|you) (?:is|was|are|were|does|did|do|have|has|had|am)(?: so| indeed)?$
    (?:thats?|that is|its|it is|this is|is|are|all) (?:\w+ ){0,2}?(?:right|correct|true|good|great|fine)
    (?:thats?|that is|its|it is|this is|is|are|all) (?:\w+ ){0,2}?(?:perfect|ok|okay)
    (?:thats?|that is|its|it is|this is|is|are|all) (?:\w+ ){0,2}?(?:yes|nice|awesome|confirmed|accurate)
    (?:the answer|that|answer) (?:to that )?is (?:\w+ )?affirmative
    (?:thats?|that is|its|it is|this is) (?:\w+ ){0,2}?(?:the one|the truth|a fact|in order|a yes|a good idea)
    everything (?:is|seems|looks) (?:\w+ ){0,3}?(?:order|good|right|correct|fine)
    that (?:would be|will be|happens to be|seems) (?:\w+ )?(?:great|good|fine|perfect|true|nice)
    that (?:happens to be|seems) (?:\w+ )?(?:correct|right)
    (?:go|going) (?:right )?ahead | go for it | do it | please do | proceed | of ?course
    for sure | fo sho | why not
    you bet | you got it | you nailed it | count me in | im (?:in|down) | i can do that | book (?:it|em)
    lock it in
    i (?:do|am|would|will|can|could)(?= ?$| please| do that| so)
    (?:it|that|this|which|still) (?:\w+ )?(?:works|will work|will do|does) | works (?:for|with|fine|great)
    (?:all |im |i am )?(?:good|fine|ok|okay|cool|happy) (?:with|for|by) (?:me|that|it|this)
    i think so | i have (?:it|one|that) | for real | hell yeah | fuck yeah | creo que si | ya (?:lo )?tengo
    what i (?:want|wanted|need|meant) | i confirm | please confirm
    (?:say|saying|is|answer|vote) (?:\w+ ){0,2}?yes
    por supuesto | claro que si | esta bien | asi es | de acuerdo | como no | con gusto | desde luego
    me parece bien | me gusta | me sirve | me late | va bien | eso es | es (?:correcto|cierto|verdad)
    que si | por favor si | si (?:quiero|puedo|voy|esta|me|lo|la|tengo|por favor|senora?)
    """
)
_LATER = phrases(
    r"""
    (?:maybe|perhaps|possibly|probably|some|any) (?:\w+ ){0,2}?(?:later|(?:an)?other time|next time|other day)
    not (?:now|yet|today|tonight|right now|just yet|needed|required|necessary|interested|ready|happening)
    not (?:this (?:time|second|moment|week)|at (?:the|this)|for (?:now|today)) | hold off | (?:pass|wait) on
    no (?:need|thanks|thank you|gracias|quiero|puedo|necesito|me interesa|por ahora)
    i(?:ll)? (?:will )?(?:pass|skip) | we should wait | skip (?:it|that|this)
    (?:another|some other|next) time$ | ^later$
    disagree | decline | refuse | i (?:deny|object) | i doubt | doubtful | unlikely | hard pass
    forget (?:it|about (?:it|that)) | never ?mind | para nada | de ninguna manera | olvidelo
    ahora no | todavia no | aun no | mejor no | otro dia | mas tarde | en otro momento | ^luego$ | ^despues$
    """
)
_UNSURE = phrases(
    r"""
    maybe | mabe | perhaps | possibly | ^probably$ | i think (?:maybe|it could) | either | undecided
    unsure | uncertain | idk | dunno | unaware
    depends
    no (?:\w+ )?(?:clue|idea) | hard to say | who knows | not (?:\w+ )?(?:sure|certain|positive) | not decided
    (?:dont|do not|havent|have not) (?:\w+ )?(?:know|kno|have an? (?:answer|clue|idea)|have that|a clue)
    have no (?:\w+ )?(?:idea|clue)
    (?:cant|cannot|can not|couldnt|could not) (?:really )?(?:say|tell|give you|answer|decide)
    (?:not able to|unable to) (?:say|tell|answer|decide)
    (?:have to|need to|gotta|let me|will|ill) think | one or the other | both | (?:i will|ill) know
    (?:might|could|may) (?:\w+ )?be (?:\w+ )?(?:it|the case|one|both|true) | (?:its|it is) possible | i guess
    no (?:lo |la )?(?:se|recuerdo) | no estoy (?:muy |tan )?segur[oa] | no sabria | quizas? | tal ?vez
    a lo mejor | (?:could|might|may(?: or may not)?) be | as good as mine | on the fence | toss ?up
    (?:a|some) (?:slight |small |good )?(?:chance|possibility)
    (?:havent|have not) (?:\w+ )?(?:decided|made up)
    still (?:deciding|thinking) | im thinking | beats me | foggiest | sort of | kind of | kinda | somewhat
    ^unclear$ | pensar(?:lo|melo)? | mas o menos
    puede (?:ser|que) | quien sabe | ni idea | posiblemente | depende
    """
)
_NEGATED = phrases(
    r"""
    (?:is|does|do|did|was|would|ca|wo|are|should|have|has|ai|could)nt | cannot | not | never | no | nope | nah
    incorrect | wrong | false | untrue | inaccurate | invalid | mistaken
    ni | nunca | tampoco | falso | equivocad[oa] | mal | incorrect[oa]
    """
)
_NOT_WRONG = phrases("(?:not|isnt|arent) (?:wrong|bad|false|incorrect)")
_QUESTION = phrases(
    """
    how | whats? | wheres? | whens? | whos? | which | why | could | can | would | will | do | does | did
    is | are | may
    shall | should | tell | show | find | give | please (?:tell|give|put|show)
    (?:id|i would|i want|i need|wanna|want) (?:like )?(?:to )?(?:know|ask|find|hear)
    que | cual | cuando | donde | como | quien | puede | puedo | cuanto
    """,
    start=True,
)
_SOFT_WORDS = (
    "um+ uh+ hm+ mm+ well so oh hey hi hello actually sorry please pls thanks lol and but hell "
    "perdone? disculp[ea] pues este hola gracias ay ah"
)
_SOFT_START = re.compile(rf"^(?:(?:{'|'.join(_SOFT_WORDS.split())}|the answer is|that is a|thats a) )+")
_NUMBERED = re.compile(
    r"^(?:#|no\.|number |numero |la |el |option |opcion )?([12])"
    r"(?=$|[\s.,!)\]:;-]+(?!\d|[ap]\.?m\b|o'?clock|(?:or|o|/|and|y)\s*[12]\b))"
)
_OTHER_WORDS = frozenset(
    "might night light sight tight eight fight bright write fever sever lever clara".split()
)
_FUZZY: dict[Label, tuple[str, ...]] = {  # five letters and more: "nose" is not "nope"
    "yes": tuple(
        "absolutely definitely certainly correct right perfect confirm affirmative "
        "claro correcto perfecto exacto seguro".split()
    ),
    "no": tuple("never negative incorrect wrong false nunca tampoco incorrecto".split()),
    "unsure": tuple("maybe perhaps possibly unsure quizas depende".split()),
}
_THUMBS: dict[str, Label] = {
    "👍": "yes", "👌": "yes", "✅": "yes", "🆗": "yes", "✔": "yes", "👎": "no", "❌": "no", "🙅": "no"
}  # fmt: skip


_AGE = re.compile(r"(?<![\d/:.-])(\d{1,3})(?![\d/:.-])")


def read(text: str, exact: bool, least: int | None = None) -> Reading:
    """Read True or False; with `exact` only the exact list counts.

    With `least` a number in the text decides, whatever word stands before it: "yes im 17" is no to "18 or
    older?". 1 and 2 stay the numbers on the phone.
    """
    if least is not None and (said := {int(each) for each in _AGE.findall(text[:400])} - {1, 2}):
        return Understood(min(said) >= least)
    match exact_label(text) if exact else label(text):
        case "yes":
            return Understood(True)
        case "no":
            return Understood(False)
        case "unsure":
            return AskBack("unsure.yes_no")
        case None:
            return AskBack("unclear.yes_no")


def exact_label(text: str) -> Label | None:
    """Label a reply by the exact list alone: what consent and bookings accept."""
    said = _said(text[:400])
    return "yes" if said in _EXACT_YES else "no" if said in _EXACT_NO else None


def label(text: str) -> Label | None:
    """Label a reply yes, no, unsure, or None where it answers something else."""
    said = _said(text[:400])
    if said in _EXACT_YES or said in _EXACT_NO:
        return "yes" if said in _EXACT_YES else "no"
    if not said:
        return _by_sign(text)
    if said in _NUMBER_WORDS:
        return _NUMBER_WORDS[said]
    if numbered := _NUMBERED.match(fold(text[:400])):
        return "yes" if numbered[1] == "1" else "no"
    return _by_words(_SOFT_START.sub("", said).strip() or said)


def _said(text: str) -> str:
    return " ".join(said_in(text))


def _by_sign(text: str) -> Label | None:
    shown = {meaning for sign, meaning in _THUMBS.items() if sign in text}
    return shown.pop() if len(shown) == 1 else None


def _by_words(said: str) -> Label | None:
    first, *rest = said.split()
    if _NO_BUT_FINE.match(said):
        return "yes"
    if _UNSURE_START.match(said):
        return "unsure"
    if _is_yes(first) and first not in _WEAK_YES:
        return None if rest and rest[0] in _NO_AFTER_YES else "yes"
    if first in _NO:
        return "no"
    if _LATER.search(said):
        return "no"
    if _UNSURE.search(said):
        return "unsure"
    if _QUESTION.match(said) and not _NEGATED.search(said):
        return None
    return _by_phrase(said, first, rest)


def _by_phrase(said: str, first: str, rest: list[str]) -> Label | None:
    if _NOT_WRONG.search(said):
        return "yes"
    if _NEGATED.search(said):
        return "no" if len(rest) < 12 else None
    if (
        _YES_PHRASE.search(said)
        or (_is_yes(first) and len(rest) < 6)
        or (rest and rest[-1] in ("yes", "yep", "si"))
    ):
        return "yes"
    return _by_spelling([first, *rest])


def _is_yes(word: str) -> bool:
    return word in _YES or bool(re.fullmatch(r"ye+s+|ya+s+|si+", word))


def _by_spelling(said: list[str]) -> Label | None:
    if len(said) > 2 or len(said[0]) <= 3 or said[0] in _OTHER_WORDS:
        return None
    near = [each for each, known in _FUZZY.items() if any(_spelled(said[0], word) for word in known)]
    return near[0] if len(near) == 1 else None


def _spelled(word: str, known: str) -> bool:
    allowed = 1 if len(known) < 7 else 2
    return DamerauLevenshtein.distance(word, known, score_cutoff=allowed) <= allowed
