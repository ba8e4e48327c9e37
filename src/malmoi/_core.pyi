"""The Python interface of the compiled core; `core/python/` defines the bindings.

Array arguments must be contiguous, of the named type, and in native byte order; they are read in place without a copy,
and never modified. Returned arrays are newly allocated and belong to the caller.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Self, TypeAlias, overload

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
    """Texts of an Arrow column, used without a copy; a sequence that creates a str when an item is accessed.

    Args:
        values: an object with `__arrow_c_stream__` or `__arrow_c_array__`: strings of any width, string views, or
            dictionary-encoded or run-end-encoded strings; or a list of str, which is copied.

    Raises:
        TypeError: the column is of another type, or a text is null.
        ValueError: a text is not UTF-8, the column is damaged, or a dictionary or runs have 2**32 texts or more.
        MemoryError: there is not enough memory for the indices of the texts of a dictionary or of runs.
    """

    def __init__(self, values: object) -> None: ...
    def __len__(self) -> int: ...
    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> Self: ...
    def to_list(self) -> list[str]:
        """All texts as a list; can be interrupted."""

    def take(self, places: Sequence[int]) -> Self:
        """The texts at these indices, in this order, possibly repeated, without a copy."""

    def cuts(self, *, most_texts: int, most_bytes: int) -> list[int]:
        """The start of each batch and the end of the last; a batch has about `most_texts` texts or `most_bytes`."""

    def characters(self) -> int:
        """The total number of characters."""

Texts: TypeAlias = list[str] | TextColumn

class Splitter:
    """Splits a text into tokens. The preprocessing that all rules except Keras' share is applied first, in this order:
    `html` tags removed, Unicode normalization `form`, `accents` removed, `lowercase`.
    """

    @staticmethod
    def words(
        *, punctuation: bool, emoji: bool, html: bool, form: str | None, accents: bool, lowercase: bool
    ) -> Splitter:
        """Unicode word boundaries (UAX #29); segments without a letter or digit are dropped, or kept if visible.

        With `emoji` and without `punctuation`, every emoji is a token, without its variation selectors.
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
    def standardized(*, removed: str, lowercase: bool, by_characters: bool) -> Splitter:
        """The rule of Keras' `TextVectorization`: ASCII characters are removed, then ASCII letters lower-cased; runs
        between ASCII white space, or code points.

        Raises `ValueError` if `removed` has a character beyond ASCII.
        """

    @staticmethod
    def whitespace(*, html: bool, form: str | None, accents: bool, lowercase: bool) -> Splitter:
        """Splits at white space."""

    @staticmethod
    def pattern(pattern: str, *, html: bool, form: str | None, accents: bool, lowercase: bool) -> Splitter:
        """The matches of a regular expression. Raises `ValueError` with the reason if the pattern is invalid."""

    @staticmethod
    def hangul(
        *, jamo: bool, punctuation: bool, html: bool, form: str | None, accents: bool, lowercase: bool
    ) -> Splitter:
        """Syllables or jamo of Korean, words of other scripts."""

    @staticmethod
    def eojeol(
        *, particles: bool, punctuation: bool, html: bool, form: str | None, accents: bool, lowercase: bool
    ) -> Splitter:
        """Words, with runs of Korean laughter and crying letters and frequent particles split off."""

    def tokens(self, text: str) -> list[str]:
        """Split one text."""

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Start and end of each token, in characters of the text."""

    def coverage(self, texts: Texts, threads: int) -> tuple[int, int, list[int], int, int, list[tuple[str, int]]]:
        """Texts without tokens, how many of them are blank, indices of the first that are not blank; characters,
        punctuation in no token, other characters in no token with their counts, most frequent first.
        """

class TokenTally:
    """Counts tokens over batches of texts; with `keep`, also stores the token ids of every text."""

    texts: int
    tokens: int

    def __init__(self, splitter: Splitter, *, threads: int, keep: bool) -> None: ...
    def add(self, texts: Texts) -> None:
        """Count a batch. After an interrupt or an error here, every use of the tally raises `RuntimeError`."""

    def lose(self) -> None:
        """Invalidate the tally, because only some of the texts that belong together were counted."""

    def counts(self, *, least: int = 0, most: int | None = None) -> tuple[list[str], list[int], list[int]]:
        """Words, their counts, the number of texts that contain each; most frequent first, ties by first appearance.

        Only words seen at least `least` times, and at most `most` of them.
        """

    def words(self, *, least: int, most: int | None) -> tuple[list[str], _Int64]:
        """As `counts`: words and their counts, int64 (words,)."""

    def embedded(self, *, rows: _Float32, counts: list[bool], components: _Float32, normalize: bool) -> _Float32:
        """Float32 (texts, dimension): the mean row of each text's words that count, with the components removed.

        Rows are (words, dimension), in the order of `counts()`, and components (n, dimension). Needs `keep`.
        """

    def merge(self, other: TokenTally) -> None:
        """Append the counts of another tally to those of this one."""

    def state(self) -> tuple[tuple[list[str], list[int], list[int]], int, int]:
        """Words in order of first appearance, counts, texts that contain each; texts and tokens counted."""

    @staticmethod
    def restore(
        splitter: Splitter, threads: int, state: tuple[tuple[list[str], list[int], list[int]], int, int]
    ) -> TokenTally:
        """Create a tally from its state."""

    def padded(
        self, *, kept: int, first_id: int, unknown: int | None, length: int, pad_left: bool, keep_last: bool
    ) -> tuple[_Int32, _Int64, int]:
        """As `TokenIndex.padded`, for the texts counted so far (needs `keep`); only the `kept` top words have ids."""

class TokenIndex:
    """Maps words to ids; the first word has the id `first_id`."""

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
        """Ids int32 (samples, length) padded with 0; lengths int64 (samples,) before truncation; unknown tokens seen.

        Without an `unknown` id, tokens that are not in the index are dropped before the length is counted.
        """

    def sequences(
        self, texts: Texts, splitter: Splitter, *, unknown: int | None, threads: int
    ) -> tuple[_Int32, _Int64]:
        """Ids int32 of all texts, concatenated; the end offset of each text, int64 (samples,)."""

class IdRows:
    """Rows of ids (samples, length), each from 0 to `rows` - 1, as the source of training batches; not copied."""

    def __init__(self, ids: _Int32, rows: int) -> None: ...
    def batches(self, order: _Int32, size: int, threads: int) -> list[_Int32]:
        """Distinct ids int32 of every batch, concatenated; their numbers int32 (batches,); int32 indices of all ids.

        `order` is int32 (samples,), with `size` samples per batch. A batch's ids are sorted and always include 0.
        """

class ForwardPass:
    """The forward pass of a network; each step returns the number of the value it computes; value 0 is the samples.

    Weights are float32, kernels (inputs, outputs) as in Keras. A value is a sequence (samples, steps, channels) with a
    mask, or features (samples, units). The result of a sample depends neither on the others nor on the thread count.
    """

    def __init__(self, channels: int, activation: str) -> None: ...
    def convolve(self, source: int, width: int, kernel: _Float32, bias: _Float32) -> int:
        """A convolution over `width` steps and a relu; zeros beyond the ends and where the mask is false."""

    def dense(self, source: int, kernel: _Float32, bias: _Float32, is_relu: bool) -> int:
        """A dense layer on features, with a relu if `is_relu`."""

    def flatten(self, source: int, length: int) -> int:
        """All steps concatenated to one row of features."""

    def halve(self, source: int) -> int:
        """Max pooling over pairs of steps."""

    def join(self, source: int, stride: int) -> int:
        """Concatenate the channels of every `stride` steps."""

    def pool(self, source: int, pooling: str) -> int:
        """Features: the "mean" or the "max" over the steps where the mask is true; zeros if it never is."""

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
        """The last state, or all states, of a "simple", "gru" or "lstm" cell; input and recurrent biases."""

    def side_by_side(self, sources: list[int]) -> int:
        """Concatenate channels or features."""

    def finish(self) -> None:
        """Determine which values no later step needs; call it once, after the last step."""

    def of_ids(self, ids: _Int32, table: _Float32, *, together: int, threads: int) -> _Float32:
        """Outputs (samples, units) for ids (samples, length) that index a table (rows, channels); 0 is padding.

        `together` samples, at most 24, are computed together on one thread.

        Raises:
            ValueError: an id is out of range, or the samples have another length.
        """

    def of_values(self, values: _Float32, mask: _UInt8, *, together: int, threads: int) -> _Float32:
        """Outputs (samples, units) for (samples, length, channels) and a mask (samples, length), 0 for padding."""

class GramTally:
    """Counts n-grams over batches of texts; the texts it keeps are turned into rows."""

    texts: int
    tokens: int

    def __init__(
        self, splitter: Splitter, *, threads: int, shortest: int, longest: int, stop_words: list[str]
    ) -> None: ...
    def add(self, texts: Texts, *, keep: bool) -> None:
        """Count a batch. Raises `OverflowError` at 2**32 distinct n-grams.

        After an interrupt or an error here, adding texts and choosing columns raise `RuntimeError`; rows of columns
        chosen before are unaffected.
        """

    def lose(self) -> None:
        """Invalidate the tally, because only some of the texts that belong together were counted."""

    def merge(self, other: GramTally) -> None:
        """Append the counts of another tally to those of this one."""

    def columns(self, *, least_count: int, least_texts: int, most_texts: int, most: int | None) -> GramColumns:
        """The n-grams within the limits, most frequent first, ties by first appearance."""

    def kept_rows(self, columns: GramColumns, *, local: str, weights: _Float64 | None, norm: str | None) -> _Rows:
        """Values, column indices and row pointers (int32, or int64 from 2**31 values on) of the kept texts, which are
        then discarded.
        """

    def rows(
        self, texts: Texts, columns: GramColumns, *, local: str, weights: _Float64 | None, norm: str | None
    ) -> _Rows:
        """As `kept_rows`, for other texts."""

    def names(self, columns: GramColumns, joiner: str, start: int, end: int) -> list[str]:
        """The n-grams of a range of columns as text."""

    def column_counts(self, columns: GramColumns) -> list[_Int64]:
        """Counts and the number of texts that contain each; int64 (columns,)."""

    def state(self, columns: GramColumns | None = None) -> _GramState:
        """All counts, in order of first appearance; with `columns` only theirs, in their order.

        Tokens; for every n-gram its number of tokens, their indices, its count, texts and first appearance; texts
        and tokens counted.
        """

    def restore(self, state: _GramState) -> GramColumns:
        """Restore a state as if its texts had been counted; returns its n-grams as columns, in their order."""

class GramColumns:
    """N-grams that are columns of a matrix."""

    def __len__(self) -> int: ...

class GramHasher:
    """Maps n-grams to columns by a hash that never changes."""

    def __init__(
        self, *, seed: int, buckets: int, signed: bool, shortest: int, longest: int, stop_words: list[str]
    ) -> None: ...
    def rows(self, texts: Texts, splitter: Splitter, *, local: str, norm: str | None, threads: int) -> _Rows:
        """As `GramTally.rows`."""

    def sequences(self, texts: Texts, splitter: Splitter, threads: int) -> tuple[_Int32, _Int64]:
        """Buckets int32 of all tokens, texts concatenated; the end offset of each text, int64 (samples,)."""

    def padded(
        self, texts: Texts, splitter: Splitter, *, length: int, pad_left: bool, keep_last: bool, threads: int
    ) -> tuple[_Int32, _Int64]:
        """Buckets int32 (samples, length x sizes) of n-grams, from 1, padded with 0; tokens per text, int64."""

    def place(self, tokens: list[str]) -> tuple[int, int]:
        """Bucket and sign of an n-gram."""

    def collisions(
        self, tally: GramTally, joiner: str, most_examples: int
    ) -> tuple[int, int, int, int, list[list[str]]]:
        """N-grams seen, distinct n-grams, buckets used, distinct n-grams that share a bucket; examples of these."""

class BagFeatures:
    """N-grams of several kinds of token; each with its splitter, its section of the text, and the shortest and longest
    n-gram. With several sections, all but the last contain tokens separated by one NUL; two NULs separate sections.
    """

    def __init__(self, kinds: list[tuple[Splitter, int, int, int]], sections: int) -> None: ...
    def places(self, text: str, columns: BagColumns) -> tuple[_Int64, _Int32]:
        """For every n-gram of a text: column int64 (-1 if it has none); kind, first token, end token int32."""

class BagCounter:
    """Counts the number of texts that contain each n-gram."""

    texts: int

    def __init__(self) -> None: ...
    def add(self, features: BagFeatures, texts: Texts, *, threads: int) -> None:
        """Count a batch."""

    def counts(self, *, threads: int) -> tuple[_UInt64, _UInt32]:
        """Hashes of all n-grams uint64 (n-grams,), ascending, and uint32 (n-grams,) their numbers of texts."""

    def columns(
        self, *, least_texts: int, most_texts: int, most: int | None, threads: int
    ) -> tuple[BagColumns, _UInt32]:
        """The n-grams within the limits, by descending number of texts; that number, uint32 (columns,)."""

class BagColumns:
    """Maps n-grams to columns, by their 64-bit hashes or by buckets."""

    @staticmethod
    def learned(hashes: _UInt64) -> BagColumns:
        """Columns in the order of the hashes. Raises `ValueError` if one occurs twice."""

    @staticmethod
    def hashed(buckets: int) -> BagColumns:
        """Columns by bucket."""

    def __len__(self) -> int: ...
    def hashes(self) -> _UInt64:
        """(columns,); empty for buckets."""

    def extended(self, features: BagFeatures, texts: Texts) -> BagColumns:
        """These columns, followed by one for each new n-gram of the texts; buckets are returned unchanged."""

    def rows(self, features: BagFeatures, texts: Texts, *, local: str, threads: int) -> BagRows:
        """The rows of texts; `local` is count, binary or sublinear."""

class BagRows:
    """Rows of a sparse matrix."""

    entries: int

    def __len__(self) -> int: ...
    @staticmethod
    def joined(parts: list[BagRows]) -> BagRows:
        """Concatenate rows."""

    @staticmethod
    def of_arrays(columns: _UInt32, values: _Float32 | None, ends: _UInt64) -> BagRows:
        """Rows in arrays, also of mapped files: columns and values (entries,), which are shared with the caller and
        must not change; the end of each row (rows,), which is copied. Raises `ValueError` if they do not fit."""

    def arrays(self) -> tuple[_UInt32, _Float32 | None, _UInt64]:
        """Copies of columns (entries,), values (entries,) (`None`: all 1), and the end of each row (rows,)."""

    def text_counts(self, *, columns: int) -> _UInt32:
        """The number of rows that contain each column, uint32 (columns,)."""

    def squares(self, *, columns: int, factors: _Float32 | None) -> _Float32:
        """The sum of the squares of each column's values, with rows scaled to length 1; float32 (columns,)."""

    def first_rows(self, columns: _UInt32) -> _Int64:
        """The first row that contains each column, int64 (columns,); -1 if there is none."""

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
        """Subtract the means from the columns, and multiply these by the factors; both float32 (width,)."""

    def multiply(self, *, threads: int) -> None:
        """Compute the products of all pairs of rows, which speed up fits with fewer rows than columns."""

    def products(self) -> _Float32:
        """Float32 (rows, rows), the products of all pairs of rows; empty if they were not computed."""

    def fit(
        self, jobs: list[LinearJob], *, loss: str, steps: int, tolerance: float, threads: int
    ) -> list[list[tuple[_Float32, _Float32, _Float32, int]]]:
        """Fit by L-BFGS; `loss` is "softmax", "logistic" or "squared".

        For each job and each of its strengths: coefficients of its rows float32 (outputs, rows), biases (outputs,),
        scores of the held-out rows (held out, outputs), and the number of steps.
        """

    def weights(self, rows: _UInt32, coefficients: _Float32, *, threads: int) -> _Float32:
        """Weights float32 (outputs, width) from coefficients float32 (outputs, rows) of the given rows, uint32."""

class SeriesConvolutions:
    """MiniRocket's convolutions with learned biases.

    Series are float32 (steps, channels), concatenated, with the end of each in steps, uint64 (series,).
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
        """Learn biases; dilations suit `length`, series of fewer than `least` steps are padded with zeros."""

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
        """Restore from the results of `lists` and `biases`.

        Raises:
            ValueError: they are inconsistent.
        """

    def lists(self) -> list[_UInt64]:
        """Dilations, number of biases per kernel at each, channels per combination, and all channels; each uint64."""

    def biases(self) -> _Float32:
        """Float32 (features,)."""

    def __len__(self) -> int: ...
    def rows(self, values: _Float32, ends: _UInt64, *, threads: int) -> DenseTable:
        """Features of series, between 0 and 1, as rows."""

    def features(self, values: _Float32, ends: _UInt64, *, threads: int) -> _Float32:
        """As `rows`, as an array (series, features)."""

    def scores(self, values: _Float32, ends: _UInt64, *, weights: _Float32, bias: _Float32, threads: int) -> _Float32:
        """Scores float32 (series, outputs) with weights float32 (outputs, features) and biases (outputs,)."""

class LinearJob:
    """One fit.

    `rows` and `held_out` are row indices (uint32), `targets` float32 (outputs, rows), `weights` float32 (rows,); one
    model is fitted for each of `strengths`, and kept if `keep_weights`.
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
    """A linear model; its arrays are those it was created from."""

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
        """Weights updated with more rows; `variances` float32 (columns, outputs) and (outputs,) limit each change."""

class VectorScan:
    """The result of one pass over a text file of vectors."""

    lines: int
    repeated: int
    matrix: _Float32
    found: _UInt8

ReadProgress = Callable[[int, int], None]
"""Called with the work done so far and the total."""

class Place:
    """The location of the rows in a text file of vectors."""

    def __init__(
        self,
        path: str,
        compression: str,
        member: tuple[int, int, int, int, bool] | None,
        start: int,
        first_line: int,
        dimension: int,
    ) -> None: ...

def scan_vectors(place: Place, words: list[bytes], threads: int, progress: ReadProgress | None) -> VectorScan:
    """Matrix float32 (words, dimension), zeros for words without a row; found uint8 (words,).

    The number of fields of every line is checked; only the requested rows are parsed. The first row of a word is used;
    later rows of requested words are counted as `repeated`. Raises `malmoi.errors.FormatError` with the line.
    """

class VectorRows:
    """All rows of a text file, in blocks."""

    def __init__(self, place: Place, threads: int) -> None: ...
    def next(self, progress: ReadProgress | None) -> tuple[bytearray, _Int64, _Float32] | None:
        """The words' bytes, the end offset of each (rows,), and the rows (rows, dimension); None at the end."""

class GloveTexts:
    """Training texts of word vectors; data beyond `memory_bytes` is stored in files in `folder`."""

    # Tokens that were counted.
    tokens: int

    def __init__(self, splitter: Splitter, threads: int, memory_bytes: int, folder: str) -> None: ...
    def add(self, texts: Texts) -> None:
        """Count a batch."""

    def words(self, min_count: int, max_tokens: int | None) -> tuple[list[str], list[int]]:
        """Words and their counts, most frequent first."""

    def pairs(self, settings: Mapping[str, object]) -> tuple[_UInt32, _UInt32, _UInt64]:
        """Ranks uint32 of words and of their context words, sums uint64 in units of 2^-24; a symmetric matrix once.

        The texts are discarded.
        """

    def train(
        self, settings: Mapping[str, object], progress: Callable[[str, int, int, float | None], None]
    ) -> tuple[_Float32, list[float], int, int]:
        """Vectors float32 (words, dimension), costs of the epochs, nonzero pairs, bytes stored in files.

        `progress` is called with a step's name, the work done, the total, and the cost after an epoch. The texts are
        discarded. Raises `malmoi.errors.DataError` if the checkpoint belongs to another training,
        `malmoi.errors.FormatError` if it is damaged, `ValueError` if the cost is not finite.
        """

class FastTextFile:
    """A fastText model (`.bin`): its dictionary is read at once, its rows on demand."""

    dimension: int
    # Characters of the shortest and longest n-gram, and the number of buckets; (0, 0, 0) without n-grams.
    subwords: tuple[int, int, int]
    # Words as stored, in an encoding that the file does not name; without labels. Created anew at every access.
    words: list[bytes]
    # int64 (words,).
    counts: _Int64

    @staticmethod
    def open(origin: str | bytes, name: str | None = None) -> FastTextFile:
        """Read all but the rows of a file, or of bytes; messages use `name`, or the path if it is None.

        Raises `malmoi.errors.FormatError` with the byte if the file is damaged, truncated or quantised.
        """

    def matrix_for(
        self, words: list[bytes], subwords: bool, threads: int, progress: ReadProgress | None = None
    ) -> FastTextVectors:
        """Vectors of words; with `subwords`, those of words not in the dictionary are composed from their n-grams.

        Raises `malmoi.errors.FormatError` with the word and the byte if a number is not finite.
        """

class FastTextVectors:
    """Vectors of words, in the requested order."""

    # float32 (words, dimension), zeros for words without a vector.
    matrix: _Float32
    # uint8 (words,): 0 no vector, 1 in the dictionary, 2 composed from n-grams.
    how: _UInt8

class FastTextVocabulary:
    """Counts of words that are separated by white space, as in fastText, with one end of text per text."""

    def __init__(self) -> None: ...
    def add(self, texts: Texts, threads: int) -> None:
        """Count the words of texts."""

    def words(self, min_count: int, threads: int) -> tuple[bytearray, _Int64, _Int64]:
        """Words with at least `min_count` occurrences, the most frequent first: bytes, the end of each, and counts."""

    def totals(self) -> tuple[int, int, int]:
        """Numbers of texts, of tokens, and of the count up to which words were dropped to bound the memory."""

class FastTextDictionary:
    """Words and labels, and which buckets have rows.

    Args:
        entries: bytes of words, then of labels.
        ends: the end of each.
        words: number of words.
        shortest, longest: numbers of characters of character n-grams; 0: none.
        ngrams: number of words of the longest word n-gram.
        buckets: number of buckets.
        kept: buckets with rows, in their order; `None`: all.
        zeros: whether other buckets are zero vectors, which count in the mean; otherwise they are ignored.

    Raises:
        ValueError: entries or buckets repeat, or `ends` is not ascending.
    """

    def __init__(
        self,
        entries: _UInt8,
        ends: _Int64,
        words: int,
        *,
        shortest: int,
        longest: int,
        ngrams: int,
        buckets: int,
        kept: _UInt32 | None,
        zeros: bool,
    ) -> None: ...

class FastTextTable:
    """A matrix in shared arrays: float32, float32 in the bytes of a file, or product-quantised."""

    @staticmethod
    def dense(values: _Float32) -> FastTextTable:
        """Float32 (rows, columns)."""

    @staticmethod
    def of_bytes(content: _UInt8, start: int, rows: int, columns: int) -> FastTextTable:
        """Little-endian float32 (rows, columns) in bytes, at any alignment."""

    @staticmethod
    def quantised(
        codes: _UInt8,
        centroids: _Float32,
        *,
        columns: int,
        part: int,
        norm_codes: _UInt8 | None,
        norms: _Float32 | None,
    ) -> FastTextTable:
        """Codes (rows, parts) of centroids; codes (rows,) of norms."""

class FastTextModel:
    """A classifier that predicts; with `counts` its outputs are those of a Huffman tree for labels with these counts.

    Raises:
        ValueError: the matrices do not fit the dictionary.
    """

    def __init__(
        self,
        dictionary: FastTextDictionary,
        embeddings: FastTextTable,
        outputs: FastTextTable,
        *,
        labels: int,
        counts: list[int] | None,
    ) -> None: ...
    def predict(self, texts: Texts, threads: int) -> tuple[_Float32, _UInt8]:
        """Scores, or logarithms of probabilities (texts, labels); and 1 for texts with a known word."""

    def features(self, text: str) -> tuple[_UInt32, _Int64, int]:
        """Rows of features; kinds (0 word, 1 characters, 2 words), starts and ends in bytes (features, 3); their count.

        An n-gram with the end of the text has one byte more than its words.
        """

    def contributions(self, rows: _UInt32) -> _Float32:
        """Inner products (rows, labels) of rows of the input and the outputs."""

    def unknown_words(self, texts: Texts) -> tuple[int, int]:
        """Numbers of words, and of words that are not in the dictionary."""

class FastTextTrainer:
    """Embeddings and outputs in training, and the texts to train on.

    Args:
        dictionary: words, and the kinds of features.
        dimension: dimension of the embeddings.
        labels: number of labels.
        loss: "softmax" or "one-vs-all".
        seed: seed of the initial embeddings and of the orders of texts.
        threads: number of threads; the result does not depend on it.
        rows: embeddings (words + start_buckets, dimension) of the first words and of `start_buckets`.
        start_buckets: buckets that have embeddings.
        output: outputs (labels, dimension) of the first labels.
    """

    def __init__(
        self,
        dictionary: FastTextDictionary,
        *,
        dimension: int,
        labels: int,
        loss: str,
        seed: int,
        threads: int,
        rows: _Float32,
        start_buckets: _UInt32,
        output: _Float32,
    ) -> None: ...
    def add(self, texts: Texts, labels: _UInt32, ends: _Int64, weights: _Float32) -> None:
        """Add texts with the indices of their labels, the end of those of each text, and weights."""

    def clear(self) -> None:
        """Forget the texts, but not what was learned."""

    def train(self, shuffle: int, first_rate: float, last_rate: float) -> float:
        """Pass over the texts in the order of a number, with a learning rate that falls linearly; the mean loss."""

    def trained(self) -> tuple[_Float32, _UInt32, _Float32]:
        """Copies of embeddings (words + buckets, dimension), buckets, and outputs (labels, dimension)."""

def product_quantised(values: _Float32, *, part: int, seed: int, threads: int) -> tuple[_UInt8, _Float32]:
    """Codes (rows, parts) of the parts of a matrix, and the 256 centroids of each part, concatenated."""

def read_fasttext(content: _UInt8, name: str) -> dict[str, Any]:
    """What a classifier file of fastText contains; matrices as offsets.

    Raises:
        FormatError: the bytes are damaged, or are not a classifier.
    """

class Word2VecFile:
    """A binary word2vec file; its first line is read at once."""

    rows: int
    dimension: int

    @staticmethod
    def open(origin: str | bytes, name: str | None = None) -> Word2VecFile:
        """Read the first line of a file, or of bytes; messages use `name`, or the path if it is None."""

    def scan(self, words: list[bytes], progress: ReadProgress | None = None) -> Word2VecScan:
        """The rows of distinct words; raises `malmoi.errors.FormatError` with the row and the byte."""

    def read(self, progress: ReadProgress | None = None) -> Word2VecRows:
        """All rows; raises `malmoi.errors.FormatError` with the row and the byte."""

class Word2VecScan:
    """The rows of the requested words: the first row of each is used, later ones are counted as `repeated`."""

    repeated: int
    # float32 (words, dimension), zeros for words without a row; uint8 (words,).
    matrix: _Float32
    found: _UInt8

class Word2VecRows:
    """All words of a file and their rows: the first row of each is used, later ones are counted as `repeated`."""

    words: list[bytes]
    repeated: int
    # float32 (words, dimension).
    matrix: _Float32

class VectorsFile:
    """An open file of malmoi's own format; it stays the same file even if the path is replaced."""

    size: int

    @staticmethod
    def open(path: str) -> VectorsFile:
        """Open a regular file; raises `malmoi.errors.FormatError` for a pipe or a device."""

    def read(self, offset: int, size: int) -> bytes:
        """`size` bytes from an offset; raises `malmoi.errors.FormatError` if the file has become too short."""

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
        """The content of the tensors, each given by the offset of its first byte. `dtype` is "F32", "F16" or "I8"."""

class StoredVectors:
    """Words and rows of a file, read on demand; raises `malmoi.errors.FormatError` with the byte."""

    def rows_of(self, words: list[bytes]) -> _Int64:
        """int64 (words,): the row of each word, -1 if there is none."""

    def words(self, start: int, stop: int) -> tuple[bytes, _Int64]:
        """The bytes of the words of a range of rows, and the end offset of each, int64 (rows,)."""

    def block(self, start: int, stop: int) -> _Float32:
        """float32 (stop - start, dimension): a range of rows."""

    def rows(self, numbers: _Int64) -> _Float32:
        """float32 (rows, dimension): the rows with the indices `numbers`."""

    def scores(self, vector: _Float32, start: int, stop: int, threads: int) -> _Float32:
        """float32 (stop - start,): the product of each row with a vector float32 (dimension,)."""

    def squares(self, start: int, stop: int, threads: int) -> _Float64:
        """float64 (stop - start,): the sum of squares of each row."""

def hash_words(words: _UInt8, ends: _Int64) -> _UInt64:
    """XXH3 of every word, uint64 (words,); `ends` is int64 (words,). Never changes, because files contain it."""

def read_text_files(paths: list[str], threads: int) -> list[str]:
    """The texts of UTF-8 files, in order. Raises `malmoi.errors.DataError` with the file and the byte."""

def equality_keys(texts: Texts, seed: int, threads: int) -> _UInt64:
    """Uint64 (texts, 2): equal for texts that `first_equals` finds equal, in every process with the same seed."""

def letters_of_each(texts: Texts, threads: int) -> _UInt64:
    """Uint64 (texts, 4): Korean, Japanese or Chinese, other letters of scripts without spaces, and other letters."""

def first_equals(texts: Texts, threads: int) -> list[int]:
    """For every text, the index of the first text equal to it, ignoring case, spaces and Unicode composition."""

def similar_texts(
    texts: Texts, *, threshold: float, first: int, threads: int
) -> tuple[_Int64, _Int64, _Int64, _Float32]:
    """Indices int64 (texts,): the first equal text, the first of the group, the most similar earlier text or -1;
    float32 (texts,): its similarity. Texts after the `first` ones are compared with those and paired if similar.
    """

def duplicate_features(texts: Texts, *, salt: int, threads: int) -> tuple[_UInt64, _UInt64, _UInt64, _Int64]:
    """For near duplicates in shards: keys uint64 (texts, 2), the same for equal texts with the same salt; key uint64
    (texts,) of each text's set of features, 0 without features; all features uint64; int64 (texts,): the end of each
    text's features.
    """

def duplicate_sample(texts: int) -> _Int64:
    """Indices int64 of the texts in which frequent features are counted; none if there are too few texts."""

def frequent_features(features: _UInt64, ends: _Int64) -> _UInt64:
    """Features uint64 of more than 5 % of the texts of a sample, whose features end at `ends`."""

def duplicate_sketches(
    features: _UInt64, ends: _Int64, rows: _Int64, *, frequent: _UInt64, threads: int
) -> tuple[tuple[_Int64, _UInt32, _UInt8], tuple[_Int64, _UInt32, _UInt8]]:
    """Sketches of some rows, by the features that are not frequent, and by all: int64 (sketches,) row, uint32
    (sketches, 20) keys of the bands, uint8 (sketches, 80) values. Rows may have one of them, both or none.
    """

def band_candidates(keys: _UInt32, sketches: _UInt8, *, threshold: float) -> tuple[_UInt32, _UInt32, _UInt8]:
    """Pairs of sketches with the same key of a band whose values agree: the later, the earlier, and the number of
    agreeing values.
    """

def best_candidates(later: _UInt32, earlier: _UInt32, agreements: _UInt8, sketches: int) -> tuple[_UInt32, _UInt32]:
    """The best pairs of each of `sketches` later texts, in their order; at most four."""

def feature_similarities(
    features: _UInt64,
    ends: _Int64,
    rows: _Int64,
    other_features: _UInt64,
    other_ends: _Int64,
    other_rows: _Int64,
    *,
    threshold: float,
    threads: int,
) -> _Float32:
    """Jaccard similarity float32 (pairs,) of rows and other rows; 0 if they are not near duplicates."""

def connected_groups(pairs: _UInt32, texts: int) -> _UInt32:
    """For each of `texts` texts, the first text that pairs uint32 (pairs, 2) connect with it."""

def check_texts(texts: Texts) -> None:
    """Reject texts that contain surrogates, which UTF-8 cannot encode."""

def letters(texts: Texts, threads: int) -> tuple[int, int, int, int]:
    """Letters of Korean; of Japanese and Chinese; of Thai, Lao, Khmer and Burmese; of all other scripts."""

def word_segments(text: str) -> list[str]:
    """All segments between Unicode word boundaries (UAX #29); they cover the text."""

class ByteFeed:
    """The bytes of a file, in blocks of 1 MiB; an incomplete row at the end of a block begins the next one."""

    def __init__(self, path: str | None = None, compression: str = "", offset: int = 0, allowed: int = ...) -> None:
        """Read a file from a byte offset; without a path, bytes are added with `push`.

        `compression`: "", "gzip" or "zstandard"; compressed data may decompress to `allowed` bytes.
        """

    def push(self, block: bytes, last: bool) -> None:
        """Add bytes, if there is no file."""

class DelimitedRows:
    """Blocks of rows of delimited text; a separate thread reads a file one block ahead. A field that begins with a
    quote ends at the next single quote, and two quotes within it represent one. Blank lines and lines of empty fields
    are not rows.
    """

    def __init__(self, feed: ByteFeed, dialect: tuple[int, int | None, int], width: int, wanted: list[int]) -> None:
        """Read rows of `width` fields, and keep the fields at the indices `wanted`.

        `dialect`: delimiter, quote or none, and the number of lines from which a quoted field is rejected if each of
        its lines looks like a row (0: never).
        """

    def next_block(self) -> DelimitedBlock:
        """The next block. EOFError: damaged compressed data. OverflowError: it decompresses to too many bytes."""

class DelimitedBlock:
    """Rows of delimited text in a block."""

    def columns(self) -> list[list[str]]:
        """The requested columns."""

    def part(self, start: int, end: int) -> bytes:
        """A range of the block's bytes."""

    bad: list[tuple[int, int, int, str, int]]
    """Invalid rows: first byte, end, lines before, error, its number (fields, lines or byte)."""
    line_numbers: list[int] | None
    """Lines of the block before each row; `None` if the rows are consecutive lines."""
    first_line: int
    """Lines of the block before the first row."""
    size: int
    """The number of rows."""
    consumed: int
    """The number of bytes consumed."""
    lines: int
    """The number of line ends in these bytes."""
    is_last: bool
    """Whether this is the last block."""
    position: int
    """Bytes of the file, before decompression, read for this block and the previous ones."""

class JsonRows:
    """Blocks of rows of JSON: one object per line, or the items of an array; as `DelimitedRows`."""

    def __init__(self, feed: ByteFeed, items: bool, paths: list[list[str]], texts: list[int], threads: int) -> None:
        """Read rows, and keep the values at the keys of each path; those at `texts` are strings."""

    def next_block(self) -> JsonBlock:
        """The next block; errors as of `DelimitedRows`."""

class JsonBlock:
    """Rows of JSON in a block."""

    def columns(self, json: Callable[[bytes], object], missing: object) -> list[list[object]]:
        """The requested values, a list for each path: None, bool, int, float or str; the result of `json` for others;
        `missing` if there is none.
        """

    def part(self, start: int, end: int) -> bytes:
        """A range of the block's bytes."""

    bad: list[tuple[int, int, int, str, int]]
    """As in `DelimitedBlock`."""
    starts: list[int]
    """The first byte of every row."""
    line_numbers: list[int] | None
    """As in `DelimitedBlock`."""
    first_line: int
    """Lines of the block before the first row."""
    size: int
    """The number of rows."""
    consumed: int
    """The number of bytes consumed."""
    lines: int
    """The number of line ends in these bytes."""
    is_last: bool
    """Whether this is the last block."""
    position: int
    """Bytes of the file, before decompression, read for this block and the previous ones."""
    closed: bool
    """Whether the closing bracket was found."""

def row_sums(rows: BagRows, table: _Float32, *, factors: _Float32 | None, threads: int) -> _Float32:
    """Sums float32 (rows, width) of the rows of a table float32 (columns, width), each row scaled to length 1."""

def row_components(
    rows: BagRows,
    progress: Callable[[int, int], None],
    *,
    columns: int,
    rank: int,
    passes: int,
    factors: _Float32 | None,
    seed: int,
    threads: int,
) -> tuple[_Float32, _Float32]:
    """Principal components float32 (columns, rank), without centring, and singular values float32 (rank,)."""

def document_vectors(
    rows: BagRows,
    progress: Callable[[int, int], None],
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
    """Vectors float32 (columns, the next multiple of 32) of n-grams, of length 1; zeros where `wanted` is 0."""

def text_facts(texts: Texts, threads: int) -> tuple[_UInt32, _UInt32, _UInt32, _UInt8]:
    """Characters except white space, letters, and letters of the most frequent script, uint32 (texts,); that script,
    uint8 (texts,), as numbered in `core/src/text/facts.rs`.
    """

def text_damage(texts: Texts, threads: int) -> _UInt32:
    """Uint32 (damaged texts, 5): the text, sequences of mojibake, the character index of the first, characters U+FFFD,
    the character index of the first.
    """

_Markup = tuple[int, list[int], list[tuple[str, int, int]]]

def text_markup(texts: Texts, threads: int) -> tuple[_Markup, _Markup]:
    """For HTML tags and BBCode end tags, then for entities: the number of texts that contain any, the first of them;
    for each name its count and its number of texts.
    """

def text_likeness(texts: Texts, sample: list[int], threads: int) -> tuple[_UInt32, _UInt32, _UInt32, _Float32]:
    """Words, those among the 100 most frequent of the sample, their letter trigrams, uint32 (texts,); the mean log
    probability of the trigrams in the sample, float32 (texts,).
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
    """Pieces of evidence found in at least a share of a class's sample: kinds and names; numbers of texts that contain
    each, begin with it, end with it, and an example, uint32 (pieces, 4); texts of each class that contain each, uint32
    (pieces, classes); texts of each class that contain any of a kind, uint32 (kinds, classes).

    Labels are codes uint32 (entries,), concatenated over the texts, and their end offsets uint64 (texts,).
    """
