"""Model files of texts' classifiers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, fields
from typing import Any

import numpy as np
import numpy.typing as npt

from malmoi.classifiers import EmbeddingClassifier, TrainingFacts
from malmoi.errors import FormatError, shorten
from malmoi.networks import Hashed, Learned
from malmoi.storage.common import (
    answers_from,
    answers_to_json,
    class_weight_from,
    class_weight_to_json,
    close,
    common_header,
    network_from,
    settings_from,
    take_weights,
    weights_of,
)
from malmoi.storage.files import Parts, plain, value_from, value_to_json
from malmoi.tokens import TOKENIZERS, External, Tokenizer
from malmoi.vectorizers import SequenceVectorizer
from malmoi.vocabulary import Vocabulary
from malmoi.wordvectors import Coverage

__all__ = ["text_model", "text_parts", "verify_texts"]

EXAMPLE_CHARACTERS = 200
OLD_SETTINGS = (
    "max_tokens", "max_length", "min_count", "padding", "truncating", "optimizer", "learning_rate", "epochs",
    "batch_size", "seed",
)  # fmt: skip
SETTINGS = (*OLD_SETTINGS, "patience", "precision")
COUNTS = "vocabulary/counts"
EMBEDDINGS = {"Learned": Learned, "Hashed": Hashed}


def text_parts(
    model: EmbeddingClassifier, examples: Sequence[str]
) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
    """What the file says, and the arrays that it holds."""
    texts = [text[:EXAMPLE_CHARACTERS] for text in examples]
    answers = model.predict_proba(texts).tolist()
    settings, vectorizer = model.settings_, model.vectorizer_
    embedding = settings["embedding"]
    if not isinstance(embedding, Hashed):  # the vectors are in the file, wherever they came from
        embedding = Learned(embedding.dimension, embedding.trainable, embedding.learning_rate)
    words = vectorizer.vocabulary_ if isinstance(vectorizer, SequenceVectorizer) else Vocabulary([], [])
    header = {
        **common_header(model),
        "classes": answers_to_json(model.answers_),
        "class_weight": class_weight_to_json(settings["class_weight"]),
        "embedding": value_to_json(embedding),
        "examples": [{"text": text, "probabilities": row} for text, row in zip(texts, answers, strict=True)],
        "settings": {name: plain(settings[name]) for name in SETTINGS},
        "tokens": _tokens_to_json(vectorizer.tokens_),
        "facts": asdict(model.facts_),
        "words": words.words,
    }
    return header, {**weights_of(model), COUNTS: words.counts}


def _tokens_to_json(tokens: Tokenizer) -> dict[str, Any]:
    if isinstance(tokens, External):
        cure = f"a file holds no program; train with one of {', '.join(TOKENIZERS)}"
        raise TypeError(f"tokens must be of the core to be saved, got {shorten(tokens)}; {cure}")
    return value_to_json(tokens)


def text_model(parts: Parts) -> EmbeddingClassifier:
    """The model that a file holds."""
    arrays = parts.arrays()
    model = _untrained(parts)
    model.answers_ = answers_from(parts)
    model.facts_ = _facts(parts)
    model.examples_ = [text for text, _ in _examples(parts)]
    model.settings_ = model.get_params(deep=False)
    vocabulary = _vocabulary(parts, arrays.pop(COUNTS, None))
    model._take_words(vocabulary)
    plan = model._learned_plan()
    if len(vocabulary) > plan.rows:
        raise parts.wrong(f"it has {len(vocabulary)} words, padding and unknown included, for {plan.rows} rows")
    take_weights(model, plan, parts, arrays)
    return model


def _untrained(parts: Parts) -> EmbeddingClassifier:
    """The classifier with the file's settings, all of them checked."""
    embedding = value_from(parts, "embedding", EMBEDDINGS, default="Learned")
    settings = settings_from(parts, SETTINGS, OLD_SETTINGS)
    network, tokens = network_from(parts), value_from(parts, "tokens", TOKENIZERS)
    model = EmbeddingClassifier(
        network=network, tokens=tokens, embedding=embedding, class_weight=class_weight_from(parts), **settings
    )
    model.check_settings()
    return model


def _words(parts: Parts) -> list[str]:
    words: list[object] = parts.get("words", list)
    if not all(isinstance(word, str) for word in words):
        raise parts.wrong("words must all be str")
    return [str(word) for word in words]


def _vocabulary(parts: Parts, counts: npt.NDArray[Any] | None) -> Vocabulary:
    words = _words(parts)
    if counts is None or counts.dtype != np.int64 or counts.shape != (len(words),):
        found = "none" if counts is None else f"{counts.dtype} {counts.shape}"
        raise parts.wrong(f"{COUNTS} must be int64 ({len(words)},), as many as the words, found {found}")
    if (counts < 0).any():
        raise parts.wrong(f"{COUNTS} must be 0 or more, found {counts.min()}")
    return Vocabulary(words, counts)


def _facts(parts: Parts) -> TrainingFacts:
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


def _examples(parts: Parts) -> list[tuple[str, list[float]]]:
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


def verify_texts(model: EmbeddingClassifier, parts: Parts) -> None:
    """Answer the kept texts once more, and compare.

    Raises:
        FormatError: an answer differs.
    """
    for text, saved in _examples(parts):
        answer = model.predict_proba([text])[0]
        if not close(answer, saved):
            raise FormatError(f"{parts.path} answers {shorten(text)} with {answer.tolist()}, it was {saved}")
