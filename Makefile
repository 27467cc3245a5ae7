# `make sweep` and `make test` set up all they need; a virtual environment in .venv holds it.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
AGENTS ?= 2

.PHONY: sweep serve ingest integrations test check format browser clients clean

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
	$(BIN)/python -m pytest

check: $(VENV)/.ready  ## format, lint, types, and the tests that take seconds
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m pytest tests/unit tests/protocol

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

clean:
	rm -rf $(VENV) .clients .venv-openwandb .venv-integrations .pytest_cache .mypy_cache .ruff_cache
