"""Reasons why a section is empty, with cures, in English and Korean."""

from __future__ import annotations

__all__ = ["MISSING"]

MISSING: dict[str, tuple[str, str]] = {
    "needs-training": (
        "This section needs the training data; add --training FILE.",
        "학습 데이터가 필요합니다. --training FILE로 지정하세요.",
    ),
    "no-epochs": (
        "This model has no epochs; only neural networks (recipes such as conv or average) have training curves.",
        "이 모델의 학습에는 에포크가 없습니다. 학습 과정 그래프는 신경망(conv, average 등의 레시피)에만 있습니다.",
    ),
    "several-labels": (
        "This is not defined for multilabel data.",
        "다중 라벨 데이터에서는 정의되지 않습니다.",
    ),
    "confusion/several-labels": (
        "A confusion matrix is not defined for multilabel data. See the scores by class below.",
        "혼동 행렬은 다중 라벨 데이터에서 정의되지 않습니다. 아래의 클래스별 점수를 참고하세요.",
    ),
    "too-few": (
        "There are too few texts; evaluate the model on more labelled texts.",
        "텍스트가 너무 적습니다. 라벨이 있는 텍스트를 더 모아 평가하세요.",
    ),
    "not-trained": (
        "The models of the learning curve could not be trained: {error}.",
        "학습 곡선의 모델을 학습하지 못했습니다: {error}.",
    ),
    "label-curve/too-few": (
        "There are too few labelled texts for a learning curve; add labels.",
        "학습 곡선을 그리기에는 라벨이 있는 텍스트가 너무 적습니다. 라벨을 추가하세요.",
    ),
    "slices/too-few": (
        "All slices have too few texts; evaluate the model on more labelled texts.",
        "모든 슬라이스의 텍스트가 너무 적어 표시하지 않습니다. 라벨이 있는 텍스트를 더 모아 평가하세요.",
    ),
    "not-two-classes": (
        "A threshold curve needs two classes; see the scores by class above.",
        "임계값 곡선은 클래스가 2개일 때만 그립니다. 위의 클래스별 점수를 참고하세요.",
    ),
    "no-comparison": (
        "This report has one model; compare recipes with malmoi compare DATA -o report.html.",
        "이 보고서의 모델은 하나입니다. 레시피를 비교하려면 malmoi compare DATA -o report.html을 실행하세요.",
    ),
    "no-words": (
        "There are too few words that occur in several texts.",
        "여러 텍스트에 나오는 단어가 너무 적습니다.",
    ),
    "baseline/is-bag": (
        "The model is itself a bag of n-grams, so it was not compared with one.",
        "모델 자체가 n-gram BoW이므로 BoW와 비교하지 않았습니다.",
    ),
    "baseline/needs-training": (
        "The comparison with a bag of n-grams needs the training data; add --training FILE.",
        "n-gram BoW와 비교하려면 학습 데이터가 필요합니다. --training FILE로 지정하세요.",
    ),
    "baseline/failed": (
        "The model was not compared with a bag of n-grams: the training data has fewer than two classes.",
        "학습 데이터의 클래스가 2개 미만이어서 n-gram BoW와 비교하지 않았습니다.",
    ),
    "other": (
        "This section is not available for this model and data; create the report again with the training data "
        "(--training FILE) or with more labelled texts.",
        "이 모델과 데이터로는 표시할 내용이 없습니다. 학습 데이터(--training FILE)나 라벨이 있는 텍스트를 "
        "추가해 다시 만드세요.",
    ),
}
"""Sentences by the code of `Unavailable`; "section/code" overrides the code for a section."""
