"""Area codes: which zones a number may be from, as far as anybody can know."""

from zoneinfo import ZoneInfo

import pytest

from bot.reminders.area_codes import _ZONES, zones_of_phone
from bot.rides.zips import USUAL_ZONE, other_zones_of


@pytest.mark.parametrize(
    ("phone", "zones"),
    [
        ("+16175550142", ("America/New_York",)),
        ("sms:+13125550142", ("America/Chicago",)),
        ("+16055550142", ("America/Chicago", "America/Denver")),  # South Dakota has both
        ("+18505550142", ("America/New_York", "America/Chicago")),
        ("+14805550142", ("America/Phoenix",)),
        ("+18005550142", ()),  # toll-free
        ("+5215555550142", ()),
        ("telegram:9001", ()),
        ("", ()),
    ],
)
def test_the_zones_of_a_number(phone: str, zones: tuple[str, ...]) -> None:
    assert zones_of_phone(phone) == zones


def test_every_code_is_written_once_for_each_zone_and_every_zone_is_real() -> None:
    for zone, codes in _ZONES.items():
        listed = codes.split()
        assert ZoneInfo(zone)
        assert len(set(listed)) == len(listed), zone
        assert all(len(code) == 3 and code[0] in "23456789" for code in listed)
    assert {zone for zone in USUAL_ZONE.values() if zone.startswith("America/")} <= set(_ZONES)


@pytest.mark.parametrize(
    ("code", "others"),
    [
        ("02119", ()),
        ("60601", ()),
        ("37402", ("America/Chicago",)),  # Chattanooga: Alabama begins near by
        ("32456", ("America/Chicago",)),  # Port St. Joe
        ("00000", ()),
        ("nonsense", ()),
    ],
)
def test_the_other_zones_of_a_zip(code: str, others: tuple[str, ...]) -> None:
    assert other_zones_of(code) == others
