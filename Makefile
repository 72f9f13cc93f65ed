# Two commands: `make demo` and `make test`. Each sets everything up by itself.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

PYTEST := $(BIN)/python -m pytest -n auto --dist loadscope --no-loadscope-reorder

.PHONY: demo test test-long soak fuzz check docs pictures setup clean

setup: $(VENV)/installed

$(VENV)/installed: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "coingraph needs Python 3.11 or newer: make PYTHON=python3.12 ..."; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --no-compile --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $@

demo: setup
	$(BIN)/coingraph demo

test: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy .
	$(BIN)/lint-imports --no-logo
	$(PYTEST)

test-long: setup
	$(PYTEST) -m "long and not soak and not examples"

soak: setup
	$(BIN)/python -m pytest -m soak

fuzz: setup
	COINGRAPH_FUZZ=1 $(BIN)/python -m pytest tests/test_fuzz.py

docs: setup
	$(BIN)/python -m commands.reference > docs/commands.md
	$(BIN)/python -m explore.page.words
	$(BIN)/python -m pytest tests/test_examples.py -m examples --rewrite-docs

pictures: demo
	$(BIN)/python tests/draw_pictures.py demo

check: setup
	$(BIN)/ruff check --fix . && $(BIN)/ruff format . && $(BIN)/mypy .

clean:
	rm -rf $(VENV) build *.egg-info
