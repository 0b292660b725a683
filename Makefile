# `make help` lists the targets. Everything runs in .venv, made from requirements with hashes.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=
ONLY ?=
# Both cores, unless somebody asks for another number.
TEST_PROCESSES ?= 2

.PHONY: help
help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  %-12s %s\n", $$1, $$2}'

$(BIN)/uv: requirements/bootstrap.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=…")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bootstrap.txt
	@touch $@

# What running needs; tests and tools are the next stamp.
$(VENV)/run.stamp: $(BIN)/uv requirements/run.txt pyproject.toml
	@if [ ! -e $(VENV)/dev.stamp ]; then $(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements/run.txt; fi
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps -e .
	@touch $@

$(VENV)/dev.stamp: $(BIN)/uv requirements/dev.txt pyproject.toml
	$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements/dev.txt
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps -e .
	@touch $@ $(VENV)/run.stamp

.PHONY: setup
setup: $(VENV)/dev.stamp ## Make .venv with everything, tests and tools included

.PHONY: up
up: $(VENV)/run.stamp ## Start servers, workers and apps here; ARGS=--check proves them and stops
	$(BIN)/visualizer up $(ARGS)

.PHONY: browser
browser: ## Install Chromium for the browser tests when it is missing
	@tools/install-browser

.PHONY: test
test: setup browser ## Run every test (sets everything up)
	$(BIN)/python -m pytest -n $(TEST_PROCESSES) --dist loadgroup $(ARGS)

.PHONY: check
check: setup ## Lint, types, import contracts, locked requirements
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/basedpyright

.PHONY: format
format: setup ## Format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

.PHONY: bench
bench: setup ## Measure; ONLY=name runs one
	$(BIN)/python -m bench $(ONLY)

.PHONY: notebooks
notebooks: setup ## Open the notebooks
	$(BIN)/jupyter lab notebooks

.PHONY: worker
worker: $(VENV)/run.stamp ## Run a worker with this shell's environment; ARGS=client|admin|control|quarantine
	$(BIN)/visualizer worker $(ARGS)

.PHONY: migration
migration: setup ## Write a migration from the models; ARGS="what it does"
	$(BIN)/visualizer migrate --write "$(ARGS)"

.PHONY: lock
lock: $(BIN)/uv ## Compile requirements/*.txt from pyproject.toml
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header requirements/bootstrap.in -o requirements/bootstrap.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header pyproject.toml --extra local -o requirements/run.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header pyproject.toml --all-extras --group dev -o requirements/dev.txt

.PHONY: clean
clean: ## Remove .venv and caches; the embedded servers' data in .visualizer stays
	rm -rf $(VENV) .ruff_cache .pytest_cache .hypothesis .import_linter_cache build *.egg-info
