"""Representations learned from unlabelled texts, or made from word vectors of a file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from malmoi import _core
from malmoi.foundation.progress import Progress
from malmoi.foundation.threads import thread_count
from malmoi.models.few_labels.representations import NgramTable
from malmoi.models.few_labels.settings import FewLabelSettings
from malmoi.models.linear.features import BagFeatures, chosen_features
from malmoi.models.linear.matrix import MOST_TEXTS, counted_ngrams, prepared_batches
from malmoi.models.linear.parts import Floats
from malmoi.tokenizers import Characters, Hangul, Tokenizer, Words
from malmoi.tokenizers.scripts import script_shares
from malmoi.wordvectors import WordVectors

__all__ = ["TextRows", "components_table", "documents_table", "sif_table", "text_rows"]

MOST_NGRAMS = 200_000
LEAST_TEXTS = ((50_000, 10), (10_000, 5), (2_000, 3), (0, 2))
"""Pairs of a number of texts and the minimum document frequency of an n-gram from that number on."""
MOST_SHARE, MOST_SHARE_OF_CHARACTERS = 0.3, 0.02
"""Maximum document frequency of an n-gram with a vector, as a share: more frequent ones do not distinguish texts."""
PAIRS_IN_ALL, MOST_EPOCHS = 150_000_000, 60
"""Pairs of a text and an n-gram in training, counted once per epoch."""
NEGATIVES, LEARNING_RATE, SHARPNESS = 2, 0.3, 6.0
LEAST_RANK, MOST_RANK, PASSES = 8, 256, 3


@dataclass(frozen=True, eq=False)
class TextRows:
    """Texts as a sparse matrix of n-gram counts.

    Args:
        features: tokenizers and n-gram ranges.
        columns: map from n-grams to columns, in the core.
        counts: uint32 (columns,), document frequencies.
        rows: the matrix, in the core.
        texts: number of texts.
        threads: number of threads.
    """

    features: BagFeatures
    columns: _core.BagColumns
    counts: npt.NDArray[np.uint32]
    rows: _core.BagRows
    texts: int
    threads: int


def text_rows(settings: FewLabelSettings, texts: list[str], progress: Progress) -> TextRows:
    """Choose n-grams that suit the script of the texts, unless they are set, and return the matrix of the texts."""
    threads = thread_count(settings.n_jobs)
    features = _features(settings, texts)
    cut = prepared_batches(features, texts, progress)
    counter = counted_ngrams(features, cut, threads, progress)
    least = next(least for many, least in LEAST_TEXTS if len(texts) >= many)
    columns, counts = counter.columns(least_texts=least, most_texts=MOST_TEXTS, most=MOST_NGRAMS, threads=threads)
    rows = _core.BagRows.joined([columns.rows(features.core, one, local="binary", threads=threads) for one in cut])
    return TextRows(features, columns, counts, rows, len(texts), threads)


def _features(settings: FewLabelSettings, texts: list[str]) -> BagFeatures:
    if settings.tokens != "auto":
        return chosen_features(settings.tokens, settings.ngrams, texts, 1)
    script, share = script_shares(texts, thread_count(settings.n_jobs))
    if script is None:
        kind: Tokenizer = Words()
        lengths, choice = (1, 2), "the script separates words by spaces"
    else:
        kind, lengths, choice = Characters(), (1, 4), f"{share:.0%} of the letters are {script}"
    return chosen_features(kind, lengths if settings.ngrams == "auto" else settings.ngrams, texts, 1).because(choice)


def documents_table(found: TextRows, settings: FewLabelSettings, progress: Progress) -> NgramTable:
    """Train document vectors, and return the vectors of the n-grams."""
    by_characters = all(isinstance(one, Characters | Hangul) for one in found.features.tokens)
    share = MOST_SHARE_OF_CHARACTERS if by_characters else MOST_SHARE
    wanted = found.counts <= max(share * found.texts, 1)
    pairs = max(int(found.counts[wanted].sum(dtype=np.int64)), 1)
    epochs = settings.epochs if settings.epochs != "auto" else int(np.clip(round(PAIRS_IN_ALL / pairs), 1, MOST_EPOCHS))
    table = _core.document_vectors(
        found.rows,
        lambda done, total: progress("document vectors", done, total),
        wanted=wanted.astype(np.uint8),
        dimension=settings.dimension,
        epochs=epochs,
        negatives=NEGATIVES,
        learning_rate=LEARNING_RATE,
        sharpness=SHARPNESS,
        seed=settings.seed,
        threads=found.threads,
    )
    return NgramTable(found.features, found.columns, half_precision(table), None, "binary")


def components_table(found: TextRows, labels: int, settings: FewLabelSettings, progress: Progress) -> NgramTable:
    """Compute the principal components of tf-idf features; their number increases with the number of labels."""
    factors = (np.log((1 + found.texts) / (1 + found.counts)) + 1).astype(np.float32)
    most = max(min(MOST_RANK, len(found.counts), found.texts), 1)
    table, _ = _core.row_components(
        found.rows,
        lambda done, total: progress("principal components", done, total),
        columns=len(found.counts),
        rank=int(np.clip(labels // 2, min(LEAST_RANK, most), most)),
        passes=PASSES,
        factors=factors,
        seed=settings.seed,
        threads=found.threads,
    )
    return NgramTable(found.features, found.columns, half_precision(table), factors, "binary")


def sif_table(vectors: WordVectors, texts: list[str], settings: FewLabelSettings, progress: Progress) -> NgramTable:
    """Return word vectors weighted by smooth inverse frequency, without their common components."""
    from malmoi.wordvectors.embedder import TextEmbedder

    embedder = TextEmbedder(vectors, "sif", n_jobs=settings.n_jobs).fit(texts, progress=progress)
    words, rows = embedder.weighted_rows()
    common = embedder.components_
    rows = np.asarray(rows - (rows @ common.T) @ common, dtype=np.float32)
    features = BagFeatures((embedder.tokens_,), ((1, 1),), "the tokens of the word vectors")
    columns, places = _columns_of_words(features, words, thread_count(settings.n_jobs))
    return NgramTable(features, columns, half_precision(rows[places]), None, "count")


def _columns_of_words(
    features: BagFeatures, words: Sequence[str], threads: int
) -> tuple[_core.BagColumns, npt.NDArray[np.int64]]:
    """Return columns of tokens, and int64 (columns,) the index of each among the words."""
    counter = _core.BagCounter()
    counter.add(features.core, list(words), threads=threads)
    columns, _ = counter.columns(least_texts=1, most_texts=MOST_TEXTS, most=None, threads=threads)
    rows = columns.rows(features.core, list(words), local="binary", threads=threads)
    return columns, rows.first_rows(np.arange(len(columns), dtype=np.uint32))


def half_precision(table: Floats) -> Floats:
    """Round values to half precision, so that a saved model gives the same predictions."""
    return table.astype(np.float16).astype(np.float32)
