"""Files of few-label models: an old one loads, damaged ones are refused."""

import os
import tracemalloc

import numpy as np
import pytest

import malmoi as mm
from malmoi.persistence import FRONT, load, load_fitted
from test_bag_files import arrays_changed, returning_nothing, with_value
from test_few_labels import FAST, LABELS, NEW, NEW_LABELS, TEXTS, UNLABELLED, VECTORS, static_embedder
from test_storage import rewritten

OLD = os.path.join(os.path.dirname(__file__), "data", "few-labels-1.malmoi")


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """A file of each kind of part, which no test changes."""
    folder = tmp_path_factory.mktemp("few")
    chosen = {"learned": {**FAST, "parts": ["documents"]}, "components": {"parts": ["components"]}}
    chosen |= {"bag": {"parts": ["bag"], "self_training": True}}
    chosen |= {"pretrained": {"parts": ["pretrained"], "vectors": VECTORS}}
    chosen |= {"static": {"parts": ["static"], "embedder": static_embedder()}}
    return {
        name: mm.FewLabelClassifier(**settings)
        .fit(TEXTS, LABELS, unlabelled=UNLABELLED[:200])
        .save(folder / f"{name}.malmoi")
        for name, settings in chosen.items()
    }


def test_a_file_of_an_older_version_is_readable_for_ever():
    """A model of every kind of part but static embeddings, that version 0.1.0 wrote."""
    loaded = load(OLD, verify=True)
    assert loaded.classes_.tolist() == ["ap", "be"]
    assert [part.name for part in loaded.fitted.parts] == ["documents", "components", "bag", "self-training"]
    assert loaded.facts_.samples == 24
    assert loaded.score(NEW, NEW_LABELS) > 0.9


def test_info_shows_it(saved, capsys):
    from malmoi.cli.commands import run

    for path in saved.values():
        assert run(["info", str(path), "--verify"]) == 0
        assert "parts" in capsys.readouterr().out


@pytest.mark.parametrize("kind", ["learned", "static"])
def test_a_file_cut_or_changed_anywhere_is_refused(saved, tmp_path, kind):
    content, path = bytearray(saved[kind].read_bytes()), tmp_path / "m.malmoi"
    for place in {*range(0, FRONT.size + 20, 7), *range(0, len(content), len(content) // 60)}:
        path.write_bytes(content[:place])
        with pytest.raises(mm.FormatError, match=r"m\.malmoi"):
            load(path)
        content[place] ^= 1 << place % 8
        path.write_bytes(content)
        with pytest.raises(mm.FormatError, match=r"m\.malmoi"):
            load(path)
        content[place] ^= 1 << place % 8


def part(**changes):
    return lambda header: header["parts"][0].update(changes)


def setting(**changes):
    return lambda header: header["settings"].update(changes)


def fact(**changes):
    return lambda header: header["facts"].update(changes)


def tried(**changes):
    return lambda header: header["facts"]["tried"][0].update(changes)


def features(**changes):
    return lambda header: header["parts"][0]["features"].update(changes)


@pytest.mark.parametrize(
    ("kind", "change", "message"),
    [
        ("learned", lambda header: header.update(parts=[]), r"parts must be 1 or more, found \[\]"),
        ("learned", lambda header: header.update(parts=[3]), r"parts\[0\] must be a dict, found 3"),
        ("learned", lambda header: header.pop("parts"), "its header must have .*, lacks parts"),
        (
            "learned",
            lambda header: header["parts"].append(header["parts"][0]),
            r"parts must have distinct names, found \['documents', 'documents'\]",
        ),
        ("learned", part(name="words"), r"parts\[0\].name must be one of .*, found 'words'"),
        ("learned", part(name=["bag"]), r"parts\[0\].name must be one of .*, found \['bag'\]"),
        ("learned", part(temperature=0.0), r"parts\[0\].temperature must be from 0.01 to 100, found 0.0"),
        ("learned", part(temperature=float("nan")), "its header must contain finite numbers, found NaN"),
        ("learned", part(temperature=float("inf")), "its header must contain finite numbers, found Infinity"),
        ("learned", part(temperature=1), "temperature must be a float, found 1"),
        ("learned", part(kind="pickle"), r"parts\[0\].kind must be one of bag, static, ngrams, found 'pickle'"),
        ("learned", part(kind=None), r"parts\[0\].kind must be one of bag, static, ngrams, found None"),
        ("learned", part(kind="bag"), r"parts\[0\] must have .*, lacks weighting"),
        ("learned", part(kind="static"), r"parts\[0\] must have .*, lacks static"),
        ("learned", part(local="all"), r"parts\[0\].local must be one of binary, count, sublinear, found 'all'"),
        ("learned", part(features=3), "features must be a dict, found 3"),
        ("learned", features(tokens=[]), r"parts\[0\].features.tokens must be 1 or more, found \[\]"),
        ("learned", features(ngrams=[[2, 1]]), "from 1 to 255, got"),
        (
            "learned",
            features(tokens=[{"kind": "External"}]),
            r"parts\[0\].features.tokens\[0\] must be one of .*, found \{'kind': 'External'\}",
        ),
        ("bag", part(weighting="idf"), "weighting must be one of nb, tfidf, count, binary, found 'idf'"),
        ("bag", part(weighting="tfidf"), r"part0/factors must be finite float32"),
        ("bag", part(kind="ngrams", local="binary"), r"parts\[0\] must have .*, has the unknown 'weighting'"),
        ("static", part(static={}), "."),
        ("learned", setting(dimension=1), "settings.dimension must be 2 or more, found 1"),
        ("learned", setting(dimension=10**9), "dimension must be at most 512"),
        ("learned", setting(epochs="many"), "settings.epochs must be a whole number, found 'many'"),
        ("learned", setting(epochs=None), "settings.epochs must be a whole number, found None"),
        ("learned", setting(self_training=1), "settings.self_training must be True or False, found 1"),
        ("learned", setting(reject_below=2), "settings.reject_below must be from 0 to 1, found 2"),
        (
            "learned",
            setting(seed=2**70),
            "its header must contain whole numbers of at most 20 digits, found '1180591620717411303424'",
        ),
        ("learned", setting(path="/x"), "settings must have .*, has the unknown 'path'"),
        ("learned", lambda header: header["settings"].pop("seed"), "settings must have .*, lacks seed"),
        ("learned", lambda header: header.update(class_weight="even"), "class_weight must be"),
        ("learned", lambda header: header.update(calibration=3), "calibration must be a dict, found 3"),
        (
            "learned",
            lambda header: header["calibration"].update(kind="isotonic"),
            "calibration.kind must be one of temperature, found 'isotonic'",
        ),
        (
            "learned",
            lambda header: header["calibration"].update(temperature=-1.0),
            "calibration.temperature must be from 0.01 to 100, found -1.0",
        ),
        (
            "learned",
            lambda header: header["calibration"].update(temperature="1"),
            "calibration.temperature must be a number, found '1'",
        ),
        ("learned", fact(samples="many"), "facts.samples must be a whole number, found 'many'"),
        ("learned", fact(samples=-1), "facts.samples must be 0 or more, found -1"),
        ("learned", fact(held_out=True), "facts.held_out must be a whole number, found True"),
        ("learned", fact(known_shares=[0.5]), r"facts.known_shares must be a list of 2, found \[0.5\]"),
        ("learned", fact(known_shares=[0.5, 2.0]), r"facts.known_shares\[1\] must be from 0 to 1, found 2.0"),
        ("learned", fact(known_shares=[0.5, float("nan")]), "its header must contain finite numbers, found NaN"),
        ("learned", fact(training_accuracy="all"), "facts.training_accuracy must be a number, found 'all'"),
        ("learned", fact(tried=3), "tried must be a list, found 3"),
        ("learned", fact(tried=[3]), r"facts.tried\[0\] must be a dict, found 3"),
        ("learned", tried(loss="x"), r"facts.tried\[0\].loss must be a number, found 'x'"),
        ("learned", tried(accuracy=None), "facts.tried must have both loss and accuracy, or neither"),
        ("learned", tried(loss=None), "facts.tried must have both loss and accuracy, or neither"),
        ("learned", tried(loss=float("nan")), "its header must contain finite numbers, found NaN"),
        ("learned", tried(accuracy=7.0), r"facts.tried\[0\].accuracy must be from 0 to 1, found 7.0"),
        ("learned", tried(name=3), "name must be a str, found 3"),
        ("learned", tried(kept="yes"), r"facts.tried\[0\].kept must be True or False, found 'yes'"),
        ("learned", lambda header: header["classes"].update(values=["b", "a"]), "classes must be sorted"),
        ("learned", lambda header: header["classes"].update(values=["a", "b", "c"]), r"part0/weights must be .*, 3\)"),
        ("learned", lambda header: header["classes"].update(form="sets"), r"part0/weights must be .*, 2\)"),
        ("bag", lambda header: header["classes"].update(values=["a", "b", "c"]), r"part0/table must be .*, 3\)"),
        ("learned", lambda header: header.update(examples=[3]), r"examples\[0\] must be a dict, found 3"),
        ("learned", lambda header: header["examples"][0].update(text=3), "text must be a str, found 3"),
        (
            "learned",
            lambda header: header["examples"][0].update(outputs=["a"]),
            r"examples\[0\].outputs\[0\] must be a number, found 'a'",
        ),
        ("learned", lambda header: header["examples"][0].update(outputs=[0.4]), r"predicts .* for '.*, but \[0.4"),
        (
            "learned",
            lambda header: header["examples"][0].update(outputs=[0.4] * 9),
            r"examples\[0\].outputs must have 1 values, found 9",
        ),
    ],
    ids=lambda value: "change" if callable(value) else str(value),
)
def test_a_damaged_header_is_refused(saved, tmp_path, kind, change, message):
    path = rewritten(saved[kind], tmp_path / "damaged.malmoi", returning_nothing(change))
    with pytest.raises(mm.FormatError, match=message) as found:
        load(path, verify=True)
    assert "damaged.malmoi" in str(found.value)


def changed(name, change):
    return lambda arrays: arrays.update({name: change(arrays[name])})


@pytest.mark.parametrize(
    ("kind", "change", "message"),
    [
        ("learned", lambda arrays: arrays.pop("part0/hashes"), "part0/hashes must be one-dimensional uint64"),
        ("learned", changed("part0/hashes", lambda found: found.astype(np.int64)), "part0/hashes must be uint64"),
        ("learned", changed("part0/hashes", lambda found: found[:, None]), "part0/hashes must be uint64 of 1 axis"),
        ("learned", changed("part0/hashes", lambda found: found[:-1]), "part0/table must be finite float16"),
        ("learned", changed("part0/hashes", lambda found: np.repeat(found[:1], len(found))), "twice|distinct"),
        ("learned", lambda arrays: arrays.pop("part0/table"), "part0/table must be finite float16"),
        ("learned", changed("part0/table", lambda found: found.astype(np.float32)), "part0/table must be .* float16"),
        ("learned", changed("part0/table", np.ravel), "part0/table must be .* of 2 axes"),
        ("learned", changed("part0/table", lambda found: found[:, :9]), r"part0/mean must be finite float32 \(9,\)"),
        ("learned", changed("part0/table", lambda found: found[:, :0]), "part0/"),
        ("learned", with_value("part0/table", np.nan), "part0/table must be finite float16"),
        ("learned", with_value("part0/table", np.inf), "part0/table must be finite float16"),
        ("components", with_value("part0/factors", np.nan), "part0/factors must be finite float32"),
        ("components", changed("part0/factors", lambda found: found[1:]), "part0/factors must be finite float32"),
        ("learned", lambda arrays: arrays.pop("part0/mean"), "part0/mean must be finite float32"),
        ("learned", with_value("part0/mean", np.nan), "part0/mean must be finite float32"),
        ("learned", lambda arrays: arrays.pop("part0/axes"), "part0/axes must be finite float32"),
        ("learned", changed("part0/axes", lambda found: found[1:]), "part0/axes must be finite float32"),
        ("learned", changed("part0/axes", lambda found: found[:, 1:]), "part0/weights must be finite float32"),
        (
            "learned",
            changed("part0/axes", lambda found: found.astype(np.float64)),
            r"part0/axes must be float32 of 2 axes, found float64 \(32, 32\)",
        ),
        ("learned", with_value("part0/axes", np.inf), "part0/axes must be finite float32"),
        ("learned", with_value("part0/weights", np.nan), "part0/weights must be finite float32"),
        ("learned", with_value("part0/bias", np.nan), "part0/bias must be finite float32, at most 1e"),
        ("learned", changed("part0/bias", lambda found: np.repeat(found, 2)), r"part0/bias must be .* \(1,\), found"),
        ("pretrained", with_value("part0/table", np.nan), "part0/table must be finite float16"),
        ("bag", lambda arrays: arrays.pop("part1/factors"), "part1/factors must be finite float32"),
        ("bag", with_value("part1/table", np.nan), "part1/table must be finite float32"),
        ("bag", lambda arrays: arrays.pop("part0/bias"), r"part0/bias must be finite float32 \(1,\)"),
        ("static", lambda arrays: [arrays.pop(name) for name in list(arrays) if "static" in name], "."),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_damaged_arrays_are_refused(saved, tmp_path, kind, change, message):
    path = rewritten(saved[kind], tmp_path / "damaged.malmoi", lambda header: None, arrays_changed(change))
    with pytest.raises(mm.FormatError, match=message) as found:
        load(path, verify=True)
    assert "damaged.malmoi" in str(found.value)


def test_weights_that_would_overflow_are_refused(saved, tmp_path):
    change = changed("part0/weights", lambda found: np.full_like(found, 3e38))
    path = rewritten(saved["learned"], tmp_path / "m.malmoi", lambda header: None, arrays_changed(change))
    with pytest.raises(mm.FormatError, match=r"part0/weights must be finite float32, at most 1e\+30, found 3.0000000"):
        load(path)


def test_a_damaged_file_takes_no_memory(saved, tmp_path):
    path = rewritten(saved["learned"], tmp_path / "m.malmoi", returning_nothing(fact(samples=10**15, distinct=10**15)))
    tracemalloc.start()
    assert load_fitted(path).facts.samples == 10**15
    assert tracemalloc.get_traced_memory()[1] < 50_000_000
    tracemalloc.stop()
