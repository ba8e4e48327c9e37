"""Facts of a report made by hand: two classes, many classes, several labels, hostile names, and nothing at all."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cache

import numpy as np

from malmoi.evaluation.evaluation import Baseline, Evaluation
from malmoi.evaluation.findings import Example, Finding, FindingKind, Severity
from malmoi.evaluation.learning_point import LearningPoint
from malmoi.experiments.comparison import ComparedPoint, Comparison, Difference
from malmoi.experiments.recipe import Recipe
from malmoi.metrics.calibration import Calibration, CalibrationBin
from malmoi.metrics.classification import ClassScore, class_scores
from malmoi.metrics.intervals import Score
from malmoi.metrics.paired import PairedDifference
from malmoi.metrics.scores import Share
from malmoi.models.history import EpochRow, History
from malmoi.models.shading import Run
from malmoi.report.facts import (
    CorpusFacts,
    DuplicatePair,
    Duplicates,
    Gain,
    LabelCurve,
    MapWord,
    Mistakes,
    ModelFacts,
    ReportFacts,
    Reproduction,
    ShownMistake,
    Slice,
    SlicedColumn,
    SliceKind,
    SuspectedLabel,
    Suspects,
    Threshold,
    Unavailable,
    WordPlane,
)

HOSTILE = (
    "<script>alert(1)</script>",
    "</style></script><img src=x onerror=alert(2)>",
    'javascript:alert(3)" onmouseover="alert(4)',
    "abc\u202edcba\u2066",
    "\x1b[31mred\x1b[0m",
    "nul\x00 {{ 7 * 7 }} \ud800",
    '=HYPERLINK("http://x")',
)
WORDS = [
    *("the", "film", "story", "acting", "plot", "music", "scene", "dull", "great", "boring", "wonderful", "slow"),
    *("brilliant", "weak", "moving", "flat", "funny", "empty", "clever", "honest", "loud", "tired", "fresh", "script"),
    *("hero", "ending", "camera", "voice", "light", "director", "minute", "evening", "cast", "dialogue", "humour"),
]
KOREAN = [
    *("영화", "연기", "줄거리", "음악", "재미", "지루", "감동", "최고", "최악", "배우"),
    *("감독", "장면", "결말", "대사", "기대", "실망", "추천", "시간", "몰입", "여운"),
]
CHECKSUM = "4f1c9e6f0d1b7a2c" * 4

WARNING = FindingKind(
    "shared-texts",
    "{count:,} measured texts are also in the training data",
    "학습 데이터에도 있는 측정 텍스트: {count:,}개",
    "remove them from one of the two",
    "둘 중 한쪽에서 빼세요",
)
NOTE = FindingKind(
    "length-shift",
    "the measured texts are {share:.0%} longer than the training texts",
    "측정 텍스트가 학습 텍스트보다 {share:.0%} 깁니다",
)


def sentence(random: np.random.Generator, words: list[str], length: int) -> str:
    """Return words that follow each other at random."""
    return " ".join(random.choice(words, size=length).tolist()).capitalize() + "."


@cache
def binary(*, mistakes: int = 60, korean: bool = False, suspects: int = 24) -> ReportFacts:
    """Facts of two classes."""
    random, words = np.random.default_rng(0), KOREAN if korean else WORDS
    names = ("부정", "긍정") if korean else ("neg", "pos")
    confusion = np.array([[2180, 310], [335, 2175]])
    evaluation = evaluation_of(confusion, names)
    return ReportFacts(
        title="NSMC" if korean else "IMDB, 200 labels",
        model=ModelFacts(
            "reviews.malmoi",
            "BagClassifier",
            "binary",
            names,
            (("kind", "BagClassifier"),),
            {"ngrams": "3"},
            200,
            1_234_567,
        ),
        evaluation=evaluation,
        bag=PairedDifference(0.011, -0.004, 0.026, 5000),
        data=(
            corpus("training", 200, {names[1]: 104, names[0]: 96}),
            corpus("measured", 5000, {names[1]: 2510, names[0]: 2490}),
        ),
        findings=findings(random, words),
        comparison=comparison(),
        label_curve=label_curve(),
        histories={"conv": history(random, 12), "average + vectors": history(random, 30)},
        slices=slices(),
        thresholds=thresholds(),
        positive=names[1],
        mistakes=Mistakes(645, tuple(mistake(random, words, names, place) for place in range(mistakes)), "exact"),
        duplicates=duplicates(random, words, names),
        suspects=Suspects(
            "training", 31, tuple(suspect(random, words, names, place) for place in range(suspects)), reliable=False
        ),
        word_map=word_plane(random, words, names, 160),
        reproduction=Reproduction(
            "malmoi report reviews.malmoi test.csv --training reviews.csv -o report.html",
            {"malmoi": "0.1.0", "python": "3.11.7", "numpy": "2.1.0"},
            {"split": 0, "bootstrap": 0},
            {"test.csv": CHECKSUM, "reviews.malmoi": CHECKSUM[::-1]},
            "2026-11-27",
            2,
        ),
    )


def evaluation_of(confusion: np.ndarray, names: tuple[str, ...]) -> Evaluation:
    """Scores of a confusion matrix."""
    samples, right = int(confusion.sum()), int(np.trace(confusion))
    majority = Share(int(confusion.sum(axis=1).max()), samples)
    value = right / samples
    half = 1.96 * math.sqrt(0.4 / samples)
    difference = PairedDifference(
        value - majority.value, value - majority.value - half, value - majority.value + half, samples
    )
    accuracy = Score.of_share(Share(right, samples))
    confidences = np.linspace(0.55, 0.995, 15)
    bins = tuple(
        CalibrationBin(float(one), Share(round(samples // 15 * max(one - 0.04, 0)), samples // 15))
        for one in confidences
    )
    return Evaluation(
        task="binary" if len(names) == 2 else "multiclass",
        samples=samples,
        scores={
            "accuracy": accuracy,
            "macro_f1": replace(accuracy, value=value - 0.002),
            "log_loss": Score(0.34, 0.32, 0.36, samples),
        },
        classes=class_scores(confusion, names),
        confusion=confusion,
        calibration=Calibration(Score(0.041, 0.031, 0.052, samples), bins),
        baseline=Baseline(names[int(confusion.sum(axis=1).argmax())], majority, difference),
    )


def corpus(role: str, texts: int, counts: dict[str, int]) -> CorpusFacts:
    """A data set."""
    scripts = {"Latin": texts - 3, "Hangul": 2, "no": 1}
    return CorpusFacts(role, f"{role}.csv", texts, counts, (948, 2615), scripts, CHECKSUM)


def findings(random: np.random.Generator, words: list[str]) -> tuple[Finding, ...]:
    """A note and a warning."""
    examples = tuple(
        Example(sentence(random, words, 5), f"test.csv:{line}", {"similarity": 0.93}) for line in (17, 381)
    )
    return Finding(NOTE, Severity.note, {"share": 0.12}), Finding(WARNING, Severity.warning, {"count": 37}, examples)


def comparison() -> Comparison:
    """Three recipes with three numbers of labels, of which one failed."""
    recipes = {name: Recipe("bag") for name in ("bag", "few-labels", "conv", "conv + vectors")}
    points = []
    for place, labels in enumerate((20, 200, 2000)):
        points.append(ComparedPoint("majority class", labels, Score(0.502, 0.488, 0.516, 5000)))
        for number, name in enumerate(recipes):
            value = 0.61 + 0.09 * place + 0.02 * number * (1 if number < 3 else 2)
            difference = Difference(
                "majority class" if name == "bag" else "bag", value - 0.6, value - 0.66, value - 0.55, 0.01, 0.04
            )
            missing = "draw 3: out of memory" if name == "conv" and labels == 20 else None
            points.append(
                ComparedPoint(name, labels, None, missing=missing)
                if missing
                else ComparedPoint(
                    name,
                    labels,
                    Score(value, value - 0.03, value + 0.03, 5000),
                    (value,) * 5,
                    difference,
                    (0.5, 0.61),
                    12_345.6,
                    1_234_567,
                )
            )
    return Comparison(
        recipes,
        (20, 200, 2000),
        tuple(points),
        5,
        2000,
        5000,
        ("pos", Share(2510, 5000)),
        notes=("the draws of 2,000 labels are the same texts",),
    )


def label_curve() -> LabelCurve:
    """A power law with its points."""
    labels = (20, 50, 100, 200)
    fitted = tuple(
        (float(n), 0.93 - 1.4 * n**-0.5, 0.915 - 1.55 * n**-0.5, 0.945 - 1.25 * n**-0.5)
        for n in np.geomspace(20, 800, 30)
    )
    points = tuple(
        LearningPoint(n, 0.93 - 1.4 * n**-0.5 + shift, 0.90 - 1.5 * n**-0.5, 0.96 - 1.3 * n**-0.5)
        for n, shift in zip(labels, (0.01, -0.01, 0.0, 0.005), strict=True)
    )
    return LabelCurve(
        "bag", points, fitted, (Gain(200, 200, 0.029, 0.011, 0.048), Gain(200, 400, 0.041, -0.004, 0.072)), "training"
    )


def history(random: np.random.Generator, epochs: int) -> History:
    """A training that overfits."""
    rows = []
    for epoch in range(epochs):
        loss, validation = 0.69 * 0.8**epoch, 0.69 - 0.05 * epoch + 0.006 * epoch**2
        rows.append(EpochRow(loss, min(1.0, 1.0 - loss / 1.5), max(validation, 0.2), 0.9 - max(validation, 0.2) / 2.2))
    del random
    return History(rows, 5, "stopped: validation loss did not fall for 5 epochs")


def slices() -> tuple[SlicedColumn, ...]:
    """Slices of three kinds."""
    lengths = [
        Slice("", (low, low + 399), Share(round(900 * value), 1000), sign)
        for low, value, sign in ((1, 0.99, 1), (400, 0.96, 0), (800, 0.95, 0), (1200, 0.9, -1))
    ]
    columns = [Slice(name, None, Share(right, 100)) for name, right in (("Drama", 88), ("Comedy", 84), ("", 86))]
    rates = [Slice("", (low, low + 0.1), Share(870, 1000)) for low in (0.0, 0.1, 0.2)]
    return (
        SlicedColumn(SliceKind.LENGTH, tuple(lengths)),
        SlicedColumn(SliceKind.SCRIPT, (Slice("Latin", None, Share(4350, 4997)),), 3),
        SlicedColumn(SliceKind.OOV, tuple(rates)),
        SlicedColumn("genre", tuple(columns), 12),
    )


def thresholds() -> tuple[Threshold, ...]:
    """Scores from 0 to 1."""
    found = []
    for threshold in np.linspace(0, 1, 51).tolist():
        precision, recall = 0.5 + 0.5 * threshold**0.7, 1 - threshold**3
        f1 = 2 * precision * recall / (precision + recall)
        found.append(
            Threshold(threshold, precision if threshold < 1 else None, recall, f1, 0.87 - (threshold - 0.5) ** 2)
        )
    return tuple(found)


def mistake(random: np.random.Generator, words: list[str], names: tuple[str, ...], place: int) -> ShownMistake:
    """A mistake with shaded words."""
    label, prediction = random.permutation(len(names))[:2].tolist()
    runs: list[Run] = []
    for word in random.choice(words, size=28).tolist():
        shade = float(random.choice([0, 0, 0, 0, 0.25, 0.5, 1.0, -0.375, -0.875]))
        runs += [Run(word, shade), Run(" ", 0.0)] if shade else [Run(f"{word} ", 0.0)]
    return ShownMistake(
        f"test.csv:{place + 2}", names[label], names[prediction], 0.999 - 0.004 * place, tuple(runs), place % 3 == 0
    )


def duplicates(random: np.random.Generator, words: list[str], names: tuple[str, ...]) -> Duplicates:
    """Pairs across the split."""
    pairs = []
    for place in range(6):
        text = sentence(random, words, 14)
        other = text if place < 3 else text.replace("e", "a", 2)
        pairs.append(
            DuplicatePair(
                f"test.csv:{place}",
                text,
                names[0],
                f"reviews.csv:{place}",
                other,
                names[place % 2],
                1.0 - 0.04 * place,
                place < 3,
            )
        )
    return Duplicates(True, 37, 21, tuple(pairs))


def suspect(random: np.random.Generator, words: list[str], names: tuple[str, ...], place: int) -> SuspectedLabel:
    """A suspected label."""
    label, suggestion = random.permutation(len(names))[:2].tolist()
    return SuspectedLabel(
        f"reviews.csv:{place + 2}", sentence(random, words, 20), names[label], names[suggestion], 0.98 - 0.005 * place
    )


def word_plane(random: np.random.Generator, words: list[str], names: tuple[str, ...], number: int) -> WordPlane:
    """Words in some heaps."""
    found = []
    for place in range(number):
        label = int(random.integers(len(names) + 1))
        centre = 0.5 + 0.33 * np.array([math.cos(label * 2.4), math.sin(label * 2.4)])
        x, y = np.clip(centre + random.normal(scale=0.11, size=2), 0, 1).tolist()
        word = words[place % len(words)] + (str(place // len(words)) if place >= len(words) else "")
        found.append(MapWord(word, x, y, names[label] if label < len(names) else "", 400 - 2 * place))
    return WordPlane(tuple(found), "embedding")


def many_classes(classes: int = 77, samples: int = 100_000, mistakes: int = 400) -> ReportFacts:
    """Facts of many classes and texts."""
    random = np.random.default_rng(1)
    names = tuple(f"{WORDS[place % 33]}_{WORDS[(place * 7 + 3) % 34]}_{place}" for place in range(classes))
    confusion = random.poisson(1.6, size=(classes, classes)).astype(np.int64)
    np.fill_diagonal(confusion, samples // classes - confusion.sum(axis=1))
    facts = binary()
    return replace(
        facts,
        title="Customers' questions",
        model=replace(facts.model, task="multiclass", classes=names),
        evaluation=evaluation_of(confusion, names),
        data=(
            corpus("training", samples, dict.fromkeys(names, samples // classes)),
            corpus("measured", samples, dict.fromkeys(names, samples // classes)),
        ),
        thresholds=Unavailable("not-two-classes"),
        positive="",
        mistakes=Mistakes(9000, tuple(mistake(random, WORDS, names, place) for place in range(mistakes)), "occlusion"),
        duplicates=duplicates(random, WORDS, names),
        suspects=Suspects(
            "measured", 700, tuple(suspect(random, WORDS, names, place) for place in range(200)), reliable=True
        ),
        word_map=word_plane(random, WORDS, names, 500),
    )


def several_labels() -> ReportFacts:
    """Facts of texts with several labels each."""
    facts = binary()
    names = ("sport", "politics", "culture")
    exact = Share(310, 500)
    evaluation = Evaluation(
        task="multilabel",
        samples=500,
        scores={
            "exact_match": Score.of_share(exact),
            "micro_f1": Score(0.81, 0.79, 0.83, 500),
            "hamming_loss": Score(0.12, 0.1, 0.14, 500),
        },
        classes=tuple(ClassScore.of_counts(name, 120, 150, 140) for name in names),
        baseline=Baseline(("sport", "culture"), Share(302, 500), PairedDifference(0.016, -0.012, 0.044, 500)),
    )
    unavailable = Unavailable("several-labels")
    model = replace(facts.model, task="multilabel", classes=names)
    return replace(
        facts,
        evaluation=evaluation,
        model=model,
        bag=None,
        bag_reason="is-bag",
        data=facts.data[1:],
        thresholds=unavailable,
        slices=slices()[:1],
        mistakes=Mistakes(0, ()),
        suspects=unavailable,
    )


def hostile() -> ReportFacts:
    """Facts whose names and texts are made to break a page."""
    random = np.random.default_rng(2)
    count = len(HOSTILE)
    confusion = random.integers(0, 30, size=(count, count)).astype(np.int64)
    facts, counts = binary(), dict.fromkeys(HOSTILE, 10)
    nasty = " ".join(HOSTILE)
    mistakes = tuple(
        ShownMistake(name, name, HOSTILE[place - 1], 0.9, (Run(nasty, 0.5), Run(name, 0.0), Run(name, -1.0)))
        for place, name in enumerate(HOSTILE)
    )
    kind = FindingKind("hostile", "{label} is everywhere", "{label} 발견", "remove {label}", "{label} 제거")
    evaluation = evaluation_of(confusion, HOSTILE)
    return replace(
        facts,
        title=nasty,
        model=ModelFacts(nasty, nasty, "multiclass", HOSTILE, ((nasty, nasty),), {nasty: nasty}),
        evaluation=replace(evaluation, unknown_labels={HOSTILE[0]: 3}),
        data=(replace(corpus("measured", 70, counts), name=nasty),),
        findings=(Finding(kind, Severity.warning, {"label": nasty}, (Example(nasty, HOSTILE[1], {"x": nasty}),)),),
        comparison=replace(
            comparison(),
            recipes={nasty: Recipe("bag")},
            points=(ComparedPoint(nasty, 20, None, missing=nasty),),
            labels=(20,),
            notes=(nasty,),
        ),
        label_curve=replace(label_curve(), recipe=nasty),
        histories={nasty: history(random, 3)},
        slices=(SlicedColumn(nasty, (Slice(nasty, None, Share(3, 4)),)),),
        thresholds=thresholds(),
        positive=nasty,
        mistakes=Mistakes(count, mistakes, "exact"),
        duplicates=Duplicates(False, 1, 0, (DuplicatePair(nasty, nasty, nasty, nasty, nasty, nasty, 0.9, False),)),
        suspects=Suspects(
            "measured",
            count,
            tuple(SuspectedLabel(name, nasty, name, HOSTILE[place - 1], 0.9) for place, name in enumerate(HOSTILE)),
            reliable=True,
        ),
        word_map=WordPlane(
            tuple(MapWord(name, 0.1 * place, 0.5, name, 3) for place, name in enumerate(HOSTILE)), "texts"
        ),
        reproduction=Reproduction(
            nasty, {"malmoi": "0.1.0", nasty: nasty}, {nasty: 1}, {nasty: nasty}, "2026-11-27", 2
        ),
    )


def bare(reason: str = "needs-training") -> ReportFacts:
    """Facts of a report that has only what it must have."""
    missing = Unavailable(reason)
    facts = binary()
    return replace(
        facts,
        evaluation=replace(facts.evaluation, confusion=None, calibration=None),
        bag=None,
        bag_reason="needs-training",
        data=(),
        findings=(),
        comparison=missing,
        label_curve=missing,
        histories=missing,
        slices=missing,
        thresholds=missing,
        positive="",
        mistakes=missing,
        duplicates=missing,
        suspects=missing,
        word_map=missing,
    )
