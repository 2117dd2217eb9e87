# One virtual environment in .venv; each target sets up what it needs. `make` alone lists the targets.
PYTHON ?= python3
BIN := .venv/bin
DATA ?= ../shared/data
MINUTES ?= 15

.PHONY: help demo test fuzz check format docs prompts constraints wheel bench bench-guard bench-policy bench-memory bench-search bench-offline bench-prompts bench-large clean

help: ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 16

.venv/installed: pyproject.toml constraints.txt
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv || { echo 'Cannot make a virtual environment: install python3-venv, or name another Python >= 3.11 with PYTHON=...'; exit 1; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	@touch $@

.venv/developing: .venv/installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[postgres,mysql,dev]'
	@touch $@

demo: .venv/installed ## install, build the sample database, answer a question on it
	$(BIN)/dbagent ask "What is the total amount of orders by status?"
	@echo
	@echo 'Ask your own:   $(BIN)/dbagent ask "How many customers are there in each region?"'
	@echo 'See how:        $(BIN)/dbagent traces show'
	@echo 'Your database:  $(BIN)/dbagent ask "..." --db postgresql://reader@host/name'

test: .venv/developing ## set up and run the tests
	$(BIN)/python -m pytest -n 2 --dist loadfile

check: .venv/developing ## format, lint and types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: .venv/developing ## write the code in the common form
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

prompts: .venv/developing ## write assets/prompts.json from the templates
	$(BIN)/python -c "from pathlib import Path; from agent.llmops.prompt_files import write_bundle; write_bundle(Path('assets/prompts'))"

docs: .venv/developing ## write the parts of README.md that are made by commands
	$(BIN)/python -m tests.readme

constraints: .venv/developing ## write down the versions that are installed, names and versions only
	$(BIN)/python -m pip freeze --exclude-editable | grep -E '^[A-Za-z0-9._-]+==' > constraints.txt

wheel: .venv/developing ## build the wheel into dist/
	$(BIN)/python -m build --wheel --no-isolation --outdir dist .

fuzz: .venv/developing ## look for statements that get past the guard: MINUTES=15 SEED=...
	$(BIN)/python -m tests.fuzz_guard --minutes $(MINUTES) $(if $(SEED),--seed $(SEED)) $(if $(ENGINES),--engines $(ENGINES))

bench: .venv/developing ## start-up, overhead, reflection, tokens, and recall where DATA is
	$(BIN)/python -m tests.bench.bench_startup
	$(BIN)/python -m tests.bench.bench_question
	$(BIN)/python -m tests.bench.bench_reflection --tables 500 --times 2
	$(BIN)/python -m tests.bench.bench_tokens --tables 10 500
	test ! -d $(DATA) || $(BIN)/python -m tests.bench.bench_search --data $(DATA)

bench-large: .venv/developing ## the same of 10,000 tables, in DuckDB and PostgreSQL: takes some ten minutes
	$(BIN)/python -m tests.bench.bench_reflection
	$(BIN)/python -m tests.bench.bench_tokens

bench-guard: .venv/developing ## what the guard refuses and accepts: DATA=../shared/data/sqlguard
	$(BIN)/python -m tests.bench.bench_guard $(if $(filter file,$(origin DATA)),,--data $(DATA))

bench-policy: .venv/developing ## what a policy keeps back and what it lets through: DATA=../shared/data/sqlguard
	$(BIN)/python -m tests.bench.bench_policy $(if $(filter file,$(origin DATA)),,--data $(DATA))

bench-memory: .venv/developing ## SELECT * of ten million rows beside its first thousand, on each engine: takes some two minutes
	$(BIN)/python -m tests.bench.bench_memory

bench-search: .venv/developing ## recall of search_metadata: DATA=../shared/data
	$(BIN)/python -m tests.bench.bench_search --data $(DATA)

bench-offline: .venv/developing ## what the offline model answers, and how much of it is right: DATA=../shared/data
	$(BIN)/python -m tests.bench.bench_offline --data $(DATA)
	$(BIN)/dbagent eval run sample_db/dialogues.yaml

bench-prompts: .venv/developing ## the shipped prompt and its variants over the sample questions and DATA=../shared/data, 200 questions of a set
	$(BIN)/dbagent eval run sample_db/questions.jsonl --jobs 2 --labels production,variant_a,variant_b
	for set in spider_train defog_60; do $(BIN)/dbagent eval run $(DATA)/$$set.jsonl --limit 200 --jobs 2 --labels production,variant_a,variant_b || exit 1; done

clean: ## remove what was made here
	rm -rf .venv dist build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
