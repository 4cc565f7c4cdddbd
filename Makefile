# riverchief 智慧河长. `make` shows what there is.
SHELL := /bin/bash
PYTEST := .venv/bin/pytest
# Tests never use a database, a home or a port that somebody set for their own installation.
CLEAN := env -u RIVERCHIEF_HOME -u RIVERCHIEF_WEB_PORT -u RIVERCHIEF_GATEWAY_PORT
BENCHMARKS := $(patsubst benchmarks/%.py,%,$(filter-out benchmarks/_%,$(wildcard benchmarks/*.py)))

.PHONY: help bootstrap demo dev test check soak conformance bench docs
.DEFAULT_GOAL := help

help: ## show this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

bootstrap: ## install and build everything below this folder
	@scripts/bootstrap

demo: bootstrap ## play the story on a generated basin and keep serving (ONCE=1: stop after the story; ARGS="--scale city")
	@.venv/bin/riverchief demo $(if $(ONCE),--once) $(ARGS)

dev: bootstrap ## the demonstration, and the front end rebuilt at every change (on port 5173)
	@trap 'kill 0' EXIT; npm --prefix web run dev & .venv/bin/riverchief demo $(ARGS)

test: ## everything: lint, types, contracts, unit, property, database, socket and browser tests
	@trap wait EXIT; scripts/test-requirements & scripts/bootstrap && wait $$!
	@scripts/check
	@scripts/test

check: bootstrap ## lint, types, import contracts, links, the front end's own tests
	@scripts/check

soak: bootstrap ## the full counts of the fault and fuzz tests
	@$(CLEAN) RIVERCHIEF_SOAK=1 $(PYTEST) -m soak

conformance: bootstrap ## outside clients against the running product
	@$(CLEAN) $(PYTEST) -m conformance

bench: bootstrap ## every benchmark: a table each, then a line of JSON
	@set -e; for name in $(BENCHMARKS); do .venv/bin/python -m benchmarks.$$name; done

docs: bootstrap ## write the API document and the class tokens of the front end, check the links of the documents
	@.venv/bin/riverchief export-web web
	@.venv/bin/python scripts/check_links.py
