"""Texts to arrays: ids, one-hot, bags, hashed bags."""

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
