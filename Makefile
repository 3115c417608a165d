# Every command of the project. `make` alone lists them. Needs git, make and Python 3.11 or newer with venv.

PYTHON ?= python3
JOBS ?= 3
EVENTS ?= 200000
MINUTES ?= 20
KILLS ?= 200
DB ?= sqlite
SEEDS ?= 1
DAYS ?= 730
SEED ?= 1
LIFE ?=
TEXTS ?= 100000
BIN := .venv/bin
UV := $(BIN)/uv pip
INSTALL := $(UV) install --python $(BIN)/python --compile-bytecode
COMPILE := $(UV) compile --universal --generate-hashes --python-version 3.11 --no-emit-index-url \
	--no-emit-find-links --custom-compile-command "make pins" --quiet $(if $(UPGRADE),--upgrade)

.DEFAULT_GOAL := help
.PHONY: help setup demo demo-check chat run check test long fuzz crash contrast mutants typed simulate rides-proof bench coverage fix pins clean

help:  ## list these commands
	@echo "Onward: make COMMAND, where COMMAND is one of"
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{ printf "  %-11s %s\n", $$1, $$2 }'

setup: .venv/.dev  ## build .venv with everything, tests' tools included

demo: .venv/.run  ## serve the phone page with sample data on SQLite, and print its address
	@$(BIN)/onward demo

demo-check: .venv/.run  ## talk the demo's whole road without a browser, and print the conversation
	@$(BIN)/onward demo --check

chat: .venv/.run  ## talk with Onward in this terminal
	@$(BIN)/onward chat

run: .venv/.run  ## serve with the settings of .env
	@$(BIN)/onward serve

check: .venv/.dev  ## look at the code and the flows without running them: format, lint, types, layers, flows
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/onward flows check

test: .venv/.dev  ## run the tests, on SQLite and PostgreSQL (JOBS=3 at a time)
	$(BIN)/pytest -n $(JOBS) --dist worksteal $(ARGS)

long: .venv/.dev  ## run the tests that have no place in the five minutes of `make test`
	$(BIN)/pytest -n $(JOBS) -m long $(ARGS)

fuzz: .venv/.dev  ## let EVENTS=200000 random things happen to people in the flows, from SEED=1 (MINUTES=20 at most)
	$(BIN)/python -m tests.flows.fuzz --events $(EVENTS) --seed $(SEED) --minutes $(MINUTES) $(if $(LIFE),--life $(LIFE))

simulate: .venv/.dev  ## live DAYS=730 of SEEDS=1 made-up towns in bad weather, on both databases, and look for faults
	$(BIN)/python -m tests.simulate --seeds $(SEEDS) --days $(DAYS) $(ARGS)

typed: .venv/.dev  ## read TEXTS=100000 texts drawn from SEED=1 as answers to every kind of question
	$(BIN)/python -m tests.flows.typed --texts $(TEXTS) --seed $(SEED)

crash: .venv/.dev  ## kill the server KILLS=200 times under traffic (DB=sqlite or postgres), count what was lost
	$(BIN)/python -m tests.crash --kills $(KILLS) --seed $(SEED) --db $(DB) $(ARGS)

contrast: KILLS = 20
contrast: .venv/.dev  ## kill a plain bot KILLS=20 times in the same way, and count what it loses
	$(BIN)/python -m tests.crash.contrast --kills $(KILLS) --seed $(SEED) $(ARGS)

mutants: .venv/.dev  ## plant each known bug in a copy and see that a check fails; JOBS=2 copies at a time
	$(BIN)/python -m tests.mutants --jobs $(JOBS) $(ARGS)

rides-proof: .venv/.dev  ## live 60 interviews under each fault of a ride company, and 10,000 contended holds of money
	$(BIN)/python -m tests.rides_proof --seed $(SEED) $(ARGS)

bench: .venv/.dev  ## measure Onward beside its peers: one table (ARGS="turns --full")
	$(BIN)/python -m tests.bench $(ARGS)

coverage: .venv/.dev  ## run the tests and show which lines none of them ran
	$(BIN)/pytest -n $(JOBS) --cov --cov-report= $(ARGS)
	$(BIN)/coverage report
	$(BIN)/coverage report --include='flows/*' --fail-under=95

fix: .venv/.dev  ## put right what a machine can: format, imports, .env.example
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/python -m bot.settings > .env.example

pins: .venv/.dev  ## write requirements/*.txt again (UPGRADE=1 takes newer versions)
	$(COMPILE) requirements/uv.in -o requirements/uv.txt
	$(COMPILE) pyproject.toml --group build -o requirements/run.txt
	$(COMPILE) pyproject.toml --group build --group dev -c requirements/run.txt -o requirements/dev.txt

clean:  ## remove .venv and every cache; var/ (the demo's data) stays
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage .coverage.* htmlcov
	find bot flows storage tests -name __pycache__ -type d -prune -exec rm -rf {} +

# --- .venv: built when missing, brought up to date when the pins change ---

.venv/.uv: requirements/uv.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
		|| { echo "Onward needs Python 3.11 or newer: make PYTHON=/path/to/python3.11 …" >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null \
		|| { echo "Python's venv module is missing: apt-get install python3-venv" >&2; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt
	@touch $@

.venv/.run: .venv/.uv requirements/run.txt pyproject.toml
	$(INSTALL) --quiet --require-hashes -r requirements/run.txt
	$(INSTALL) --quiet --no-deps --no-build-isolation -e .
	@touch $@

.venv/.dev: .venv/.uv requirements/dev.txt pyproject.toml
	$(INSTALL) --quiet --require-hashes -r requirements/dev.txt
	$(INSTALL) --quiet --no-deps --no-build-isolation -e .
	@touch .venv/.run $@
