"""State of partial predictions as JSON: everything that they depend on, and counts of the partial file."""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from malmoi.cli.option_values import call_with
from malmoi.foundation.files import open_regular
from malmoi.foundation.json_values import Json, JsonObject, parsed_json
from malmoi.foundation.printable import printable
from malmoi.foundation.validation import shorten
from malmoi.models.schema import Record, Rule, Text, Whole

__all__ = ["STATE_FORMAT", "Counts", "PartSettings", "checked_counts", "read_state", "written_state"]

STATE_FORMAT = 3
COMMAND = "malmoi predict"
LARGEST_STATE = 1_000_000
"""Maximum size of a state in bytes; the longest paths and options need less."""
LARGEST_CHECKSUM, LONGEST_PATH = 2**32 - 1, 4_096


@dataclass(frozen=True)
class PartSettings:
    """Everything that the bytes of the predictions depend on; `--resume` requires all of it to be equal.

    Args:
        malmoi: version of malmoi.
        model: checksum of the model.
        input: identity of the input.
        options: given options by flag.
    """

    malmoi: str
    model: str
    input: Mapping[str, object]
    options: Mapping[str, object]

    def difference(self, earlier: Mapping[str, Json]) -> str | None:
        """Return a message on the first difference from an earlier state; `None` if there is none."""
        now = json.loads(json.dumps(asdict(self)))
        if earlier.get("malmoi") != self.malmoi:
            return f"malmoi was {earlier.get('malmoi')}, is now {self.malmoi}"
        if earlier.get("model") != self.model:
            return "the model has changed"
        was, files = _object(earlier, "input"), now["input"]
        if was.get("path") != files["path"]:
            return f"the input was {printable(was.get('path'), LONGEST_PATH)}, is now {files['path']}"
        if was != files:
            return f"the input was changed (size or time of a file): {files['path']}"
        options = _object(earlier, "options")
        for flag, value in now["options"].items():
            if options.get(flag) != value:
                return f"{flag} was {shorten(options.get(flag))}, is now {shorten(value)}"
        return None


@dataclass(frozen=True)
class Counts:
    """Counts of a partial file.

    Args:
        rows: number of input rows.
        empty_rows: number of rows with an empty or white-space text.
        pieces: number of appended pieces.
        size_bytes: size of all pieces.
        checksum: CRC-32 of all pieces.
        changed: number of CSV cells escaped with an apostrophe.
    """

    rows: int = 0
    empty_rows: int = 0
    pieces: int = 0
    size_bytes: int = 0
    checksum: int = 0
    changed: int = 0

    def with_piece(self, piece: bytes, rows: int, empty_rows: int, changed: int) -> Counts:
        """Return the counts after one more piece."""
        return Counts(
            self.rows + rows,
            self.empty_rows + empty_rows,
            self.pieces + 1,
            self.size_bytes + len(piece),
            zlib.crc32(piece, self.checksum),
            self.changed + changed,
        )


def written_state(settings: PartSettings, counts: Counts) -> bytes:
    """Return a state as bytes, with its checksum."""
    state = {"format": STATE_FORMAT, "command": COMMAND, **asdict(settings), "counts": asdict(counts)}
    return json.dumps({**state, "checksum": _checksum(state)}, ensure_ascii=True, indent=1).encode()


def read_state(path: Path) -> JsonObject:
    """Return a state as a JSON object; only its command is checked.

    Raises:
        FileNotFoundError: the file does not exist.
        FormatError: the file is a pipe or a device.
        ValueError: the file is not a state.
    """
    with open_regular(path) as file:
        raw = file.read(LARGEST_STATE + 1)
    if len(raw) > LARGEST_STATE:
        raise ValueError(f"a state must have at most {LARGEST_STATE} bytes")
    state = parsed_json(raw)
    if not isinstance(state, dict) or state.get("command") != COMMAND:
        raise ValueError(f"a state must be of {COMMAND}, found {shorten(state)}")
    return state


def checked_counts(state: Mapping[str, Json]) -> Counts:
    """Return the checked counts of a state of this version.

    Raises:
        ValueError: the state was changed after it was written, or its counts are inconsistent.
    """
    _STATE.check(state, "")
    if state["checksum"] != _checksum({name: value for name, value in state.items() if name != "checksum"}):
        raise ValueError("a state must have the checksum of its content")
    counts = call_with(Counts, _object(state, "counts"))
    if counts.empty_rows > counts.rows or counts.pieces > counts.rows + 1 or (counts.rows and not counts.pieces):
        raise ValueError(f"counts must be consistent, found {counts}")
    return counts


def _object(state: Mapping[str, Json], name: str) -> JsonObject:
    """Return an object of a state; empty if it is not an object, which `_STATE` refuses."""
    value = state.get(name)
    return value if isinstance(value, dict) else {}


def _checksum(state: Mapping[str, object]) -> str:
    return hashlib.sha256(json.dumps(state, sort_keys=True).encode()).hexdigest()


class _AnyObject(Rule):
    """A JSON object with any content."""

    def check(self, value: object, place: str) -> None:
        """Refuse a value that is not an object."""
        if not isinstance(value, dict):
            raise ValueError(f"{place} must be an object, found {shorten(value)}")


_STATE = Record(
    {
        "format": Whole(STATE_FORMAT, STATE_FORMAT),
        "command": Text(),
        "malmoi": Text(),
        "model": Text(),
        "input": _AnyObject(),
        "options": _AnyObject(),
        "counts": Record(
            {one.name: Whole(0, LARGEST_CHECKSUM) if one.name == "checksum" else Whole() for one in fields(Counts)}
        ),
        "checksum": Text(),
    }
)
