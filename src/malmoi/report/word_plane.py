"""The word map: words with the strongest class evidence, in two dimensions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from malmoi.data.coded_labels import CodedLabels
from malmoi.data.corpus import Corpus
from malmoi.evaluation.function_words import FUNCTION_WORDS
from malmoi.evaluation.text_facts import even_places
from malmoi.foundation.library_changes import one_blas_thread
from malmoi.metrics.class_words import class_word_scores
from malmoi.models.base import FittedModel
from malmoi.models.neural.text_model import TextNetworkModel
from malmoi.report.facts import MapWord, Unavailable, WordPlane
from malmoi.report.oov import word_counts
from malmoi.report.sources import Sources, label_name
from malmoi.tokenizers import Eojeol, Hangul, Tokenizer, Vocabulary, Words
from malmoi.tokenizers.scripts import chosen_tokens
from malmoi.vectorizers.sparse import Csr
from malmoi.wordvectors.map.plane import plane_of

__all__ = ["word_plane"]

MOST_TEXTS = 20_000
WORDS = 150
FEWEST_TEXTS = 3
MOST_FREQUENT = 2_000
"""Number of words whose occurrences are used for the word vectors."""
DIMENSION = 50
LEAST_KNOWN = 2 / 3
"""Minimum share of words in the model's vocabulary for the use of its embedding."""
CLEAR = 2.0
"""Minimum score of class evidence, in standard deviations."""
LONGEST_WORD = 40
EMBEDDING = "embedding/embeddings"

Vectors = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class CountedWords:
    """Candidate words of the map with their counts.

    Args:
        words: the words, (words,).
        rows: CSR (samples, words), counts of words in texts.
        texts: int64 (words,), number of texts with each word.
    """

    words: list[str]
    rows: Csr
    texts: npt.NDArray[np.int64]


def word_plane(sources: Sources) -> WordPlane | Unavailable:
    """Return about 150 words in two dimensions: those with the strongest evidence for each class.

    The words are from the training data or, without it, the test data, limited to 20,000 texts; function words,
    numbers and words in fewer than 3 texts are left out. Their vectors are from the model's embedding if it has most of
    the words, else from a truncated singular value decomposition of the word–text matrix (log-scaled counts, tf-idf).
    """
    learned = sources.learned
    corpus = learned.take(even_places(len(learned), MOST_TEXTS)) if len(learned) > MOST_TEXTS else learned
    sources.progress("map of words", 0, 1)
    counted = _counted(corpus)
    chosen = _chosen(counted, corpus)
    with one_blas_thread():  # makes positions independent of the number of threads
        vectors, source = _embedded(sources.model, [counted.words[word] for word in chosen]), "embedding"
        if vectors is None:
            vectors, source = _decomposed(counted, list(chosen)), "texts"
        lengths = np.linalg.norm(vectors, axis=1)
        kept = np.flatnonzero(lengths > 0)
        if len(kept) < 2:
            return Unavailable("no-words", {"words": len(kept)})
        places = (1 + plane_of(vectors[kept] / lengths[kept, None], "tsne", sources.seed)[0]) / 2
    every = list(chosen.items())
    shown = [(*every[word], x, y) for word, (x, y) in zip(kept.tolist(), places.round(4).tolist(), strict=True)]
    sources.progress("map of words", 1, 1)
    words = [MapWord(counted.words[word], x, y, label, int(counted.texts[word])) for word, label, x, y in shown]
    return WordPlane(tuple(words), source)


def _counted(corpus: Corpus) -> CountedWords:
    """Return the candidate words with their counts."""
    words, rows = word_counts(_tokenizer(corpus.texts), corpus.texts)
    texts = np.bincount(rows.indices, minlength=len(words)).astype(np.int64)
    kept = [place for place, word in enumerate(words) if texts[place] >= FEWEST_TEXTS and _is_telling(word)]
    return CountedWords([words[place] for place in kept], rows[:, kept], texts[kept])


def _tokenizer(texts: list[str]) -> Tokenizer:
    """Return a word tokenizer without markup; for Korean, words between spaces without particles."""
    tokens, _ = chosen_tokens("auto", texts, bag=False)
    if isinstance(tokens, Hangul):
        return Eojeol(keep_particles=False, drop_html=True)
    return Words(drop_html=True) if isinstance(tokens, Words) else tokens


def _is_telling(word: str) -> bool:
    """Return whether a word has a letter, and is not a function word or a single alphabetic letter."""
    if len(word) > LONGEST_WORD or word in FUNCTION_WORDS or (len(word) == 1 and ord(word) < ord("⺀")):
        return False
    return any(character.isalpha() for character in word)


def _chosen(counted: CountedWords, corpus: Corpus) -> dict[int, str]:
    """Return the words with the strongest evidence, round-robin over classes, with their class ("" if unclear)."""
    labels, scores = _scores(counted, corpus)
    if not scores.size:
        return {}
    best, order = scores.argmax(axis=0), np.argsort(-scores, axis=1, kind="stable")
    strongest_first = np.argsort(-scores.max(axis=1), kind="stable").tolist()
    queues = [
        (labels[row], [word for word in order[row].tolist() if best[word] == row and scores[row, word] > 0])
        for row in strongest_first
    ]
    chosen: dict[int, str] = {}
    for turn in range(max(len(queue) for _, queue in queues)):
        for label, queue in queues:
            if len(chosen) < WORDS and turn < len(queue):
                word = queue[turn]
                chosen[word] = label if scores[:, word].max() >= CLEAR else ""
    return chosen


def _scores(counted: CountedWords, corpus: Corpus) -> tuple[list[str], Vectors]:
    """Return class names, and scores of class evidence, float64 (classes, words)."""
    from scipy.sparse import csr_matrix

    labels = corpus.required_codes
    owners = np.arange(len(labels)) if isinstance(labels, CodedLabels) else labels.owners
    ones = np.ones(len(owners), dtype=np.float64)
    members = csr_matrix((ones, (labels.codes, owners)), shape=(len(labels.classes), len(labels)))
    held = counted.rows.copy()
    held.data = np.ones(len(held.data), dtype=np.float64)
    counts = np.asarray((members @ held).todense(), dtype=np.float64)
    return list(map(label_name, labels.classes.tolist())), class_word_scores(counts, labels.counts.astype(np.float64))


def _embedded(model: FittedModel, words: list[str]) -> Vectors | None:
    """Return the model's word vectors, zeros for OOV words; `None` if most words are OOV."""
    if not isinstance(model, TextNetworkModel):
        return None
    vocabulary = getattr(model.vectorizer, "vocabulary_", None)
    matrix = model.network.weights.get(EMBEDDING)
    if not isinstance(vocabulary, Vocabulary) or matrix is None or not words:
        return None
    known = set(vocabulary.words)
    if sum(word in known for word in words) < LEAST_KNOWN * len(words):
        return None
    rows = np.zeros((len(words), matrix.shape[1]))
    for place, word in enumerate(words):
        if word in known:
            rows[place] = matrix[vocabulary.id_of(word)]
    return rows


def _decomposed(counted: CountedWords, chosen: list[int]) -> Vectors:
    """Return word vectors from a truncated singular value decomposition of the word–text matrix."""
    frequent = np.argsort(-counted.texts, kind="stable")[:MOST_FREQUENT]
    columns = np.array([*chosen, *(word for word in frequent.tolist() if word not in set(chosen))], dtype=np.int64)
    rows = counted.rows[:, columns].astype(np.float64)
    if min(rows.shape) < 1 or not chosen:
        return np.zeros((len(chosen), 1))
    samples = rows.shape[0]
    rows.data = 1 + np.log(rows.data)
    weighed = rows.multiply(np.log((1 + samples) / (1 + counted.texts[columns])) + 1).tocsc()
    rank = min(DIMENSION, min(weighed.shape) - 1)
    if rank < 1 or min(weighed.shape) <= 2 * DIMENSION:
        _, sizes, right = np.linalg.svd(weighed.toarray(), full_matrices=False)
    else:
        from scipy.sparse.linalg import svds

        _, sizes, right = svds(weighed, k=rank, v0=np.ones(min(weighed.shape)))
    vectors: Vectors = (right * sizes[:, None]).T[: len(chosen)]
    return vectors
