"""What `malmoi vectors train` does."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from malmoi.cli.console import ProgressBars, UsageError, messages, refused_options
from malmoi.cli.tokenizers import named_tokens
from malmoi.output import refuse_existing
from malmoi.streams import text_batches
from malmoi.tables import checked_encoding
from malmoi.tokens import Pattern
from malmoi.wordvectors import WordVectors
from malmoi.wordvectors.mapped import DTYPES

__all__ = ["TrainRequest", "train"]


@dataclass(frozen=True)
class TrainRequest:
    """What the options ask for; `settings` are those of `WordVectors.train`."""

    texts: Path
    output: Path
    tokens: str
    pattern: str | None
    dtype: str
    text_column: str | None
    encoding: str
    force: bool
    settings: dict[str, Any]


def train(request: TrainRequest) -> None:
    """Train vectors, write them, and say what they were made of."""
    start = time.perf_counter()
    if request.pattern is not None and request.tokens != "auto":
        raise UsageError("--tokens and --pattern must not be given together")
    if request.dtype not in DTYPES:
        raise UsageError(f"--dtype must be one of {', '.join(DTYPES)}, got {request.dtype!r}")
    refuse_existing(request.output, overwrite=request.force)
    with refused_options():
        tokens = named_tokens(request.tokens) if request.pattern is None else Pattern(request.pattern)
        encoding = checked_encoding(request.encoding)
    with ProgressBars() as progress, refused_options():
        batches = text_batches(request.texts, text_column=request.text_column, encoding=encoding, progress=progress)
        vectors = WordVectors.train(
            batches, tokens=tokens, progress=progress, on_epoch=_print_epoch, **request.settings
        )
        vectors.convert(request.output, dtype=request.dtype, overwrite=request.force)
    training = vectors.training
    if training is not None:
        what = f"{len(vectors):,} words of {training.running_tokens:,} tokens, {training.pairs:,} pairs"
        how = f"tokens: {training.tokens!r}; {time.perf_counter() - start:.1f} s"
        messages.print(f"{request.output}: {what}; {how}", markup=False)


def _print_epoch(epoch: int, cost: float) -> None:
    messages.print(f"epoch {epoch:3}  cost {cost:.5f}", markup=False)
