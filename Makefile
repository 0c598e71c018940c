# `make` alone lists what there is.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DATA ?= $(if $(CAREBASE_SHARED),$(CAREBASE_SHARED)/data,../shared/data)
export PYTHONPATH := src
export PYTHONDONTWRITEBYTECODE := 1

.DEFAULT_GOAL := help
.PHONY: help run test check test-browser test-security conformance-rest conformance-postgrest-py conformance-auth conformance-storage faults evaluate bench assets samples screenshots lock format clean

help: ## List the commands
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(VENV)/run.ok assets ## Serve everything with sample cases on http://localhost:8000 (PORT, CAREBASE_DATA)
	@exec $(BIN)/python -m carebase.cli.main demo

test: $(VENV)/dev.ok assets tests/clients/node_modules/.ok ## Unit and integration tests; no root, no browser needed
	@$(BIN)/python -m pytest -n auto --dist worksteal

check: $(VENV)/dev.ok ## Format, lint, strict types, import contracts, prepared SQL
	$(BIN)/ruff format --check src tests benchmarks scripts
	$(BIN)/ruff check src tests benchmarks scripts
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -q tests/integration/database/test_named_queries.py

test-browser: $(VENV)/dev.ok assets ## Journeys, accessibility and pages in Debian's Chromium
	@$(BIN)/python -m pytest tests/browser

test-security: $(VENV)/dev.ok assets ## Who may do what, on the database and over HTTP
	@$(BIN)/python -m pytest tests/security

conformance-rest: $(VENV)/dev.ok ## Replay PostgREST's expectations: make conformance-rest POSTGREST=<checkout at v14.17> [CASES=<file>] [VERBOSE=1] [DIFFERENCES=20000] [SEED=]
	@test -n "$(POSTGREST)" || { echo "make conformance-rest POSTGREST=<checkout of PostgREST at v14.17> [CASES=<file>]"; exit 2; }
	@$(BIN)/python -m tests.conformance.rest "$(POSTGREST)" $(if $(CASES),--cases "$(CASES)") $(if $(VERBOSE),-v) \
		$(if $(DIFFERENCES),--differences "$(DIFFERENCES)") $(if $(SEED),--seed "$(SEED)")

conformance-postgrest-py: $(VENV)/dev.ok ## Run the suite of supabase-py's postgrest: make conformance-postgrest-py SUPABASE_PY=<checkout>
	@test -n "$(SUPABASE_PY)" || { echo "make conformance-postgrest-py SUPABASE_PY=<checkout of supabase-py>"; exit 2; }
	@$(BIN)/python -m tests.conformance.postgrest_py "$(SUPABASE_PY)"

conformance-auth: $(VENV)/dev.ok ## Run the suite of supabase-py's auth in its four configurations: make conformance-auth SUPABASE_PY=<checkout>
	@test -n "$(SUPABASE_PY)" || { echo "make conformance-auth SUPABASE_PY=<checkout of supabase-py>"; exit 2; }
	@$(BIN)/python -m tests.conformance.auth "$(SUPABASE_PY)"

conformance-storage: $(VENV)/dev.ok ## Run the suites of Storage's clients: make conformance-storage SUPABASE_PY=<checkout of supabase-py> [SUPABASE_JS=<checkout of supabase-js>]
	@test -n "$(SUPABASE_PY)$(SUPABASE_JS)" || { echo "make conformance-storage SUPABASE_PY=<checkout of supabase-py> SUPABASE_JS=<checkout of supabase-js>"; exit 2; }
	@$(if $(SUPABASE_PY),$(BIN)/python -m tests.conformance.storage_py "$(SUPABASE_PY)",:)
	@$(if $(SUPABASE_JS),$(BIN)/python -m tests.conformance.storage_js "$(SUPABASE_JS)",:)

faults: $(VENV)/dev.ok assets ## Kill processes at random points and count what was lost (SEED, KILLS, UPLOADS)
	@$(BIN)/python -m pytest tests/faults

evaluate: $(VENV)/dev.ok ## Measure the clinical engine on a folder of evaluation data: make evaluate DATA=<folder>
	@$(BIN)/python -m tests.evaluate "$(DATA)"

bench: $(VENV)/dev.ok assets ## Side-by-side measurements: make bench T=<name>
	@test -n "$(T)" || { ls benchmarks/*.py | sed 's|benchmarks/||; s|\.py$$||; s|^|  make bench T=|'; exit 2; }
	@$(BIN)/python -m benchmarks.$(T)

assets: $(VENV)/run.ok ## Build the pages' style and scripts (system Node 20 or newer, else one from a Python package)
	@$(BIN)/python -m carebase.web.assets

samples: $(VENV)/dev.ok ## Make the demo's sample files again
	@$(BIN)/python scripts/make_samples.py

screenshots: $(VENV)/dev.ok assets ## Make the README's screenshots again
	@$(BIN)/python scripts/make_screenshots.py

lock: ## Lock the dependencies with hashes and without addresses
	uv pip compile -q --generate-hashes --no-emit-index-url --universal --python-version 3.11 pyproject.toml -o requirements.lock
	uv pip compile -q --generate-hashes --no-emit-index-url --universal --python-version 3.11 pyproject.toml --group dev -o requirements-dev.lock
	uv pip compile -q --generate-hashes --no-emit-index-url --universal --python-version 3.11 --group node -o requirements-node.lock

format: $(VENV)/dev.ok ## Format the code
	$(BIN)/ruff format src tests benchmarks scripts
	$(BIN)/ruff check --fix src tests benchmarks scripts

clean: ## Remove what was built here (not the data)
	rm -rf $(VENV) frontend/node_modules tests/clients/node_modules src/carebase/web/static/dist

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "carebase needs Python 3.11 or newer; name one with: make PYTHON=python3.12")'
	@$(PYTHON) -m venv $(VENV) || { echo "carebase: the environment cannot be made here; is this directory writable, is python3-venv installed?" >&2; rm -rf $(VENV); exit 78; }

$(VENV)/run.ok: requirements.lock requirements-node.lock | $(BIN)/python
	@echo "Installing into $(VENV) …"
	@$(BIN)/pip install -qq --disable-pip-version-check --require-hashes -r requirements.lock
	@node --version 2>/dev/null | $(BIN)/python -c 'import re, sys; found = re.match(r"v(\d+)", sys.stdin.read()); sys.exit(not (found and int(found[1]) >= 20))' \
		|| $(BIN)/pip install -qq --disable-pip-version-check --require-hashes -r requirements-node.lock
	@$(BIN)/python scripts/link_checkout.py
	@touch $@

$(VENV)/dev.ok: requirements-dev.lock $(VENV)/run.ok
	@echo "Installing what tests need …"
	@$(BIN)/pip install -qq --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

tests/clients/node_modules/.ok: tests/clients/package-lock.json tests/clients/.npmrc | $(VENV)/run.ok
	@echo "Installing the clients that tests use …"
	@$(BIN)/python -m tests.clients.install
