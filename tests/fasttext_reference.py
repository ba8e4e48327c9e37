"""fastText's classifiers in plain Python: files, predictions and training, independent of the package."""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from binary_files import MAGIC, SUPERVISED, gram_hash, grams_of

TREE, NEGATIVES, SOFTMAX, ONE_VS_ALL = 1, 2, 3, 4
END, PREFIX = b"</s>", b"__label__"
BLANKS = b" \t\n\v\f\r\0"
CENTROIDS = 256
SHIFT = 1e-5
Floats = npt.NDArray[np.float32]


@dataclass
class Quantised:
    """A product-quantised matrix.

    Args:
        codes: uint8 (rows, parts).
        centroids: for each part float32 (256, columns of the part).
        norm_codes: uint8 (rows,), codes of the lengths, or `None`.
        norms: float32 (256,), or `None`.
    """

    codes: npt.NDArray[np.uint8]
    centroids: list[Floats]
    norm_codes: npt.NDArray[np.uint8] | None = None
    norms: Floats | None = None

    @property
    def dense(self) -> Floats:
        """float32 (rows, columns)."""
        rows = []
        for number, codes in enumerate(self.codes):
            row = np.concatenate([own[code] for own, code in zip(self.centroids, codes, strict=True)])
            if self.norm_codes is not None and self.norms is not None:
                row = row * self.norms[self.norm_codes[number]]
            rows.append(row)
        return np.array(rows, np.float32).reshape(len(self.codes), sum(one.shape[1] for one in self.centroids))

    def to_bytes(self) -> bytes:
        """As in a file, without the flag before it."""
        columns = sum(one.shape[1] for one in self.centroids)
        found = struct.pack("<?qqi", self.norms is not None, len(self.codes), columns, self.codes.size)
        found += self.codes.tobytes() + quantizer_bytes(self.centroids)
        if self.norm_codes is not None and self.norms is not None:
            found += self.norm_codes.tobytes() + quantizer_bytes([self.norms.reshape(CENTROIDS, 1)])
        return found

    @classmethod
    def random(cls, rows: int, columns: int, part: int, seed: int, *, has_norms: bool = False) -> Quantised:
        """A matrix of random codes and centroids."""
        random = np.random.default_rng(seed)
        widths = [min(part, columns - first) for first in range(0, columns, part)]
        centroids = [random.normal(size=(CENTROIDS, width)).astype(np.float32) for width in widths]
        codes = random.integers(0, CENTROIDS, (rows, len(widths))).astype(np.uint8)
        if not has_norms:
            return cls(codes, centroids)
        norm_codes = random.integers(0, CENTROIDS, rows).astype(np.uint8)
        return cls(codes, centroids, norm_codes, random.uniform(0.5, 2, CENTROIDS).astype(np.float32))


def quantizer_bytes(centroids: list[Floats]) -> bytes:
    """The dimension, the number of parts, the sizes of a part and of the last one, and the centroids."""
    widths = [one.shape[1] for one in centroids]
    head = struct.pack("<4i", sum(widths), len(widths), widths[0], widths[-1])
    return head + b"".join(one.astype("<f4").tobytes() for one in centroids)


def random_matrix(rows: int, columns: int, seed: int) -> Floats:
    """Random numbers, float32 (rows, columns)."""
    return np.random.default_rng(seed).normal(size=(rows, columns)).astype(np.float32)


@dataclass
class Classifier:
    """A classifier of fastText.

    Args:
        input: (words and buckets, or kept buckets; dimension); `None`: random numbers.
        output: (labels, dimension); `None`: random numbers.
        kept: position of the row of each kept bucket, if the model was pruned.
        version: 12 or 11; `None`: the oldest layout, without a magic number.
    """

    words: list[bytes] = field(default_factory=lambda: [END, b"good", b"bad", b"film", "고양이".encode()])
    labels: list[bytes] = field(default_factory=lambda: [b"__label__pos", b"__label__neg", b"__label__mid"])
    label_counts: list[int] | None = None
    version: int | None = 12
    dimension: int = 5
    ngrams: int = 1
    loss: int = SOFTMAX
    buckets: int = 0
    shortest: int = 0
    longest: int = 0
    kept: dict[int, int] | None = None
    input: Floats | Quantised | None = None
    output: Floats | Quantised | None = None

    def __post_init__(self) -> None:
        """Fill what was left out."""
        if self.label_counts is None:
            self.label_counts = [10 - place for place in range(len(self.labels))]
        if self.input is None:
            self.input = random_matrix(self.rows, self.dimension, 1)
        if self.output is None:
            self.output = random_matrix(len(self.labels), self.dimension, 2)

    @property
    def rows(self) -> int:
        """Number of rows of the input matrix."""
        return len(self.words) + (self.buckets if self.kept is None else len(self.kept))

    @property
    def has_characters(self) -> bool:
        """Supervised models before version 12 have no character n-grams, whatever the settings are."""
        return self.longest > 0 and self.version == 12

    def to_bytes(self) -> bytes:
        """The content of the file."""
        assert self.label_counts is not None
        assert self.input is not None
        assert self.output is not None
        head = b"" if self.version is None else struct.pack("<2i", MAGIC, self.version)
        head += struct.pack("<6i", self.dimension, 5, 5, 1, 5, self.ngrams)
        head += struct.pack("<6id", self.loss, SUPERVISED, self.buckets, self.shortest, self.longest, 100, 1e-4)
        words, labels = len(self.words), len(self.labels)
        head += struct.pack("<3iq", words + labels, words, labels, 100)
        if self.version is not None:
            head += struct.pack("<q", -1 if self.kept is None else len(self.kept))
        entries = [(word, 9 + place, 0) for place, word in enumerate(self.words)]
        entries += [(label, count, 1) for label, count in zip(self.labels, self.label_counts, strict=True)]
        head += b"".join(entry + b"\0" + struct.pack("<qb", count, kind) for entry, count, kind in entries)
        head += b"".join(struct.pack("<2i", *pair) for pair in (self.kept or {}).items())
        return head + self._matrix(self.input) + self._matrix(self.output)

    def _matrix(self, matrix: Floats | Quantised) -> bytes:
        flag = b"" if self.version is None else bytes([isinstance(matrix, Quantised)])
        if isinstance(matrix, Quantised):
            return flag + matrix.to_bytes()
        return flag + struct.pack("<2q", *matrix.shape) + matrix.astype("<f4").tobytes()

    @classmethod
    def from_bytes(cls, content: bytes) -> Classifier:
        """Read a file of version 11 or 12."""
        return _Reader(content).classifier()

    def features(self, text: str) -> list[int]:
        """The rows of a text, in fastText's order."""
        rows, hashes = [], []
        for token in tokens_of(text):
            known = token in self.words
            if token in self.labels or (not known and token.startswith(PREFIX)):
                continue
            rows += [self.words.index(token)] if known else []
            if self.has_characters and token != END:
                rows += self._bucket_rows(gram_hash(gram) for gram in grams_of(token, self.shortest, self.longest))
            hashes.append(gram_hash(token))
        return rows + self._bucket_rows(ngram_hashes(hashes, self.ngrams))

    def _bucket_rows(self, hashes: Any) -> list[int]:
        buckets = [value % self.buckets for value in hashes] if self.buckets else []
        if self.kept is not None:
            buckets = [self.kept[bucket] for bucket in buckets if bucket in self.kept]
        return [len(self.words) + bucket for bucket in buckets]

    def scores(self, text: str) -> npt.NDArray[np.float64]:
        """The products of the outputs and the mean of the rows."""
        rows = self.features(text)
        values, output = as_dense(self.input), as_dense(self.output)
        mean = values[rows].astype(np.float64).mean(axis=0) if rows else np.zeros(values.shape[1])
        return output.astype(np.float64) @ mean

    def predict(self, text: str, nudge: float = 0.0) -> dict[bytes, float]:
        """What fastText prints for each label; `nudge` is added to the scores, to tell whether steps are near."""
        scores = self.scores(text) + nudge
        if self.loss == TREE:
            assert self.label_counts is not None
            found = tree_probabilities(self.label_counts, scores)
        elif self.loss == SOFTMAX:
            powers = np.exp(scores - scores.max())
            found = powers / powers.sum() + SHIFT
        else:
            found = np.array([table_sigmoid(score) for score in scores]) + SHIFT
        return dict(zip(self.labels, found.tolist(), strict=True))


def as_dense(matrix: Floats | Quantised | None) -> Floats:
    """The values of a matrix."""
    assert matrix is not None
    return matrix.dense if isinstance(matrix, Quantised) else matrix


class _Reader:
    """Reads one value after the other."""

    def __init__(self, content: bytes) -> None:
        self.content, self.place = content, 0

    def take(self, form: str) -> tuple[Any, ...]:
        found = struct.unpack_from("<" + form, self.content, self.place)
        self.place += struct.calcsize("<" + form)
        return found

    def array(self, kind: str, count: int) -> npt.NDArray[Any]:
        found = np.frombuffer(self.content, kind, count, self.place)
        self.place += found.nbytes
        return found

    def entry(self) -> tuple[bytes, int, int]:
        end = self.content.index(b"\0", self.place)
        word, self.place = self.content[self.place : end], end + 1
        return word, *self.take("qb")

    def classifier(self) -> Classifier:
        magic, version = self.take("2i")
        assert magic == MAGIC
        assert version in (11, 12)
        dimension, _, _, _, _, ngrams = self.take("6i")
        loss, kind, buckets, shortest, longest, _, _ = self.take("6id")
        assert kind == SUPERVISED
        size, words, labels, _, pruned = self.take("3iqq")
        entries = [self.entry() for _ in range(size)]
        assert [kind for _, _, kind in entries] == [0] * words + [1] * labels
        kept = dict(self.take("2i") for _ in range(pruned)) if pruned >= 0 else None
        matrices = self.matrix(), self.matrix()
        assert self.place == len(self.content)
        names, counts = [entry[0] for entry in entries], [entry[1] for entry in entries]
        return Classifier(
            words=names[:words],
            labels=names[words:],
            label_counts=counts[words:],
            version=version,
            dimension=dimension,
            ngrams=ngrams,
            loss=loss,
            buckets=buckets,
            shortest=shortest,
            longest=longest,
            kept=kept,
            input=matrices[0],
            output=matrices[1],
        )

    def matrix(self) -> Floats | Quantised:
        (quantised,) = self.take("?")
        if not quantised:
            rows, columns = self.take("2q")
            return self.array("<f4", rows * columns).reshape(rows, columns)
        has_norms, rows, _, size = self.take("?qqi")
        codes = self.array("u1", size).reshape(rows, -1)
        centroids = self.quantizer()
        if not has_norms:
            return Quantised(codes, centroids)
        norm_codes = self.array("u1", rows)
        return Quantised(codes, centroids, norm_codes, self.quantizer()[0].ravel())

    def quantizer(self) -> list[Floats]:
        _, parts, part, last = self.take("4i")
        widths = [part] * (parts - 1) + [last]
        return [self.array("<f4", CENTROIDS * width).reshape(CENTROIDS, width) for width in widths]


def tokens_of(text: str) -> list[bytes]:
    """The tokens of a text, up to and with the end."""
    found, word = [], b""
    for place in range(len(encoded := text.encode() + b"\n")):
        byte = encoded[place : place + 1]
        if byte not in BLANKS:
            word += byte
        elif word:
            found.append(word)
            word = b""
    return [*found[: found.index(END)], END] if END in found else [*found, END]


def ngram_hashes(hashes: list[int], longest: int) -> list[int]:
    """The 64-bit hashes of word n-grams of 2 to `longest` words, from signed 32-bit hashes of the words."""
    signed = [value - 2**32 if value >= 2**31 else value for value in hashes]
    found = []
    for first, value in enumerate(signed):
        combined = value
        for other in signed[first + 1 : first + longest]:
            combined = combined * 116049371 + other
            found.append(combined % 2**64)
    return found


def table_sigmoid(score: float) -> float:
    """fastText's logistic function: 512 steps from -8 to 8."""
    score = float(np.float32(score))
    if score < -8:
        return 0.0
    if score > 8:
        return 1.0
    place = int((score + 8) * 512 / 8 / 2)
    return 1 / (1 + math.exp(8 - place * 16 / 512))


def tree_probabilities(counts: list[int], scores: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The probabilities of hierarchical softmax: products along the paths of fastText's Huffman tree."""
    labels = len(counts)
    sums = [*counts, *[10**15] * (labels - 1)]
    children = {}
    leaf, node = labels - 1, labels
    for parent in range(labels, 2 * labels - 1):
        pair = []
        for _ in range(2):
            if leaf >= 0 and sums[leaf] < sums[node]:
                pair.append(leaf)
                leaf -= 1
            else:
                pair.append(node)
                node += 1
        children[parent] = pair
        sums[parent] = sums[pair[0]] + sums[pair[1]]
    found = np.zeros(labels)
    stack = [(2 * labels - 2, 1.0)]
    while stack:
        node, probability = stack.pop()
        if node < labels:
            found[node] = probability
            continue
        right = 1 / (1 + math.exp(-scores[node - labels]))
        left_child, right_child = children[node]
        stack.append((left_child, probability * (1 - right + SHIFT)))
        stack.append((right_child, probability * (right + SHIFT)))
    return found


class Random:
    """The generator of initial embeddings and orders: SplitMix64."""

    def __init__(self, seed: int, stream: int) -> None:
        start = _mixed((stream + GOLDEN) % 2**64)
        self.state = _mixed((seed + GOLDEN) % 2**64) ^ ((start << 17 | start >> 47) % 2**64)

    def number(self) -> int:
        self.state = (self.state + GOLDEN) % 2**64
        return _mixed(self.state)

    def embedding(self, dimension: int) -> npt.NDArray[np.float64]:
        return np.array([((self.number() >> 40) / 2**24 - 0.5) * 2 / dimension for _ in range(dimension)])

    def order(self, count: int) -> list[int]:
        items = list(range(count))
        for last in range(count - 1, 0, -1):
            other = self.number() * (last + 1) >> 64
            items[last], items[other] = items[other], items[last]
        return items


GOLDEN = 0x9E3779B97F4A7C15


def _mixed(value: int) -> int:
    value = (value ^ value >> 30) * 0xBF58476D1CE4E5B9 % 2**64
    value = (value ^ value >> 27) * 0x94D049BB133111EB % 2**64
    return value ^ value >> 31


@dataclass
class Learned:
    """What training gives: embeddings by word and by bucket, and outputs (labels, dimension)."""

    words: dict[bytes, npt.NDArray[np.float64]]
    buckets: dict[int, npt.NDArray[np.float64]]
    output: npt.NDArray[np.float64]
    losses: list[float]


@dataclass
class Training:
    """Stochastic gradient descent on batches of four texts, whose rows are read before any of them is changed."""

    dimension: int
    epochs: int
    learning_rate: float
    ngrams: int = 1
    characters: tuple[int, int] = (0, 0)
    buckets: int = 0
    seed: int = 0
    is_softmax: bool = True

    def __call__(self, texts: list[str], labels: list[list[int]], classes: int, weights: list[float]) -> Learned:
        """Learn from texts; every word of them is in the dictionary."""
        tokens = [[token for token in tokens_of(text) if not token.startswith(PREFIX)] for text in texts]
        counts: dict[bytes, int] = {}
        for token in (token for own in tokens for token in own):
            counts[token] = counts.get(token, 0) + 1
        ranked = sorted(counts, key=lambda token: -counts[token])
        words = {word: Random(self.seed, place).embedding(self.dimension) for place, word in enumerate(ranked)}
        found = Learned(words, {}, np.zeros((classes, self.dimension)), [])
        order = Random(self.seed, 1 << 62).order(len(texts))
        for epoch in range(self.epochs):
            losses, total = 0.0, 0.0
            for start in range(0, len(order), 4):
                batch = order[start : start + 4]
                features = [self._features(found, tokens[text]) for text in batch]
                means = [np.mean(rows, axis=0) for rows in features]
                gradients = []
                for place, text in enumerate(batch):
                    share = (epoch + (start + place) / len(order)) / self.epochs
                    rate = self.learning_rate * (1 - share) * weights[text]
                    gradient, loss = self._learn(found.output, means[place], labels[text], rate)
                    gradients.append(gradient)
                    losses, total = losses + loss * weights[text], total + weights[text]
                for rows, gradient in zip(features, gradients, strict=True):
                    for row in rows:
                        row += gradient / len(rows)  # noqa: PLW2901  # rows are changed in place
            found.losses.append(losses / total)
        return found

    def _features(self, found: Learned, tokens: list[bytes]) -> list[npt.NDArray[np.float64]]:
        rows = []
        for token in tokens:
            rows.append(found.words[token])
            if token != END:
                rows += [self._bucket(found, gram_hash(gram)) for gram in grams_of(token, *self.characters)]
        hashes = ngram_hashes([gram_hash(token) for token in tokens], self.ngrams)
        return rows + [self._bucket(found, value) for value in hashes]

    def _bucket(self, found: Learned, value: int) -> npt.NDArray[np.float64]:
        bucket = value % self.buckets
        if bucket not in found.buckets:
            found.buckets[bucket] = Random(self.seed, 1 << 32 | bucket).embedding(self.dimension)
        return found.buckets[bucket]

    def _learn(
        self, output: npt.NDArray[np.float64], mean: npt.NDArray[np.float64], labels: list[int], rate: float
    ) -> tuple[npt.NDArray[np.float64], float]:
        """Change the outputs; return the step along the negative gradient of the mean, and the loss."""
        scores = output @ mean
        if self.is_softmax:
            probabilities = np.exp(scores) / np.exp(scores).sum()
            loss = -math.log(probabilities[labels[0]])
        else:
            probabilities = 1 / (1 + np.exp(-scores))
            right = [value if place in labels else 1 - value for place, value in enumerate(probabilities)]
            loss = -sum(map(math.log, right))
        targets = np.array([float(place in labels) for place in range(len(output))])
        errors = rate * (targets - probabilities)
        gradient = errors @ output
        output += np.outer(errors, mean)
        return gradient, loss
