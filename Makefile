# Every target sets up what it needs and is quick the second time.
#
#   make demo            hear the sidecar transcribe a bundled clip
#   make test            all tests: Python, TypeScript, and the app in a browser
#   make e2e             the browser's tests alone
#   make web             the app in your browser
#   make app             the app in Electron
#   make check           format, lint, types, import rules, generated files
#   make bench           all benchmarks;  make bench NAME=rpc  runs one
#   make models          what installed models need: llama.cpp is compiled, once
#   make wheel           dist/*.whl, which installs without torch
#   make schema          regenerate everything that comes from ipc-schema/
#   make lock            compile the hashed lock files again
#   make clean           remove what the targets above have made

PYTHON ?= python3
BIN := .venv/bin
BENCH := .venv-bench/bin
NAME ?=

# uv where it is present, pip elsewhere. Lock files are complete, so nothing is resolved.
UV := $(shell command -v uv 2>/dev/null)
ifdef UV
install = uv pip install --quiet --python $(1)/python --no-deps --compile-bytecode
else
install = $(1)/python -m pip install --quiet --disable-pip-version-check --no-deps
endif

# The reference that converted models must agree with, and a peer of benchmarks; nothing of
# ours imports it. Its lock entry would be the CUDA build of several GB; pip takes the CPU
# build where one is offered, and what torch needs is small.
torch = $(1)/python -m pip install --quiet --disable-pip-version-check torch==2.13.0

.PHONY: demo test e2e web app check bench models wheel schema lock clean
.DELETE_ON_ERROR:

demo: .venv/.core
	@$(BIN)/sotto demo

# Most tests wait for processes that they start: two at once are soon done, also on two cores.
test: .venv/.dev electron-app/node_modules/.ready
	$(BIN)/pytest --numprocesses 2 --dist worksteal
	cd electron-app && npm test --silent
	cd electron-app && npm run --silent e2e

# Chromium is found by itself; where there is none, the tests say so and are skipped.
e2e: .venv/.dev electron-app/node_modules/.ready
	cd electron-app && npm run --silent e2e

web: .venv/.core electron-app/node_modules/.ready
	@echo "The app, for a browser on this machine. The link is good once; Ctrl-C ends it."
	@cd electron-app && npm run --silent web

app: .venv/.core electron-app/node_modules/.ready
	cd electron-app && node node_modules/electron/install.js && npm start --silent

check: .venv/.dev electron-app/node_modules/.ready
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/vulture
	$(BIN)/python ipc-schema/codegen/generate.py --check
	cd electron-app && npm run --silent check

bench: .venv-bench/.bench
	$(BENCH)/python -m benchmarks $(NAME)

models: .venv/.models

wheel: .venv/.core
	$(BIN)/python -m hatchling build --target wheel

schema: .venv/.core
	$(BIN)/python ipc-schema/codegen/generate.py

lock:
	./requirements/compile.sh

clean:
	rm -rf .venv .venv-bench node_modules electron-app/node_modules electron-app/out dist

.venv/.core: requirements/core.txt pyproject.toml
	@echo "Setting up .venv ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(call install,$(BIN)) --require-hashes -r requirements/core.txt
	@$(call install,$(BIN)) --no-build-isolation --editable .
	@$(BIN)/python -m compileall -q sidecar
	@touch $@

# What installed models need; llama.cpp is built once on each machine.
.venv/.models: .venv/.core requirements/models.txt requirements/llama.txt packaging/llama/build_wheel.sh packaging/llama/trim.cmake
	@$(call install,$(BIN)) --require-hashes -r requirements/models.txt
	@wheel=$$(packaging/llama/build_wheel.sh $(BIN)/python) && $(call install,$(BIN)) "$$wheel"
	@touch $@

.venv/.dev: .venv/.models requirements/dev.txt
	@$(call install,$(BIN)) --require-hashes -r requirements/dev.txt
	@$(call torch,$(BIN))
	@touch $@

.venv-bench/.bench: requirements/core.txt requirements/models.txt requirements/llama.txt requirements/dev.txt requirements/bench.txt
	@echo "Setting up .venv-bench ..."
	@test -x $(BENCH)/python || $(PYTHON) -m venv .venv-bench
	@$(call install,$(BENCH)) --require-hashes -r requirements/core.txt -r requirements/models.txt -r requirements/dev.txt -r requirements/bench.txt
	@wheel=$$(packaging/llama/build_wheel.sh $(BENCH)/python) && $(call install,$(BENCH)) "$$wheel"
	@$(call install,$(BENCH)) --no-build-isolation --editable .
	@$(call torch,$(BENCH))
	@touch $@

electron-app/node_modules/.ready: electron-app/package-lock.json
	@command -v npm >/dev/null || { echo "make: Node.js 20 or newer with npm is needed (Debian: apt-get install nodejs npm)"; exit 1; }
	@cd electron-app && ELECTRON_SKIP_BINARY_DOWNLOAD=1 npm ci --silent --no-audit --no-fund
	@touch $@
