"""The commands and their options."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from malmoi.cli.mistakes import complain, one_line
from malmoi.cli.vectors import vectors_app

__all__ = ["run"]

DONE, USERS_MISTAKE = 0, 2
INTERRUPTED = 130
"""What typer makes of Ctrl-C."""

app = typer.Typer(
    add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode=None,
    help="From labelled texts to a classifier that you can trust.",
)  # fmt: skip
app.add_typer(vectors_app, name="vectors")


class Side(StrEnum):
    """An end of a text."""

    pre = "pre"
    post = "post"


class Language(StrEnum):
    """A language of the built-in reviews."""

    en = "en"
    ko = "ko"


Encoding = Annotated[str, typer.Option(help="Encoding of the files.")]
IdColumn = Annotated[str | None, typer.Option(help="Series: the column that says to which a row belongs.")]
TextColumn = Annotated[str | None, typer.Option(help="Column of the texts, where its name does not tell.")]
Force = Annotated[bool, typer.Option("--force", help="Replace an output that exists.")]


@app.command("train")
def train_command(
    data: Annotated[Path, typer.Argument(help="A folder with a folder of .txt files a class; or a table.")],
    output: Annotated[Path | None, typer.Option("--output", "-o", help="The model; curves go beside it.")] = None,
    labels: Annotated[int | None, typer.Option(help="Labelled texts to learn from. All but validation.")] = None,
    validation: Annotated[float, typer.Option(help="Texts only measured on: a number, or a share below 1.")] = 0.2,
    balanced: Annotated[bool, typer.Option("--balanced", help="As many labels of every class.")] = False,
    vocabulary: Annotated[int, typer.Option(help="Rows of the embedding: words, padding and unknown.")] = 10_000,
    length: Annotated[int, typer.Option(help="Tokens of a text that are looked at.")] = 100,
    min_count: Annotated[int, typer.Option(help="Words seen less often are unknown.")] = 1,
    padding: Annotated[Side, typer.Option(help="Side that is filled up when a text is short.")] = Side.pre,
    truncating: Annotated[Side, typer.Option(help="Side that is cut off when a text is long.")] = Side.pre,
    tokens: Annotated[str, typer.Option(help="auto (by script), words, characters, syllables, keras...")] = "auto",
    network: Annotated[str, typer.Option(help="flatten, average, conv or recurrent.")] = "flatten",
    hidden: Annotated[list[int] | None, typer.Option(help="Units of a hidden layer; once a layer.")] = None,
    dropout: Annotated[float | None, typer.Option(help="Share of values switched off while training.")] = None,
    l2: Annotated[float | None, typer.Option(help="What the squares of the weights cost.")] = None,
    pooling: Annotated[str | None, typer.Option(help="average, conv: mean or max.")] = None,
    filters: Annotated[int | None, typer.Option(help="conv: filters of each width; 100.")] = None,
    widths: Annotated[list[int] | None, typer.Option(help="conv: words of a window; once a width; 3, 4, 5.")] = None,
    layers: Annotated[int | None, typer.Option(help="conv, recurrent: layers; 1.")] = None,
    cell: Annotated[str | None, typer.Option(help="recurrent: simple, gru or lstm; gru.")] = None,
    units: Annotated[int | None, typer.Option(help="recurrent: numbers of the state; 64.")] = None,
    bidirectional: Annotated[bool, typer.Option("--bidirectional", help="recurrent: from the end too.")] = False,
    dimension: Annotated[int | None, typer.Option(help="Numbers of a learned word vector; 100.")] = None,
    vectors: Annotated[Path | None, typer.Option(help="A file of word vectors, of any kind.")] = None,
    trainable: Annotated[bool, typer.Option("--trainable/--frozen", help="May training change them?")] = False,
    embedding_rate: Annotated[float | None, typer.Option(help="Learning rate of the word vectors alone.")] = None,
    buckets: Annotated[int | None, typer.Option(help="Hash words into so many vectors; no vocabulary.")] = None,
    ngrams: Annotated[str | None, typer.Option(help="Hash n-grams too, such as 1-2; with average.")] = None,
    optimizer: Annotated[str | None, typer.Option(help="One of Keras'; rmsprop, and adam for --series.")] = None,
    learning_rate: Annotated[float | None, typer.Option(help="The optimizer's own, if not given.")] = None,
    epochs: Annotated[int, typer.Option(help="Passes over the training texts.")] = 10,
    batch_size: Annotated[int, typer.Option(help="Texts a step.")] = 32,
    seed: Annotated[int, typer.Option(help="The same seed and data give the same file.")] = 0,
    patience: Annotated[int | None, typer.Option(help="Stop after so many epochs without a smaller loss.")] = None,
    class_weight: Annotated[str | None, typer.Option(help="balanced: every class counts the same.")] = None,
    precision: Annotated[str, typer.Option(help="float32, or bfloat16 on a GPU.")] = "float32",
    checkpoint: Annotated[Path | None, typer.Option(help="Written every epoch; goes on from it.")] = None,
    series: Annotated[bool, typer.Option("--series", help="The data are a table of numbers in time.")] = False,
    regression: Annotated[bool, typer.Option("--regression", help="--series: answer numbers, not labels.")] = False,
    missing: Annotated[str, typer.Option(help="--series: refuse or indicate missing numbers.")] = "refuse",
    id_column: IdColumn = None,
    text_column: TextColumn = None,
    label_column: Annotated[str | None, typer.Option(help="Column of the labels.")] = None,
    encoding: Encoding = "utf-8",
    force: Force = False,
    summary: Annotated[bool, typer.Option("--summary", help="Print Keras' summary of the network.")] = False,
) -> None:
    """Train a classifier; writes the model and its curves, prints the result and what to doubt."""
    from malmoi.cli.networks import NetworkOptions
    from malmoi.cli.series import SeriesRequest, train_series
    from malmoi.cli.train import TrainRequest, train

    output = output or Path(f"{data.resolve().name.split('.')[0]}.malmoi")
    kind = NetworkOptions(
        network=network, hidden=tuple(hidden or ()), dropout=dropout, l2=l2, pooling=pooling, filters=filters,
        widths=tuple(widths or ()), layers=layers, cell=cell, units=units, bidirectional=bidirectional,
    )  # fmt: skip
    if series:
        train_series(
            SeriesRequest(
                data=data, output=output, network=kind, regression=regression, missing=missing, validation=validation,
                optimizer=optimizer or "adam", learning_rate=learning_rate, epochs=epochs, batch_size=batch_size,
                seed=seed, patience=patience, class_weight=class_weight, precision=precision, checkpoint=checkpoint,
                label_column=label_column, id_column=id_column, force=force, summary=summary,
            )
        )  # fmt: skip
        return
    train(
        TrainRequest(
            data=data, output=output, labels=labels, validation=validation, balanced=balanced, vocabulary=vocabulary,
            length=length, min_count=min_count, padding=padding.value, truncating=truncating.value, tokens=tokens,
            network=kind, dimension=dimension, vectors=vectors, trainable=trainable, embedding_rate=embedding_rate,
            ngrams=ngrams, buckets=buckets, optimizer=optimizer or "rmsprop", learning_rate=learning_rate,
            epochs=epochs, batch_size=batch_size, seed=seed, patience=patience, class_weight=class_weight,
            precision=precision,
            checkpoint=checkpoint, text_column=text_column, label_column=label_column, encoding=encoding, force=force,
            summary=summary,
        )
    )  # fmt: skip


@app.command("tune")
def tune_command(
    data: Annotated[Path, typer.Argument(help="Labelled texts: whatever train takes.")],
    minutes: Annotated[float, typer.Option(help="Time that may be spent.")] = 10.0,
    trials: Annotated[int | None, typer.Option(help="Recipes to try at most.")] = None,
    study: Annotated[Path | None, typer.Option(help="SQLite file from which it goes on; tune-NAME.sqlite.")] = None,
    labels: Annotated[int | None, typer.Option(help="Labelled texts to learn from. All but validation.")] = None,
    validation: Annotated[float, typer.Option(help="Texts only measured on: a number, or a share below 1.")] = 0.2,
    tokens: Annotated[str, typer.Option(help="auto (by script), words, characters, syllables, keras...")] = "auto",
    vectors: Annotated[Path | None, typer.Option(help="A file of word vectors that may be used.")] = None,
    seed: Annotated[int, typer.Option(help="Of the split, of the search and of every training.")] = 0,
    text_column: TextColumn = None,
    label_column: Annotated[str | None, typer.Option(help="Column of the labels.")] = None,
    encoding: Encoding = "utf-8",
) -> None:
    """Search for the best recipe within a time; prints the command that trains it."""
    from malmoi.cli.tune import TuneRequest, tune

    tune(
        TuneRequest(
            data=data, minutes=minutes, trials=trials, study=study, labels=labels, validation=validation,
            tokens=tokens, vectors=vectors, seed=seed, text_column=text_column, label_column=label_column,
            encoding=encoding,
        )
    )  # fmt: skip


@app.command("predict")
def predict_command(
    model: Annotated[Path, typer.Argument(help="A file that malmoi train wrote.")],
    data: Annotated[str, typer.Argument(help="Texts: a file as for train, labels not needed; - for lines.")] = "-",
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Standard output, if not given.")] = None,
    kind: Annotated[str | None, typer.Option("--format", help="csv, jsonl or parquet; the suffix tells.")] = None,
    with_text: Annotated[bool, typer.Option("--with-text", help="Repeat every text in the answer.")] = False,
    text_column: TextColumn = None,
    id_column: IdColumn = None,
    label_column: Annotated[str | None, typer.Option(help="Series: the column of the labels, left out.")] = None,
    encoding: Encoding = "utf-8",
    force: Force = False,
) -> None:
    """Answer texts, or series, with label and probabilities, in order; or with numbers."""
    from malmoi.cli.predict import predict

    predict(
        model,
        data,
        output,
        kind=kind,
        with_text=with_text,
        text_column=text_column,
        id_column=id_column,
        label_column=label_column,
        encoding=encoding,
        force=force,
    )


@app.command("vectorize")
def vectorize_command(
    data: Annotated[str, typer.Argument(help="Texts: whatever train takes, labels not needed; - for lines.")],
    output: Annotated[Path, typer.Option("--output", "-o", help=".npz, .parquet or .jsonl.")],
    kind: Annotated[str, typer.Option("--as", help="bag, ids or hashed.")] = "bag",
    tokens: Annotated[str, typer.Option(help="auto (by script), words, characters, syllables, keras...")] = "auto",
    pattern: Annotated[str | None, typer.Option(help="A regular expression for tokens, instead.")] = None,
    keep_punctuation: Annotated[bool, typer.Option("--keep-punctuation", help="As tokens.")] = False,
    keep_case: Annotated[bool, typer.Option("--keep-case", help="Leave capital letters.")] = False,
    strip_accents: Annotated[bool, typer.Option("--strip-accents", help="Drop accents.")] = False,
    normalization: Annotated[str | None, typer.Option(help="NFC or NFKC.")] = None,
    drop_html: Annotated[bool, typer.Option("--drop-html", help="A space for every HTML tag.")] = False,
    ngrams: Annotated[str, typer.Option(help="A range such as 1-2. 1-2 words, 1-5 characters.")] = "auto",
    weighting: Annotated[str, typer.Option(help="count, binary, frequency, sublinear, tfidf...")] = "count",
    norm: Annotated[str, typer.Option(help="l1, l2, none, or the weighting's own.")] = "auto",
    min_count: Annotated[int, typer.Option(help="N-grams seen less often are left out.")] = 1,
    min_texts: Annotated[int, typer.Option(help="N-grams that fewer texts hold are left out.")] = 1,
    max_share: Annotated[float, typer.Option(help="N-grams that a larger share of the texts holds.")] = 1.0,
    max_tokens: Annotated[int | None, typer.Option(help="Columns or ids at most, the most frequent.")] = None,
    stop_words: Annotated[Path | None, typer.Option(help="A .txt file with a word a line.")] = None,
    buckets: Annotated[int, typer.Option(help="Columns of --as hashed.")] = 2**20,
    seed: Annotated[int, typer.Option(help="Of the hash.")] = 0,
    length: Annotated[int, typer.Option(help="Ids of a text.")] = 100,
    padding: Annotated[Side, typer.Option(help="Side that is filled up when a text is short.")] = Side.pre,
    truncating: Annotated[Side, typer.Option(help="Side that is cut off when a text is long.")] = Side.pre,
    vocabulary: Annotated[Path | None, typer.Option(help="Also write tokens and counts, as JSON lines.")] = None,
    compress: Annotated[bool, typer.Option("--compress", help="Deflate an .npz.")] = False,
    text_column: TextColumn = None,
    encoding: Encoding = "utf-8",
    threads: Annotated[int | None, typer.Option(help="All cores, if not given.")] = None,
    force: Force = False,
) -> None:
    """Turn texts into arrays. Memory does not grow with the input; bags and ids keep every distinct n-gram, and read it
    twice."""
    from malmoi.cli.vectorize import VectorizeRequest, vectorize

    vectorize(
        VectorizeRequest(
            data=data, output=output, kind=kind, tokens=tokens, pattern=pattern, keep_punctuation=keep_punctuation,
            keep_case=keep_case, strip_accents=strip_accents, normalization=normalization, drop_html=drop_html,
            ngrams=ngrams, weighting=weighting, norm=norm, min_count=min_count, min_texts=min_texts,
            max_share=max_share, max_tokens=max_tokens, stop_words=stop_words, buckets=buckets, seed=seed,
            length=length, padding=padding.value, truncating=truncating.value, vocabulary=vocabulary,
            compress=compress, text_column=text_column, encoding=encoding, threads=threads, force=force,
        )
    )  # fmt: skip


@app.command("info")
def info_command(
    model: Annotated[Path, typer.Argument(help="A file that malmoi train wrote.")],
    verify: Annotated[bool, typer.Option("--verify", help="Answer its examples once more, and compare.")] = False,
) -> None:
    """Print what a model holds and how it was trained."""
    from malmoi.cli.inspect import info

    info(model, verify=verify)


@app.command("doctor")
def doctor_command() -> None:
    """Print versions, Keras' backend, devices and cores."""
    from malmoi.cli.inspect import doctor

    doctor()


@app.command("demo")
def demo_command(
    language: Annotated[Language, typer.Option(help="Of the built-in reviews.")] = Language.en,
    folder: Annotated[Path, typer.Option(help="Where model and curves go.")] = Path("demo"),
) -> None:
    """Train on the built-in reviews: prints, draws, saves, answers two new sentences."""
    from malmoi.cli.train import demo

    demo(language.value, folder)


@app.callback()
def callback() -> None:
    """Keep one command per name."""


def run(arguments: Sequence[str]) -> int:
    """Run one command; returns its exit status. The user's mistakes are one line, bugs keep their traceback."""
    try:
        status = app(list(arguments), prog_name="malmoi", standalone_mode=False)
    except typer.Exit as leaving:
        status = leaving.exit_code
    except (Exception, KeyboardInterrupt) as error:
        message = one_line(error)
        if message is None:
            raise
        complain(message)
        return USERS_MISTAKE
    if status == INTERRUPTED:
        complain(one_line(KeyboardInterrupt()) or "")
        return USERS_MISTAKE
    return status if isinstance(status, int) else DONE
