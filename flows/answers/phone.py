"""Phone numbers that can get a text: exactly one, in the United States numbering plan, in E.164.

The rule: toll-free and premium numbers are refused (nobody's pocket rings), two numbers are a question.
555-01xx, which no company hands out, is let through: it is the number of examples and tests.
"""

import re

import phonenumbers

from flows.answers.reading import AskBack, Reading, Understood

_NOT_A_POCKET = frozenset("800 833 844 855 866 877 888 900".split())
_EXAMPLE = re.compile(r"^[2-9]\d\d55501\d\d$")


def read(text: str) -> Reading:
    """Read one phone number as +1NNNNNNNNNN."""
    found = {match.number.national_number: match.number for match in _candidates(text[:400])}
    if len(found) > 1:
        return AskBack("unclear.phone_two")
    if not found:
        return AskBack("unclear.phone")
    number = next(iter(found.values()))
    if str(number.national_number)[:3] in _NOT_A_POCKET:
        return AskBack("unclear.phone_toll_free")
    return Understood(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def _candidates(text: str) -> list[phonenumbers.PhoneNumberMatch]:
    """Find the numbers with everything between digits made a dash; where that runs two together, as typed."""
    joined = re.sub(r"(?<=\d)[\s._·-]+(?=\d)", "-", text)
    for spelled in (joined, text):
        matches = phonenumbers.PhoneNumberMatcher(spelled, "US", phonenumbers.Leniency.POSSIBLE, 20)
        if found := [match for match in matches if _in_plan(match.number)]:
            return found
    return []


def _in_plan(number: phonenumbers.PhoneNumber) -> bool:
    if number.country_code != 1 or number.extension:
        return False
    national = str(number.national_number)
    return bool(phonenumbers.is_valid_number(number) or _EXAMPLE.match(national))
