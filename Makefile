# One word each. `make help` lists them.
VENV ?= .venv
BIN := $(VENV)/bin
PORT ?= 8000
WORKERS ?= 2

.PHONY: help setup demo test test-slow lint types docs bench wheel clean

help: ## what can be made
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

$(VENV)/.done: pyproject.toml constraints.txt scripts/setup scripts/assets server/assets/package-lock.json
	@VENV=$(VENV) scripts/setup

setup: $(VENV)/.done ## set up .venv with everything that is needed

demo: setup ## a populated registry in the browser, on this machine only
	@$(BIN)/umr demo --port $(PORT)

test: setup ## the test suite; with COVERAGE=1 also what of the code it runs
	@$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -m "not slow" $(if $(COVERAGE),--cov --cov-report=term:skip-covered) -q

test-slow: setup ## the longer tests: crashes by the hundred, flipped bytes, large graphs
	@$(BIN)/python -m pytest -n $(WORKERS) -m slow -q

lint: setup ## ruff, formatting included
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .

types: setup ## mypy --strict
	@$(BIN)/mypy

docs: setup ## the figures of the paper, made from the shipped records, in docs/build/figures
	@$(BIN)/python scripts/figures docs/build/figures

bench: setup ## what is measured, beside what it is measured against
	@$(BIN)/python -m bench

wheel: setup ## build the wheel and try it in a new environment
	@scripts/try-wheel

clean: ## remove what was made
	rm -rf $(VENV) server/assets/node_modules server/umr_server/static/vendor docs/build build dist .coverage .coverage.* .pytest_cache .mypy_cache .ruff_cache .hypothesis
