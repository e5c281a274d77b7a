# The commands of this project. `make` alone lists them.

PYTHON ?= python3
VENV   ?= .venv
export PYTHON VENV

.DEFAULT_GOAL := help
.PHONY: help demo test check format fuzz docs bench bench-check clean

help: ## List the commands
	@echo "ldapom: typed Python classes from an LDAP directory's own schema"
	@echo
	@sed -n 's/^\([a-z-]*\): .*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20
	@echo
	@echo "Each command makes its own virtual environment in $(VENV) when it needs one."
	@echo "New here? Begin with 'make demo'. Choose a Python: make test PYTHON=python3.12"

demo: ## See it work in a minute: a directory, its classes, queries
	@bash scripts/venv cli
	@$(VENV)/bin/python examples/demo.py

test: ## Run everything: format, lint, types, architecture, speed, tests, real servers
	@bash scripts/test

check: ## The quick half: format, lint, types, architecture
	@bash scripts/check

format: ## Rewrite the sources in the house format
	@bash scripts/venv cli test
	@$(VENV)/bin/python -m ruff check --fix-only --quiet .
	@$(VENV)/bin/python -m ruff format .

fuzz: ## Feed the parsers hostile input for a while
	@bash scripts/fuzz

docs: ## Write the tables of docs/ anew that the tests make
	@bash scripts/venv cli test
	@$(VENV)/bin/python -m tests.matrix
	@$(VENV)/bin/python -m tests.faults

bench: ## Measure it beside other clients, against OpenLDAP; QUICK=1 for less
	@bash scripts/bench

bench-check: ## Compare the instructions that the hot paths take with what they took
	@bash scripts/venv test
	@$(VENV)/bin/python -m benchmarks.instructions

clean: ## Remove the virtual environment, caches and build results
	rm -rf $(VENV) .bench build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage .coverage.*
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
