"""The morphological analyser kiwipiepy: one instance per process, created on first use."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from importlib import metadata
from importlib.util import find_spec
from typing import Any

from malmoi.errors import MissingExtraError
from malmoi.foundation.threads import thread_count

__all__ = ["analysed", "installed_versions", "kiwi_is_installed", "remembered", "remembered_tokens"]

MODEL = "cong"
"""Kiwi's default language model, given explicitly so that a later default does not replace it."""
TEXTS_TOGETHER = 2_000

_LOCK = threading.RLock()
_ANALYSERS: dict[tuple[int, int], Any] = {}
"""Analysers by process and number of threads. A forked process has none of the parent's threads, so it creates its own
analyser; it also keeps the parent's, whose deletion would wait for those threads."""


_REMEMBERED: ContextVar[dict[Any, dict[str, str]] | None] = ContextVar("remembered tokens", default=None)


@contextmanager
def remembered_tokens() -> Iterator[None]:
    """Cache the tokens of texts within a `with` block, so that each text is analysed only once."""
    token = _REMEMBERED.set({})
    try:
        yield
    finally:
        _REMEMBERED.reset(token)


def remembered(key: object) -> dict[str, str] | None:
    """Return the token cache for a tokenizer, to read and to fill; `None` outside of `remembered_tokens`."""
    cache = _REMEMBERED.get()
    return None if cache is None else cache.setdefault(key, {})


def kiwi_is_installed() -> bool:
    """Return whether kiwipiepy can be imported, without importing it."""
    return find_spec("kiwipiepy") is not None


@cache
def installed_versions() -> str:
    """Return the installed versions of kiwipiepy and of its model.

    Raises:
        MissingExtraError: kiwipiepy is not installed.
    """
    try:
        return ", ".join(f"{name} {metadata.version(name)}" for name in ("kiwipiepy", "kiwipiepy_model"))
    except metadata.PackageNotFoundError as error:
        raise _missing("") from error


def analysed(texts: list[str], *, join: bool, versions: str) -> Iterator[Iterable[Any]]:
    """Iterate over the morphemes of every text; the result does not depend on the number of threads.

    Args:
        texts: texts in NFC, without NUL.
        join: whether suffixes that form verbs, adjectives and adverbs stay with their roots.
        versions: versions that a model was trained with, for the error if kiwipiepy is missing.

    Raises:
        MissingExtraError: kiwipiepy is not installed.
    """
    with _LOCK:
        kiwi, options = _analyser(versions), _options(join)
    return _batches(kiwi, texts, options)


def _batches(kiwi: Any, texts: list[str], options: dict[str, Any]) -> Iterator[Iterable[Any]]:
    for start in range(0, len(texts), TEXTS_TOGETHER):
        batch = texts[start : start + TEXTS_TOGETHER]
        with _LOCK:
            found = list(kiwi.tokenize(batch, **options)) if len(batch) > 1 else [kiwi.tokenize(batch[0], **options)]
        yield from found


def _options(join: bool) -> dict[str, Any]:
    from kiwipiepy import Match

    match = Match.ALL
    if join:
        match |= Match.JOIN_VERB_SUFFIX | Match.JOIN_ADJ_SUFFIX | Match.JOIN_ADV_SUFFIX
    return {"match_options": match, "compatible_jamo": True}


def _analyser(versions: str) -> Any:
    threads = thread_count()
    if (os.getpid(), threads) not in _ANALYSERS:
        try:
            from kiwipiepy import Kiwi
        except ModuleNotFoundError as error:
            raise _missing(versions) from error
        # The multi-word dictionary (mostly titles of works) would double the time and memory of the start.
        analyser = Kiwi(num_workers=threads, model_type=MODEL, load_multi_dict=False)
        _ANALYSERS[os.getpid(), threads] = analyser
    return _ANALYSERS[os.getpid(), threads]


def _missing(versions: str) -> MissingExtraError:
    if not versions:
        return MissingExtraError("Morphemes needs kiwipiepy; pip install 'malmoi[korean]'")
    exact = " ".join(f"'{one.replace(' ', '==')}'" for one in versions.split(", "))
    rule = f"Morphemes needs kiwipiepy, and this model was trained with {versions}"
    return MissingExtraError(f"{rule}; pip install 'malmoi[korean]' {exact}")
