#!/bin/sh
# Install the wheel of a folder into a fresh environment without Rust, and run it: tools/try_wheel.sh [FOLDER]
set -eu
wheel=$(ls "${1:-dist}"/*.whl)
[ -f "$wheel" ] || { echo "must be one wheel, got: $wheel" >&2; exit 1; }
wheel=$(cd "$(dirname "$wheel")" && pwd)/$(basename "$wheel")
python=${PYTHON:-python3}
command -v "$python" >/dev/null 2>&1 || python=python

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$python" -m venv "$folder/venv"
bin="$folder/venv/bin"
[ -d "$bin" ] || bin="$folder/venv/Scripts" # Windows
# Without the folder of cargo on the path, nothing can be compiled.
without_rust=$(printf '%s' "$PATH" | tr ':' '\n' | grep -v -i cargo | tr '\n' ':')
PATH="$bin:${without_rust%:}"
unset PYTHONPATH
if command -v cargo >/dev/null 2>&1; then
    echo "not checked that nothing is compiled: cargo is at $(command -v cargo)"
fi
"$bin/python" -m pip install --quiet --disable-pip-version-check --only-binary malmoi "$wheel"
cd "$folder"
"$bin/malmoi" --version
"$bin/malmoi" doctor
"$bin/malmoi" demo --folder "$folder/demo"
"$bin/python" -c 'import malmoi, sys; sys.exit(not malmoi.__file__.startswith(sys.prefix))'
echo "$(basename "$wheel"): installed without Rust, demo and doctor succeeded"
