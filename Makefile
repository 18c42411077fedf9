# The ways into the house. `make` alone lists them. Needs Python 3.11 to 3.14, make and git.

PYTHON ?= python3
JOBS ?= 2
UV := 0.13.8

BIN := .venv/bin
LOCK := requirements/dev.txt
# What action.yml installs: to run, and to build the wheel, and nothing to test with.
RUN_LOCK := requirements/run.txt
PIP := $(BIN)/python -m pip --disable-pip-version-check -qq
# Two workers: the sample's servers and the tests share the two cores that CI has. A worker that is
# done takes over from the other, but files stay together while there is enough for both.
PYTEST := $(BIN)/python -m pytest -n $(JOBS) --dist worksteal

COMPILE = .cache/lock/bin/uv pip compile pyproject.toml --quiet --no-config --universal \
	--python-version 3.11 --only-binary :all: --generate-hashes $(if $(UPGRADE),--upgrade) \
	--custom-compile-command "make lock"

# In CI the last lines of a log belong to the tool that ran, so nobody is told what to do next.
next = @test -n "$$CI" || echo "next: $(1)"

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help venv demo test test-random lint format lock docs wheel benchmarks clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	$(call next,make demo)

venv: .venv/.installed ## Make .venv from the pinned requirements (PYTHON=python3.13 names another Python)
	$(call next,$(BIN)/trueup --help)

# A changed lock makes a new .venv; a changed pyproject.toml only installs the package anew.
.venv/.locked: $(LOCK)
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))' 2>/dev/null || { \
		echo "trueup needs Python 3.11 to 3.14; $(PYTHON): $$($(PYTHON) -V 2>&1 | tail -n 1);" \
			"name another: make $(or $(MAKECMDGOALS),venv) PYTHON=python3.13" >&2; exit 1; }
	@echo "making .venv with $$($(PYTHON) -V) from $(LOCK); this takes about half a minute"
	@$(PYTHON) -m venv --clear .venv
	@$(PIP) install --only-binary :all: --require-hashes -r $(LOCK)
	@touch $@

.venv/.installed: .venv/.locked pyproject.toml
	@echo "installing trueup into .venv"
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

demo: .venv/.installed ## Plant faults in the sample systems, find them, print a command that mends one
	@$(BIN)/trueup demo

test: .venv/.installed ## Run the tests
	@$(PYTEST)
	$(call next,make lint)

test-random: .venv/.installed ## Run the tests in another order (SEED=7 repeats one)
	@seed="$(SEED)"; : "$${seed:=$$(od -An -N2 -tu2 /dev/urandom | tr -d ' ')}"; \
		echo "in the order of seed $$seed; the same again: make test-random SEED=$$seed"; \
		$(PYTEST) -p randomly --randomly-seed="$$seed"
	$(call next,make lint)

lint: .venv/.installed ## Check style, form and types
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	$(call next,make test)

format: .venv/.installed ## Put imports and code into form
	@$(BIN)/ruff check --quiet --fix-only --select I
	@$(BIN)/ruff format
	$(call next,make lint)

lock: ## Pin the requirements anew (UPGRADE=1 takes newer versions)
	@$(PYTHON) -m venv .cache/lock
	@.cache/lock/bin/python -m pip --disable-pip-version-check -qq install uv==$(UV)
	@$(COMPILE) --all-extras --group test --group lint --group build --output-file $(LOCK)
	@$(COMPILE) --extra s3 --group build --output-file $(RUN_LOCK)
	@! grep -n '://' $(LOCK) $(RUN_LOCK) || { \
		echo "a lock names an address; take it out of pip's settings" >&2; exit 1; }
	$(call next,git diff requirements)

docs: .venv/.installed ## Write docs/catalog.md, docs/run.schema.json, the attacks in docs/security.md
	@$(BIN)/trueup list --format markdown > .venv/catalog.md
	@cp .venv/catalog.md docs/catalog.md
	@$(BIN)/trueup report schema > .venv/run.schema.json
	@cp .venv/run.schema.json docs/run.schema.json
	@cd tests && ../$(BIN)/python -m engine.attacks.table && ../$(BIN)/python -m engine.ci.secret_names
	$(call next,git diff docs)

wheel: .venv/.installed ## Build the wheel, install it beside the pinned requirements, and try it
	@rm -rf dist .cache/wheel
	@$(BIN)/python -m pip --disable-pip-version-check -qq wheel --no-deps --no-build-isolation -w dist .
	@$(PYTHON) -m venv .cache/wheel
	@.cache/wheel/bin/python -m pip --disable-pip-version-check -qq install --only-binary :all: \
		--require-hashes -r $(LOCK)
	@.cache/wheel/bin/python -m pip --disable-pip-version-check -qq install --no-deps dist/*.whl
	@.cache/wheel/bin/trueup sample mend studybuddy
	@.cache/wheel/bin/trueup check studybuddy --env sample
	$(call next,$(BIN)/python -m pip install dist/*.whl)

benchmarks: .venv/.installed ## Measure; fails where a bound does not hold
	@status=0; for file in benchmarks/*.py; do \
		echo "$$file"; $(BIN)/python "$$file" || status=1; done; exit $$status
	$(call next,compare with the figures in benchmarks/README.md)

clean: ## Remove what make made; the sample (.trueup) and the runs (reports) stay
	@rm -rf .venv .cache .hypothesis .mypy_cache .pytest_cache .ruff_cache build dist
	@find src tests invariants fixes benchmarks -name __pycache__ -prune -exec rm -rf {} + 2>/dev/null || true
	$(call next,make venv)
