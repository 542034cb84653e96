SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url

.PHONY: help env lock demo test slow check docs

help:  ## what each target does
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/'

env: .venv/.ready  ## make the environment in .venv and nothing else

.venv/.ready: requirements.lock pyproject.toml
	@echo "== environment: .venv (a few minutes the first time: torch is large)"
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	@$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes -r requirements.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps -e .
	@touch $@

lock:  ## resolve the dependencies again into requirements.lock and the images' lists in deploy/
	@$(COMPILE) --extra dev pyproject.toml requirements.in -o requirements.lock
	@$(COMPILE) --constraint requirements.lock deploy/requirements-centre.in -o deploy/requirements-centre.lock
	@$(COMPILE) --constraint requirements.lock pyproject.toml -o deploy/requirements-site.lock
	@$(COMPILE) deploy/requirements-build.in -o deploy/requirements-build.lock

demo: env  ## three hospitals train together on this machine; ends with a table and runs/demo/report.html
	@$(BIN)/glsmed-demo run --out runs/demo

test: env  ## the whole test suite
	@$(BIN)/python -m pytest

slow: env  ## the tests that take minutes: kill -9 at every stage, a minute without network, 200 rounds
	@$(BIN)/python -m pytest -m slow

docs: env  ## write docs/configuration.md again from the schema
	@$(BIN)/python docs/configuration.py > docs/configuration.md

check: env  ## ruff, mypy and the import arrows
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/python -m pytest -q tests/test_architecture.py
