# `make run` starts everything, `make test` runs the whole suite, `make check` lint, types and imports.
# python3 may be a shim without a version behind it: the first one that really starts is taken.
PYTHON := $(shell for p in python3 python3.11 python3.12 python3.13 /usr/bin/python3 $(HOME)/.pyenv/versions/3.1[123]*/bin/python; do \
  $$p -c 'import sys; sys.exit(sys.version_info < (3, 10))' >/dev/null 2>&1 && command -v $$p && break; done)
# The tests that use the assistant need it trained; the rest of `make run` trains what is stale by itself.
PY := .venv/bin/python

.PHONY: setup run train test check bench
setup:
	@$(PYTHON) -m runtime.setup

run: setup
	@exec $(PY) -m runtime.run

train: setup
	@$(PY) -m runtime.train --force

test: setup
	@$(PY) -m runtime.train
	@$(PY) -m pytest -n 2 --dist loadfile --no-loadscope-reorder

check: setup
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports

bench: setup
	@$(PY) -m runtime.train
	@$(PY) -m tests.bench
