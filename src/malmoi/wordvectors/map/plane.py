"""Where words stand on the plane, and what is near them in truth."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from malmoi.errors import DataError
from malmoi.foundation.validation import check_choice, check_number, shorten
from malmoi.wordvectors.map.points import WordPoints
from malmoi.wordvectors.vectors import WordVectors

__all__ = ["WordMap", "plane_of", "word_map"]

METHODS = ("tsne", "pca")
MOST_WORDS = 5_000
NEAREST = 10
PERPLEXITY = 30
FEWEST_FOR_TSNE = 5


class WordMap(WordPoints):
    """Words and where they stand, which can be drawn."""

    def save(self, path: str | os.PathLike[str], *, overwrite: bool = False) -> Path:
        """Draw the map: a `.png`, or an `.html` page of its own in which one can search and move.

        Raises:
            FileExistsError: the file is there already.
            MissingExtraError: a picture is asked for, and matplotlib is not installed.
            ValueError: the path ends in something else.
        """
        path = Path(path)
        if path.suffix.lower() == ".html":
            from malmoi.wordvectors.map.page import write_page

            return write_page(self, path, overwrite=overwrite)
        if path.suffix.lower() == ".png":
            from malmoi.wordvectors.map.picture import draw_map

            return draw_map(self, path, overwrite=overwrite)
        raise ValueError(f"path must end in .png or .html, got {shorten(path.name)}")


def word_map(
    vectors: WordVectors, words: Sequence[str] | None = None, *, n: int = 500, method: str = "tsne", seed: int = 0
) -> WordMap:
    """Lay words out on a plane. Distances between groups mean little there; what is near a word is told beside it.

    Args:
        vectors: of a file, or trained.
        words: those to show; `None`: the first `n` of the vectors, which most files begin with the most frequent of.
        n: how many, from 2 to 5,000.
        method: "tsne" keeps neighbours together; "pca" keeps the directions in which words differ most.
        seed: of "tsne".

    Raises:
        DataError: fewer than 2 of the words have a vector.
        TypeError: a word is no str.
        ValueError: a setting is out of its range.

    Source:
        van der Maaten and Hinton 2008 for t-SNE, in scikit-learn's form.
    """
    check_choice("method", method, METHODS)
    check_number("n", n, 2, MOST_WORDS)
    check_number("seed", seed, 0)
    if words is None:
        wanted = [vectors.table.word(row) for row in range(min(n, len(vectors)))]
        chosen = [word.decode(vectors.encoding, errors="backslashreplace") for word in wanted]
    else:
        chosen = _distinct(words)
    known = [word for word in chosen if word in vectors]
    rows = np.array([vectors.vector(word) for word in known], dtype=np.float64).reshape(len(known), vectors.dimension)
    lengths = np.linalg.norm(rows, axis=1)
    known = [word for word, length in zip(known, lengths, strict=True) if length > 0]
    if len(known) < 2:
        raise DataError(f"a map needs 2 words with a vector, got {len(known)} of {len(chosen)}")
    positions, used = plane_of(rows[lengths > 0] / lengths[lengths > 0, None], method, seed)
    nearest = tuple(tuple(vectors.nearest(word, NEAREST)) for word in known)
    shown = set(known)
    missing = tuple(word for word in chosen if word not in shown)
    return WordMap(tuple(known), positions, nearest, used, missing, vectors.path.name)


def _distinct(words: Sequence[str]) -> list[str]:
    if isinstance(words, str):
        raise TypeError(f"words must be a list of str, got one str: {shorten(words)}")
    for word in words:
        if not isinstance(word, str):
            raise TypeError(f"words must all be str, got {shorten(word)}")
    if len(words) > MOST_WORDS:
        raise ValueError(f"words must be {MOST_WORDS} at most, got {len(words)}")
    return list(dict.fromkeys(words))


def plane_of(units: npt.NDArray[np.float64], method: str, seed: int) -> tuple[npt.NDArray[np.float64], str]:
    """Return positions float64 (words, 2) from -1 to 1, and the method: "pca" where there are too few words for "tsne".

    Args:
        units: float64 (words, dimension), vectors of length 1; 2 words or more.
        method: "tsne" or "pca".
        seed: of "tsne".
    """
    centred = units - units.mean(axis=0)
    left, sizes, _ = np.linalg.svd(centred, full_matrices=False)
    plane = np.zeros((len(units), 2))
    kept = min(2, len(sizes))
    plane[:, :kept] = left[:, :kept] * sizes[:kept]
    # The sign of a component is nobody's choice; so the largest number is made positive.
    for column in range(kept):
        plane[:, column] *= 1 if plane[np.abs(plane[:, column]).argmax(), column] >= 0 else -1
    if method == "tsne" and len(units) >= FEWEST_FOR_TSNE and sizes[0] > 0:
        from sklearn.manifold import TSNE

        spread = plane[:, 0].std() or 1.0
        perplexity = min(PERPLEXITY, (len(units) - 1) / 3)
        tsne = TSNE(perplexity=perplexity, init=plane / spread * 1e-4, random_state=seed, metric="cosine")
        plane = tsne.fit_transform(units).astype(np.float64)
    else:
        method = "pca"
    middle = (plane.max(axis=0) + plane.min(axis=0)) / 2
    widest = np.abs(plane - middle).max() or 1.0
    return (plane - middle) / widest, method
