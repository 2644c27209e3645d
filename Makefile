# Each target makes its own .venv on a machine that has Python and make only.
PYTHON ?= python3
BIN := .venv/bin
TESTERS ?= 2

MINUTES ?= 60

.PHONY: demo test test-all attack lint docs bench bench-peers clean

# Seven tasks with true and with random labels: a table, a figure and a verdict.
demo: .venv/demo
	@mkdir -p build
	$(BIN)/synth run paradox --plot build/paradox.png

# Two processes: of more the second half would wait for the longest file.
test: .venv/ready
	$(BIN)/python -m pytest -n $(TESTERS) --dist loadscope

test-all: .venv/ready
	$(BIN)/python -m pytest -m "slow or not slow"

# Random tasks; every claim of every result is held against brute force.
attack: .venv/ready
	$(BIN)/python -m tests.attack --minutes $(MINUTES) --processes $(TESTERS)

lint: .venv/ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

docs: .venv/ready
	$(BIN)/python -m sphinx --fail-on-warning --keep-going --nitpicky --fresh-env --quiet \
		-b html -d build/doctrees docs build/docs
	@echo "build/docs/index.html"

bench: .venv/ready
	$(BIN)/python bench/run.py
	$(BIN)/python bench/memory.py
	$(BIN)/python bench/exact.py

# Puts cvc5, gplearn and pyoperon into environments of their own under bench/.peers.
bench-peers: .venv/ready
	$(BIN)/python bench/peers.py --install --markdown

# The library and what draws figures, without what the tests and the docs need.
.venv/demo: pyproject.toml requirements.lock
	@echo "Installing synth and matplotlib into .venv; this takes about a minute."
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check \
		--constraint requirements.lock --editable '.[plot]'
	touch $@

.venv/ready: pyproject.toml requirements.lock
	@echo "Installing everything that the tests and the docs need into .venv; this takes minutes."
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	touch $@ .venv/demo

clean:
	rm -rf .venv build dist
