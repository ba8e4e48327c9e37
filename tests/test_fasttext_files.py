"""fastText's files: opened classifiers predict what the reference predicts, written files what the model predicts."""

import copy
import logging
import pickle
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.exceptions import NotFittedError

import malmoi as mm
from binary_files import Model
from fasttext_reference import (
    END,
    NEGATIVES,
    ONE_VS_ALL,
    SHIFT,
    SOFTMAX,
    TREE,
    Classifier,
    Quantised,
    random_matrix,
    tokens_of,
)
from malmoi.models.fasttext.tables import MappedTable

LOSSES = {"hierarchical softmax": TREE, "negative sampling": NEGATIVES, "softmax": SOFTMAX, "one-vs-all": ONE_VS_ALL}
WORDS = [END, b"good", b"bad", b"film", b"so", "고양이".encode(), "naïve".encode(), "\u00a0".encode(), b"odd"]
TOKENS = [
    *["good", "bad", "film", "so", "고양이", "naïve", "naïve\u0301", "\u00a0", "unheard", "GOOD", "\U0001f600"],
    *["__label__pos", "__label__new", "__label__", "</s>", "odd", "ﬁlm", "a" * 300],
]
BLANKS = [" ", "  ", "\t", "\n", "\r\n", "\v", "\f", "\0"]
TEXTS = ["good film", "so bad", "고양이 unheard", "", "__label__pos good", "good </s> bad", "so\0bad\nfilm", "\u3000x"]
TRAIN = ["so good", "really good film", "good fun 고양이", "so bad", "really bad film", "bad, dull", "naïve"] * 4
BINARY, SETS = (
    ["pos", "pos", "pos", "neg", "neg", "neg", "neg"] * 4,
    [["a"], ["a", "b"], [], ["c"], ["b"], [], ["c"]] * 4,
)
THREE = ["a", "a", "b", "b", "c", "c", "a b"] * 4
FAST = {"dimension": 4, "epochs": 6, "buckets": 64, "calibration": None}


def written(folder, model, name="model.bin"):
    path = folder / name
    path.write_bytes(model if isinstance(model, bytes) else model.to_bytes())
    return path


def opened(folder, model):
    return mm.FastTextClassifier.open(written(folder, model))


def names_of(model):
    strip = all(label.startswith(b"__label__") for label in model.labels)
    return [(label[9:] if strip else label).decode() for label in model.labels]


def bounds(model, text):
    """Least and largest probability of the classes in order; they differ where a step of the table is near."""
    if len(model.labels) == 2 and model.loss != ONE_VS_ALL:
        scores = model.scores(text)
        powers = np.exp(scores) if model.loss == SOFTMAX else 1 / (1 + np.exp(-scores))
        if model.loss == TREE:
            powers = np.array(list(model.predict(text).values()))
        rows = [powers / powers.sum() + (0 if model.loss == TREE else SHIFT)] * 2
    else:
        rows = [np.array(list(model.predict(text, nudge).values())) for nudge in (-1e-5, 1e-5)]
        if model.loss in (SOFTMAX, TREE):
            rows = [np.array(list(model.predict(text).values()))] * 2
    order = np.argsort(names_of(model))
    return rows[0][order], rows[1][order]


def assert_equals_the_reference(classifier, model, texts, tolerance=1e-5):
    found = classifier.predict_proba(texts)
    assert found.shape == (len(texts), len(model.labels))
    assert classifier.classes_.tolist() == sorted(names_of(model))
    for text, row in zip(texts, found, strict=True):
        low, high = bounds(model, text)
        assert (row >= low - tolerance).all(), (text, row, low)
        assert (row <= high + tolerance).all(), (text, row, high)


# Opening


@pytest.mark.parametrize("name", ["trec.bin", "trec.ftz"])
def test_real_files_predict_what_fasttext_printed(data, name):
    model = mm.FastTextClassifier.open(data / "fasttext" / name)
    texts = [line.split(" ", 1)[1] for line in lines_of(data / "fasttext" / "trec-test.txt")]
    found, best = model.predict_proba(texts), model.predict(texts)
    place = {label: number for number, label in enumerate(model.classes_.tolist())}
    printed = lines_of(data / "fasttext" / f"{name}.predictions.txt")
    assert len(printed) == len(texts) == 500
    for row, label, line in zip(found, best, printed, strict=True):
        fields = line.split()
        names = [field.removeprefix("__label__") for field in fields[::2]]
        expected = np.zeros(len(place))
        expected[[place[one] for one in names]] = [float(field) for field in fields[1::2]]
        assert len(names) == len(place)
        assert np.abs(row - expected).max() < 1e-5
        assert label == names[0]


def lines_of(path):
    return path.read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("name", ["trec.bin", "trec.ftz"])
def test_the_reference_reads_real_files_and_predicts_the_same(data, name):
    path = data / "fasttext" / name
    reference = Classifier.from_bytes(path.read_bytes())
    assert reference.to_bytes()[-200_000:] == path.read_bytes()[-200_000:]
    texts = ["Who was Galileo ?", "What county is Modesto , California in ?", "", "고양이 </s> ?", "a\0b"]
    assert_equals_the_reference(mm.FastTextClassifier.open(path), reference, texts)


KINDS = {
    "version 11 has no character n-grams": Classifier(version=11, ngrams=2, buckets=11, shortest=2, longest=3),
    "the oldest layout": Classifier(version=None, ngrams=2, buckets=11, shortest=2, longest=3),
    "characters": Classifier(ngrams=3, buckets=11, shortest=2, longest=4),
    "single characters": Classifier(buckets=11, shortest=1, longest=1),
    "no n-grams": Classifier(),
    "word n-grams of 0": Classifier(ngrams=0),
    "no end of text": Classifier(words=[b"good", b"bad"]),
    "two labels": Classifier(labels=[b"__label__b", b"__label__a"], ngrams=2, buckets=7),
    "labels without a prefix": Classifier(labels=[b"z", b"a", "가".encode()]),
    "some labels without a prefix": Classifier(labels=[b"z", b"__label__a", b"good label"]),
    "one row": Classifier(dimension=1, words=[b"good"]),
    "all pruned": Classifier(
        ngrams=2, buckets=9, shortest=2, longest=3, kept={}, input=Quantised.random(5, 5, 2, 3, has_norms=True)
    ),
    "pruned": Classifier(
        ngrams=2, buckets=9, shortest=2, longest=3, kept={8: 2, 0: 1, 4: 0}, input=Quantised.random(8, 5, 2, 3)
    ),
    "quantised output": Classifier(
        kept={}, input=Quantised.random(5, 5, 5, 3, has_norms=True), output=Quantised.random(3, 5, 2, 4)
    ),
    "quantised, not pruned": Classifier(ngrams=2, buckets=9, input=Quantised.random(14, 5, 1, 3)),
}


@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
@pytest.mark.parametrize("model", KINDS.values(), ids=KINDS)
def test_every_kind_of_file_predicts_what_the_reference_predicts(tmp_path, model, loss):
    model = copy.copy(model)
    model.loss = loss
    assert_equals_the_reference(opened(tmp_path, model), model, TEXTS)
    assert Classifier.from_bytes(model.to_bytes()).to_bytes() == model.to_bytes() if model.version else True


@st.composite
def models(draw):
    words = draw(st.lists(st.sampled_from(WORDS), min_size=1, max_size=9, unique=True))
    names = ["pos", "neg", "mid", "가", "b b", "Pos", "odd"]
    labels = draw(st.lists(st.sampled_from(names), min_size=2, max_size=6, unique=True))
    prefix = draw(st.sampled_from(["__label__", ""]))
    labels = [(prefix + label).encode() for label in labels if prefix or label.encode() not in words]
    if len(labels) < 2:
        labels = [b"__label__x", b"__label__y"]
    dimension, buckets = draw(st.integers(1, 9)), draw(st.integers(1, 40))
    model = {
        "words": words,
        "labels": labels,
        "label_counts": draw(st.lists(st.integers(0, 5), min_size=len(labels), max_size=len(labels))),
        "version": draw(st.sampled_from([12, 12, 12, 11, None])),
        "dimension": dimension,
        "ngrams": draw(st.integers(1, 3)),
        "loss": draw(st.integers(1, 4)),
        "buckets": buckets,
        "shortest": draw(st.integers(0, 3)),
        "longest": draw(st.integers(0, 4)),
    }
    if model["version"] is None:
        return Classifier(**model)
    seed, rows = draw(st.integers(0, 9)), len(words) + buckets
    part, has_norms = draw(st.integers(1, dimension)), draw(st.booleans())
    form = draw(st.sampled_from(["dense", "quantised", "pruned", "quantised output"]))
    if form == "pruned":
        chosen = draw(st.lists(st.integers(0, buckets - 1), unique=True, max_size=6))
        places = draw(st.permutations(range(len(chosen))))
        model["kept"] = dict(zip(chosen, places, strict=True))
        rows = len(words) + len(chosen)
    if form != "dense":
        model["input"] = Quantised.random(rows, dimension, part, seed, has_norms=has_norms)
    if form == "quantised output":
        model["output"] = Quantised.random(len(labels), dimension, part, seed + 1, has_norms=has_norms)
    return Classifier(**model)


RANDOM_TEXTS = st.lists(st.sampled_from(TOKENS) | st.sampled_from(BLANKS) | st.text(max_size=6), max_size=12).map(
    "".join
) | st.lists(st.sampled_from(TOKENS), max_size=8).map(" ".join)


@settings(max_examples=60)
@given(models(), st.lists(RANDOM_TEXTS, min_size=1, max_size=5))
def test_random_files_predict_what_the_reference_predicts(tmp_path_factory, model, texts):
    classifier = opened(tmp_path_factory.mktemp("any"), model)
    assert_equals_the_reference(classifier, model, texts)
    known = [bool(known_words(model, text)) for text in texts]
    assert classifier.known(texts).tolist() == known
    if model.loss != TREE:
        assert_explained(classifier, model, texts[0])


def known_words(model, text):
    """Rows of words and of character n-grams, but for the end of the text."""
    alone = copy.copy(model)
    alone.ngrams = 1
    rows = alone.features(text)
    return rows[:-1] if END in model.words else rows


def assert_explained(classifier, model, text):
    """Weights and bias sum to the score, which is that of the reference."""
    order = np.argsort(names_of(model))
    scores = model.scores(text)[order]
    for place, label in enumerate(classifier.classes_.tolist()):
        found = classifier.explain(text, label=label)
        assert found.label == label
        own = scores[place]
        if model.loss != ONE_VS_ALL:
            own -= np.delete(scores, place).mean()
        assert found.score == pytest.approx(own, abs=1e-4)
        assert sum(one.weight for one in found.features) + found.bias == pytest.approx(found.score, abs=1e-4)
        assert sum(one.weight for one in found.tokens) + found.bias == pytest.approx(found.score, abs=1e-4)
        assert all(text[one.start : one.end] == one.token for one in found.tokens)


def test_explanations_of_a_real_file_sum_to_its_scores(data):
    path = data / "fasttext" / "trec.ftz"
    assert_explained(mm.FastTextClassifier.open(path), Classifier.from_bytes(path.read_bytes()), "Who was  Galileo\t?")


def test_a_tree_has_no_exact_explanation(tmp_path):
    found = opened(tmp_path, Classifier(loss=TREE)).explain("good film")
    assert found.method != "exact"
    assert found.label in ("pos", "neg", "mid")


def test_one_vs_all_predicts_all_labels_above_one_half(tmp_path):
    model = Classifier(loss=ONE_VS_ALL, output=10 * random_matrix(3, 5, 2))
    found = opened(tmp_path, model)
    for text in TEXTS:
        expected = sorted(label.decode()[9:] for label, value in model.predict(text).items() if value > 0.5)
        assert sorted(found.predict([text])[0]) == expected


def test_the_file_may_be_replaced_while_it_is_open(tmp_path):
    model = Classifier(ngrams=2, buckets=1000)
    classifier = opened(tmp_path, model)
    expected = classifier.predict_proba(TEXTS)
    assert isinstance(classifier.fitted.network.input, MappedTable)
    (tmp_path / "model.bin").unlink()
    written(tmp_path, Classifier(input=np.zeros((5, 5), np.float32)))
    assert np.array_equal(classifier.predict_proba(TEXTS), expected)


@pytest.mark.parametrize("model", [KINDS["characters"], KINDS["pruned"], KINDS["quantised output"]])
@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
def test_opened_models_are_saved_pickled_and_copied(tmp_path, model, loss):
    model = copy.copy(model)
    model.loss = loss
    classifier = opened(tmp_path, model)
    expected = classifier.predict_proba(TEXTS)
    saved = classifier.save(tmp_path / "model.malmoi")
    pickled = pickle.dumps(classifier)
    (tmp_path / "model.bin").unlink()
    for one in (mm.load(saved, verify=True), pickle.loads(pickled), copy.deepcopy(classifier)):
        assert one.predict_proba(TEXTS).tobytes() == expected.tobytes()
        assert one.known(TEXTS).tolist() == classifier.known(TEXTS).tolist()
        assert list(one.predict(TEXTS)) == list(classifier.predict(TEXTS))
    exported = mm.load(saved).export_fasttext(tmp_path / "again.bin")
    assert_equals_the_reference(mm.FastTextClassifier.open(exported), model, TEXTS)
    assert_equals_the_reference(classifier, Classifier.from_bytes(exported.read_bytes()), TEXTS)


def test_an_opened_model_can_be_trained_anew_with_its_settings(tmp_path):
    classifier = opened(tmp_path, KINDS["characters"])
    assert (classifier.dimension, classifier.ngrams, classifier.characters, classifier.buckets) == (
        5,
        (1, 3),
        (2, 4),
        11,
    )
    again = mm.FastTextClassifier(**classifier.get_params()).fit(TRAIN, BINARY)
    assert again.classes_.tolist() == ["neg", "pos"]


# Damaged and other files


SMALL = {
    **{name: Classifier(loss=loss, dimension=2, ngrams=2, buckets=3) for name, loss in LOSSES.items()},
    "characters": Classifier(dimension=1, buckets=3, shortest=1, longest=2),
    "the oldest layout": Classifier(version=None, dimension=2),
}
QUANTISED = Classifier(dimension=3, ngrams=2, buckets=9, kept={8: 1, 0: 0}, input=Quantised.random(7, 3, 2, 0))


@pytest.mark.parametrize("model", SMALL.values(), ids=SMALL)
def test_a_file_cut_at_any_byte_is_refused(tmp_path, model):
    content = model.to_bytes()
    for size in range(len(content)):
        with pytest.raises(mm.FormatError, match=r"model\.bin"):
            opened(tmp_path, content[:size])
    with pytest.raises(mm.FormatError, match="expected the end of the file, found 1 more byte"):
        opened(tmp_path, content + b"\0")


def test_a_quantised_file_cut_at_any_part_is_refused(tmp_path):
    content = QUANTISED.to_bytes()
    for size in [*range(400), *range(400, len(content), 37), len(content) - 1]:
        with pytest.raises(mm.FormatError, match=r"model\.bin"):
            opened(tmp_path, content[:size])


@pytest.mark.parametrize("name", ["trec.bin", "trec.ftz"])
def test_a_real_file_cut_anywhere_is_refused(data, tmp_path, name):
    content = (data / "fasttext" / name).read_bytes()
    path = written(tmp_path, content)
    for size in sorted(np.random.default_rng(0).integers(0, len(content), 200).tolist(), reverse=True):
        with path.open("r+b") as file:
            file.truncate(size)
        with pytest.raises(mm.FormatError, match=r"model\.bin"):
            mm.FastTextClassifier.open(path)


@pytest.mark.parametrize("model", [*SMALL.values(), QUANTISED], ids=[*SMALL, "quantised"])
def test_a_file_with_any_byte_changed_is_refused_or_predicts(tmp_path, model):
    content, random = bytearray(model.to_bytes()), np.random.default_rng(0)
    refused = 0
    for place in [*range(min(len(content), 420)), *range(420, len(content), 97)]:
        before = content[place]
        for value in {before ^ 1 << int(random.integers(0, 8)), 255 - before}:
            content[place] = value
            refused += not predicts(written(tmp_path, bytes(content)))
        content[place] = before
    assert refused > 50
    assert predicts(written(tmp_path, bytes(content)))


def predicts(path):
    """Whether a file is opened; its predictions are finite, or refused because they are not."""
    try:
        found = mm.FastTextClassifier.open(path).predict_proba(TEXTS[:3])
    except (mm.FormatError, mm.DataError) as error:
        refusal = str(error)
    else:
        assert np.isfinite(found).all()
        return True
    assert "model.bin" in refusal or "must be finite" in refusal  # a changed byte of a number may give NaN
    assert "\n" not in refusal
    return False


def packed(**changes):
    """A file with other numbers in its header and dictionary, by offset."""
    content = bytearray(Classifier(dimension=2, ngrams=2, buckets=3).to_bytes())
    offsets = {"magic": 0, "version": 4, "dimension": 8, "ngrams": 28, "loss": 32, "kind": 36, "buckets": 40}
    offsets |= {"longest": 48, "entries": 64, "words": 68, "labels": 72, "kept": 84}
    for name, value in changes.items():
        size = 8 if name == "kept" else 4
        content[offsets[name] : offsets[name] + size] = value.to_bytes(size, "little", signed=True)
    return bytes(content)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", r"byte 0: expected fastText's magic number, the file is empty"),
        (b"PK\x03\x04", "model.bin"),
        (b"__label__a good\n__label__b bad\n" * 9, "model.bin"),
        (packed(version=10), r"the version must be 11 or 12, found 10"),
        (packed(version=13), r"the version must be 11 or 12, found 13"),
        (packed(magic=7), "model.bin"),
        (packed(dimension=0), r"the dimension must be 1 or more, found 0"),
        (packed(dimension=2**31 - 1), "must have 2147483647 columns"),
        (packed(loss=0), r"the loss must be from 1 to 4, found 0"),
        (packed(loss=5), r"the loss must be from 1 to 4, found 5"),
        (packed(kind=1), r"has word vectors \(cbow or skipgram\), not a classifier"),
        (packed(kind=2), r"has word vectors \(cbow or skipgram\), not a classifier"),
        (packed(kind=4), r"the kind of model .* must be from 1 to 3, found 4"),
        (packed(ngrams=-1), r"word n-grams must be from 0 to 1000, found -1"),
        (packed(ngrams=10**6), r"word n-grams must be from 0 to 1000, found 1000000"),
        (packed(longest=101), r"the longest n-gram must be from 0 to 100, found 101"),
        (packed(buckets=-1), r"the buckets must be from 0 to 2147483647, found -1"),
        (packed(buckets=2**31 - 1), r"must have a row for every word and bucket"),
        (packed(words=0, entries=3), r"the words must be from 1"),
        (
            packed(words=2**31 - 4, entries=2**31 - 1),
            r"expected 2147483647 entries in the dictionary, the file has only",
        ),
        (packed(words=2**31 - 1, entries=2**31 - 1, labels=0), r"expected 2147483647 entries in the dictionary"),
        (packed(words=4, labels=4), r"entry 4 must be a label \(type 1\), found type 0"),
        (packed(words=6, labels=2), r"entry 5 must be a word \(type 0\), found type 1"),
        (packed(kept=10**12), r"expected 1000000000000 kept buckets, the file ends"),
        (packed(kept=0), r"the word matrix must have a row for every word and bucket"),
        (Classifier(labels=[b"__label__a"]).to_bytes(), r"a classifier must have two labels or more, found \['a'\]"),
        (Classifier(labels=[]).to_bytes(), r"a classifier must have labels, found none"),
        (Classifier(labels=[b"__label__a", b"__label__a"]).to_bytes(), r"labels must be distinct, found 'a' and 'a'"),
        (
            Classifier(labels=["__label__\u00e9".encode(), "__label__e\u0301".encode()]).to_bytes(),
            r"labels must be distinct, found '\u00e9' and 'e\u0301'",
        ),
        (Classifier(labels=[b"__label__a", b"__label__a "]).to_bytes(), r"labels must be distinct, found 'a' and 'a '"),
        (Classifier(labels=[b"__label__", b"__label__a"]).to_bytes(), r"label 0 must not be empty"),
        (Classifier(labels=[b"__label__\xff", b"__label__a"]).to_bytes(), r"label 0 must be UTF-8 text"),
        (Classifier(labels=[b"good", b"other"]).to_bytes(), r"words and labels must be distinct, found .*good"),
        (Classifier(words=[b"good", b"good"]).to_bytes(), r"every word must be unique, found .*good.* again"),
        (Classifier(kept={}).to_bytes(), r"the matrix of a pruned model must be quantised"),
        (
            Classifier(buckets=3, kept={5: 0}, input=Quantised.random(6, 5, 2, 0)).to_bytes(),
            r"a kept bucket must be from 0 to 3 and its index below 1, found 5 and 0",
        ),
        (
            Classifier(buckets=3, kept={1: 1}, input=Quantised.random(6, 5, 2, 0)).to_bytes(),
            r"a kept bucket must be from 0 to 3 and its index below 1, found 1 and 1",
        ),
        (
            Classifier(buckets=3, kept={1: 0, 2: 0}, input=Quantised.random(7, 5, 2, 0)).to_bytes(),
            r"kept buckets must have different indices",
        ),
        (
            Classifier(kept={}, input=Quantised.random(4, 5, 2, 0)).to_bytes(),
            r"the word matrix must have the shape \(5, 5\)",
        ),
        (Classifier(output=random_matrix(2, 5, 0)).to_bytes(), r"the output matrix must have a row"),
        (Classifier(input=random_matrix(5, 4, 0)).to_bytes(), r"the word matrix must have 5 columns"),
        (Model(kind=1).to_bytes(), r"has word vectors .*, not a classifier; open it with WordVectors"),
        (Model(kind=2, version=None).to_bytes(), r"has word vectors .*, not a classifier; open it with WordVectors"),
        (Classifier(loss=TREE, label_counts=[10**15, 1, 1]).to_bytes(), r"model\.bin: counts must be"),
        (Classifier(loss=TREE, label_counts=[-1, 1, 1]).to_bytes(), r"the count of .* must be 0 or more, found -1"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_other_files_are_refused(tmp_path, content, message):
    with pytest.raises(mm.FormatError, match=message) as found:
        opened(tmp_path, content)
    assert "\n" not in str(found.value)


def test_no_memory_is_taken_for_what_a_file_only_claims(tmp_path):
    resource = pytest.importorskip("resource", reason="measures memory with a module of POSIX")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    claims = [{"words": 2**31 - 4, "entries": 2**31 - 1}, {"buckets": 2**31 - 1}, {"kept": 10**12}]
    for changes in [*claims, {"kept": 2**60}, {"dimension": 2**31 - 1}]:
        with pytest.raises(mm.FormatError):
            opened(tmp_path, packed(**changes))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20_000


def test_folders_pipes_and_absent_files_are_refused(tmp_path):
    import os

    with pytest.raises(FileNotFoundError):
        mm.FastTextClassifier.open(tmp_path / "absent.bin")
    with pytest.raises(IsADirectoryError):
        mm.FastTextClassifier.open(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(mm.FormatError, match="must be a regular file"):
        mm.FastTextClassifier.open(tmp_path / "pipe")


# Export

EXPORTED = {
    "binary": (BINARY, {}),
    "three classes": (THREE, {"ngrams": 3}),
    "multilabel": (SETS, {}),
    "one-vs-all of classes": (THREE, {"loss": "one-vs-all"}),
    "characters": (THREE, {"characters": (1, 3)}),
    "single words": (BINARY, {"ngrams": 1, "buckets": mm.FastTextClassifier().buckets}),
    "rare words left out": (THREE, {"min_count": 5}),
    "a temperature": (BINARY, {"calibration": "temperature"}),
    "a temperature of three classes": (THREE, {"calibration": "temperature"}),
    "numbers as labels": ([1, 2, 10, 1, 2, 10, 1] * 4, {}),
}


@pytest.mark.parametrize(("labels", "changes"), EXPORTED.values(), ids=EXPORTED)
@pytest.mark.parametrize("quantised", [False, True])
def test_a_written_file_predicts_the_same(tmp_path, labels, changes, quantised):
    model = mm.FastTextClassifier(**{**FAST, **changes}).fit(TRAIN, labels)
    if quantised:
        model.quantize()
    path = model.export_fasttext(tmp_path / "model.bin")
    reference = Classifier.from_bytes(path.read_bytes())
    assert reference.labels == [f"__label__{label}".encode() for label in model.classes_.tolist()]
    assert isinstance(reference.input, Quantised) == quantised
    texts = [text for text, known in zip(TRAIN[:7] + TEXTS, model.known(TRAIN[:7] + TEXTS), strict=True) if known]
    assert len(texts) > 9
    assert_equals_the_reference(mm.FastTextClassifier.open(path), reference, texts, 2e-5)
    if changes.get("loss") == "one-vs-all":
        return  # the probabilities are divided by their sum; fastText's are independent
    # The classes of the opened model are str, and sorted as such.
    order = [names_of(reference).index(name) for name in sorted(names_of(reference))]
    for text, row in zip(texts, model.predict_proba(texts)[:, order] + SHIFT, strict=True):
        low, high = bounds(reference, text)
        assert (row >= low - 2e-5).all()
        assert (row <= high + 2e-5).all()


@pytest.fixture(scope="module")
def fitted():
    return mm.FastTextClassifier(**FAST).fit(TRAIN, BINARY)


def test_a_temperature_other_than_1_becomes_part_of_the_outputs(tmp_path):
    model = mm.FastTextClassifier(**{**FAST, "calibration": "temperature"}).fit(TRAIN, BINARY)
    temperature = model.fitted.calibrator.temperature
    assert abs(temperature - 1) > 0.05
    reference = Classifier.from_bytes(model.export_fasttext(tmp_path / "m.bin").read_bytes())
    expected = model.fitted.network.output.dense() / np.float32(temperature)
    assert np.allclose(reference.output, expected, rtol=1e-6)


def test_an_existing_file_is_replaced_only_on_request(tmp_path, fitted):
    path = tmp_path / "model.bin"
    path.write_bytes(b"mine")
    with pytest.raises(FileExistsError, match=r"model\.bin"):
        fitted.export_fasttext(path)
    assert path.read_bytes() == b"mine"
    assert fitted.export_fasttext(path, overwrite=True) == path
    assert mm.FastTextClassifier.open(path).predict(["good"]).tolist() == ["pos"]
    with pytest.raises(FileNotFoundError):
        fitted.export_fasttext(tmp_path / "absent" / "model.bin")
    with pytest.raises(IsADirectoryError):
        fitted.export_fasttext(tmp_path, overwrite=True)
    assert sorted(one.name for one in tmp_path.iterdir()) == ["model.bin"]


def test_models_that_fasttext_does_not_have_are_refused(tmp_path):
    model = mm.FastTextClassifier(**{**FAST, "calibration": "isotonic"}).fit(TRAIN, BINARY)
    with pytest.raises(ValueError, match="calibration must be 'temperature' or None for fastText"):
        model.export_fasttext(tmp_path / "m.bin")
    with pytest.raises(NotFittedError, match="this FastTextClassifier is not fitted; call fit first"):
        mm.FastTextClassifier().export_fasttext(tmp_path / "m.bin")
    assert not list(tmp_path.iterdir())


def test_a_model_with_a_tokenizer_is_written_with_a_warning(tmp_path, caplog):
    model = mm.FastTextClassifier(mm.Words(keep_punctuation=True), **FAST).fit(TRAIN, BINARY)
    with caplog.at_level(logging.WARNING, "malmoi"):
        path = model.export_fasttext(tmp_path / "m.bin")
    assert re.search("fastText splits texts at white space only; pass it the tokens of Words", caplog.text)
    joined = [" ".join(model.tokens(text)) for text in TRAIN]
    found = mm.FastTextClassifier.open(path).predict_proba(joined)
    assert np.allclose(found, model.predict_proba(TRAIN), atol=2e-5)


def test_a_written_file_says_what_the_model_knows(tmp_path, fitted):
    reference = Classifier.from_bytes(fitted.export_fasttext(tmp_path / "m.bin").read_bytes())
    assert reference.words[0] == END
    assert set(reference.words) == {token for text in TRAIN for token in tokens_of(text)}
    assert reference.label_counts == [16, 12]
    assert (reference.ngrams, reference.buckets, reference.loss) == (2, 64, SOFTMAX)
