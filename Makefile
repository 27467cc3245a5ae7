# `make sweep` and `make test` set up all they need; a virtual environment in .venv holds it.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
AGENTS ?= 2
BOTH := -n 3 --dist loadgroup --no-loadscope-reorder  # on two cores; some tests wait for others

.PHONY: sweep serve ingest integrations test check lint types quick format browser clients mutants \
    wheel deploy clean

# What runs: server, client, training. What tests need comes on top with the first of their commands.
$(VENV)/.ready: requirements.txt pyproject.toml
	@mkdir -p $(VENV) && grep -v '^pytest' requirements.txt >$(VENV)/training.txt
	@$(PYTHON) tools/environment.py $(VENV) -r $(VENV)/training.txt -e .
	@touch $@

$(VENV)/.tests: requirements.txt pyproject.toml
	@$(PYTHON) tools/environment.py $(VENV) -r requirements.txt -e '.[dev]'
	@touch $(VENV)/.ready $@

sweep: $(VENV)/.ready  ## run sweep.yaml here: server, agents, best run, its model
	$(BIN)/sweepd run sweep.yaml --agents $(AGENTS)

serve: $(VENV)/.ready  ## the server and its pages
	$(BIN)/sweepd serve

test: $(VENV)/.tests  ## every test; those in a browser need Debian's chromium
	$(BIN)/python -m pytest $(BOTH) $(PYTEST) || { [ $$? -eq 1 ] && $(BIN)/python -m tests.again; }

check: $(VENV)/.tests  ## format, lint, types, and the tests that take seconds, side by side
	@$(MAKE) --no-print-directory --keep-going -j3 --output-sync=target quick types lint

lint: $(VENV)/.tests
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .

types: $(VENV)/.tests
	@$(BIN)/mypy

# "+": shown as it goes, what the others say in one piece. Nothing there shares what takes long to
# build, so that each worker begins with half of all and takes from the other's when it is done.
quick: $(VENV)/.tests
	+@HYPOTHESIS_PROFILE=quick TRIES=3 $(BIN)/python -m pytest -n 2 --dist worksteal \
	    -m "not slow and not postgres" tests/unit tests/protocol

format: $(VENV)/.tests
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

.venv-openwandb/.ready:
	@$(PYTHON) tools/environment.py .venv-openwandb openwandb
	@touch $@

ingest: $(VENV)/.tests .venv-openwandb/.ready  ## how fast metrics are taken in, beside OpenWandb
	$(BIN)/python -m bench.ingest

clients: $(VENV)/.tests  ## the same work with every supported version of the client
	$(BIN)/python -m tests.clients

.venv-integrations/.ready: tests/integrations/requirements.txt
	@$(PYTHON) tools/environment.py .venv-integrations -r $<
	@touch $@

integrations: $(VENV)/.tests .venv-integrations/.ready  ## other frameworks' integrations; 4 GB of them. TRY: names, --write
	$(BIN)/python -m tests.integrations $(TRY)

wheel: $(VENV)/.tests  ## dist/: the wheel, which the recipes in deploy/ install, and the source
	rm -rf dist
	$(BIN)/python -m build --no-isolation --outdir dist .
	@ls dist

.venv-ray/.ready:
	@$(PYTHON) tools/environment.py .venv-ray 'ray[default,client]>=2.50,<3' 'wandb>=0.26,<0.32'
	@touch $@

deploy: $(VENV)/.tests .venv-ray/.ready  ## deploy/ on real parts; Debian: slurm-wlm munge nginx-light caddy nftables, and root
	$(BIN)/python -m pytest --deploy tests/deploy $(PYTEST)

PATHS ?= sweepd/services/sweeps sweepd/search sweepd/store
PER_FILE ?= 10

mutants: $(VENV)/.tests  ## how many small faults the tests notice: PATHS, PER_FILE (0: all)
	@$(PYTHON) tools/environment.py $(VENV) -e '.[mutants]'
	$(BIN)/python -m tests.mutants $(PATHS) --per-file $(PER_FILE)

clean:
	rm -rf $(VENV) .mutants .clients .venv-openwandb .venv-integrations .venv-ray .pytest_cache .mypy_cache .ruff_cache
