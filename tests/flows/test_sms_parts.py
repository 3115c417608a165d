"""How texts are counted: 37 cases that follow from 3GPP TS 23.038 and how parts are joined."""

import pytest

from flows.sms_parts import BASIC, EXTENSION, Parts, not_gsm7, parts

GSM, UCS = "GSM-7", "UCS-2"
CASES = [
    # the default alphabet: 160 alone, 153 each when joined
    ("", (GSM, 0, 1)),
    ("a", (GSM, 1, 1)),
    ("a" * 160, (GSM, 160, 1)),
    ("a" * 161, (GSM, 161, 2)),
    ("a" * 306, (GSM, 306, 2)),
    ("a" * 307, (GSM, 307, 3)),
    ("a" * 459, (GSM, 459, 3)),
    ("a" * 460, (GSM, 460, 4)),
    ("\n" * 160, (GSM, 160, 1)),
    ("\r\n" * 80, (GSM, 160, 1)),
    ("@£$¥èéùìòÇ" * 16, (GSM, 160, 1)),
    ("ñÑ¿¡üÜäÄöÖà" * 14, (GSM, 154, 1)),
    ("ΔΦΓΛΩΠΨΣΘΞ" * 16, (GSM, 160, 1)),
    # the extension table: an escape and one more
    ("€", (GSM, 2, 1)),
    ("[1 Si] [2 No]", (GSM, 17, 1)),
    ("^{}\\[~]|€\f", (GSM, 20, 1)),
    ("€" * 80, (GSM, 160, 1)),
    ("€" * 81, (GSM, 162, 2)),
    ("a" * 158 + "€", (GSM, 160, 1)),
    ("a" * 159 + "€", (GSM, 161, 2)),
    # an escape pair never splits: the 153rd septet stays empty
    ("a" * 152 + "€" + "a" * 152, (GSM, 306, 3)),
    ("a" * 151 + "€" + "a" * 153, (GSM, 306, 2)),
    ("€" * 76 + "a" + "€" * 76, (GSM, 305, 2)),
    ("€" * 77 + "€" * 76, (GSM, 306, 3)),
    # anything else: UCS-2, 70 alone, 67 each when joined
    ("á", (UCS, 1, 1)),
    ("á" * 70, (UCS, 70, 1)),
    ("á" * 71, (UCS, 71, 2)),
    ("á" * 134, (UCS, 134, 2)),
    ("á" * 135, (UCS, 135, 3)),
    ("a" * 70 + "í", (UCS, 71, 2)),
    ("’" + "a" * 69, (UCS, 70, 1)),
    ("ç", (UCS, 1, 1)),
    ("€" * 69 + "ó", (UCS, 70, 1)),
    # outside the basic plane a character takes two units and never splits
    ("😀", (UCS, 2, 1)),
    ("😀" * 35, (UCS, 70, 1)),
    ("a" * 66 + "😀" + "a" * 66, (UCS, 134, 3)),
    ("a" * 65 + "😀" + "a" * 67, (UCS, 134, 2)),
]


def test_there_are_37_cases() -> None:
    assert len(CASES) == 37


@pytest.mark.parametrize("text, expected", CASES)
def test_parts(text: str, expected: tuple[str, int, int]) -> None:
    assert parts(text) == Parts(*expected)  # type: ignore[arg-type]


def test_the_alphabet_is_the_standards() -> None:
    assert len(BASIC) == 127  # 128 places, one of them the escape
    assert len(EXTENSION) == 10
    assert not BASIC & EXTENSION


def test_what_forces_ucs2_is_named() -> None:
    assert not_gsm7("¿Qué día? áó á") == ["í", "á", "ó"]
    assert not_gsm7("Mañana, señora: [1 Sí]") == ["í"]
    assert not_gsm7("Plain text.") == []
