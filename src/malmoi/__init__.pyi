from . import distributed as distributed
from .data.corpus import Corpus
from .data.corpus_files import read_corpus
from .data.windows import windows
from .errors import DataError, FormatError, MalmoiError, MissingExtraError
from .evaluation.checks.checking import CheckReport, check
from .evaluation.evaluation import Evaluation
from .evaluation.findings import Finding
from .evaluation.measurement import evaluate
from .experiments.backtest import backtest
from .experiments.compare import compare
from .experiments.comparison import Comparison
from .experiments.learning_curve import learning_curve
from .experiments.recipe import Recipe
from .experiments.run import run
from .experiments.run_result import RunResult
from .experiments.text_classifier import TextClassifier
from .models.fasttext.classifier import FastTextClassifier
from .models.few_labels.classifier import FewLabelClassifier
from .models.forecasting.forecaster import Forecaster
from .models.history import History
from .models.linear.classifier import BagClassifier
from .models.linear.regressor import BagRegressor
from .models.minirocket.estimators import MiniRocketClassifier, MiniRocketRegressor
from .models.minirocket.transformer import MiniRocket
from .models.neural.embeddings import Hashed, Learned, Pretrained
from .models.neural.networks import Average, Conv, Flatten, Recurrent
from .models.neural.series import SeriesClassifier, SeriesRegressor
from .models.neural.text import EmbeddingClassifier
from .persistence import load
from .report.plots import plot_calibration, plot_confusion, plot_learning_curve
from .tokenizers import (
    Characters,
    Eojeol,
    External,
    Hangul,
    KerasWords,
    Morphemes,
    Pattern,
    Vocabulary,
    Whitespace,
    Words,
    ngrams,
)
from .vectorizers import (
    BagVectorizer,
    HashedBagVectorizer,
    HashedOneHotVectorizer,
    HashedSequenceVectorizer,
    OneHotVectorizer,
    SequenceVectorizer,
)
from .wordvectors import WordVectors
from .wordvectors.embedder import TextEmbedder
from .wordvectors.evaluation import evaluate_vectors
from .wordvectors.map import word_map
from .wordvectors.static.embedder import StaticEmbedder

__version__: str

__all__ = [
    "Average",
    "BagClassifier",
    "BagRegressor",
    "BagVectorizer",
    "Characters",
    "CheckReport",
    "Comparison",
    "Conv",
    "Corpus",
    "DataError",
    "EmbeddingClassifier",
    "Eojeol",
    "Evaluation",
    "External",
    "FastTextClassifier",
    "FewLabelClassifier",
    "Finding",
    "Flatten",
    "Forecaster",
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
    "MiniRocket",
    "MiniRocketClassifier",
    "MiniRocketRegressor",
    "MissingExtraError",
    "Morphemes",
    "OneHotVectorizer",
    "Pattern",
    "Pretrained",
    "Recipe",
    "Recurrent",
    "RunResult",
    "SequenceVectorizer",
    "SeriesClassifier",
    "SeriesRegressor",
    "StaticEmbedder",
    "TextClassifier",
    "TextEmbedder",
    "Vocabulary",
    "Whitespace",
    "WordVectors",
    "Words",
    "backtest",
    "check",
    "compare",
    "evaluate",
    "evaluate_vectors",
    "learning_curve",
    "load",
    "ngrams",
    "plot_calibration",
    "plot_confusion",
    "plot_learning_curve",
    "read_corpus",
    "run",
    "windows",
    "word_map",
]
