"""`malmoi vectors ...`: its commands and their options."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["vectors_app"]

vectors_app = typer.Typer(no_args_is_help=True, help="Look into files of word vectors, and make them.")

VectorsFile = Annotated[Path, typer.Argument(help="GloVe, word2vec or fastText, packed or not; or converted.")]
WordsEncoding = Annotated[str, typer.Option("--words-encoding", help="Encoding of the words in it.")]
Number = Annotated[int, typer.Option("--number", "-n", help="How many words to answer.")]


@vectors_app.command("info")
def info_command(
    vectors: VectorsFile,
    count: Annotated[bool, typer.Option("--count", help="Read it all, and count its words.")] = False,
    encoding: WordsEncoding = "utf-8",
) -> None:
    """Print what a file is; with --count, read it all."""
    from malmoi.cli.wordvectors import info

    info(vectors, count, encoding)


@vectors_app.command("nearest")
def nearest_command(
    vectors: VectorsFile,
    words: Annotated[list[str], typer.Argument(help="One or more words.")],
    n: Number = 10,
    encoding: WordsEncoding = "utf-8",
) -> None:
    """Print the words nearest to each word, by cosine."""
    from malmoi.cli.wordvectors import nearest

    nearest(vectors, words, n, encoding)


@vectors_app.command("analogy")
def analogy_command(
    vectors: VectorsFile,
    a: Annotated[str, typer.Argument(help="man")],
    b: Annotated[str, typer.Argument(help="king")],
    c: Annotated[str, typer.Argument(help="woman")],
    n: Number = 10,
    encoding: WordsEncoding = "utf-8",
) -> None:
    """Print what is to C as B is to A."""
    from malmoi.cli.wordvectors import analogy

    analogy(vectors, a, b, c, n, encoding)


@vectors_app.command("convert")
def convert_command(
    vectors: VectorsFile,
    output: Annotated[Path, typer.Option("--output", "-o", help="The new file.")],
    dtype: Annotated[str, typer.Option(help="float32; float16, half the size; int8, a quarter.")] = "float32",
    encoding: WordsEncoding = "utf-8",
    force: Annotated[bool, typer.Option("--force", help="Replace an output that exists.")] = False,
) -> None:
    """Write a file that opens in milliseconds and is shared by all processes."""
    from malmoi.cli.wordvectors import convert

    convert(vectors, output, dtype, encoding, force)


@vectors_app.command("coverage")
def coverage_command(
    vectors: VectorsFile,
    data: Annotated[Path, typer.Argument(help="Texts: a folder or a table, as for train; labels not needed.")],
    tokens: Annotated[str, typer.Option(help="auto (by script), words, characters, syllables, keras...")] = "auto",
    vocabulary: Annotated[int | None, typer.Option(help="Only the most frequent words.")] = None,
    subwords: Annotated[
        bool, typer.Option("--subwords", help="Make vectors of subwords, where there are any.")
    ] = False,
    text_column: Annotated[str | None, typer.Option(help="Column of the texts.")] = None,
    encoding: Annotated[str, typer.Option(help="Encoding of the texts.")] = "utf-8",
    words_encoding: WordsEncoding = "utf-8",
) -> None:
    """Print how much of some texts' words has a vector, and which frequent words have none."""
    from malmoi.cli.wordvectors import coverage

    coverage(vectors, data, tokens, vocabulary, subwords, text_column, encoding, words_encoding)


@vectors_app.command("train")
def train_command(
    texts: Annotated[Path, typer.Argument(help="Texts: a folder or a table, as for train; labels not needed.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The new file.")],
    tokens: Annotated[str, typer.Option(help="auto (by script), words, characters, syllables, keras...")] = "auto",
    pattern: Annotated[str | None, typer.Option(help="Tokens are what this regular expression finds.")] = None,
    dimension: Annotated[int, typer.Option(help="Numbers of a vector.")] = 100,
    window: Annotated[int, typer.Option(help="Words this far away count, each by 1 / distance.")] = 15,
    left: Annotated[bool, typer.Option("--left", help="Only words before count, not those behind.")] = False,
    min_count: Annotated[int, typer.Option(help="Rarer words have no vector.")] = 5,
    vocabulary: Annotated[int | None, typer.Option(help="Only the most frequent words.")] = None,
    epochs: Annotated[int, typer.Option(help="Passes over all pairs of words.")] = 15,
    x_max: Annotated[float, typer.Option(help="Pairs that are counted less often weigh less.")] = 10.0,
    learning_rate: Annotated[float, typer.Option(help="Of AdaGrad.")] = 0.05,
    seed: Annotated[int, typer.Option(help="Decides all that is random.")] = 0,
    threads: Annotated[int | None, typer.Option(help="All cores by default; the result is the same.")] = None,
    memory: Annotated[int, typer.Option(help="Megabytes for texts and counts; the rest goes to files.")] = 2048,
    folder: Annotated[Path | None, typer.Option(help="Folder of these files.")] = None,
    checkpoint: Annotated[
        Path | None, typer.Option(help="File to go on from after a break; made where it is not there.")
    ] = None,
    dtype: Annotated[str, typer.Option(help="float32; float16, half the size; int8, a quarter.")] = "float32",
    text_column: Annotated[str | None, typer.Option(help="Column of the texts.")] = None,
    encoding: Annotated[str, typer.Option(help="Encoding of the texts.")] = "utf-8",
    force: Annotated[bool, typer.Option("--force", help="Replace an output that exists.")] = False,
) -> None:
    """Train word vectors on texts (GloVe)."""
    from malmoi.cli.glove import TrainRequest, train

    settings = {
        "dimension": dimension, "window": window, "symmetric": not left, "min_count": min_count,
        "max_tokens": vocabulary, "epochs": epochs, "x_max": x_max, "learning_rate": learning_rate, "seed": seed,
        "n_jobs": threads, "memory_mb": memory, "folder": folder, "checkpoint": checkpoint,
    }  # fmt: skip
    train(TrainRequest(texts, output, tokens, pattern, dtype, text_column, encoding, force, settings))


@vectors_app.command("map")
def map_command(
    vectors: VectorsFile,
    output: Annotated[Path, typer.Option("--output", "-o", help="A .png, or a .html in which one can search.")],
    words: Annotated[list[str] | None, typer.Argument(help="Words to show; without any, the first ones.")] = None,
    n: Annotated[int, typer.Option("--number", "-n", help="How many, where none are named.")] = 500,
    method: Annotated[str, typer.Option(help="tsne or pca.")] = "tsne",
    seed: Annotated[int, typer.Option(help="Of tsne.")] = 0,
    encoding: WordsEncoding = "utf-8",
    force: Annotated[bool, typer.Option("--force", help="Replace an output that exists.")] = False,
) -> None:
    """Draw words on a plane, those that point alike near each other."""
    from malmoi.cli.wordvectors import draw

    draw(vectors, output, words or None, n, method, seed, encoding, force)


@vectors_app.command("evaluate")
def evaluate_command(
    vectors: VectorsFile,
    tests: Annotated[Path, typer.Argument(help="Lines of two words and a score, or of four words.")],
    among: Annotated[int, typer.Option(help="First words that may answer an analogy.")] = 30_000,
    keep_case: Annotated[bool, typer.Option("--keep-case", help="Take words as they are written alone.")] = False,
    encoding: WordsEncoding = "utf-8",
) -> None:
    """Score vectors by pairs of words that people scored, or by analogies."""
    from malmoi.cli.wordvectors import evaluate

    evaluate(vectors, tests, among, keep_case, encoding)
