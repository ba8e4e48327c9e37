"""Check what the wheel and the source distribution in a folder contain: `python tools/check_wheel.py dist`."""

from __future__ import annotations

import hashlib
import re
import sys
import tarfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
NEEDED = (
    r"malmoi/__init__\.py",
    r"malmoi/__init__\.pyi",
    r"malmoi/_core[^/]*\.(so|pyd)",
    r"malmoi/_core\.pyi",
    r"malmoi/py\.typed",
    r"malmoi/samples/[^/]+\.jsonl",
    r"malmoi-[^/]+\.dist-info/licenses/LICENSE",
    r"malmoi-[^/]+\.dist-info/licenses/THIRD_PARTY_LICENSES",
    r"malmoi-[^/]+\.dist-info/entry_points\.txt",
)
UNWANTED = re.compile(r"(^|/)(tests?|benchmarks|docs|tools|core|target|__pycache__|\.venv[^/]*)/|\.(rs|pyc|toml|orig)$")
OUTSIDE = re.compile(r"malmoi/|malmoi-[^/]+\.dist-info/")
NEEDED_SOURCES = ("pyproject.toml", "LICENSE", "THIRD_PARTY_LICENSES", "core/Cargo.lock", "core/python/Cargo.toml")
BUILD_PATHS = re.compile(
    rb"/(?:root|home|Users|work|builds?|runner|github)/[\x20-\x7e]{2,}|/tmp/[\x20-\x7e]{2,}|\.cargo/registry"
    rb"|[A-Za-z]:\\[\x20-\x7e]{3,}|index\.[\x20-\x7e]{4,}-[0-9a-f]{16}"
)
"""Text in the compiled module or the metadata that names a folder of the machine that built it."""


def faults_of_wheel(path: Path) -> list[str]:
    """Return what is wrong with a wheel."""
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        made = [name for name in names if name.endswith((".so", ".pyd")) or ".dist-info/" in name]
        contents = {name: archive.read(name) for name in made}
    faults = [f"has no {pattern}" for pattern in NEEDED if not any(re.fullmatch(pattern, name) for name in names)]
    faults += [f"has {name}" for name in names if UNWANTED.search(name) or not OUTSIDE.match(name)]
    for name, content in contents.items():
        paths = {found.decode("latin-1") for found in BUILD_PATHS.findall(content)} | _project_paths(content)
        faults += [f"{name} has the path {found[:100]}" for found in sorted(paths)]
    return faults


def _project_paths(content: bytes) -> set[str]:
    """Return this folder's own path, if the module has it."""
    return {str(ROOT)} if str(ROOT).encode() in content else set()


def faults_of_sources(path: Path) -> list[str]:
    """Return what is wrong with a source distribution."""
    with tarfile.open(path) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    faults = [f"has no {name}" for name in NEEDED_SOURCES if name not in names]
    return faults + [
        f"has {name}" for name in sorted(names) if re.search(r"(^|/)(target|\.venv[^/]*)/|\.(so|pyc)$", name)
    ]


def main(folder: Path) -> int:
    """Print the size and the faults of every archive in a folder; return 1 if there is a fault, or no wheel."""
    wheels, sources = sorted(folder.glob("*.whl")), sorted(folder.glob("*.tar.gz"))
    status = 0 if wheels else 1
    for path in [*wheels, *sources]:
        faults = faults_of_wheel(path) if path in wheels else faults_of_sources(path)
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        print(f"{path.name}: {path.stat().st_size / 1e6:.1f} MB, SHA-256 {digest}")
        for fault in faults:
            print(f"  FAULT: {fault}")
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
