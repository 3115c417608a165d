"""Photos: fetched once, kept sealed, and given up in the end."""

from base64 import b64encode
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
import sqlalchemy as sa

from bot.channels.base import NoPhoto, Photo, PhotoAnswer, PhotoRef, TryLater
from bot.channels.simulator import Simulator
from bot.worker import housekeeping, photos
from storage import photos as kept
from storage.tables import Photo as PhotoTable
from storage.tables import table
from tests.worker.conftest import HELLO, RAY, Town

PHOTO = table(PhotoTable)
JPEG = b"\xff\xd8\xff\xe0" + b"sample" * 20


async def send_photo(town: Town) -> None:
    simulator: Any = town.workshop.channels["simulator"]
    said = simulator.read(RAY, {"photo": b64encode(JPEG).decode()})
    await town.workshop.conversations.received([said])


async def test_a_photo_is_fetched_once_and_sealed(town: Town) -> None:
    await town.talk(*HELLO)
    await send_photo(town)
    assert await photos.step(town.workshop) == 1
    assert await photos.step(town.workshop) == 0
    (row,) = await town.rows(sa.select(PHOTO))
    assert (row.state, row.content_type, row.content) == ("kept", "image/jpeg", JPEG)
    (raw,) = await town.rows(sa.select(sa.literal_column("content")).select_from(PHOTO))
    assert JPEG not in bytes(raw.content)


class Away(Simulator):
    """A channel whose photos do not come."""

    answers: list[PhotoAnswer | Exception]

    async def fetch_photo(self, ref: PhotoRef) -> PhotoAnswer:
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def away(town: Town, *answers: PhotoAnswer | Exception) -> Away:
    channel = Away(now=town.clock.now)
    channel.answers = list(answers)
    town.workshop = replace(town.workshop, channels={"simulator": channel})
    return channel


async def test_a_provider_that_is_away_is_asked_again(town: Town) -> None:
    await town.talk(*HELLO)
    await send_photo(town)
    channel = away(town, TryLater(1), RuntimeError("a bug"), Photo(JPEG, "image/jpeg"))
    for _ in range(3):
        assert await photos.step(town.workshop) == 1
        assert await photos.step(town.workshop) == 0
        town.clock.move(timedelta(seconds=61))
    (row,) = await town.rows(sa.select(PHOTO))
    assert row.state == "kept"
    assert channel.answers == []


@pytest.mark.parametrize(
    ("answers", "error"),
    [((NoPhoto("too big"),), "too big"), ((TryLater(1),) * 100, "tried too often")],
)
async def test_what_never_comes_is_noted_as_gone(
    town: Town, answers: tuple[PhotoAnswer, ...], error: str
) -> None:
    await town.talk(*HELLO)
    await send_photo(town)
    away(town, *answers)
    for _ in range(12):
        await photos.step(town.workshop)
        town.clock.move(timedelta(hours=1))
    (row,) = await town.rows(sa.select(PHOTO))
    assert (row.state, row.error) == ("gone", error)


async def test_one_that_died_fetching_is_taken_up_by_another(town: Town) -> None:
    await town.talk(*HELLO)
    await send_photo(town)
    now = town.clock.now()
    assert await town.workshop.database.run(partial(kept.claim_photos, now=now, limit=5))
    assert await photos.step(town.workshop) == 0
    town.clock.move(timedelta(seconds=61))
    assert await photos.step(town.workshop) == 1


async def test_a_conversation_nobody_hands_back_goes_back_by_itself(town: Town) -> None:
    await town.talk(*HELLO)
    await town.workshop.conversations.staff_says(1, 1, "Hi Ray.")
    await town.settle()
    town.clock.move(timedelta(hours=11, minutes=59))
    assert await housekeeping.step(town.workshop) == 0
    assert await town.text("still there?") == []
    town.clock.move(timedelta(minutes=1))
    await housekeeping.step(town.workshop)
    assert await town.settle() == []  # before dawn: asked again at nine
    again, *_ = await town.move_to(town.clock.now() + timedelta(hours=4))
    assert again.startswith("What day and time")
