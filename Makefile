# Two commands: `make assets` builds build.yaml, `make test` proves the tool.
PYTHON ?= python3
VENV := .venv
ifeq ($(OS),Windows_NT)
BIN := $(VENV)/Scripts
else
BIN := $(VENV)/bin
endif

# With `parts`, real drivers of displays are compared too: make test TEST_EXTRAS=test,preview,parts
TEST_EXTRAS ?= test,preview

# `assets` is also a folder: without .PHONY make would call it up to date.
.PHONY: assets test lint soak fuzz bench clean

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

# Debian packages clang and libclang-rt-14-dev. FUZZ_RUNS=1000 for a look.
FUZZ_RUNS ?= 10000000
fuzz: $(VENV)/installed-test
	mkdir -p build
	clang -std=gnu99 -O1 -g -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all \
	  -DHOST_FUZZ -Ipipeline/share/receiver tests/receiver_host.c \
	  pipeline/share/receiver/bitplane_receiver.c -o build/fuzz-receiver
	build/fuzz-receiver -runs=$(FUZZ_RUNS) -max_len=1024
	clang -std=gnu99 -O1 -g -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all \
	  -Ipipeline/share/runtime tests/runtime_host.c pipeline/share/runtime/*.c -o build/fuzz-runtime
	$(BIN)/python tests/runtime_lab.py build/fuzz-seeds
	build/fuzz-runtime -runs=$(FUZZ_RUNS) -max_len=4096 build/fuzz-seeds
	clang -std=gnu99 -O1 -g -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all \
	  -DHOST_FUZZ -Ipipeline/share/runtime tests/pack_host.c \
	  pipeline/share/runtime/bitplane_pack.c -o build/fuzz-pack
	build/fuzz-pack -runs=$(FUZZ_RUNS) -max_len=1024

bench: $(VENV)/installed-bench
	$(BIN)/python bench/quality.py --write
	$(BIN)/python bench/quantize.py
	$(BIN)/python bench/engine.py --write
	$(BIN)/python bench/upload.py
	$(BIN)/python bench/compiling.py --write
	$(BIN)/python bench/decode.py --write
	$(BIN)/python bench/flash.py --write

clean:
	rm -rf build $(VENV)

$(VENV)/installed: pyproject.toml $(wildcard pipeline/kernels/*.[ch])
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --editable .
	@touch $@

$(VENV)/installed-test: $(VENV)/installed
	$(BIN)/python -m pip install --quiet --editable ".[$(TEST_EXTRAS)]"
	@touch $@

$(VENV)/installed-bench: $(VENV)/installed-test bench/requirements.txt
	$(BIN)/python -m pip install --quiet --requirement bench/requirements.txt
	@touch $@
