"""The manifest of a run over shards: what it was started with, and a line for every shard that is done or failed."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

from malmoi.distributed.shards import Shard, is_below
from malmoi.errors import DataError
from malmoi.foundation.files import GrowingFile, locked, whole_file
from malmoi.foundation.json_values import JsonObject, parsed_json
from malmoi.foundation.validation import shorten

__all__ = ["MANIFEST", "Manifest", "ShardResult", "claimed_folder", "earlier_run", "opened_manifest"]

MANIFEST = "manifest.jsonl"
FORMAT = 1
BEGIN, END = "run", "end"
"""The keys of the first and of the last line."""
COUNTS = ("output_bytes", "rows", "empty_rows", "unknown_rows", "skipped_rows", "changed_cells")
"""The fields of a result that are summed over the shards."""


@dataclass(frozen=True)
class ShardResult:
    """What became of a shard.

    Args:
        output: name of the output; "" if it failed.
        output_bytes: size of the output.
        rows: rows of the output.
        empty_rows: rows with an empty or white-space text.
        unknown_rows: rows without a word that the model knows.
        skipped_rows: invalid rows that were left out.
        changed_cells: CSV cells that were changed so that no spreadsheet runs them.
        sha256: SHA-256 of the input file.
        error: why it failed; "" if it did not.
    """

    output: str = ""
    output_bytes: int = 0
    rows: int = 0
    empty_rows: int = 0
    unknown_rows: int = 0
    skipped_rows: int = 0
    changed_cells: int = 0
    sha256: str = ""
    error: str = ""


@dataclass
class Manifest:
    """An open manifest.

    Args:
        path: the file.
        run: what the outputs depend on, as JSON: the first line.
        shards: the shards of the run, by name.
        results: results by the name of the shard.
        changed: shards of an earlier run that have changed since, which are predicted again.
    """

    path: Path
    run: JsonObject
    shards: dict[str, Shard]
    results: dict[str, ShardResult] = field(default_factory=dict)
    changed: list[str] = field(default_factory=list)
    _file: GrowingFile | None = None

    @property
    def waiting(self) -> list[Shard]:
        """The shards that are not done; those that failed are tried again."""
        return [shard for name, shard in self.shards.items() if name not in self.results or self.results[name].error]

    @property
    def done(self) -> list[ShardResult]:
        """The results of the shards that did not fail."""
        return [result for result in self.results.values() if not result.error]

    @property
    def totals(self) -> dict[str, int]:
        """The sum of every count over the shards that did not fail."""
        return {name: sum(getattr(result, name) for result in self.done) for name in COUNTS}

    @property
    def copies(self) -> list[tuple[str, str]]:
        """Pairs of shards with the same content, the later name first."""
        firsts: dict[str, str] = {}
        named = [(name, result.sha256) for name, result in sorted(self.results.items()) if result.rows]
        return [(name, firsts[digest]) for name, digest in named if firsts.setdefault(digest, name) != name]

    @property
    def failed(self) -> dict[str, str]:
        """Why shards failed, by name."""
        return {name: result.error for name, result in sorted(self.results.items()) if result.error}

    def add(self, shard: Shard, result: ShardResult) -> None:
        """Append the result of a shard; it survives if the process is killed after this call."""
        if self._file is not None:
            self._file.append(_line(_entry(shard, result)))
        self.results[shard.name] = result

    def finish(self) -> None:
        """Write the whole manifest in the order of the shards, with the totals as its last line."""
        entries = [_entry(self.shards[name], self.results[name]) for name in sorted(self.results)]
        end = {END: {"shards": len(self.results), "failed": len(self.results) - len(self.done), **self.totals}}
        with whole_file(self.path, overwrite=True) as file:
            file.write(_line({BEGIN: self.run}))
            file.writelines(map(_line, entries))
            file.write(_line(end))


def _entry(shard: Shard, result: ShardResult) -> dict[str, object]:
    facts = {"shard": shard.name, "bytes": shard.size_bytes, "modified": shard.modified}
    kept = {name: value for name, value in asdict(result).items() if name in ("rows", "output") or value}
    return {**facts, **({"error": result.error} if result.error else kept)}


def _line(entry: Mapping[str, object]) -> bytes:
    return json.dumps(entry, ensure_ascii=False).encode("utf-8", "backslashreplace") + b"\n"


@dataclass(frozen=True)
class EarlierRun:
    """What an earlier run left in its manifest.

    Args:
        run: what it was started with.
        entries: the last line of every shard, by name.
        size_bytes: size of the complete lines.
    """

    run: JsonObject
    entries: dict[str, JsonObject]
    size_bytes: int

    @property
    def outputs(self) -> list[str]:
        """The names of its outputs."""
        return [str(entry["output"]) for entry in self.entries.values() if entry.get("output")]


def earlier_run(folder: Path) -> EarlierRun | None:
    """Return the run whose manifest is in a folder; `None` if there is no manifest.

    Raises:
        DataError: the manifest is damaged, or of another version.
    """
    path = folder / MANIFEST
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        return None
    whole = raw[: raw.rfind(b"\n") + 1]  # a killed process may have left a part of a line
    lines = [_parsed(path, number, line) for number, line in enumerate(whole.splitlines(), 1)]
    run = lines[0].get(BEGIN) if lines else None
    if not isinstance(run, dict):
        raise DataError(f"{path} is not a manifest of malmoi predict; use another output folder")
    if run.get("format") != FORMAT:
        raise DataError(f"{path} has format {shorten(run.get('format'))}, this version reads {FORMAT}")
    entries = {}
    for number, entry in enumerate(lines[1:], 2):
        if END in entry:
            continue
        _check_entry(path, number, entry)
        entries[str(entry["shard"])] = entry
    size = len(whole) - (len(whole.splitlines(keepends=True)[-1]) if END in lines[-1] else 0)
    return EarlierRun(run, entries, size)


def _parsed(path: Path, number: int, line: bytes) -> JsonObject:
    try:
        value = parsed_json(line)
    except ValueError as error:
        raise DataError(f"{path}:{number} is damaged: {error}; use another output folder") from error
    if not isinstance(value, dict):
        raise DataError(f"{path}:{number} is damaged: it must be an object; use another output folder")
    return value


def _check_entry(path: Path, number: int, entry: JsonObject) -> None:
    texts = {"shard", "modified", "output", "sha256", "error"}
    known = {"shard", "bytes", "modified", *(one.name for one in fields(ShardResult))}
    for name, value in entry.items():
        is_valid = isinstance(value, str) if name in texts else type(value) is int and value >= 0
        if name not in known or not is_valid or (name == "output" and not is_below(str(value))):
            raise DataError(f"{path}:{number} is damaged: {shorten(name)} has the value {shorten(value)}")
    for name in ("shard", "bytes", "modified"):
        if name not in entry:
            raise DataError(f"{path}:{number} is damaged: it has no {name}")


@contextmanager
def claimed_folder(folder: Path) -> Iterator[None]:
    """Create an output folder if it does not exist, and lock it within a `with` block.

    It is locked before its manifest is read, as another process may be adding results to it.

    Raises:
        DataError: another process has locked it.
        OSError: it cannot be created.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        try:
            stack.enter_context(locked(folder))
        except BlockingIOError:
            rule = f"{folder} is being written by another malmoi predict"
            raise DataError(f"{rule}; wait until it has finished") from None
        yield


@contextmanager
def opened_manifest(
    folder: Path, run: JsonObject, shards: Iterable[Shard], earlier: EarlierRun | None
) -> Iterator[Manifest]:
    """Open the manifest of a run; that of a new run without results is removed at the end.

    Args:
        folder: the output folder, which this process has claimed.
        run: what the outputs depend on.
        shards: all shards.
        earlier: the run to resume; `None` for a new one.

    Raises:
        DataError: a shard of the earlier run is missing.
    """
    path = folder / MANIFEST
    manifest = Manifest(path, {"format": FORMAT, **run}, {shard.name: shard for shard in shards})
    if earlier is None:
        with whole_file(path, overwrite=True) as file:
            file.write(_line({BEGIN: manifest.run}))
    else:
        _take_over(manifest, earlier, folder)
    manifest._file = GrowingFile(path, os.path.getsize(path) if earlier is None else earlier.size_bytes)
    try:
        yield manifest
    finally:
        manifest._file.close()
        if earlier is None and not manifest.results:
            path.unlink(missing_ok=True)


def _take_over(manifest: Manifest, earlier: EarlierRun, folder: Path) -> None:
    """Take over the results of an earlier run whose input is unchanged and whose output is there."""
    for name, entry in earlier.entries.items():
        if entry.get("error"):
            continue
        shard = manifest.shards.get(name)
        if shard is None:
            rule = f"the shard {name} of the earlier run is not in the input any more"
            raise DataError(f"{rule}; put it back, or use another output folder")
        result = ShardResult(**{one.name: entry[one.name] for one in fields(ShardResult) if one.name in entry})  # type: ignore[arg-type]  # checked by _check_entry
        is_same = (shard.size_bytes, shard.modified) == (entry["bytes"], entry["modified"])
        if is_same and _size_of(folder / result.output) == result.output_bytes:
            manifest.results[name] = result
        else:
            manifest.changed.append(name)


def _size_of(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except OSError:
        return None
