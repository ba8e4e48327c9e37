"""Few labels: what is learned from texts without labels, what is combined, and what is refused."""

import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import cross_val_score

import malmoi as mm
from malmoi.persistence import load, load_fitted

RANDOM = np.random.default_rng(0)
WORDS = {topic: [f"{topic * 3}{number}" for number in range(30)] for topic in ("ap", "be", "co")}
SHARED = [f"zuz{number}" for number in range(20)]


def texts_of(topics):
    """Three words of a topic and four that all topics share."""
    return [" ".join([*RANDOM.choice(WORDS.get(one, SHARED), 3), *RANDOM.choice(SHARED, 4)]) for one in topics]


LABELS = ["ap", "be"] * 12
TEXTS = texts_of(LABELS)
UNLABELLED = texts_of(["ap", "be"] * 600)
NEW_LABELS = ["ap", "be"] * 100
NEW = texts_of(NEW_LABELS)
THREE = ["ap", "be", "co"] * 8
VECTORS = mm.WordVectors.from_arrays(
    [*WORDS["ap"], *WORDS["be"], *SHARED],
    np.concatenate(
        [
            np.eye(4)[number] + RANDOM.normal(0, 0.3, (len(words), 4))
            for number, words in enumerate([WORDS["ap"], WORDS["be"], SHARED])
        ]
    ),
)


def static_embedder():
    """A folder's embeddings, without a folder: one row a word."""
    pytest.importorskip("tokenizers")
    import json

    from malmoi.wordvectors.static.subwords import Subwords
    from malmoi.wordvectors.static.vectors import StaticVectors

    words = ["[UNK]", *WORDS["ap"], *WORDS["be"]]
    table = np.array([[0, 0, 1], *[[1, 0, 0]] * 30, *[[0, 1, 0]] * 30], np.float16)
    tokenizer = {"model": {"type": "WordLevel", "vocab": {w: i for i, w in enumerate(words)}, "unk_token": "[UNK]"}}
    tokenizer |= {"pre_tokenizer": {"type": "Whitespace"}}
    return mm.StaticEmbedder(
        StaticVectors(Subwords(json.dumps(tokenizer)), table, "float16", None, None, "wordllama", False, None)
    )


PARTS = {
    "documents": lambda: {"epochs": 6, "dimension": 32},
    "components": dict,
    "glove": dict,
    "pretrained": lambda: {"vectors": VECTORS},
    "static": lambda: {"embedder": static_embedder()},
    "bag": dict,
}
LEAST = {"documents": 0.9, "glove": 0.6}
FAST = {"epochs": 2, "dimension": 32}


def classifier(part, **settings):
    return mm.FewLabelClassifier([part], **PARTS[part](), **settings)


@pytest.fixture(scope="module", params=PARTS)
def fitted(request):
    return request.param, classifier(request.param).fit(TEXTS, LABELS, unlabelled=UNLABELLED)


@pytest.fixture(scope="module")
def model():
    return mm.FewLabelClassifier(["documents", "components", "bag"], **FAST).fit(TEXTS, LABELS, unlabelled=UNLABELLED)


# What is learned


def test_each_part_learns_by_itself(fitted):
    part, model = fitted
    assert model.score(NEW, NEW_LABELS) >= LEAST.get(part, 0.95)
    assert [(one.name, one.kept) for one in model.facts_.tried] == [(part, True)]
    assert model.facts_.held_out == 24


def test_a_batch_equals_its_texts_one_by_one(fitted):
    _, model = fitted
    texts = [*NEW[:10], "", " ", "unknown 한글", "\0", "a" * 10_000]
    together = model.predict_proba(texts)
    assert together.dtype == np.float32
    assert np.abs(together - np.concatenate([model.predict_proba([text]) for text in texts])).max() < 1e-5
    assert np.allclose(together.sum(axis=1), 1)
    assert np.isfinite(together).all()
    assert model.predict_proba([]).shape == (0, 2)
    assert model.predict([]).shape == (0,)


def test_a_loaded_model_predicts_the_same_bits(fitted, tmp_path):
    _, model = fitted
    path = model.save(tmp_path / "m.malmoi")
    expected = model.predict_proba(NEW).tobytes()
    for one in (load(path, verify=True), pickle.loads(pickle.dumps(model))):
        assert type(one) is mm.FewLabelClassifier
        assert one.predict_proba(NEW).tobytes() == expected
        assert one.facts_ == model.facts_
        assert one.fitted.summary() == model.fitted.summary()
    assert load(path).save(tmp_path / "again.malmoi").read_bytes() == path.read_bytes()
    assert load_fitted(path).kind == "FewLabelClassifier"
    with pytest.raises(
        AttributeError, match="a FewLabelClassifier from a file has no refit_on: the file has no unlabelled"
    ):
        load(path).refit_on(TEXTS, LABELS)


@pytest.mark.parametrize("part", PARTS)
def test_the_same_seed_gives_the_same_file_at_any_number_of_threads(part, tmp_path):
    files = []
    for jobs in (1, 2, 3):
        made = classifier(part, n_jobs=jobs).fit(TEXTS, LABELS, unlabelled=UNLABELLED[:60])
        files.append(made.save(tmp_path / str(jobs)).read_bytes())
    assert files[0] == files[1] == files[2]


@pytest.mark.parametrize("part", ["documents", "components"])
def test_another_seed_gives_another_table(part):
    one, other = (classifier(part, seed=seed).fit(TEXTS, LABELS, unlabelled=UNLABELLED[:60]) for seed in (0, 1))
    assert one.predict_proba(NEW).tobytes() != other.predict_proba(NEW).tobytes()


def test_several_classes_are_learned():
    texts = texts_of(THREE)
    unlabelled = texts_of(["ap", "be", "co"] * 400)
    model = mm.FewLabelClassifier(["components", "bag"]).fit(texts, THREE, unlabelled=unlabelled)
    assert model.classes_.tolist() == ["ap", "be", "co"]
    assert model.score(texts_of(["ap", "be", "co"] * 40), ["ap", "be", "co"] * 40) > 0.9


@pytest.mark.parametrize("form", ["sets", "rows"])
def test_several_labels_a_text_are_learned(form):
    sets = [{"ap"}, {"be"}, {"ap", "be"}, set()] * 15
    texts = [" ".join(texts_of(sorted(one) or [""])) for one in sets]
    labels = sets if form == "sets" else np.array([["ap" in one, "be" in one] for one in sets]).astype(int)
    model = mm.FewLabelClassifier(["components", "bag"]).fit(texts, labels, unlabelled=UNLABELLED)
    assert model.facts_.held_out == 60
    assert model.score(texts, labels) > 0.9
    both = model.predict([" ".join(texts_of(["ap", "be"]))])
    assert both[0] == ("ap", "be") if form == "sets" else both.tolist() == [[1, 1]]


def test_auto_takes_what_is_there(caplog):
    model = mm.FewLabelClassifier(**FAST).fit(TEXTS, LABELS, unlabelled=UNLABELLED)
    assert [one.name for one in model.facts_.tried] == ["documents", "bag"]
    assert (model.facts_.samples, model.facts_.unlabelled) == (24, 1200)
    assert model.facts_.distinct == len({*TEXTS, *UNLABELLED})
    assert min(model.facts_.known_shares) > 0.9
    model = mm.FewLabelClassifier(vectors=VECTORS, embedder=static_embedder()).fit(TEXTS, LABELS)
    assert [one.name for one in model.facts_.tried] == ["static", "pretrained", "bag"]
    assert (model.facts_.known_shares, model.facts_.unlabelled) == (None, 0)
    assert not caplog.records


def test_self_training_adds_a_bag():
    model = mm.FewLabelClassifier(["components"], self_training=True).fit(TEXTS, LABELS, unlabelled=UNLABELLED)
    assert [one.name for one in model.fitted.parts] == ["components", "self-training"]
    assert model.score(NEW, NEW_LABELS) > 0.95


def test_weights_have_an_effect():
    def shares(texts=TEXTS, labels=LABELS, weights=None, **settings):
        made = mm.FewLabelClassifier(["components"], **settings)
        return made.fit(texts, labels, unlabelled=UNLABELLED[:60], sample_weight=weights).predict_proba(NEW)[:, 1]

    noisy = [*LABELS[:-6], *LABELS[-5:], LABELS[-6]]
    plain = shares(labels=noisy)
    assert shares(labels=noisy, class_weight={"be": 20.0}).mean() > plain.mean() + 0.01
    assert shares(labels=noisy, weights=[20.0 if one == "be" else 1.0 for one in noisy]).mean() > plain.mean() + 0.01
    assert shares(TEXTS[:-4:], ["ap"] * 15 + noisy[15:20], class_weight="balanced").tobytes() != plain.tobytes()


def test_labels_with_a_small_probability_are_rejected():
    model = mm.FewLabelClassifier(["components"], reject_below=1.0)
    found = model.fit(TEXTS, [*LABELS[:-6], *LABELS[-5:], LABELS[-6]], unlabelled=UNLABELLED[:300]).predict(NEW)
    assert set(found.tolist()) <= {None, "ap", "be"}
    assert None in found.tolist()


def test_refit_on_keeps_what_was_learned_without_labels(model):
    copied = pickle.loads(pickle.dumps(model))
    learned = [one.representation for one in copied._prepared]
    refitted = copied.refit_on(NEW[:60], NEW_LABELS[:60])
    assert refitted is copied
    assert copied.facts_.samples == 60
    kept = [part.representation for part in copied.fitted.parts if hasattr(part, "representation")]
    assert all(any(one is other for other in learned) for one in kept)
    assert copied.score(NEW, NEW_LABELS) > 0.9


def test_scikit_learn_copies_and_crosses_it():
    asked = mm.FewLabelClassifier(("bag",), seed=3)
    copied = clone(asked.fit(TEXTS, LABELS))
    assert copied.get_params() == asked.get_params()
    assert not hasattr(copied, "fitted_")
    assert cross_val_score(copied, TEXTS, LABELS, cv=2).shape == (2,)


# Progress, and work that ends early


def test_progress_is_told_and_can_end_the_work(model):
    told = []
    estimator = pickle.loads(pickle.dumps(model))
    before, kept = estimator.fitted_, estimator.predict_proba(NEW).tobytes()

    def stop(stage, done, total):
        told.append(stage)
        if stage == ending:
            raise KeyboardInterrupt

    for ending in ("document vectors", "principal components", "fitting"):
        with pytest.raises(KeyboardInterrupt):
            estimator.fit(TEXTS, LABELS, unlabelled=UNLABELLED[:50], progress=stop)
        assert told[-1] == ending
        assert estimator.fitted_ is before
    assert estimator.refit_on(TEXTS, LABELS).predict_proba(NEW).tobytes() == kept


def test_a_fit_that_fails_leaves_the_old_model(model):
    estimator = pickle.loads(pickle.dumps(model))
    before = estimator.fitted_
    for texts, labels, error in ((TEXTS, LABELS[:3], ValueError), (TEXTS, ["a"] * 24, mm.DataError)):
        for learn in (estimator.fit, estimator.refit_on):
            with pytest.raises(error):
                learn(texts, labels)
        assert estimator.fitted_ is before


# Settings


NAMES = "documents, static, components, pretrained, glove, bag"


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        (
            {"parts": ["vectors"]},
            ValueError,
            f'parts must be "auto", or a list of distinct names from {NAMES}, got ["vectors"]',
        ),
        ({"parts": ["bag", "bag"]}, ValueError, f'parts must be "auto", or a list of distinct names from {NAMES}, got'),
        ({"parts": []}, ValueError, f'parts must be "auto", or a list of distinct names from {NAMES}, got []'),
        ({"parts": "bag"}, ValueError, f'parts must be "auto", or a list of distinct names from {NAMES}, got "bag"'),
        (
            {"parts": [["bag"]]},
            ValueError,
            f'parts must be "auto", or a list of distinct names from {NAMES}, got [["bag"]]',
        ),
        (
            {"parts": ["pretrained"]},
            ValueError,
            'parts must include "pretrained" if and only if vectors is given; pass vectors',
        ),
        (
            {"parts": ["bag"], "vectors": VECTORS},
            ValueError,
            'parts must include "pretrained" if and only if vectors is given; leave vectors out, or add the part',
        ),
        (
            {"parts": ["static"]},
            ValueError,
            'parts must include "static" if and only if embedder is given; pass embedder',
        ),
        ({"dimension": 1}, ValueError, "dimension must be 2 or more, got 1"),
        ({"dimension": 513}, ValueError, "dimension must be at most 512, got 513"),
        ({"dimension": 9.0}, TypeError, "dimension must be a whole number, got 9.0"),
        ({"epochs": "many"}, TypeError, 'epochs must be "auto" or a whole number, got "many"'),
        ({"epochs": 0}, ValueError, "epochs must be 1 or more, got 0"),
        ({"vectors": "v.txt"}, TypeError, 'vectors must be WordVectors, got "v.txt"; use WordVectors.open(path)'),
        (
            {"embedder": 3},
            TypeError,
            "embedder must be a StaticEmbedder, got 3; open a folder: TextEmbedder.open(folder)",
        ),
        ({"self_training": 1}, TypeError, "self_training must be True or False, got 1"),
        (
            {"class_weight": {"co": 1}},
            ValueError,
            'class_weight must have the classes as keys, ["ap", "be"], got "co"',
        ),
        ({"reject_below": 2}, ValueError, "reject_below must be None, or from 0 to 1, got 2"),
        ({"seed": -1}, ValueError, "seed must be 0 or more, got -1"),
        ({"n_jobs": 0}, ValueError, "n_jobs must be from 1 to 1024, or -1 for all cores, got 0"),
        (
            {"tokens": mm.External(str.split)},
            TypeError,
            "tokens must be tokenizers of malmoi, not External, got External",
        ),
        ({"ngrams": (2, 1)}, ValueError, "ngrams must be the smallest and the largest n, from 1 to 255"),
        (
            {"parts": ["glove", "components"]},
            mm.DataError,
            "parts components, glove need unlabelled texts, got none; pass unlabelled",
        ),
        (
            {"self_training": True},
            mm.DataError,
            "self_training needs unlabelled texts and single-label data; turn it off",
        ),
    ],
)
def test_a_wrong_setting_is_refused(settings, error, message):
    with pytest.raises(error) as found:
        mm.FewLabelClassifier(**settings).fit(TEXTS, LABELS)
    assert str(found.value).replace("'", '"').startswith(message.replace("'", '"'))


@pytest.mark.parametrize("settings", [{"self_training": True}, {"reject_below": 0.5}])
def test_what_needs_one_label_a_text_is_refused_for_several(settings):
    with pytest.raises(ValueError, match="reject_below and self_training must be off for multilabel data"):
        mm.FewLabelClassifier(**settings).fit(TEXTS, [["a"], ["a", "b"]] * 12, unlabelled=UNLABELLED)


# Odd labels


def test_one_label_of_a_class_is_never_held_out(caplog):
    labels = [*LABELS[:-1], "rare"]
    model = mm.FewLabelClassifier(["components", "bag"]).fit(TEXTS, labels, unlabelled=UNLABELLED)
    assert model.facts_.held_out == 23
    assert [one.loss is None for one in model.facts_.tried] == [False, False]
    assert caplog.messages == ["classes with a single labelled text, which is never held out: 1"]
    assert model.predict_proba(NEW).shape == (200, 3)


@pytest.mark.parametrize(
    ("texts", "labels"),
    [(TEXTS[:2], ["a", "b"]), (TEXTS[:5], list("abcde")), (["a b"] * 24, LABELS), (["!"] * 24, LABELS)],
)
def test_labels_of_which_none_can_be_held_out_are_said(texts, labels, caplog, tmp_path):
    model = mm.FewLabelClassifier(["components", "bag"]).fit(texts, labels, unlabelled=UNLABELLED)
    assert caplog.messages[0].startswith(
        "no labelled text can be held out: there are too few, or classes have a single distinct text"
    )
    assert model.facts_.held_out == 0
    summary = dict(model.fitted.summary())
    assert summary["part: components"] == "not evaluated  (kept)"
    assert summary["calibration"] == "temperature 1, on 0 held-out texts"
    assert load(model.save(tmp_path / "m.malmoi"), verify=True).facts_ == model.facts_


@pytest.mark.parametrize(
    ("texts", "labels", "error", "message"),
    [
        ([], [], mm.DataError, "labels must have 2 classes or more, got no labels"),
        (TEXTS, ["a"] * 24, mm.DataError, "labels must have 2 classes or more, got only 'a'"),
        (TEXTS, LABELS[:-1], ValueError, "labels must have 24 items, one per text, got 23"),
        ([""] * 24, LABELS, mm.DataError, "texts must have an n-gram"),
        ("text", ["a"], TypeError, "texts must be a list of str, got one str"),
    ],
)
def test_odd_labels_are_refused(texts, labels, error, message):
    with pytest.raises(error, match=message):
        mm.FewLabelClassifier().fit(texts, labels)


# Odd unlabelled texts


@pytest.mark.parametrize(
    ("unlabelled", "error", "message"),
    [
        ("one text", TypeError, r"texts must be a list of str, got one str; wrap it: \[text\]"),
        (["a", 3], TypeError, r"texts\[1\] must be a str, got 3"),
        (["a", b"b"], TypeError, r"texts\[1\] must be a str, got b'b'; decode it"),
        ([None], TypeError, r"texts\[0\] must be a str, got None"),
        (None, TypeError, "texts must be a list, an array or a column, got NoneType"),
        (["a", "\ud800"], ValueError, r"texts\[1\] contains a lone surrogate at character 0"),
    ],
)
def test_what_is_no_list_of_texts_is_refused(unlabelled, error, message):
    with pytest.raises(error, match=message):
        mm.FewLabelClassifier().fit(TEXTS, LABELS, unlabelled=unlabelled)


@pytest.mark.parametrize("unlabelled", [["", " \n"], UNLABELLED[:20], UNLABELLED[:5] * 400, TEXTS * 60])
def test_unlabelled_texts_that_are_not_used_are_said(unlabelled, caplog):
    model = mm.FewLabelClassifier().fit(TEXTS, LABELS, unlabelled=unlabelled)
    assert [one.name for one in model.facts_.tried] == ["bag"]
    if not unlabelled[0]:
        assert caplog.messages == ["empty unlabelled texts, left out: 2"]
        assert model.facts_.unlabelled == 0
        return
    count = len({*TEXTS, *unlabelled})
    assert caplog.messages == [f"unlabelled texts are not used: {count} distinct texts in total; 1,000 are needed"]
    assert dict(model.fitted.summary())["unlabelled texts"] == f"{len(unlabelled):,}, not used"


def test_unlabelled_texts_without_a_part_that_learns_from_them_are_said(caplog):
    mm.FewLabelClassifier(["bag"]).fit(TEXTS, LABELS, unlabelled=UNLABELLED)
    assert caplog.messages == ["unlabelled texts are not used: no part needs them"]


@pytest.mark.parametrize("part", ["documents", "components", "glove"])
@pytest.mark.parametrize("unlabelled", [["!!!", "?", "."], ["한글 텍스트"] * 3])
def test_parts_learn_from_whatever_is_there(part, unlabelled):
    model = classifier(part).fit(TEXTS, LABELS, unlabelled=unlabelled)
    assert np.isfinite(model.predict_proba(["", "한글", *NEW[:3]])).all()


def test_unlabelled_texts_of_another_script_show_in_the_facts():
    korean = [f"한글 텍스트 {number}" for number in range(1200)]
    model = mm.FewLabelClassifier(["components", "bag"]).fit(TEXTS, LABELS, unlabelled=korean)
    known, others = model.facts_.known_shares
    assert known < 0.2 < 0.4 < others
