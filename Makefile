# Two commands do everything on a machine with Python 3.11 and nothing else:
#   make demo   four nights of a sample district against the simulator, then a page
#   make test   all tests (the browser tests too, where Chromium is, and always in CI)
# make check is the fast subset; make soak plays histories for SOAK_MINUTES (90); make bench
# measures; make requirements pins anew.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV := .uv/bin/uv
# uv must use the machine's Python, never fetch one.
export UV_PYTHON_DOWNLOADS := never
UNIT := tests/unit tests/test_architecture.py tests/test_docs.py

.PHONY: help demo test check soak bench requirements clean

help:
	@sed -n '2,5s/^# *//p' Makefile

demo: $(VENV)/.run
	@$(BIN)/rollbook demo

# of the tests; more than cores, since many of them wait for processes
WORKERS ?= 4

test: $(VENV)/.dev
	@$(BIN)/ruff check -q . && $(BIN)/ruff format -q --check . && $(BIN)/mypy
	@$(BIN)/pytest -n $(WORKERS) --dist worksteal

check: $(VENV)/.dev
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy
	@$(BIN)/pytest -m "not slow and not browser" $(UNIT)

soak: $(VENV)/.dev
	@PYTHONPATH=tests $(BIN)/python -m histories.soak

bench: $(VENV)/.dev
	@$(BIN)/python -m bench

requirements: $(UV)
	@for name in run dev; do \
	  $(UV) pip compile -q --upgrade --universal --python-version 3.11 --generate-hashes \
	    --no-emit-index-url requirements/$$name.in -o requirements/$$name.txt; done

clean:
	rm -rf $(VENV) .uv .rollbook .mypy_cache .ruff_cache .hypothesis screenshots

$(UV):
	@$(PYTHON) -m venv .uv && .uv/bin/pip install -q --disable-pip-version-check uv

$(VENV)/.run: requirements/run.txt pyproject.toml | $(UV)
	@test -x $(BIN)/python || $(UV) venv -q --python $(PYTHON) $(VENV)
	@$(UV) pip install -q --compile-bytecode --require-hashes -r requirements/run.txt
	@$(UV) pip install -q --no-deps -e .
	@touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.run
	@$(UV) pip install -q --compile-bytecode --require-hashes -r requirements/dev.txt
	@touch $@
