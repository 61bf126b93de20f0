PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.ready

.PHONY: help setup run small large teacher external bench bench-full stream load reliability test test-quick lint clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 14

setup: $(STAMP) ## make the virtual environment with the pinned dependencies

$(STAMP): requirements.txt pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade "pip>=24"
	$(BIN)/python -m pip install --quiet -r requirements.txt
	$(BIN)/python -m pip install --quiet --no-deps -e .
	touch $@

run: $(STAMP) ## train with the defaults and score an example article
	PATH="$(CURDIR)/$(BIN):$$PATH" dvc repro
	$(BIN)/predict seeds/examples/news.md
	$(BIN)/predict seeds/examples/ --format json -o predictions.json
	@echo
	@echo "trained models        models/encoder, models/baseline"
	@echo "figures and plots     reports/ (dvc metrics show; dvc plots show)"
	@echo "tracked runs          mlflow.db ($(BIN)/mlflow ui)"
	@echo "example predictions   predictions.json"

small: $(STAMP) ## train a smaller, quicker encoder (predict --model models/small)
	$(BIN)/readout train small --resume

large: $(STAMP) ## train a larger, slower encoder (predict --model models/large)
	$(BIN)/readout train large --resume

teacher: $(STAMP) ## train larger encoders (hours) and write what they teach the default one
	PATH="$(CURDIR)/$(BIN):$$PATH" dvc unfreeze teach
	PATH="$(CURDIR)/$(BIN):$$PATH" dvc repro --single-item teach; \
	status=$$?; PATH="$(CURDIR)/$(BIN):$$PATH" dvc freeze teach; exit $$status

external: $(STAMP) ## compare the models with alternatives on labelled files (FILES=folder)
	$(BIN)/python -m pip install --quiet -e ".[external]"
	$(BIN)/python benchmarks/external.py $(or $(FILES),../shared/eval) reports/external.md

bench: $(STAMP) ## measure speed and memory against alternatives (25 minutes; QUICK=1 for five)
	$(BIN)/python -m pip install --quiet -e ".[external,ray]"
	$(BIN)/python benchmarks/speed.py $(if $(QUICK),--quick) $(if $(NLI),--nli $(NLI))
	$(if $(QUICK),,$(BIN)/python benchmarks/scale_costs.py)

bench-full: $(STAMP) ## the same, with a million sentences to their end (an hour)
	$(BIN)/python -m pip install --quiet -e ".[external,ray]"
	$(BIN)/python benchmarks/speed.py --whole $(if $(NLI),--nli $(NLI))
	$(BIN)/python benchmarks/scale_costs.py

stream: $(STAMP) ## score 100,000 files and 5 GB of JSON lines, killed and gone on with
	$(BIN)/python benchmarks/streaming.py

load: $(STAMP) ## load the service with 1, 8 and 32 clients, five minutes each
	$(BIN)/python -m pip install --quiet -e ".[load]"
	$(BIN)/python benchmarks/load.py

reliability: $(STAMP) ## cause every fault in benchmarks/faults.yaml and count what survives
	$(BIN)/python benchmarks/faults.py

test: $(STAMP) ## run the tests
	$(BIN)/python -m pytest -q

test-quick: $(STAMP) ## run the tests but the slow ones
	$(BIN)/python -m pytest -q -m "not slow"

lint: $(STAMP) ## check the style
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

clean: ## remove what is derived, but not trained models
	rm -rf data/prepared data/labeled data/splits .checkpoints predictions.json
