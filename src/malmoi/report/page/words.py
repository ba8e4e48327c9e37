"""All texts of the page in English and Korean, by key."""

from __future__ import annotations

from malmoi.report.page.section_words import CLASSES, CURVES, SCRIPTS, TEXTS

__all__ = ["SECTIONS", "WORDS"]

SECTIONS: dict[str, tuple[str, str]] = {
    "verdict": ("Verdict", "결론"),
    "baseline": ("Model and baselines", "모델과 베이스라인"),
    "data": ("Data and findings", "데이터와 검사 결과"),
    "recipes": ("Recipes compared", "레시피 비교"),
    "label-curve": ("Learning curve", "학습 곡선(라벨 수별)"),
    "training": ("Training curves", "학습 과정(에포크별)"),
    "confusion": ("Confusion matrix", "혼동 행렬"),
    "classes": ("Scores by class", "클래스별 점수"),
    "slices": ("Accuracy by slices", "슬라이스별 정확도"),
    "calibration": ("Calibration", "확률 보정(calibration)"),
    "thresholds": ("Threshold", "임계값"),
    "mistakes": ("Most confident mistakes", "확신도가 높은 오분류"),
    "duplicates": ("Duplicates", "중복 텍스트"),
    "suspects": ("Suspected labels", "의심되는 라벨"),
    "words": ("Word map", "단어 지도"),
    "reproduction": ("Reproduction", "재현 방법"),
}
"""Titles of the sections, in the order of the page."""

PAGE = {
    "section/slices-sets": ("Exact match by slices", "슬라이스별 완전 일치율"),
    "title": ("{title}: report", "{title}: 보고서"),
    "report": ("Report", "보고서"),
    "skip": ("Skip to the report", "본문으로 건너뛰기"),
    "contents": ("Contents", "목차"),
    "about": ("Model {model} ({recipe}), {date}", "모델 {model}({recipe}), {date}"),
    "theme": ("Light or dark mode", "라이트/다크 모드"),
    "print": ("Print", "인쇄"),
    "missing": ("Not available", "없음"),
    "numbers": ("Data table", "데이터 표"),
    "csv": ("Download CSV", "CSV 내려받기"),
    "range": ("{low} to {high}", "{low}~{high}"),
    "interval": ("95 % interval", "95 % 신뢰구간"),
    "figure": ("Figure", "그래프"),
    "shown-of": ("{shown} of {total} shown", "{total}개 중 {shown}개 표시"),
    "made-by": ("Created with malmoi {version}.", "malmoi {version} 버전으로 만들었습니다."),
    "english-only": ("", "원문은 영어입니다."),
}

VERDICT = {
    "verdict/untrained": (" that it was not trained on", "학습에 쓰지 않은 "),
    "verdict/equal": (
        ", some of which are also in the training data",
        "일부가 학습 데이터에도 있는 ",
    ),
    "verdict/known": (
        " that it may have been trained on",
        "학습에 쓰였을 수 있는 ",
    ),
    "verdict/trained": (" that it was trained on", "학습에 쓴 "),
    "verdict/shared": (
        ", {share} of which are also in the training data",
        "{share}가 학습 데이터에도 있는 ",
    ),
    "verdict/known-doubt": (
        "The model may have been trained on these texts, so this result does not estimate performance on new texts.",
        "모델이 이 텍스트로 학습했을 수 있으므로 이 결과는 새로운 텍스트에 대한 성능을 나타내지 않습니다.",
    ),
    "verdict/trained-doubt": (
        "The model was trained on these texts, so this result does not estimate performance on new texts.",
        "모델이 이 텍스트로 학습했으므로 이 결과는 새로운 텍스트에 대한 성능을 나타내지 않습니다.",
    ),
    "verdict/shared-doubt": (
        "The model was trained on many of these texts, so this result does not estimate performance on new texts.",
        "모델이 이 중 많은 텍스트로 학습했으므로 이 결과는 새로운 텍스트에 대한 성능을 나타내지 않습니다.",
    ),
    "verdict/unknown": (
        " (it is unknown whether it was trained on them)",
        "학습에 쓰였는지 알 수 없는 ",
    ),
    "verdict/start": (
        "The model has an accuracy of {value} on {samples:text|texts}{texts}",
        "{texts}텍스트 {samples:,}개에서 모델의 정확도는 {value}이고",
    ),
    "verdict/start-sets": (
        "The model has an exact match of {value} on {samples:text|texts}{texts}",
        "{texts}텍스트 {samples:,}개에서 모델의 완전 일치율은 {value}이고",
    ),
    "verdict/better": (
        "; it is better than {name} ({share}) by {points} points (95 % interval {low} to {high})",
        ", {name}({share})보다 {points}%p 높으며(95 % 신뢰구간 {low}~{high})",
    ),
    "verdict/better-end": (
        "; it is better than {name} ({share}) by {points} points (95 % interval {low} to {high}).",
        ", {name}({share})보다 {points}%p 높습니다(95 % 신뢰구간 {low}~{high}).",
    ),
    "verdict/worse": (
        "; it is worse than {name} ({share}) by {points} points (95 % interval of the difference {low} to {high})",
        ", {name}({share})보다 {points}%p 낮으며(차이의 95 % 신뢰구간 {low}~{high})",
    ),
    "verdict/worse-end": (
        "; it is worse than {name} ({share}) by {points} points (95 % interval of the difference {low} to {high}).",
        ", {name}({share})보다 {points}%p 낮습니다(차이의 95 % 신뢰구간 {low}~{high}).",
    ),
    "verdict/unproven": (
        "; it is not significantly better than {name} ({share}): the 95 % interval of the difference, {low} to {high} "
        "points, includes 0",
        ", 차이의 95 % 신뢰구간({low}~{high}%p)이 0을 포함하므로 {name}({share})보다 유의하게 높지 않으며",
    ),
    "verdict/unproven-end": (
        "; it is not significantly better than {name} ({share}): the 95 % interval of the difference, {low} to {high} "
        "points, includes 0.",
        ", 차이의 95 % 신뢰구간({low}~{high}%p)이 0을 포함하므로 {name}({share})보다 유의하게 높지 않습니다.",
    ),
    "verdict/majority": ("the majority-class baseline", "다수 클래스 베이스라인"),
    "verdict/most-frequent": ("the most frequent set of labels", "최빈 라벨 집합 베이스라인"),
    "verdict/bag": ("a bag of n-grams trained on the same texts", "같은 텍스트로 학습한 n-gram BoW"),
    "verdict/doubt": (
        "{count} warning may affect this result.",
        "이 결과에 영향을 줄 수 있는 경고가 {count}건 있습니다.",
    ),
    "verdict/doubts": (
        "{count} warnings may affect this result.",
        "이 결과에 영향을 줄 수 있는 경고가 {count}건 있습니다.",
    ),
    "verdict/see": ("See the findings", "검사 결과 보기"),
    "badge/better": ("Better than {name}", "{name}보다 높음"),
    "badge/unproven": ("Not significantly better than {name}", "{name}보다 유의하게 높지 않음"),
    "badge/worse": ("Worse than {name}", "{name}보다 낮음"),
    "badge/known": ("May have been trained on these texts", "이 텍스트로 학습했을 수 있음"),
    "badge/trained": ("Trained on these texts", "이 텍스트로 학습함"),
    "badge/shared": ("{share} of the texts are training texts", "텍스트의 {share}가 학습 텍스트"),
    "badge/majority": ("the majority class", "다수 클래스"),
    "badge/most-frequent": ("the most frequent set of labels", "최빈 라벨 집합"),
    "badge/bag": ("the bag", "BoW"),
    "tile/accuracy": ("Accuracy", "정확도"),
    "tile/exact": ("Exact match", "완전 일치율"),
    "tile/majority": ("Difference from majority class", "다수 클래스 대비 차이"),
    "tile/most-frequent": ("Difference from most frequent set", "최빈 라벨 집합 대비 차이"),
    "tile/bag": ("Difference from bag", "BoW 대비 차이"),
    "tile/warnings": ("Warnings", "경고"),
    "points": ("points", "%p"),
    "tile/no-notes": ("no findings", "검사 결과 없음"),
    "tile/notes": ("notes: {count}", "참고: {count}건"),
}

BASELINE = {
    "baseline/model": ("Model", "모델"),
    "baseline/majority": ("Majority class", "다수 클래스"),
    "baseline/most-frequent": ("Most frequent set", "최빈 라벨 집합"),
    "baseline/bag": ("Bag, same texts", "BoW(같은 텍스트)"),
    "baseline/title": ("Accuracy on the test data", "평가 데이터의 정확도"),
    "baseline/title-exact": ("Exact match on the test data", "평가 데이터의 완전 일치율"),
    "baseline/text": (
        "{baseline}: always predicts “{label}”. Bars are 95 % intervals (Wilson).",
        "{baseline}: 항상 “{label}” 라벨로 예측합니다. 막대는 95 % 신뢰구간(Wilson)입니다.",
    ),
    "baseline/no-label": ("no label", "라벨 없음"),
    "baseline/description": (
        "Scores of the model and the baselines with 95 % intervals, one per row.",
        "모델과 베이스라인의 점수와 95 % 신뢰구간을 한 줄에 하나씩 표시합니다.",
    ),
    "baseline/axis": ("share of correct predictions", "맞은 예측의 비율"),
    "baseline/difference": ("Difference on the same texts", "같은 텍스트에서의 차이"),
    "baseline/difference-text": (
        "A difference is significant if its interval excludes 0 (dashed line). The intervals are paired: both models "
        "were evaluated on the same texts.",
        "신뢰구간이 0(점선)을 포함하지 않으면 차이가 유의합니다. 두 모델을 같은 텍스트로 평가한 대응 표본 "
        "신뢰구간입니다.",
    ),
    "baseline/minus": ("Model − {name}", "모델 − {name}"),
    "baseline/points": ("percentage points", "퍼센트포인트(%p)"),
    "baseline/scores": ("All scores", "모든 점수"),
    "baseline/unknown": (
        "Of {samples:text|texts}, {count:has a label|have labels} unknown to the model ({labels}); their predictions "
        "count as wrong.",
        "텍스트 {samples:,}개 중 {count:,}개의 라벨은 모델에 없는 라벨({labels})이므로 오답으로 계산합니다.",
    ),
    "baseline/absent": (
        "The data has no texts of {count:class|classes} of the model ({labels}); their recall is undefined.",
        "모델의 클래스 중 {count:,}개({labels})는 데이터에 텍스트가 없으므로 재현율이 정의되지 않습니다.",
    ),
    "score/accuracy": ("accuracy", "정확도"),
    "score/balanced_accuracy": ("balanced accuracy", "균형 정확도"),
    "score/exact_match": ("exact match", "완전 일치율"),
    "score/micro_f1": ("micro F1", "마이크로 F1"),
    "score/macro_f1": ("macro F1", "매크로 F1"),
    "score/hamming_loss": ("Hamming loss", "해밍 손실"),
    "score/log_loss": ("log loss", "로그 손실"),
    "score/expected_calibration_error": ("expected calibration error (ECE)", "기대 보정 오차(ECE)"),
    "score/kept_share": ("coverage (not rejected)", "커버리지(보류하지 않은 비율)"),
    "score/kept_accuracy": ("accuracy (not rejected)", "보류하지 않은 예측의 정확도"),
}

DATA = {
    "data/training": ("training", "학습"),
    "data/measured": ("test", "평가"),
    "data/role": ("role", "용도"),
    "data/name": ("data", "데이터"),
    "data/texts": ("texts", "텍스트 수"),
    "data/characters": ("characters (median)", "글자 수(중앙값)"),
    "data/longest": ("(95th percentile)", "글자 수(95백분위수)"),
    "data/scripts": ("scripts", "문자 체계"),
    "data/checksum": ("SHA-256", "SHA-256"),
    "data/sets": ("Data sets", "데이터셋"),
    "data/counts": ("Texts by class", "클래스별 텍스트 수"),
    "data/counts-text": (
        "Bars show shares of each data set; the labels show numbers of texts.",
        "막대는 각 데이터셋에서의 비율이고, 옆의 수는 텍스트 수입니다.",
    ),
    "data/most": (
        "The {shown} most frequent of {total} classes are plotted; the table has all.",
        "클래스 {total}개 중 빈도가 높은 {shown}개만 그래프에 표시합니다. 표에는 모두 있습니다.",
    ),
    "data/class": ("class", "클래스"),
    "data/share": ("{role}: share", "{role}: 비율"),
    "data/count": ("{role}: texts", "{role}: 텍스트 수"),
    "data/findings": ("Findings", "검사 결과"),
    "data/none": ("The checks have no findings.", "검사에서 발견된 문제가 없습니다."),
    "data/warning": ("Warning", "경고"),
    "data/note": ("Note", "참고"),
    "data/cure": ("Recommended action: ", "권장 조치: "),
    "data/examples": ("Examples", "예시"),
    "data/no-letters": ("no letters", "글자 없음"),
    "data/unlabelled": ("No labels.", "라벨이 없습니다."),
}

RECIPES = {
    "recipes/title": ("Recipes", "레시피"),
    "recipes/text": (
        "All recipes were trained on the same random subsets (seeds: {seeds}) and evaluated on the same "
        "{held_out:text|texts}. The {measure} is the mean, with a 95 % interval over subsets and texts. The difference "
        "is from the best simple baseline with the same number of labels. Intervals are not corrected for multiple "
        "comparisons; p is corrected (Holm). The marks follow p, so ≈ is possible with an interval that excludes 0.",
        "모든 레시피는 시드를 바꿔 추출한 같은 부분집합 {seeds}개로 학습하고 같은 텍스트 {held_out:,}개에서 "
        "평가했습니다. "
        "{measure}: 부분집합과 텍스트에 대한 평균과 95 % 신뢰구간입니다. 차이는 라벨 수가 같을 때 가장 좋은 단순 "
        "베이스라인 대비 차이입니다. 신뢰구간은 다중 비교를 보정하지 않았고 p는 Holm 방법으로 보정했습니다. 표시는 "
        "p를 따르므로 0을 포함하지 않는 신뢰구간 옆에 ≈가 있을 수 있습니다.",
    ),
    "recipes/recipe": ("recipe", "레시피"),
    "recipes/labels": ("labels", "라벨 수"),
    "recipes/group": ("{count:label|labels}", "라벨 {count:,}개"),
    "recipes/group-all": ("{count:label|labels} (all)", "라벨 {count:,}개(전체)"),
    "recipes/low": ("low", "하한"),
    "recipes/high": ("high", "상한"),
    "recipes/difference": ("difference (points)", "차이(%p)"),
    "recipes/reference": ("baseline", "베이스라인"),
    "recipes/to": ("from {name}", "{name} 대비"),
    "recipes/p": ("p (Holm)", "p(Holm)"),
    "recipes/seconds": ("training", "학습 시간"),
    "recipes/speed": ("texts/s", "텍스트/초"),
    "recipes/size": ("size", "크기"),
    "recipes/better": ("better", "높음"),
    "recipes/worse": ("worse", "낮음"),
    "recipes/same": ("no significant difference", "유의한 차이 없음"),
    "recipes/failed": ("failed: {reason}", "실패: {reason}"),
    "recipes/majority": ("majority class", "다수 클래스"),
    "recipes/most-frequent": ("most frequent set", "최빈 라벨 집합"),
    "recipes/bag": ("bag", "BoW"),
    "seconds": ("{value} s", "{value}초"),
}

WORDS: dict[str, tuple[str, str]] = {
    **{f"section/{key}": title for key, title in SECTIONS.items()},
    **PAGE,
    **VERDICT,
    **BASELINE,
    **DATA,
    **RECIPES,
    **CURVES,
    **CLASSES,
    **TEXTS,
    **SCRIPTS,
}
"""English and Korean texts by key; both have the same fields in braces."""
