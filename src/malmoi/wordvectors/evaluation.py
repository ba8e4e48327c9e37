"""What word vectors are worth, by tests that people wrote: pairs of words with a score, and analogies."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from malmoi.errors import DataError
from malmoi.foundation.arrays import Matrix
from malmoi.foundation.files import open_regular
from malmoi.foundation.validation import check_number, shorten
from malmoi.tokenizers.vocabulary import FIRST_ID, Vocabulary
from malmoi.wordvectors.vectors import WordVectors

__all__ = ["AnalogyScore", "PairScore", "evaluate_vectors"]

QUESTIONS_TOGETHER = 1024
AMONG = 30_000


@dataclass(frozen=True)
class PairScore:
    """How well cosines of pairs follow the scores that people gave them.

    Args:
        spearman: rank correlation of both, from -1 to 1; `nan` where one of them never changes.
        found: pairs whose words have a vector; only these count.
        pairs: all pairs.
        missing: words without a vector.
    """

    spearman: float
    found: int
    pairs: int
    missing: tuple[str, ...]

    def __str__(self) -> str:
        return f"Spearman correlation {self.spearman:.4f} over {self.found:,} of {self.pairs:,} pairs"


@dataclass(frozen=True)
class AnalogyScore:
    """How many analogies come out right, the three given words left aside.

    Args:
        sections: name, right ones, and questions whose words have a vector, of each part of the file.
        questions: all questions.
        among: words that could be an answer.
        missing: words without a vector.
    """

    sections: tuple[tuple[str, int, int], ...]
    questions: int
    among: int
    missing: tuple[str, ...]

    @property
    def right(self) -> int:
        """Questions that were answered right."""
        return sum(right for _, right, _ in self.sections)

    @property
    def found(self) -> int:
        """Questions whose words all have a vector; only these count."""
        return sum(found for *_, found in self.sections)

    @property
    def accuracy(self) -> float:
        """Share of right ones; `nan` where none could be asked."""
        return self.right / self.found if self.found else float("nan")

    def __str__(self) -> str:
        asked = f"{self.found:,} of {self.questions:,} questions could be asked, among {self.among:,} words"
        return f"{self.accuracy:.1%} of the analogies are right; {asked}"


Pairs = list[tuple[str, str, float]]
Analogies = list[tuple[str, list[list[str]]]]


def evaluate_vectors(
    vectors: WordVectors, path: str | os.PathLike[str], *, lowercase: bool = True, among: int = AMONG
) -> PairScore | AnalogyScore:
    """Score vectors by a file of word pairs or of analogies.

    Args:
        vectors: of a file, or trained.
        path: UTF-8 lines. Pairs: two words and a number, between them tabs, commas or spaces, as WordSim-353 has them;
            a first line of names is left out. Analogies: four words, and before each part a line of a colon and its
            name, as the file of Mikolov et al. has them. Empty lines and lines that begin with # are left out.
        lowercase: give a word that is not there the vector of its lower case form.
        among: the first words of the vectors that may be the answer of an analogy, besides those of the file.

    Raises:
        DataError: a line is neither, or there is none.
        ValueError: `among` is out of its range.

    Source:
        Finkelstein et al. 2002 for pairs; Mikolov et al. 2013, "Efficient estimation", for analogies, whose answer is
        the word nearest to b - a + c, all vectors made 1 long.
    """
    check_number("among", among, 1)
    tests = read_tests(Path(path))
    if tests and isinstance(tests[0][-1], float):
        return _score_pairs(vectors, tests, lowercase)
    return _score_analogies(vectors, tests, lowercase, among)  # type: ignore[arg-type]


def read_tests(path: Path) -> Pairs | Analogies:
    """The pairs or the parts of a file.

    Raises:
        DataError: a line is neither a pair nor an analogy, both stand there, or there is none.
    """
    pairs: Pairs = []
    sections: Analogies = []
    for number, line in _lines(path):
        if line.startswith(":"):
            sections.append((line[1:].strip(), []))
            continue
        fields = _fields(line)
        score = _number(fields[2]) if len(fields) == 3 else None
        if score is not None:
            pairs.append((fields[0], fields[1], score))
        elif len(fields) == 4:
            sections = sections or [("", [])]
            sections[-1][1].append(fields)
        elif len(fields) != 3 or pairs or sections:
            rule = "a line must be two words and a number, or four words"
            raise DataError(f"{path}: line {number}: {rule}, got {shorten(line)}")
        if pairs and sections:
            raise DataError(f"{path}: line {number}: a file must hold pairs or analogies, got both")
    if not pairs and not any(questions for _, questions in sections):
        raise DataError(f"{path}: it holds neither pairs nor analogies")
    return pairs or sections


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    try:
        with open_regular(path) as file:
            content = file.read().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: byte {error.start}: it must be UTF-8") from error
    for number, line in enumerate(content.splitlines(), 1):
        if line.strip() and not line.startswith("#"):
            yield number, line.strip()


def _fields(line: str) -> list[str]:
    """Fields between tabs, else between commas, else between spaces."""
    for separator in ("\t", ",", None):
        fields = [field.strip() for field in line.split(separator)]
        if len(fields) in (3, 4) and all(fields):
            return fields
    return line.split()


def _number(field: str) -> float | None:
    try:
        number = float(field)
    except ValueError:
        return None
    return number if np.isfinite(number) else None


def _spelt(vectors: WordVectors, words: Sequence[str], lowercase: bool) -> dict[str, str]:
    """Each word as the vectors have it, where they do."""
    spelt = {word: word if word in vectors or not lowercase else word.lower() for word in words}
    return {word: found for word, found in spelt.items() if found in vectors or vectors.source.makes_subwords}


def _units(vectors: WordVectors, words: Sequence[str]) -> Matrix:
    """Vectors float32 (words, dimension), 1 long."""
    matrix, _ = vectors.matrix_for(Vocabulary(words, [1] * len(words)), missing="subwords", lowercase=False)
    rows = matrix[FIRST_ID:]
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.where(lengths > 0, lengths, 1), dtype=np.float32)


def _score_pairs(vectors: WordVectors, pairs: Pairs, lowercase: bool) -> PairScore:
    asked = list(dict.fromkeys(word for left, right, _ in pairs for word in (left, right)))
    spelt = _spelt(vectors, asked, lowercase)
    words = list(dict.fromkeys(spelt.values()))
    numbers = {word: place for place, word in enumerate(words)}
    places = {word: numbers[found] for word, found in spelt.items()}
    known = [(places[left], places[right], score) for left, right, score in pairs if {left, right} <= places.keys()]
    units = _units(vectors, words)
    cosines = [float(units[left] @ units[right]) for left, right, _ in known]
    correlation = _spearman(cosines, [score for *_, score in known])
    return PairScore(correlation, len(known), len(pairs), tuple(word for word in asked if word not in spelt))


def _spearman(one: list[float], other: list[float]) -> float:
    from scipy.stats import rankdata

    if len(set(one)) < 2 or len(set(other)) < 2:
        return float("nan")
    return float(np.corrcoef(rankdata(one), rankdata(other))[0, 1])


def _score_analogies(vectors: WordVectors, sections: Analogies, lowercase: bool, among: int) -> AnalogyScore:
    asked = list(dict.fromkeys(word for _, questions in sections for question in questions for word in question))
    spelt = _spelt(vectors, asked, lowercase)
    first = [vectors.table.word(row) for row in range(min(among, len(vectors)))]
    answers = [word.decode(vectors.encoding, errors="backslashreplace") for word in first]
    words = list(dict.fromkeys([*spelt.values(), *answers]))
    numbers = {word: place for place, word in enumerate(words)}
    units, scores = _units(vectors, words), []
    for name, questions in sections:
        known = [[numbers[spelt[word]] for word in question] for question in questions if set(question) <= spelt.keys()]
        rows = np.array(known, dtype=np.int64).reshape(-1, 4)
        starts = range(0, len(rows), QUESTIONS_TOGETHER)
        right = sum(_right_ones(units, rows[start : start + QUESTIONS_TOGETHER]) for start in starts)
        scores.append((name, right, len(rows)))
    total = sum(len(questions) for _, questions in sections)
    missing = tuple(word for word in asked if word not in spelt)
    return AnalogyScore(tuple(scores), total, len(words), missing)


def _right_ones(units: Matrix, rows: npt.NDArray[np.int64]) -> int:
    """How many of some questions, (questions, 4) rows of words, come out right."""
    a, b, c, d = rows.T
    products = (units[b] - units[a] + units[c]) @ units.T
    for given in (a, b, c):
        products[np.arange(len(rows)), given] = -np.inf
    return int((products.argmax(axis=1) == d).sum())
