"""malmoi: from raw text to a classifier that you can trust, in seconds, on a laptop."""

from importlib import import_module as _import_module

__version__ = "0.1.0"

_ROOMS = {
    "Corpus": "corpus",
    "DataError": "errors",
    "EmbeddingClassifier": "classifiers",
    "Flatten": "networks",
    "FormatError": "errors",
    "History": "history",
    "KerasWords": "tokens",
    "Learned": "networks",
    "MalmoiError": "errors",
    "MissingExtraError": "errors",
    "Pretrained": "networks",
    "SequenceVectorizer": "vectorizers",
    "Vocabulary": "vocabulary",
    "WordVectors": "wordvectors",
    "Words": "tokens",
    "load": "storage",
    "read_corpus": "corpus",
}

__all__ = sorted(_ROOMS)  # noqa: PLE0605


def __getattr__(name: str) -> object:
    if name not in _ROOMS:
        raise AttributeError(f"module 'malmoi' has no attribute {name!r}")
    return getattr(_import_module(f"malmoi.{_ROOMS[name]}"), name)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
