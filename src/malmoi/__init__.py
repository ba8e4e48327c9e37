"""malmoi: from raw text to a classifier that you can trust, in seconds, on a laptop."""

from importlib import import_module as _import_module

__version__ = "0.1.0"

_ROOMS = {
    "Average": "networks",
    "BagVectorizer": "vectorizers",
    "Characters": "tokens",
    "Conv": "networks",
    "Corpus": "corpus",
    "DataError": "errors",
    "EmbeddingClassifier": "classifiers",
    "External": "tokens",
    "Flatten": "networks",
    "FormatError": "errors",
    "Hangul": "tokens",
    "Hashed": "networks",
    "HashedBagVectorizer": "vectorizers",
    "HashedOneHotVectorizer": "vectorizers",
    "HashedSequenceVectorizer": "vectorizers",
    "History": "history",
    "KerasWords": "tokens",
    "Learned": "networks",
    "MalmoiError": "errors",
    "MissingExtraError": "errors",
    "OneHotVectorizer": "vectorizers",
    "Pattern": "tokens",
    "Pretrained": "networks",
    "Recurrent": "networks",
    "SequenceVectorizer": "vectorizers",
    "SeriesClassifier": "classifiers",
    "SeriesRegressor": "classifiers",
    "TextEmbedder": "embedders",
    "Vocabulary": "vocabulary",
    "Whitespace": "tokens",
    "WordVectors": "wordvectors",
    "Words": "tokens",
    "evaluate_vectors": "wordtests",
    "load": "storage",
    "ngrams": "grams",
    "read_corpus": "corpus",
    "windows": "classifiers",
    "word_map": "wordmap",
}

__all__ = sorted(_ROOMS)  # noqa: PLE0605


def __getattr__(name: str) -> object:
    if name not in _ROOMS:
        raise AttributeError(f"module 'malmoi' has no attribute {name!r}")
    return getattr(_import_module(f"malmoi.{_ROOMS[name]}"), name)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
