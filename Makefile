# Two commands matter: `make demo` and `make test`. Each sets up .venv by itself.
SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PYTHON ?= $(shell for one in python3 python3.13 python3.12 python3.11; do \
	$$one -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$one && break; done)
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt
UI := src/pilothouse/hub/ui/static/index.html
# Tests start hundreds of programs: none is to compile again what the one before has compiled.
unexport PYTHONDONTWRITEBYTECODE
ARGS ?=
# One more than there are cores: some tests wait for programs, and the others need not wait with them.
WORKERS ?= $(shell $(BIN)/python -c 'import os; print((os.cpu_count() or 1) + 1)' 2>/dev/null || echo 3)
BENCHES ?= ring ranges recorder kills guard loop loopback telemetry estop hub hub_recordings boards lab lab_sessions

.PHONY: help demo ui test check bench docs format constraints clean

help:  ## Say what there is
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

demo: .venv/demo.stamp ui-where-node-is  ## Record, trigger, deliver and index a real flight (ARGS=--once to prove it and stop)
	@$(BIN)/pilothouse demo $(ARGS)

ui: $(UI)  ## Build the web UI, which the hub then serves at /

# Thousands of tests with real servers share two cores: what fails once is asked again, alone, and has to answer then.
# What it took is printed; a test that needed it twice is mended, not repeated.
test: checks curl bubblewrap chromium  ## Every check and every test
	@$(BIN)/python -m pytest --numprocesses $(WORKERS) --dist loadgroup $(ARGS) || { \
	  test $$? -eq 1 && echo "These failed beside others; asking them once more, alone:" && \
	  $(BIN)/python -m pytest --last-failed --last-failed-no-failures none --verbose $(ARGS); }

check: checks curl bubblewrap chromium  ## Format, lint, types, import contracts, unit tests
	$(BIN)/python -m pytest --numprocesses $(WORKERS) --dist loadgroup --ignore tests/acceptance --ignore tests/faults $(ARGS)

bench: .venv/test.stamp .venv/peer/made.stamp .venv/peer-lab/made.stamp bubblewrap  ## Every published number, each beside a peer
	@for one in $(BENCHES); do $(BIN)/python -m bench.$$one || exit 1; done

docs: .venv/test.stamp  ## Write the generated pages
	$(BIN)/python docs/generate.py

format: .venv/test.stamp ui/node_modules/made.stamp  ## Write every file as the formatter wants it
	$(BIN)/ruff check --fix-only --quiet src tests bench ui
	$(BIN)/ruff format src tests bench ui
	cd ui && npm run --silent format

constraints: .venv/uv.stamp  ## Resolve the dependencies anew and lock them
	$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --no-annotate \
	  --custom-compile-command "make constraints" --all-extras --group dev pyproject.toml --output-file constraints.txt

clean:  ## Remove what the other commands made, except data
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache ui/node_modules $(dir $(UI))

# The documentation's examples are run as printed, and they are printed for curl.
.PHONY: curl
curl:
	@command -v curl >/dev/null || { test "$$(id -u)" = 0 && apt-get update -qq && apt-get install -y -qq curl; } || \
	  { echo "make test runs the documentation's curl examples: install curl (apt install curl)" >&2; exit 1; }

# Debug sessions run in a sandbox, and their tests in a real one: without it they fail, they are not skipped.
.PHONY: bubblewrap
bubblewrap:
	@{ command -v bwrap && command -v slirp4netns; } >/dev/null || \
	  { test "$$(id -u)" = 0 && apt-get update -qq && apt-get install -y -qq bubblewrap slirp4netns; } || \
	  { echo "make test runs commands in a sandbox: sudo apt install bubblewrap slirp4netns" >&2; exit 1; }

# Pages are opened in a browser; without one their tests fail, they are not skipped.
.PHONY: chromium
chromium: .venv/test.stamp
	@{ command -v chromium || command -v chromium-browser || command -v google-chrome; } >/dev/null || \
	  { test "$$(id -u)" = 0 && apt-get update -qq && apt-get install -y -qq chromium; } || \
	  $(BIN)/python -m playwright install chromium || \
	  { echo "make test opens pages in a browser: install Chromium (sudo apt install chromium)" >&2; exit 1; }

# The web UI needs Node.js to be built, not to be served.
.PHONY: node
node:
	@node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' \
	  2>/dev/null || { echo "The web UI is built with Node.js 20.19 or newer, and npm: install them (https://nodejs.org)" >&2; exit 1; }

ui/node_modules/made.stamp: ui/package.json ui/package-lock.json | node
	@echo "Installing what the web UI is built with …"
	@cd ui && npm ci --no-fund --no-audit --no-update-notifier --loglevel error
	@touch $@

$(UI): ui/node_modules/made.stamp ui/index.html ui/vite.config.ts $(shell find ui/src ui/public -type f ! -name '*.gen.ts' ! -name schema.ts)
	@echo "Building the web UI …"
	@cd ui && NODE_NO_WARNINGS=1 npm run --silent build -- --logLevel warn
	@touch $@

.PHONY: ui-where-node-is
ui-where-node-is:
	@if command -v npm >/dev/null; then $(MAKE) --no-print-directory ui; else \
	  echo "Without Node.js the hub serves its API only; install it for the web UI." >&2; fi

# The code and the UI are checked side by side, for each keeps one core busy; what either says comes in one piece.
.PHONY: checks
checks: installed
	@$(MAKE) --no-print-directory --jobs 2 $(if $(filter output-sync,$(.FEATURES)),--output-sync=target) check-code checked-ui

# All at once: each mostly waits for what it loads.
.PHONY: installed
installed: .venv/made.stamp
	@$(MAKE) --no-print-directory --jobs 3 .venv/test.stamp ui/node_modules/made.stamp .venv/amqtt/made.stamp

# One after the other: both write what is generated from the routes.
.PHONY: checked-ui
checked-ui:
	@$(MAKE) --no-print-directory check-ui
	@$(MAKE) --no-print-directory ui

# What the pages ask of the API is checked against what the API answers today.
.PHONY: check-ui
check-ui: .venv/test.stamp ui/node_modules/made.stamp
	$(BIN)/python ui/openapi.py | (cd ui && npm run --silent types -- --output src/api/schema.ts)
	cd ui && npm run --silent check
	cd ui && npm run --silent test

.PHONY: check-code
check-code: .venv/test.stamp
	$(BIN)/ruff format --check src tests bench ui
	$(BIN)/ruff check src tests bench ui
	$(BIN)/mypy
	$(BIN)/lint-imports

.venv/made.stamp:
	@test -n "$(PYTHON)" || { echo "Pilothouse needs Python 3.11 or newer: install it, or say make PYTHON=/path/to/python3" >&2; exit 1; }
	@echo "Setting up .venv with $(PYTHON) (once) …"
	@$(PYTHON) -m venv .venv || { echo "python3 -m venv failed; on Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }
	@$(PIP) --upgrade pip
	@touch $@

.venv/demo.stamp: .venv/made.stamp pyproject.toml constraints.txt
	@echo "Installing Pilothouse and the recorded flight …"
	@$(PIP) --editable '.[demo]'
	@touch $@

# By uv, which takes seconds where pip takes a minute; by pip where only that knows whom to ask for packages.
.venv/test.stamp: .venv/made.stamp pyproject.toml constraints.txt
	@echo "Installing Pilothouse with everything its tests use …"
	@{ $(PIP) uv && $(BIN)/uv pip install --quiet --python $(BIN)/python --constraint constraints.txt --editable '.[all]' \
	  --group dev; } || $(PIP) --editable '.[all]' --group dev
	@touch $@

# The broker that MQTT is tested against besides nats-server pins websockets 15, and Pilothouse needs 17: it lives apart.
.venv/amqtt/made.stamp: .venv/made.stamp
	@echo "Installing an MQTT broker for the tests …"
	@$(PYTHON) -m venv .venv/amqtt
	@.venv/amqtt/bin/python -m pip install --quiet --disable-pip-version-check amqtt==0.12.1 || \
	  echo "amqtt could not be installed; its tests will say so" >&2
	@touch $@

# robot-dam asks for torch and a gigabyte more; deciding needs only these. The benchmark says so when it is not there.
.venv/peer/made.stamp: .venv/made.stamp
	@echo "Installing the guard's peer for the benchmark …"
	@$(PYTHON) -m venv .venv/peer
	@{ .venv/peer/bin/python -m pip install --quiet --disable-pip-version-check --no-deps robot-dam==0.7.0 dam-rs==0.7.0 && \
	  .venv/peer/bin/python -m pip install --quiet --disable-pip-version-check numpy scipy proxsuite==0.8.0 pydantic pyyaml \
	  msgspec psutil; } || echo "robot-dam could not be installed; the benchmark will say so" >&2
	@touch $@

# Its client needs aiohttp and does not say so.
.venv/peer-lab/made.stamp: .venv/made.stamp
	@echo "Installing the debug sessions' peer for the benchmark …"
	@$(PYTHON) -m venv .venv/peer-lab
	@.venv/peer-lab/bin/python -m pip install --quiet --disable-pip-version-check swe-rex==1.4.0 aiohttp || \
	  echo "swe-rex could not be installed; the benchmark will say so" >&2
	@touch $@

.venv/uv.stamp: .venv/made.stamp
	@$(PIP) uv
	@touch $@
