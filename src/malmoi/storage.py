"""One checked, versioned file a model. It holds data only: loading it runs nothing and follows no path.

Layout, numbers little-endian: `malmoi\\r\\n`, format (4 bytes), length of the header (8), length of the weights
(8), SHA-256 of all else (32); then the header, JSON; then the weights, safetensors.
"""

from __future__ import annotations

import hashlib
import json
import os
import struct
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from types import NoneType
from typing import TYPE_CHECKING, Any, BinaryIO, TypeVar

import numpy as np

import malmoi
from malmoi.errors import DataError, FormatError, shorten
from malmoi.history import EpochRow, History
from malmoi.labels import tidy_labels
from malmoi.networks import NETWORKS, Learned, build_model
from malmoi.output import refuse_existing, whole_file
from malmoi.startup import import_keras
from malmoi.tokens import TOKENIZERS, External, Tokenizer
from malmoi.vocabulary import Vocabulary
from malmoi.wordvectors import Coverage

if TYPE_CHECKING:
    import numpy.typing as npt

    from malmoi.classifiers import EmbeddingClassifier, TrainingFacts

__all__ = ["FORMAT", "load", "read_header", "save"]

MAGIC = b"malmoi\r\n"
FORMAT = 1
FRONT = struct.Struct("<8sIQQ32s")
CHUNK_BYTES = 1 << 20
LARGEST_HEADER_BYTES = 1 << 30
EXAMPLE_CHARACTERS = 200
LARGEST_DIFFERENCE = 1e-4
SETTINGS = (
    "max_tokens", "max_length", "min_count", "padding", "truncating", "optimizer", "learning_rate", "epochs",
    "batch_size", "seed",
)  # fmt: skip
COUNTS = "vocabulary/counts"
KINDS = {"bool": bool, "float": float, "int": int, "str": str}

Value = TypeVar("Value")


def save(model: EmbeddingClassifier, path: str | os.PathLike[str], *, overwrite: bool, examples: Sequence[str]) -> Path:
    """Write a trained classifier; `EmbeddingClassifier.save` says the rest."""
    from safetensors.numpy import save as to_bytes

    refuse_existing(path, overwrite=overwrite)
    header = json.dumps(_header(model, examples), ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    weights = {weight.path: np.asarray(weight.value) for weight in model.network_.weights}
    tensors = to_bytes({**weights, COUNTS: model.vectorizer_.vocabulary_.counts})
    with whole_file(path, overwrite=overwrite) as file:
        file.write(FRONT.pack(MAGIC, FORMAT, len(header), len(tensors), _checksum(header, tensors)))
        file.write(header)
        file.write(tensors)
    return Path(path)


def _checksum(*parts: bytes) -> bytes:
    digest = hashlib.sha256(struct.pack("<IQQ", FORMAT, *(len(part) for part in parts)))
    for part in parts:
        digest.update(part)
    return digest.digest()


def _header(model: EmbeddingClassifier, examples: Sequence[str]) -> dict[str, Any]:
    texts = [text[:EXAMPLE_CHARACTERS] for text in examples]
    answers = model.predict_proba(texts).tolist()
    settings = model.settings_
    embedding, network = settings["embedding"], settings["network"]
    return {
        "classes": _classes_to_json(model.classes_),
        "embedding": {"dimension": embedding.dimension, "trainable": embedding.trainable},
        "examples": [{"text": text, "probabilities": row} for text, row in zip(texts, answers, strict=True)],
        "history": [{k: v for k, v in asdict(row).items() if k != "seconds"} for row in model.history_.rows],
        "kind": "EmbeddingClassifier",
        "network": {"kind": type(network).__name__, **asdict(network)},
        "settings": {name: _plain(settings[name]) for name in SETTINGS},
        "tokens": _tokens_to_json(model.vectorizer_.tokens_),
        "facts": asdict(model.facts_),
        "versions": {
            "keras": import_keras().__version__,
            "malmoi": malmoi.__version__,
            "numpy": np.__version__,
        },
        "words": model.vectorizer_.vocabulary_.words,
    }


def _tokens_to_json(tokens: Tokenizer) -> dict[str, Any]:
    kind = type(tokens).__name__
    if isinstance(tokens, External):
        cure = f"a file holds no program; train with one of {', '.join(TOKENIZERS)}"
        raise TypeError(f"tokens must be of the core to be saved, got {shorten(tokens)}; {cure}")
    return {"kind": kind, **asdict(tokens)}


def _plain(value: object) -> object:
    return value.item() if isinstance(value, np.generic) else value


def _classes_to_json(classes: npt.NDArray[Any]) -> dict[str, Any]:
    values = [_plain(value) for value in classes.tolist()]
    return {"kind": type(values[0]).__name__, "values": values}


@dataclass(frozen=True)
class _Parts:
    """A model file's header and the bytes of its weights, both checked against the checksum."""

    path: Path
    header: dict[str, Any]
    weights: bytes

    def get(self, name: str, kind: type[Value], within: dict[str, Any] | None = None) -> Value:
        value = (self.header if within is None else within).get(name)
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise self.wrong(f"{name} must be a {kind.__name__}, found {shorten(value)}")
        return value

    def wrong(self, rule: str) -> FormatError:
        return FormatError(f"{self.path} is not a model that this version can use: {rule}")


def read_header(path: str | os.PathLike[str]) -> dict[str, Any]:
    """What a model file says of itself: settings, classes, words, history, versions. Builds nothing.

    Raises:
        FileNotFoundError: there is no such file.
        FormatError: the file is damaged, of another kind, or of a later version.
    """
    return _read(Path(path)).header


def load(path: str | os.PathLike[str], *, verify: bool = False) -> EmbeddingClassifier:
    """Open a saved model.

    Args:
        path: a file that `save` wrote.
        verify: answer the examples that the file keeps once more, and compare.

    Raises:
        FileNotFoundError: there is no such file.
        FormatError: the file is damaged, of another kind, of a later version, or answers otherwise than it did.
        MissingExtraError: Keras or its backend is not installed.
    """
    parts = _read(Path(path))
    if parts.get("kind", str) != "EmbeddingClassifier":
        raise parts.wrong(f"kind must be EmbeddingClassifier, found {shorten(parts.header['kind'])}")
    try:
        model = _rebuild(parts)
    except (AttributeError, IndexError, KeyError, OverflowError, TypeError, ValueError) as error:
        raise parts.wrong(str(error)) from error
    if verify:
        _verify(model, parts)
    return model


def _read(path: Path) -> _Parts:
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        front = file.read(FRONT.size)
        header_bytes, weights_bytes, checksum = _checked_front(path, front, size)
        digest = hashlib.sha256(struct.pack("<IQQ", FORMAT, header_bytes, weights_bytes))
        while chunk := file.read(CHUNK_BYTES):
            digest.update(chunk)
        if digest.digest() != checksum:
            raise FormatError(f"{path} is damaged: its checksum does not fit its content; copy it again")
        file.seek(FRONT.size)
        return _Parts(path, _header_from(path, file, header_bytes), file.read(weights_bytes))


def _checked_front(path: Path, front: bytes, size: int) -> tuple[int, int, bytes]:
    if front[:4] == b"PK\x03\x04":
        raise FormatError(f"{path} is a zip archive, not a malmoi model; it is left packed")
    if front[: len(MAGIC)] != MAGIC[: len(front)] or not front:
        raise FormatError(f"{path} is not a malmoi model: it begins with {shorten(front[:8])}")
    if len(front) < FRONT.size:
        raise FormatError(f"{path} is cut short: it has {size} bytes, a model has {FRONT.size} and more")
    _, version, header_bytes, weights_bytes, checksum = FRONT.unpack(front)
    if version > FORMAT or version < 1:
        raise FormatError(f"{path} has format {version}, this version reads up to {FORMAT}; upgrade malmoi")
    expected = FRONT.size + header_bytes + weights_bytes
    if expected != size:
        state = "cut short" if size < expected else "longer than it should be"
        raise FormatError(f"{path} is {state}: it says {expected} bytes and has {size}")
    if header_bytes > LARGEST_HEADER_BYTES:
        raise FormatError(f"{path}: its header must have {LARGEST_HEADER_BYTES} bytes at most, has {header_bytes}")
    return header_bytes, weights_bytes, checksum


def _header_from(path: Path, file: BinaryIO, size: int) -> dict[str, Any]:
    try:
        header = json.loads(file.read(size))
    except (ValueError, RecursionError) as error:
        raise FormatError(f"{path}: its header is not JSON: {shorten(str(error))}") from error
    if not isinstance(header, dict):
        raise FormatError(f"{path}: its header must be a JSON object, found {shorten(header)}")
    return header


def _rebuild(parts: _Parts) -> EmbeddingClassifier:
    tensors = _tensors(parts)
    model = _untrained(parts)
    model.classes_ = _classes_from(parts)
    model.facts_ = _facts(parts)
    model.examples_ = [text for text, _ in _examples(parts)]
    model.history_ = History([_epoch(parts, row) for row in parts.get("history", list)])
    model._take_words(_vocabulary(parts, tensors.pop(COUNTS, None)))
    words = len(model.vectorizer_.vocabulary_)
    plan = model._plan(words, len(model.classes_))
    if words > plan.rows:
        raise parts.wrong(f"it has {words} words, padding and unknown included, for {plan.rows} rows")
    stored = sum(tensor.size for tensor in tensors.values())
    if plan.parameter_count != stored:
        raise parts.wrong(f"its settings need {plan.parameter_count} parameters, it holds {stored}")
    network = build_model(plan)
    for weight in network.weights:
        tensor = tensors.get(weight.path)
        if tensor is None or tensor.shape != tuple(weight.shape) or tensor.dtype != np.float32:
            raise parts.wrong(f"{weight.path} must be float32 {tuple(weight.shape)}")
        weight.assign(tensor)
    model._take_network(network)
    model.settings_ = model.get_params(deep=False)
    return model


def _tensors(parts: _Parts) -> dict[str, npt.NDArray[Any]]:
    from safetensors import SafetensorError
    from safetensors.numpy import load as from_bytes

    try:
        return dict(from_bytes(parts.weights))
    except SafetensorError as error:
        raise parts.wrong(f"its weights are no safetensors: {shorten(str(error))}") from error


def _untrained(parts: _Parts) -> EmbeddingClassifier:
    """The classifier with the file's settings, all of them checked."""
    from malmoi.classifiers import EmbeddingClassifier

    saved = parts.get("embedding", dict)
    embedding = Learned(parts.get("dimension", int, saved), parts.get("trainable", bool, saved))
    settings = parts.get("settings", dict)
    if set(settings) != set(SETTINGS):
        raise parts.wrong(f"settings must be {', '.join(SETTINGS)}, found {shorten(sorted(settings))}")
    network, tokens = _value(parts, "network", NETWORKS), _value(parts, "tokens", TOKENIZERS)
    model = EmbeddingClassifier(network=network, tokens=tokens, embedding=embedding, **settings)
    model.check_settings()
    return model


def _value(parts: _Parts, name: str, known: dict[str, Any]) -> Any:
    """A frozen value from its name and its fields; only the names in `known` exist."""
    saved = dict(parts.get(name, dict))
    kind = known.get(str(saved.pop("kind", None)))
    if kind is None:
        raise parts.wrong(f"{name} must be one of {', '.join(known)}, found {shorten(parts.header[name])}")
    # Fields that came later have their defaults in older files.
    if not set(saved) <= {field.name for field in fields(kind)}:
        raise parts.wrong(f"{name} must have the fields of {kind.__name__}, found {shorten(sorted(saved))}")
    example = kind()
    values = {field: tuple(value) if isinstance(value, list) else value for field, value in saved.items()}
    for field, value in values.items():
        expected = type(getattr(example, field))
        # A setting that may be missing is a text otherwise.
        allowed = {expected, *([int] if expected is float else [str] if expected is NoneType else [])}
        if type(value) not in allowed:
            raise parts.wrong(f"{name}.{field} must be a {expected.__name__}, found {shorten(value)}")
        if isinstance(value, tuple) and not all(type(item) is int for item in value):
            raise parts.wrong(f"{name}.{field} must be whole numbers, found {shorten(value)}")
    return kind(**values)


def _words(parts: _Parts) -> list[str]:
    words: list[object] = parts.get("words", list)
    if not all(isinstance(word, str) for word in words):
        raise parts.wrong("words must all be str")
    return [str(word) for word in words]


def _classes_from(parts: _Parts) -> npt.NDArray[Any]:
    saved = parts.get("classes", dict)
    kind, values = KINDS.get(str(saved.get("kind"))), parts.get("values", list, saved)
    if kind is None or len(values) < 2 or any(type(value) is not kind for value in values):
        raise parts.wrong(f"classes must be 2 or more of one kind, found {shorten(saved)}")
    if kind is float:  # earlier versions learned such classes too
        classes = np.asarray(values)
    else:
        try:
            classes = tidy_labels(values, "classes[{}]".format)
        except DataError as error:
            raise parts.wrong(str(error)) from error
    if not np.array_equal(np.unique(classes), classes):
        raise parts.wrong("classes must be sorted and distinct")
    return classes


def _vocabulary(parts: _Parts, counts: npt.NDArray[Any] | None) -> Vocabulary:
    words = _words(parts)
    if counts is None or counts.dtype != np.int64 or counts.shape != (len(words),):
        found = "none" if counts is None else f"{counts.dtype} {counts.shape}"
        raise parts.wrong(f"{COUNTS} must be int64 ({len(words)},), as many as the words, found {found}")
    if (counts < 0).any():
        raise parts.wrong(f"{COUNTS} must be 0 or more, found {counts.min()}")
    return Vocabulary(words, counts)


def _facts(parts: _Parts) -> TrainingFacts:
    from malmoi.classifiers import TrainingFacts

    saved = dict(parts.get("facts", dict))
    coverage = saved.pop("coverage", None)
    if coverage is not None:
        names = [field.name for field in fields(Coverage) if field.name != "missing"]
        counts = {name: parts.get(name, int, coverage) for name in names}
        coverage = Coverage(**counts, missing=tuple(map(str, parts.get("missing", list, coverage))))
    return TrainingFacts(
        samples=parts.get("samples", int, saved),
        validation_samples=parts.get("validation_samples", int, saved),
        cut_share=parts.get("cut_share", float, saved),
        unknown_share=parts.get("unknown_share", float, saved),
        coverage=coverage,
    )


def _epoch(parts: _Parts, row: object) -> EpochRow:
    names = [field.name for field in fields(EpochRow) if field.name != "seconds"]
    if not isinstance(row, dict) or set(row) != set(names):
        raise parts.wrong(f"history must have {', '.join(names)} in every row, found {shorten(row)}")
    if not all(value is None or type(value) in (float, int) for value in row.values()):
        raise parts.wrong(f"history must hold numbers, found {shorten(row)}")
    return EpochRow(**row)


def _examples(parts: _Parts) -> list[tuple[str, list[float]]]:
    """The kept texts and their probabilities."""
    examples: list[object] = parts.get("examples", list)
    pairs = []
    for example in examples:
        if not isinstance(example, dict):
            raise parts.wrong(f"examples must hold texts with their probabilities, found {shorten(example)}")
        row: list[object] = parts.get("probabilities", list, example)
        numbers = [value for value in row if isinstance(value, float)]
        if len(numbers) != len(row):
            raise parts.wrong(f"probabilities must be numbers, found {shorten(row)}")
        pairs.append((parts.get("text", str, example), numbers))
    return pairs


def _verify(model: EmbeddingClassifier, parts: _Parts) -> None:
    for text, saved in _examples(parts):
        answer = model.predict_proba([text])[0]
        if len(saved) != len(answer) or not np.allclose(answer, saved, rtol=0, atol=LARGEST_DIFFERENCE):
            raise FormatError(f"{parts.path} answers {shorten(text)} with {answer.tolist()}, it was {saved}")
