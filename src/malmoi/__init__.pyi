from .classifiers import EmbeddingClassifier, SeriesClassifier, SeriesRegressor, windows
from .corpus import Corpus, read_corpus
from .embedders import TextEmbedder
from .errors import DataError, FormatError, MalmoiError, MissingExtraError
from .grams import ngrams
from .history import History
from .networks import Average, Conv, Flatten, Hashed, Learned, Pretrained, Recurrent
from .storage import load
from .tokens import Characters, External, Hangul, KerasWords, Pattern, Whitespace, Words
from .vectorizers import (
    BagVectorizer,
    HashedBagVectorizer,
    HashedOneHotVectorizer,
    HashedSequenceVectorizer,
    OneHotVectorizer,
    SequenceVectorizer,
)
from .vocabulary import Vocabulary
from .wordmap import word_map
from .wordtests import evaluate_vectors
from .wordvectors import WordVectors

__version__: str

__all__ = [
    "Average",
    "BagVectorizer",
    "Characters",
    "Conv",
    "Corpus",
    "DataError",
    "EmbeddingClassifier",
    "External",
    "Flatten",
    "FormatError",
    "Hangul",
    "Hashed",
    "HashedBagVectorizer",
    "HashedOneHotVectorizer",
    "HashedSequenceVectorizer",
    "History",
    "KerasWords",
    "Learned",
    "MalmoiError",
    "MissingExtraError",
    "OneHotVectorizer",
    "Pattern",
    "Pretrained",
    "Recurrent",
    "SequenceVectorizer",
    "SeriesClassifier",
    "SeriesRegressor",
    "TextEmbedder",
    "Vocabulary",
    "Whitespace",
    "WordVectors",
    "Words",
    "evaluate_vectors",
    "load",
    "ngrams",
    "read_corpus",
    "windows",
    "word_map",
]
