"""Number words, English and Spanish: "twenty two", "veintidós", "two thousand and nineteen".

The rule: the longest run of words that makes one number is one number; what is not a number word ends it.
"""

from collections.abc import Sequence

_SMALL = {
    word: value
    for value, spelled in enumerate(
        (
            "zero cero", "one uno una un", "two dos", "three tres", "four cuatro", "five cinco", "six seis",
            "seven siete", "eight ocho", "nine nueve", "ten diez", "eleven once", "twelve doce",
            "thirteen trece", "fourteen catorce", "fifteen quince", "sixteen dieciseis",
            "seventeen diecisiete", "eighteen dieciocho",
            "nineteen diecinueve", "veinte", "veintiuno veintiun veintiuna", "veintidos", "veintitres",
            "veinticuatro", "veinticinco", "veintiseis", "veintisiete", "veintiocho", "veintinueve",
        )
    )
    for word in spelled.split()
}  # fmt: skip
_TENS = {
    word: value
    for value, spelled in (
        (20, "twenty veinte"), (30, "thirty treinta"), (40, "forty fourty cuarenta"), (50, "fifty cincuenta"),
        (60, "sixty sesenta"), (70, "seventy setenta"), (80, "eighty ochenta"), (90, "ninety noventa"),
    )
    for word in spelled.split()
}  # fmt: skip
_HUNDREDS = {
    word: (at + 1) * 100
    for at, spelled in enumerate(
        "cien,ciento doscientos trescientos cuatrocientos quinientos seiscientos setecientos ochocientos"
        " novecientos".split()
    )
    for word in spelled.split(",")
}  # fmt: skip
_ORDINALS = {
    word: at + 1
    for at, spelled in enumerate(
        (
            "first primero primer primera 1ro", "second segundo segunda", "third tercero tercer",
            "fourth forth cuarto", "fifth quinto", "sixth sexto", "seventh septimo",
            "eighth eigth octavo", "ninth nineth noveno", "tenth decimo", "eleventh",
            "twelfth twelveth", "thirteenth", "fourteenth", "fifteenth",
            "sixteenth", "seventeenth", "eighteenth", "nineteenth", "twentieth",
        )
    )
    for word in spelled.split()
} | {"thirtieth": 30}  # fmt: skip
_AND = frozenset(("and", "y"))


def numeral(said: Sequence[str], at: int) -> tuple[int, int]:
    """Read the number that starts at `said[at]`: its value and the words it took (0: no number)."""
    value, used = _below_hundred(said, at)
    if not used and said[at] in _HUNDREDS:
        value, used = _HUNDREDS[said[at]], 1
        more, taken = _after_and(said, at + used)
        value, used = value + more, used + taken
    if not used and said[at] != "mil":
        return 0, 0
    if used and _word(said, at + used) == "hundred" and value < 100:
        more, taken = _after_and(said, at + used + 1)
        value, used = value * 100 + more, used + 1 + taken
    if _word(said, at + used) in ("thousand", "mil") and value < 1000:
        more, taken = _up_to_thousand(said, at + used + 1)
        value, used = (value or 1) * 1000 + more, used + 1 + taken
    return value, used


def ordinal(said: Sequence[str], at: int) -> tuple[int, int]:
    """Read an ordinal word ("first", "twenty seventh", "primero"): value and words taken."""
    if (value := _ORDINALS.get(said[at])) is not None:
        return value, 1
    tens = _TENS.get(said[at])
    unit = _ORDINALS.get(_word(said, at + 1), 0)
    return (tens + unit, 2) if tens in (20, 30) and 0 < unit < 10 else (0, 0)


def _below_hundred(said: Sequence[str], at: int) -> tuple[int, int]:
    word = said[at]
    tens = _TENS.get(word)
    if tens is None:
        return (_SMALL[word], 1) if word in _SMALL else (0, 0)
    step = 2 if _word(said, at + 1) == "y" and tens >= 30 else 1
    unit = _SMALL.get(_word(said, at + step), 0)
    return (tens + unit, step + 1) if 0 < unit < 10 else (tens, 1)


def _up_to_thousand(said: Sequence[str], at: int) -> tuple[int, int]:
    if _word(said, at) in _HUNDREDS:
        more, taken = _after_and(said, at + 1)
        return _HUNDREDS[said[at]] + more, 1 + taken
    value, used = _after_and(said, at)
    if used and _word(said, at + used) == "hundred":
        more, taken = _after_and(said, at + used + 1)
        return value * 100 + more, used + 1 + taken
    return value, used


def _after_and(said: Sequence[str], at: int) -> tuple[int, int]:
    step = 1 if _word(said, at) in _AND else 0
    if at + step >= len(said):
        return 0, 0
    value, used = _below_hundred(said, at + step)
    return (value, used + step) if used else (0, 0)


def _word(said: Sequence[str], at: int) -> str:
    return said[at] if at < len(said) else ""
