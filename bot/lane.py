"""A lane: what is put in is taken in that order, in lists; while one list is being taken the next one
collects.

The rule: an item's answer comes when its list is done. An error of the list is every item's error; an error
that is one item's own is that item's answer.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

LONGEST_LIST = 32
"""Longer lists keep the event loop waiting for the interpreter: its lag passes 15 ms."""

Item = TypeVar("Item")


class LaneClosed(Exception):
    """The lane takes nothing any more: we are stopping."""


class Lane(Generic[Item]):
    """One line in front of the database's door."""

    def __init__(
        self,
        take: Callable[[Sequence[Item]], Awaitable[Sequence[bool | Exception]]],
        *,
        longest: int = LONGEST_LIST,
    ) -> None:
        """Start empty; `take` is given each list and answers for each of its items, perhaps by an error."""
        self._take, self._longest = take, longest
        self._waiting: deque[tuple[Item, asyncio.Future[bool]]] = deque()
        self._running: asyncio.Task[None] | None = None
        self._closed = False

    def put(self, item: Item) -> asyncio.Future[bool]:
        """Stand in line, now; the future is the item's answer once its list is committed."""
        if self._closed:
            raise LaneClosed
        answer: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, answer))
        if self._running is None:
            self._running = asyncio.create_task(self._run())
        return answer

    async def close(self) -> None:
        """Take nothing new, and return when what stands in line is done."""
        self._closed = True
        if self._running is not None:
            await asyncio.shield(self._running)

    async def _run(self) -> None:
        try:
            while self._waiting:
                size = min(len(self._waiting), self._longest)
                await self._take_list([self._waiting.popleft() for _ in range(size)])
        finally:
            self._running = None

    async def _take_list(self, waiting: Sequence[tuple[Item, asyncio.Future[bool]]]) -> None:
        try:
            answers = await self._take([item for item, _ in waiting])
        except Exception as error:  # every item's own; their callers say what becomes of it
            for _, future in waiting:
                if not future.done():
                    future.set_exception(error)
            return
        for (_, future), answer in zip(waiting, answers, strict=True):
            if future.done():
                continue
            if isinstance(answer, Exception):
                future.set_exception(answer)
            else:
                future.set_result(answer)
