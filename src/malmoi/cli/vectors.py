"""`malmoi vectors ...`: inspect, train, convert, plot and evaluate word vectors."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from malmoi.cli.console import ProgressBars, answers, messages, print_table
from malmoi.cli.option_values import call_with
from malmoi.cli.options import Option, options_for, with_options
from malmoi.cli.output_options import ForceOption
from malmoi.cli.reading import UNLABELLED, checked_reading, refuse_same_files
from malmoi.cli.strict import StrictCommand
from malmoi.cli.tokens import named_tokens
from malmoi.cli.usage import UsageError, refused_options
from malmoi.cli.vectors_train import train_command
from malmoi.data.readers import checked_encoding, text_batches
from malmoi.experiments.settings import settings_of
from malmoi.foundation.files import refuse_existing
from malmoi.vectorizers import SequenceVectorizer
from malmoi.wordvectors import WordVectors
from malmoi.wordvectors.evaluation import AnalogyScore, evaluate_vectors
from malmoi.wordvectors.map import word_map

__all__ = ["vectors_app"]

SHOWN_WORDS = 10

vectors_app = typer.Typer(no_args_is_help=True, help="Inspect, train, convert, plot and evaluate word vectors.")
vectors_app.command("train", cls=StrictCommand)(train_command)

VectorsFile = Annotated[
    Path, typer.Argument(help="GloVe, word2vec or fastText file, compressed or not; or a converted file.")
]
WordsEncoding = Annotated[str, typer.Option("--words-encoding", help="Encoding of the words in VECTORS.")]
Number = Annotated[int, typer.Option("--number", "-n", help="Number of words to print.")]


def _options(source: Callable[..., object], *names: str) -> dict[str, Option]:
    return options_for({name: settings_of(source)[name] for name in names})


CONVERTING = _options(WordVectors.convert, "dtype")
COUNTING = _options(SequenceVectorizer, "max_tokens")
MAPPING = _options(word_map, "method", "seed")
SCORING = _options(evaluate_vectors, "candidates")


def _open(path: Path, encoding: str) -> WordVectors:
    with refused_options():
        checked_encoding(encoding)
    return WordVectors.open(path, encoding=encoding)


@contextmanager
def _known_words() -> Iterator[None]:
    try:
        yield
    except KeyError as error:
        raise UsageError(str(error.args[0])) from error


def _print_scored(scored: list[tuple[str, float]]) -> None:
    for word, score in scored:
        answers.print(f"{score:7.4f}  {word}")


@vectors_app.command("info", cls=StrictCommand)
def info(
    vectors: VectorsFile,
    count: Annotated[bool, typer.Option("--count", help="Read the whole file and count its words.")] = False,
    encoding: WordsEncoding = "utf-8",
) -> None:
    """Print the format and size of a file; with --count, read all of it."""
    opened = _open(vectors, encoding)
    claimed = opened.source.claimed
    rows: list[tuple[str, object]] = [
        ("file", f"{vectors} ({vectors.stat().st_size:,} bytes)"),
        ("kind", opened.kind),
        ("dimension", opened.dimension),
        ("rows in header", "none" if claimed is None else f"{claimed:,}"),
        ("subwords", "yes" if opened.source.makes_subwords else "no"),
    ]
    if count:
        rows.append(("words", f"{len(opened):,}"))
        rows.append(("first words", " ".join(opened.words[:SHOWN_WORDS])))
    print_table("", rows)


@vectors_app.command("nearest", cls=StrictCommand)
def nearest(
    vectors: VectorsFile,
    words: Annotated[list[str], typer.Argument(help="One or more words.")],
    n: Number = 10,
    encoding: WordsEncoding = "utf-8",
) -> None:
    """Print the nearest words of each word, by cosine similarity."""
    opened = _open(vectors, encoding)
    with _known_words(), refused_options():
        for word in words:
            found = opened.nearest(word, n)
            if len(words) > 1:
                answers.print(word, style="bold")
            _print_scored(found)


@vectors_app.command("analogy", cls=StrictCommand)
def analogy(
    vectors: VectorsFile,
    a: Annotated[str, typer.Argument(help="First word of the given pair, such as man.")],
    b: Annotated[str, typer.Argument(help="Second word of the given pair, such as king.")],
    c: Annotated[str, typer.Argument(help="First word of the new pair, such as woman.")],
    n: Number = 10,
    encoding: WordsEncoding = "utf-8",
) -> None:
    """Solve the analogy A is to B as C is to ?, such as man, king, woman: queen."""
    opened = _open(vectors, encoding)
    with _known_words(), refused_options():
        _print_scored(opened.analogy(a, b, c, n))


def _convert(
    settings: dict[str, object],
    vectors: VectorsFile,
    output: Annotated[Path, typer.Option("--output", "-o", help="File to write.")],
    encoding: WordsEncoding = "utf-8",
    force: ForceOption = False,
) -> None:
    """Convert to a file that opens in milliseconds; rows are read from it on demand."""
    refuse_same_files("--output", output, [vectors], what="VECTORS")
    refuse_existing(output, overwrite=force)
    opened = _open(vectors, encoding)
    with ProgressBars() as progress, refused_options():
        made = call_with(partial(opened.convert, output, overwrite=force, progress=progress), settings)
    messages.print(f"{output}: {len(made):,} words, {made.kind}, {output.stat().st_size:,} bytes")


def _coverage(
    counting: dict[str, object],
    reading: dict[str, object],
    vectors: VectorsFile,
    data: Annotated[list[str], typer.Argument(help="Texts, as for train; labels are not needed.")],
    tokens: Annotated[
        str, typer.Option(help="Tokenizer: auto (by script), words, characters, syllables, keras...")
    ] = "auto",
    subwords: Annotated[
        bool, typer.Option("--subwords", help="Compose vectors of unknown words from subwords, if the file has them.")
    ] = False,
    words_encoding: WordsEncoding = "utf-8",
) -> None:
    """Print the share of the words of texts that have a vector, and frequent words without one."""
    opened = _open(vectors, words_encoding)
    with refused_options():
        learner = call_with(partial(SequenceVectorizer, named_tokens(tokens)), counting)
    opened_reading = checked_reading(reading, labelled=False, others=[vectors, *data])
    with opened_reading as (settings, report), ProgressBars() as progress:
        for batch in text_batches(data, settings, report=report, progress=progress):
            learner.partial_fit(batch)
        _, found = opened.matrix_for(
            learner.vocabulary_, missing="subwords" if subwords else "zeros", progress=progress
        )
    rows: list[tuple[str, object]] = [
        ("words", f"{found.found:,} of {found.words:,} ({found.vocabulary_share:.1%})"),
        ("tokens", f"{found.found_tokens:,} of {found.tokens:,} ({found.token_share:.1%})"),
        ("exact matches", f"{found.exact:,} words"),
        ("lower-case matches", f"{found.lowercased:,} words"),
        ("from subwords", f"{found.subwords:,} words"),
        ("rows read", f"{found.rows:,}, {found.repeated:,} of them repeated words"),
        ("frequent words without a vector", " ".join(found.missing) or "none"),
    ]
    print_table("", rows)


def _map(
    settings: dict[str, object],
    vectors: VectorsFile,
    output: Annotated[Path, typer.Option("--output", "-o", help="A .png, or a searchable .html page.")],
    words: Annotated[list[str] | None, typer.Argument(help="Words to show; default: the first of the file.")] = None,
    n: Annotated[int, typer.Option("--number", "-n", help="Number of words if WORDS is not given.")] = 500,
    encoding: WordsEncoding = "utf-8",
    force: ForceOption = False,
) -> None:
    """Plot words in two dimensions; words with similar vectors are near each other."""
    refuse_same_files("--output", output, [vectors], what="VECTORS")
    refuse_existing(output, overwrite=force)
    opened = _open(vectors, encoding)
    with refused_options():
        made = call_with(partial(word_map, opened, words or None, n=n), settings)
        made.save(output, overwrite=force)
    without = f"; without a vector: {' '.join(made.missing)}" if made.missing else ""
    messages.print(f"{output}: {len(made.words):,} words, {made.method}{without}")


def _evaluate(
    settings: dict[str, object],
    vectors: VectorsFile,
    tests: Annotated[Path, typer.Argument(help="File with lines of two words and a score, or of four words.")],
    keep_case: Annotated[bool, typer.Option("--keep-case", help="Do not look words up in lower case.")] = False,
    encoding: WordsEncoding = "utf-8",
) -> None:
    """Evaluate vectors on word similarity judgements or on analogies."""
    opened = _open(vectors, encoding)
    with refused_options():
        score = call_with(partial(evaluate_vectors, opened, tests, lowercase=not keep_case), settings)
    answers.print(str(score))
    if isinstance(score, AnalogyScore):
        for name, right, found in score.sections:
            answers.print(f"{right:6,} of {found:6,}  {name}")
    if score.missing:
        messages.print(f"without a vector: {' '.join(score.missing[:SHOWN_WORDS])}")


vectors_app.command("convert", cls=StrictCommand)(with_options(_convert, CONVERTING))
vectors_app.command("coverage", cls=StrictCommand)(with_options(_coverage, COUNTING, UNLABELLED))
vectors_app.command("map", cls=StrictCommand)(with_options(_map, MAPPING))
vectors_app.command("evaluate", cls=StrictCommand)(with_options(_evaluate, SCORING))
