# Everything runs in .venv, which is made on first use. `make test` is what continuous integration runs.

PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test check guards goldens cassettes clean

demo: .venv/demo
	$(BIN)/bbsync demo

test: check
	$(BIN)/pytest --cov --cov-report=term

check: .venv/dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# Takes each guard out in turn; a guard whose removal no test notices does not exist.
guards: .venv/dev
	$(BIN)/python -m tests.guard_removal

goldens: .venv/dev
	$(BIN)/python -m tests.regenerate_goldens

cassettes: .venv/dev
	$(BIN)/python -m tests.record_cassettes

.venv/demo: pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check ".[sandbox]"
	touch $@

.venv/dev: pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --editable ".[dev]"
	touch $@

clean:
	rm -rf .venv
