from .classifiers import EmbeddingClassifier
from .corpus import Corpus, read_corpus
from .embedders import TextEmbedder
from .errors import DataError, FormatError, MalmoiError, MissingExtraError
from .grams import ngrams
from .history import History
from .networks import Flatten, Learned, Pretrained
from .storage import load
from .tokens import Characters, External, Hangul, KerasWords, Pattern, Whitespace, Words
from .vectorizers import (
    BagVectorizer,
    HashedBagVectorizer,
    HashedOneHotVectorizer,
    OneHotVectorizer,
    SequenceVectorizer,
)
from .vocabulary import Vocabulary
from .wordmap import word_map
from .wordtests import evaluate_vectors
from .wordvectors import WordVectors

__version__: str

__all__ = [
    "BagVectorizer",
    "Characters",
    "Corpus",
    "DataError",
    "EmbeddingClassifier",
    "External",
    "Flatten",
    "FormatError",
    "Hangul",
    "HashedBagVectorizer",
    "HashedOneHotVectorizer",
    "History",
    "KerasWords",
    "Learned",
    "MalmoiError",
    "MissingExtraError",
    "OneHotVectorizer",
    "Pattern",
    "Pretrained",
    "SequenceVectorizer",
    "TextEmbedder",
    "Vocabulary",
    "Whitespace",
    "WordVectors",
    "Words",
    "evaluate_vectors",
    "load",
    "ngrams",
    "read_corpus",
    "word_map",
]
