"""Training of word vectors on texts with GloVe."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from malmoi import _core
from malmoi.data.texts import Texts, as_texts
from malmoi.errors import DataError
from malmoi.foundation.files import claimed, followed
from malmoi.foundation.progress import Progress
from malmoi.foundation.threads import thread_count
from malmoi.foundation.validation import check_number, shorten
from malmoi.tokenizers import Tokenizer
from malmoi.tokenizers.batches import batches
from malmoi.tokenizers.scripts import TokensOrAuto, check_tokens, chosen_words
from malmoi.wordvectors.training import EpochCallback, GloveSettings, Training

__all__ = ["Workplace", "train_glove"]

MEGABYTE = 1 << 20
MOST_MEGABYTES = 1 << 40
TEXTS_TOGETHER = 20_000


@dataclass(frozen=True)
class Workplace:
    """Resources of a training, which do not affect its result.

    Args:
        threads: number of threads.
        memory_mb: memory for texts and counts, in megabytes; the rest is stored in temporary files.
        folder: folder of the temporary files; they have no name, so they disappear whenever the training ends.
        checkpoint: checkpoint file; if it exists, the training is resumed from it.
        checkpoint_every: number of epochs between checkpoints.
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
        """Validate the settings.

        Raises:
            FileNotFoundError: a folder does not exist.
            TypeError, ValueError: a setting has the wrong type or is out of range.
        """
        check_number("memory_mb", memory_mb, 1, MOST_MEGABYTES)
        check_number("checkpoint_every", checkpoint_every, 1)
        spills = Path(tempfile.gettempdir() if folder is None else folder)
        kept = None if checkpoint is None else followed(Path(checkpoint))
        for needed in [spills, *([] if kept is None else [kept.parent])]:
            if not needed.is_dir():
                raise FileNotFoundError(f"no such folder: {needed}; create it first")
        if kept is not None and kept.is_dir():
            raise IsADirectoryError(f"checkpoint must be a file, got the folder {kept}")
        return cls(thread_count(n_jobs), memory_mb, spills, kept, checkpoint_every)


def text_batches_of(texts: Iterable[str] | Iterable[Sequence[str]]) -> Iterator[Texts]:
    """Split texts into batches; an iterator may yield texts or batches of texts.

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
    on_epoch: EpochCallback | None,
) -> tuple[list[str], npt.NDArray[np.float32], Training]:
    """Train GloVe vectors; return words (most frequent first), vectors float32 (words, dimension) and training record.

    Raises:
        DataError: no word is frequent enough, no words co-occur, or the checkpoint belongs to other texts.
    """
    check_tokens(tokens)
    tokenizer, choice, core = _counted(texts, tokens, workplace, progress)
    words, counts = core.words(settings.min_count, settings.max_tokens)
    _check_words(core, words, settings.min_count)

    def report(step: str, done: int, total: int, cost: float | None) -> None:
        progress(step, done, total)
        if cost is not None and on_epoch is not None:
            on_epoch(done * settings.epochs // total, cost)

    kept = {"checkpoint": workplace.checkpoint, "checkpoint_every": workplace.checkpoint_every}
    with _claimed(workplace.checkpoint):
        vectors, costs, pairs, spilled = core.train({**asdict(settings), **kept}, report)
    if not pairs:
        raise DataError(f"texts must have two words within a window, got {len(words)} words that never co-occur")
    frequency = np.array(counts, dtype=np.int64)
    return words, vectors, Training(tokenizer, settings, tuple(costs), frequency, core.tokens, pairs, spilled, choice)


@contextmanager
def _claimed(checkpoint: Path | None) -> Iterator[None]:
    """Lock the checkpoint within a `with` block, and remove the partial file of a killed process."""
    with nullcontext() if checkpoint is None else claimed(checkpoint):
        if checkpoint is not None:
            checkpoint.with_name(f".{checkpoint.name}.partial").unlink(missing_ok=True)
        yield


def _counted(
    texts: Iterable[str] | Iterable[Sequence[str]], tokens: TokensOrAuto, workplace: Workplace, progress: Progress
) -> tuple[Tokenizer, str, _core.GloveTexts]:
    """Count the tokens of all texts; a tokenizer "auto" is chosen by the first batch."""
    done, core = 0, None
    total = len(texts) if isinstance(texts, Sequence) else 0
    for batch in text_batches_of(texts):
        if core is None:
            tokenizer, choice = chosen_words(tokens, batch)
            core = _core.GloveTexts(
                tokenizer.splitter, workplace.threads, workplace.memory_mb * MEGABYTE, os.fspath(workplace.folder)
            )
        core.add(tokenizer.prepared(batch))
        done += len(batch)
        progress("counting words", done, max(done, total))
    if core is None:
        raise DataError("texts must have 1 text or more, got 0")
    return tokenizer, choice, core


def _check_words(core: _core.GloveTexts, words: list[str], min_count: int) -> None:
    if words:
        return
    most_frequent, counts = core.words(1, 1)
    if not most_frequent:
        raise DataError("texts must contain words, got none")
    most = f"the most frequent word, {shorten(most_frequent[0])}, occurs {counts[0]} times"
    raise DataError(f"no word occurs {min_count} times or more; {most}; lower min_count")
