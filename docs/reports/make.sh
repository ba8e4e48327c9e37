#!/bin/sh
# Makes the example reports and, with `--screenshots PYTHON`, their pictures: `sh docs/reports/make.sh [DATA] [--screenshots PYTHON]`.
# PYTHON has Playwright; Chromium is found on the path. Trainings are kept in runs.db, so a second run takes a minute.
set -eu
cd "$(dirname "$0")/../.."
data=../shared/data
if [ "${1:-}" != "" ] && [ "${1#--}" = "$1" ]; then data=$1; shift; fi
export OPENBLAS_NUM_THREADS=1

.venv/bin/malmoi compare "$data/imdb-train.parquet" --test "$data/imdb-test.parquet" \
    --recipes docs/recipes/flatten.json,few-labels --vectors "$data/vectors/glove.6B.50d.first10361.txt" \
    --labels 20,200 --seeds 5 -o docs/reports/imdb-200.html --force
.venv/bin/malmoi compare "$data/nsmc-train.parquet" --test "$data/nsmc-test.parquet" \
    --recipes average,conv --labels 200,2000,20000 --seeds 3 --language ko -o docs/reports/nsmc.html --force
if [ "${1:-}" = "--screenshots" ]; then
    "$2" docs/reports/screenshots.py
fi
