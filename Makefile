# make demo: from nothing to a verdict.   make test: lint, types, import directions, tests.
# make docs: the documents as a site, in site/.
# make soak [OUT=folder] [KILLS=n] [MACHINES=n] [INPUTS=n] [TRIES=n]: what holds under kills, damage, haste and full disks.
# make bench [DATA=folder of sets] [LONG=1]: every benchmark, docs/performance.md anew.   make bench-check: have ratios fallen?
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
BENCH := .venv-bench
FLAIR := .venv-bench-flair
DOCS := .venv-docs
DATA ?=
OUT ?= soak-out
KILLS ?= 200
MACHINES ?= 20
INPUTS ?= 10000
TRIES ?= 500

.PHONY: demo test lint soak bench bench-check docs clean

demo: $(VENV)/.installed
	$(BIN)/unfreeze compare --plan examples/snli/plan.yaml --out demo-out
	@echo
	@echo "Try: $(BIN)/unfreeze predict demo-out/bundle examples/snli/test.tsv --out predictions.tsv"

test: $(VENV)/.installed-dev lint
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist worksteal

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check src tests benchmarks docs
	$(BIN)/ruff format --check src tests benchmarks docs
	$(BIN)/mypy
	$(BIN)/lint-imports

soak: $(VENV)/.installed-dev
	$(BIN)/python tests/reliability/soak.py --out "$(OUT)" --kills $(KILLS) --machine-kills $(MACHINES) \
		--inputs $(INPUTS) --tries $(TRIES)

# Both environments also serve `python benchmarks/...`; a peer that cannot be installed leaves its script skipped.
bench: $(BENCH)/.installed
	@$(MAKE) --no-print-directory $(FLAIR)/.installed || echo "flair is not installed: taggers.py will be skipped"
	$(BENCH)/bin/python benchmarks/run_all.py $(if $(DATA),--data "$(DATA)") $(if $(LONG),--long)

bench-check: $(VENV)/.installed
	$(BIN)/python benchmarks/check.py

# Pages first (.docs), then the site; both are made from nothing each time.
docs: $(DOCS)/.installed
	PYTHONPATH=src $(DOCS)/bin/python docs/building/assemble.py .docs
	NO_MKDOCS_2_WARNING=1 $(DOCS)/bin/mkdocs build --strict
	@echo "Open site/index.html"

# torch comes first and alone: a range can pull gigabytes.
define new-environment
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed"; exit 1; }
	$(PYTHON) -m venv $(@D)
	$(@D)/bin/python -m pip install --quiet torch==2.13.0
endef

$(VENV)/.installed: requirements.lock pyproject.toml
	$(new-environment)
	$(@D)/bin/python -m pip install --quiet -r requirements.lock
	$(@D)/bin/python -m pip install --quiet --no-deps --editable .
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed requirements-dev.lock
	$(BIN)/python -m pip install --quiet -r requirements-dev.lock
	@touch $@

$(BENCH)/.installed: requirements.lock benchmarks/requirements.txt pyproject.toml
	$(new-environment)
	$(@D)/bin/python -m pip install --quiet -r requirements.lock -r benchmarks/requirements.txt
	$(@D)/bin/python -m pip install --quiet --no-deps --editable .
	@touch $@

$(FLAIR)/.installed: benchmarks/requirements-flair.txt
	$(new-environment)
	$(@D)/bin/python -m pip install --quiet -r benchmarks/requirements-flair.txt
	@touch $@

$(DOCS)/.installed: docs/requirements.txt
	$(PYTHON) -m venv $(@D)
	$(@D)/bin/python -m pip install --quiet -r docs/requirements.txt
	@touch $@

clean:
	rm -rf $(VENV) $(BENCH) $(FLAIR) $(DOCS) .docs site demo-out unfreeze-out
