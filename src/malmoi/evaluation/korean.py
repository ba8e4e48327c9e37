"""Korean sentences of findings, by code."""

from __future__ import annotations

from malmoi.evaluation.english import Sentence, Values, cut

__all__ = ["KOREAN"]


def _majority_class(values: Values) -> str:
    accuracy = (
        f"정확도 {values['accuracy']:.1%} (95 % 신뢰구간 {values['low']:.1%}~{values['high']:.1%}, "
        f"표본 {values['samples']:,}개)"
    )
    baseline = f'항상 "{values["label"]}"(으)로 예측하는 기준선({values["baseline"]:.1%})'
    balanced = f"{values['balanced']:.1%} (95 % 신뢰구간 {values['balanced_low']:.1%}~{values['balanced_high']:.1%})"
    verdict = {
        "worse": f"{baseline}보다 낮습니다",
        "no better": f"{baseline}보다 낫지 않습니다. 아무것도 학습하지 못했을 수 있습니다",
        "balanced": f"{baseline}보다 낫지 않지만, 균형 정확도 {balanced}는 "
        f"우연 수준({values['chance']:.1%})보다 높습니다",
        "better": f"{baseline}보다 높습니다",
    }[values["verdict"]]
    return f"{accuracy}: {verdict}"


def _most_frequent_labels(values: Values) -> str:
    exact = (
        f"완전 일치율 {values['exact_match']:.1%} (95 % 신뢰구간 {values['low']:.1%}~{values['high']:.1%}, "
        f"표본 {values['samples']:,}개)"
    )
    labels = ", ".join(f'"{label}"' for label in values["labels"])
    baseline = f"항상 {labels or '라벨 없음'}(으)로 예측하는 기준선({values['baseline']:.1%})"
    verdict = {
        "worse": f"{baseline}보다 낮습니다",
        "no better": f"{baseline}보다 낫지 않습니다. 아무것도 학습하지 못했을 수 있습니다",
        "better": f"{baseline}보다 높습니다",
    }[values["verdict"]]
    return f"{exact}: {verdict}. 마이크로 F1 {values['micro_f1']:.1%}"


def _bag_baseline(values: Values) -> str:
    points = [f"{100 * values[name]:+.1f}" for name in ("difference", "low", "high")]
    gap = f"차이 {points[0]} %p (95 % 신뢰구간 {points[1]}~{points[2]})"
    measure = {"accuracy": "정확도", "exact match": "완전 일치율"}[values["measure"]]
    scores = f"{measure} {values['accuracy']:.1%}, n-그램 단어 가방(bag) {values['bag']:.1%}, {gap}"
    verdict = {
        "worse": "모델이 단어 가방보다 나쁩니다. --recipe bag이 더 정확하고 빠릅니다",
        "no better": "모델이 더 빠른 단어 가방보다 낫지 않습니다",
        "better": "모델이 단어 가방보다 낫습니다",
    }[values["verdict"]]
    return f"{scores}: {verdict}"


def _overfitting(values: Values) -> str:
    gap = f"학습 정확도 {values['training']:.1%}, 검증 정확도 {values['validation']:.1%}"
    return f"과적합: {gap}. 라벨을 늘리거나 파라미터를 줄이거나 드롭아웃을 쓰거나 에포크를 줄이세요"


def _small_validation(values: Values) -> str:
    return f"검증 텍스트가 {values['samples']}개뿐이어서 정확도의 95 % 신뢰구간 폭이 {values['width']:.0%}입니다"


def _leak(values: Values) -> str:
    return f"검증 텍스트 {values['count']:,}개({values['share']:.1%})가 학습 데이터에도 있습니다(데이터 누수)"


def _truncation(values: Values) -> str:
    cure = ". max_length(--max-length)를 늘리면 남습니다" if values["much"] else ""
    return f"학습 토큰의 {values['share']:.1%}가 잘려 나갔습니다{cure}"


def _unknown_tokens(values: Values) -> str:
    cures = {
        "max_tokens": ". max_tokens(--max-tokens)를 늘리면 줄어듭니다",
        "min_count": ". min_count(--min-count)를 낮추면 줄어듭니다",
        None: "",
    }
    return f"학습 토큰의 {values['share']:.1%}가 어휘에 없습니다(OOV){cures[values['cure']]}"


def _vector_coverage(values: Values) -> str:
    without = f"어휘의 {values['words']:.1%}, 토큰의 {values['tokens']:.1%}에 단어 벡터가 없습니다"
    return without + (f". 가장 자주 나온 것: {', '.join(values['missing'])}" if values["missing"] else "")


def _texts_without_tokens(values: Values) -> str:
    lost = f"학습 텍스트 {values['count']:,}개({values['share']:.1%})에 토큰이 없어 예측이 모두 같습니다"
    return f"{lost}: {', '.join(values['examples'])}. 글자(--tokens characters) 등 다른 토큰을 쓰면 남을 수 있습니다"


def _uncovered_characters(values: Values) -> str:
    lost = f"문장 부호를 빼고도 글자의 {values['share']:.1%}가 어느 토큰에도 없습니다"
    frequent = ", ".join(map(repr, values["frequent"]))
    return f"{lost}. 가장 자주 나온 것: {frequent}. 글자(--tokens characters) 등 다른 토큰을 쓰면 남습니다"


def _repeated_vectors(values: Values) -> str:
    return f"벡터 파일에 어휘의 단어 {values['count']:,}개가 두 번 나옵니다. 첫 번째 행을 씁니다"


DIFFERENCES = {
    "case": "대소문자",
    "white-space": "공백",
    "decimal-zero": ".0",
    "compatibility": "유니코드 호환 문자",
    "punctuation": "양 끝의 문장 부호",
    "several": "대소문자, 공백, 문장 부호 또는 유니코드 문자",
}


def _similar_labels(values: Values) -> str:
    groups = [
        f"{_counted(group['labels'], group['counts'])}: {DIFFERENCES[group['difference']]}만 다릅니다"
        for group in values["groups"]
    ]
    more = f". 이런 묶음이 {values['count'] - len(groups)}개 더 있습니다" if values["count"] > len(groups) else ""
    return f"같은 라벨일 수 있습니다: {'; '.join(groups)}{more}. 라벨마다 한 가지로 쓰세요"


def _joined_labels(values: Values) -> str:
    labels, separator = _counted(values["labels"], values["counts"]), values["separator"]
    cure = f"그렇다면 --label-separator '{separator}'를 쓰세요"
    return f"여러 라벨을 {separator!r}로 이은 것일 수 있는 라벨: {labels}. {cure}"


def _missing_labels(values: Values) -> str:
    return (
        f"라벨이 없다는 뜻일 수 있는 라벨: {_counted(values['labels'], values['counts'])}. "
        "그렇다면 이 텍스트들을 빼세요"
    )


def _counted(labels: list[str], counts: list[int]) -> str:
    return ", ".join(f'"{cut(label)}"({count:,}개)' for label, count in zip(labels, counts, strict=True))


KOREAN: dict[str, Sentence] = {
    "bag-baseline": _bag_baseline,
    "distinct-labels": lambda values: (
        f"텍스트 {values['count']:,}개의 라벨이 모두 다릅니다. 라벨 열이 식별자(id)입니까?"
    ),
    "empty-texts": lambda values: (
        f"학습 텍스트 {values['count']:,}개가 비어 있습니다. 그대로 두며, 패딩만 있는 행이 됩니다"
    ),
    "few-forecasts": lambda values: f"예측을 대상마다 {values['count']:,}번만 평가했습니다",
    "imbalance": lambda values: f'학습 라벨의 {values["share"]:.1%}가 "{values["label"]}"입니다(불균형)',
    "leak": _leak,
    "majority-class": _majority_class,
    "joined-labels": _joined_labels,
    "missing-labels": _missing_labels,
    "most-frequent-labels": _most_frequent_labels,
    "naive-forecast": lambda values: (
        f'"{cut(values["target"])}"의 예측에서 모델이 {values["method"]} 예측보다 나쁩니다. '
        f"MASE {values['model']:.3f}, {values['method']} {values['naive']:.3f}"
    ),
    "overfitting": _overfitting,
    "repeated-vectors": _repeated_vectors,
    "similar-labels": _similar_labels,
    "small-validation": _small_validation,
    "texts-without-tokens": _texts_without_tokens,
    "truncation": _truncation,
    "uncovered-characters": _uncovered_characters,
    "unknown-tokens": _unknown_tokens,
    "unlike-unlabelled": lambda values: (
        f"라벨 없는 텍스트의 종류나 언어가 다를 수 있습니다. 모델이 그 n-gram의 {values['unlabelled']:.0%}를 알지만, "
        f"라벨 있는 텍스트의 n-gram은 {values['labelled']:.0%}만 압니다"
    ),
    "vector-coverage": _vector_coverage,
}
