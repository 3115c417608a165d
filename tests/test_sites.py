"""Places that staff load: what is taken, what is said of the rest, and that loading again doubles nothing."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.cli import app
from bot.rides.sites import BadSite, NewSite, Rejected, read_doors, read_file, read_pin, read_site
from bot.settings import Settings
from bot.sites import Loaded, load_sites
from storage import places
from storage.database import Database
from storage.migrations import upgrade

HEAD = "name,kind,street,city,zip,lat,lon,doors\n"
HARBOR = (
    'Harbor Freightway,employer,4100 Airport Rd,Boston,02128,42.3701,-71.0301,"front, on Airport | dock"\n'
)
GIVEN = {
    "name": "Hope House", "kind": "shelter", "street": "218 5th St", "city": "Boston", "zip": "02118",
    "pin": "42.3361, -71.0652", "doors": "",
}  # fmt: skip


def test_a_good_row_is_a_place_with_its_pin_zone_and_doors() -> None:
    good, bad = read_file("\ufeff" + HEAD + HARBOR)
    assert bad == []
    assert good == [
        NewSite(
            "Harbor Freightway", "work", "4100 Airport Rd, Boston", (42.3701, -71.0301), "America/New_York",
            ({"key": "front-on-airport", "label": "front, on Airport"}, {"key": "dock", "label": "dock"}),
        )
    ]  # fmt: skip


def test_rejected_rows_are_named_by_their_line() -> None:
    text = (
        HEAD
        + HARBOR
        + "\n,agency,1 Elm St,Boston,02118,42.3,-71.1,\n"
        + HARBOR.upper()
        + "A,b,c,d,e,f,g,h,i\n"
    )
    good, bad = read_file(text)
    assert len(good) == 1
    assert bad == [
        Rejected(4, "has no name"),
        Rejected(5, "is Harbor Freightway again"),
        Rejected(6, "has more fields than the first line: put words with commas in quotes"),
    ]


def test_a_file_without_its_columns_is_not_read() -> None:
    with pytest.raises(ValueError, match="lat, lon missing"):
        read_file("name,kind,street,city,zip\nx,y,z,a,b\n")
    with pytest.raises(ValueError, match="first line"):
        read_file("")


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("name", " ", "has no name"),
        ("name", "x" * 41, "longer than 40"),
        ("street", "", "has no street"),
        ("kind", "jail", "kind that is none of"),
        ("zip", "99999", "no ZIP"),
        ("zip", "", "no ZIP"),
        ("pin", "", "no pin"),
        ("pin", "42, -71", "no pin"),  # a degree is 69 miles
        ("pin", "-71.0652, 42.3361", "miles from 02118"),  # the wrong way round
        ("pin", "142.3361, -71.0652", "no pin"),
        ("doors", "x" * 27, "longer than 26"),
        ("doors", "dock|Dock", "same door twice"),
    ],
)
def test_what_is_wrong_is_said(field: str, typed: str, said: str) -> None:
    site = read_site(GIVEN | {field: typed})
    assert isinstance(site, BadSite)
    assert said in site.why


@pytest.mark.parametrize(
    ("text", "pin"),
    [
        ("42.3361, -71.0652", (42.3361, -71.0652)),
        ("42.3361 -71.0652", (42.3361, -71.0652)),
        ("https://maps.example/place/X/@42.3361,-71.0652,17z", (42.3361, -71.0652)),
        ("https://maps.example/?q=42.3361%2C-71.0652", (42.3361, -71.0652)),
        ("geo:42.3361,-71.0652", (42.3361, -71.0652)),
        ("218 5th St", None),
        ("02118", None),
        ("91.0000, 10.0000", None),
    ],
)
def test_a_pin_is_read_out_of_what_maps_give(text: str, pin: tuple[float, float] | None) -> None:
    assert read_pin(text) == pin


def test_doors_come_parted_by_bars_or_lines() -> None:
    doors = read_doors("front\r\n back, by the dock |")
    assert not isinstance(doors, BadSite)
    assert [one["key"] for one in doors] == [
        "front",
        "back-by-the-dock",
    ]


async def test_loading_again_changes_and_never_doubles(database: Database, database_url: str) -> None:
    settings = Settings(
        env="test", database_url=database_url, encryption_keys=(("new", b"n" * 32),), index_key=b"i" * 32
    )
    site = read_site(GIVEN)
    assert isinstance(site, NewSite)
    assert await load_sites(settings, [site]) == Loaded(1, 0)
    moved = read_site(GIVEN | {"name": "HOPE HOUSE", "pin": "42.3362, -71.0650", "doors": "side"})
    assert isinstance(moved, NewSite)
    assert await load_sites(settings, [moved]) == Loaded(0, 1)
    (row,) = await database.read(places.shared_places)
    assert (row.label, row.pin, row.confirmed) == ("HOPE HOUSE", (42.3362, -71.065), True)


def test_the_command_takes_the_good_names_the_bad_and_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"sqlite:///{tmp_path / 'onward.db'}"
    upgrade(url)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", url)
    (tmp_path / "sites.csv").write_text(HEAD + HARBOR + "X,,1 A St,Boston,02118,,,\n")
    ran = CliRunner().invoke(app, ["places", "import", "sites.csv"])
    assert ran.exit_code == 1
    assert "1 new places, 0 brought up to date." in ran.output
    assert "line 3 has no pin" in ran.output
