"""Base class of the text transformers: validation, and the conventions of scikit-learn."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from functools import wraps
from typing import Any

from malmoi.data.texts import Texts, as_texts
from malmoi.foundation.estimators import Estimator, TransformerMixin
from malmoi.foundation.threads import thread_count
from malmoi.foundation.validation import shorten, surrogate_at
from malmoi.tokenizers.base import Tokenizer
from malmoi.tokenizers.batches import batches
from malmoi.tokenizers.ngrams import check_ngrams
from malmoi.tokenizers.scripts import check_tokens

__all__ = ["TextTransformer", "check_stop_words"]


class TextTransformer(TransformerMixin, Estimator):  # type: ignore[misc]
    """Base class of the text transformers, which validate their settings first."""

    tokens: Any
    n_jobs: int | None

    def __init_subclass__(cls, **options: Any) -> None:
        """Let methods accept texts as `texts` and as `X`, the name that scikit-learn's wrappers use."""
        super().__init_subclass__(**options)
        for name in ("fit", "fit_transform", "partial_fit", "transform"):
            if (method := getattr(cls, name, None)) is not None:
                setattr(cls, name, _with_both_names(method))

    def __sklearn_tags__(self) -> Any:
        """Return scikit-learn's tags: the input is one str per sample."""
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.one_d_array = True
        tags.input_tags.two_d_array = False
        return tags

    def check_settings(self) -> None:
        """Check all settings.

        Raises:
            TypeError: a setting has the wrong type.
            ValueError: a setting is out of range.

        :meta private:
        """
        check_tokens(self.tokens)
        thread_count(self.n_jobs)
        if getattr(self, "ngrams", "auto") != "auto":
            check_ngrams(getattr(self, "ngrams"))  # noqa: B009 -- only some have it

    def prepared_batches(self, tokens: Tokenizer, texts: Texts) -> list[Texts]:
        """Return batches of texts prepared for the core; errors of external tokenizers occur before counting.

        :meta private:
        """
        return [tokens.prepared(batch) for batch in batches(texts)]

    def checked_texts(self, texts: Sequence[str], *, whole: bool = True) -> Texts:
        """Check the settings, and return the texts as `as_texts` does; for `whole` see there.

        :meta private:
        """
        self.check_settings()
        return as_texts(texts, whole=whole)

    def check_is_fitted(self, attribute: str) -> None:
        """Check that the vectorizer is fitted.

        Raises:
            NotFittedError: the attribute is missing.

        :meta private:
        """
        if not hasattr(self, attribute):
            from sklearn.exceptions import NotFittedError

            raise NotFittedError(f"this {type(self).__name__} is not fitted yet; call fit first")


def _with_both_names(method: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(method)
    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        for name in ("texts", "X"):
            if not args and name in kwargs:
                args = (kwargs.pop(name),)
        return method(self, *args, **kwargs)

    return call


def check_stop_words(stop_words: object) -> list[str]:
    """Return stop words as a list of distinct str.

    Raises:
        TypeError: it is a single str, or an item is not a str.
    """
    if isinstance(stop_words, str | bytes) or not isinstance(stop_words, Collection):
        cure = "; pass the words, as there are no built-in lists" if isinstance(stop_words, str) else ""
        raise TypeError(f"stop_words must be a list or a set of str, got {shorten(stop_words)}{cure}")
    words = list(stop_words)
    for word in words:
        if not isinstance(word, str):
            raise TypeError(f"stop_words must all be str, got {shorten(word)}")
        if surrogate_at(word) is not None:
            raise ValueError(f"stop_words must not contain a lone surrogate, got {shorten(word)}")
    return sorted(set(words))
