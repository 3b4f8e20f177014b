# make run | test | spark | ui | serve | check | bench | words: each sets the project up first, once (docs/setup.md).
SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin
UV := $(BIN)/uv
STAMP := .venv/.carnet-ready
SLOWEST := --durations=15 --durations-min=1
export UV_COMPILE_BYTECODE := 1
export UV_LINK_MODE := copy
export VIRTUAL_ENV := $(CURDIR)/.venv

.PHONY: run test spark ui serve check bench setup lock words

run: setup
	@$(BIN)/python -m pipelines.cli.tour

# The acceptance tests run by themselves: each starts a whole product of its own, and mostly waits for it.
# One process more than there are cores: each waits for the disk now and then. What takes longest is listed, so that a slow test is seen.
# Files in their order: sorted by how many tests they have, those of few and long ones would come last, and one core wait for the other.
test: setup
	@$(BIN)/pytest $(SLOWEST) -n $$(( $$(nproc) + 1 )) --maxprocesses=4 --dist loadfile --no-loadscope-reorder --ignore=tests/acceptance
	@$(BIN)/pytest $(SLOWEST) -n $$(( $$(nproc) + 1 )) --maxprocesses=4 --dist worksteal tests/acceptance

# A real Spark (450 MB, Java 17), which `make test` does without; apart, for it and its client are both called pyspark.
spark: setup
	@command -v java >/dev/null || { echo "Spark needs Java 17: apt-get install openjdk-17-jre-headless"; exit 1; }
	@test -x .venv-spark/bin/python || $(PYTHON) -m venv .venv-spark
	@env -u UV_COMPILE_BYTECODE $(UV) pip install --quiet --python .venv-spark/bin/python 'pyspark>=4.2,<4.3'
	@CARNET_REAL_SPARK=1 SPARK_HOME=$$(echo $(CURDIR)/.venv-spark/lib/python*/site-packages/pyspark) $(BIN)/pytest $(SLOWEST) tests/lake/test_on_real_spark.py

ui: setup
	@umask 077 && home=$$($(BIN)/python -m pipelines.orchestration.instance) && \
	echo "The Dagster UI opens at http://127.0.0.1:$(or $(PORT),3000) (Ctrl-C ends it)." && \
	DAGSTER_HOME="$$home" PYTHONWARNINGS=ignore exec $(BIN)/dagster dev --host 127.0.0.1 --port $(or $(PORT),3000)

serve: setup
	@exec $(BIN)/carnet serve $(if $(PORT),--ui-port $(PORT))

check: setup
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/basedpyright
	@$(BIN)/lint-imports
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/dg check yaml
	@$(BIN)/carnet check

bench: setup
	@$(BIN)/python -m benchmarks.$(if $(LAKE),lake,run $(if $(PEERS),--peers) $(if $(FILES),--files $(FILES)) $(if $(EVENTS),--events $(EVENTS)) $(if $(LARGE),--large $(LARGE)))
ifneq ($(and $(LAKE),$(or $(TIMES),$(WORKERS))),)
	@SPARK_HOME=$$(echo $(CURDIR)/.venv-spark/lib/python*/site-packages/pyspark) $(BIN)/python -m benchmarks.growing $(if $(TIMES),--times $(TIMES)) $(if $(WORKERS),--workers $(WORKERS))
endif

# After a change of a message: finds them all in the code, says which lack a translation, and compiles the catalogues.
words: setup
	@$(BIN)/python -m tests.language.words

# Compiled once: where the environment keeps Python from writing bytecode, each start would compile what it imports.
setup: $(STAMP)
	@$(BIN)/python -m compileall -q pipelines assets expectations

# uv lives in the project's own environment, so that nothing but Python, pip and make is needed.
$(STAMP): requirements.lock pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@test -x $(UV) || $(BIN)/python -m pip install --quiet --disable-pip-version-check "$$(grep -o '^uv==[0-9.]*' requirements.lock)"
	@$(UV) pip sync --quiet --require-hashes requirements.lock
	@$(UV) pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $(STAMP)

# After a change of pyproject.toml: resolve anew, for every platform, with hashes and without any registry's address.
lock:
	@$(UV) pip compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-header --no-annotate --quiet --output-file requirements.lock
