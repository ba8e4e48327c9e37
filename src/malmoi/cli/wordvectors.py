"""What `malmoi vectors ...` does: what a file of word vectors is, knows, and becomes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from malmoi.cli.console import ProgressBars, UsageError, answers, messages, print_table, refused_options
from malmoi.cli.tokenizers import named_tokens
from malmoi.output import refuse_existing
from malmoi.streams import text_batches
from malmoi.tables import checked_encoding
from malmoi.vectorizers import SequenceVectorizer
from malmoi.wordvectors import WordVectors

__all__ = ["analogy", "convert", "coverage", "draw", "evaluate", "info", "nearest"]

SHOWN_WORDS = 10


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
        answers.print(f"{score:7.4f}  {word}", markup=False)


def info(
    vectors: Path,
    count: bool,
    encoding: str,
) -> None:
    """Print what a file is; with --count, read it all."""
    opened = _open(vectors, encoding)
    claimed = opened.source.claimed
    rows: list[tuple[str, object]] = [
        ("file", f"{vectors} ({vectors.stat().st_size:,} bytes)"),
        ("kind", opened.kind),
        ("dimension", opened.dimension),
        ("rows it claims", "none" if claimed is None else f"{claimed:,}"),
        ("subwords", "yes" if opened.source.makes_subwords else "no"),
    ]
    if count:
        rows.append(("words", f"{len(opened):,}"))
        rows.append(("first words", " ".join(opened.words[:SHOWN_WORDS])))
    print_table("", rows)


def nearest(
    vectors: Path,
    words: list[str],
    n: int,
    encoding: str,
) -> None:
    """Print the words nearest to each word, by cosine."""
    opened = _open(vectors, encoding)
    with _known_words(), refused_options():
        for word in words:
            found = opened.nearest(word, n)
            if len(words) > 1:
                answers.print(word, style="bold", markup=False)
            _print_scored(found)


def analogy(
    vectors: Path,
    a: str,
    b: str,
    c: str,
    n: int,
    encoding: str,
) -> None:
    """Print what is to C as B is to A."""
    opened = _open(vectors, encoding)
    with _known_words(), refused_options():
        _print_scored(opened.analogy(a, b, c, n))


def convert(
    vectors: Path,
    output: Path,
    dtype: str,
    encoding: str,
    force: bool,
) -> None:
    """Write a file that opens in milliseconds and is shared by all processes."""
    refuse_existing(output, overwrite=force)
    opened = _open(vectors, encoding)
    with ProgressBars() as progress, refused_options():
        made = opened.convert(output, dtype=dtype, overwrite=force, progress=progress)
    messages.print(f"{output}: {len(made):,} words, {made.kind}, {output.stat().st_size:,} bytes", markup=False)


def coverage(
    vectors: Path,
    data: Path,
    tokens: str,
    vocabulary: int | None,
    subwords: bool,
    text_column: str | None,
    encoding: str,
    words_encoding: str,
) -> None:
    """Print how much of some texts' words has a vector, and which frequent words have none."""
    opened = _open(vectors, words_encoding)
    with refused_options():
        checked = checked_encoding(encoding)
        learner = SequenceVectorizer(named_tokens(tokens), max_tokens=vocabulary)
    with ProgressBars() as progress:
        for batch in text_batches(data, text_column=text_column, encoding=checked, progress=progress):
            learner.partial_fit(batch)
        missing = "subwords" if subwords else "zeros"
        _, found = opened.matrix_for(learner.vocabulary_, missing=missing, progress=progress)  # type: ignore[arg-type]
    rows: list[tuple[str, object]] = [
        ("words", f"{found.found:,} of {found.words:,} ({found.vocabulary_share:.1%})"),
        ("tokens", f"{found.found_tokens:,} of {found.tokens:,} ({found.token_share:.1%})"),
        ("as written", f"{found.exact:,} words"),
        ("in lower case", f"{found.lowercased:,} words"),
        ("by subwords", f"{found.subwords:,} words"),
        ("rows read", f"{found.rows:,}, {found.repeated:,} of them of a word that had one"),
        ("frequent, without", " ".join(found.missing) or "none"),
    ]
    print_table("", rows)


def draw(
    vectors: Path,
    output: Path,
    words: list[str] | None,
    n: int,
    method: str,
    seed: int,
    encoding: str,
    force: bool,
) -> None:
    """Draw words on a plane."""
    from malmoi.wordmap import word_map

    refuse_existing(output, overwrite=force)
    opened = _open(vectors, encoding)
    with refused_options():
        made = word_map(opened, words, n=n, method=method, seed=seed)
        made.save(output, overwrite=force)
    without = f"; without a vector: {' '.join(made.missing)}" if made.missing else ""
    messages.print(f"{output}: {len(made.words):,} words, {made.method}{without}", markup=False)


def evaluate(vectors: Path, tests: Path, among: int, keep_case: bool, encoding: str) -> None:
    """Score vectors by a file of pairs or analogies."""
    from malmoi.wordtests import AnalogyScore, evaluate_vectors

    opened = _open(vectors, encoding)
    with refused_options():
        score = evaluate_vectors(opened, tests, lowercase=not keep_case, among=among)
    answers.print(str(score), markup=False)
    if isinstance(score, AnalogyScore):
        for name, right, found in score.sections:
            answers.print(f"{right:6,} of {found:6,}  {name}", markup=False)
    if score.missing:
        messages.print(f"without a vector: {' '.join(score.missing[:SHOWN_WORDS])}", markup=False)
