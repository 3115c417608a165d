"""Build `zips.csv.gz` from the `zipcodes` package: run by a developer, never by the program.

    python -m bot.rides.build_zips

The rule kept here: every zone written is a name `zoneinfo` knows. The package's one bad name is mended,
military post (no place on the map) is left out, and a pin of 0, 0 is written as none. The package is
under the MIT licence; its text is written beside the table.
"""

import csv
import gzip
import io
from collections import Counter
from importlib.metadata import distribution
from pathlib import Path
from zoneinfo import available_timezones

from bot.rides.zips import FOLDER, TABLE, VERSION

LICENCE = FOLDER / "zips.LICENSE.txt"
MILITARY_STATES = frozenset({"AA", "AE", "AP"})
MENDED = {"99634": "America/Anchorage"}  # the package has the town's name, Napakiak, in place of the zone


def rows(listed: list[dict[str, str]]) -> list[tuple[str, str, str, str, str, str]]:
    """Choose and mend: ZIP, latitude, longitude, city, state, zone ("" for the state's usual one)."""
    kept = [
        row for row in listed if row["state"] not in MILITARY_STATES and not row["zip_code"].startswith("09")
    ]
    zones = {row["zip_code"]: MENDED.get(row["zip_code"], row["timezone"]) for row in kept}
    if unknown := sorted({*zones.values()} - available_timezones()):
        raise SystemExit(f"no such zones: {unknown}")
    usual = usual_zones([(row["state"], zones[row["zip_code"]]) for row in kept])
    out = []
    for row in sorted(kept, key=lambda each: each["zip_code"]):
        code, lat, lon = row["zip_code"], float(row["lat"]), float(row["long"])
        pin = ("", "") if lat == 0 and lon == 0 else (f"{lat:.3f}", f"{lon:.3f}")
        zone = zones[code]
        out.append((code, *pin, row["city"], row["state"], "" if zone == usual[row["state"]] else zone))
    return out


def usual_zones(pairs: list[tuple[str, str]]) -> dict[str, str]:
    """Find the zone most ZIPs of each state keep."""
    counts: dict[str, Counter[str]] = {}
    for state, zone in pairs:
        counts.setdefault(state, Counter())[zone] += 1
    return {state: count.most_common(1)[0][0] for state, count in sorted(counts.items())}


def main() -> None:
    """Write the table and the licence beside this file, the same bytes each time."""
    import zipcodes

    package = distribution("zipcodes")
    listed = zipcodes.list_all()  # type: ignore[no-untyped-call]
    text = io.StringIO()
    text.write(f"# {VERSION} from zipcodes {package.version}, MIT licence, see {LICENCE.name}\n")
    write = csv.writer(text, lineterminator="\n")
    kept = rows(listed)
    write.writerows(kept)
    TABLE.write_bytes(gzip.compress(text.getvalue().encode(), 9, mtime=0))
    licence = next(file for file in package.files or [] if file.name == "LICENSE.txt")
    notice = f"zips.csv.gz is made from the data of the Python package zipcodes {package.version}:\n\n"
    LICENCE.write_text(notice + Path(str(licence.locate())).read_text())
    print(f"{len(kept)} ZIPs, {TABLE.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
