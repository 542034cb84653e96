SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url

.PHONY: help env lock demo test slow check docs site parts faults

help:  ## what each target does
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/'

env: .venv/.ready  ## make the environment in .venv and nothing else

.venv/.ready: requirements.lock pyproject.toml
	@echo "== environment: .venv (a few minutes the first time: torch is large)"
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r deploy/requirements-uv.lock
	@$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes -r requirements.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --build-constraint deploy/requirements-build.lock --no-deps -e .
	@touch $@

lock:  ## resolve the dependencies again into requirements.lock and the images' lists in deploy/
	@$(COMPILE) --extra dev pyproject.toml requirements.in -o requirements.lock
	@$(COMPILE) --constraint requirements.lock deploy/requirements-centre.in -o deploy/requirements-centre.lock
	@$(COMPILE) --constraint requirements.lock pyproject.toml -o deploy/requirements-site.lock
	@for list in build inspection uv; do $(COMPILE) deploy/requirements-$$list.in -o deploy/requirements-$$list.lock || exit; done

demo: env  ## three hospitals train together on this machine; ends with a table and runs/demo/report.html
	@$(BIN)/glsmed-demo run --out runs/demo --page

test: env  ## the whole test suite, two files at a time
	@$(BIN)/python -m pytest -n 2 --dist loadfile

slow: env  ## the tests that take minutes: kill -9 at every stage, a minute without network, 200 rounds
	@$(BIN)/python -m pytest -m slow

docs: env  ## write docs/configuration.md again from the schema
	@$(BIN)/python docs/configuration.py > docs/configuration.md

site: env  ## the documentation site in build/site/html; a warning is an error
	@$(BIN)/python -m sphinx -q -W --keep-going -b html -d build/site/doctrees docs build/site/html
	@echo build/site/html/index.html

check: env  ## ruff, mypy, the import arrows and the documentation site
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/python -m pytest -q tests/test_architecture.py
	@$(MAKE) --no-print-directory site

build/inspection/.ready: deploy/requirements-inspection.lock
	@test -x build/inspection/bin/python || $(PYTHON) -m venv build/inspection
	@build/inspection/bin/pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

parts: build/inspection/.ready  ## list every part of a hospital's and a centre's installation (CycloneDX SBOM) in build/
	@for end in site centre; do build/inspection/bin/cyclonedx-py requirements deploy/requirements-$$end.lock \
		--pyproject pyproject.toml --output-reproducible --output-file build/parts-$$end.json && echo build/parts-$$end.json || exit; done

faults: build/inspection/.ready  ## look up known security faults of those parts; needs the internet
	@for end in site centre; do build/inspection/bin/pip-audit --disable-pip --require-hashes -r deploy/requirements-$$end.lock || exit; done
