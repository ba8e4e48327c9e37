"""malmoi: text vectorizers, word vectors and classifiers on a compiled core."""

from importlib import import_module as _import_module

__version__ = "0.1.0"

_MODULES = {
    "Average": "models.neural.networks",
    "BagClassifier": "models.linear.classifier",
    "BagRegressor": "models.linear.regressor",
    "BagVectorizer": "vectorizers",
    "Characters": "tokenizers",
    "CheckReport": "evaluation.checks.checking",
    "Comparison": "experiments.comparison",
    "Conv": "models.neural.networks",
    "Corpus": "data.corpus",
    "DataError": "errors",
    "EmbeddingClassifier": "models.neural.text",
    "Eojeol": "tokenizers",
    "Evaluation": "evaluation.evaluation",
    "External": "tokenizers",
    "FastTextClassifier": "models.fasttext.classifier",
    "FewLabelClassifier": "models.few_labels.classifier",
    "Finding": "evaluation.findings",
    "Flatten": "models.neural.networks",
    "Forecaster": "models.forecasting.forecaster",
    "FormatError": "errors",
    "Hangul": "tokenizers",
    "Hashed": "models.neural.embeddings",
    "HashedBagVectorizer": "vectorizers",
    "HashedOneHotVectorizer": "vectorizers",
    "HashedSequenceVectorizer": "vectorizers",
    "History": "models.history",
    "KerasWords": "tokenizers",
    "Learned": "models.neural.embeddings",
    "MalmoiError": "errors",
    "MiniRocket": "models.minirocket.transformer",
    "MiniRocketClassifier": "models.minirocket.estimators",
    "MiniRocketRegressor": "models.minirocket.estimators",
    "MissingExtraError": "errors",
    "Morphemes": "tokenizers",
    "OneHotVectorizer": "vectorizers",
    "Pattern": "tokenizers",
    "Pretrained": "models.neural.embeddings",
    "Recipe": "experiments.recipe",
    "Recurrent": "models.neural.networks",
    "RunResult": "experiments.run_result",
    "SequenceVectorizer": "vectorizers",
    "SeriesClassifier": "models.neural.series",
    "SeriesRegressor": "models.neural.series",
    "StaticEmbedder": "wordvectors.static.embedder",
    "TextClassifier": "experiments.text_classifier",
    "TextEmbedder": "wordvectors.embedder",
    "Vocabulary": "tokenizers",
    "Whitespace": "tokenizers",
    "WordVectors": "wordvectors",
    "Words": "tokenizers",
    "backtest": "experiments.backtest",
    "check": "evaluation.checks.checking",
    "compare": "experiments.compare",
    "evaluate": "evaluation.measurement",
    "evaluate_vectors": "wordvectors.evaluation",
    "learning_curve": "experiments.learning_curve",
    "load": "persistence",
    "ngrams": "tokenizers",
    "plot_calibration": "report.plots",
    "plot_confusion": "report.plots",
    "plot_learning_curve": "report.plots",
    "read_corpus": "data.corpus_files",
    "run": "experiments.run",
    "windows": "data.windows",
    "word_map": "wordvectors.map",
}

__all__ = sorted(_MODULES)  # noqa: PLE0605


_PACKAGES = ("distributed",)
"""Packages with public names of their own, which are imported lazily too."""


def __getattr__(name: str) -> object:
    if name in _PACKAGES:
        return _import_module(f"malmoi.{name}")
    if name not in _MODULES:
        raise AttributeError(f"module 'malmoi' has no attribute {name!r}")
    return getattr(_import_module(f"malmoi.{_MODULES[name]}"), name)


def __dir__() -> list[str]:
    return [*__all__, *_PACKAGES, "__version__"]
