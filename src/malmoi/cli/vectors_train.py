"""`malmoi vectors train`: train GloVe on texts."""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from malmoi.cli.console import ProgressBars, messages
from malmoi.cli.option_values import call_with
from malmoi.cli.options import options_for, with_options
from malmoi.cli.output_options import ForceOption
from malmoi.cli.reading import UNLABELLED, checked_reading, refuse_same_files
from malmoi.cli.tokens import named_tokens
from malmoi.cli.usage import UsageError, refused_options
from malmoi.data.readers import text_batches
from malmoi.experiments.settings import settings_of
from malmoi.foundation.files import refuse_existing
from malmoi.tokenizers import Pattern
from malmoi.wordvectors import WordVectors
from malmoi.wordvectors.formats.writing import DTYPES

__all__ = ["GLOVE", "train_command"]

GLOVE = options_for(
    {path: setting for path, setting in settings_of(WordVectors.train).items() if path != "tokens"}, "GloVe"
)
WRITING = options_for({"dtype": settings_of(WordVectors.convert)["dtype"]})


def _train(
    glove: dict[str, object],
    writing: dict[str, object],
    reading: dict[str, object],
    texts: Annotated[list[str], typer.Argument(help="Texts, as for train; labels are not needed.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="File to write.")],
    tokens: Annotated[
        str, typer.Option(help="Tokenizer: auto (by script), words, characters, syllables, keras...")
    ] = "auto",
    pattern: Annotated[str | None, typer.Option(help="Regular expression for tokens, instead of --tokens.")] = None,
    left: Annotated[bool, typer.Option("--left", hidden=True)] = False,
    force: ForceOption = False,
) -> None:
    """Train word vectors on texts (GloVe)."""
    start = time.perf_counter()
    if pattern is not None and tokens != "auto":
        raise UsageError("--tokens and --pattern must not be given together")
    if left:  # deprecated name of --no-symmetric
        glove = {**glove, "symmetric": False}
    dtype = writing.get("dtype", WRITING["dtype"].setting.default)
    if dtype not in DTYPES:
        raise UsageError(f"--dtype must be one of {', '.join(DTYPES)}, got {dtype!r}")
    refuse_same_files("--output", output, texts, what="TEXTS")
    refuse_existing(output, overwrite=force)
    with refused_options():
        chosen = named_tokens(tokens) if pattern is None else Pattern(pattern)
    opened_reading = checked_reading(reading, labelled=False, overwrite=force, others=[*texts, output])
    with opened_reading as (settings, report), ProgressBars() as progress, refused_options():
        batches = text_batches(texts, settings, report=report, progress=progress)
        train = partial(WordVectors.train, batches, tokens=chosen, progress=progress, on_epoch=_print_epoch)
        vectors = call_with(train, glove)
        call_with(partial(vectors.convert, output, overwrite=force), writing)
    training = vectors.training
    if training is not None:
        what = f"{len(vectors):,} words of {training.running_tokens:,} tokens, {training.pairs:,} pairs"
        how = f"tokens: {training.choice}; {time.perf_counter() - start:.1f} s"
        messages.print(f"{output}: {what}; {how}")


train_command = with_options(_train, GLOVE, WRITING, UNLABELLED)


def _print_epoch(epoch: int, cost: float) -> None:
    messages.print(f"epoch {epoch:3}  loss {cost:.5f}")
