"""Files of bag models: the same bits come back, damaged ones are refused."""

import numpy as np
import pytest
import safetensors.numpy

import malmoi as mm
from malmoi.persistence import FRONT, load, load_fitted, read_header
from test_storage import rewritten

TEXTS = ["so good", "really good film", "good fun", "so bad", "really bad film", "bad, dull"] * 4
NEW = ["good", "bad film", "", "한글 zzz", "really, really good"]
LABELS = ["pos", "pos", "pos", "neg", "neg", "neg"] * 4
SETS = [["film"], ["film", "fun"], []] * 8
WORDS = mm.Words(keep_punctuation=True)
MODELS = {
    "binary": lambda: mm.BagClassifier().fit(TEXTS, LABELS),
    "multiclass": lambda: mm.BagClassifier().fit(TEXTS, ["a", "b", "c"] * 8),
    "sets": lambda: mm.BagClassifier(C=2.0).fit(TEXTS, SETS),
    "indicator": lambda: mm.BagClassifier(C=2.0).fit(TEXTS, np.array([[1, 0, 0], [1, 1, 0]] * 12)),
    "hashed": lambda: mm.BagClassifier(buckets=300, class_weight="balanced").fit(TEXTS, LABELS),
    "tfidf": lambda: mm.BagClassifier(weighting="tfidf", class_weight={"pos": 2.0}).fit(TEXTS, LABELS),
    "hashed tfidf": lambda: mm.BagClassifier(weighting="tfidf", buckets=300).fit(TEXTS, LABELS),
    "isotonic": lambda: mm.BagClassifier(calibration="isotonic", reject_below=0.6).fit(TEXTS, LABELS),
    "tokens": lambda: mm.BagClassifier([WORDS, mm.Hangul(), mm.Pattern()], [(1, 2), (1, 3), (1, 1)], "count").fit(
        TEXTS, LABELS
    ),
    "ints": lambda: mm.BagClassifier(C=2.0).fit(TEXTS, [7 if one == "pos" else -1 for one in LABELS]),
    "bools": lambda: mm.BagClassifier(C=2.0).fit(TEXTS, [one == "pos" for one in LABELS]),
    "numbers as names": lambda: mm.BagClassifier(C=2.0).fit(TEXTS, ["1", "10", "2"] * 8),
    "numpy settings": lambda: mm.BagClassifier(
        C=np.float32(2), seed=np.int64(3), min_texts=np.int32(2), max_features=np.uint8(40), smoothing=np.float64(0.5)
    ).fit(TEXTS, LABELS),
    "number": lambda: mm.BagRegressor().fit(TEXTS, [5.0 if one == "pos" else 1.5 for one in LABELS]),
    "numbers": lambda: mm.BagRegressor(C=2.0, weighting="count").fit(TEXTS, np.arange(48.0).reshape(24, 2)),
    "hashed number": lambda: mm.BagRegressor(C=2.0, buckets=100).fit(TEXTS, np.arange(24)),
}


@pytest.fixture(scope="module", params=list(MODELS))
def made(request, tmp_path_factory):
    """A model, a file of it, and how to make it again."""
    model = MODELS[request.param]()
    return model, model.save(tmp_path_factory.mktemp("bags") / "m.malmoi"), MODELS[request.param]


def predictions(model):
    """All that a model says of texts, as bytes."""
    found = np.asarray(model.predict(NEW), dtype=object).tolist()
    numbers = model.predict(NEW) if isinstance(model, mm.BagRegressor) else model.predict_proba(NEW)
    return repr(found), numbers.tobytes()


def test_a_loaded_model_is_the_saved_one(made, tmp_path):
    model, path, _ = made
    loaded = load(path, verify=True)
    assert type(loaded) is type(model)
    assert predictions(loaded) == predictions(model)
    assert loaded.facts_ == model.facts_
    assert loaded.top_ngrams_ == model.top_ngrams_
    if isinstance(model, mm.BagClassifier):
        assert loaded.classes_.dtype == model.classes_.dtype
        assert loaded.classes_.tolist() == model.classes_.tolist()
        assert loaded.fitted.calibrator == model.fitted.calibrator
        assert loaded.explain("so good").to_json() == model.explain("so good").to_json()
    assert loaded.save(tmp_path / "again.malmoi").read_bytes() == path.read_bytes()
    assert load_fitted(path).summary() == model.fitted.summary()


def test_a_loaded_model_can_be_fitted_again(made):
    model, path, _ = made
    loaded = load(path)
    given, kept = model.get_params(), loaded.get_params()
    chosen = {"tokens", "ngrams", "n_jobs"}
    assert {name: value for name, value in kept.items() if name not in chosen} == {
        name: value for name, value in given.items() if name not in chosen
    }
    labels = np.arange(24.0) if isinstance(model, mm.BagRegressor) else LABELS
    assert len(loaded.fit(TEXTS, labels).predict(NEW)) == len(NEW)


def test_the_same_fit_gives_the_same_bytes(made, tmp_path):
    _, path, again = made
    assert again().save(tmp_path / "m.malmoi").read_bytes() == path.read_bytes()


def test_the_first_texts_are_kept_with_their_predictions(tmp_path):
    model = MODELS["binary"]()
    examples = read_header(model.save(tmp_path / "a.malmoi"))["examples"]
    assert [one["text"] for one in examples] == TEXTS[:4]
    assert read_header(model.save(tmp_path / "b.malmoi", examples=[]))["examples"] == []
    kept = read_header(model.save(tmp_path / "c.malmoi", examples=["x" * 500]))["examples"]
    assert [len(one["text"]) for one in kept] == [200]
    assert load(tmp_path / "c.malmoi", verify=True).predict(["good"]) == "pos"


def test_long_ngrams_and_odd_names_are_saved(tmp_path):
    texts = ["x" * 5_000, "y \x00 \x1b[2J", '"quoted" \\ back', "é한글😀"] * 3
    model = mm.BagClassifier(mm.Words(), (1, 2), C=1.0).fit(texts, ["a", "b", "c", "\x1b[2J"] * 3)
    loaded = load(model.save(tmp_path / "m.malmoi"), verify=True)
    assert loaded.predict_proba(texts).tobytes() == model.predict_proba(texts).tobytes()
    assert all(len(one.name) <= 200 for one in loaded.top_ngrams_)


def test_info_shows_a_bag(made, capsys):
    from malmoi.cli.commands import run

    assert run(["info", str(made[1]), "--verify"]) == 0
    assert "weighting" in capsys.readouterr().out


# Damage


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """Files of some kinds, which no test changes."""
    folder = tmp_path_factory.mktemp("saved")
    kinds = ("binary", "multiclass", "isotonic", "hashed", "tfidf", "number")
    return {kind: MODELS[kind]().save(folder / f"{kind}.malmoi") for kind in kinds}


def test_a_file_cut_at_any_byte_is_refused(saved, tmp_path):
    content, path = saved["binary"].read_bytes(), tmp_path / "cut.malmoi"
    for size in {*range(0, FRONT.size + 20), *range(0, len(content), 211), len(content) - 1}:
        path.write_bytes(content[:size])
        with pytest.raises(mm.FormatError, match=r"cut\.malmoi"):
            load(path)


def test_a_flipped_bit_is_noticed(saved, tmp_path):
    content, path = bytearray(saved["binary"].read_bytes()), tmp_path / "flipped.malmoi"
    for place in range(0, len(content), 307):
        content[place] ^= 1 << place % 8
        path.write_bytes(content)
        with pytest.raises(mm.FormatError, match=r"flipped\.malmoi"):
            load(path)
        content[place] ^= 1 << place % 8


def returning_nothing(change):
    """What changes a header in place."""

    def changed(header):
        change(header)

    return changed


ISOTONIC = {"kind": "isotonic", "scores": [0.0, 1.0], "probabilities": [0.2, 0.8]}


@pytest.mark.parametrize(
    ("kind", "change", "message"),
    [
        (
            "binary",
            lambda header: header["calibration"].update(kind="platt"),
            "calibration.kind must be one of temperature, isotonic, found 'platt'",
        ),
        (
            "binary",
            lambda header: header["calibration"].update(temperature=-1.0),
            "calibration.temperature must be from 0.01 to 100, found -1.0",
        ),
        (
            "binary",
            lambda header: header["calibration"].update(temperature="1"),
            "calibration.temperature must be a number, found '1'",
        ),
        ("binary", lambda header: header.update(calibration=3), "calibration must be a dict, found 3"),
        (
            "isotonic",
            lambda header: header["calibration"].update(scores=[]),
            r"calibration.scores must be 1 or more, found \[\]",
        ),
        ("isotonic", lambda header: header["calibration"].update(scores=[1.0]), "calibration must be a temperature or"),
        (
            "multiclass",
            lambda header: header.update(calibration=ISOTONIC),
            "calibration must be temperature for more than two classes, found isotonic",
        ),
        (
            "binary",
            lambda header: header["settings"].update(weighting="idf"),
            "settings.weighting must be one of nb, tfidf, count, binary, found 'idf'",
        ),
        (
            "binary",
            lambda header: header["settings"].update(weighting="tfidf"),
            "linear/factors must be finite float32",
        ),
        ("binary", lambda header: header["settings"].update(C=-1), r"settings.C must be from 0 to 1e\+06, found -1"),
        ("binary", lambda header: header["settings"].update(C=None), "settings.C must be a number, found None"),
        (
            "binary",
            lambda header: header["settings"].update(buckets=10),
            r"linear/table must be finite float32 \(10, 1\)",
        ),
        ("hashed", lambda header: header["settings"].update(buckets=2**31), "buckets must be at most 2147483647"),
        ("hashed", lambda header: header["settings"].update(buckets=2**31 - 1), "linear/table must be finite float32"),
        (
            "hashed",
            lambda header: header["settings"].update(buckets="300"),
            "settings.buckets must be a whole number, found '300'",
        ),
        (
            "hashed",
            lambda header: header["settings"].update(buckets=None),
            "linear/hashes must be one-dimensional uint64",
        ),
        (
            "binary",
            lambda header: header["settings"].update(seed=2**70),
            "its header must contain whole numbers of at most 20 digits, found '1180591620717411303424'",
        ),
        (
            "binary",
            lambda header: header["settings"].update(reject_below=2),
            "settings.reject_below must be from 0 to 1, found 2",
        ),
        ("binary", lambda header: header["settings"].pop("seed"), "settings must have .*, lacks seed"),
        (
            "binary",
            lambda header: header["settings"].update(path="/x"),
            "settings must have .*, has the unknown 'path'",
        ),
        (
            "binary",
            lambda header: header["features"].update(tokens=[]),
            r"features.tokens must be 1 or more, found \[\]",
        ),
        (
            "binary",
            lambda header: header["features"]["ngrams"].append([1, 1]),
            "features must have one n-gram range per",
        ),
        ("binary", lambda header: header["features"].update(ngrams=[[3, 1], [1, 1]]), "from 1 to 255, got"),
        (
            "binary",
            lambda header: header["features"]["tokens"][0].update(kind="External"),
            r"features.tokens\[0\] must be one of .*, found \{'drop_html': False, 'emoji': True, ",
        ),
        (
            "binary",
            lambda header: header["features"]["tokens"][0].update(path="/x"),
            r"features.tokens\[0\] must have the fields of Words, found \['drop_html', 'emoji', '",
        ),
        ("binary", lambda header: header["features"].update(choice=3), "choice must be a str, found 3"),
        ("binary", lambda header: header.pop("features"), "its header must have .*, lacks features"),
        ("binary", lambda header: header["classes"].update(values=["b", "a"]), "classes must be sorted"),
        (
            "binary",
            lambda header: header["classes"].update(values=["a", "b", "c"]),
            r"linear/table must be finite float",
        ),
        (
            "binary",
            lambda header: header["classes"].update(form="sets"),
            r"linear/table must be finite float32 .*, 2\)",
        ),
        (
            "binary",
            lambda header: header["facts"].update(samples="many"),
            "facts.samples must be a whole number, found 'many'",
        ),
        ("binary", lambda header: header["facts"].update(C="1"), "facts.C must be a number, found '1'"),
        ("binary", lambda header: header["facts"].update(weight=None), "facts.weight must be a number, found None"),
        (
            "binary",
            lambda header: header["facts"].update(tried=[[1.0]]),
            r"facts.tried\[0\] must be a list of 2, found \[1.0\]",
        ),
        (
            "binary",
            lambda header: header["facts"].update(training_accuracy="all"),
            "facts.training_accuracy must be a number, found 'all'",
        ),
        (
            "binary",
            lambda header: header.update(telling=[["a", "pos"]]),
            r"telling\[0\] must be a list of 3, found \['a', 'pos'\]",
        ),
        (
            "binary",
            lambda header: header.update(telling=[[1, "pos", 0.5]]),
            r"telling\[0\]\[0\] must be a str, found 1",
        ),
        ("binary", lambda header: header.update(examples=[3]), r"examples\[0\] must be a dict, found 3"),
        ("binary", lambda header: header["examples"][0].update(text=3), "text must be a str, found 3"),
        (
            "binary",
            lambda header: header["examples"][0].update(outputs=["a"]),
            r"examples\[0\].outputs\[0\] must be a number, found 'a'",
        ),
        (
            "binary",
            lambda header: header["examples"][0].update(outputs=[0.5]),
            r"predicts .* for 'so good', but \[0.5",
        ),
        (
            "binary",
            lambda header: (
                header["class_weight"].update(odd=1) if header["class_weight"] else header.update(class_weight="even")
            ),
            "class_weight must be",
        ),
        (
            "number",
            lambda header: header["settings"].update(weighting="tf"),
            "settings.weighting must be one of nb, tfidf, count, binary, found 'tf'",
        ),
        ("number", lambda header: header.update(flat="yes"), "flat must be True or False, found 'yes'"),
    ],
    ids=lambda value: "change" if callable(value) else str(value),
)
def test_a_damaged_header_is_refused(saved, tmp_path, kind, change, message):
    path = rewritten(saved[kind], tmp_path / "damaged.malmoi", returning_nothing(change))
    with pytest.raises(mm.FormatError, match=message) as found:
        load(path, verify=True)
    assert "damaged.malmoi" in str(found.value)


def arrays_changed(change):
    """What changes the arrays of a file."""

    def changed(content):
        arrays = safetensors.numpy.load(content)
        change(arrays)
        return safetensors.numpy.save({name: np.ascontiguousarray(array) for name, array in arrays.items()})

    return changed


def with_value(name, value):
    """A file whose array has an odd value in the first place."""

    def change(arrays):
        arrays[name] = arrays[name].copy()
        arrays[name].reshape(-1)[0] = value

    return change


@pytest.mark.parametrize(
    ("kind", "change", "message"),
    [
        (
            "binary",
            lambda arrays: arrays.update(
                {"linear/hashes": np.repeat(arrays["linear/hashes"][:1], len(arrays["linear/hashes"]))}
            ),
            "twice|distinct",
        ),
        (
            "binary",
            lambda arrays: arrays.update({"linear/hashes": arrays["linear/hashes"][:-1]}),
            "linear/table must be",
        ),
        (
            "binary",
            lambda arrays: arrays.update({"linear/hashes": arrays["linear/hashes"].astype(np.int64)}),
            r"linear/hashes must be uint64 of 1 axis, found int64 \(129,\)",
        ),
        (
            "binary",
            lambda arrays: arrays.update({"linear/hashes": arrays["linear/hashes"][:, None]}),
            r"linear/hashes must be uint64 of 1 axis, found uint64 \(129, 1\)",
        ),
        ("binary", lambda arrays: arrays.pop("linear/hashes"), "linear/hashes must be one-dimensional uint64"),
        ("binary", with_value("linear/table", np.nan), "linear/table must be finite float32"),
        ("binary", with_value("linear/table", np.inf), "linear/table must be finite float32"),
        (
            "binary",
            with_value("linear/bias", np.nan),
            r"linear/bias must be finite float32, at most 1e\+30, found nan at \[0\]",
        ),
        ("tfidf", with_value("linear/factors", np.inf), "linear/factors must be finite float32"),
        ("binary", with_value("learned/squares", np.nan), "learned/squares must be finite float32"),
        (
            "binary",
            with_value("learned/curvature", -np.inf),
            r"learned/curvature must be finite float32, at most 1e\+30, found -inf at \[0\]",
        ),
        (
            "binary",
            with_value("learned/prior", np.nan),
            r"learned/prior must be finite float32, at most 1e\+30, found nan at \[0\]",
        ),
        ("binary", lambda arrays: arrays.pop("learned/prior"), "learned/prior must be finite float32"),
        ("binary", lambda arrays: arrays.update({"linear/table": arrays["linear/table"].T}), "linear/table must be"),
        (
            "binary",
            lambda arrays: arrays.update({"linear/table": arrays["linear/table"].astype(np.float64)}),
            r"linear/table must be float32 of 2 axes, found float64 \(129, 1\)",
        ),
        (
            "multiclass",
            lambda arrays: arrays.update({"linear/bias": arrays["linear/bias"][:2]}),
            r"float32 \(3,\), found",
        ),
        ("number", lambda arrays: arrays.pop("target_scale/means"), "target_scale"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_damaged_arrays_are_refused(saved, tmp_path, kind, change, message):
    path = rewritten(saved[kind], tmp_path / "damaged.malmoi", lambda header: None, arrays_changed(change))
    with pytest.raises(mm.FormatError, match=message) as found:
        load(path, verify=True)
    assert "damaged.malmoi" in str(found.value)


@pytest.mark.parametrize(
    "change",
    [with_value("learned/squares", -1e9), with_value("learned/prior", 0.0), with_value("learned/curvature", -1.0)],
)
def test_what_partial_fit_cannot_use_is_refused(saved, tmp_path, change):
    path = rewritten(saved["binary"], tmp_path / "damaged.malmoi", lambda header: None, arrays_changed(change))
    with pytest.raises(mm.FormatError):
        load(path, verify=True)


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("binary", lambda header: header["facts"].update(C=-1.0)),
        ("binary", lambda header: header["facts"].update(C=float("inf"))),
        ("binary", lambda header: header["facts"].update(weight=-100.0)),
        ("binary", lambda header: header["facts"].update(samples=-1)),
        ("binary", lambda header: header["calibration"].update(temperature=float("inf"))),
        ("binary", lambda header: header["calibration"].update(temperature=1e-320)),
        ("isotonic", lambda header: header.update(calibration={**ISOTONIC, "probabilities": [0.2, 3.0]}, examples=[])),
        ("isotonic", lambda header: header.update(calibration={**ISOTONIC, "scores": [1.0, 0.0]}, examples=[])),
        ("binary", lambda header: header.update(telling=[["a", ["b"], 0.5]])),
        ("binary", lambda header: header.update(telling=[["a", "no class", 0.5]])),
        ("number", lambda header: header["settings"].update(weighting="nb")),
        ("number", lambda header: header["settings"].update(reject_below=0.5)),
    ],
)
def test_a_header_out_of_bounds_is_refused(saved, tmp_path, kind, change):
    path = rewritten(saved[kind], tmp_path / "damaged.malmoi", returning_nothing(change))
    with pytest.raises(mm.FormatError):
        load(path)
