# `make test` runs the whole suite, `make check` lint, types and imports.
# python3 may be a shim without a version behind it: the first one that really starts is taken.
PYTHON := $(shell for p in python3 python3.11 python3.12 python3.13 /usr/bin/python3 $(HOME)/.pyenv/versions/3.1[123]*/bin/python; do \
  $$p -c 'import sys; sys.exit(sys.version_info < (3, 10))' >/dev/null 2>&1 && command -v $$p && break; done)

.PHONY: setup test check
setup:
	@$(PYTHON) -m runtime.setup .venv

test: setup
	.venv/bin/python -m pytest

check: setup
	.venv/bin/ruff check .
	.venv/bin/mypy
	.venv/bin/lint-imports
