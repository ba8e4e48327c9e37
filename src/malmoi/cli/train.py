"""`malmoi train` and `malmoi demo`: from a file of labelled texts to a model, its curves and its findings."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

from malmoi.checks import examine
from malmoi.classifiers import EmbeddingClassifier
from malmoi.cli.console import (
    ProgressBars,
    UsageError,
    answers,
    print_findings,
    print_table,
    refused_options,
)
from malmoi.cli.mistakes import telling_what_is_written
from malmoi.cli.networks import NetworkOptions, made_network
from malmoi.cli.tokenizers import named_tokens
from malmoi.cli.vectorize import order_range
from malmoi.corpus import Corpus, read_corpus
from malmoi.metrics import Share, majority_class
from malmoi.networks import Embedding, Hashed, Learned, Pretrained
from malmoi.output import refuse_existing
from malmoi.tables import checked_encoding
from malmoi.wordvectors import WordVectors

__all__ = ["TrainRequest", "demo", "train"]


@dataclass(frozen=True)
class TrainRequest:
    """The options of `malmoi train`."""

    data: Path
    output: Path
    labels: int | None = None
    validation: float = 0.2
    balanced: bool = False
    vocabulary: int = 10_000
    length: int = 100
    min_count: int = 1
    padding: str = "pre"
    truncating: str = "pre"
    tokens: str = "auto"
    network: NetworkOptions = field(default_factory=NetworkOptions)
    dimension: int | None = None
    vectors: Path | None = None
    trainable: bool = False
    embedding_rate: float | None = None
    ngrams: str | None = None
    buckets: int | None = None
    optimizer: str = "rmsprop"
    learning_rate: float | None = None
    epochs: int = 10
    batch_size: int = 32
    seed: int = 0
    patience: int | None = None
    class_weight: str | None = None
    precision: str = "float32"
    checkpoint: Path | None = None
    text_column: str | None = None
    label_column: str | None = None
    encoding: str = "utf-8"
    force: bool = False
    summary: bool = False

    @property
    def curves(self) -> Path:
        """Where the curves are drawn: beside the model."""
        return self.output.with_suffix(".png")


@dataclass
class Parts:
    """A corpus cut up: what is learned from, what is only measured, what only lends its words."""

    training: Corpus
    validation: Corpus | None
    unlabelled: list[str] = field(default_factory=list)


def train(request: TrainRequest) -> EmbeddingClassifier:
    """Train as asked; prints the result, writes the model and its curves."""
    start = time.perf_counter()
    if request.curves == request.output:
        raise UsageError(f"--output must not end in .png, the suffix of the curves beside it, got {request.output}")
    refuse_existing(request.output, overwrite=request.force)
    refuse_existing(request.curves, overwrite=request.force)
    model = make_model(request)
    with telling_what_is_written(request.output, request.curves):
        parts = _learn(model, request)
        findings = examine(model, parts.training, parts.validation)
        model.save(request.output, overwrite=request.force)
        model.history_.plot(request.curves)
        if request.summary:
            model.network_.summary(print_fn=answers.print)
        answers.print(str(model.history_), markup=False)
        print_table("", result_rows(model, parts, request, time.perf_counter() - start))
        print_findings(findings)
    return model


def _learn(model: EmbeddingClassifier, request: TrainRequest) -> Parts:
    with ProgressBars() as progress:
        with refused_options():
            corpus = read_corpus(
                request.data,
                text_column=request.text_column,
                label_column=request.label_column,
                encoding=request.encoding,
                progress=progress,
            )
        parts = cut_up(corpus, request)
        model.fit(
            parts.training.texts,
            parts.training.known_labels,
            validation=parts.validation,
            unlabelled=parts.unlabelled,
            checkpoint=request.checkpoint,
            progress=progress,
        )
    return parts


def make_model(request: TrainRequest) -> EmbeddingClassifier:
    """The classifier that the options describe; every option is checked here, before any text is read."""
    if request.balanced and request.labels is None:
        raise UsageError("--balanced goes with --labels, the number of texts that it shares out among the classes")
    with refused_options():
        model = EmbeddingClassifier(
            network=made_network(request.network),
            tokens=named_tokens(request.tokens),
            max_tokens=request.vocabulary,
            max_length=request.length,
            min_count=request.min_count,
            padding=request.padding,
            truncating=request.truncating,
            embedding=_embedding(request),
            optimizer=request.optimizer,
            learning_rate=request.learning_rate,
            epochs=request.epochs,
            batch_size=request.batch_size,
            seed=request.seed,
            patience=request.patience,
            class_weight=request.class_weight,
            precision=request.precision,
        )
        model.check_settings()
        checked_encoding(request.encoding)
    return model


def _embedding(request: TrainRequest) -> Embedding:
    if request.buckets is not None or request.ngrams is not None:
        return _hashed(request)
    if request.vectors is None:
        if request.trainable:
            raise UsageError("--trainable goes with --vectors; learned vectors are always trained")
        return Learned(100 if request.dimension is None else request.dimension, learning_rate=request.embedding_rate)
    vectors = WordVectors.open(request.vectors)
    if request.dimension not in (None, vectors.dimension):
        given = f"--dimension must be the file's, {vectors.dimension}, got {request.dimension}"
        raise UsageError(f"{given}; leave it out with --vectors")
    return Pretrained(vectors, trainable=request.trainable, learning_rate=request.embedding_rate)


def _hashed(request: TrainRequest) -> Hashed:
    if request.vectors is not None:
        raise UsageError("--buckets and --ngrams go without --vectors: buckets have no words, so no file knows them")
    given = {
        "dimension": request.dimension,
        "buckets": request.buckets,
        "ngrams": None if request.ngrams is None else order_range(request.ngrams),
    }
    settings: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    return Hashed(**settings, learning_rate=request.embedding_rate)


def cut_up(corpus: Corpus, request: TrainRequest) -> Parts:
    """Training first, then validation from what is left; the words of the remaining texts are counted too."""
    held_out = _samples(request.validation, len(corpus))
    _check_sizes(corpus, request, held_out)
    with refused_options():
        if request.labels is None:
            if held_out == 0:
                return Parts(corpus, None)
            training, validation = corpus.split(len(corpus) - held_out, seed=request.seed)
            return Parts(training, validation)
        if request.labels == len(corpus):
            return Parts(corpus, None)
        training, rest = corpus.split(request.labels, seed=request.seed, balanced=request.balanced)
        if held_out == 0:
            return Parts(training, None, rest.texts)
        if held_out == len(rest):
            return Parts(training, rest)
        if held_out < len(rest.classes):
            rule = f"--validation must be {len(rest.classes)} texts or more, one for each class"
            raise UsageError(f"{rule}, got {held_out}; 0 measures on none")
        validation, rest = rest.split(held_out, seed=request.seed)
        return Parts(training, validation, rest.texts)


def _samples(validation: float, texts: int) -> int:
    """A number of texts, or a share of them below 1."""
    if not 0 <= validation < math.inf or (validation >= 1 and validation != int(validation)):
        raise UsageError(f"--validation must be a number of texts or a share below 1, got {validation}")
    return int(validation) if validation >= 1 else round(validation * texts)


def _check_sizes(corpus: Corpus, request: TrainRequest, held_out: int) -> None:
    """Refuse parts that the corpus cannot give, in the options' own words."""
    classes, labels = len(corpus.classes), request.labels
    if labels is None:
        if len(corpus) - held_out < classes:
            rule = f"--validation must leave {classes} of the {len(corpus)} texts or more, one for each class"
            cure = "lower it (0 measures on none), or give more texts of each class"
            raise UsageError(f"{rule}, got {request.validation:g} ({held_out} texts); {cure}")
    elif labels < classes:
        raise UsageError(f"--labels must be {classes} or more, one text for each class, got {labels}")
    elif labels + held_out > len(corpus):
        asked = f"--labels {labels} and --validation {held_out}"
        raise UsageError(f"{asked} must be {len(corpus)} together at most: the data has so many texts")


def result_rows(
    model: EmbeddingClassifier, parts: Parts, request: TrainRequest, seconds: float
) -> list[tuple[str, object]]:
    """Names and values of the final table."""
    last = model.history_.kept
    learned_from = f"{len(parts.training):,} labelled"
    learned_from += f", words of {len(parts.unlabelled):,} more" if parts.unlabelled else ""
    rows: list[tuple[str, object]] = [
        ("training texts", learned_from),
        ("classes", ", ".join(str(label) for label in model.classes_)),
        ("vocabulary", _vocabulary(model, request)),
        ("tokens", model.vectorizer_.choice_),
        ("vectors", model.facts_.coverage or f"learned, {model.embedding.dimension} numbers a word"),
        ("parameters", f"{model.network_.count_params():,}"),
        ("training accuracy", f"{last.accuracy:.1%}"),
    ]
    if parts.validation is not None and last.validation_accuracy is not None:
        samples = len(parts.validation)
        right = round(last.validation_accuracy * samples)
        rows.append(("validation accuracy", Share(right, samples)))
        label, share = majority_class(parts.validation.known_labels)
        rows.append(("always the same", f'{share.value:.1%} ("{label}")'))
    rows += [("seconds", f"{seconds:.1f}"), ("model", request.output), ("curves", request.curves)]
    return rows


def _vocabulary(model: EmbeddingClassifier, request: TrainRequest) -> str:
    if isinstance(model.embedding, Hashed):
        sizes = "-".join(map(str, model.embedding.ngrams))
        return f"none: n-grams of {sizes} tokens in {model.embedding.buckets:,} buckets"
    return f"{len(model.vectorizer_.vocabulary_.words):,} words in {request.vocabulary:,} rows"


DEMO_TEXTS = {
    "en": (
        "I went in expecting very little and came out grinning. The cast is wonderful, the jokes land, and the "
        "ending made me cry. I loved every minute of it.",
        "Two hours of my life that I will never get back. The plot makes no sense, the acting is wooden and the "
        "jokes fall flat. Avoid.",
    ),
    "ko": (
        "기대 없이 봤는데 정말 재미있었어요. 배우들 연기도 최고였고 마지막 장면에서 울었습니다. 꼭 보세요, 강추합니다",
        "시간도 돈도 아까운 영화. 스토리는 엉망이고 연기는 어색하고 지루해서 보다가 잠들었다",
    ),
}


def demo(language: str, folder: Path) -> None:
    """Train on the built-in reviews and answer two new sentences."""
    folder.mkdir(parents=True, exist_ok=True)
    with as_file(files("malmoi") / "samples" / f"reviews-{language}.jsonl") as sample:
        request = TrainRequest(
            data=sample,
            output=folder / f"reviews-{language}.malmoi",
            vocabulary=5_000,
            length=40,
            tokens="words",
            dimension=32,
            epochs=10,
            batch_size=16,
            learning_rate=0.003,
            force=True,
        )
        with telling_what_is_written(request.output, request.curves):
            train(request)
            answers.print("\nTwo new sentences, answered by the saved model:")
            print_answers(request.output, DEMO_TEXTS[language])


def print_answers(path: Path, texts: Sequence[str]) -> None:
    """Open a saved model and print its answer to each text."""
    from malmoi.storage import load

    model = load(path, verify=True)
    for text, row in zip(texts, model.predict_proba(texts), strict=True):
        best = row.argmax()
        answers.print(f"  {model.classes_[best]} ({row[best]:.0%})  {text}", markup=False)
