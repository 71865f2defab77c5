# True On-Time. `make` lists what there is. Variables: PROFILE SOURCE AS_OF PORT ADDRESS KEEP_VERSIONS KEEP_DAYS, and those of the targets below.
SHELL := /bin/bash
.DEFAULT_GOAL := help

PYTHON ?= $(or $(shell command -v python3.11),python3)
PY := .venv/bin/python
STAMP := .venv/.installed

# make variables become what the project reads; an unset one leaves the environment's own
ifdef PROFILE
export TRUE_ON_TIME_PROFILE := $(PROFILE)
endif
ifdef SOURCE
export TRUE_ON_TIME_SOURCE := $(SOURCE)
endif
ifdef AS_OF
export TRUE_ON_TIME_AS_OF := $(AS_OF)
endif
ifdef PORT
export TRUE_ON_TIME_PORT := $(PORT)
endif
ifdef KEEP_VERSIONS
export TRUE_ON_TIME_KEEP_VERSIONS := $(KEEP_VERSIONS)
endif
ifdef KEEP_DAYS
export TRUE_ON_TIME_KEEP_DAYS := $(KEEP_DAYS)
endif
ifdef ADDRESS
export TRUE_ON_TIME_ADDRESS := $(ADDRESS)
endif
# a query is handed over as it stands: make would take what follows a $ for a variable of its own
ifdef SQL
override export SQL := $(value SQL)
endif

# no library reports anything to anybody
export DO_NOT_TRACK := 1
export DBT_SEND_ANONYMOUS_USAGE_STATS := false
export GX_ANALYTICS_ENABLED := False
export STREAMLIT_BROWSER_GATHER_USAGE_STATS := false
export PYTHONPATH := $(CURDIR)
export PIP_DISABLE_PIP_VERSION_CHECK := 1

# the demo company's files are made where they are missing, unless SOURCE names others
DEMO := $(if $(TRUE_ON_TIME_SOURCE),,$(filter demo,$(or $(TRUE_ON_TIME_PROFILE),demo)))
N ?= 10

.PHONY: help setup run fetch live receive rebuild nights generate dash sql pictures dagster test test-all check bench bench-live byhand-score import profile-check lock backup restore retire service

help:  ## list the targets
	@echo "True On-Time: delivery as the customer sees it."
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 16 | sed 's/^/  make /'
	@echo "Variables: PROFILE=demo SOURCE=<folder> AS_OF=<instant with zone> PORT=<number> KEEP_VERSIONS=3 KEEP_DAYS=0;"
	@echo "           the same as TRUE_ON_TIME_… in the environment; TRUE_ON_TIME_DATA=<folder> for all that is made."

setup: $(STAMP)

$(STAMP): requirements.lock
	@test -x $(PY) || $(PYTHON) -m venv .venv
	@echo "installing what requirements.lock names (once)"
	@$(PY) -m pip install --quiet --no-deps --require-hashes -r requirements.lock
	@touch $@

run: $(STAMP) $(if $(DEMO),demo-source)  ## the night once, from files to the published warehouse, and its headline
	@$(PY) -m dagster_project.commands.run

fetch: $(STAMP)  ## what the connections have: NAME= one of them; FROM= TO= a period (dates) that is fetched again
	@$(PY) -m dagster_project.connectors $(NAME) $(if $(FROM),--from $(FROM)) $(if $(TO),--to $(TO))

live: $(STAMP)  ## stock and tracks over and over, into a small file beside the night's: ONCE=1 goes round once
	@$(PY) -m dagster_project.commands.live $(if $(ONCE),once)

receive: $(STAMP)  ## take what others push to connections of kind push (PORT=8600; ADDRESS= other than localhost needs a proxy)
	@$(PY) -m dagster_project.commands.receive --port $(or $(TRUE_ON_TIME_PORT),8600) \
	  --address $(or $(TRUE_ON_TIME_ADDRESS),127.0.0.1)

rebuild: $(STAMP)  ## the same from scratch: everything lands again, all models anew
	@$(PY) -m dagster_project.commands.run rebuild

nights: $(STAMP) $(if $(DEMO),demo-source)  ## N=10: the last drops night by night, in a home of their own
	@$(PY) -m dagster_project.commands.nights $(N)

generate: $(STAMP)  ## the demo company's source files: DAYS= ORDERS_PER_DAY= SEED= OUT=
	@$(PY) -m dagster_project.demo_company $(if $(DAYS),--days $(DAYS)) \
	  $(if $(ORDERS_PER_DAY),--orders-per-day $(ORDERS_PER_DAY)) $(if $(SEED),--seed $(SEED)) \
	  $(if $(UNTIL),--until $(UNTIL)) $(if $(OUT),--out $(OUT))

.PHONY: demo-source
demo-source: $(STAMP)
	@test -f "$(or $(TRUE_ON_TIME_DATA),data)/demo/generated.json" || $(MAKE) --no-print-directory generate

dash: $(STAMP)  ## serve the dashboards (PORT=8501; ADDRESS= other than localhost needs sign-in, docs/serving.md)
	@cd dashboards && ../$(PY) -m streamlit run streamlit_app.py --server.headless true \
	  --server.port $(or $(TRUE_ON_TIME_PORT),8501) --server.address $(or $(TRUE_ON_TIME_ADDRESS),localhost) \
	  --browser.gatherUsageStats false

sql: $(STAMP)  ## a read-only prompt on what is published; SQL="from marts.kpi where period = 'all'" answers one and ends
	@$(PY) -m dashboards.shell $${SQL:+"$$SQL"}

pictures: $(STAMP)  ## take the README's pictures of the pages anew, from what is published
	@$(PY) -m dashboards.pictures

dagster: $(STAMP)  ## serve Dagster, with the nightly schedule on (PORT=3000)
	@TRUE_ON_TIME_PORT=$(or $(TRUE_ON_TIME_PORT),3000) $(PY) -m dagster_project.commands.serve

service: $(STAMP)  ## OUT=<folder>: systemd units for schedule, pages, pushes and a daily backup (SERVICE_USER= BACKUP=)
	@$(PY) -m dagster_project.commands.service "$(or $(OUT),systemd)" $(if $(SERVICE_USER),--user $(SERVICE_USER)) \
	  $(if $(BACKUP),--backup $(BACKUP))

backup: $(STAMP)  ## TO=<folder>: raw files, warehouse and what is published; only what changed is copied (KEEP=7)
	@$(PY) -m dagster_project.commands.keep backup $(if $(TO),"$(TO)") $(if $(KEEP),--keep $(KEEP))

restore: $(STAMP)  ## FROM=<folder>: into an empty home (AT= an earlier one; ONLY=source brings back what is missing)
	@$(PY) -m dagster_project.commands.keep restore $(if $(FROM),"$(FROM)") $(if $(AT),--at $(AT)) $(if $(ONLY),--only $(ONLY))

retire: $(STAMP)  ## TO=<backup> BEFORE=<day>: removes older raw files that have landed and lie in the backup
	@$(PY) -m dagster_project.commands.keep retire $(if $(TO),"$(TO)") $(if $(BEFORE),--before $(BEFORE))

test: $(STAMP)  ## the tests, in minutes; says aloud what this machine lacks
	@$(PY) -m pytest -q -m "not slow"

test-all: $(STAMP)  ## every test; what the machine lacks is a failure
	@TRUE_ON_TIME_TEST_ALL=1 $(PY) -m pytest -q

check: $(STAMP)  ## linters, types, layering
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check --quiet . || (echo "run: .venv/bin/ruff format ."; exit 1)
	@.venv/bin/mypy
	@.venv/bin/lint-imports
	@.venv/bin/sqlfmt --check --quiet dbt/models dbt/macros

bench: $(STAMP)  ## ORDERS="100000 1000000": speed as ratios to a hand-written script, interleaved; PAGES_ALONE=1 or CONNECTORS_ALONE=1
	@$(PY) -m tests.bench $(if $(ORDERS),--orders $(ORDERS)) $(if $(ROUNDS),--rounds $(ROUNDS)) $(if $(PAGES_ALONE),--pages-alone) \
	  $(if $(CONNECTORS_ALONE),--connectors-alone)

bench-live: $(STAMP)  ## the small refresh with 22 sources: MINUTES=5 of rounds; with one hanging, with one dead
	@$(PY) -m tests.bench.live $(if $(MINUTES),--minutes $(MINUTES))

import: $(STAMP)  ## FILE=orders.xlsx: a workbook as it is, to the dashboards; YES=1 NAME= ZONE= SET="7=events.delivered"
	@$(PY) -m dagster_project.commands.import_workbook $(if $(FILE),"$(FILE)") $(if $(YES),--yes) $(if $(NAME),--name "$(NAME)") \
	  $(if $(ZONE),--zone "$(ZONE)") $(foreach said,$(SET),--set '$(said)')

byhand-score: $(STAMP)  ## how well mistyped waybill numbers are matched, planted on what is published: SEED= ROWS=
	@$(PY) -m tests.byhand $(if $(SEED),--seed $(SEED)) $(if $(ROWS),--rows $(ROWS))

profile-check: $(STAMP)  ## dry-run PROFILE over SOURCE: mistakes with their remedy, and the first rows as understood
	@$(PY) -m dagster_project.commands.profile_check

lock: $(STAMP)  ## resolve pyproject.toml anew into requirements.lock
	@command -v uv >/dev/null || (echo "make lock needs uv"; exit 1)
	@uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --no-annotate --group dev -o requirements.lock pyproject.toml
