"""Vectorizers of texts: token ids, one-hot, bags of n-grams, hashed bags; imported lazily."""

from importlib import import_module as _import_module
from typing import TYPE_CHECKING as _CHECKING

if _CHECKING:
    from malmoi.vectorizers.bags import BagVectorizer
    from malmoi.vectorizers.buckets import HashedSequenceVectorizer
    from malmoi.vectorizers.hashed import Collisions, HashedBagVectorizer, HashedOneHotVectorizer
    from malmoi.vectorizers.onehot import OneHotVectorizer
    from malmoi.vectorizers.sequences import EncodedTexts, SequenceVectorizer

__all__ = [
    "BagVectorizer",
    "Collisions",
    "EncodedTexts",
    "HashedBagVectorizer",
    "HashedOneHotVectorizer",
    "HashedSequenceVectorizer",
    "OneHotVectorizer",
    "SequenceVectorizer",
]

_MODULES = {
    "BagVectorizer": "bags",
    "Collisions": "hashed",
    "EncodedTexts": "sequences",
    "HashedBagVectorizer": "hashed",
    "HashedOneHotVectorizer": "hashed",
    "HashedSequenceVectorizer": "buckets",
    "OneHotVectorizer": "onehot",
    "SequenceVectorizer": "sequences",
}


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"module 'malmoi.vectorizers' has no attribute {name!r}")
    return getattr(_import_module(f"malmoi.vectorizers.{_MODULES[name]}"), name)


def __dir__() -> list[str]:
    return list(__all__)
