"""The texts of a model card in English and Korean."""

from __future__ import annotations

from malmoi.evaluation.findings import Count, Language
from malmoi.evaluation.score_kinds import SCORE_KINDS

__all__ = ["name_of_row", "name_of_score", "said"]

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
    "recommendations": ("Recommendations", "권장 사항"),
    "start": ("How to Get Started with the Model", "모델 사용 방법"),
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
    "infrastructure": ("Compute Infrastructure", "컴퓨팅 환경"),
    "reproduction": ("Reproduction", "재현"),
    "citation": ("Citation", "인용"),
    "contact": ("Model Card Contact", "연락처"),
    # Names of facts.
    "developed_by": ("Developed by", "개발자"),
    "model_type": ("Model type", "모델 종류"),
    "languages": ("Language(s)", "언어"),
    "license": ("License", "라이선스"),
    "repository": ("Repository", "저장소"),
    "task": ("Task", "태스크"),
    "classes": ("Classes", "클래스"),
    "training_texts": ("Labelled training texts", "라벨이 있는 학습 텍스트"),
    "name": ("Name", "이름"),
    "texts": ("Texts", "텍스트"),
    "checksum": ("SHA-256 of texts and labels", "텍스트와 라벨의 SHA-256"),
    "scripts": ("Scripts", "문자 체계"),
    "lengths": ("Characters per text", "텍스트당 글자 수"),
    "epochs": ("Epochs", "에포크"),
    "size": ("File size", "파일 크기"),
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
    "support": ("support", "샘플 수"),
    "score": ("score", "지표"),
    "value": ("value", "값"),
    "interval": ("95 % interval", "95 % 신뢰구간"),
    "slice": ("slice", "슬라이스"),
    "parameter": ("parameter", "파라미터"),
    "length": ("length (characters)", "길이(글자)"),
    "script": ("script", "문자 체계"),
    "oov": ("OOV rate", "OOV 비율"),
    # Sentences.
    "a_bag": ("a bag of n-grams", "n-gram BoW"),
    "bytes": ("{size:,} bytes", "{size:,}바이트"),
    "more": ("{count:,} more", "그 밖에 {count:,}개"),
    "binary": ("binary", "이진 분류"),
    "multiclass": ("multiclass", "다중 클래스 분류"),
    "multilabel": ("multilabel", "다중 라벨 분류"),
    "no_letters": ("no letters", "글자 없음"),
    "not_given": ("not given", "제공되지 않음"),
    "unknown": ("unknown", "알 수 없음"),
    "cores": (
        "{threads:CPU core|CPU cores}, for creating this report",
        "CPU 코어 {threads}개(보고서 작성)",
    ),
    "seconds": ("{seconds:,.0f} seconds", "{seconds:,.0f}초"),
    "median": ("median {median:,}, 95th percentile {long:,}", "중앙값 {median:,}, 95백분위수 {long:,}"),
    "verdict": (
        "{measure} {value} (95 % interval {low} to {high}) on {samples:text|texts}; always predicting {label} reaches "
        "{baseline}.",
        "텍스트 {samples:,}개에서 {measure} {value}(95 % 신뢰구간 {low}~{high}). 항상 {label} 라벨로 예측하면 "
        "{baseline}입니다.",
    ),
    "bag": (
        "{measure} minus that of a bag of n-grams trained on the same texts: {value:+.1f} points (95 % interval "
        "{low:+.1f} to {high:+.1f}).",
        "같은 텍스트로 학습한 n-gram BoW 대비 {measure} 차이: {value:+.1f}%p(95 % 신뢰구간 {low:+.1f}~{high:+.1f}).",
    ),
    "learned_known": (
        "The model may have been evaluated on its training texts, so its scores do not estimate its performance on new "
        "texts. They are left out of the metadata.",
        "모델을 학습 텍스트로 평가했을 수 있으므로 점수는 새로운 텍스트에 대한 성능을 나타내지 않습니다. "
        "메타데이터에는 점수를 넣지 않았습니다.",
    ),
    "learned_trained": (
        "The model was evaluated on its training texts, so its scores do not estimate its performance on new texts. "
        "They are left out of the metadata.",
        "모델을 학습 텍스트로 평가했으므로 점수는 새로운 텍스트에 대한 성능을 나타내지 않습니다. 메타데이터에는 "
        "점수를 넣지 않았습니다.",
    ),
    "learned_shared": (
        "{share} of the test texts are also in the training data, so the scores do not estimate the performance on new "
        "texts. They are left out of the metadata.",
        "평가 텍스트의 {share}가 학습 데이터에도 있으므로 점수는 새로운 텍스트에 대한 성능을 나타내지 않습니다. "
        "메타데이터에는 점수를 넣지 않았습니다.",
    ),
    "unknown_labels": (
        "{count:text has a label|texts have labels} unknown to the model ({labels}), of {samples:,} in total; their "
        "predictions count as wrong.",
        "텍스트 {samples:,}개 중 {count:,}개의 라벨은 모델에 없는 라벨({labels})이므로 오답으로 계산합니다.",
    ),
    "absent_classes": (
        "The data has no texts of {count:class|classes} of the model ({labels}); their recall is undefined.",
        "모델의 클래스 중 {count:,}개({labels})는 데이터에 텍스트가 없으므로 재현율이 정의되지 않습니다.",
    ),
    "use_one": (
        "The model predicts one of {classes} labels for a text, with a probability.",
        "텍스트마다 라벨 {classes}개 중 하나를 확률과 함께 예측합니다.",
    ),
    "use_several": (
        "The model predicts any number of {classes} labels for a text, with a probability for each.",
        "텍스트마다 라벨 {classes}개 중 해당하는 것을 모두 각각의 확률과 함께 예측합니다.",
    ),
    "use_data": (
        "It was only evaluated on texts of {name}; its scores apply to similar texts.",
        "{name}의 텍스트로만 평가했습니다. 점수는 이와 비슷한 텍스트에만 해당합니다.",
    ),
    "no_use": (
        "Texts that differ from the test data in domain, script, language or time, and labels other than those below: "
        "the model was not evaluated on them.",
        "평가 데이터와 도메인, 문자 체계, 언어, 시기가 다른 텍스트와 아래에 없는 라벨에 대해서는 평가하지 않았습니다.",
    ),
    "no_groups": (
        "Differences in {measure} between groups of people were not evaluated, except for the slices below.",
        "아래 슬라이스를 제외하면 인구 집단에 따른 {measure} 차이는 평가하지 않았습니다.",
    ),
    "no_warnings": ("The checks found no warning.", "검사에서 경고가 없었습니다."),
    "lower": (
        "{measure} significantly below that of all other texts: {slice}, {value}.",
        "{measure}: 나머지 텍스트보다 유의하게 낮은 슬라이스 {slice}, {value}.",
    ),
    "training_unknown": (
        "The training data was not given when this card was created.",
        "이 카드를 만들 때 학습 데이터가 주어지지 않았습니다.",
    ),
    "defaults": ("All parameters have default values.", "모든 파라미터가 기본값입니다."),
    "gain": (
        "Expected gain in {measure} of {recipe} from {more:,} labels in addition to {labels:,}: {value:.1f} points "
        "(95 % interval {low:.1f} to {high:.1f}), extrapolated with a fitted power law.",
        "라벨 {labels:,}개에 {more:,}개를 추가할 때 {recipe}의 예상 {measure} 향상: {value:.1f}%p(95 % 신뢰구간 "
        "{low:.1f}~{high:.1f}). 적합한 멱법칙으로 외삽한 값입니다.",
    ),
    "slices_how": (
        "{measure} by slices, with Wilson intervals. Significantly lower or higher than all other texts: Newcombe's "
        "interval of the difference, with Bonferroni's correction for all slices, excludes 0.",
        "슬라이스별 {measure}, Wilson 신뢰구간. '낮음'과 '높음'은 나머지 텍스트와의 차이에 대해 슬라이스 수만큼 "
        "Bonferroni로 보정한 Newcombe 신뢰구간이 0을 포함하지 않는 경우입니다.",
    ),
    "below": ("lower", "낮음"),
    "above": ("higher", "높음"),
    "no_slices": ("No slice has enough texts.", "텍스트가 충분한 슬라이스가 없습니다."),
    "intervals": (
        "Proportions have Wilson intervals, other scores bootstrap intervals over texts. Predictions for texts with "
        "labels unknown to the model count as wrong.",
        "비율에는 Wilson 신뢰구간을, 다른 지표에는 텍스트 부트스트랩 신뢰구간을 씁니다. 모델에 없는 라벨은 오답으로 "
        "계산합니다.",
    ),
    "more_classes": (
        "{count:more class is|more classes are} not shown.",
        "나머지 클래스 {count:,}개는 표시하지 않았습니다.",
    ),
}
"""English and Korean texts by name."""

KOREAN_SCORES = {
    "accuracy": "정확도",
    "balanced_accuracy": "균형 정확도",
    "exact_match": "완전 일치율",
    "micro_f1": "마이크로 F1",
    "macro_f1": "매크로 F1",
    "hamming_loss": "해밍 손실",
    "log_loss": "로그 손실",
    "expected_calibration_error": "기대 보정 오차(ECE)",
}
KOREAN_ROWS = {
    "features": "특성",
    "n-grams": "n-gram",
    "calibration": "확률 보정",
    "vocabulary": "어휘",
    "tokens": "토큰",
    "vectors": "단어 벡터",
    "parameters": "파라미터 수",
    "unlabelled texts": "라벨이 없는 텍스트",
    "top n-grams": "대표 n-gram",
    "part": "부분",
    "report": "보고서",
    "model": "모델",
    "training": "학습",
    "measured": "평가",
}
"""Korean names of rows of `FittedModel.summary`, of seeds and of checksums."""


def said(name: str, language: Language, /, **values: object) -> str:
    """Return the text with this name, with values filled in.

    Example:
        >>> said("seconds", "en", seconds=1200.0)
        '1,200 seconds'
    """
    words = WORDS[name][0 if language == "en" else 1]
    counted = {key: Count(value) if type(value) is int else value for key, value in values.items()}
    return words.format(**counted) if values else words


def name_of_score(name: str, language: Language) -> str:
    """Return the display name of a score."""
    title = SCORE_KINDS[name].title
    return title if language == "en" else KOREAN_SCORES.get(name, title)


def name_of_row(name: str, language: Language) -> str:
    """Return the name of a row in a language; a part after a colon is unchanged.

    Example:
        >>> name_of_row("top n-grams: good", "ko")
        '대표 n-gram: good'
    """
    first, colon, rest = name.partition(": ")
    return name if language == "en" else f"{KOREAN_ROWS.get(first, first)}{colon}{rest}"
