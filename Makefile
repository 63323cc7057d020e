# Two commands: `make assets` builds build.yaml, `make test` proves the tool.
PYTHON ?= python3
VENV := .venv
ifeq ($(OS),Windows_NT)
BIN := $(VENV)/Scripts
else
BIN := $(VENV)/bin
endif

# `assets` is also a folder: without .PHONY make would call it up to date.
.PHONY: assets test lint soak bench clean

assets: $(VENV)/installed
	$(BIN)/bitplane build

test: $(VENV)/installed-test lint
	$(BIN)/python -m pytest

soak: $(VENV)/installed-test
	$(BIN)/python -m pytest -m soak

lint: $(VENV)/installed-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(VENV)/installed-bench
	$(BIN)/python bench/quality.py --write
	$(BIN)/python bench/quantize.py
	$(BIN)/python bench/engine.py --write

clean:
	rm -rf build $(VENV)

$(VENV)/installed: pyproject.toml $(wildcard pipeline/kernels/*.[ch])
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --editable .
	@touch $@

$(VENV)/installed-test: $(VENV)/installed
	$(BIN)/python -m pip install --quiet --editable ".[test,preview]"
	@touch $@

$(VENV)/installed-bench: $(VENV)/installed-test bench/requirements.txt
	$(BIN)/python -m pip install --quiet --requirement bench/requirements.txt
	@touch $@
