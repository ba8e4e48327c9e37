# `make demo` and `make test` need nothing done before; `make check` is what must pass before a commit.
PYTHON ?= python3
VENV := .venv/bin
DATA ?= ../shared/data
JOBS ?= 2
# Without make's flags, which name a pipe of jobs that make keeps closed to cargo.
CARGO := env -u MAKEFLAGS -u MFLAGS cargo
# `make fuzz FUZZ_TARGETS=json FUZZ_SECONDS=3600`: one target, an hour.
FUZZ_SECONDS ?= 60
FUZZ_TARGETS ?= $(notdir $(wildcard core/fuzz/corpus/*))
RUST := $(wildcard core/src/*.rs core/src/*/*.rs core/python/src/*.rs) core/Cargo.toml core/python/Cargo.toml core/Cargo.lock

.PHONY: help setup demo docs fuzz fuzz-core fuzz-models fuzz-readers test test-python test-core test-extras test-lowest lint lint-python lint-core check
.PHONY: test-kills test-small accuracy notes bench bench-text bench-bags bench-checks bench-fasttext bench-few-labels bench-readers bench-scale bench-series bench-static bench-vectors bench-train examples clean wheel try-wheel

help:
	@echo "make demo      train on the built-in reviews, draw, save, predict"
	@echo "make test      all tests"
	@echo "make test-extras  tests that need packages besides: datasets, model2vec, wordllama, aeon, cleanlab, ftfy, gunicorn, Playwright (with Chromium), Ray, Daft, DuckDB, Spark (with Java), datatrove"
	@echo "make test-lowest  all Python tests with the lowest releases that pyproject.toml allows, in .venv-lowest (ten minutes)"
	@echo "make test-kills  SIGINT, SIGTERM and SIGKILL at random moments of every command that writes, full disks, read-only file systems (hours)"
	@echo "make test-small  every command with 1, 1.5 and 2.5 GB of address space and on one core (half an hour; needs $(DATA))"
	@echo "make check     format, lint, types, tests: what must pass"
	@echo "make docs      the documentation site in build/docs; warnings and broken links are errors"
	@echo "make fuzz      generated input for all that reads files: FUZZ_FILES=20000 model files of each kind and data files, the parsers of"
	@echo "               the core for FUZZ_SECONDS=60 each (needs cargo-fuzz: cargo install cargo-fuzz)"
	@echo "make accuracy  the experiments of docs/accuracy.md, docs/notes.md and docs/networks.md on real data (hours; needs $(DATA))"
	@echo "make notes     the notes' networks, a bag and few-labels on 20 to all labels: docs/notes.md (hours; needs $(DATA))"
	@echo "make bench     the benchmarks of benchmarks/RESULTS.md (needs $(DATA))"
	@echo "make bench-text  the benchmarks of texts to arrays (half an hour; needs $(DATA))"
	@echo "make bench-bags  the benchmarks of classifiers on n-grams (hours; needs $(DATA))"
	@echo "make bench-checks  planted faults, false alarms, near duplicates beside datasketch and rensa (an hour; needs $(DATA), PEER=PYTHON)"
	@echo "make bench-fasttext  FastTextClassifier beside fastText (half an hour; needs $(DATA), FASTTEXT=NAME=PYTHON)"
	@echo "make bench-few-labels  classifiers on few labels and many other texts (two hours; needs $(DATA))"
	@echo "make bench-readers  a gigabyte of each format into batches of texts (ten minutes; needs $(DATA))"
	@echo "make bench-scale  shards on processes and Ray beside fastText, memory, 20 GB end to end, docs/scale.md (an hour; needs $(DATA), 12 GB of disk, FASTTEXT=NAME=PYTHON)"
	@echo "make bench-series  MiniRocket, networks and forecasts beside aeon (half an hour)"
	@echo "make bench-static  static sentence embeddings beside model2vec and wordllama (ten minutes; needs $(DATA), PEER=PYTHON)"
	@echo "make bench-vectors  the benchmarks of word vectors (half an hour; needs $(DATA))"
	@echo "make bench-train  seconds an epoch beside Keras, and what a GPU does (half an hour; needs $(DATA))"
	@echo "make wheel     the wheel and the source distribution in dist/, checked and installed once (ten minutes)"
	@echo "make try-wheel  installs the wheel of dist/ into a new environment without Rust, and runs the demo"
	@echo "make examples  runs examples/ from start to end (needs $(DATA))"

setup: .venv/ready

.venv/ready: pyproject.toml requirements.lock tools/setup.sh $(RUST)
	@PYTHON="$(PYTHON)" env -u MAKEFLAGS -u MFLAGS sh tools/setup.sh

demo: .venv/ready
	$(VENV)/malmoi demo --language en --folder demo

test: test-python test-core

# What is printed is a table; a row with FAULT fails.
test-kills: .venv/ready
	$(VENV)/python tools/kill_commands.py disk
	$(VENV)/python tools/kill_commands.py signals

test-small: .venv/ready
	$(VENV)/python tools/small_machines.py $(DATA)

test-core:
	$(CARGO) test --quiet --manifest-path core/Cargo.toml

fuzz: fuzz-models fuzz-readers fuzz-core

fuzz-models: .venv/ready
	MALMOI_FUZZ_EXAMPLES=$(FUZZ_FILES) $(VENV)/python -m pytest --numprocesses $(JOBS) tests/test_model_file_fuzz.py

fuzz-readers: .venv/ready
	MALMOI_FUZZ_EXAMPLES=$(FUZZ_FILES) $(VENV)/python -m pytest --numprocesses $(JOBS) tests/test_reader_fuzz.py

# What is found goes to core/fuzz/target/corpus; the committed corpora, which `make test-core` reads too, stay as they are.
# No sanitizer: the core holds no unsafe code, and without one a target is several times faster.
fuzz-core:
	@for target in $(FUZZ_TARGETS); do \
		mkdir -p core/fuzz/target/corpus/$$target && (cd core && RUSTC_BOOTSTRAP=1 $(CARGO) fuzz run --sanitizer none $$target \
			fuzz/target/corpus/$$target fuzz/corpus/$$target -- -max_total_time=$(FUZZ_SECONDS) -max_len=2048 -timeout=1 \
			-rss_limit_mb=1024 -detect_leaks=0) || exit; \
	done

# Tests start many processes: what is imported is compiled once, and kept.
test-python: .venv/ready
	env -u PYTHONDONTWRITEBYTECODE $(VENV)/python -m pytest --numprocesses $(JOBS) --dist worksteal

# Packages that nothing else needs, in the environment of a user.
test-extras: .venv/ready .venv-bench/ready .venv-aeon/ready .venv-datatrove/ready .venv-distributed/ready
	.venv-bench/bin/pip install --quiet --disable-pip-version-check --constraint requirements.lock \
		pytest hypothesis pandas pyarrow datasets model2vec wordllama cleanlab ftfy gunicorn playwright axe-playwright-python fasttext-numpy2-wheel
	.venv-bench/bin/python -m pytest --override-ini addopts= --override-ini filterwarnings= -q tests/test_extras.py tests/test_fasttext_peer.py tests/test_static_peers.py tests/test_check_peers.py tests/test_report_browser.py tests/test_gunicorn.py
	AEON_PYTHON=.venv-aeon/bin/python $(VENV)/python -m pytest --override-ini addopts= -q tests/test_minirocket_peer.py
	OLD_SCRIPTS=all $(VENV)/python -m pytest --override-ini addopts= -q tests/test_old_scripts.py
	$(VENV)/python -m pytest --override-ini addopts= -q tests/test_text_vectorization_peer.py # needs MALMOI_TENSORFLOW_PYTHON

	.venv-distributed/bin/python -m pytest --override-ini addopts= --override-ini filterwarnings= -q tests/test_distributed*.py tests/test_shard_duplicates.py
	MALMOI_DATATROVE_PYTHON=.venv-datatrove/bin/python $(VENV)/python -m pytest --override-ini addopts= -q tests/test_datatrove_filter.py

# The engines; they choose the releases of what they share, so that no lock file is used. Spark needs a Java runtime.
.venv-distributed/ready: .venv/ready $(RUST)
	$(PYTHON) -m venv .venv-distributed
	.venv-distributed/bin/pip install --quiet --disable-pip-version-check --editable '.[daft,ray]' aiohttp duckdb hypothesis jinja2 pandas pyspark pytest
	touch .venv-distributed/ready

.venv-datatrove/ready: .venv/ready $(RUST)
	$(PYTHON) -m venv .venv-datatrove
	.venv-datatrove/bin/pip install --quiet --disable-pip-version-check --editable . datatrove orjson regex
	touch .venv-datatrove/ready

# All but the engines: direct dependencies at the lowest releases allowed, what these need at the highest. Old releases use what later ones of
# others deprecate, so that such warnings are no errors. The compiled core is that of .venv. These releases have wheels for
# Python 3.11: PYTHON=python3.11, where python3 is a later one.
test-lowest: .venv-lowest/ready
	env -u PYTHONDONTWRITEBYTECODE PYTHONPATH=$(CURDIR)/src .venv-lowest/bin/python -m pytest --numprocesses $(JOBS) --dist worksteal \
		-W ignore::DeprecationWarning

.venv-lowest/ready: .venv/ready pyproject.toml
	$(PYTHON) -m venv --clear .venv-lowest
	.venv-lowest/bin/python -m pip install --quiet --disable-pip-version-check uv
	.venv-lowest/bin/uv pip compile --quiet --python .venv-lowest/bin/python --resolution lowest-direct \
		$(addprefix --extra ,checks dev docs excel korean static train tune) \
		--output-file .venv-lowest/requirements.txt pyproject.toml
	.venv-lowest/bin/uv pip install --quiet --python .venv-lowest/bin/python --requirement .venv-lowest/requirements.txt
	touch .venv-lowest/ready

# aeon wants an older pandas: an environment of its own.
.venv-aeon/ready:
	$(PYTHON) -m venv .venv-aeon
	.venv-aeon/bin/pip install --quiet --disable-pip-version-check aeon==1.6.0
	touch .venv-aeon/ready

bench-series: .venv/ready .venv-aeon/ready
	$(VENV)/python benchmarks/series.py --aeon .venv-aeon/bin/python
	$(VENV)/python benchmarks/series_networks.py --aeon .venv-aeon/bin/python
	OPENBLAS_NUM_THREADS=1 $(VENV)/python benchmarks/forecasting.py --aeon .venv-aeon/bin/python

# PyTorch is measured where it is: `benchmarks/transformer_filter.py $(DATA) --json benchmarks/distributed.json` in an environment of its own.
bench-scale: .venv-distributed/ready
	.venv-distributed/bin/python benchmarks/distributed.py $(DATA) --folder build/scale --gigabytes 2 --rounds 3 $(addprefix --fasttext ,$(FASTTEXT))
	.venv-distributed/bin/python benchmarks/distributed_memory.py --folder build/scale
	.venv-distributed/bin/python benchmarks/generated_reviews.py build/scale/shards --gigabytes 20 --shards 160 --data $(DATA)
	.venv-distributed/bin/python benchmarks/distributed_run.py build/scale/bag.malmoi build/scale/shards build/scale/out --gigabytes 20
	$(VENV)/python benchmarks/scale_page.py

# Model files of every kind, changed in their structure: so many of each.
FUZZ_FILES ?= 20000


lint: lint-python lint-core

lint-core:
	$(CARGO) fmt --all --manifest-path core/Cargo.toml -- --check
	$(CARGO) fmt --manifest-path core/fuzz/Cargo.toml -- --check
	$(CARGO) clippy --quiet --workspace --manifest-path core/Cargo.toml --all-targets -- -D warnings
	@if [ -d "$$(rustc --print target-libdir --target wasm32-unknown-unknown)" ]; then \
		$(CARGO) check --quiet --manifest-path core/Cargo.toml --no-default-features --target wasm32-unknown-unknown; \
	else \
		echo "not checked for wasm32-unknown-unknown, which is not installed: rustup target add wasm32-unknown-unknown"; \
	fi

lint-python: .venv/ready
	$(VENV)/ruff format --check .
	$(VENV)/ruff check .
	$(VENV)/mypy

check: lint test

accuracy: .venv/ready
	$(VENV)/python benchmarks/accuracy.py $(DATA)
	$(VENV)/python benchmarks/notes_accuracy.py $(DATA)
	$(VENV)/python benchmarks/networks_accuracy.py $(DATA)
	$(VENV)/python benchmarks/series_accuracy.py

# The table of docs/notes.md; trainings are kept in notes.db, so that it goes on where it was ended.
notes: .venv/ready
	OPENBLAS_NUM_THREADS=1 $(VENV)/malmoi compare $(DATA)/imdb-train.parquet --test $(DATA)/imdb-test.parquet \
		--recipes docs/recipes/flatten.json,docs/recipes/conv.json,docs/recipes/recurrent.json,few-labels \
		--vectors $(DATA)/vectors/glove.6B.50d.first10361.txt \
		--labels 20,200,2000,all --seeds 5 --runs notes.db --picture docs/notes.png --force

# What a user installs, without the tools of development, some of which Keras would import too.
.venv-bench/ready: .venv/ready $(RUST)
	$(PYTHON) -m venv .venv-bench
	.venv-bench/bin/pip install --quiet --disable-pip-version-check --constraint requirements.lock --editable '.[train]'
	touch .venv-bench/ready

bench: .venv-bench/ready
	.venv-bench/bin/python benchmarks/main_job.py $(DATA)

# Peers that are not among the dependencies are measured where they are installed: `.venv-bench/bin/pip install tokenizers`.
bench-text: .venv-bench/ready
	.venv-bench/bin/python benchmarks/vectorize.py $(DATA) --threads
	.venv-bench/bin/python benchmarks/one_text.py $(DATA)
	.venv-bench/bin/python benchmarks/growth.py $(DATA) --plot benchmarks/growth.png
	.venv-bench/bin/python benchmarks/stream.py $(DATA)

# fastText is measured where it is: `--fasttext PYTHON`, as by benchmarks/accuracy.py.
bench-bags: .venv-bench/ready
	.venv-bench/bin/python benchmarks/bags.py $(DATA) --growth

# The peers are measured where they are installed: `pip install datasketch rensa` in an environment of PYTHON.
bench-checks: .venv-bench/ready
	.venv-bench/bin/python benchmarks/checks.py near-duplicates $(DATA) --peers $(PEER)
	.venv-bench/bin/python benchmarks/checks.py recall $(DATA)
	.venv-bench/bin/python benchmarks/checks_whole.py reviews $(DATA)
	.venv-bench/bin/python benchmarks/checks_whole.py million $(DATA)
	.venv-bench/bin/python benchmarks/checks_whole.py training $(DATA)
	.venv-bench/bin/python benchmarks/planted_texts.py $(DATA)
	.venv-bench/bin/python benchmarks/planted_labels.py labels
	.venv-bench/bin/python benchmarks/planted_labels.py shifts
	.venv-bench/bin/python benchmarks/checks_untouched.py $(DATA)

# `pip install fasttext-numpy2-wheel` in an environment of PYTHON; NAME is fasttext-numpy2-wheel.
bench-fasttext: .venv/ready
	$(VENV)/python benchmarks/fasttext_classifier.py $(DATA) $(addprefix --fasttext ,$(FASTTEXT))

# Static embeddings are measured where they are: `--static FOLDER`, such as that of the package wordllama.
bench-few-labels: .venv-bench/ready
	OPENBLAS_NUM_THREADS=1 .venv-bench/bin/python benchmarks/few_labels.py $(DATA)
	OPENBLAS_NUM_THREADS=1 .venv-bench/bin/python benchmarks/few_labels.py $(DATA) --ablation
	OPENBLAS_NUM_THREADS=1 .venv-bench/bin/python benchmarks/few_labels.py $(DATA) --growth --plot benchmarks/few_labels_growth.png

# pandas and PyArrow are measured where they are installed: `.venv-bench/bin/pip install pandas pyarrow`.
bench-readers: .venv-bench/ready
	.venv-bench/bin/python benchmarks/readers.py $(DATA)

# gensim and Stanford's GloVe are measured where they are: `--gensim PYTHON`, `--stanford BUILD`.
bench-vectors: .venv-bench/ready
	.venv-bench/bin/python benchmarks/vectors.py $(DATA)
	.venv-bench/bin/python benchmarks/glove.py $(DATA)
	.venv-bench/bin/python benchmarks/glove_growth.py $(DATA) --plot benchmarks/glove_growth.png

# The peers are measured where they are installed: `pip install model2vec wordllama` in an environment of PYTHON.
bench-static: .venv-bench/ready
	.venv-bench/bin/pip install --quiet --disable-pip-version-check --constraint requirements.lock tokenizers
	.venv-bench/bin/python benchmarks/static_embeddings.py $(DATA) --peer $(PEER)
	OPENBLAS_NUM_THREADS=1 .venv-bench/bin/python benchmarks/static_embeddings.py $(DATA) --peer $(PEER) --accuracy

# Two versions in turns: `python benchmarks/versions.py OLD_PYTHON NEW_PYTHON $(DATA)`, each in an environment of its own.
# PyTorch is measured where it is: `--torch PYTHON`.
bench-train: .venv-bench/ready
	.venv-bench/bin/python benchmarks/train.py $(DATA)
	.venv-bench/bin/python benchmarks/gpu.py $(DATA)

# Sphinx in an environment of its own. Links to files and headings are checked, here and by tests/test_document_links.py; other sites are not asked.
docs: .venv-docs/ready
	rm -rf build/docs
	PYTHONPATH=$(CURDIR)/src .venv-docs/bin/python -m sphinx -W --keep-going -n -E -q -b html -d build/doctrees docs build/docs
	@echo "build/docs/index.html"

# The compiled core is that of .venv.
.venv-docs/ready: .venv/ready pyproject.toml requirements.lock
	$(PYTHON) -m venv --clear .venv-docs
	.venv-docs/bin/python -m pip install --quiet --disable-pip-version-check uv
	.venv-docs/bin/uv pip compile --quiet --python .venv-docs/bin/python --constraint requirements.lock --extra docs \
		--output-file .venv-docs/requirements.txt pyproject.toml
	.venv-docs/bin/uv pip install --quiet --python .venv-docs/bin/python --requirement .venv-docs/requirements.txt
	touch .venv-docs/ready

examples: .venv/ready
	$(VENV)/python examples/one_hot.py
	$(VENV)/python examples/notes.py --data $(DATA)

# docs/releasing.md says what is built and checked.
wheel:
	@PYTHON="$(PYTHON)" env -u MAKEFLAGS -u MFLAGS sh tools/build_wheel.sh

try-wheel:
	@PYTHON="$(PYTHON)" sh tools/try_wheel.sh dist

clean:
	rm -rf .venv .venv-bench .venv-datatrove .venv-distributed .venv-docs .venv-lowest .venv-wheel build dist demo core/target
