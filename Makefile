# `make lab` opens the course, `make test` runs the tests; both set everything up first. Windows: see README.md.
#   make lab PYTHON=python3.12        the Python to make .venv with (3.11 to 3.13)
#   make lab ARGS="--port 9999"       more for JupyterLab
#   make lab TORCH_INDEX=skip         Linux: the default build of torch, without a look for the smaller CPU build
python := .venv/bin/python
# Two at a time, since half of the tests wait for another program; tests/conftest.py says what stays together.
side_by_side := --numprocesses 2

.DEFAULT_GOAL := help
.PHONY: help lab lab-teacher setup test test-slow check benchmarks lock build clean

help:  ## list these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' Makefile

lab: setup  ## open the course in JupyterLab, in my-course/
	@exec $(python) -m asynclab lab $(ARGS)

lab-teacher: setup  ## release the lessons and open formgrader in JupyterLab, in teacher/
	@exec $(python) -m grader teach $(ARGS)

setup:  ## make .venv from requirements.lock, if it is not there yet
	@.ci/setup.sh

test: setup  ## set up and run the tests (at most 15 minutes)
	@.ci/system-packages.sh
	$(python) -m pytest -m "not slow" $(side_by_side) $(ARGS)

# No test collected is a failure (pytest's exit code 5): there are slow tests, so something hides them.
test-slow: setup  ## run the tests that take longer
	@.ci/system-packages.sh
	$(python) -m pytest -m slow $(side_by_side) $(ARGS)

check: setup  ## lint, types, fast tests and the content that changed (at most a minute)
	$(python) -m ruff check
	$(python) -m ruff format --check
	$(python) -m mypy src grader
	$(python) -m pytest -q -m "not slow and not browser and not long" $(side_by_side)
	$(python) -m grader check --changed

benchmarks: setup  ## run the benchmarks and write their tables into benchmarks/README.md
	$(python) benchmarks/publish.py $(ARGS)

build: setup  ## make notebooks/ and the reference answers from solutions/
	$(python) -m grader build

lock: setup  ## resolve pyproject.toml into requirements.lock (ARGS=--upgrade takes newer releases)
	.ci/lock.sh $(python) $(ARGS)

clean:  ## remove what can be made again; my-course/ stays
	rm -rf .venv build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis
