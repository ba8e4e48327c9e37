"""The morphological analyser kiwipiepy: one a process, made when it is first needed."""

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
"""Kiwi's default language model, named so that no later default takes its place."""
TEXTS_TOGETHER = 2_000

_LOCK = threading.RLock()
_ANALYSERS: dict[tuple[int, int], Any] = {}
"""By process and number of threads. A child of `fork` has none of the parent's threads, so it makes its own; it keeps
the parent's, which would wait for those threads if it was deleted."""


_REMEMBERED: ContextVar[dict[Any, dict[str, str]] | None] = ContextVar("remembered tokens", default=None)


@contextmanager
def remembered_tokens() -> Iterator[None]:
    """Around work that cuts the same texts several times: texts that were cut once are not analysed again."""
    token = _REMEMBERED.set({})
    try:
        yield
    finally:
        _REMEMBERED.reset(token)


def remembered(key: object) -> dict[str, str] | None:
    """Return the remembered tokens of texts for one way of cutting, to look up and to fill; `None`: none are kept."""
    known = _REMEMBERED.get()
    return None if known is None else known.setdefault(key, {})


def kiwi_is_installed() -> bool:
    """Whether kiwipiepy can be imported, without importing it."""
    return find_spec("kiwipiepy") is not None


@cache
def installed_versions() -> str:
    """Return the versions of kiwipiepy and of its model that are installed.

    Raises:
        MissingExtraError: kiwipiepy is not installed.
    """
    try:
        return ", ".join(f"{name} {metadata.version(name)}" for name in ("kiwipiepy", "kiwipiepy_model"))
    except metadata.PackageNotFoundError as error:
        raise _missing("") from error


def analysed(texts: list[str], *, join: bool, versions: str) -> Iterator[Iterable[Any]]:
    """Iterate over the morphemes of every text; the same at any number of threads.

    Args:
        texts: composed, without NUL.
        join: whether suffixes that make verbs, adjectives and adverbs stay with their roots.
        versions: those that a model was trained with; named where kiwipiepy is missing.

    Raises:
        MissingExtraError: kiwipiepy is not installed.
    """
    with _LOCK:
        kiwi, options = _analyser(versions), _options(join)
    return _batches(kiwi, texts, options)


def _batches(kiwi: Any, texts: list[str], options: dict[str, Any]) -> Iterator[Iterable[Any]]:
    for start in range(0, len(texts), TEXTS_TOGETHER):
        some = texts[start : start + TEXTS_TOGETHER]
        with _LOCK:
            found = list(kiwi.tokenize(some, **options)) if len(some) > 1 else [kiwi.tokenize(some[0], **options)]
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
        # Its dictionary of several words (names of works, mostly) doubles time and memory of the start.
        made = Kiwi(num_workers=threads, model_type=MODEL, load_multi_dict=False)
        _ANALYSERS[os.getpid(), threads] = made
    return _ANALYSERS[os.getpid(), threads]


def _missing(versions: str) -> MissingExtraError:
    if not versions:
        return MissingExtraError("Morphemes needs kiwipiepy; pip install 'malmoi[korean]'")
    exact = " ".join(f"'{one.replace(' ', '==')}'" for one in versions.split(", "))
    rule = f"Morphemes needs kiwipiepy, and this model was trained with {versions}"
    return MissingExtraError(f"{rule}; pip install 'malmoi[korean]' {exact}")
