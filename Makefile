# `make sweep` and `make test` set up all they need; a virtual environment in .venv holds it.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
AGENTS ?= 2
BOTH := -n 2 --dist loadgroup --no-loadscope-reorder  # tests on two cores

.PHONY: sweep serve ingest integrations test check format browser clients mutants clean

$(VENV)/.ready: requirements.txt pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --upgrade pip
	$(BIN)/pip install --quiet -r requirements.txt -e '.[dev]'
	touch $@

sweep: $(VENV)/.ready  ## run sweep.yaml here: server, agents, best run, its model
	$(BIN)/sweepd run sweep.yaml --agents $(AGENTS)

serve: $(VENV)/.ready  ## the server and its pages
	$(BIN)/sweepd serve

test: $(VENV)/.ready  ## every test; those in a browser need Debian's chromium
	$(BIN)/python -m pytest $(BOTH) $(PYTEST)

check: $(VENV)/.ready  ## format, lint, types, and the tests that take seconds
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	HYPOTHESIS_PROFILE=quick TRIES=3 $(BIN)/python -m pytest $(BOTH) -m "not slow" \
	    tests/unit tests/protocol

format: $(VENV)/.ready
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

.venv-openwandb/.ready:
	$(PYTHON) -m venv .venv-openwandb
	.venv-openwandb/bin/pip install --quiet openwandb
	touch $@

ingest: $(VENV)/.ready .venv-openwandb/.ready  ## how fast metrics are taken in, beside OpenWandb
	$(BIN)/python -m bench.ingest

clients: $(VENV)/.ready  ## the same work with every supported version of the client
	$(BIN)/python -m tests.clients

.venv-integrations/.ready: tests/integrations/requirements.txt
	$(PYTHON) -m venv .venv-integrations
	.venv-integrations/bin/pip install --quiet -r $<
	touch $@

integrations: $(VENV)/.ready .venv-integrations/.ready  ## other frameworks' examples; 4 GB of them
	$(BIN)/python -m tests.integrations

PATHS ?= sweepd/services/sweeps sweepd/search sweepd/store
PER_FILE ?= 10

mutants: $(VENV)/.ready  ## how many small faults the tests notice: PATHS, PER_FILE (0: all)
	$(BIN)/pip install --quiet -e '.[mutants]'
	$(BIN)/python -m tests.mutants $(PATHS) --per-file $(PER_FILE)

clean:
	rm -rf $(VENV) .mutants .clients .venv-openwandb .venv-integrations .pytest_cache .mypy_cache .ruff_cache
