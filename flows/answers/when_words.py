"""The words of dates and times, English and Spanish, turned into a row of tokens with one-letter kinds.

The rule: both languages end as the same kinds, so that one grammar (when_grammar.py) reads "half past 3 in
the afternoon" and "las 3 y media de la tarde". A word this table does not know becomes `z` and means nothing.

Kinds: n number, w number word, N 3 or 4 digits, y year in words, o 3rd, q third, t 8:30, f 8.30, d 3/14, p
am/pm, M month, B mar (Tuesday or March), W weekday, D today/tomorrow, P part of the day, T tonight, C noon, u
unit, h o'clock, @ at, O of, l the, I in, X next, S this, L last, x past, G ago, F from now, A after, H half,
Q quarter, V to/menos, & and, a an, - dash, c comma, s end of a sentence, m money or a measure, b between, R
until, r or, ! not, j now, K a holiday, ? a day or
month misspelled beyond telling which, z anything else.
"""

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import islice
from typing import NamedTuple, TypeAlias

from rapidfuzz.distance import DamerauLevenshtein

from flows.answers.numerals import numeral, ordinal
from flows.answers.plain import fold
from flows.answers.when_holidays import HOLIDAYS, NAMES

LONGEST = 1600  # letters read: folding makes three of one "½"
MOST = 300  # tokens read: more than a text of words has; the rest would be digits and points
MORNING, AFTERNOON, EVENING, NIGHT, DAWN, MIDDAY = range(6)
MINUTE, HOUR, DAY, WEEK, MONTH, YEAR, WEEKEND, SECOND = range(8)


class Token(NamedTuple):
    """One token: its kind, its value (a number, or the minutes of a clock) and its text."""

    kind: str
    value: int
    text: str


def _table(kind: str, rows: str) -> dict[str, tuple[str, int]]:
    """Read `value: word word …` rows."""
    found: dict[str, tuple[str, int]] = {}
    for row in rows.strip().splitlines():
        value, _, spelled = row.strip().partition(":")
        found |= {word: (kind, int(value)) for word in spelled.split()}
    return found


_MONTHS = """
    1: jan january enero ene
    2: feb febr february febuary feburary febrero
    3: march marzo
    4: apr april abril abr
    5: may mayo
    6: jun june junio
    7: jul july julio
    8: aug august agosto ago
    9: sep sept september septiembre setiembre
    10: oct october octubre
    11: nov november noviembre
    12: dec december diciembre dic
"""
_WEEKDAYS = """
    0: mon monday lunes lun
    1: tue tues tuesday martes
    2: wed weds wednesday wensday wendsday miercoles mierc mier mie
    3: thu thur thurs thursday thrusday jueves juebes jue
    4: fri friday viernes vier vie biernes
    5: sat saturday saterday sabado sab savado
    6: sun sunday domingo dom
"""
_DAYS = """
    0: today tday tdy hoy
    1: tomorrow tomoro tomorow tommorow tommorrow tomorrrow tmrw tmr tmrow tmro tomm tmw tomoz mnn mnna
    2: overmorrow
    -1: yesterday ayer yday
    -2: ereyesterday anteayer antier
"""
_PARTS = """
    0: morning mornin morn am_part
    1: afternoon aft tarde
    2: evening evenin
    3: night nite noche
    4: dawn madrugada
    5: midday_part
"""
_UNITS = """
    0: minute minutes min mins minuto minutos
    1: hour hours hr hrs h hora horas
    2: day days dia dias dy d
    3: week weeks wk wks semana semanas
    4: month months mes meses
    5: year years yr yrs ano anos
    6: weekend weekends finde
    7: seconds sec secs segundos
"""
_WORDS: dict[str, tuple[str, int]] = (
    _table("M", _MONTHS)
    | _table("W", _WEEKDAYS)
    | _table("D", _DAYS)
    | _table("P", _PARTS)
    | _table("u", _UNITS)
    | _table("C", "720: noon mediodia midday\n 0: midnight medianoche")
    | dict.fromkeys("tonight tonite tonight tonihgt tongiht".split(), ("T", 0))
    | dict.fromkeys("at @ atlas".split(), ("@", 0))
    | dict.fromkeys("of de del".split(), ("O", 0))
    | dict.fromkeys("the el la las los th".split(), ("l", 0))
    | dict.fromkeys("in en within dentro".split(), ("I", 0))
    | dict.fromkeys("next nxt following proximo proxima siguiente que_viene".split(), ("X", 0))
    | dict.fromkeys("this ths este esta coming upcoming".split(), ("S", 0))
    | dict.fromkeys("last pasado pasada ultimo ultima".split(), ("L", 0))
    | dict.fromkeys(("past",), ("x", 0))
    | dict.fromkeys("ago before earlier hace atras".split(), ("G", 0))
    | dict.fromkeys("hence later fromnow".split(), ("F", 0))
    | dict.fromkeys("from after since".split(), ("A", 0))
    | dict.fromkeys("half media medio".split(), ("H", 0))
    | dict.fromkeys("quarter qtr quater cuarto".split(), ("Q", 0))
    | dict.fromkeys("to til till menos menos_las".split(), ("V", 0))
    | dict.fromkeys("and y con".split(), ("&", 0))
    | dict.fromkeys("a an un una".split(), ("a", 1))
    | dict.fromkeys("oclock oclk enpunto".split(), ("h", 0))
    | dict.fromkeys("am".split(), ("p", 0))
    | dict.fromkeys("pm".split(), ("p", 720))
    | dict.fromkeys("between entre".split(), ("b", 0))
    | dict.fromkeys("until hasta thru through".split(), ("R", 0))
    | {"or": ("r", 0), "not": ("!", 0), "isnt": ("!", 0)}
    | dict.fromkeys("now ahora ahorita".split(), ("j", 0))
    | dict.fromkeys(NAMES, ("K", 0))
    | {"mar": ("B", 3), "oh": ("0", 0), "o": ("0", 0), "cero": ("0", 0)}
)
_SHORT_SPANISH = {"lu": 0, "ma": 1, "mi": 2, "ju": 3, "vi": 4, "sa": 5, "do": 6}
_SPANISH_ONLY = frozenset("once lun mie jue vie sab dom lu ma mi ju vi sa do".split())
_SPANISH_FIRST = {"ago": ("M", 8), "o": ("r", 0), "u": ("r", 0), "dies": ("w", 10), "nuebe": ("w", 9)}
_SPELLED = tuple(
    word
    for word, (kind, _) in _WORDS.items()
    if (len(word) >= 6 or word == "lunes") and kind in "WDTPM" and word.isalpha() and word != "manana"
)
_NO_SLIPS = frozenset("lines lunch lunas lung lure lunge match matches friend friends".split())

_TOO_FAR = 9  # slips

_STREET = "street|st|avenue|ave|road|rd|blvd|lane|ln"
_ADDRESS = (
    rf"\b(?:\d{{3,5}}|\d{{1,2}}(?= \w+ (?:{_STREET})\b))"
    r"(?: (?!on |at |in |to |near |the |am |pm )[a-z]+){1,3}?"
    rf" (?:{_STREET}|drive|dr|way|court|ct|pike|hwy)\b"
)
_NAMED_DAYS = (
    "black|palm|good|great|easter|super(?: duper)?|mega(?: giga)?|ash|fat|cyber|giving|holy|trinity|lazarus"
    "|branch"
)
_WEEKDAY_NAMES = (
    "(?:mon|tues|wednes|thurs|fri|satur|sun)day|lunes|martes|miercoles|jueves|viernes|sabado|domingo"
)
_SPANISH_UNITS = "dias?|semanas?|horas?|minutos?"
_TWELVE = "una|dos|tres|cuatro|cinco|seis|siete|ocho|nueve|diez|once|doce"
_TENS_WORDS = "twenty|thirty|forty|fourty|fifty"


def _fortnight(found: re.Match[str]) -> str:
    """Hoy en ocho is a week from today, hoy en quince two: the day itself is counted."""
    return " en 7 dias " if found[1] == "ocho" else " en 14 dias "


_Phrase: TypeAlias = tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]]
_OTHER_CALENDAR = (
    r"\b(?:chinese|lunar|orthodox|coptic|jewish|islamic|persian|hindu|tamil|greek|ethiopian)"
    r" (?:new ?year\S*(?: (?:day|eve))?|christmas(?: eve)?|easter(?: sunday)?|good friday)"
)
_HOLIDAYS: tuple[_Phrase, ...] = (
    (re.compile(_OTHER_CALENDAR), " zz zz "),
    *((re.compile(rf"\b(?:{spelled})\b"), f" day_{name} ") for name, spelled, _ in HOLIDAYS),
)
_ANY_HOLIDAY = re.compile(rf"\b(?:{'|'.join(spelled for _, spelled, _ in HOLIDAYS)})\b")
_PHRASES: tuple[_Phrase, ...] = tuple(
    (re.compile(pattern), becomes)
    for pattern, becomes in (
        (r"o ?[\"'] ?clock|o clock|o'clock", " oclock "),
        (r"(?<=[a-z])@|@(?=[a-z])", " @ "),
        (r"\b(?:[dx] ?|por|de)la (?=tarde|noche|manana|madrugada)", "de la "),
        (r"\bm(?=[an]*n)[an]{4,7}\b", "manana"),  # the same letters, slipped: mnana, maanna
        (r"\bp[asdo]{3,7} ?manana\b", " overmorrow "),
        (r"\b(de|por|en) la n[oche]{3,5}\b", r"\1 la noche"),
        (r"\b(de|por|en) la t[arde]{3,5}\b", r"\1 la tarde"),
        (r"\by m[edia]{3,5}\b", "y media"),
        (r"\bh[alf]{2,4} p[ast]{2,4}\b", "half past"),
        (r"\bd[ay]{2,3} a[fter]{3,6} (?=tom|tmr)", "day after "),
        (
            r"\b(?:an?|one|una|1) ?h(?:ou)?ra? (?:and a half|y media)\b|\b(?<=en )hora y media\b",
            " 1.5 hours ",
        ),
        (r"\b(\d{1,2}) ?(?:hours|horas|hrs?) (?:and a half|y media)\b", r" \1.5 hours "),
        (r"\b(?:one|1|una) (?:and a half|y media) (?:hours?|horas?)\b", " 1.5 hours "),
        (r"\b(in|en) (\d{1,2}) ?h ?(\d{2})\b", r"\1 \2 hours \3 minutes "),
        (r"\b(?:a |one )?fort ?night\b", " 2 weeks "),
        (r"(?<!\d)((?:19|20)\d\d)(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])(?!\d)", r"\1-\2-\3"),
        (r"\btres cuartos de hora\b|\bthree quarters of an hour\b", " 45 minutes "),
        (rf"\b({_WEEKDAY_NAMES}) week\b(?! (?:of|after))", r" 7 days after \1 "),
        (rf"\b(?:de )?({_WEEKDAY_NAMES}|manana) en ocho(?: dias)?\b", r" 7 days after \1 "),
        (r"(?<=[a-z]) ([ap]) m\b", r" \1m "),
        (r"\buna(?= (?:y \w|(?:de|en|por) la (?:tarde|manana|madrugada|noche)|en punto|[ap]\.? ?m\b))", "1"),
        (rf"\b({_SPANISH_UNITS}|{_WEEKDAY_NAMES}) despues del?\b", r"\1 after "),
        (rf"\b({_SPANISH_UNITS}|{_WEEKDAY_NAMES}) antes del?\b", r"\1 before "),
        (rf"\b({_TENS_WORDS})-(?=[a-z])|(?<=[a-z])-(?=(?:oh?|fifteen|{_TENS_WORDS})\b)", r"\1 "),
        (r"\b(?:right|just|por|ya) (now|ahora|ahorita)\b|\b(ahora|ahorita) mism[oa]\b", r" \1\2 "),
        (
            r"\b(in|en)(?: (?:about|around|abt|approximately|approx|like|maybe|roughly|como|unos|unas))+\b",
            r" \1 ",
        ),
        (r"\b(?:in|on) the ([ap])\.?m\b", r" \1m "),
        (
            r"\b(?:can ?'?t|cannot|can not)(?: (?:do|make|come|go|on|in|it))*(?= )"
            r"|\bno puedo(?: (?:ir|llegar|venir|para|en|el|la))*(?= )",
            " not ",
        ),
        (r"\bpasad[ao]s (?:de )?las?\b", " past "),
        (r"\b(?:de )?hoy en (ocho|quince)(?: dias)?\b", _fortnight),
        (r"\bun par de\b", " 2 "),
        (r"\b2 ?(?:moro|morrow|morow|mrw|mro)\b", " tomorrow "),
        (r"\b2(?:nite|night)\b", " tonight "),
        (r"\b2day\b", " today "),
        (
            r"\b(have|got|had|get|another|new|that|this|first|next|last) one\b(?! (?:[ap]\.?m|o'?clock))",
            r"\1 zz",
        ),
        (r"\btom(?= (?:at |@ ?|around )?\d)", " tomorrow "),
        (r"\bfirst thing\b|\ba primera hora\b", " "),
        (r"(?<=\w)[- ]?ish\b", " "),
        (r"\b(?:around|about|abt|like|maybe|say|como a|tipo)(?= \d{1,4}(?: ?[ap]\.?m|\s*$|[,.]\s))", " @ "),
        (r"\b(?:sharp|exactly|on the dot)\b", " oclock "),
        (r"\b(?:instead of|rather than|not on|en vez de(?:l)?|en lugar de(?:l)?)\b", " not "),
        (r"\ben punto\b", " enpunto "),
        (
            rf"\b(?:{_NAMED_DAYS}) (?:{_WEEKDAY_NAMES})\b|\b(?:{_WEEKDAY_NAMES}) (?:santo|de ramos|negro)\b",
            " zz zz ",
        ),
        (r"(?<=\d)m\b", " min "),
        (
            r"\b(\d{1,2})h(?= (?:ago|before|from|later|earlier|antes)\b)|(?<=\bin )(\d{1,2})h\b",
            r"\1\2 hours ",
        ),
        (r"(?<=\d)\s?(?:ampm|am/pm|am or pm)\b", " zz "),
        (r"(\d|\b[a-z]+ )\.?\s?([ap])\s?\.\s?m\b\.?", r"\1 \2m "),
        (r"(\d)\.?\s?([ap])m\b\.?", r"\1 \2m "),
        (r"\b(\d+)(?:st|nd|rd|th) (?:street|st|ave|avenue|floor|fl|piso)\b", " zz "),
        (_ADDRESS, " zz "),
        (r"(\d)([ap])\b\.?|(\d) (p)\b(?! ?m)", r"\1\3 \2\4m "),
        (r"(\d) ([ap]) m\b", r"\1 \2m "),
        (r"\b(?:the )?day after (?:tomorrow|tmrw|tomoro|tomorow)\b|\bpasado manana\b", " overmorrow "),
        (r"\b(?:the )?day before yesterday\b|\bantes de ayer\b", " ereyesterday "),
        (r"\b(?:last night|anoche)\b", " ayer night "),
        (r"\b(?:de|por|en|a) la (?:manana|mana)\b|\besta manana (?=a las|temprano)", " morning "),
        (r"\besta manana\b|\bthis morning\b", " today morning "),
        (r"\besta tarde\b|\bthis afternoon\b", " today afternoon "),
        (r"\besta noche\b|\bthis evening\b", " tonight "),
        (r"\b(?:de|por|en|a) la (tarde|noche|madrugada)\b", r" \1 "),
        (rf"(?<=[a-z\d]) del (?:mediodia|medio dia|dia(?! (?:\d|{_TWELVE})))\b", " midday_part "),
        (r"\bmedio ?dia\b|\bmid ?day\b", " noon "),
        (r"\bmedia noche\b|\bmid ?night\b", " midnight "),
        (r"\bmanana\b(?= (?:al )?noon)", "tomorrow"),
        (r"\bmanana\b", " tomorrow "),
        (
            r"\b(?:in|on|by|during) (?:the )?(?:early |late )?(morning|afternoon|evening|night)\b"
            r"|\bat (night)\b",
            r" \1\2 ",
        ),
        (r"\b(?:early|late) (morning|afternoon|evening|night)\b", r" \1 "),
        (
            r"\b(cinco|diez|quince|veinte|veinticinco|cuarto|5|10|15|20|25)(?: minutos)? (?:para|pa) las?"
            r"(?= )",
            r"\1 menos_las ",
        ),
        (r"\bde (?:aqui|hoy) (?:a|en)(?= \w+ (?:dias?|semanas?|mes|horas?|minutos))", " en "),
        (rf"\bno (?:es )?(?:para )?(?:el|la)(?= (?:{_WEEKDAY_NAMES}|\d))", " not "),
        (r"\bque (?:viene|entra)\b|\bentrante\b", " que_viene "),
        (r"\b(?:este|esta|this) (?:proxim[oa]|next|coming|upcoming)\b", " this "),
        (
            r"\bfrom (?:now|today|hoy|tday)\b|\ba partir de (?:hoy|ahora)\b|\bafter (?:today|now)\b",
            " fromnow ",
        ),
        (r"\b(?:dentro|adentro) de\b", " en "),
        (
            r"\b(?:a|al|tipo|como a|hacia|sobre|para) (?:las|la)(?= \w)|\balas\b",
            " @ ",
        ),
        (
            rf"\blas?(?= (?:\d|(?:{_TWELVE})\b))",
            " @ ",
        ),
        (r"\bel dia\b(?! (?:after|before)\b)", " el "),
        (r"\b(?:jan|feb|mar|apr|may|jun|jul|aug|sept?|oct|nov|dec)(?=\d)", r"\g<0> "),
        (r"\b(?:a couple(?: of)?)\b", " 2 "),
        (r"\btoday'?s\b", "today"),
        (r"'s\b", ""),
    )
)
_LINK = re.compile(r"(?<!\S)(?=\S{0,200}(?:://|www\.|%[0-9a-f]{2}|_))\S+")
_LEX = re.compile(
    r"""
    (?P<money>[$€£]\s?\d[\d,.]*|\d[\d,.]*\s?%|\d{1,3}(?:,\d{3})+(?:\.\d+)?)
    |(?P<iso>(?<![\d\-])\d{4}\s?[-/.]\s?\d{1,2}\s?[-/.]\s?\d{1,2}(?![\d\-]))
    |(?P<date>(?<![\d\-])\d{1,2}\s?(?P<sep>[-/.])\s?\d{1,2}\s?(?P=sep)\s?(?:\d{4}|\d{2})(?![\d\-]))
    |(?P<slash>(?<![\d\-/])\d{1,2}\s?/\s?\d{1,2}(?![\d/\-]))
    |(?P<code>\d+(?:-\d+){2,})
    |(?P<dash>(?<![\d\-])\d{1,2}\s?-\s?\d{1,2}(?![\d:\-]|\s?[ap]m))
    |(?P<clock>\d{1,2}(?:\s?[:h]\s?|;)\d{2}(?::\d{2})?(?!\d)|\d{1,2}h(?![a-z]))
    |(?P<dot>(?<![\d.])\d{1,2}\.\d{1,2}(?![\d]|\.\d))
    |(?P<ordinal>\d{1,2}\s?(?:st|nd|rd|th)\b|\d{1,2}\.?(?:o|ro|do|to|er|ero)\b)
    |(?P<digits>\d+)
    |(?P<word>@|[a-z]+(?:_[a-z]+)?(?:'[a-z]+)?)
    |(?P<point>[,;.!?()\-:/])
    """,
    re.VERBOSE,
)


def tokens(text: str, lang: str) -> list[Token]:
    """Turn a text into tokens."""
    folded = _LINK.sub(" zz ", fold(text)[:LONGEST])
    named = _ANY_HOLIDAY.search(folded) is not None
    for pattern, becomes in (*_HOLIDAYS, *_PHRASES) if named else _PHRASES:
        folded = pattern.sub(becomes, folded)
    return list(islice(_read(folded, lang), MOST))


def _read(folded: str, lang: str) -> Iterator[Token]:
    pieces = [(found.lastgroup or "point", found[0]) for found in _LEX.finditer(folded)]
    spoken = [piece for _, piece in pieces]
    if len(pieces) == 1 and lang == "es" and spoken[0] in _SHORT_SPANISH:
        yield Token("W", _SHORT_SPANISH[spoken[0]], spoken[0])
        return
    at = 0
    while at < len(pieces):
        group, piece = pieces[at]
        if group == "word":
            token, used = _word(spoken, at, lang)
            yield token
            at += used
        else:
            yield _figure(group, piece)
            at += 1


def _figure(group: str, piece: str) -> Token:
    digits = [int(each) for each in re.findall(r"\d+", piece)]
    match group:
        case "iso" | "date" | "slash" | "dash":
            return Token("d", 0, re.sub(r"\s", "", piece))
        case "dot":
            return Token("f", 0, piece)
        case "clock":
            hour, minute = digits[0], digits[1] if len(digits) > 1 else 0
            fits = hour < 25 and minute < 60
            return Token("t" if fits else "m", hour * 60 + minute, piece.replace(" ", ""))
        case "ordinal":
            return Token("o", digits[0], piece)
        case "digits":
            return Token("n" if len(piece) < 3 else "N" if len(piece) < 5 else "m", digits[0], piece)
        case "money" | "code":
            return Token("m", 0, piece)
        case _:
            return Token({",": "c", "-": "-", ":": "c", "/": "-"}.get(piece, "s"), 0, piece)


def _word(spoken: list[str], at: int, lang: str) -> tuple[Token, int]:
    word = spoken[at].replace("'", "")
    if lang == "es" and word in _SPANISH_FIRST:
        kind, value = _SPANISH_FIRST[word]
        return Token(kind, value, word), 1
    after_at = at > 0 and spoken[at - 1] == "@"
    if word in _SPANISH_ONLY and lang != "es" and not after_at:
        return Token("z", 0, word), 1
    if word in ("second", "segundo"):
        counted = at > 0 and (spoken[at - 1] in ("a", "one", "un") or spoken[at - 1].isdigit())
        return Token(*(("u", SECOND) if counted else ("q", 2)), word), 1
    if word in _WORDS and not (word in ("un", "una") and after_at):
        kind, value = _WORDS[word]
        return Token(kind, value, word), 1
    value, used = ordinal(spoken, at)
    if used:
        return Token("q", value, word), used
    value, used = numeral(spoken, at)
    if used:
        return Token("y" if value > 1000 else "w", value, word), used
    return _misspelled(word), 1


@lru_cache(maxsize=2048)
def _misspelled(word: str) -> Token:
    if (len(word) < 5 and not (len(word) == 4 and word.startswith("lu"))) or word in _NO_SLIPS:
        return Token("z", 0, word)
    far = {known: _distance(word, known) for known in _SPELLED if known[0] == word[0]}
    least = min(far.values(), default=_TOO_FAR)
    near = {_WORDS[known] for known, away in far.items() if away == least < _TOO_FAR}
    return Token(*near.pop(), word) if len(near) == 1 else Token("?" if near else "z", 0, word)


def _distance(word: str, known: str) -> int:
    """Count the slips between two words; more than one, or two of a long word, are too many."""
    allowed = 2 if len(known) >= 8 else 1
    away = DamerauLevenshtein.distance(word, known, score_cutoff=allowed)
    return away if away <= allowed else _TOO_FAR
