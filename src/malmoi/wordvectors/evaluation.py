"""Evaluation of word vectors on word similarity pairs and analogies."""

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
from malmoi.foundation.names import Deprecated, deprecated_arguments
from malmoi.foundation.validation import check_number, shorten
from malmoi.tokenizers.vocabulary import FIRST_ID, Vocabulary
from malmoi.wordvectors.vectors import WordVectors

__all__ = ["AnalogyScore", "PairScore", "evaluate_vectors"]

QUESTIONS_TOGETHER = 1024
CANDIDATES = 30_000


@dataclass(frozen=True)
class PairScore:
    """Correlation between the cosines of word pairs and human similarity scores.

    Args:
        spearman: Spearman rank correlation, from -1 to 1; `nan` if cosines or scores are constant.
        found: number of pairs whose words have a vector; only these are evaluated.
        pairs: number of all pairs.
        missing: words without a vector.

    Example:
        >>> print(PairScore(0.5, found=8, pairs=10, missing=("automobile", "gem")))
        Spearman correlation 0.5000 over 8 of 10 pairs
    """

    spearman: float
    found: int
    pairs: int
    missing: tuple[str, ...]

    def __str__(self) -> str:
        return f"Spearman correlation {self.spearman:.4f} over {self.found:,} of {self.pairs:,} pairs"


@dataclass(frozen=True)
class AnalogyScore:
    """Accuracy on analogies; the three given words are excluded from the predictions.

    Args:
        sections: for each section of the file its name, the number of correct questions, and the number of questions
            whose words have a vector.
        questions: number of all questions.
        candidates: number of candidate words.
        missing: words without a vector.

    Example:
        >>> sections = (("capitals", 3, 4), ("plurals", 0, 1))
        >>> score = AnalogyScore(sections, questions=7, candidates=30_000, missing=("xyz",))
        >>> score.correct, score.found, score.accuracy
        (3, 5, 0.6)
        >>> print(score)
        analogy accuracy 60.0%; 5 of 7 questions evaluated, 30,000 candidate words
    """

    sections: tuple[tuple[str, int, int], ...]
    questions: int
    candidates: int
    missing: tuple[str, ...]

    among = Deprecated("candidates")
    right = Deprecated("correct")

    @property
    def correct(self) -> int:
        """Number of correct questions."""
        return sum(correct for _, correct, _ in self.sections)

    @property
    def found(self) -> int:
        """Number of questions whose words all have a vector; only these are evaluated."""
        return sum(found for *_, found in self.sections)

    @property
    def accuracy(self) -> float:
        """Share of the evaluated questions that are correct, 0 to 1; `nan` if no question could be evaluated."""
        return self.correct / self.found if self.found else float("nan")

    def __str__(self) -> str:
        evaluated = f"{self.found:,} of {self.questions:,} questions evaluated, {self.candidates:,} candidate words"
        return f"analogy accuracy {self.accuracy:.1%}; {evaluated}"


Pairs = list[tuple[str, str, float]]
Analogies = list[tuple[str, list[list[str]]]]


@deprecated_arguments(among="candidates")
def evaluate_vectors(
    vectors: WordVectors, path: str | os.PathLike[str], *, lowercase: bool = True, candidates: int = CANDIDATES
) -> PairScore | AnalogyScore:
    r"""Evaluate word vectors on a file of word pairs or of analogies.

    Args:
        vectors: opened or trained word vectors.
        path: UTF-8 text. Pairs: two words and a score per line, separated by tabs, commas or spaces, as in WordSim-353;
            a header is skipped. Analogies: four words per line, with a line of a colon and a name before each section,
            as in the file of Mikolov et al. Empty lines and lines that begin with # are skipped.
        lowercase: whether a word without a vector gets the vector of its lower case form.
        candidates: number of candidate words for analogies, from the first of the vectors; the words of the file are
            candidates too. 1 or more.

    Returns:
        The Spearman correlation for pairs, or the accuracy for analogies, each with the words without a vector.

    Raises:
        FileNotFoundError: the file does not exist.
        DataError: a line is neither a pair nor an analogy, or the file has none.
        ValueError: `candidates` is out of range.

    Source:
        Finkelstein et al. 2002 for pairs; Mikolov et al. 2013, "Efficient estimation", for analogies, which are
        predicted as the word nearest to b - a + c, with all vectors normalised.

    Example:
        >>> from pathlib import Path
        >>> from tempfile import TemporaryDirectory
        >>> from malmoi import WordVectors
        >>> words = ["king", "queen", "man", "woman"]
        >>> vectors = WordVectors.from_arrays(words, [[3.0, 1.0], [3.0, -1.0], [0.5, 1.0], [0.5, -1.0]])
        >>> with TemporaryDirectory() as folder:
        ...     path = Path(folder, "analogies.txt")
        ...     _ = path.write_text(": family\nman king woman queen\nman king boy prince\n")
        ...     score = evaluate_vectors(vectors, path)
        >>> score.accuracy, score.found, score.missing
        (1.0, 1, ('boy', 'prince'))
    """
    check_number("candidates", candidates, 1)
    tests = read_tests(Path(path))
    if tests and isinstance(tests[0][-1], float):
        return _score_pairs(vectors, tests, lowercase)
    return _score_analogies(vectors, tests, lowercase, candidates)  # type: ignore[arg-type]


def read_tests(path: Path) -> Pairs | Analogies:
    """Read the pairs or the sections of analogies of a file.

    Raises:
        DataError: a line is neither a pair nor an analogy, the file has both, or it has none.
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
            rule = "a line must have two words and a score, or four words"
            raise DataError(f"{path}: line {number}: {rule}, got {shorten(line)}")
        if pairs and sections:
            raise DataError(f"{path}: line {number}: a file must contain pairs or analogies, got both")
    if not pairs and not any(questions for _, questions in sections):
        raise DataError(f"{path} must contain pairs or analogies, got neither")
    return pairs or sections


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    try:
        with open_regular(path) as file:
            content = file.read().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(f"{path} must be UTF-8, got an invalid byte at {error.start}") from error
    for number, line in enumerate(content.splitlines(), 1):
        if line.strip() and not line.startswith("#"):
            yield number, line.strip()


def _fields(line: str) -> list[str]:
    """Return the fields of a line, separated by tabs, otherwise by commas, otherwise by spaces."""
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
    """Return the spelling of each word in the vectors; words without a vector are not included."""
    spelt = {word: word if word in vectors or not lowercase else word.lower() for word in words}
    return {word: found for word, found in spelt.items() if found in vectors or vectors.source.makes_subwords}


def _units(vectors: WordVectors, words: Sequence[str]) -> Matrix:
    """Return normalised vectors float32 (words, dimension)."""
    matrix, _ = vectors.matrix_for(Vocabulary(words, [1] * len(words)), missing="subwords", lowercase=False)
    rows = matrix[FIRST_ID:]
    lengths = np.linalg.norm(rows.astype(np.float64), axis=1, keepdims=True)
    return np.asarray(rows / np.where(lengths > 0, lengths, 1), dtype=np.float32)


def _score_pairs(vectors: WordVectors, pairs: Pairs, lowercase: bool) -> PairScore:
    wanted = list(dict.fromkeys(word for left, right, _ in pairs for word in (left, right)))
    spelt = _spelt(vectors, wanted, lowercase)
    words = list(dict.fromkeys(spelt.values()))
    indices = {word: index for index, word in enumerate(words)}
    rows = {word: indices[found] for word, found in spelt.items()}
    evaluated = [(rows[left], rows[right], score) for left, right, score in pairs if {left, right} <= rows.keys()]
    units = _units(vectors, words)
    cosines = [float(units[left] @ units[right]) for left, right, _ in evaluated]
    correlation = _spearman(cosines, [score for *_, score in evaluated])
    return PairScore(correlation, len(evaluated), len(pairs), tuple(word for word in wanted if word not in spelt))


def _spearman(one: list[float], other: list[float]) -> float:
    from scipy.stats import rankdata

    if len(set(one)) < 2 or len(set(other)) < 2:
        return float("nan")
    return float(np.corrcoef(rankdata(one), rankdata(other))[0, 1])


def _score_analogies(vectors: WordVectors, sections: Analogies, lowercase: bool, candidates: int) -> AnalogyScore:
    wanted = list(dict.fromkeys(word for _, questions in sections for question in questions for word in question))
    spelt = _spelt(vectors, wanted, lowercase)
    first = [vectors.table.word(row) for row in range(min(candidates, len(vectors)))]
    names = [word.decode(vectors.encoding, errors="backslashreplace") for word in first]
    words = list(dict.fromkeys([*spelt.values(), *names]))
    indices = {word: index for index, word in enumerate(words)}
    units, scores = _units(vectors, words), []
    for name, questions in sections:
        found = [[indices[spelt[word]] for word in question] for question in questions if set(question) <= spelt.keys()]
        rows = np.array(found, dtype=np.int64).reshape(-1, 4)
        starts = range(0, len(rows), QUESTIONS_TOGETHER)
        correct = sum(_correct_count(units, rows[start : start + QUESTIONS_TOGETHER]) for start in starts)
        scores.append((name, correct, len(rows)))
    total = sum(len(questions) for _, questions in sections)
    missing = tuple(word for word in wanted if word not in spelt)
    return AnalogyScore(tuple(scores), total, len(words), missing)


def _correct_count(units: Matrix, rows: npt.NDArray[np.int64]) -> int:
    """Return the number of correctly predicted analogies, given as rows of words, int64 (questions, 4)."""
    a, b, c, d = rows.T
    products = (units[b] - units[a] + units[c]) @ units.T
    for given in (a, b, c):
        products[np.arange(len(rows)), given] = -np.inf
    return int((products.argmax(axis=1) == d).sum())
