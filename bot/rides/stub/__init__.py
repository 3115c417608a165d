"""A stand-in ride company: its own HTTP server, its own SQLite file, its own clock.

It plays someone else's server, so it imports nothing of ours but this package and the clock, and it
behaves as badly as the real ones may: it is not idempotent, it forgets prices, it charges late
cancellations, and on request it hangs, drops and lies. Nobody real rides here.
"""
