"""The ZIP table: every zone is real, and what people type is forgiven."""

import subprocess
import sys
from pathlib import Path
from zoneinfo import available_timezones

import pytest

from bot.rides import build_zips, zips


def test_every_zone_is_one_the_machine_knows() -> None:
    known = available_timezones()
    listed = [zips.look_up(code) for code in zips._lines()]
    assert len(listed) > 41_000
    assert {each.zone for each in listed if each} <= known


@pytest.mark.parametrize(
    "code, zone",
    [
        ("02119", "America/New_York"),
        ("02119-1234", "America/New_York"),
        (" 60601 ", "America/Chicago"),
        ("85001", "America/Phoenix"),
        ("86515", "America/Denver"),  # Navajo Nation keeps summer time inside Arizona
        ("46402", "America/Chicago"),  # Gary, Indiana
        ("47712", "America/Chicago"),  # Evansville, Indiana
        ("32501", "America/Chicago"),  # Pensacola, Florida
        ("79901", "America/Denver"),  # El Paso, Texas
        ("83814", "America/Los_Angeles"),  # Coeur d'Alene, Idaho
        ("99634", "America/Anchorage"),  # named after its town in the data it is built from
        ("96813", "Pacific/Honolulu"),
        ("00901", "America/Puerto_Rico"),
        ("02298", "America/New_York"),  # not listed: its neighbour's
        ("09001", None),  # military
        ("00000", None),
        ("2119", None),
        ("abcde", None),
        ("", None),
        ("٠٢١١٩", None),
    ],
)
def test_the_zone_of_a_zip(code: str, zone: str | None) -> None:
    assert zips.zone_of(code) == zone


def test_town_and_middle() -> None:
    assert zips.city_of("02119") == "Roxbury"
    assert zips.centroid("02119") == pytest.approx((42.32, -71.09), abs=0.03)
    assert zips.city_of("00000") is None
    assert zips.centroid("00000") is None


def test_a_pin_knows_its_zip_and_a_town_its_nearest() -> None:
    assert zips.nearest(42.3240, -71.0850).city in ("Roxbury", "Boston", "Dorchester")
    assert zips.nearest(51.88, -176.65).zone == "America/Adak"
    springfield = zips.of_city("SPRINGFIELD", (42.3, -71.1))
    assert springfield is not None
    assert springfield.state == "MA"
    assert zips.of_city("Nowhere At All", (42.3, -71.1)) is None


def test_the_table_is_small_and_quick_to_read() -> None:
    assert zips.TABLE.stat().st_size < 1_500_000
    script = (
        "import time; t = time.perf_counter(); from bot.rides import zips; zips.zone_of('02119');"
        " print(time.perf_counter() - t)"
    )
    root = Path(zips.__file__).parents[2]
    took = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, check=True, text=True, cwd=root
    )
    assert float(took.stdout) < 0.5  # 0.05 s alone on the machine; the suite is seldom alone


def test_an_older_table_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import gzip

    old = tmp_path / "zips.csv.gz"
    old.write_bytes(gzip.compress(b"# onward-zips-0\n02119,42,-71,Roxbury,MA,\n"))
    monkeypatch.setattr(zips, "TABLE", old)
    with pytest.raises(ValueError, match="build it again"):
        zips._lines.__wrapped__()


def row(code: str, state: str, zone: str, lat: str = "1.5", city: str = "Town") -> dict[str, str]:
    return {"zip_code": code, "state": state, "timezone": zone, "lat": lat, "long": lat, "city": city}


def test_building_mends_the_bad_name_and_leaves_military_post_out() -> None:
    listed = [
        row("99635", "AK", "America/Anchorage"),
        row("99634", "AK", "Napakiak", city="Napakiak"),
        row("99546", "AK", "America/Adak", lat="0"),
        row("99501", "AK", "America/Anchorage"),
        row("09001", "AE", ""),
        row("09905", "NY", "America/New_York"),
    ]
    assert build_zips.rows(listed) == [
        ("99501", "1.500", "1.500", "Town", "AK", ""),
        ("99546", "", "", "Town", "AK", "America/Adak"),
        ("99634", "1.500", "1.500", "Napakiak", "AK", ""),
        ("99635", "1.500", "1.500", "Town", "AK", ""),
    ]


@pytest.mark.parametrize("zone", ["", "Napakiak", "America/Boston"])
def test_building_stops_at_a_zone_nobody_knows(zone: str) -> None:
    with pytest.raises(SystemExit, match="no such zones"):
        build_zips.rows([row("02119", "MA", zone)])


def test_the_table_in_the_tree_is_what_its_source_builds() -> None:
    zipcodes = pytest.importorskip("zipcodes", reason="the source of the table is not installed")
    built = build_zips.rows(zipcodes.list_all())
    assert [",".join(each) for each in built] == list(zips._lines().values())
    zones = {
        row["zip_code"]: build_zips.MENDED.get(row["zip_code"], row["timezone"])
        for row in zipcodes.list_all()
    }
    pairs = [(state, zones[code]) for code, _, _, _, state, _ in built]
    assert build_zips.usual_zones(pairs) == zips.USUAL_ZONE


@pytest.mark.parametrize("pin", [(42.36, -71.05), (39.5, -98.3), (61.2, -149.9), (0.0, -30.0), (19.3, 166.6)])
def test_the_nearest_zip_is_the_nearest_of_all(pin: tuple[float, float]) -> None:
    of_all = min(zips._pins(), key=lambda each: zips._apart((each[1], each[2]), pin))
    assert zips.nearest(*pin).code == of_all[0]
