# Parley on one machine. `make help` lists the targets; `make run` and `make test` do their own set-up.
SHELL := /bin/bash
.DEFAULT_GOAL := help

VENV := .venv
PYTHON ?= python3
export UV_PROJECT_ENVIRONMENT := $(CURDIR)/$(VENV)
export UV_COMPILE_BYTECODE := 1
# The machine's own certificates, as pip and curl use them: some networks put theirs in front of the index.
export UV_SYSTEM_CERTS := true
export UV_NATIVE_TLS := true
BIN := $(VENV)/bin
READY := $(VENV)/.ready

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-16s %s\n", $$1, $$2}'

setup: $(READY) ## Make the virtual environment from the lock file

$(READY): scripts/setup.sh uv.lock pyproject.toml $(wildcard */pyproject.toml */*/pyproject.toml)
	@PYTHON=$(PYTHON) scripts/setup.sh $(VENV)
	@touch $@

run: $(READY) ## Start everything, place a spoken call, stay up until Ctrl-C
	@$(BIN)/parley up --call

up: $(READY) ## Start everything and stay up until Ctrl-C
	@$(BIN)/parley up

down: $(READY) ## End a stack that was left running
	@$(BIN)/parley down

call: $(READY) ## Place the example call to a running stack
	@$(BIN)/parley call

test: peers test-unit test-clocks test-peers test-calls ## Run the whole test suite, the spoken end-to-end calls included

# Many of these tests wait for sockets and processes: three side by side keep two cores busy.
JOBS ?= $(shell echo $$(( ($$(nproc) * 3 + 1) / 2 )))

test-unit: $(READY) ## Run the tests that need no running stack, three at a time on two cores
	@$(BIN)/python -m pytest -q -n $(JOBS) --dist loadfile -m "not e2e and not chaos and not peers and not nightly" $(TESTS)

test-fast: $(READY) ## Run the tests that need no server, no socket and no second process: under a minute
	@$(BIN)/python -m pytest -q -n 2 --dist worksteal --pure $(TESTS)

peers: ## Install what tests meet from outside: a browser, SIP phones, public client packages, Triton
	@scripts/peers.sh

test-peers: $(READY) ## Run the tests that meet them, two at a time; `make peers` installs them
	@$(BIN)/python -m pytest -q -n 2 --dist loadfile -m peers $(or $(TESTS),tests/peers services/asr/tests/test_triton_server.py services/tts/tests/test_triton_server.py)

test-clocks: $(READY) ## Run the tests that read dates at two faked moments; `make peers` installs faketime
	@$(BIN)/python tests/clocks/run.py --quick

test-clocks-nightly: $(READY) ## The same at eight moments, with a spoken booking at each
	@$(BIN)/python tests/clocks/run.py

test-values-nightly: $(READY) ## Read 2,000 generated phrases of each kind of slot, in each wording and language
	@$(BIN)/python -m pytest -q services/llm/tests/values/test_generated_phrases.py --phrases 2000 --timeout 600

test-calls: $(READY) ## Run the spoken calls on a stack of their own, with workers killed in the middle
	@$(BIN)/python -m pytest -q -m "(e2e or chaos) and not nightly" tests

test-calls-nightly: $(READY) ## Run the calls that take minutes: a bus that stands still for 60 s, a disk that is full for 60 s
	@$(BIN)/python -m pytest -q -m nightly services/gateway tests

check: $(READY) ## Format, lint, types, import rules, generated code, docs' links
	@PATH="$(CURDIR)/$(BIN):$$PATH" scripts/check.sh

format: $(READY) ## Format the code
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .

proto: $(READY) ## Generate the code of the contract
	@PATH="$(CURDIR)/$(BIN):$$PATH" scripts/generate.sh

.PHONY: triton
triton: $(READY) ## Serve Parley's Whisper and a voice from a real Triton server; examples/triton/README.md
	@examples/triton/run.sh --setup
	@examples/triton/run.sh

bench: $(READY) ## Measure latency, overhead, jitter, CPU and memory; writes var/bench.json
	@$(BIN)/python -m parley_bench $(BENCH)

eval-asr: $(READY) ## Measure recognition on synthetic callers, as a table; EVAL="--half tuning --show" for more
	@nice -n 10 $(BIN)/python services/asr/eval/table.py $(EVAL)

eval-turns: $(READY) ## Measure turn-taking with spoken callers on a stack of its own; TURNS="--small" for two minutes
	@nice -n 10 $(BIN)/parley eval turns --start $(TURNS)

eval-phrases: $(READY) ## How many open and complete phrases the end-of-turn rules judge right, by language
	@$(BIN)/python -m pytest -q -s services/gateway/tests/turns/test_phrases.py services/gateway/tests/turns/test_dictation.py

simulate: $(READY) ## Simulate 2,000 calls with faults and check what must always hold
	@$(BIN)/parley simulate --calls 2000 --seed 1

simulate-nightly: $(READY) ## The same with 100,000 calls; SEED=N begins elsewhere
	@$(BIN)/parley simulate --calls 100000 --seed $(or $(SEED),1)

fuzz: $(READY) ## Give every parser of strangers' bytes 100,000 inputs; INPUTS=N for more, TARGETS=NAME for one
	@$(BIN)/python tests/fuzz/run.py --inputs $(or $(INPUTS),100000) $(TARGETS)

fuzz-nightly: $(READY) ## The same with 5,000,000 inputs each
	@$(BIN)/python tests/fuzz/run.py --inputs 5000000

clean: ## Remove the environment; var/ (your calls) stays
	@rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache

.PHONY: help setup run up down call test test-unit test-fast peers test-clocks test-clocks-nightly test-values-nightly test-peers test-calls test-calls-nightly check format proto bench eval-asr eval-turns eval-phrases simulate simulate-nightly fuzz fuzz-nightly clean
