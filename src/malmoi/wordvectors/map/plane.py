"""Projection of word vectors to two dimensions, with nearest neighbours in the original space."""

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
    """A two-dimensional map of words that can be drawn; `word_map` creates one.

    Args:
        words: the words, in the order in which labels are placed.
        positions: float64 (words, 2), from -1 to 1.
        nearest: for each word its nearest neighbours among all words of the file, with their cosines.
        method: projection method, "tsne" or "pca".
        missing: requested words without a vector.
        title: title of the map.

    Example:
        >>> from malmoi import WordVectors
        >>> vectors = WordVectors.from_arrays(["good", "great", "bad"], [[1.0, 0.2], [1.0, 0.1], [-1.0, 0.3]])
        >>> found = word_map(vectors, ["good", "great", "bad", "film"], method="pca")
        >>> found.words, found.missing, found.nearest[0][0][0]
        (('good', 'great', 'bad'), ('film',), 'great')
    """

    def save(self, path: str | os.PathLike[str], *, overwrite: bool = False) -> Path:
        """Save the map as a `.png` picture, or as a self-contained `.html` page with search and zoom.

        Args:
            path: the new file; its suffix decides the format.
            overwrite: whether to replace an existing file.

        Returns:
            The path.

        Raises:
            FileExistsError: the file exists.
            MissingExtraError: the path ends in .png, and matplotlib is not installed.
            ValueError: the path has another suffix.

        Example:
            >>> from tempfile import TemporaryDirectory
            >>> from malmoi import WordVectors
            >>> vectors = WordVectors.from_arrays(["good", "bad"], [[1.0, 0.2], [-1.0, 0.3]])
            >>> with TemporaryDirectory() as folder:
            ...     word_map(vectors, method="pca").save(f"{folder}/map.html").name
            'map.html'
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
    """Project word vectors to two dimensions; the map also holds the nearest neighbours in the original space.

    Distances between clusters have little meaning.

    Args:
        vectors: opened or trained word vectors.
        words: words to show; `None`: the first `n` words, which are the most frequent ones in most files.
        n: number of words, from 2 to 5,000.
        method: projection method, "tsne" (preserves neighbourhoods) or "pca" (preserves the directions of the largest
            variance); fewer than 5 words are always projected with "pca".
        seed: random seed of t-SNE; 0 or more.

    Returns:
        The map: positions float64 (words, 2) from -1 to 1, and the 10 nearest neighbours of each word; `save` draws it.

    Raises:
        DataError: fewer than 2 of the words have a vector.
        TypeError: a word is not a str.
        ValueError: a setting is out of range.

    Source:
        van der Maaten and Hinton 2008, "Visualizing data using t-SNE", as implemented in scikit-learn.

    Example:
        >>> from malmoi import WordVectors
        >>> vectors = WordVectors.from_arrays(["good", "great", "bad"], [[1.0, 0.2], [1.0, 0.1], [-1.0, 0.3]])
        >>> found = word_map(vectors, n=3, method="pca")
        >>> found.positions.shape, found.positions[:, 0].round(1)
        ((3, 2), array([-1., -1.,  1.]))
    """
    check_choice("method", method, METHODS)
    check_number("n", n, 2, MOST_WORDS)
    check_number("seed", seed, 0)
    if words is None:
        wanted = [vectors.table.word(row) for row in range(min(n, len(vectors)))]
        chosen = [word.decode(vectors.encoding, errors="backslashreplace") for word in wanted]
    else:
        chosen = _distinct(words)
    found = [word for word in chosen if word in vectors]
    rows = np.array([vectors.vector(word) for word in found], dtype=np.float64).reshape(len(found), vectors.dimension)
    lengths = np.linalg.norm(rows, axis=1)
    found = [word for word, length in zip(found, lengths, strict=True) if length > 0]
    if len(found) < 2:
        raise DataError(f"a map needs 2 words with a vector, got {len(found)} of {len(chosen)}")
    positions, used = plane_of(rows[lengths > 0] / lengths[lengths > 0, None], method, seed)
    nearest = tuple(tuple(vectors.nearest(word, NEAREST)) for word in found)
    shown = set(found)
    missing = tuple(word for word in chosen if word not in shown)
    return WordMap(tuple(found), positions, nearest, used, missing, vectors.path.name)


def _distinct(words: Sequence[str]) -> list[str]:
    if isinstance(words, str):
        raise TypeError(f"words must be a list of str, got one str: {shorten(words)}")
    for word in words:
        if not isinstance(word, str):
            raise TypeError(f"words must all be str, got {shorten(word)}")
    if len(words) > MOST_WORDS:
        raise ValueError(f"words must be at most {MOST_WORDS}, got {len(words)}")
    return list(dict.fromkeys(words))


def plane_of(units: npt.NDArray[np.float64], method: str, seed: int) -> tuple[npt.NDArray[np.float64], str]:
    """Return positions float64 (words, 2) from -1 to 1, and the method used: "pca" if words are too few for t-SNE.

    Args:
        units: float64 (words, dimension), vectors of length 1; 2 words or more.
        method: "tsne" or "pca".
        seed: random seed of t-SNE.
    """
    centred = units - units.mean(axis=0)
    left, sizes, _ = np.linalg.svd(centred, full_matrices=False)
    plane = np.zeros((len(units), 2))
    kept = min(2, len(sizes))
    plane[:, :kept] = left[:, :kept] * sizes[:kept]
    # The sign of a component is arbitrary; the value with the largest magnitude is made positive.
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
