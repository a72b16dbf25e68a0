# Comptoir: `make` alone lists what can be done. The comment after ## is the help line; the section before it, for whom.

PYTHON ?= python3
PORT ?= 9000
DATA ?= var
ENV ?= production
export PORT DATA

VENV := .venv/bin
READY_UP := @$(PYTHON) app/dev/bootstrap.py up
READY_TEST := @$(PYTHON) app/dev/bootstrap.py test
# Cheap to dear, so that a mistake shows early. The first group needs no host of its own and shares the cores.
QUICK := $(wildcard $(addprefix tests/,unit architecture contract deploys api concurrency faults sdk))
WHOLE := $(wildcard $(addprefix tests/,up browser testhost appliance runbook))
OTHERS := $(filter-out $(QUICK) $(WHOLE),$(patsubst %/,%,$(sort $(dir $(wildcard tests/*/test_*.py)))))
INFRA = $(VENV)/python -m infra --inventory=$(ENV)
.DEFAULT_GOAL := help
.PHONY: help up test clean fast check lock prove bench bench-quick serve migrate appliance appliance-down bootstrap deploy rollback audit

help:
	@awk '/^## / { print "\n" substr($$0, 4) } \
	/^[a-z-]+:.* ## / { split($$0, part, ":.* ## "); printf "  make %-15s %s\n", part[1], part[2] }' Makefile

## Essayer / try it (Python 3.11+)

up: ## tout le back office, une boutique de démonstration / the whole back office with a demo shop (PORT=9000 DATA=var)
	$(READY_UP)
	@$(VENV)/python -m app.dev.up

test: ## la suite complète / the complete suite (REQUIRE_APPLIANCE=1: nothing may be left out)
	$(READY_TEST)
	@failed=0; \
	$(VENV)/pytest -n 3 --dist worksteal $(QUICK) || failed=1; \
	$(VENV)/pytest $(WHOLE) $(OTHERS) || failed=1; \
	exit $$failed

clean: ## ôter l'environnement et les caches, jamais les données / remove environment and caches, never data
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache *.egg-info

## Développer / develop

fast: ## unit, architecture, api: quelques minutes / some minutes
	$(READY_TEST)
	@$(VENV)/pytest -q -n 3 --dist worksteal tests/unit tests/architecture tests/api

check: ## style, types, couches, verrou / style, types, layers, lock
	$(READY_TEST)
	@$(VENV)/ruff check
	@$(VENV)/ruff format --check
	@$(VENV)/mypy
	@$(VENV)/lint-imports && (! command -v shellcheck >/dev/null || shellcheck .ci/run)
	@$(VENV)/pytest -q tests/architecture

lock: ## refaire les verrous après un changement de pyproject.toml / lock again after a change of pyproject.toml
	$(READY_TEST)
	@$(PYTHON) app/dev/bootstrap.py lock

prove: ## les preuves en grandeur réelle / the full-size proofs, written to docs/proofs
	$(READY_TEST)
	@PROVE=1 $(VENV)/pytest $$(grep -rl --include='test_*.py' 'record_proof(' tests)

bench: ## ce que coûte chaque opération / what each operation costs, written to docs/performance.md (PART=growth, PART=hour)
	$(READY_TEST)
	@$(VENV)/python -m bench $(if $(PART),--part $(PART))

bench-quick: ## la même chose en moins d'une minute / the same in under a minute, only printed
	$(READY_TEST)
	@$(VENV)/python -m bench --quick

serve: ## le serveur web seul, réglages de l'environnement / the web server alone, settings from the environment
	$(READY_UP)
	@$(VENV)/comptoir serve

migrate: ## amener la base à la dernière migration / bring the database to the last migration
	$(READY_UP)
	@$(VENV)/alembic upgrade head

appliance: ## un faux VPS déployé, comment le joindre / a disposable VPS, deployed, and how to reach it (root)
	$(READY_TEST)
	@$(VENV)/python -m tests.appliance up

appliance-down: ## l'enlever / remove it
	$(READY_TEST)
	@$(VENV)/python -m tests.appliance down

## Exploiter / operate (ENV=production)

bootstrap: ## une fois, en root : utilisateur et clés / once, as root: user and keys (HOST= DOMAIN=)
	$(READY_TEST)
	@$(INFRA) bootstrap --host=$(HOST) --domain=$(DOMAIN)

deploy: ## livrer le dernier tag / ship the newest tag (TAG=)
	$(READY_TEST)
	@$(INFRA) deploy --tag=$(TAG)

rollback: ## revenir au tag précédent / back to the previous tag (TAG=)
	$(READY_TEST)
	@$(INFRA) rollback --tag=$(TAG)

audit: ## la liste de contrôle, de l'extérieur / the checklist, from outside
	$(READY_TEST)
	@$(INFRA) audit
