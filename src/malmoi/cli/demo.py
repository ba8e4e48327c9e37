"""`malmoi demo`: train on the built-in reviews, compare, predict and explain two new sentences."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from enum import StrEnum
from importlib.resources import as_file, files
from pathlib import Path
from typing import Annotated

import typer

from malmoi.cli.console import answers, print_table
from malmoi.cli.explain import print_explanation
from malmoi.cli.mistakes import outputs_named_on_failure
from malmoi.cli.train import TrainRequest, train_texts
from malmoi.cli.training_options import TrainOptions
from malmoi.data.corpus import Corpus
from malmoi.data.corpus_files import read_corpus
from malmoi.experiments.recipe import Recipe
from malmoi.experiments.run import fit_parts
from malmoi.experiments.run_result import RunResult
from malmoi.experiments.splitting import cut_up
from malmoi.persistence import load_fitted

__all__ = ["demo"]

DEMO_TEXTS = {
    "en": (
        "I went in expecting very little and came out grinning. The cast is wonderful, the jokes land, and the "
        "ending made me cry. I loved every minute of it.",
        "Two hours of my life that I will never get back. The plot makes no sense, the acting is wooden and the "
        "jokes fall flat. Avoid.",
    ),
    "ko": (
        "기대 없이 봤는데 정말 재미있었어요. 배우들 연기도 최고였고 마지막 장면에서 울었습니다. 꼭 보세요, 강추합니다",
        "스토리는 엉망이고 연기도 어색해서 너무 지루했습니다. 돈이 아깝네요",
    ),
}
RECIPE = Recipe(
    "flatten",
    {
        "max_tokens": 5_000,
        "max_length": 40,
        "tokens": "words",
        "embedding.dimension": 32,
        "epochs": 10,
        "batch_size": 16,
        "learning_rate": 0.003,
    },
)


class SampleLanguage(StrEnum):
    """A language of the built-in reviews."""

    en = "en"
    ko = "ko"


def demo(
    language: Annotated[SampleLanguage, typer.Option(help="Language of the built-in reviews.")] = SampleLanguage.en,
    folder: Annotated[Path, typer.Option(help="Folder for the model and the picture.")] = Path("demo"),
) -> None:
    """Train on the built-in reviews: try recipes, plot scores, save the model, predict and explain new sentences."""
    folder.mkdir(parents=True, exist_ok=True)
    with as_file(files("malmoi") / "samples" / f"reviews-{language}.jsonl") as sample:
        options = TrainOptions(output=folder / f"reviews-{language}.malmoi", force=True, runs=Path("none"))
        request = TrainRequest([str(sample)], Recipe("auto"), options, {}, {})
        with outputs_named_on_failure(request.output, request.curves):
            result = train_texts(request)
            compare_with_network(result, read_corpus(sample))
            answers.print()
            answers.print("Predictions of the saved model for two new sentences:")
            print_predictions(request.output, DEMO_TEXTS[language])


def compare_with_network(result: RunResult, corpus: Corpus) -> None:
    """Train the network of the notes on the same split, and print its accuracy and the model's."""
    rows: list[tuple[str, object]] = [("kept recipe", result.validation_score)]
    missing = [name for name in ("keras", "jax") if importlib.util.find_spec(name) is None]
    if missing:
        left_out = f"left out: {' and '.join(missing)} not installed; pip install 'malmoi[networks]'"
        rows.append(("network (flatten)", left_out))
    else:
        network = fit_parts(RECIPE, RECIPE.estimator(), cut_up(corpus), checks=False)
        rows.append(("network (flatten)", network.validation_score))
    label, share = result.baseline
    rows.append((f'majority class "{label}"', share))
    answers.print()
    answers.print("Accuracy on the same validation set:")
    print_table("", rows)


def print_predictions(path: Path, texts: Sequence[str]) -> None:
    """Load a saved model, print its prediction for each text, and explain the first one."""
    model = load_fitted(path, verify=True)
    for text, row in zip(texts, model.predict_proba(texts), strict=True):
        best = row.argmax()
        answers.print(f"  {model.classes[best]} ({row[best]:.0%})  {text}")
    answers.print()
    answers.print("Explanation of the first prediction (malmoi explain):")
    print_explanation(answers, model.explain(texts[0]))
