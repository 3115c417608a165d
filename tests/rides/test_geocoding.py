"""Where is it? What people type for a place, and what they are offered."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.rides import zips
from bot.rides.estimates import crow_miles
from bot.rides.geocoding import Door, Found, Geocoder, NoGeocoder, NoMap, Nowhere, pinned
from bot.rides.sample_map import LocalGeocoder, look_for
from bot.rides.streets import read_street

HERE = (42.3601, -71.0589)


def offered(text: str, near_zip: str | None = "02119", around: tuple[float, float] = HERE) -> list[str]:
    answer = look_for(text, around, near_zip)
    return [] if isinstance(answer, Nowhere) else [place.line for place in answer]


HOPE = "Hope House, 218 5th St"
FREIGHT = "Harbor Freightway, 4100 Airport Rd"
PARCEL = "Bay Parcel Depot, 12 Elm St"
HOTEL = "Hotel Harbor, 70 Pier St"
CAFE = "Mesa Cafe, 9 Main St"
DOCK = "Dock Co, 500 Wharf Rd"


@pytest.mark.parametrize(
    "typed, lines",
    [
        ("hope house on 5th", [HOPE]),
        ("Hope House", [HOPE]),
        ("hop house", [HOPE]),
        ("hopehouse", [HOPE]),
        ("the shelter on 5th", [HOPE]),
        ("218 5th St.", [HOPE]),
        ("218 5th street", [HOPE]),
        ("218 5th", [HOPE]),
        ("big warhouse by the airport fed x i think", [FREIGHT, PARCEL]),
        ("the warehouse", [FREIGHT, PARCEL]),
        ("la bodega cerca del aeropuerto", [FREIGHT, PARCEL]),
        ("harbor freight way", [FREIGHT]),
        ("4100 airport rd", [FREIGHT]),
        ("harbor", [FREIGHT, HOTEL]),
        ("el hotel", [HOTEL]),
        ("hotel harber", [HOTEL]),
        ("1 hotel harbor", [HOTEL]),
        ("mesa caffe", [CAFE]),
        ("9 main st. its the mesa cafe", [CAFE]),
        ("Dock co", [DOCK]),
        ("clean co", ["CleanCo, 31 Center Ave"]),
    ],
)
def test_named_places_are_found_through_slips_of_spelling(typed: str, lines: list[str]) -> None:
    assert offered(typed) == lines


@pytest.mark.parametrize(
    "typed",
    [
        "my moms house",
        "dunkin",
        "corner of dale and washington",
        "5th st",  # a street alone is no place
        "the place",
        "12",
        "i dont know",
        "",
        "?!",
        "🏠",
        "x" * 2000,
    ],
)
def test_nothing_is_offered_rather_than_a_guess(typed: str) -> None:
    assert offered(typed) == []


@pytest.mark.parametrize(
    "typed, line",
    [
        ("12 rowe st", "12 Rowe St, Roxbury"),
        ("12 Rowe Street, Boston", "12 Rowe St, Boston"),
        ("12 ROWE ST BOSTON MA", "12 Rowe St, Boston"),
        ("i stay at 77 dale st", "77 Dale St, Roxbury"),
        ("77 dale st apt 2", "77 Dale St Apt 2, Roxbury"),
        ("77 dale st #2b", "77 Dale St Unit 2B, Roxbury"),
        ("1200 north main street", "1200 N Main St, Roxbury"),
        ("12-14 Rowe Ave", "12-14 Rowe Ave, Roxbury"),
        ("123 Calle Luna, Boston", "123 Calle Luna, Boston"),
        ("12 main st worcester", "12 Main St, Worcester"),
        ("1200 N Main St Springfield IL 62701", "1200 N Main St, Springfield"),
        ("12 rowe", "12 Rowe, Roxbury"),
        ("12 rowe st by the park", "12 Rowe St, Roxbury"),
    ],
)
def test_a_typed_street_is_written_one_way(typed: str, line: str) -> None:
    assert offered(typed) == [line]


def test_a_place_has_its_doors_zone_and_mark() -> None:
    answer = look_for("hope house", HERE, None)
    assert answer == (
        Found(
            label="Hope House",
            address="218 5th St",
            city="Boston",
            lat=42.3601,
            lon=-71.0589,
            zone="America/New_York",
            doors=(Door("front", "front, on 5th"), Door("back", "back, on Alley Ln")),
            sample=True,
        ),
    )


def only(text: str, near_zip: str | None = "02119") -> Found:
    answer = look_for(text, HERE, near_zip)
    assert isinstance(answer, tuple), answer
    (place,) = answer
    return place


def test_a_street_is_always_in_one_place_and_its_numbers_in_a_row() -> None:
    twelve, again, fourteen, far = (only(f"{n} rowe st") for n in (12, 12, 14, 900))
    assert twelve == again
    gap = crow_miles(twelve.lat, twelve.lon, fourteen.lat, fourteen.lon)
    assert 0 < gap < 0.01
    assert crow_miles(twelve.lat, twelve.lon, far.lat, far.lon) > 0.1
    assert only("12 dale st") != twelve


@pytest.mark.parametrize("near_zip", ["02119", "60601", "85001", "96813"])
def test_a_street_is_near_the_persons_zip_in_its_zone(near_zip: str) -> None:
    middle = zips.centroid(near_zip)
    assert middle is not None
    answer = look_for("12 rowe st", middle, near_zip)
    assert isinstance(answer, tuple)
    assert crow_miles(answer[0].lat, answer[0].lon, *middle) < 2.5
    assert answer[0].zone == zips.zone_of(near_zip)
    assert answer[0].sample


def test_far_away_the_names_mean_other_places() -> None:
    assert offered("hope house", "60601", (41.88, -87.62)) == []


async def test_the_demo_geocoder_looks_near_the_pin_the_zip_or_home() -> None:
    geocoder: Geocoder = LocalGeocoder("02108")
    at_home = await geocoder.find("12 rowe st")
    assert isinstance(at_home, tuple)
    assert at_home[0].city == "Boston"
    by_zip = await geocoder.find("12 rowe st", near_zip="02119")
    assert isinstance(by_zip, tuple)
    assert by_zip[0].city == "Roxbury"
    unknown_zip = await geocoder.find("12 rowe st", near_zip="00000")
    assert unknown_zip == at_home
    chicago = await geocoder.find("12 rowe st", near=(41.88, -87.62))
    assert isinstance(chicago, tuple)
    assert chicago[0].zone == "America/Chicago"
    with pytest.raises(ValueError, match="00000"):
        LocalGeocoder("00000")


async def test_without_a_geocoder_a_caseworker_sets_the_pin() -> None:
    geocoder: Geocoder = NoGeocoder()
    assert await geocoder.find("12 rowe st", near_zip="02119") == NoMap()


def test_a_shared_pin_is_a_place_without_a_map() -> None:
    place = pinned(42.3301, -71.0951)
    assert (place.lat, place.lon, place.zone, place.sample) == (42.3301, -71.0951, "America/New_York", False)
    assert place.line == f"Pin, {place.city}"
    for nowhere in ((91, 0), (0, 181), (float("nan"), 0)):
        with pytest.raises(ValueError, match="earth"):
            pinned(*nowhere)


@given(st.text(max_size=80))
def test_any_text_gets_an_answer(text: str) -> None:
    answer = look_for(text, HERE, "02119")
    assert isinstance(answer, Nowhere) or 1 <= len(answer) <= 3


@given(st.text(alphabet="0123456789 abcstr.,#½-/", max_size=30))
def test_any_street_like_text_gets_an_answer(text: str) -> None:
    read_street(text)
    answer = look_for(text, HERE, None)
    assert isinstance(answer, Nowhere) or 1 <= len(answer) <= 3
