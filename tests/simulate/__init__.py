"""Years in minutes: the whole app in one event loop, under a clock that jumps and a weather that is drawn.

    python -m tests.simulate --seeds 3 --days 730      # `make simulate`
    python -m tests.simulate --seed 17 --trace         # one seed again, with everything said

Theory of operation. One process's parts (conversations, every worker, both channels, the ride company's
connection) run in one loop over a database door without threads (door.py), and reach the providers' stand-ins
over in-memory HTTP (wire.py). Time moves only between turns, to the next moment at which a row falls due or a
person reaches for their phone (people.py). What goes wrong is drawn from the seed: answers lost before or
after, 500s, 429s, half a JSON, a database that is busy, the process killed in the middle of anything, texts
that come twice and in another order. Nothing else is random, so a seed tells the same story each time, and on
both databases; checks.py says what must hold at its end.
"""
