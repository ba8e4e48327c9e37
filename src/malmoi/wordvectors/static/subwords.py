"""Token ids from a `tokenizer.json` of the library `tokenizers`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt

from malmoi.errors import MissingExtraError
from malmoi.foundation.validation import shorten

__all__ = ["Runs", "Subwords"]

TEXTS_TOGETHER = 256


@dataclass(frozen=True, eq=False)
class Runs:
    """Token ids of several texts, concatenated.

    Args:
        ids: int64, the ids of all texts, one after the other.
        lengths: int64 (texts,), number of ids of each text.
    """

    ids: npt.NDArray[np.int64]
    lengths: npt.NDArray[np.int64]

    def kept(self, mask: npt.NDArray[np.bool_]) -> Runs:
        """Return the ids selected by a mask."""
        counts = np.concatenate([[0], np.cumsum(mask)])
        ends = np.cumsum(self.lengths)
        return Runs(self.ids[mask], counts[ends] - counts[ends - self.lengths])

    @property
    def places(self) -> npt.NDArray[np.int64]:
        """int64, the position of every id in its text, from 0."""
        return np.arange(len(self.ids)) - np.repeat(np.cumsum(self.lengths) - self.lengths, self.lengths)


@dataclass(frozen=True)
class Subwords:
    """A tokenizer defined by JSON; no special tokens, padding or truncation are applied.

    Args:
        text: the JSON.
    """

    text: str

    @cached_property
    def content(self) -> dict[str, Any]:
        """The parsed JSON.

        Raises:
            ValueError: it is not a JSON object with a model.
        """
        try:
            content = json.loads(self.text)
        except (ValueError, RecursionError) as error:
            raise ValueError(f"the tokenizer must be JSON, found {shorten(str(error))}") from None
        if not isinstance(content, dict) or not isinstance(content.get("model"), dict):
            raise ValueError(f"the tokenizer must be a JSON object with a model, found {shorten(content)}")
        return content

    @cached_property
    def tokenizer(self) -> Any:
        """The library's tokenizer; it is never modified, so threads can share it.

        Raises:
            MissingExtraError: the library is not installed.
            ValueError: the library cannot load the JSON, or the tokenizer uses dropout.
        """
        try:
            from tokenizers import Tokenizer
        except ModuleNotFoundError as error:
            raise MissingExtraError("static embeddings need tokenizers; pip install 'malmoi[static]'") from error
        if self.content["model"].get("dropout"):
            raise ValueError(f"the tokenizer must have no dropout, found {shorten(self.content['model']['dropout'])}")
        try:
            tokenizer = Tokenizer.from_str(self.text)
        except Exception as error:  # the library raises nothing more specific
            raise ValueError(
                f"the tokenizer cannot be loaded by the library tokenizers ({shorten(str(error))})"
            ) from None
        tokenizer.no_padding()
        tokenizer.no_truncation()
        return tokenizer

    @cached_property
    def vocabulary(self) -> dict[str, int]:
        """Ids of all tokens, added tokens included."""
        return dict(self.tokenizer.get_vocab(with_added_tokens=True))

    @cached_property
    def unknown_id(self) -> int | None:
        """Id of the unknown token; `None` if there is none."""
        model = self.content["model"]
        token = model.get("unk_token")
        found = model.get("unk_id") if token is None else self.vocabulary.get(str(token))
        return found if type(found) is int else None

    @cached_property
    def median_length(self) -> int:
        """Median length of the tokens, in characters."""
        return int(np.median([len(token) for token in self.vocabulary])) if self.vocabulary else 0

    @cached_property
    def truncation(self) -> int | None:
        """Largest number of tokens per text configured in the JSON; `None` if there is none.

        Raises:
            ValueError: it is not a number, or truncation is on the left.
        """
        truncation = self.content.get("truncation")
        if truncation is None:
            return None
        length = truncation.get("max_length") if isinstance(truncation, dict) else None
        if type(length) is not int or length < 0 or truncation.get("direction", "Right") != "Right":
            raise ValueError(f"the tokenizer must truncate on the right, or not at all, found {shorten(truncation)}")
        return length

    def ids(self, texts: Sequence[str], threads: int) -> Runs:
        """Return the token ids of texts.

        Args:
            texts: texts to tokenize.
            threads: with 1 the library starts no threads; otherwise it uses its own number of threads.

        Raises:
            ValueError: the library cannot tokenize a text, for example because there is no unknown token.
        """
        lists = [encoding.ids for encoding in self._encodings(texts, threads, offsets=False)]
        lengths = np.fromiter(map(len, lists), dtype=np.int64, count=len(lists))
        flat = np.fromiter(chain.from_iterable(lists), dtype=np.int64, count=int(lengths.sum()))
        return Runs(flat, lengths)

    def ids_and_starts(
        self, texts: Sequence[str], threads: int
    ) -> list[tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]]:
        """Return for each text its token ids and their start offsets in the text.

        Raises:
            ValueError: see `ids`.
        """
        found = []
        for encoding in self._encodings(texts, threads, offsets=True):
            ids = encoding.ids
            starts = np.fromiter((start for start, _ in encoding.offsets), dtype=np.int64, count=len(ids))
            found.append((np.array(ids, dtype=np.int64), starts))
        return found

    def _encodings(self, texts: Sequence[str], threads: int, *, offsets: bool) -> Iterator[Any]:
        encode = self.tokenizer.encode_batch if offsets else self.tokenizer.encode_batch_fast
        for start in range(0, len(texts), TEXTS_TOGETHER):
            batch = list(texts[start : start + TEXTS_TOGETHER])
            try:
                if threads == 1:
                    encodings = [self.tokenizer.encode(text, add_special_tokens=False) for text in batch]
                else:
                    encodings = encode(batch, add_special_tokens=False)
            except Exception as error:  # the library raises nothing more specific
                raise ValueError(f"the tokenizer cannot tokenize the texts ({shorten(str(error))})") from None
            yield from encodings
