"""Vectors trained on texts: words that stand near the same words come to point alike."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from malmoi import _core
from malmoi.data.texts import as_texts
from malmoi.errors import DataError
from malmoi.foundation.progress import Progress
from malmoi.foundation.threads import thread_count
from malmoi.foundation.validation import LARGEST_COUNT, check_number, real_number, shorten
from malmoi.tokenizers import Tokenizer
from malmoi.tokenizers.scripts import TokensOrAuto, check_tokens, chosen_tokens
from malmoi.tokenizers.transformer import batches

__all__ = ["GloveSettings", "HeardEpoch", "Training", "Workplace", "train_glove"]

WIDEST_WINDOW = 10_000
LARGEST_DIMENSION = 10_000
MEGABYTE = 1 << 20
MOST_MEGABYTES = 1 << 40
TEXTS_TOGETHER = 20_000

HeardEpoch = Callable[[int, float], None]
"""Hears an epoch's number, from 1, and its mean cost."""


@dataclass(frozen=True)
class GloveSettings:
    """What a training depends on; `WordVectors.train` explains each.

    Raises:
        TypeError: a setting is of the wrong kind.
        ValueError: a setting is out of its range.
    """

    dimension: int = 100
    window: int = 15
    symmetric: bool = True
    min_count: int = 5
    max_tokens: int | None = None
    epochs: int = 15
    x_max: float = 10.0
    alpha: float = 0.75
    learning_rate: float = 0.05
    seed: int = 0

    def __post_init__(self) -> None:
        """Check them."""
        check_number("dimension", self.dimension, 1, LARGEST_DIMENSION)
        check_number("window", self.window, 1, WIDEST_WINDOW)
        check_number("min_count", self.min_count, 1, LARGEST_COUNT)
        check_number("epochs", self.epochs, 1)
        check_number("seed", self.seed, 0, LARGEST_COUNT)
        if self.max_tokens is not None:
            check_number("max_tokens", self.max_tokens, 1)
        if not isinstance(self.symmetric, bool):
            raise TypeError(f"symmetric must be True or False, got {shorten(self.symmetric)}")
        for name, most in {"x_max": 1e15, "alpha": 10.0, "learning_rate": 10.0}.items():
            number = real_number(name, getattr(self, name))
            if not 0 < number <= most:
                raise ValueError(f"{name} must be above 0 and {most:g} at most, got {number:g}")


@dataclass(frozen=True)
class Training:
    """How vectors were trained.

    Args:
        tokens: how texts became tokens; what uses the vectors should cut texts in the same way.
        settings: all that the result depends on, the texts aside.
        costs: mean cost of each epoch, ½ f(x) (difference of product and logarithm)².
        counts: int64 (words,), how often each word stands in the texts.
        running_tokens: tokens of the texts, those without a vector included.
        pairs: pairs of words that stand near each other, both ways.
        spilled_bytes: what did not fit into memory, and was kept in files.
    """

    tokens: Tokenizer
    settings: GloveSettings
    costs: tuple[float, ...]
    counts: npt.NDArray[np.int64] = field(repr=False)
    running_tokens: int
    pairs: int
    spilled_bytes: int


@dataclass(frozen=True)
class Workplace:
    """What the result does not depend on.

    Args:
        threads: how many work.
        memory_mb: what texts and counts may take together; the rest is kept in files of `folder`.
        folder: of those files; they have no name there, and are gone when the training ends, however it ends.
        checkpoint: a file that is written after every `checkpoint_every` epochs, and gone on from where it is there.
    """

    threads: int
    memory_mb: int
    folder: Path
    checkpoint: Path | None
    checkpoint_every: int

    @classmethod
    def of(
        cls,
        n_jobs: int | None,
        memory_mb: int,
        folder: str | os.PathLike[str] | None,
        checkpoint: str | os.PathLike[str] | None,
        checkpoint_every: int,
    ) -> Workplace:
        """Check what the user gave.

        Raises:
            FileNotFoundError: a folder is not there.
            TypeError, ValueError: a setting is of the wrong kind, or out of its range.
        """
        check_number("memory_mb", memory_mb, 1, MOST_MEGABYTES)
        check_number("checkpoint_every", checkpoint_every, 1)
        spills = Path(tempfile.gettempdir() if folder is None else folder)
        kept = None if checkpoint is None else Path(checkpoint)
        for place in [spills, *([] if kept is None else [kept.parent])]:
            if not place.is_dir():
                raise FileNotFoundError(f"no such folder: {place}; make it first")
        if kept is not None and kept.is_dir():
            raise IsADirectoryError(f"checkpoint must be a file, but {kept} is a folder")
        return cls(thread_count(n_jobs), memory_mb, spills, kept, checkpoint_every)


def text_batches_of(texts: Iterable[str] | Iterable[Sequence[str]]) -> Iterator[list[str]]:
    """Cut texts into batches; an iterator's texts or batches are taken as they come.

    Raises:
        TypeError: a text is not a str.
    """
    if not isinstance(texts, Iterator):
        yield from batches(as_texts(texts))
        return
    waiting: list[str] = []
    for item in texts:
        if isinstance(item, str):
            waiting.append(item)
        else:
            yield from batches(as_texts(item))
        if len(waiting) >= TEXTS_TOGETHER:
            yield from batches(as_texts(waiting))
            waiting = []
    yield from batches(as_texts(waiting))


def train_glove(
    texts: Iterable[str] | Iterable[Sequence[str]],
    tokens: TokensOrAuto,
    settings: GloveSettings,
    workplace: Workplace,
    progress: Progress,
    on_epoch: HeardEpoch | None,
) -> tuple[list[str], npt.NDArray[np.float32], Training]:
    """Words, most frequent first; their vectors, float32 (words, dimension); and how they were trained.

    Raises:
        DataError: no word is frequent enough, or none stands near another; or the checkpoint is of other texts.
    """
    check_tokens(tokens)
    tokenizer, core = _counted(texts, tokens, workplace, progress)
    words, counts = core.words(settings.min_count, settings.max_tokens)
    _check_words(core, words, settings.min_count)

    def heard(step: str, done: int, total: int, cost: float | None) -> None:
        progress(step, done, total)
        if cost is not None and on_epoch is not None:
            on_epoch(done * settings.epochs // total, cost)

    kept = {"checkpoint": workplace.checkpoint, "checkpoint_every": workplace.checkpoint_every}
    matrix, costs, pairs, spilled = core.train({**asdict(settings), **kept}, heard)
    if not pairs:
        raise DataError(f"texts must have two words within a window, got {len(words)} words that always stand alone")
    vectors = np.frombuffer(matrix, dtype="<f4").reshape(len(words), settings.dimension)
    frequency = np.array(counts, dtype=np.int64)
    return words, vectors, Training(tokenizer, settings, tuple(costs), frequency, core.tokens, pairs, spilled)


def _counted(
    texts: Iterable[str] | Iterable[Sequence[str]], tokens: TokensOrAuto, workplace: Workplace, progress: Progress
) -> tuple[Tokenizer, _core.GloveTexts]:
    """Count the tokens of all texts, with a tokenizer that suits the first batch."""
    done, core = 0, None
    total = len(texts) if isinstance(texts, Sequence) else 0
    for batch in text_batches_of(texts):
        if core is None:
            tokenizer, _ = chosen_tokens(tokens, batch, bag=False)
            core = _core.GloveTexts(
                tokenizer.splitter, workplace.threads, workplace.memory_mb * MEGABYTE, os.fspath(workplace.folder)
            )
        core.add(tokenizer.prepared(batch))
        done += len(batch)
        progress("counting words", done, max(done, total))
    if core is None:
        raise DataError("texts must hold one text or more, got none")
    return tokenizer, core


def _check_words(core: _core.GloveTexts, words: list[str], min_count: int) -> None:
    if words:
        return
    known, counts = core.words(1, 1)
    if not known:
        raise DataError("texts must hold words, got none")
    most = f"the most frequent one, {shorten(known[0])}, stands there {counts[0]} times"
    raise DataError(f"no word stands in the texts {min_count} times or more; {most}; lower min_count")
