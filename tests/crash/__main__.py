"""`make crash`: kill a server so many times under traffic, check, and print the figures as the last line."""

import argparse
import asyncio
import re
import sys
import time
from collections import Counter
from random import Random
from typing import get_args

from tests.crash.checker import FAULTS, Counts, check
from tests.crash.driver import Driver, NotWell
from tests.crash.installation import Kind, installation
from tests.crash.weather import Blow

CROWD = 24
"""People who count; one more books a ride in each round."""


def main() -> int:
    """Run with the arguments of the command line; 1 where a promise was broken."""
    asked = argparse.ArgumentParser(prog="python -m tests.crash", description=__doc__)
    asked.add_argument("--kills", type=int, default=200)
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--db", choices=get_args(Kind), default="sqlite")
    asked.add_argument("--telegram", choices=("polling", "webhook"), help="by itself polling on SQLite")
    asked.add_argument("--keep-log", action="store_true", help="print what the server logged")
    given = asked.parse_args()
    polled = given.telegram == "polling" if given.telegram else None
    with installation(given.db, polled=polled) as made:
        driver = Driver(made, Random(given.seed), CROWD, lambda words: print(words, flush=True))
        began = time.monotonic()
        try:
            asyncio.run(driver.run(given.kills))
            counts = check(driver)
        except NotWell as error:
            print(f"NOT WELL: {error}\n{made.log.read_text(errors='replace')[-5000:]}")
            return 1
        finally:
            if given.keep_log:
                print(made.log.read_text(errors="replace"))
        for line in (*counts.why, *rows_of(counts)):
            print(f"  {line}")
        for line in story(driver, counts):
            print(line)
        print(figures(given.db, given.seed, driver, counts, time.monotonic() - began))
        return int(counts.broken)


def rows_of(counts: Counts) -> list[str]:
    """Show what is known of the first few people whom something went wrong for."""
    named = dict.fromkeys(re.findall(r"\+1555[0-9]+|90[0-9]{4}", " ".join(counts.why)))
    lines = []
    for address in list(named)[:3]:
        lines.append(f"-- {address}")
        for row in counts.rows:
            if row["address"] == address:
                told = f"{row['id']} {row['direction']} {row['kind']} {row['state']} {row['error'] or ''}"
                silent = counts.silent.get((row["conversation_id"], row["body"]), "")
                lines.append(f"   {told} {row['provider_id']} {row['body'][:70]!r} {silent}")
    return lines


def story(driver: Driver, counts: Counts) -> list[str]:
    """Say what the figures stand on."""
    log, made = driver.log, driver.installation
    refused = ", ".join(f"{many} x {status}" for status, many in sorted(log.refused.items())) or "none"
    return [
        f"killed at: {', '.join(f'{name} ({many})' for name, many in log.killed.most_common())}",
        f"not reached in time: {dict(log.missed_points) or 'none'}",
        f"posts {log.posts}, refused {refused}; {len(made.twilio.sent)} texts by SMS, "
        f"{len(made.telegram.sent)} by Telegram",
        f"texts of ours: {dict(Counter(row['state'] for row in counts.rows if row['direction'] == 'out'))}",
        f"reported: {len(log.delivered)} delivered, {len(log.failed)} failed; "
        f"Telegram {'fetched' if made.polled else 'posted'}",
        f"no answer to: {dict(Counter(counts.silent.values()))}",
        f"{sum(len(person.surely) for person in driver.people)} numbers surely answered a question",
        f"{driver.booked} booked a ride, {len(driver.trips)} cars were ordered",
        f"  they stopped at {dict(log.reached)}",
        f"asked to end it took {', '.join(map(str, log.stops))}",
        f"a start took {made.start_seconds / max(made.starts, 1):.2f} s",
    ]


def figures(kind: str, seed: int, driver: Driver, counts: Counts, seconds: float) -> str:
    """Write the last line."""
    log = driver.log
    points = sum(name not in get_args(Blow) for name in log.killed)
    counted = " ".join(f"{name}={getattr(counts, name)}" for name in (*FAULTS, "maybe_sent"))
    kept = sum(text.kept is not None for text in log.texts)
    return (
        f"crash: {kind} seed={seed} kills={log.killed.total()} points={points} texts={kept} "
        f"{counted} seconds={seconds:.0f}"
    )


if __name__ == "__main__":
    sys.exit(main())
