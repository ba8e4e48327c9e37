"""What the compiled core offers to Python; `core/python/` binds it.

Arrays that are given must be contiguous, of the type that is named and in the machine's byte order; they are read where
they are, and not written to. Those that come back are new, and belong to the caller.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Self, TypeAlias, overload

import numpy as np
import numpy.typing as npt

_Float32: TypeAlias = npt.NDArray[np.float32]
_Float64: TypeAlias = npt.NDArray[np.float64]
_Int32: TypeAlias = npt.NDArray[np.int32]
_Int64: TypeAlias = npt.NDArray[np.int64]
_UInt8: TypeAlias = npt.NDArray[np.uint8]
_UInt32: TypeAlias = npt.NDArray[np.uint32]
_UInt64: TypeAlias = npt.NDArray[np.uint64]
_Rows: TypeAlias = tuple[_Float32, _Int32, npt.NDArray[np.int32 | np.int64]]
_GramState: TypeAlias = tuple[list[str], tuple[_UInt8, _UInt32, _UInt64, _UInt64, _UInt64], int, int]

class TextColumn(Sequence[str]):
    """Texts of an Arrow column, where it lies; a sequence that makes a str where one is asked for.

    Args:
        values: what has `__arrow_c_stream__` or `__arrow_c_array__`: strings of any width, views of them, dictionaries
            and runs of them; or a list of str, which is copied.

    Raises:
        TypeError: it is a column of something else, or a text is null.
        ValueError: a text is not UTF-8, the column is damaged, or a dictionary or runs have 2**32 texts or more.
        MemoryError: there is no room for the places of so many texts of a dictionary or of runs.
    """

    def __init__(self, values: object) -> None: ...
    def __len__(self) -> int: ...
    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> Self: ...
    def to_list(self) -> list[str]:
        """All texts as a list, which an interrupt ends."""

    def take(self, places: Sequence[int]) -> Self:
        """Texts in another order, some of them, or some repeatedly, without a copy."""

    def cuts(self, *, most_texts: int, most_bytes: int) -> list[int]:
        """Where batches begin, and the last one ends, that have not much more than so many texts or bytes."""

    def characters(self) -> int:
        """Characters of all texts."""

Texts: TypeAlias = list[str] | TextColumn

class Splitter:
    """How a text becomes tokens. The keywords that all rules but Keras' have are done first, in this order: `html`
    tags dropped, normalization `form`, `accents` stripped, `lowercase`.
    """

    @staticmethod
    def words(
        *, punctuation: bool, emoji: bool, html: bool, form: str | None, accents: bool, lowercase: bool
    ) -> Splitter:
        """Unicode word boundaries (UAX #29); pieces without a letter or a digit are dropped, or kept if they show.

        With `emoji`, and without `punctuation`, every emoji is a token, without variation selectors.
        """

    @staticmethod
    def characters(
        *,
        graphemes: bool,
        inside_words: bool,
        squeeze: bool,
        html: bool,
        form: str | None,
        accents: bool,
        lowercase: bool,
    ) -> Splitter:
        """User-perceived characters or code points."""

    @staticmethod
    def keras_words(filters: str, lowercase: bool, split: str) -> Splitter:
        """The rule of Keras' `text_to_word_sequence`."""

    @staticmethod
    def whitespace(*, html: bool, form: str | None, accents: bool, lowercase: bool) -> Splitter:
        """What stands between white space."""

    @staticmethod
    def pattern(pattern: str, *, html: bool, form: str | None, accents: bool, lowercase: bool) -> Splitter:
        """What a regular expression finds. Raises `ValueError` that says what is wrong with it."""

    @staticmethod
    def hangul(
        *, jamo: bool, punctuation: bool, html: bool, form: str | None, accents: bool, lowercase: bool
    ) -> Splitter:
        """Syllables or jamo of Korean, words of other scripts."""

    @staticmethod
    def eojeol(
        *, particles: bool, punctuation: bool, html: bool, form: str | None, accents: bool, lowercase: bool
    ) -> Splitter:
        """Words, with runs of laughter and tears and frequent particles of Korean split off."""

    def tokens(self, text: str) -> list[str]:
        """Split one text."""

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Where the tokens stand, in characters of the text."""

    def coverage(self, texts: Texts, threads: int) -> tuple[int, int, list[int], int, int, list[tuple[str, int]]]:
        """Texts without a token, how many of them are blank, places of the first that are not; characters, punctuation
        in no token, other characters in no token with their counts, most frequent first.
        """

class TokenTally:
    """Counts tokens over batches of texts; with `keep`, also remembers every text as numbers."""

    texts: int
    tokens: int

    def __init__(self, splitter: Splitter, *, threads: int, keep: bool) -> None: ...
    def add(self, texts: Texts) -> None:
        """Count a batch. A tally is refused once that ended early, by an interrupt or an error (`RuntimeError`)."""

    def lose(self) -> None:
        """Refuse the tally from now on, since some of the texts that belong together are counted and others not."""

    def counts(self, *, least: int = 0, most: int | None = None) -> tuple[list[str], list[int], list[int]]:
        """Words, their counts, the number of texts that hold each; most frequent first, ties by first appearance.

        Only words seen `least` times or more, and `most` of them at most.
        """

    def words(self, *, least: int, most: int | None) -> tuple[list[str], _Int64]:
        """As `counts`: words, and their counts, int64 (words,)."""

    def embedded(self, *, rows: _Float32, counts: list[bool], components: _Float32, normalize: bool) -> _Float32:
        """Float32 (texts, dimension): the mean of the rows of each text's words that count, without components.

        Rows are (words, dimension), in the order of `counts()`, and components (n, dimension). Needs `keep`.
        """

    def merge(self, other: TokenTally) -> None:
        """Count what another counted behind what this one did."""

    def state(self) -> tuple[tuple[list[str], list[int], list[int]], int, int]:
        """Words in order of first appearance, counts, texts that hold each; texts and tokens counted."""

    @staticmethod
    def restore(
        splitter: Splitter, threads: int, state: tuple[tuple[list[str], list[int], list[int]], int, int]
    ) -> TokenTally:
        """A tally with a state."""

    def padded(
        self, *, kept: int, first_id: int, unknown: int | None, length: int, pad_left: bool, keep_last: bool
    ) -> tuple[_Int32, _Int64, int]:
        """As `TokenIndex.padded`, for the texts counted so far (needs `keep`); the `kept` most frequent have ids."""

class TokenIndex:
    """Words by id; the first word has the id `first_id`."""

    def __init__(self, words: list[str], first_id: int) -> None: ...
    def padded(
        self,
        texts: Texts,
        splitter: Splitter,
        *,
        unknown: int | None,
        length: int,
        pad_left: bool,
        keep_last: bool,
        threads: int,
    ) -> tuple[_Int32, _Int64, int]:
        """Ids int32 (samples, length) padded by 0; lengths int64 (samples,) before the cut; unknown tokens seen.

        Without an `unknown` id the tokens that the index lacks are left out, before the length is counted.
        """

    def sequences(
        self, texts: Texts, splitter: Splitter, *, unknown: int | None, threads: int
    ) -> tuple[_Int32, _Int64]:
        """Ids int32 of all texts, one after the other; int64 (samples,) where each text ends."""

class IdRows:
    """Rows of ids (samples, length), each from 0 to `rows` - 1, of which training takes batches; kept, not copied."""

    def __init__(self, ids: _Int32, rows: int) -> None: ...
    def batches(self, order: _Int32, size: int, threads: int) -> list[_Int32]:
        """Distinct ids int32 of every batch, one after the other; int32 (batches,) how many; int32 places of all ids.

        `order` is int32 (samples,), `size` of them a batch. A batch's ids are sorted, 0 is always among them.
        """

class ForwardPass:
    """The forward pass of a network; each step makes a value, whose number it returns; value 0 is the samples.

    Weights are float32, kernels (inputs, outputs) as Keras has them. A value is a sequence (samples, steps, channels)
    with a mask, or features (samples, units). No sample depends on the others, nor on the number of threads.
    """

    def __init__(self, channels: int, activation: str) -> None: ...
    def convolve(self, source: int, width: int, kernel: _Float32, bias: _Float32) -> int:
        """Windows of `width` steps through a kernel and a relu; zeros beyond the ends and where the mask is false."""

    def dense(self, source: int, kernel: _Float32, bias: _Float32, is_relu: bool) -> int:
        """Features through a kernel, and a relu if there is one."""

    def flatten(self, source: int, length: int) -> int:
        """All steps in one row of features."""

    def halve(self, source: int) -> int:
        """The larger of every two steps."""

    def join(self, source: int, stride: int) -> int:
        """Every `stride` steps side by side."""

    def pool(self, source: int, pooling: str) -> int:
        """Features: the "mean" or the "max" over the steps where the mask is true; zeros where it never is."""

    def read(
        self,
        source: int,
        cell: str,
        kernel: _Float32,
        recurrent: _Float32,
        biases: tuple[_Float32, _Float32],
        *,
        is_backward: bool,
        is_last: bool,
    ) -> int:
        """The last state of a "simple", "gru" or "lstm" cell, or its states; biases of the inputs and of the state."""

    def side_by_side(self, sources: list[int]) -> int:
        """Channels, or features, one after the other."""

    def finish(self) -> None:
        """Note which values no later step needs; call it once, after the last step."""

    def of_ids(self, ids: _Int32, table: _Float32, *, together: int, threads: int) -> _Float32:
        """Outputs (samples, units) for ids (samples, length) of rows of a table (rows, channels); 0 is padding.

        `together` samples, 24 at most, go through the steps on one thread.

        Raises:
            ValueError: an id is not that of a row, or samples are of another length.
        """

    def of_values(self, values: _Float32, mask: _UInt8, *, together: int, threads: int) -> _Float32:
        """Outputs (samples, units) for (samples, length, channels) and a mask (samples, length), 0 where nothing is."""

class GramTally:
    """Counts n-grams over batches of texts; what it keeps of them becomes rows."""

    texts: int
    tokens: int

    def __init__(
        self, splitter: Splitter, *, threads: int, shortest: int, longest: int, stop_words: list[str]
    ) -> None: ...
    def add(self, texts: Texts, *, keep: bool) -> None:
        """Count a batch. Raises `OverflowError` where there are 2**32 distinct n-grams.

        Once that ended early, by an interrupt or an error, the tally takes no more and gives no columns
        (`RuntimeError`); rows of the columns that were chosen before are as they were.
        """

    def lose(self) -> None:
        """Refuse the tally from now on, since some of the texts that belong together are counted and others not."""

    def merge(self, other: GramTally) -> None:
        """Count what another counted behind what this one did."""

    def columns(self, *, least_count: int, least_texts: int, most_texts: int, most: int | None) -> GramColumns:
        """The n-grams within limits, most frequent first, ties by first appearance."""

    def kept_rows(self, columns: GramColumns, *, local: str, weights: _Float64 | None, norm: str | None) -> _Rows:
        """Values, columns, and where the rows begin and the last one ends, int32, or int64 where there are 2**31 values
        or more; of the texts that were kept, which are forgotten.
        """

    def rows(
        self, texts: Texts, columns: GramColumns, *, local: str, weights: _Float64 | None, norm: str | None
    ) -> _Rows:
        """As `kept_rows`, of other texts."""

    def names(self, columns: GramColumns, joiner: str, start: int, end: int) -> list[str]:
        """The n-grams of some columns as text."""

    def column_counts(self, columns: GramColumns) -> list[_Int64]:
        """Counts, and texts that hold each; int64 (columns,)."""

    def state(self, columns: GramColumns | None = None) -> _GramState:
        """All that was counted, in order of first appearance; with columns those alone, in their order.

        Tokens; of every n-gram how many of them it has, their places, count, texts and first appearance; texts and
        tokens counted.
        """

    def restore(self, state: _GramState) -> GramColumns:
        """Take a state as if it had been counted; its n-grams as columns, in their order."""

class GramColumns:
    """N-grams that are columns of a matrix."""

    def __len__(self) -> int: ...

class GramHasher:
    """N-grams as columns by a hash that never changes."""

    def __init__(
        self, *, seed: int, buckets: int, signed: bool, shortest: int, longest: int, stop_words: list[str]
    ) -> None: ...
    def rows(self, texts: Texts, splitter: Splitter, *, local: str, norm: str | None, threads: int) -> _Rows:
        """As `GramTally.rows`."""

    def sequences(self, texts: Texts, splitter: Splitter, threads: int) -> tuple[_Int32, _Int64]:
        """Buckets int32 of all tokens, one text after the other; int64 (samples,) where each text ends."""

    def padded(
        self, texts: Texts, splitter: Splitter, *, length: int, pad_left: bool, keep_last: bool, threads: int
    ) -> tuple[_Int32, _Int64]:
        """Buckets int32 (samples, length x sizes) of n-grams, from 1, padded by 0; int64 (samples,) tokens of texts."""

    def place(self, tokens: list[str]) -> tuple[int, int]:
        """Bucket and sign of an n-gram."""

    def collisions(
        self, tally: GramTally, joiner: str, most_examples: int
    ) -> tuple[int, int, int, int, list[list[str]]]:
        """N-grams seen, distinct ones, buckets used, distinct ones that share one; some that do."""

class BagFeatures:
    """N-grams of several kinds of token; each with its splitter, its section of the text, the shortest and the longest
    n-gram. Of several sections each but the last holds tokens with a NUL between two; two NULs stand between sections.
    """

    def __init__(self, kinds: list[tuple[Splitter, int, int, int]], sections: int) -> None: ...
    def places(self, text: str, columns: BagColumns) -> tuple[_Int64, _Int32]:
        """Of every n-gram of a text: column int64 (-1 where it is none); kind, first token, end token int32."""

class BagCounter:
    """Counts in how many texts each n-gram is."""

    texts: int

    def __init__(self) -> None: ...
    def add(self, features: BagFeatures, texts: Texts, *, threads: int) -> None:
        """Count a batch."""

    def columns(
        self, *, least_texts: int, most_texts: int, most: int | None, threads: int
    ) -> tuple[BagColumns, _UInt32]:
        """The n-grams within limits, those in most texts first; uint32 (columns,) in how many texts each is."""

class BagColumns:
    """N-grams to columns, by their 64-bit hashes, or by buckets."""

    @staticmethod
    def learned(hashes: _UInt64) -> BagColumns:
        """Columns in the order of hashes. Raises `ValueError` where one stands there twice."""

    @staticmethod
    def hashed(buckets: int) -> BagColumns:
        """Buckets."""

    def __len__(self) -> int: ...
    def hashes(self) -> _UInt64:
        """(columns,); nothing for buckets."""

    def extended(self, features: BagFeatures, texts: Texts) -> BagColumns:
        """These columns, and behind them those of the n-grams of texts that have none; of buckets the same."""

    def rows(self, features: BagFeatures, texts: Texts, *, local: str, threads: int) -> BagRows:
        """The rows of texts; `local` is count, binary or sublinear."""

class BagRows:
    """Rows of a sparse matrix."""

    entries: int

    def __len__(self) -> int: ...
    @staticmethod
    def joined(parts: list[BagRows]) -> BagRows:
        """Rows of several behind each other."""

    def text_counts(self, *, columns: int) -> _UInt32:
        """In how many rows each column is, uint32 (columns,)."""

    def squares(self, *, columns: int, factors: _Float32 | None) -> _Float32:
        """The sum of the squares of each column's values, rows at length 1; float32 (columns,)."""

    def first_rows(self, columns: _UInt32) -> _Int64:
        """The first row that has each column, int64 (columns,); -1 where none has it."""

    def fit(
        self,
        jobs: list[LinearJob],
        *,
        columns: int,
        factors: _Float32 | None,
        smoothing: float | None,
        loss: str,
        epochs: int,
        tolerance: float,
        seed: int,
        threads: int,
    ) -> list[list[tuple[LinearWeights, _Float32, list[int], list[float]]]]:
        """For each job and each of its strengths: weights, scores float32 (held out, outputs) of the held-out rows,
        epochs, and (outputs,) mean squares of the columns' factors.

        The result does not depend on the number of threads. With `smoothing`, columns are multiplied by log-count
        ratios.
        """

class DenseTable:
    """Rows float32 (rows, width), and linear models on them."""

    def __len__(self) -> int: ...
    def moments(self, *, threads: int) -> tuple[_Float64, _Float64]:
        """Mean and standard deviation of every column, float64 (width,)."""

    def scale(self, means: _Float32, factors: _Float32, *, threads: int) -> None:
        """Take means from the columns, and multiply these by factors, both float32 (width,)."""

    def multiply(self, *, threads: int) -> None:
        """Make the products of all pairs of rows, with which fits of fewer rows than columns take less time."""

    def products(self) -> _Float32:
        """Float32 (rows, rows), the products of all pairs of rows; nothing where they were not made."""

    def fit(
        self, jobs: list[LinearJob], *, loss: str, steps: int, tolerance: float, threads: int
    ) -> list[list[tuple[_Float32, _Float32, _Float32, int]]]:
        """Do jobs by L-BFGS; `loss` is "softmax", "logistic" or "squared".

        For each job and each of its strengths: coefficients of its rows float32 (outputs, rows), biases (outputs,),
        scores of the held-out rows (held out, outputs), and steps.
        """

    def weights(self, rows: _UInt32, coefficients: _Float32, *, threads: int) -> _Float32:
        """Weights float32 (outputs, width) of coefficients float32 (outputs, rows) of some rows, uint32."""

class SeriesConvolutions:
    """MiniRocket's convolutions with learned biases.

    Series are float32 (steps, channels), one after the other, and uint64 (series,) where each ends, in steps.
    """

    @staticmethod
    def learned(
        values: _Float32,
        ends: _UInt64,
        *,
        least: int,
        length: int,
        features: int,
        seed: int,
        threads: int,
    ) -> SeriesConvolutions:
        """Learn biases; dilations suit `length`, series of fewer than `least` steps are filled up with zeros."""

    @staticmethod
    def restored(
        *,
        channels: int,
        least: int,
        dilations: _UInt64,
        counts: _UInt64,
        channel_counts: _UInt64,
        chosen: _UInt64,
        biases: _Float32,
    ) -> SeriesConvolutions:
        """Put together what `lists` and `biases` gave.

        Raises:
            ValueError: they do not fit each other.
        """

    def lists(self) -> list[_UInt64]:
        """Dilations, biases of a kernel at each, channels of each combination, and all of these; uint64 each."""

    def biases(self) -> _Float32:
        """Float32 (features,)."""

    def __len__(self) -> int: ...
    def rows(self, values: _Float32, ends: _UInt64, *, threads: int) -> DenseTable:
        """Features of series, between 0 and 1, as rows."""

    def features(self, values: _Float32, ends: _UInt64, *, threads: int) -> _Float32:
        """The same as an array (series, features)."""

    def scores(self, values: _Float32, ends: _UInt64, *, weights: _Float32, bias: _Float32, threads: int) -> _Float32:
        """Scores float32 (series, outputs) by weights float32 (outputs, features) and biases (outputs,)."""

class LinearJob:
    """One fit.

    `rows` and `held_out` are uint32 numbers of rows, `targets` float32 (outputs, rows), `weights` float32 (rows,); for
    each of `strengths` a model is fitted, and kept if `keep_weights`.
    """

    def __init__(
        self,
        *,
        rows: _UInt32,
        targets: _Float32,
        weights: _Float32,
        strengths: list[float],
        held_out: _UInt32,
        keep_weights: bool,
    ) -> None: ...

class LinearWeights:
    """A linear model; its arrays are those that it was made of."""

    def __init__(self, table: _Float32, bias: _Float32) -> None: ...
    def table(self) -> _Float32:
        """(columns, outputs)."""

    def bias(self) -> _Float32:
        """(outputs,)."""

    def scores(
        self,
        features: BagFeatures,
        columns: BagColumns,
        texts: Texts,
        *,
        local: str,
        factors: _Float32 | None,
        threads: int,
    ) -> _Float32:
        """Scores (texts, outputs)."""

    def refined(
        self,
        rows: BagRows,
        *,
        targets: _Float32,
        costs: _Float32,
        variances: _Float32,
        bias_variances: _Float32,
        factors: _Float32 | None,
        loss: str,
        epochs: int,
        tolerance: float,
        seed: int,
        threads: int,
    ) -> LinearWeights:
        """Weights moved by more rows; `variances` float32 (columns, outputs) and (outputs,) say how far each may go."""

class VectorScan:
    """What one pass over a text file of vectors found."""

    lines: int
    repeated: int
    matrix: _Float32
    found: _UInt8

Heard = Callable[[int, int], None]
"""Hears what is done and what there is to do."""

class Place:
    """Where the rows of a text file of vectors are."""

    def __init__(
        self,
        path: str,
        compression: str,
        member: tuple[int, int, int, int, bool] | None,
        start: int,
        first_line: int,
        dimension: int,
    ) -> None: ...

def scan_vectors(place: Place, words: list[bytes], threads: int, progress: Heard | None) -> VectorScan:
    """Matrix float32 (words, dimension) with zeros where a word has no row; found uint8 (words,).

    Every line is checked for its number of fields; only wanted ones are parsed. The first row of a word wins;
    later ones of wanted words are counted as `repeated`. Raises `malmoi.errors.FormatError` that names the line.
    """

class VectorRows:
    """All rows of a text file, some at a time."""

    def __init__(self, place: Place, threads: int) -> None: ...
    def next(self, progress: Heard | None) -> tuple[bytearray, _Int64, _Float32] | None:
        """Words' bytes, (rows,) where each ends, (rows, dimension); None at the end."""

class GloveTexts:
    """Texts that vectors are trained on; what is beyond `memory_bytes` is kept in files of `folder`."""

    # Tokens that were counted.
    tokens: int

    def __init__(self, splitter: Splitter, threads: int, memory_bytes: int, folder: str) -> None: ...
    def add(self, texts: Texts) -> None:
        """Count a batch."""

    def words(self, min_count: int, max_tokens: int | None) -> tuple[list[str], list[int]]:
        """Words and their counts, most frequent first."""

    def pairs(self, settings: Mapping[str, object]) -> tuple[_UInt32, _UInt32, _UInt64]:
        """Ranks uint32 of words and of what is near them, sums uint64 in units of 2^-24; a symmetric matrix once.

        The texts are forgotten.
        """

    def train(
        self, settings: Mapping[str, object], heard: Callable[[str, int, int, float | None], None]
    ) -> tuple[_Float32, list[float], int, int]:
        """Vectors float32 (words, dimension), costs of the epochs, pairs that are not zero, bytes that were in files.

        `heard` is told a step's name, what is done, of what, and the cost where an epoch is done. The texts are
        forgotten. Raises `malmoi.errors.DataError` where the checkpoint belongs to another training,
        `malmoi.errors.FormatError` where it is damaged, `ValueError` where the cost is no finite number.
        """

class FastTextFile:
    """A fastText model (`.bin`): its dictionary was read, its rows are read when they are wanted."""

    dimension: int
    # Characters of the shortest and the longest n-gram, and the buckets; (0, 0, 0) where there are no n-grams.
    subwords: tuple[int, int, int]
    # Words as the file holds them, in no encoding that it names; labels are left out. Made anew at every look.
    words: list[bytes]
    # int64 (words,).
    counts: _Int64

    @staticmethod
    def open(origin: str | bytes, name: str | None = None) -> FastTextFile:
        """Read all but the rows of a file, or of bytes; `name` stands in messages, the path if None.

        Raises `malmoi.errors.FormatError` that names the byte, where the file is damaged, cut short or quantised.
        """

    def matrix_for(
        self, words: list[bytes], subwords: bool, threads: int, progress: Heard | None = None
    ) -> FastTextVectors:
        """Vectors of words, those that the dictionary lacks from their n-grams if `subwords`.

        Raises `malmoi.errors.FormatError` that names the word and the byte where a number is not finite.
        """

class FastTextVectors:
    """Vectors of words, in the order that was asked for."""

    # float32 (words, dimension), zeros where a word has none.
    matrix: _Float32
    # uint8 (words,): 0 no vector, 1 a word of the dictionary, 2 from its n-grams.
    how: _UInt8

class Word2VecFile:
    """A word2vec file in binary form; its first line was read."""

    rows: int
    dimension: int

    @staticmethod
    def open(origin: str | bytes, name: str | None = None) -> Word2VecFile:
        """Read the first line of a file, or of bytes; `name` stands in messages, the path if None."""

    def scan(self, words: list[bytes], progress: Heard | None = None) -> Word2VecScan:
        """The rows of distinct words; raises `malmoi.errors.FormatError` that names row and byte."""

    def read(self, progress: Heard | None = None) -> Word2VecRows:
        """All rows; raises `malmoi.errors.FormatError` that names row and byte."""

class Word2VecScan:
    """The rows of wanted words: the first of each wins, later ones are counted as `repeated`."""

    repeated: int
    # float32 (words, dimension), zeros where a word has no row; uint8 (words,).
    matrix: _Float32
    found: _UInt8

class Word2VecRows:
    """All words of a file and their rows: the first of each wins, later ones are counted as `repeated`."""

    words: list[bytes]
    repeated: int
    # float32 (words, dimension).
    matrix: _Float32

class VectorsFile:
    """An open file of our own format; it stays the same one, whatever gets its name."""

    size: int

    @staticmethod
    def open(path: str) -> VectorsFile:
        """Open a regular file; raises `malmoi.errors.FormatError` for a pipe or a device."""

    def read(self, offset: int, size: int) -> bytes:
        """So many bytes from a place on; raises `malmoi.errors.FormatError` where the file has become too short."""

    def table(
        self,
        *,
        rows: int,
        dimension: int,
        dtype: str,
        vectors: int,
        scales: int,
        hashes: int,
        hash_rows: int,
        ends: int,
        words: int,
        words_bytes: int,
    ) -> StoredVectors:
        """What the tensors hold; each is said by its first byte. `dtype` is "F32", "F16" or "I8"."""

class StoredVectors:
    """Words and rows of a file, read when they are wanted; raises `malmoi.errors.FormatError` that names the byte."""

    def rows_of(self, words: list[bytes]) -> _Int64:
        """int64 (words,): the row of each word, -1 where there is none."""

    def words(self, start: int, stop: int) -> tuple[bytes, _Int64]:
        """The bytes of some rows' words, and int64 (rows,) where each ends among them."""

    def block(self, start: int, stop: int) -> _Float32:
        """float32 (stop - start, dimension): rows that follow one another."""

    def rows(self, numbers: _Int64) -> _Float32:
        """float32 (rows, dimension): the rows that int64 `numbers` name."""

    def scores(self, vector: _Float32, start: int, stop: int, threads: int) -> _Float32:
        """float32 (stop - start,): the product of each row with a vector float32 (dimension,)."""

    def squares(self, start: int, stop: int, threads: int) -> _Float64:
        """float64 (stop - start,): the sum of squares of each row."""

def hash_words(words: _UInt8, ends: _Int64) -> _UInt64:
    """XXH3 of every word, uint64 (words,); `ends` is int64 (words,). Never changes: files hold it."""

def read_text_files(paths: list[str], threads: int) -> list[str]:
    """The texts of UTF-8 files, in order. Raises `malmoi.errors.DataError` that names file and byte."""

def first_equals(texts: Texts, threads: int) -> list[int]:
    """For every text, the position of the first text that equals it but for case, spaces and composition."""

def similar_texts(
    texts: Texts, *, threshold: float, first: int, threads: int
) -> tuple[_Int64, _Int64, _Int64, _Float32]:
    """Places int64 (texts,): the first equal text, the first of the group, the most similar earlier text or -1; float32
    (texts,): its similarity. Texts behind the `first` ones are paired with one of those where one is similar.
    """

def check_texts(texts: Texts) -> None:
    """Refuse texts of which one holds half a character, which UTF-8 cannot."""

def letters(texts: Texts, threads: int) -> tuple[int, int, int, int]:
    """Letters of Korean; of Japanese and Chinese; of Thai, Lao, Khmer and Burmese; of all other scripts."""

def word_segments(text: str) -> list[str]:
    """All pieces between Unicode word boundaries (UAX #29); they cover the text."""

class ByteFeed:
    """The bytes of a file, a block of 1 MiB at a time; what rows of a block leave over begins the next one."""

    def __init__(self, path: str | None = None, compression: str = "", offset: int = 0, allowed: int = ...) -> None:
        """Read what a file holds from a byte on; without a path bytes are pushed.

        `compression`: "", "gzip" or "zstandard"; compressed data may decompress to `allowed` bytes.
        """

    def push(self, block: bytes, last: bool) -> None:
        """Add bytes, where there is no file."""

class DelimitedRows:
    """Blocks of rows of delimited text; those of a file are found by a thread of its own, one block ahead. A field that
    begins with a quote ends at the next single one, and two quotes within it stand for one. Blank lines, and lines
    of empty fields, are no rows.
    """

    def __init__(self, feed: ByteFeed, dialect: tuple[int, int | None, int], width: int, wanted: list[int]) -> None:
        """Find rows of `width` fields, and keep those at the places `wanted`.

        `dialect`: delimiter, quote or none, and from how many lines on quoted fields whose lines each look like a row
        are refused (0: never).
        """

    def next_block(self) -> DelimitedBlock:
        """The next block. EOFError: compressed data are damaged. OverflowError: they inflate to too many bytes."""

class DelimitedBlock:
    """Rows of delimited text in a block."""

    def columns(self) -> list[list[str]]:
        """The wanted columns."""

    def part(self, start: int, end: int) -> bytes:
        """Some of the block's bytes."""

    bad: list[tuple[int, int, int, str, int]]
    """Rows that cannot be used: first byte, end, lines before, fault, its number (fields, lines or byte)."""
    line_numbers: list[int] | None
    """Lines of the block before each row; `None` where rows are lines that follow each other."""
    first_line: int
    """Lines of the block before the first row."""
    size: int
    """How many rows there are."""
    consumed: int
    """Bytes that were used up."""
    lines: int
    """Line ends among them."""
    is_last: bool
    """Whether no block comes after it."""
    position: int
    """Bytes of the file, compressed as they are, that were read for it and those before."""

class JsonRows:
    """Blocks of rows of JSON: an object a line, or the items of an array up to its bracket; as `DelimitedRows`."""

    def __init__(self, feed: ByteFeed, items: bool, paths: list[list[str]], texts: list[int], threads: int) -> None:
        """Find rows, and keep the values that the keys of each path lead to; those at `texts` are strings."""

    def next_block(self) -> JsonBlock:
        """The next block; errors as of `DelimitedRows`."""

class JsonBlock:
    """Rows of JSON in a block."""

    def columns(self, json: Callable[[bytes], object], missing: object) -> list[list[object]]:
        """The wanted values, a list for each path: None, bool, int, float or str; what `json` makes of others;
        `missing` where there is none.
        """

    def part(self, start: int, end: int) -> bytes:
        """Some of the block's bytes."""

    bad: list[tuple[int, int, int, str, int]]
    """As those of `DelimitedBlock`."""
    starts: list[int]
    """The first byte of every row."""
    line_numbers: list[int] | None
    """As those of `DelimitedBlock`."""
    first_line: int
    """Lines of the block before the first row."""
    size: int
    """How many rows there are."""
    consumed: int
    """Bytes that were used up."""
    lines: int
    """Line ends among them."""
    is_last: bool
    """Whether no block comes after it."""
    position: int
    """Bytes of the file, compressed as they are, that were read for it and those before."""
    closed: bool
    """Whether the closing bracket was met."""

def row_sums(rows: BagRows, table: _Float32, *, factors: _Float32 | None, threads: int) -> _Float32:
    """Sums float32 (rows, width) of the rows of a table float32 (columns, width), each row of texts at length 1."""

def row_components(
    rows: BagRows,
    heard: Callable[[int, int], None],
    *,
    columns: int,
    rank: int,
    passes: int,
    factors: _Float32 | None,
    seed: int,
    threads: int,
) -> tuple[_Float32, _Float32]:
    """Principal components float32 (columns, rank), not centred, and singular values float32 (rank,)."""

def document_vectors(
    rows: BagRows,
    heard: Callable[[int, int], None],
    *,
    wanted: _UInt8,
    dimension: int,
    epochs: int,
    negatives: int,
    learning_rate: float,
    sharpness: float,
    seed: int,
    threads: int,
) -> _Float32:
    """Vectors float32 (columns, the next multiple of 32) of n-grams, 1 long; zeros where `wanted` is 0."""

def text_facts(texts: Texts, threads: int) -> tuple[_UInt32, _UInt32, _UInt32, _UInt8]:
    """Characters that are no white space, letters, and letters of the script that most belong to, uint32 (texts,); that
    script, uint8 (texts,), as `core/src/text/facts.rs` numbers them.
    """

def text_damage(texts: Texts, threads: int) -> _UInt32:
    """Uint32 (damaged texts, 5): the text, sequences of mojibake, the place of the first among the characters,
    characters U+FFFD, the place of the first.
    """

_Markup = tuple[int, list[int], list[tuple[str, int, int]]]

def text_markup(texts: Texts, threads: int) -> tuple[_Markup, _Markup]:
    """Of tags of HTML and ends of BBCode, then of entities: texts that hold some, the first of them; for each name how
    often it was found, and in how many texts.
    """

def text_likeness(texts: Texts, sample: list[int], threads: int) -> tuple[_UInt32, _UInt32, _UInt32, _Float32]:
    """Words, those among the 100 most frequent of the sample, trigrams of their letters, uint32 (texts,); the mean
    logarithm of the trigrams' probability in the sample, float32 (texts,).
    """

def class_counts(
    texts: Texts,
    *,
    codes: _UInt32,
    ends: _UInt64,
    classes: int,
    samples: list[list[int]],
    share: float,
    threads: int,
) -> tuple[_UInt8, list[str], _UInt32, _UInt32, _UInt32]:
    """Pieces of evidence that stand in a share of the sample of a class: kinds and names; texts that hold each, begin
    with it, end with it, and one of them, uint32 (pieces, 4); uint32 (pieces, classes), texts of each class that hold
    each; uint32 (kinds, classes), texts of each class that hold any of a kind.

    Labels are codes uint32 (entries,), one text behind the other, and their ends uint64 (texts,).
    """
