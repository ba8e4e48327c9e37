"""Why a section has nothing to show, and how to get it, in English and Korean."""

from __future__ import annotations

__all__ = ["MISSING"]

MISSING: dict[str, tuple[str, str]] = {
    "needs-training": (
        "This needs the texts that the model was trained on; give them with --training FILE.",
        "모델을 학습한 텍스트가 필요합니다. --training FILE로 지정하세요.",
    ),
    "no-epochs": (
        "The training of this model has no epochs; networks (recipes such as conv or average) have training curves.",
        "이 모델의 학습에는 에포크가 없습니다. 신경망(conv, average 등의 레시피)에만 학습 과정 그래프가 있습니다.",
    ),
    "several-labels": (
        "This is defined for one label per text; the data has several labels per text.",
        "텍스트마다 라벨이 하나일 때만 정의됩니다. 이 데이터는 텍스트마다 라벨이 여러 개입니다.",
    ),
    "confusion/several-labels": (
        "A confusion matrix needs one label per text; the data has several. See the scores of each class below.",
        "혼동 행렬은 텍스트마다 라벨이 하나여야 합니다. 이 데이터는 라벨이 여러 개이니 아래의 클래스별 점수를 보세요.",
    ),
    "too-few": (
        "There are too few texts for this; measure the model on more labelled texts.",
        "텍스트가 너무 적습니다. 라벨이 있는 텍스트를 더 모아 측정하세요.",
    ),
    "not-trained": (
        "The models of the learning curve could not be trained: {error}.",
        "학습 곡선의 모델을 학습하지 못했습니다: {error}.",
    ),
    "label-curve/too-few": (
        "There are too few labelled texts for a learning curve; add labels.",
        "학습 곡선을 그리기에는 라벨이 있는 텍스트가 너무 적습니다. 라벨을 더하세요.",
    ),
    "slices/too-few": (
        "Every slice has too few texts to be shown; measure the model on more labelled texts.",
        "모든 그룹의 텍스트가 너무 적어 표시하지 않습니다. 라벨이 있는 텍스트를 더 모아 측정하세요.",
    ),
    "not-two-classes": (
        "A threshold curve needs two classes; see the scores of each class above.",
        "임계값 곡선은 클래스가 두 개일 때만 그립니다. 위의 클래스별 점수를 보세요.",
    ),
    "no-comparison": (
        "Only one model was reported; compare recipes with malmoi compare DATA -o report.html.",
        "모델 하나만 보고합니다. 레시피를 비교하려면 malmoi compare DATA -o report.html을 실행하세요.",
    ),
    "no-words": (
        "There are too few words for a map; it needs words that occur in several texts.",
        "지도를 그릴 단어가 너무 적습니다. 여러 텍스트에 나오는 단어가 필요합니다.",
    ),
    "baseline/is-bag": (
        "The model was not compared with a bag, because it is one itself.",
        "모델 자신이 bag이므로 bag 분류기와 비교하지 않았습니다.",
    ),
    "baseline/needs-training": (
        "The model was not compared with a bag: that needs the training texts; give them with --training FILE.",
        "bag 분류기와 비교하려면 학습 텍스트가 필요합니다. --training FILE로 지정하세요.",
    ),
    "baseline/failed": (
        "The model was not compared with a bag: the training texts do not have two classes or more.",
        "학습 텍스트의 클래스가 둘 이상이 아니어서 bag 분류기와 비교하지 않았습니다.",
    ),
    "other": (
        "There is nothing to show here for this model and this data; make the report again with the training texts "
        "(--training FILE) or with more labelled texts.",
        "이 모델과 데이터로는 표시할 내용이 없습니다. 학습 텍스트(--training FILE)나 라벨이 있는 텍스트를 더 "
        "주고 다시 만드세요.",
    ),
}
"""Sentences by the code of `Unavailable`; those of a section go first, as "section/code"."""
