# Every command a contributor needs. `make help` lists them.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
TOOLS := $(VENV)/.test-tools
PEERS := .bench/peers
RUNPOD := $(VENV)/runpod/.installed
DISTS := ./proto ./services/ingest ./services/pose ./services/mesh \
         ./services/ergonomics ./services/gateway ./deploy/local
SOURCES := proto services deploy models tests
CLIP ?= models/clips/demo.mp4
OUT ?= out
PRESET ?= balanced

.DEFAULT_GOAL := help
.PHONY: help setup models check test quick demo up doctor bench bench-accuracy bench-recognition bench-fit bench-assessment bench-overlay schema format clean

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | \
	  awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

$(STAMP): constraints.txt requirements-dev.txt requirements-models.txt requirements-bench.txt \
          proto/pyproject.toml $(wildcard services/*/pyproject.toml) \
          deploy/local/pyproject.toml
	$(PYTHON) deploy/local/check_python.py
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt torch
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt \
	  $(foreach dist,$(DISTS),-e $(dist)) -r requirements-dev.txt -r requirements-models.txt \
	  -r requirements-bench.txt
	$(BIN)/python deploy/local/system_packages.py
	@touch $@

models: $(STAMP) ## Fetch the pose models and the sample clip, build the free body
	$(BIN)/python models/fetch.py

setup: $(STAMP) models ## Everything into .venv and models/ (the first time: minutes)

check: $(STAMP) ## Lint, format, types, import contracts
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/mypy $(SOURCES)
	$(BIN)/lint-imports

$(TOOLS): deploy/local/test_tools.py tests/mesh_scene/package-lock.json | $(STAMP)
	$(BIN)/python deploy/local/test_tools.py
	@touch $@

# A folder of its own: runpod brings a hundred packages that no service wants.
$(RUNPOD): deploy/runpod/requirements.txt constraints.txt | $(STAMP)
	rm -rf $(VENV)/runpod
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --target $(VENV)/runpod \
	  -c constraints.txt -r deploy/runpod/requirements.txt
	@touch $@

test: setup $(TOOLS) $(RUNPOD) ## All tests, with real servers, a real clip and a real browser
	$(BIN)/pytest

quick: setup $(RUNPOD) ## The inner loop: everything but real servers and slow tests
	$(BIN)/pytest -m "not slow and not servers" -q

demo: setup ## Analyse a real clip from end to end and show the result
	$(BIN)/ergomesh analyze $(CLIP) --out $(OUT)

up: setup ## Run the whole stack on this machine until Ctrl-C
	$(BIN)/ergomesh up

doctor: setup ## Check every part with a round trip
	$(BIN)/ergomesh doctor

bench: setup ## Measure what docs/benchmarks.md reports
	PYTHONPATH=tests $(BIN)/python -m bench.stack_bench --write

bench-accuracy: setup ## Render synthetic workers and measure the pipeline on them (half an hour)
	PYTHONPATH=tests $(BIN)/python -m bench.accuracy.run --preset $(PRESET) $(if $(filter balanced,$(PRESET)),--ablations) --write

bench-recognition: setup ## Measure what is recognised in the landmarks that bench-accuracy kept
	PYTHONPATH=tests $(BIN)/python -m bench.accuracy.recognised --write

$(PEERS): requirements-bench-peers.txt | $(STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --upgrade --target $@ -r $<
	@touch $@

bench-fit: setup $(PEERS) ## Measure the fit's speed and memory beside its peers
	PYTHONPATH=tests:$(PEERS) $(BIN)/python -m bench.fit_bench --write

bench-assessment: setup ## Measure methods, report and workbook on a clip of five minutes
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 PYTHONPATH=tests \
	  $(BIN)/python -m bench.assessment_bench --write

bench-overlay: setup ## Measure the overlay on the sample clip, brought to 720p
	$(BIN)/ergomesh analyze $(CLIP) --out .bench/overlay --no-overlay
	PYTHONPATH=tests $(BIN)/python -m bench.overlay_bench \
	  .bench/overlay/$(basename $(notdir $(CLIP))) $(CLIP)

schema: $(STAMP) ## Write the JSON Schema and AsyncAPI documents of the contract
	$(BIN)/python proto/schema/write.py

format: $(STAMP) ## Format the code
	$(BIN)/ruff format $(SOURCES)
	$(BIN)/ruff check --fix $(SOURCES)

clean: ## Remove what set-up and runs made (fetched models too)
	rm -rf $(VENV) $(OUT) models/pose models/body models/clips .mypy_cache .ruff_cache .pytest_cache
