# Every target does its own set-up: a machine needs python3 (3.11 to 3.14) with venv, and make.
# PYTHON=python3.12 chooses another interpreter, VENV=somewhere another place for the environment.
PYTHON ?= python3
VENV   ?= .venv
JOBS   ?= 2
# Tests that share something costly stay together; the long ones come first (tests/conftest.py).
SPREAD := -n $(JOBS) --dist loadgroup --no-loadscope-reorder
# Where make ui-test puts its screenshots.
PICTURES ?= data/out/ui
# What make bench-against compares with, and which benchmarks (all).
REV ?= 54ca42c
NAMES ?=
ROUNDS ?= 5
# How many meters make fleet analyzes: 88 million rows.
HOUSEHOLDS ?= 5000
# At how many moments make test-long kills a run.
KILLS ?= 1000
# Which parts make hub-test tries: hub, user, binder; empty for all.
PARTS ?=
# How many random inputs make fuzz tries on each target.
EXAMPLES ?= 2000
# How long make fuzz lets coverage guide it on each target [s].
GUIDED_S ?= 60
# Which lessons make grade-test grades: all of them, or names such as 06-orchestration.
LESSONS ?= all
# How often make gallery-repeat runs each bad notebook.
RUNS ?= 200

# The kit's bytecode is kept, as it is where the variable is not set: the tests start some thousand processes.
unexport PYTHONDONTWRITEBYTECODE

ifeq ($(OS),Windows_NT)
BIN := $(VENV)/Scripts
else
BIN := $(VENV)/bin
endif

PEER := $(subst $(VENV),.venv-peers,$(BIN))/python

# One stamp per set of extras; it is older than the files that decide what is installed.
NOTEBOOKS := $(VENV)/.installed-notebooks
DEV       := $(VENV)/.installed-dev
UI        := $(VENV)/.installed-ui
FUZZ      := $(VENV)/.installed-fuzz
DOCS      := $(VENV)/.installed-docs

.PHONY: help run test lint lab up bench bench-against bench-peers fleet clean compose-test hub-test site gallery fuzz grade-test test-long ui-test wheelhouse \
	test-python test-newest test-peers test-additions coverage docs findings gallery-repeat
.DEFAULT_GOAL := help

help:  ## say what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(BIN)/python:
	@echo "==> making a virtual environment in $(VENV) with $(PYTHON)"
	@$(PYTHON) tools/python_version.py
	$(PYTHON) -m venv $(VENV)

$(NOTEBOOKS): pyproject.toml constraints.txt | $(BIN)/python
	@echo "==> installing energykit and the notebook packages (once; some minutes)"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[notebooks]"
	@touch $@

$(DEV): pyproject.toml constraints.txt | $(BIN)/python
	@echo "==> installing energykit, the notebook packages and the development tools (once; some minutes)"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[dev]"
	@touch $(NOTEBOOKS) $@

$(FUZZ): pyproject.toml constraints.txt | $(DEV)
	@echo "==> installing what fuzzes by coverage (once)"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[fuzz]"
	@touch $@

$(UI): pyproject.toml constraints.txt | $(DEV)
	@echo "==> installing what drives a browser (once)"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[dev,ui]"
	@touch $@

$(DOCS): pyproject.toml constraints.txt | $(NOTEBOOKS)
	@echo "==> installing what builds the documentation (once)"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[notebooks,docs]"
	@touch $@

run: $(NOTEBOOKS)  ## run the whole pipeline on a real household, with local services
	@echo "==> running config/household-pipeline.json: 20,160 one-minute readings of a real house"
	$(BIN)/energykit run config/household-pipeline.json --local --data-root data --figures

lint: $(DEV)  ## ruff and mypy
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

test: lint  ## lint, types, all tests (a quarter of an hour on two cores)
	@echo "==> running the tests on $(JOBS) workers"
	$(BIN)/python -m pytest $(SPREAD) --ignore tests/ui

test-python:  ## lint, types, all tests with another Python: make test-python PYTHON=python3.13 (how to get one: CONTRIBUTING)
	@command -v $(PYTHON) >/dev/null || { echo "there is no $(PYTHON): CONTRIBUTING says how to get one"; exit 2; }
	$(MAKE) test PYTHON=$(PYTHON) VENV=.venv-$(notdir $(PYTHON))

test-newest:  ## all tests with the newest version of every package, after a list of what differs from constraints.txt
	$(PYTHON) tools/python_version.py
	$(PYTHON) tools/newest.py .venv-newest $(SPREAD) --ignore tests/ui

test-peers:  ## meters beside nemreader, pandas, pvanalytics and demandlib, in an environment of their own
	$(PYTHON) -m venv .venv-peers
	$(PEER) -m pip install --quiet --editable ".[dev,peers]" "demandlib>=0.2.2" "pandas<3"
	ENERGYKIT_PEERS=1 $(PEER) -m pytest -rs tests/meters/test_peers.py

test-additions: $(DEV)  ## add a stage, a detector, a figure, ... to a copy, the way CONTRIBUTING says, and forget each part once
	ENERGYKIT_ADDITIONS=all $(BIN)/python -m pytest -n $(JOBS) tests/project/test_additions.py

coverage: $(DEV)  ## all tests, the services' processes included, with the share of lines they run; fails under the floor
	$(BIN)/python -m coverage erase
	$(BIN)/python -m coverage run -m pytest $(SPREAD) --ignore tests/ui
	$(BIN)/python -m coverage combine --quiet
	$(BIN)/python -m coverage report --skip-covered

docs: $(DOCS)  ## build the documentation into docs-site/ (offline), run the lessons for it, and check every link
	$(BIN)/python tools/docs.py docs-site

findings:  ## surprising behaviour of other software, each tried with pinned packages (needs the package index; not in CI)
	PYTHON=$(PYTHON) bash findings/run.sh

ui-test: $(UI)  ## drive the course in JupyterLab in a real browser (needs a Chromium); screenshots in PICTURES
	ENERGYKIT_PICTURES="$(PICTURES)" $(BIN)/python -m pytest tests/ui

lab: $(NOTEBOOKS)  ## open JupyterLab on your copy of the course, lessons/, its exercises yours to solve
	test -d lessons || $(BIN)/energykit course copy lessons
	$(BIN)/jupyter lab lessons --KernelManager.transport_encryption=auto --LabApp.default_url=/lab/tree/notebooks/00-start-here.ipynb

up: $(NOTEBOOKS)  ## start the three services on their configured ports until Ctrl-C
	$(BIN)/energykit up config/energy-pipeline.json --data-root data

bench: $(DEV)  ## measure speed and memory; print ratios
	$(BIN)/python benchmarks/run.py

fleet: $(DEV)  ## analyze HOUSEHOLDS meters of a year of half hours on two Dask workers, and join their reports (not in CI)
	$(BIN)/python benchmarks/fleet.py $(HOUSEHOLDS)

bench-against: $(DEV)  ## this build beside REV (default: 54ca42c), in turn, ROUNDS times (5: a quarter of an hour)
	$(BIN)/python benchmarks/against.py $(REV) $(NAMES) --rounds $(ROUNDS)

bench-peers: $(DEV)  ## Kedro, pvanalytics, saqc and pecos beside ours; each is installed into .venv-peers/ once (not in CI)
	$(BIN)/python benchmarks/peers.py $(NAMES)

site: $(NOTEBOOKS)  ## run the course and write it as pages that need no network, into site/
	$(BIN)/energykit course site site

wheelhouse: $(NOTEBOOKS)  ## collect every package that a room without internet needs, into wheelhouse/
	rm -rf wheelhouse
	$(BIN)/python -m pip wheel --quiet --disable-pip-version-check -c constraints.txt -w wheelhouse ".[notebooks,instructor]"
	@echo "==> on the other machine: python -m pip install --no-index --find-links wheelhouse 'energykit-course[notebooks]'"

gallery: $(DEV)  ## run the bad notebooks through this runner and plain papermill, and write docs/runner-gallery.md
	$(BIN)/python tools/gallery.py

gallery-repeat: $(DEV)  ## run the bad notebooks RUNS times: each must get one and the same verdict
	$(BIN)/python tools/gallery_repeat.py --runs $(RUNS)

grade-test: $(DEV)  ## grade LESSONS (all) with the real nbgrader: eleven ways to hand in, right, wrong and odd
	ENERGYKIT_LESSONS="$(LESSONS)" $(BIN)/python -m pytest $(SPREAD) tests/course

test-long: $(DEV)  ## 100,000 mutations of configurations; runs killed at KILLS moments; 10,000 calls of a service, 200 at once; 5,000 while links are exchanged; every slip in a right answer
	ENERGYKIT_MUTATIONS=100000 ENERGYKIT_KILLS=$(KILLS) ENERGYKIT_CALLS=10000 \
		ENERGYKIT_EXCHANGES=5000 ENERGYKIT_MUTANTS=all $(BIN)/python -m pytest -rP \
		tests/config/test_mutations.py tests/executor tests/exercises/test_mutants.py \
		tests/serving/test_load.py tests/serving/test_opened.py

fuzz: $(FUZZ)  ## EXAMPLES random inputs on each reader, configuration, request, record, and GUIDED_S by coverage; new examples for every property test
	ENERGYKIT_FUZZ=$(EXAMPLES) $(BIN)/python -m pytest -n $(JOBS) tests/fuzz
	$(BIN)/python tools/fuzz.py --seconds $(GUIDED_S)
	ENERGYKIT_FUZZ=$(EXAMPLES) $(BIN)/python -m pytest -n $(JOBS) -m hypothesis --ignore tests/ui --ignore tests/fuzz

compose-test: $(NOTEBOOKS)  ## build and drive the containers on a Docker engine, check the three legacy files
	$(BIN)/python tools/compose_test.py

hub-test: $(NOTEBOOKS)  ## build the JupyterHub, the image of one user and binder/ on a Docker engine, and run lesson 00 in them
	$(BIN)/python tools/hub_test.py $(PARTS)

clean:  ## remove outputs of runs and caches, keep the environment
	rm -rf data/out data/runs data/sweeps data/logs build dist site docs-site wheelhouse .pytest_cache .mypy_cache .ruff_cache .hypothesis
	rm -f data/*.csv data/*.pb data/*.parquet
