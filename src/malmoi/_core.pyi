"""What the compiled core offers to Python; `core/src/python.rs` binds it. Arrays come back as little-endian bytes."""

from collections.abc import Callable

class Splitter:
    """How a text becomes words."""

    @staticmethod
    def words(lowercase: bool) -> Splitter:
        """Unicode word boundaries (UAX #29); pieces without a letter or a digit are dropped."""

    @staticmethod
    def keras_words(filters: str, lowercase: bool, split: str) -> Splitter:
        """The rule of Keras' `text_to_word_sequence`."""

    def tokens(self, text: str) -> list[str]:
        """Split one text."""

class TokenTally:
    """Counts tokens over batches of texts; with `keep`, also remembers every text as numbers."""

    texts: int
    tokens: int

    def __init__(self, splitter: Splitter, *, threads: int, keep: bool) -> None: ...
    def add(self, texts: list[str]) -> None:
        """Count a batch."""

    def counts(self, *, least: int = 0, most: int | None = None) -> tuple[list[str], list[int], list[int]]:
        """Words, their counts, the number of texts that hold each; most frequent first, ties by first appearance.

        Only words seen `least` times or more, and `most` of them at most.
        """

    def padded(
        self, *, kept: int, first_id: int, unknown: int | None, length: int, pad_left: bool, keep_last: bool
    ) -> tuple[bytearray, bytearray, int]:
        """As `TokenIndex.padded`, for the texts counted so far (needs `keep`); the `kept` most frequent have ids."""

class TokenIndex:
    """Words by id; the first word has the id `first_id`."""

    def __init__(self, words: list[str], first_id: int) -> None: ...
    def padded(
        self,
        texts: list[str],
        splitter: Splitter,
        *,
        unknown: int | None,
        length: int,
        pad_left: bool,
        keep_last: bool,
        threads: int,
    ) -> tuple[bytearray, bytearray, int]:
        """Ids int32 (samples, length) padded by 0; lengths int64 (samples,) before the cut; unknown tokens seen.

        Without an `unknown` id the tokens that the index lacks are left out, before the length is counted.
        """

    def sequences(
        self, texts: list[str], splitter: Splitter, *, unknown: int | None, threads: int
    ) -> tuple[bytearray, bytearray]:
        """Ids int32 of all texts, one after the other; int64 (samples,) where each text ends."""

class VectorScan:
    """What one pass over a text file of vectors found."""

    lines: int
    repeated: int
    matrix: bytearray
    found: bytearray

def scan_vectors(
    path: str,
    words: list[str],
    dimension: int,
    start: int,
    threads: int,
    progress: Callable[[int, int], None] | None,
) -> VectorScan:
    """Matrix float32 (words, dimension) with zeros where a word has no row; found uint8 (words,).

    `start` is the byte where the rows begin. Every line is checked for its number of fields; only wanted
    ones are parsed. The first row of a word wins; later ones of wanted words are counted as `repeated`.
    Raises `malmoi.errors.FormatError` that names the line.
    """

def read_text_files(paths: list[str], threads: int) -> list[str]:
    """The texts of UTF-8 files, in order. Raises `malmoi.errors.DataError` that names file and byte."""

def first_equals(texts: list[str], threads: int) -> list[int]:
    """For every text, the position of the first text that equals it but for case, spaces and composition."""
