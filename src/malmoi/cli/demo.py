"""`malmoi demo`: train on the built-in reviews, and predict two new sentences."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from importlib.resources import as_file, files
from pathlib import Path
from typing import Annotated

import typer

from malmoi.cli.console import answers
from malmoi.cli.mistakes import telling_what_is_written
from malmoi.cli.train import TrainRequest, train_texts
from malmoi.cli.training_options import TrainOptions
from malmoi.experiments.recipe import Recipe
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
        "시간도 돈도 아까운 영화. 스토리는 엉망이고 연기는 어색하고 지루해서 보다가 잠들었다",
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
    language: Annotated[SampleLanguage, typer.Option(help="Of the built-in reviews.")] = SampleLanguage.en,
    folder: Annotated[Path, typer.Option(help="Where model and curves go.")] = Path("demo"),
) -> None:
    """Train on the built-in reviews: prints, draws, saves, predicts two new sentences."""
    folder.mkdir(parents=True, exist_ok=True)
    with as_file(files("malmoi") / "samples" / f"reviews-{language}.jsonl") as sample:
        options = TrainOptions(output=folder / f"reviews-{language}.malmoi", force=True)
        request = TrainRequest(sample, RECIPE, options, {}, {})
        with telling_what_is_written(request.output, request.curves):
            train_texts(request)
            answers.print("\nTwo new sentences, answered by the saved model:")
            print_predictions(request.output, DEMO_TEXTS[language])


def print_predictions(path: Path, texts: Sequence[str]) -> None:
    """Open a saved model and print its prediction for each text."""
    model = load_fitted(path, verify=True)
    for text, row in zip(texts, model.predict_proba(texts), strict=True):
        best = row.argmax()
        answers.print(f"  {model.classes[best]} ({row[best]:.0%})  {text}", markup=False)
