"""Replacement for Keras' `TextVectorization` without TensorFlow; the compiled core splits and counts texts.

The signatures are those of Keras, hence the many positional arguments and the `**kwargs`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from malmoi.data.texts import text_list
from malmoi.errors import DataError
from malmoi.foundation.json_values import JsonObject
from malmoi.keras.layers.output_form import OutputForm
from malmoi.keras.layers.text_inputs import InputTexts, input_texts, text_batches
from malmoi.keras.layers.token_rules import TextFunction
from malmoi.keras.layers.vectorizer_files import (
    VOCABULARY_FILE,
    StoredVectorizer,
    read_vectorizer,
    write_vectorizer,
    write_words,
)
from malmoi.keras.layers.vectorizer_settings import (
    SPECIALS,
    KerasArguments,
    check_weights,
    checked_settings,
    listed_weights,
    listed_words,
    rules_of,
)
from malmoi.keras.layers.word_table import MASK, UNKNOWN, WordCounts, WordTable, given_table, words_of_file

__all__ = ["TextVectorization"]


class TextVectorization:
    """Vectorizer of texts to ids or bags, compatible with Keras' layer of this name; it needs no TensorFlow.

    It is not a layer: JAX and PyTorch have no texts. Apply it to the texts before the model:
    `dataset.map(lambda x, y: (vectorizer(x), y))`. Tokens, ids, order of the vocabulary and values of bags are those of
    Keras with TensorFlow. These differ:

    - Bags are float32, where Keras returns int64 for `multi_hot`, `count` and `one_hot`.
    - `one_hot` with a split returns an array padded with zeros, where Keras returns a ragged tensor.
    - A vocabulary file may begin with the special tokens, as `vocabulary.txt` of `save_assets` does.
    - `adapt` and `set_vocabulary` may change the size of a vocabulary in use.

    As in Keras, only the letters A to Z are converted to lower case, punctuation is that of ASCII, and white space is
    that of ASCII (space, tab, line feed, vertical tab, form feed, carriage return). For other rules pass a function.

    Args:
        max_tokens: largest size of the vocabulary, special tokens included; 2 or more, None for no limit.
        standardize: "lower_and_strip_punctuation", "lower", "strip_punctuation", None, or a function. A function gets
            arrays of str (texts,), at most 1024 at once, and returns as many texts.
        split: "whitespace"; "character", code points; None, every text is a token; or a function. A function gets
            arrays of str (texts,) and returns one list of tokens per text.
        ngrams: sizes of n-grams of tokens; an integer n means 1 to n; None for the tokens themselves.
        output_mode: "int", ids int64; or float32 rows: "multi_hot", 1 for each id that occurs; "count", its count;
            "tf_idf", its count x its inverse document frequency; "one_hot", a row per token. "binary" and "tf-idf"
            mean "multi_hot" and "tf_idf".
        output_sequence_length: ids per text, padded with 0 and truncated at the end; None for those of the longest one.
        pad_to_max_tokens: whether rows have `max_tokens` columns, even if the vocabulary is smaller.
        vocabulary: words in the order of their ids, with or without "" and "[UNK]" in front; a list, an array, or the
            path of a file with one word per line. `adapt` is then not allowed.
        idf_weights: inverse document frequencies of the words, for "tf_idf".
        sparse: whether to return bags as `scipy.sparse` CSR matrices.
        ragged: whether to return ids as a list of int64 arrays, without padding.
        encoding: encoding of texts that are bytes.
        name: name in the configuration.
        kwargs: has_input_vocabulary, vocabulary_size, dtype and trainable, of saved configurations of Keras.

    Raises:
        TypeError: an argument is unknown.
        ValueError: an argument is out of range, or does not fit the output mode.

    Example:
        >>> vectorizer = TextVectorization(output_sequence_length=4)
        >>> vectorizer.adapt(["The cat sat.", "The cat!"])
        >>> vectorizer.get_vocabulary()
        ['', '[UNK]', 'the', 'cat', 'sat']
        >>> vectorizer(["The dog sat", "cat"])
        array([[2, 1, 4, 0],
               [3, 0, 0, 0]])
        >>> vectorizer.compute_output_shape((None,)), vectorizer.vocabulary_size()
        ((None, 4), 5)
        >>> counts = TextVectorization(output_mode="count", vocabulary=["good", "bad"])
        >>> counts(["Good, good film", ""])
        array([[1., 2., 0.],
               [0., 0., 0.]], dtype=float32)
        >>> TextVectorization.from_config(counts.get_config()).get_vocabulary()
        ['[UNK]', 'good', 'bad']
        >>> batches = TextVectorization(name="words")
        >>> batches.reset_state()
        >>> batches.update_state(["so good"])
        >>> batches.update_state(["so bad"])
        >>> batches.finalize_state()
        >>> batches.name, batches.get_vocabulary(include_special_tokens=False)
        ('words', ['so', 'good', 'bad'])
    """

    def __init__(
        self,
        max_tokens: int | None = None,
        standardize: str | TextFunction | None = "lower_and_strip_punctuation",
        split: str | TextFunction | None = "whitespace",
        ngrams: int | tuple[int, ...] | None = None,
        output_mode: str = "int",
        output_sequence_length: int | None = None,
        pad_to_max_tokens: bool = False,
        vocabulary: Any = None,
        idf_weights: Any = None,
        sparse: bool = False,
        ragged: bool = False,
        encoding: str = "utf-8",
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        """Check the settings, and set the vocabulary if one is given."""
        settings = {
            "name": name or "text_vectorization",
            "max_tokens": max_tokens,
            "standardize": standardize,
            "split": split,
            "ngrams": ngrams,
            "output_mode": output_mode,
            "output_sequence_length": output_sequence_length,
            "pad_to_max_tokens": pad_to_max_tokens,
            "sparse": sparse,
            "ragged": ragged,
            "encoding": encoding,
        }
        self._set_up(checked_settings(settings), KerasArguments.of(kwargs), vocabulary, idf_weights)

    def _set_up(self, config: dict[str, Any], given: KerasArguments, vocabulary: Any, idf_weights: Any) -> None:
        words = listed_words(vocabulary)
        fixed = given.has_input_vocabulary
        self._is_fixed = vocabulary is not None if fixed is None else fixed
        self._config = config
        self._rules, self._form = rules_of(config), OutputForm.of(config)
        self._mode = self._form.mode
        self._specials = SPECIALS[self._mode]
        self._given = {"vocabulary": words, "idf_weights": listed_weights(idf_weights)}
        self._expected_size = given.vocabulary_size
        self._table: WordTable | None = None
        self._counts: WordCounts | None = None
        check_weights(self._mode, idf_weights, are_needed=self._is_fixed)
        if vocabulary is not None:
            self.set_vocabulary(vocabulary if words is None else words, idf_weights)

    @property
    def name(self) -> str:
        """Name in the configuration."""
        return str(self._config["name"])

    def adapt(self, data: Any, batch_size: int | None = None, steps: int | None = None) -> None:
        """Learn the vocabulary: the most frequent tokens, ties by the tokens in descending order of code points.

        Args:
            data: texts; a list, an array or a column, or an iterable of batches of texts, such as a dataset without
                labels: `dataset.map(lambda x, y: x)`.
            batch_size: has no effect, as in Keras.
            steps: number of batches to use; None for all.

        Raises:
            DataError: the texts have no tokens.
            TypeError: the data are one str, or a batch has labels too.
            ValueError: the vocabulary was given to the constructor.
        """
        self.reset_state()
        for inputs in text_batches(data, steps, self._config["encoding"]):
            self._count(inputs)
        self.finalize_state()

    def update_state(self, data: Any) -> None:
        """Count the tokens of a batch of texts; `finalize_state` makes the vocabulary.

        Args:
            data: texts; a list, an array or a column.

        Raises:
            ValueError: the vocabulary was given to the constructor.
        """
        self._count(input_texts(data, self._config["encoding"]))

    def _count(self, inputs: InputTexts) -> None:
        if self._is_fixed:
            rule = f"Cannot adapt layer '{self.name}' after setting a static vocabulary"
            raise ValueError(f"{rule} via `vocabulary`; create it without one")
        if self._counts is None:
            self._counts = WordCounts(self._rules, count_documents=self._mode == "tf_idf")
        self._counts.add(inputs)

    def finalize_state(self) -> None:
        """Make the vocabulary of all tokens counted so far, and forget the counts.

        Raises:
            DataError: no token was counted.
        """
        if self._is_fixed:
            return
        if self._counts is None:
            raise DataError("the vocabulary needs texts, got none; call adapt or update_state with texts")
        max_tokens = self._config["max_tokens"]
        self._table = self._counts.table(self._specials, None if max_tokens is None else max_tokens - self._specials)
        self.reset_state()

    def reset_state(self) -> None:
        """Forget the counts; the vocabulary does not change."""
        self._counts = None

    def get_vocabulary(self, include_special_tokens: bool = True) -> list[str]:
        """Return the words in the order of their ids.

        Args:
            include_special_tokens: whether to include "" and "[UNK]", or only "[UNK]" if there are no ids.
        """
        front = [MASK, UNKNOWN][-self._specials :] if include_special_tokens else []
        return front + ([] if self._table is None else self._table.words)

    def set_vocabulary(self, vocabulary: Any, idf_weights: Any = None) -> None:
        """Set the words, and their weights for "tf_idf".

        Args:
            vocabulary: words in the order of their ids, with or without the special tokens in front; a list, an array,
                or the path of a file in UTF-8 with one word per line.
            idf_weights: as many numbers as items of `vocabulary`, for "tf_idf" only. Without the special tokens, the
                weight of unknown tokens is the mean.

        Raises:
            ValueError: there are no words, too many, or a repeated one; or the weights do not fit.

        Example:
            >>> vectorizer = TextVectorization(output_mode="tf_idf")
            >>> vectorizer.set_vocabulary(["good", "bad"], idf_weights=[0.5, 1.5])
            >>> vectorizer(["bad bad film"])
            array([[1., 0., 3.]], dtype=float32)
        """
        check_weights(self._mode, idf_weights, are_needed=True)
        self._table = given_table(vocabulary, idf_weights, self._specials, self._config["max_tokens"])

    def vocabulary_size(self) -> int:
        """Return the number of words with the special tokens."""
        return self._specials + (0 if self._table is None else len(self._table.words))

    def get_config(self) -> dict[str, Any]:
        """Return the settings by name, as Keras does: a vocabulary only if it was given to the constructor."""
        return {**self._config, **self._given, "trainable": True, "vocabulary_size": self.vocabulary_size()}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """Return a vectorizer with the settings of `get_config`, of Keras' layer too.

        Args:
            config: settings by name.

        Raises:
            TypeError: a setting is unknown, or a function that Keras has saved.
        """
        ngrams = config.get("ngrams")
        return cls(**{**config, "ngrams": tuple(ngrams) if isinstance(ngrams, list) else ngrams})

    def __call__(self, inputs: Any) -> Any:
        """Return ids or bags of texts.

        Args:
            inputs: a str; a list, a tuple, an array or a column of str; or rows of one str each.

        Returns:
            "int": int64 (samples, length), or (length,) for one str; a list of int64 arrays if `ragged`. "one_hot":
            float32 (samples, length, vocabulary). Other modes: float32 (samples, vocabulary), or (vocabulary,) for one
            str; a CSR matrix if `sparse`. With `split=None` every text is a token, a row is a sample, and a list is
            one sample, as in Keras.

        Raises:
            RuntimeError: there is no vocabulary.
            TypeError: an item is not a str, or the input is a symbolic tensor of a model.
            ValueError: rows have several texts, or a text has a lone surrogate.
        """
        given = input_texts(inputs, self._config["encoding"])
        if self._rules.split is not None and any(length != 1 for length in given.lengths):
            raise ValueError("texts must have one axis, or rows of one text each; pass one column")
        if self._table is None:
            raise RuntimeError("the vocabulary is not set; call adapt, or pass vocabulary")
        texts = self._rules.prepared(given.texts)
        if not (self._rules.is_of_core or self._rules.ngrams_of_core):
            samples = InputTexts(text_list(texts), given.axes, given.lengths)
            ids, ends = self._table.encoded_rows(self._rules.rows(samples.rows()))
        elif self._rules.is_of_core and self._form.length is not None and given.axes and not self._form.ragged:
            return self._table.padded(texts, self._rules, self._form.length)
        else:
            ids, ends = self._table.encoded(texts, self._rules)
        return self._form.values(ids, ends, axes=given.axes, depth=self._depth(), weights=self._table.weights)

    def _depth(self) -> int:
        """Return the number of columns of a bag."""
        if self._config["pad_to_max_tokens"]:
            return int(self._config["max_tokens"])
        return self.vocabulary_size() if self._table is not None else self._expected_size or self.vocabulary_size()

    def compute_output_shape(self, input_shape: Sequence[int | None]) -> tuple[int | None, ...]:
        """Return the shape of the output for a shape of texts; None for lengths that depend on the texts.

        Args:
            input_shape: (), (samples,) or (samples, 1).
        """
        return self._form.shape(tuple(input_shape), self._depth())

    def save(self, path: str | os.PathLike[str], *, overwrite: bool = False) -> None:
        """Save settings, vocabulary and weights as one JSON file, which has data only.

        Args:
            path: the file.
            overwrite: whether an existing file may be replaced.

        Raises:
            ValueError: `standardize` or `split` is a function.
            FileExistsError: the file exists and `overwrite` is False.

        Example:
            >>> from pathlib import Path
            >>> from tempfile import TemporaryDirectory
            >>> with TemporaryDirectory() as folder:
            ...     TextVectorization(vocabulary=["good"]).save(Path(folder) / "words.json")
            ...     TextVectorization.load(Path(folder) / "words.json")(["Good film"])
            array([[2, 1]])
        """
        config: JsonObject = {**self._config, "has_input_vocabulary": self._is_fixed}
        write_vectorizer(path, StoredVectorizer(config, self._table), overwrite=overwrite)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Return a vectorizer from a file of `save`.

        Args:
            path: the file.

        Raises:
            DataError: the file is damaged, or is another file.
            OSError: it cannot be read.
        """
        stored = read_vectorizer(path, SPECIALS)
        is_fixed = stored.config.get("has_input_vocabulary")
        try:
            loaded = cls.from_config({**stored.config, "has_input_vocabulary": False})
        except (TypeError, ValueError) as error:
            raise DataError(f"{path} is damaged: {error}") from error
        loaded._is_fixed = bool(is_fixed)
        loaded._table = stored.table
        return loaded

    def save_assets(self, dir_path: str | os.PathLike[str]) -> None:
        """Write the vocabulary as `vocabulary.txt`, as Keras does; weights of "tf_idf" are not written.

        Args:
            dir_path: an existing folder.

        Raises:
            ValueError: a word has a line separator; use `save`.

        Example:
            >>> from tempfile import TemporaryDirectory
            >>> vectorizer = TextVectorization()
            >>> with TemporaryDirectory() as folder:
            ...     TextVectorization(vocabulary=["good"]).save_assets(folder)
            ...     vectorizer.load_assets(folder)
            >>> vectorizer.get_vocabulary()
            ['', '[UNK]', 'good']
        """
        write_words(dir_path, self._table, self._specials)

    def load_assets(self, dir_path: str | os.PathLike[str]) -> None:
        """Read the vocabulary from `vocabulary.txt`; for "tf_idf", the weights must be set already.

        Args:
            dir_path: folder of the file.

        Raises:
            ValueError: the file does not exist or has no words, or weights of "tf_idf" are missing.

        Example:
            >>> from tempfile import TemporaryDirectory
            >>> vectorizer = TextVectorization(vocabulary=["good"])
            >>> with TemporaryDirectory() as folder:
            ...     vectorizer.save_assets(folder)
            ...     vectorizer.load_assets(folder)
        """
        words = words_of_file(Path(dir_path) / VOCABULARY_FILE)
        self.set_vocabulary(words, None if self._table is None else self._table.weights)
