# Everything runs in .venv, which is made on first use. `make test` is what continuous integration runs.
# What is installed there is pinned with hashes in requirements/; `make pins` writes those files anew.

PYTHON ?= python3
BIN := .venv/bin
INSTALL := $(BIN)/pip install --quiet --disable-pip-version-check
PIN := .venv-pins/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
	--no-emit-index-url $(UPGRADE) pyproject.toml
BUILDING := requirements/build.in
ON_ALL_CORES := --numprocesses=auto --dist=worksteal
AS_TESTED := --constraint requirements/dev.txt

.PHONY: demo test quick coverage check dist guards faults soak goldens cassettes pins clean

demo: .venv/demo
	$(BIN)/bbsync demo

# What is tested is what people install: the wheel, built from the sdist.
test: check dist
	$(INSTALL) --no-deps --force-reinstall dist/bbsync-*.whl
	BBSYNC_TESTED=installed $(BIN)/pytest $(ON_ALL_CORES)

# This directory as it is, at once: make quick TESTS=tests/test_plan.py
quick: .venv/dev
	$(BIN)/python -m pytest -q $(or $(TESTS),tests)

# How much of the source the tests go through: lines and branches. It takes half as long again.
coverage: .venv/dev
	$(BIN)/python -m pytest $(ON_ALL_CORES) --cov --cov-report=term --cov-fail-under=95

check: .venv/dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# Byte for byte the same wherever and whenever it is built.
dist: .venv/dev
	rm -rf dist
	$(BIN)/pyproject-build --no-isolation >/dev/null

# Takes each guard out in turn; a guard whose removal no test notices does not exist.
guards: .venv/dev
	$(BIN)/python -m tests.guard_removal

# Everything that goes wrong with every kind of request, as a table; a part of it is in the tests.
faults: .venv/dev
	$(BIN)/python -m tests.fault_table

# Two hundred runs against a Bitbucket that changes and fails; some of them are in the tests.
soak: .venv/dev
	$(BIN)/python -m tests.soak

goldens: .venv/dev
	$(BIN)/python -m tests.regenerate_goldens

cassettes: .venv/dev
	$(BIN)/python -m tests.record_cassettes

# To take newer versions, too: make pins UPGRADE=--upgrade
pins:
	$(PYTHON) -m venv .venv-pins
	.venv-pins/bin/pip install --quiet --disable-pip-version-check 'uv>=0.5'
	$(PIN) $(BUILDING) --extra dev --output-file requirements/dev.txt
	$(PIN) $(BUILDING) --extra sandbox $(AS_TESTED) --output-file requirements/demo.txt
	$(PIN) --extra postgres $(AS_TESTED) --output-file requirements/run.txt
	rm -rf .venv-pins

.venv/demo: pyproject.toml requirements/demo.txt
	$(PYTHON) -m venv .venv
	$(INSTALL) --require-hashes --requirement requirements/demo.txt
	$(INSTALL) --no-deps --no-build-isolation .
	touch $@

.venv/dev: pyproject.toml requirements/dev.txt
	$(PYTHON) -m venv .venv
	$(INSTALL) --require-hashes --requirement requirements/dev.txt
	$(INSTALL) --no-deps --no-build-isolation .
	touch $@

clean:
	rm -rf .venv .venv-pins dist
