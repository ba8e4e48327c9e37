"""Texts of the sections on curves, classes and texts, and of the scripts, in English and Korean by key."""

from __future__ import annotations

__all__ = ["CLASSES", "CURVES", "SCRIPTS", "TEXTS"]

CURVES = {
    "curve/title": ("{measure} by number of labels", "라벨 수에 따른 {measure}"),
    "curve/text": (
        "Error bars are 95 % intervals. The dashed line is the fitted power law with its 95 % interval; right of the "
        "last point it is extrapolated.",
        "오차 막대는 95 % 신뢰구간입니다. 점선은 적합한 멱법칙 곡선과 95 % 신뢰구간이며, 마지막 점의 오른쪽은 "
        "외삽입니다.",
    ),
    "curve/text-plain": ("Error bars are 95 % intervals.", "오차 막대는 95 % 신뢰구간입니다."),
    "curve/title-compared": (
        "Recipes compared: {measure} by number of labels",
        "레시피 비교: 라벨 수에 따른 {measure}",
    ),
    "curve/source-training": (
        "Trained on subsets of the training data.",
        "학습 데이터의 일부로 학습했습니다.",
    ),
    "curve/apart": (
        "This experiment is separate from the comparison of recipes, so its values differ from those of a recipe with "
        "the same name.",
        "레시피 비교와는 별개의 실험이므로 이름이 같은 레시피의 값과 다릅니다.",
    ),
    "curve/name-training": ("{recipe}, on subsets of the training data", "{recipe}(학습 데이터의 일부)"),
    "curve/name-measured": ("{recipe}, on subsets of the test data", "{recipe}(평가 데이터의 일부)"),
    "curve/source-measured": (
        "Trained on subsets of the test data, because the training data was not given.",
        "학습 데이터가 주어지지 않아 평가 데이터의 일부로 학습했습니다.",
    ),
    "curve/source-comparison": ("From the comparison of recipes.", "레시피 비교의 결과입니다."),
    "curve/x": ("training labels (log scale)", "학습 라벨 수(로그 눈금)"),
    "curve/description": (
        "The {measure} by the number of labels, one line per recipe.",
        "라벨 수에 따른 {measure} 값을 레시피별 선으로 표시합니다.",
    ),
    "curve/fitted": ("fitted curve: {recipe}", "적합 곡선: {recipe}"),
    "curve/gains": ("Expected gain from more labels", "라벨 추가 시 예상 성능 향상"),
    "curve/gain": (
        "{more:more label|more labels} ({total:,} in total)",
        "라벨 {more:,}개 추가(총 {total:,}개)",
    ),
    "curve/now": ("now: {count:label|labels}", "현재: 라벨 {count:,}개"),
    "curve/unfitted": (
        "No curve could be fitted, so the gain from more labels cannot be predicted.",
        "곡선을 적합하지 못해 라벨 추가 시 성능 향상을 예측할 수 없습니다.",
    ),
    "curve/uncertain": (
        "the interval includes 0: no significant gain",
        "신뢰구간이 0을 포함하므로 유의한 향상이 아닙니다",
    ),
    "training/title": ("Loss and accuracy by epoch: {recipe}", "에포크별 손실과 정확도: {recipe}"),
    "training/text": (
        "Training is dashed, validation is solid. If validation loss rises while training loss falls, the model "
        "overfits.",
        "점선은 학습 데이터, 실선은 검증 데이터입니다. 학습 손실이 줄어드는데 검증 손실이 커지면 과적합입니다.",
    ),
    "training/loss": ("loss", "손실"),
    "training/accuracy": ("accuracy", "정확도"),
    "training/decisions": ("binary accuracy (per label)", "라벨별 이진 정확도"),
    "training/error": ("mean absolute error", "평균 절대 오차"),
    "training/epoch": ("epoch", "에포크"),
    "training/training": ("training", "학습"),
    "training/validation": ("validation", "검증"),
    "training/kept": ("restored: epoch {epoch}", "복원한 에포크: {epoch}"),
    "training/description": (
        "Loss (left) and accuracy (right) by epoch.",
        "에포크에 따른 손실(왼쪽)과 정확도(오른쪽)입니다.",
    ),
}

CLASSES = {
    "confusion/title": ("True and predicted classes", "실제 클래스와 예측 클래스"),
    "confusion/text": (
        "Rows are true classes, columns are predicted classes. Darker cells have a larger share of their row; blue is "
        "correct, orange is wrong.",
        "행은 실제 클래스, 열은 예측 클래스입니다. 칸의 색이 진할수록 행에서 차지하는 비율이 큽니다. 파란색은 정답, "
        "주황색은 오답입니다.",
    ),
    "confusion/text-many": (
        "Rows are true classes, columns are predicted classes. Blue is correct: darker cells have a larger share of "
        "their row. Orange is wrong: darker cells are closer to the share of the most frequent confusion.",
        "행은 실제 클래스, 열은 예측 클래스입니다. 파란색은 정답이며, 진할수록 행에서 차지하는 비율이 큽니다. 주황색은 "
        "오답이며, 진할수록 가장 잦은 혼동의 비율에 가깝습니다.",
    ),
    "confusion/true": ("true class", "실제 클래스"),
    "confusion/predicted": ("predicted class", "예측 클래스"),
    "confusion/description": (
        "Matrix of counts with true classes in rows and predicted classes in columns.",
        "행은 실제 클래스, 열은 예측 클래스인 샘플 수 행렬입니다.",
    ),
    "confusion/corner": ("true \\ predicted", "실제 \\ 예측"),
    "confusion/read": (
        "Hover over a cell, or focus the figure and use the arrow keys, to show its values.",
        "칸에 마우스를 올리거나, 그래프에 포커스를 두고 화살표 키를 누르면 값이 표시됩니다.",
    ),
    "confusion/frequent": ("Most frequent confusions", "가장 잦은 혼동"),
    "confusion/count": ("texts", "텍스트 수"),
    "confusion/share": ("share of the class", "클래스 내 비율"),
    "confusion/none": ("There are no confusions.", "혼동된 텍스트가 없습니다."),
    "classes/title": ("Precision, recall and F1", "정밀도, 재현율, F1"),
    "classes/text": (
        "Support is the number of texts of the class; scores of few texts are unreliable. Click a column to sort.",
        "샘플 수(support)는 그 클래스의 텍스트 수입니다. 텍스트가 적으면 점수를 신뢰하기 어렵습니다. 열 제목을 "
        "클릭하면 정렬됩니다.",
    ),
    "classes/class": ("class", "클래스"),
    "classes/precision": ("precision", "정밀도"),
    "classes/recall": ("recall", "재현율"),
    "classes/f1": ("F1", "F1"),
    "classes/support": ("support", "샘플 수(support)"),
    "classes/predicted": ("predicted", "예측 수"),
    "slices/title": ("{measure} by {kind}", "{kind}별 {measure}"),
    "slices/text": (
        "▲ is significantly above all other texts, ▼ significantly below: the 95 % interval of the difference excludes "
        "0. A slice has no mark if fewer than 20 texts are outside it.",
        "▲는 나머지 텍스트보다 유의하게 높고 ▼는 유의하게 낮습니다(차이의 95 % 신뢰구간이 0을 포함하지 않음). 나머지 "
        "텍스트가 20개 미만인 슬라이스에는 표시가 없습니다.",
    ),
    "slices/description": (
        "One row per slice, with its {measure} and 95 % interval.",
        "슬라이스마다 {measure} 값과 95 % 신뢰구간을 표시합니다.",
    ),
    "slices/length": ("length", "길이"),
    "slices/script": ("script", "문자 체계"),
    "slices/oov": ("OOV rate", "OOV 비율"),
    "slices/length-name": ("{low}–{high} characters", "{low}–{high}자"),
    "slices/length-one": ("{low} characters", "{low}자"),
    "slices/oov-name": ("{low}–{high} % OOV", "OOV {low}–{high} %"),
    "slices/oov-one": ("{low} % OOV", "OOV {low} %"),
    "slices/empty": ("no value", "값 없음"),
    "slices/left-out": (
        "{count:text is|texts are} in slices that are too small to show.",
        "크기가 작아 표시하지 않은 슬라이스의 텍스트가 {count:,}개 있습니다.",
    ),
    "slices/all": ("all texts", "전체"),
    "slices/slice": ("slice", "슬라이스"),
    "slices/against": ("compared with other texts", "나머지와 비교"),
    "slices/above": ("above", "높음"),
    "slices/below": ("below", "낮음"),
    "slices/neither": ("no significant difference", "유의한 차이 없음"),
    "calibration/title": ("Confidence and accuracy", "확신도와 정확도"),
    "calibration/text": (
        "A well-calibrated model is on the dashed line: of predictions with 80 % confidence, 80 % are correct. Below "
        "the line it is overconfident. Expected calibration error (ECE): {error} (95 % interval {low} to {high}).",
        "확률이 잘 보정된 모델은 점선 위에 있습니다(확신도 80 %인 예측의 80 %가 정답). 점선 아래는 과신(overconfidence)"
        "입니다. 기대 보정 오차(ECE): {error}(95 % 신뢰구간 {low}~{high}).",
    ),
    "calibration/description": (
        "Accuracy by mean confidence for bins of predictions, with 95 % intervals.",
        "확신도 구간별 평균 확신도에 따른 정확도와 95 % 신뢰구간입니다.",
    ),
    "calibration/confidence": ("confidence", "확신도"),
    "calibration/samples": ("texts", "텍스트 수"),
    "thresholds/title": ("Scores of “{label}” by threshold", "임계값에 따른 “{label}”의 점수"),
    "thresholds/text": (
        "“{label}” is predicted if its probability is at least the threshold. A higher threshold usually gives higher "
        "precision and lower recall.",
        "“{label}”의 확률이 임계값 이상이면 그 클래스로 예측합니다. 임계값을 높이면 대체로 정밀도가 오르고 "
        "재현율이 내려갑니다.",
    ),
    "thresholds/threshold": ("threshold", "임계값"),
    "thresholds/description": (
        "Precision, recall and F1 by threshold, one line each.",
        "임계값에 따른 정밀도, 재현율, F1을 선으로 표시합니다.",
    ),
    "thresholds/score": ("score", "점수"),
}

TEXTS = {
    "mistakes/text": (
        "{total:,} predictions are wrong. These have the highest confidence; some of their labels may be wrong.",
        "오분류는 {total:,}개입니다. 확신도가 높은 순서로 표시하며, 라벨 오류도 포함될 수 있습니다.",
    ),
    "mistakes/text-one": (
        "1 prediction is wrong. The label itself may be wrong.",
        "오분류는 1개입니다. 라벨 오류일 수도 있습니다.",
    ),
    "mistakes/colours": (
        " supports the prediction; ",
        "은 예측을 지지하고, ",
    ),
    "mistakes/against": (" contradicts it.", "은 예측에 반합니다."),
    "mistakes/green": ("Green with a solid line", "초록 실선"),
    "mistakes/red": ("red with a dotted line", "빨간 점선"),
    "mistakes/exact": (
        "Weights are exact: the score is the sum of the bias and all weights.",
        "가중치는 정확한 값입니다. 점수는 편향과 모든 가중치의 합입니다.",
    ),
    "mistakes/occlusion": (
        "Weights by occlusion: the change of the score when the token is removed.",
        "가중치는 토큰을 제거했을 때의 점수 변화입니다(occlusion).",
    ),
    "mistakes/none": ("No prediction is wrong.", "오분류가 없습니다."),
    "mistakes/filter": ("Filter the mistakes", "오분류 필터"),
    "mistakes/search": ("Text contains", "텍스트 검색"),
    "mistakes/label": ("True label", "실제 라벨"),
    "mistakes/prediction": ("Predicted label", "예측 라벨"),
    "mistakes/all": ("all", "전체"),
    "mistakes/previous": ("Previous", "이전"),
    "mistakes/next": ("Next", "다음"),
    "mistakes/first": (
        "The first {shown} of {total} are shown; paging needs JavaScript.",
        "{total}개 중 처음 {shown}개입니다. 나머지를 보려면 JavaScript가 필요합니다.",
    ),
    "mistakes/true": ("true", "실제"),
    "mistakes/predicted": ("predicted", "예측"),
    "mistakes/cut": ("truncated", "일부"),
    "duplicates/across": (
        "{total:pair is a duplicate or near duplicate|pairs are duplicates or near duplicates} across training and "
        "test data ({equal:,} of them exact). Test texts that are in the training data inflate the scores.",
        "학습 데이터와 평가 데이터 사이에 중복 또는 유사 중복이 {total:,}쌍 있습니다(완전 중복 {equal:,}쌍). 학습에 "
        "쓴 텍스트로 평가하면 점수가 부풀려집니다.",
    ),
    "duplicates/within": (
        "{total:pair is a duplicate or near duplicate|pairs are duplicates or near duplicates} within the test data "
        "({equal:,} of them exact). Duplicates between training and test data were not searched, because the training "
        "data was not given.",
        "평가 데이터 안에 중복 또는 유사 중복이 {total:,}쌍 있습니다(완전 중복 {equal:,}쌍). 학습 데이터가 주어지지 "
        "않아 학습 데이터와의 중복은 찾지 않았습니다.",
    ),
    "duplicates/none-across": (
        "No test text is a duplicate or near duplicate of a training text.",
        "학습 텍스트와 중복이거나 유사 중복인 평가 텍스트가 없습니다.",
    ),
    "duplicates/none-within": (
        "The test data has no duplicates or near duplicates. Duplicates between training and test data were not "
        "searched, because the training data was not given.",
        "평가 데이터 안에 중복 또는 유사 중복이 없습니다. 학습 데이터가 주어지지 않아 학습 데이터와의 중복은 찾지 "
        "않았습니다.",
    ),
    "duplicates/same": ("the same text", "같은 텍스트"),
    "duplicates/more": ("{count:more pair|more pairs}", "{count:,}쌍 더 보기"),
    "duplicates/equal": ("exact duplicate", "완전 중복"),
    "duplicates/similarity": ("similarity {value}", "유사도 {value}"),
    "duplicates/conflict": ("labels differ", "라벨이 다름"),
    "duplicates/earlier": ("first occurrence", "처음 나온 텍스트"),
    "suspects/training": (
        "{total:label|labels} of the training data may be wrong: in cross-validation, models predict another label "
        "with high confidence.",
        "학습 데이터의 라벨 {total:,}개가 잘못되었을 수 있습니다. 교차 검증에서 모델이 높은 확신도로 다른 라벨을 "
        "예측했습니다.",
    ),
    "suspects/measured": (
        "{total:label|labels} of the test data may be wrong: in cross-validation, models predict another label with "
        "high confidence.",
        "평가 데이터의 라벨 {total:,}개가 잘못되었을 수 있습니다. 교차 검증에서 모델이 높은 확신도로 다른 라벨을 "
        "예측했습니다.",
    ),
    "suspects/unreliable": (
        "The accuracy of these models is low, so many of these labels may be correct.",
        "이 모델들의 정확도가 낮으므로 상당수는 올바른 라벨일 수 있습니다.",
    ),
    "suspects/none": ("No label is suspected.", "잘못된 것으로 의심되는 라벨이 없습니다."),
    "suspects/keys": (
        "Keyboard shortcuts in the list: j/k or arrows move, a accepts the suggestion, r rejects it, u undoes.",
        "목록의 단축키: j/k 또는 화살표로 이동, a 제안 수락, r 거절, u 취소.",
    ),
    "suspects/accept": ("Accept suggestion (a)", "제안 수락 (a)"),
    "suspects/reject": ("Reject (r)", "거절 (r)"),
    "suspects/undo": ("Undo (u)", "취소 (u)"),
    "suspects/export": ("Download decisions as CSV", "결정 CSV 내려받기"),
    "suspects/arrow": (
        "Each row shows the given label → the suggested label, with the probability of the suggestion.",
        "행마다 현재 라벨 → 제안 라벨과 제안 라벨의 확률을 표시합니다.",
    ),
    "suspects/list": ("Suspected labels", "의심되는 라벨 목록"),
    "suspects/tools": ("Decide on the selected label", "선택한 라벨 결정"),
    "words/title": ("Words with similar use are near each other", "비슷하게 쓰이는 단어가 가까이 있습니다"),
    "words/embedding": (
        "Positions are from the model's embedding; colour and marker show the class that a word supports.",
        "위치는 모델의 임베딩에서 계산했습니다. 색과 모양은 단어가 어느 클래스의 근거인지 나타냅니다.",
    ),
    "words/texts": (
        "Positions are from a singular value decomposition of the word–text matrix; colour and marker show the class "
        "that a word supports.",
        "위치는 단어–텍스트 행렬의 특잇값 분해로 계산했습니다. 색과 모양은 단어가 어느 클래스의 근거인지 나타냅니다.",
    ),
    "words/hidden": (
        "Overlapping words are hidden; search to show them.",
        "겹치는 단어는 숨겼습니다. 검색하면 나타납니다.",
    ),
    "words/search": ("Find a word", "단어 찾기"),
    "words/none": ("no class", "해당 클래스 없음"),
    "words/others": ("other classes", "다른 클래스"),
    "words/word": ("word", "단어"),
    "words/class": ("class", "클래스"),
    "words/count": ("texts", "텍스트 수"),
    "words/description": (
        "Scatter plot of words; the list of words is below.",
        "단어의 산점도입니다. 단어 목록은 아래에 있습니다.",
    ),
    "words/list": ("List of words", "단어 목록"),
    "reproduction/command": ("Command", "명령"),
    "reproduction/model": ("Model", "모델"),
    "reproduction/settings": ("Non-default settings", "기본값과 다른 설정"),
    "reproduction/versions": ("Versions", "버전"),
    "reproduction/seeds": ("Random seeds", "난수 시드"),
    "reproduction/checksums": ("Checksums (SHA-256)", "체크섬(SHA-256)"),
    "reproduction/created": (
        "Created on {date} (UTC) with {threads:CPU core|CPU cores}.",
        "{date}(UTC)에 CPU 코어 {threads:,}개로 만들었습니다.",
    ),
    "reproduction/name": ("name", "이름"),
    "reproduction/value": ("value", "값"),
    "reproduction/trained": ("labelled texts", "라벨이 있는 텍스트"),
    "reproduction/size": ("file size", "파일 크기"),
    "name/report": ("report", "보고서"),
    "name/model": ("model", "모델"),
    "name/training": ("training", "학습"),
    "name/measured": ("test", "평가"),
    "name/features": ("features", "특성"),
    "name/n-grams": ("n-grams", "n-gram"),
    "name/calibration": ("calibration", "확률 보정"),
    "name/vocabulary": ("vocabulary", "어휘"),
    "name/tokens": ("tokens", "토큰"),
    "name/vectors": ("vectors", "단어 벡터"),
    "name/parameters": ("parameters", "파라미터 수"),
    "name/unlabelled texts": ("unlabelled texts", "라벨이 없는 텍스트"),
    "name/top n-grams": ("top n-grams", "대표 n-gram"),
    "name/part": ("part", "부분"),
    "name/characters": ("characters", "글자 수"),
    "name/coverage": ("coverage", "커버리지"),
    "name/found": ("found", "원문"),
    "name/group": ("group", "그룹"),
    "name/label": ("label", "라벨"),
    "name/language": ("language", "언어"),
    "name/ngram": ("ngram", "n-gram"),
    "name/other": ("other", "다른 텍스트"),
    "name/other_label": ("other label", "다른 라벨"),
    "name/predicted": ("predicted", "예측"),
    "name/probability": ("probability", "확률"),
    "name/reason": ("reason", "이유"),
    "name/repaired": ("repaired", "복구"),
    "name/similarity": ("similarity", "유사도"),
    "name/texts": ("texts", "텍스트 수"),
}

SCRIPTS = {
    "script/page": ("{shown} of {total}, page {page} of {pages}", "{total}개 중 {shown}, {pages}쪽 중 {page}쪽"),
    "script/none": ("No mistakes match.", "조건에 맞는 오분류가 없습니다."),
    "script/accepted": ("accepted", "수락"),
    "script/rejected": ("rejected", "거절"),
    "script/undecided": ("undecided", "미정"),
    "script/decided": ("{done} of {total} decided", "{total}개 중 {done}개 결정"),
    "script/selected": ("{place} selected: {decision}", "{place} 선택됨: {decision}"),
    "script/found": ("words found: {count}", "찾은 단어: {count}개"),
    "script/cell": (
        "true {label}, predicted {prediction}: {count} ({share} of the class)",
        "실제 {label}, 예측 {prediction}: {count}개(클래스 내 {share})",
    ),
    "script/true": ("true", "실제"),
    "script/predicted": ("predicted", "예측"),
    "script/cut": ("truncated", "일부"),
}
