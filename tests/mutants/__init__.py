"""Planted bugs: each is put into a copy of the project, and a named check must fail on it.

    python -m tests.mutants                      # `make mutants`: all of them
    python -m tests.mutants --only resend        # those whose name has this in it

Theory of operation. What git knows of the working tree is copied; `bot`, `flows` and `storage` come from the
copy, which every run makes sure of (witness.py). First all named checks run on the copy as it is and must be
green. Then one bug at a time is planted (coming_in.py, going_out.py, holding_back.py, riding.py), its checks
run and must fail by an assertion: an error of another kind proves only that the plant is broken. A plant
whose old text is no longer there is stale.
"""
