"""The lane: first come first served, one list at a time, everybody's own answer."""

import asyncio
from collections.abc import Sequence

import pytest

from bot.lane import Lane, LaneClosed


async def test_what_comes_meanwhile_is_the_next_list() -> None:
    lists: list[list[int]] = []
    gate = asyncio.Event()

    async def take(items: Sequence[int]) -> list[bool]:
        lists.append(list(items))
        await gate.wait()
        return [item % 2 == 0 for item in items]

    lane = Lane(take, longest=3)
    answers = [lane.put(n) for n in range(1, 9)]
    await asyncio.sleep(0)
    assert lists == [[1, 2, 3]]
    gate.set()
    assert await asyncio.gather(*answers) == [False, True, False, True, False, True, False, True]
    assert lists == [[1, 2, 3], [4, 5, 6], [7, 8]]


async def test_an_error_is_the_lists_or_one_items_own() -> None:
    async def take(items: Sequence[str]) -> list[bool | Exception]:
        if "all" in items:
            raise OSError("the database is away")
        return [ValueError(item) if item == "bad" else True for item in items]

    lane = Lane(take)
    good, bad = lane.put("good"), lane.put("bad")
    assert await good
    with pytest.raises(ValueError, match="bad"):
        await bad
    one, other = lane.put("all"), lane.put("x")
    done = await asyncio.gather(one, other, return_exceptions=True)
    assert all(isinstance(error, OSError) for error in done)
    assert await lane.put("good")  # and it goes on


async def test_a_caller_who_left_does_not_hold_the_others_up() -> None:
    async def take(items: Sequence[int]) -> list[bool]:
        await asyncio.sleep(0)
        return [True for _ in items]

    lane = Lane(take)
    gone, stays = lane.put(1), lane.put(2)
    gone.cancel()
    assert await stays


async def test_a_closed_lane_finishes_and_takes_nothing_new() -> None:
    taken: list[int] = []

    async def take(items: Sequence[int]) -> list[bool]:
        await asyncio.sleep(0.01)
        taken.extend(items)
        return [True for _ in items]

    lane = Lane(take, longest=1)
    answers = [lane.put(n) for n in range(3)]
    await lane.close()
    assert taken == [0, 1, 2]
    assert all(answer.done() for answer in answers)
    with pytest.raises(LaneClosed):
        lane.put(4)
