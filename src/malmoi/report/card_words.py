"""The words of a model card, in English and in Korean."""

from __future__ import annotations

from malmoi.evaluation.findings import Language

__all__ = ["said"]

WORDS: dict[str, tuple[str, str]] = {
    # Sections of Hugging Face's model card.
    "title": ("Model Card for", "모델 카드:"),
    "details": ("Model Details", "모델 정보"),
    "description": ("Model Description", "모델 설명"),
    "sources": ("Model Sources", "출처"),
    "uses": ("Uses", "용도"),
    "direct_use": ("Direct Use", "직접 사용"),
    "out_of_scope": ("Out-of-Scope Use", "범위를 벗어난 사용"),
    "risks": ("Bias, Risks, and Limitations", "편향, 위험, 한계"),
    "recommendations": ("Recommendations", "권고"),
    "start": ("How to Get Started with the Model", "모델 시작하기"),
    "training": ("Training Details", "학습 정보"),
    "training_data": ("Training Data", "학습 데이터"),
    "procedure": ("Training Procedure", "학습 절차"),
    "hyperparameters": ("Training Hyperparameters", "학습 하이퍼파라미터"),
    "evaluation": ("Evaluation", "평가"),
    "setting": ("Testing Data, Factors & Metrics", "평가 데이터, 요인, 지표"),
    "testing_data": ("Testing Data", "평가 데이터"),
    "factors": ("Factors", "요인"),
    "metrics": ("Metrics", "지표"),
    "results": ("Results", "결과"),
    "summary": ("Summary", "요약"),
    "impact": ("Environmental Impact", "환경 영향"),
    "specifications": ("Technical Specifications", "기술 사양"),
    "architecture": ("Model Architecture and Objective", "모델 구조와 목적"),
    "infrastructure": ("Compute Infrastructure", "계산 환경"),
    "reproduction": ("Reproduction", "재현"),
    "citation": ("Citation", "인용"),
    "contact": ("Model Card Contact", "연락처"),
    # Names of facts.
    "developed_by": ("Developed by", "개발자"),
    "model_type": ("Model type", "모델 종류"),
    "languages": ("Language(s)", "언어"),
    "license": ("License", "라이선스"),
    "repository": ("Repository", "저장소"),
    "task": ("Task", "과제"),
    "classes": ("Classes", "클래스"),
    "training_texts": ("Labelled texts of the training", "학습한 라벨 텍스트"),
    "name": ("Name", "이름"),
    "texts": ("Texts", "텍스트"),
    "checksum": ("SHA-256 of texts and labels", "텍스트와 라벨의 SHA-256"),
    "scripts": ("Scripts", "문자"),
    "lengths": ("Characters of a text", "텍스트의 글자 수"),
    "epochs": ("Epochs", "에폭"),
    "size": ("Size of the file", "파일 크기"),
    "software": ("Software", "소프트웨어"),
    "command": ("Command", "명령"),
    "seeds": ("Random seeds", "난수 시드"),
    "date": ("Date", "날짜"),
    "hardware": ("Hardware", "하드웨어"),
    "training_time": ("Training time", "학습 시간"),
    "carbon": ("Carbon emitted", "탄소 배출량"),
    # Columns of tables.
    "class": ("class", "클래스"),
    "precision": ("precision", "정밀도"),
    "recall": ("recall", "재현율"),
    "support": ("support", "개수"),
    "score": ("score", "지표"),
    "value": ("value", "값"),
    "interval": ("95 % interval", "95 % 신뢰구간"),
    "slice": ("slice", "구간"),
    "accuracy": ("accuracy", "정확도"),
    "parameter": ("parameter", "파라미터"),
    "length": ("length (characters)", "길이(글자)"),
    "script": ("script", "문자"),
    "oov": ("OOV rate", "미등록어(OOV) 비율"),
    # Sentences.
    "a_bag": ("a bag of n-grams", "n-그램 단어 가방(bag)"),
    "measured_accuracy": ("Accuracy", "정확도"),
    "not_given": ("not given", "제공되지 않음"),
    "unknown": ("unknown", "알 수 없음"),
    "cores": ("the report was made with {threads} CPU cores", "이 보고서를 만든 컴퓨터의 CPU 코어 {threads}개"),
    "seconds": ("{seconds:,.0f} seconds", "{seconds:,.0f}초"),
    "median": ("median {median:,}, 95th percentile {long:,}", "중앙값 {median:,}, 95번째 백분위수 {long:,}"),
    "verdict": (
        "{measure} {value:.1%} (95 % interval {low:.1%} to {high:.1%}) on {samples:,} texts; always predicting "
        "{label} reaches {baseline:.1%}.",
        "텍스트 {samples:,}개에서 {measure} {value:.1%}(95 % 신뢰구간 {low:.1%}~{high:.1%}). 항상 {label}로 "
        "예측하면 {baseline:.1%}입니다.",
    ),
    "bag": (
        "Accuracy less that of a bag of n-grams that learned from the same texts: {value:+.1f} points (95 % interval "
        "{low:+.1f} to {high:+.1f}).",
        "같은 텍스트로 학습한 n-그램 단어 가방(bag)과의 정확도 차이: {value:+.1f} %p(95 % 신뢰구간 {low:+.1f}~"
        "{high:+.1f}).",
    ),
    "use_one": (
        "The model predicts one of {classes} labels for a text, with a probability.",
        "텍스트마다 라벨 {classes}개 중 하나를 확률과 함께 예측합니다.",
    ),
    "use_several": (
        "The model predicts any number of {classes} labels for a text, with a probability for each.",
        "텍스트마다 라벨 {classes}개 중 여러 개를 확률과 함께 예측합니다.",
    ),
    "use_data": (
        "It was measured on texts of {name} alone; its scores hold for texts of the same kind.",
        "{name}의 텍스트로만 평가했습니다. 점수는 같은 종류의 텍스트에만 해당합니다.",
    ),
    "no_use": (
        "Texts of another kind, script, language or time than the measured ones, and labels other than those below: no "
        "score is known for them.",
        "평가 데이터와 종류, 문자, 언어, 시기가 다른 텍스트와 아래에 없는 라벨에 대해서는 점수를 알 수 없습니다.",
    ),
    "no_groups": (
        "Whether the accuracy differs between groups of people was not measured, unless a slice below is such a group.",
        "아래 구간에 포함된 경우가 아니면, 사람 집단에 따라 정확도가 다른지는 측정하지 않았습니다.",
    ),
    "no_warnings": ("The checks found no warning.", "검사에서 경고가 없었습니다."),
    "lower": (
        "Accuracy clearly below that of all other texts: {slice}, {value:.1%}.",
        "다른 모든 텍스트보다 정확도가 분명히 낮은 구간: {slice}, {value:.1%}.",
    ),
    "training_unknown": (
        "The training data was not given when this card was made.",
        "이 카드를 만들 때 학습 데이터가 주어지지 않았습니다.",
    ),
    "defaults": ("All parameters have their defaults.", "모든 파라미터가 기본값입니다."),
    "gain": (
        "With {more:,} more labels than {labels:,}, a power law that is fitted to the accuracy of {recipe} by the "
        "number of labels rises by {value:.1f} points (95 % interval {low:.1f} to {high:.1f}); an extrapolation.",
        "라벨 수에 따른 {recipe}의 정확도에 맞춘 멱법칙에 따르면, 라벨 {labels:,}개에 {more:,}개를 더하면 "
        "{value:.1f} %p 오릅니다(95 % 신뢰구간 {low:.1f}~{high:.1f}). 외삽한 값입니다.",
    ),
    "slices_how": (
        "Accuracy by slices, with Wilson intervals. Clearly lower or higher than all other texts: Newcombe's interval "
        "of the difference with Bonferroni's correction for all slices excludes 0.",
        "구간별 정확도와 Wilson 신뢰구간. '낮음'과 '높음'은 나머지 텍스트와의 차이에 대해 모든 구간을 Bonferroni로 "
        "보정한 Newcombe 신뢰구간이 0을 포함하지 않는 경우입니다.",
    ),
    "below": ("lower", "낮음"),
    "above": ("higher", "높음"),
    "no_slices": ("No slice has enough texts.", "텍스트가 충분한 구간이 없습니다."),
    "intervals": (
        "Shares have Wilson intervals, other scores bootstrap intervals over texts. Labels that the model does not "
        "have count as wrong.",
        "비율은 Wilson 신뢰구간, 다른 지표는 텍스트 부트스트랩 신뢰구간입니다. 모델에 없는 라벨은 틀린 것으로 셉니다.",
    ),
    "more_classes": ("{count:,} more classes are not shown.", "나머지 클래스 {count:,}개는 표시하지 않았습니다."),
}
"""English and Korean, by name."""


def said(name: str, language: Language, /, **values: object) -> str:
    """Return the words of a name, with values filled in.

    Example:
        >>> said("seconds", "en", seconds=1200.0)
        '1,200 seconds'
    """
    words = WORDS[name][0 if language == "en" else 1]
    return words.format(**values) if values else words
