"""Release files: versions that agree, licences of compiled dependencies, checks of the wheel."""

import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

import malmoi

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tools"))
try:
    import check_wheel
    import third_party_licenses
    import versions
finally:
    sys.path.pop(0)


def test_all_files_state_the_version_of_the_package():
    assert set(versions.stated_versions().values()) == {malmoi.__version__}
    assert versions.main([]) is None
    assert versions.main([f"v{malmoi.__version__}"]) is None


def test_another_tag_is_refused():
    assert "v9.9.9" in versions.main(["v9.9.9"])


def test_another_version_in_one_file_is_refused(tmp_path, monkeypatch):
    for name in versions.PLACES:
        copy = tmp_path / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, copy)
    citation = tmp_path / "CITATION.cff"
    citation.write_text(citation.read_text(encoding="utf-8").replace(malmoi.__version__, "9.9.9"), encoding="utf-8")
    monkeypatch.setattr(versions, "ROOT", tmp_path)
    assert "'CITATION.cff': '9.9.9'" in versions.main([])


@pytest.mark.skipif(shutil.which("cargo") is None, reason="needs cargo")
def test_licences_match_the_locked_dependencies():
    command = [sys.executable, str(ROOT / "tools" / "third_party_licenses.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_licences_name_every_locked_crate_of_the_core_once_per_text():
    content = (ROOT / "THIRD_PARTY_LICENSES").read_text(encoding="utf-8")
    for name in ("regex", "pyo3", "arrow-array", "zstd-sys", "icu_properties", "rayon-core"):
        assert re.search(rf"^{name} \d+\.", content, re.MULTILINE), name
    assert not re.search(r"index\.|registry|/root/|/home/", content)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("MIT", True),
        ("MIT OR Apache-2.0", True),
        ("MIT/Apache-2.0", True),
        ("GPL-3.0-only", False),
        ("GPL-3.0-only OR MIT", True),
        ("(MIT OR Apache-2.0) AND Unicode-3.0", True),
        ("(MIT OR Apache-2.0) AND GPL-2.0-only", False),
        ("Apache-2.0 WITH LLVM-exception", False),
        ("", False),
    ],
)
def test_licence_expressions(expression, expected):
    assert third_party_licenses.is_allowed(expression) is expected


def crate(folder, name, licence, **texts):
    """A package as `cargo metadata` lists it, with licence files in its folder."""
    folder = folder / name
    folder.mkdir()
    for file, text in texts.items():
        (folder / file).write_text(text, encoding="utf-8")
    return {"name": name, "version": "1.0.0", "license": licence, "manifest_path": str(folder / "Cargo.toml")}


def test_a_crate_without_a_licence_text_is_refused(tmp_path):
    with pytest.raises(
        third_party_licenses.LicenseError, match=r"bare 1\.0\.0 \(MIT\): the package has no licence text"
    ):
        third_party_licenses.gather([crate(tmp_path, "bare", "MIT")])


def test_a_crate_under_another_licence_is_refused(tmp_path):
    with pytest.raises(third_party_licenses.LicenseError, match=r"copyleft .* not in the list of allowed licences"):
        third_party_licenses.gather([crate(tmp_path, "copyleft", "GPL-3.0-only", LICENSE="text")])


def test_a_text_stands_once_with_all_its_crates(tmp_path):
    first = crate(tmp_path, "first", "MIT", LICENSE="same\r\n")
    second = crate(tmp_path, "second", "MIT", COPYING="same\n")
    assert third_party_licenses.gather([first, second]) == {"same": ["first 1.0.0 (MIT)", "second 1.0.0 (MIT)"]}


def wheel(folder, **changes):
    """A small wheel with everything that is needed; `changes` adds files, or removes those that are `None`."""
    names = ["__init__.py", "__init__.pyi", "_core.abi3.so", "_core.pyi", "py.typed", "samples/a.jsonl"]
    files = {f"malmoi/{name}": b"" for name in names}
    files |= {
        f"malmoi-1.dist-info/{name}": b""
        for name in ("licenses/LICENSE", "licenses/THIRD_PARTY_LICENSES", "entry_points.txt")
    }
    files |= changes
    path = folder / "malmoi-1-cp311-abi3-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            if content is not None:
                archive.writestr(name, content)
    return path


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({}, None),
        ({"malmoi/py.typed": None}, "has no malmoi/py\\.typed"),
        ({"malmoi-1.dist-info/licenses/THIRD_PARTY_LICENSES": None}, "licenses/THIRD_PARTY_LICENSES"),
        ({"tests/test_a.py": b""}, "has tests/test_a.py"),
        ({"malmoi/tests/test_a.py": b""}, "has malmoi/tests/test_a.py"),
        ({"malmoi/_core.abi3.so": b"\0/home/me/project/core/src/lib.rs\0"}, "has the path /home/me/project"),
        ({"malmoi-1.dist-info/sboms/a.json": b"path+file:///home/me/project"}, "has the path /home/me/project"),
        ({"malmoi/_core.abi3.so": b"\0index.example.io-0123456789abcdef/regex\0"}, "has the path index"),
        ({"malmoi/_core.abi3.so": b"\0crates/regex-1.2.3/src/lib.rs\0rust/library/core\0"}, None),
    ],
)
def test_faults_of_a_wheel(tmp_path, capsys, changes, fault):
    faults = check_wheel.faults_of_wheel(wheel(tmp_path, **changes))
    assert (fault is None) == (faults == [])
    assert fault is None or fault in faults[0]
    assert check_wheel.main(tmp_path) == (fault is not None)


def test_a_source_distribution_with_build_output_is_refused(tmp_path):
    path = tmp_path / "malmoi-1.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        for name in [*check_wheel.NEEDED_SOURCES, "core/target/release/lib_core.so"]:
            archive.add(ROOT / "LICENSE", f"malmoi-1/{name}")
    assert check_wheel.faults_of_sources(path) == ["has core/target/release/lib_core.so"]


def test_a_folder_without_a_wheel_is_refused(tmp_path):
    assert check_wheel.main(tmp_path) == 1
