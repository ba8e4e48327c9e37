"""Training of fastText's classifiers on files and streams."""

import gzip
import json
import logging

import numpy as np
import pytest

import malmoi as mm
from malmoi.models.fasttext import streams

TEXTS = ["so good", "really good film", "good, fun 고양이", "so bad", "really bad film", "bad dull"] * 3
LABELS = ["pos", "pos", "mid", "neg", "neg", "mid"] * 3
FAST = {"dimension": 4, "epochs": 5, "buckets": 64, "calibration": None}
MANY = 20_000
"""Number of texts from which they are not all kept in memory."""


def model(**changes):
    return mm.FastTextClassifier(**{**FAST, **changes})


def as_bits(fitted):
    network = fitted.fitted.network
    arrays = {**network.input.arrays(), **network.output.arrays()}
    return [array.tobytes() for array in arrays.values()] + [network.dictionary.entries.tobytes()]


def as_lines(texts=TEXTS, labels=LABELS):
    return "".join(f"__label__{label} {text}\n" for text, label in zip(texts, labels, strict=True))


def written(folder, name, content):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def in_batches(texts, labels, size):
    def batches():
        for start in range(0, len(texts), size):
            yield texts[start : start + size], labels[start : start + size]

    return batches


def many(count=MANY, seed=0):
    """Texts of three classes, each with words of its own and common ones, at random."""
    random = np.random.default_rng(seed)
    codes = random.integers(0, 3, count)
    own, common = random.integers(0, 30, count), random.integers(0, 50, count)
    rows = zip(codes.tolist(), own.tolist(), common.tolist(), strict=True)
    return [f"any{other} {'abc'[code]}{word}" for code, word, other in rows], ["abc"[code] for code in codes]


# Files

FORMATS = {
    "train.txt": as_lines(),
    "train.csv": "text,label\n" + "".join(f'"{text}",{label}\n' for text, label in zip(TEXTS, LABELS, strict=True)),
    "train.jsonl": "".join(
        json.dumps({"text": text, "label": label}) + "\n" for text, label in zip(TEXTS, LABELS, strict=True)
    ),
    "train.txt.gz": gzip.compress(as_lines().encode(), mtime=0),
}


@pytest.mark.parametrize("name", FORMATS)
def test_files_of_every_format_give_what_fit_gives(tmp_path, name):
    fitted = model().fit_files(written(tmp_path, name, FORMATS[name]))
    assert as_bits(fitted) == as_bits(model().fit(TEXTS, LABELS))
    assert fitted.facts_.samples == len(TEXTS)
    assert fitted.classes_.tolist() == ["mid", "neg", "pos"]


def test_several_files_are_read_in_order(tmp_path):
    paths = [
        written(tmp_path, "part-1.txt", as_lines(TEXTS[:7], LABELS[:7])),
        written(tmp_path, "part-2.txt", as_lines(TEXTS[7:], LABELS[7:])),
    ]
    expected = as_bits(model().fit(TEXTS, LABELS))
    assert as_bits(model().fit_files(paths)) == expected
    assert as_bits(model().fit_files(str(tmp_path / "part-*.txt"))) == expected
    assert as_bits(model().fit_files(paths[::-1])) != expected


def test_columns_are_chosen_by_name(tmp_path):
    rows = "".join(f'"{text}",x,{label}\n' for text, label in zip(TEXTS, LABELS, strict=True))
    path = written(tmp_path, "train.csv", "review,id,stars\n" + rows)
    fitted = model().fit_files(path, text_column="review", label_column="stars")
    assert as_bits(fitted) == as_bits(model().fit(TEXTS, LABELS))
    with pytest.raises(mm.DataError, match="text_column must be a column of the file, got 'absent'"):
        model().fit_files(path, text_column="absent", label_column="stars")


def test_several_labels_of_a_line_or_a_field_are_multilabel(tmp_path):
    sets = [["a"], ["a", "b"], ["c"], ["b", "c"], ["b"], ["a"]] * 3
    lines = "".join(
        "".join(f"__label__{label} " for label in own) + text + "\n" for text, own in zip(TEXTS, sets, strict=True)
    )
    expected = model().fit(TEXTS, sets)
    found = model().fit_files(written(tmp_path, "train.txt", lines))
    assert as_bits(found) == as_bits(expected)
    assert found.fitted.network.loss == "one-vs-all"
    assert found.predict(TEXTS[:6]) == expected.predict(TEXTS[:6])
    fields = "".join(f'"{text}",{"|".join(own)}\n' for text, own in zip(TEXTS, sets, strict=True))
    path = written(tmp_path, "train.csv", "text,label\n" + fields)
    assert as_bits(model().fit_files(path, label_separator="|")) == as_bits(expected)


def test_a_line_without_a_label_is_refused_with_its_number(tmp_path):
    lines = as_lines().splitlines(keepends=True)
    path = written(tmp_path, "train.txt", "".join([*lines[:4], "no label here\n", *lines[4:]]))
    with pytest.raises(mm.DataError, match=r"train\.txt:5"):
        model().fit_files(path)
    rows = 'text,label\n"good",a\n"bad",\n"bad",b\n'
    with pytest.raises(mm.DataError, match=r"train\.csv:3"):
        model().fit_files(written(tmp_path, "train.csv", rows))


def test_files_that_cannot_be_read_are_refused(tmp_path):
    with pytest.raises(mm.DataError, match=r"no such file or folder: .*absent\.txt"):
        model().fit_files(tmp_path / "absent.txt")
    with pytest.raises(mm.DataError, match=r"empty\.txt: labels must come from a table"):
        model().fit_files(written(tmp_path, "empty.txt", ""))
    with pytest.raises(mm.DataError, match="labels must have 2 classes or more, got only 'a'"):
        model().fit_files(written(tmp_path, "one.txt", "__label__a good\n__label__a bad\n"))
    cut = FORMATS["train.txt.gz"][:60]
    with pytest.raises(mm.FormatError, match=r"cut\.txt\.gz: compressed data are damaged or truncated"):
        model().fit_files(written(tmp_path, "cut.txt.gz", cut))


# Streams of few texts


@pytest.mark.parametrize("size", [1, 5, 18, 100])
def test_few_texts_are_learned_as_by_fit(tmp_path, size):
    for changes in ({}, {"calibration": "temperature"}, {"class_weight": {"neg": 3.0}}):
        found = model(**changes).fit_stream(in_batches(TEXTS, LABELS, size))
        expected = model(**changes).fit(TEXTS, LABELS)
        files = [one.save(tmp_path / f"{place}.malmoi", overwrite=True) for place, one in enumerate((found, expected))]
        assert files[0].read_bytes() == files[1].read_bytes()


def test_labels_of_any_kind_are_streamed():
    codes = [{"pos": 2, "neg": 0, "mid": 1}[label] for label in LABELS]
    found = model().fit_stream(in_batches(TEXTS, np.array(codes), 4))
    assert found.classes_.tolist() == [0, 1, 2]
    assert as_bits(found) == as_bits(model().fit(TEXTS, codes))
    spaced = [f" {label} " if place % 2 else label for place, label in enumerate(LABELS)]
    assert model().fit_stream(in_batches(TEXTS, spaced, 4)).classes_.tolist() == ["mid", "neg", "pos"]


def test_batches_with_sets_and_batches_with_single_labels_are_multilabel():
    def batches():
        yield TEXTS[:6], LABELS[:6]
        yield TEXTS[6:], [[label, "more"] for label in LABELS[6:]]

    found = model().fit_stream(batches)
    sets = [[label] for label in LABELS[:6]] + [[label, "more"] for label in LABELS[6:]]
    assert as_bits(found) == as_bits(model().fit(TEXTS, sets))


@pytest.mark.parametrize(
    ("batches", "error", "message"),
    [
        (lambda: [], mm.DataError, "labels must have 2 classes or more, got no labels"),
        (lambda: [([], [])], mm.DataError, "labels must have 2 classes or more, got no labels"),
        (lambda: [(["a", "b"], ["x", "x"])], mm.DataError, "labels must have 2 classes or more, got only 'x'"),
        (
            lambda: [(["a"], ["x"]), (["b"], ["y", "z"])],
            mm.DataError,
            "as many labels as texts, got 2 and 1 behind text 1",
        ),
        (lambda: [("ab", ["x", "y"])], TypeError, "got one str; wrap it"),
        (lambda: [(["a", None], ["x", "y"])], TypeError, r"texts\[1\]"),
        (lambda: [(["a", "\ud800"], ["x", "y"])], ValueError, r"texts\[1\]"),
        (lambda: [(["a", "b"], ["x", None])], mm.DataError, "label None must be a str, an int or a bool"),
        (lambda: [(["a", "b"], ["x", float("nan")])], mm.DataError, "label nan must be a str, an int or a bool"),
        (lambda: [(["a", "b"], ["x", ""])], mm.DataError, "label '' must not be empty"),
        (lambda: [(["a", "b"], ["x", 1])], mm.DataError, "label 1 must be of the same type as 'x'"),
        (
            lambda: [(["a", "b"], [["x"], ["y", {}]])],
            mm.DataError,
            "labels must be str, int or bool, or lists of these",
        ),
        (lambda: [(["", " \t"], ["x", "y"])], mm.DataError, r"training texts must have words, .* got none"),
    ],
)
def test_odd_batches_are_refused(batches, error, message):
    fitted = model().fit(TEXTS, LABELS)
    before = as_bits(fitted)
    with pytest.raises(error, match=message):
        fitted.fit_stream(batches)
    assert as_bits(fitted) == before


def test_balanced_class_weights_are_refused():
    message = "class_weight must be None or a dict of weights for files and streams, got 'balanced'"
    with pytest.raises(ValueError, match=message):
        model(class_weight="balanced").fit_stream(in_batches(TEXTS, LABELS, 5))


def test_settings_that_do_not_fit_the_labels_are_refused():
    with pytest.raises(ValueError, match="calibration must be 'temperature' or 'auto' for more than two classes"):
        model(calibration="isotonic").fit_stream(in_batches(TEXTS, LABELS, 5))
    with pytest.raises(ValueError, match="loss must be 'auto' or 'one-vs-all' for multilabel data"):
        model(loss="softmax").fit_stream(in_batches(TEXTS, [[label] for label in LABELS], 5))


# Streams of many texts


@pytest.fixture(scope="module")
def stream():
    return many(MANY + 50)


@pytest.mark.parametrize("together", [65_536, 3_000])
def test_many_texts_are_learned_with_the_same_bits_at_any_number_of_threads(stream, monkeypatch, together):
    monkeypatch.setattr(streams, "TEXTS_TOGETHER", together)
    texts, labels = stream
    settings = {"epochs": 2, "calibration": "temperature"}
    fitted = [model(n_jobs=jobs, **settings).fit_stream(in_batches(texts, labels, 900)) for jobs in (1, 2, 5)]
    assert as_bits(fitted[0]) == as_bits(fitted[1]) == as_bits(fitted[2])
    new, right = many(2_000, seed=1)
    predicted = [one.predict_proba(new).tobytes() for one in fitted]
    assert predicted[0] == predicted[1] == predicted[2]
    assert fitted[0].score(new, right) > 0.95
    facts = fitted[0].facts_
    assert (facts.samples, facts.epochs, facts.learned_held_out) == (len(texts), 2, False)
    assert 1_990 <= facts.held_out <= 2_010
    assert facts.losses[1] < facts.losses[0]
    assert facts.tokens == 3 * len(texts)


def test_held_out_texts_of_a_stream_are_not_learned(stream):
    """Their labels are wrong; if they were learned, the other texts would be learned less well."""
    texts, labels = list(stream[0]), list(stream[1])
    parts = len(texts) // 2_000
    for place in range(0, len(texts), parts):
        labels[place] = {"a": "b", "b": "c", "c": "a"}[labels[place]]
    fitted = model(epochs=1, calibration="temperature").fit_stream(in_batches(texts, labels, 5_000))
    clean = [place for place in range(len(texts)) if place % parts]
    expected = model(epochs=1, calibration="temperature").fit_stream(in_batches(*stream, 5_000))
    assert as_bits(fitted) == as_bits(expected)
    assert fitted.fitted.calibrator.temperature > 5 * expected.fitted.calibrator.temperature
    assert fitted.facts_.held_out == len(texts) - len(clean)


def test_without_calibration_no_text_is_held_out(stream):
    facts = model(epochs=1).fit_stream(in_batches(*stream, 5_000)).facts_
    assert (facts.held_out, facts.learned_held_out) == (0, True)


def test_many_texts_in_one_part_without_calibration_equal_fit(stream):
    found = model(epochs=2).fit_stream(in_batches(*stream, 5_000))
    assert as_bits(found) == as_bits(model(epochs=2).fit(*stream))


def test_texts_sorted_by_label_are_told(stream, caplog):
    texts, labels = stream
    order = np.argsort(labels, kind="stable").tolist()
    message = "the texts are sorted by label: shuffle them"
    with caplog.at_level(logging.WARNING, "malmoi"):
        model(epochs=1).fit_stream(in_batches(texts, labels, 5_000))
        assert message not in caplog.text
        ordered = [texts[place] for place in order], [labels[place] for place in order]
        model(epochs=1).fit_stream(in_batches(*ordered, 5_000))
    assert message in caplog.text


def changing(texts, labels, later):
    """Batches that are others from the second call on."""
    calls = []

    def batches():
        calls.append(1)
        return [(texts, labels)] if len(calls) == 1 else later

    return batches


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda texts, labels: [(texts[:-1], labels[:-1])], r"the same in each pass, found 20049 texts after 20050"),
        (
            lambda texts, labels: [(texts, labels), (["a"], ["a"])],
            r"the same in each pass, found 20051 texts after 20050",
        ),
        (lambda texts, labels: [(texts, [*labels[:-1], "new"])], r"the same in each pass, found the new label 'new'"),
        (lambda texts, labels: [], r"the same in each pass, found 0 texts after 20050"),
        (lambda texts, labels: [(texts, labels[:-1])], r"as many labels as texts, got 20049 and 20050 behind text 0"),
    ],
)
def test_batches_that_change_between_passes_are_refused(stream, change, message):
    texts, labels = stream
    with pytest.raises(mm.DataError, match=message):
        model(epochs=1).fit_stream(changing(texts, labels, change(texts, labels)))


@pytest.mark.parametrize("later", [[], [(TEXTS[:6], LABELS[:6])], [(TEXTS, [*LABELS[:-1], "new"])]])
def test_few_batches_that_change_are_refused_too(later):
    with pytest.raises(mm.DataError, match="the batches must be the same in each pass"):
        model().fit_stream(changing(TEXTS, LABELS, later))


def test_an_iterator_that_is_used_up_is_refused():
    used = iter([(TEXTS, LABELS)])
    with pytest.raises(mm.DataError, match="the batches must be the same in each pass"):
        model().fit_stream(lambda: used)


def test_many_lines_of_a_file_with_several_labels_are_learned(tmp_path, stream):
    texts, labels = stream
    lines = "".join(
        f"__label__{label} {'__label__odd ' if place % 2 else ''}{text}{' odd' if place % 2 else ''}\n"
        for place, (text, label) in enumerate(zip(texts, labels, strict=True))
    )
    fitted = model(epochs=3).fit_files(written(tmp_path, "train.txt", lines))
    assert fitted.classes_.tolist() == ["a", "b", "c", "odd"]
    assert [sorted(found) for found in fitted.predict(["any3 a4", "c7 any2 odd"])] == [["a"], ["c", "odd"]]


def test_progress_is_reported_and_grows(stream):
    seen = []
    model(epochs=2).fit_stream(in_batches(*stream, 7_000), progress=lambda *step: seen.append(step))
    counted, trained = ([step for step in seen if step[0] == name] for name in ("counting words", "training"))
    assert [done for _, done, _ in counted] == [7_000, 14_000, 20_050]
    assert trained[-1][1:] == (2 * 20_050, 2 * 20_050)
    assert [done for _, done, _ in trained] == sorted(done for _, done, _ in trained)
