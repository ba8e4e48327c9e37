from .classifiers import EmbeddingClassifier
from .corpus import Corpus, read_corpus
from .errors import DataError, FormatError, MalmoiError, MissingExtraError
from .history import History
from .networks import Flatten, Learned, Pretrained
from .storage import load
from .tokens import KerasWords, Words
from .vectorizers import SequenceVectorizer
from .vocabulary import Vocabulary
from .wordvectors import WordVectors

__version__: str

__all__ = [
    "Corpus",
    "DataError",
    "EmbeddingClassifier",
    "Flatten",
    "FormatError",
    "History",
    "KerasWords",
    "Learned",
    "MalmoiError",
    "MissingExtraError",
    "Pretrained",
    "SequenceVectorizer",
    "Vocabulary",
    "WordVectors",
    "Words",
    "load",
    "read_corpus",
]
