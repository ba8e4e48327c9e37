import copy
import hashlib
import json
import os
import struct
import subprocess
import sys

import numpy as np
import pytest
import safetensors.numpy

import malmoi as mm
from malmoi.persistence import FRONT, MAGIC, load, read_header

pytest.importorskip("keras")


@pytest.fixture(scope="module")
def saved(model, tmp_path_factory):
    path = tmp_path_factory.mktemp("saved") / "reviews.malmoi"
    return model.save(path, examples=["so good", "x" * 500])


def rewritten(saved, path, change, change_weights=lambda weights: weights):
    """The file with a changed header, changed weights, and a checksum that fits them."""
    content = saved.read_bytes()
    _, version, header_bytes, _, _ = FRONT.unpack(content[: FRONT.size])
    header = json.loads(content[FRONT.size : FRONT.size + header_bytes])
    weights = change_weights(content[FRONT.size + header_bytes :])
    new = change(header)
    new = new if isinstance(new, bytes) else json.dumps(header if new is None else new).encode()
    weights_bytes = len(weights)
    lengths = struct.pack("<IQQ", version, len(new), weights_bytes)
    checksum = hashlib.sha256(lengths + new + weights).digest()
    path.write_bytes(FRONT.pack(MAGIC, version, len(new), weights_bytes, checksum) + new + weights)
    return path


def test_foreign_tokens_are_not_saved(tmp_path):
    model = mm.EmbeddingClassifier(tokens=mm.External(str.split), embedding=mm.Learned(2), epochs=1)
    model.fit(["so good", "so bad"], ["pos", "neg"])
    with pytest.raises(TypeError, match="tokens must be a tokenizer of malmoi to be saved, got External"):
        model.save(tmp_path / "m.malmoi")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "tokens", [mm.Hangul(), mm.Words(normalization="NFKC"), mm.Characters(alphabet="가a"), mm.Pattern()]
)
def test_every_tokenizer_is_saved_with_the_model(tokens, tmp_path):
    model = mm.EmbeddingClassifier(tokens=tokens, embedding=mm.Learned(2), epochs=1, max_length=4)
    model.fit(["가나 ab", "다라 cd"], ["pos", "neg"])
    loaded = load(model.save(tmp_path / "m.malmoi"), verify=True)
    assert loaded.tokens == tokens
    assert loaded.vectorizer_.vocabulary_.words == model.vectorizer_.vocabulary_.words


def test_a_loaded_model_is_the_saved_one(saved, model, texts):
    loaded = load(saved, verify=True)
    assert loaded.predict_proba(texts).tobytes() == model.predict_proba(texts).tobytes()
    assert loaded.get_params(deep=False) == {
        **model.get_params(deep=False),
        "embedding": mm.Learned(8),
        "tokens": mm.Words(),
    }
    assert loaded.history_ == model.history_
    assert loaded.facts_ == model.facts_
    assert loaded.vectorizer_.vocabulary_.counts.tolist() == model.vectorizer_.vocabulary_.counts.tolist()


def test_a_loaded_model_saves_to_the_same_bytes(saved, tmp_path):
    again = load(saved).save(tmp_path / "again.malmoi", examples=["so good", "x" * 500])
    assert again.read_bytes() == saved.read_bytes()


def test_a_new_process_gives_the_same_bits(saved, model, texts):
    code = "import sys, malmoi as mm; print(mm.load(sys.argv[1]).predict_proba(sys.argv[2:]).tobytes().hex())"
    answer = subprocess.run([sys.executable, "-c", code, saved, *texts], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == model.predict_proba(texts).tobytes().hex()


def test_two_trainings_with_one_seed_give_the_same_file(tmp_path, texts, labels):
    files = []
    for name in ("a", "b"):
        trained = mm.EmbeddingClassifier(mm.Flatten(3), max_length=4, embedding=mm.Learned(4), epochs=2, seed=7)
        trained.fit(texts, labels, validation=(texts, labels))
        files.append(trained.save(tmp_path / f"{name}.malmoi", examples=texts).read_bytes())
    assert files[0] == files[1]


@pytest.mark.parametrize("labels", [["a", "b"], [0, 1], [False, True], ["나", "가"]])
def test_classes_keep_their_kind(tmp_path, labels):
    trained = mm.EmbeddingClassifier(max_length=2, embedding=mm.Learned(2), epochs=1).fit(["a", "b"], labels)
    loaded = load(trained.save(tmp_path / "m.malmoi"))
    assert loaded.classes_.dtype == trained.classes_.dtype
    assert loaded.classes_.tolist() == sorted(labels)


def test_settings_of_every_kind_come_back(tmp_path, texts, labels):
    (tmp_path / "v.txt").write_text("good 1 2\n")
    vectors = mm.WordVectors.open(tmp_path / "v.txt")
    trained = mm.EmbeddingClassifier(
        mm.Flatten((3, 2), dropout=0.25),
        tokens=mm.KerasWords(filters="!", split="-"),
        max_tokens=None,
        max_length=3,
        embedding=mm.Pretrained(vectors),
        learning_rate=0.5,
        epochs=1,
        padding="post",
        truncating="post",
    ).fit(texts, labels)
    loaded = load(trained.save(tmp_path / "m.malmoi"))
    assert loaded.get_params(deep=False) == {
        **trained.get_params(deep=False),
        "embedding": mm.Learned(2, trainable=False),
    }
    assert loaded.facts_.coverage == trained.facts_.coverage
    assert str(tmp_path) not in (tmp_path / "m.malmoi").read_bytes().decode(errors="replace")


def test_examples_are_kept_short_with_their_answers(saved, model):
    examples = read_header(saved)["examples"]
    assert [len(example["text"]) for example in examples] == [7, 200]
    assert np.allclose(examples[0]["probabilities"], model.predict_proba(["so good"])[0])


def test_the_first_training_texts_are_the_examples_unless_told_otherwise(model, texts, tmp_path):
    by_itself = read_header(model.save(tmp_path / "a.malmoi"))["examples"]
    assert [example["text"] for example in by_itself] == texts[:4]
    assert read_header(model.save(tmp_path / "b.malmoi", examples=[]))["examples"] == []
    assert load(tmp_path / "a.malmoi", verify=True).examples_ == texts[:4]


def test_an_existing_file_is_kept(saved, model):
    before = saved.read_bytes()
    with pytest.raises(FileExistsError, match="exists; pass overwrite=True"):
        model.save(saved)
    assert saved.read_bytes() == before


def test_a_file_cut_at_any_byte_is_refused(saved, tmp_path):
    content = saved.read_bytes()
    path = tmp_path / "cut.malmoi"
    for size in {*range(0, 200), *range(200, len(content), 97), len(content) - 1}:
        path.write_bytes(content[:size])
        with pytest.raises(mm.FormatError, match=r"cut\.malmoi"):
            read_header(path)
    path.write_bytes(content + b"x")
    with pytest.raises(mm.FormatError, match="is too long"):
        load(path)


def test_a_flipped_bit_is_noticed_anywhere(saved, tmp_path):
    content = bytearray(saved.read_bytes())
    path = tmp_path / "flipped.malmoi"
    for place in {*range(FRONT.size + 20), *range(0, len(content), 101)}:
        content[place] ^= 1 << place % 8
        path.write_bytes(content)
        with pytest.raises(mm.FormatError, match=r"flipped\.malmoi"):
            read_header(path)
        content[place] ^= 1 << place % 8


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is not a malmoi model: it begins with b''"),
        (b"PK\x03\x04" + b"\x00" * 100, "is a zip archive, not a malmoi model"),
        (b"\x80\x04\x95 pickle", "is not a malmoi model: it begins with"),
        (FRONT.pack(MAGIC, 3, 0, 0, b""), r"has format 3, this version reads up to 1; upgrade malmoi"),
        (FRONT.pack(MAGIC, 1, 2**63, 2**63, b""), "is truncated: it must have 18446744073709551676 bytes, found 60"),
    ],
)
def test_other_files_are_refused(tmp_path, content, message):
    path = tmp_path / "odd.malmoi"
    path.write_bytes(content)
    with pytest.raises(mm.FormatError, match=message):
        load(path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda header: b"[" * 100_000, "its header is not JSON"),
        (lambda header: b"\xff", "its header is not JSON"),
        (lambda header: [1], "its header must be a JSON object"),
        (
            lambda header: header.update(kind="os.system"),
            "kind must be one of BagClassifier, BagRegressor, EmbeddingClassifier, FastTextClassifier, .*"
            "SeriesClassifier, SeriesRegressor, found 'os.system'",
        ),
        (
            lambda header: header["network"].update(kind="Evil"),
            "network must be one of Flatten, Average, Conv, Recurrent, found",
        ),
        (lambda header: header["network"].update(hidden=[10**6]), "its settings need .* parameters, it holds"),
        (lambda header: header["network"].update(hidden=["a"]), "network.hidden must be whole numbers"),
        (lambda header: header["network"].update(dropout="a"), "network.dropout must be a float, found 'a'"),
        (lambda header: header["network"].update(path="/x"), "network must have the fields of Flatten"),
        (lambda header: header["tokens"].update(kind="Pickle"), "tokens must be one of Characters, Eojeol, Hangul"),
        (
            lambda header: header["settings"].update(max_length=2**30),
            "settings.max_length must be at most 1000000, found 1073741824",
        ),
        (lambda header: header["settings"].update(max_length=-1), "settings.max_length must be 1 or more, found -1"),
        (
            lambda header: header["settings"].update(max_length="9"),
            "settings.max_length must be a whole number, found '9'",
        ),
        (
            lambda header: header.update(settings={}),
            "settings must have .*, lacks batch_size, epochs, learning_rate, max_length, max_",
        ),
        (lambda header: header["embedding"].update(dimension=-5), "dimension must be 1 or more, got -5"),
        (lambda header: header["embedding"].update(dimension=True), "dimension must be a int, found True"),
        (
            lambda header: header["classes"].update(kind="eval"),
            "classes.kind must be one of bool, float, int, str, found 'eval'",
        ),
        (lambda header: header["classes"].update(values=["b", "a"]), "classes must be sorted"),
        (
            lambda header: header["classes"].update(values=["a", "b" * 1001]),
            r"classes.values\[1\] must be at most 1000 characters, found 'bbbbbbbbbbbbbbbbbbbbbb",
        ),
        (lambda header: header["classes"].update(values=["A", "A\0"]), r"classes\[1\] must be .* without NUL"),
        (
            lambda header: header["classes"].update(values=["a", "\ud800"]),
            r"its header must not contain a lone surrogate, found one in classes.values\[",
        ),
        (lambda header: header["classes"].update(kind="int", values=[0, 2**64]), "or a 64-bit int, got 184467"),
        (
            lambda header: header["classes"].update(kind="float", values=[0.5, float("nan")]),
            "header must contain finite numbers",
        ),
        (lambda header: header["settings"].update(epochs=True), "settings.epochs must be a whole number, found True"),
        (
            lambda header: header["settings"].update(batch_size=2.5),
            "settings.batch_size must be a whole number, found 2.5",
        ),
        (lambda header: header["settings"].update(seed="1"), "settings.seed must be a whole number, found '1'"),
        (
            lambda header: header["settings"].update(learning_rate=True),
            "settings.learning_rate must be a number, found True",
        ),
        (lambda header: header.update(words=[1]), "words must be a list of str"),
        (
            lambda header: header.update(words=header["words"][:-1]),
            r"vocabulary/counts must be int64 \(6,\), one entry per",
        ),
        (lambda header: header.update(words=None), "words must be a list, found None"),
        (lambda header: header["facts"].update(samples="many"), "facts.samples must be a whole number, found 'many'"),
        (
            lambda header: header.update(history=[{"loss": 1}]),
            r"history\[0\] must have .*, lacks accuracy, validation_accuracy, validation_loss",
        ),
        (lambda header: header["history"][0].update(loss="x"), r"history\[0\].loss must be a number, found 'x'"),
        (lambda header: header["examples"][0].update(probabilities=[1.0, 0.0]), r"predicts .* for 'so good', but "),
        (lambda header: header.update(examples=[3]), "is not a model that this version can use"),
    ],
)
def test_hostile_headers_are_refused(saved, tmp_path, change, message):
    path = rewritten(saved, tmp_path / "hostile.malmoi", change)
    with pytest.raises(mm.FormatError, match=message):
        load(path, verify=True)


def test_the_layout_stays_readable_for_ever():
    """A model that version 0.1.0 wrote."""
    path = os.path.join(os.path.dirname(__file__), "data", "format-1.malmoi")
    loaded = load(path, verify=True)
    assert loaded.classes_.tolist() == ["neg", "pos"]
    assert loaded.tokens == mm.Words(emoji=False)  # as words were when it was written


def test_info_of_a_hostile_header_is_one_line(saved, tmp_path, capsys):
    from malmoi.cli.commands import run

    for number, change in enumerate(
        [lambda header: header.clear(), lambda header: header.update(tokens=[1], history=3)]
    ):
        path = rewritten(saved, tmp_path / f"{number}.malmoi", change)
        assert run(["info", str(path)]) == 2
        assert "is not a model that this version can use: " in capsys.readouterr().err


@pytest.mark.parametrize(
    ("counts", "message"),
    [
        (None, r"vocabulary/counts must be int64 \(7,\), one entry per word, found none"),
        (np.ones(7, np.float32), r"vocabulary/counts must be int64 of 1 axis, found float32 \(7,\)"),
        (np.ones((7, 1), np.int64), r"vocabulary/counts must be int64 of 1 axis, found int64 \(7, 1\)"),
        (np.array([3, 2, 2, 1, 1, 1, -1]), "vocabulary/counts must be 0 or more, found -1"),
    ],
)
def test_hostile_counts_are_refused(saved, tmp_path, counts, message):
    def change(weights):
        tensors = safetensors.numpy.load(weights)
        del tensors["vocabulary/counts"]
        return safetensors.numpy.save({**tensors, **({} if counts is None else {"vocabulary/counts": counts})})

    path = rewritten(saved, tmp_path / "hostile.malmoi", lambda header: None, change)
    with pytest.raises(mm.FormatError, match=message):
        load(path)


def test_classes_of_halves_that_earlier_versions_wrote_still_load(saved, tmp_path):
    change = lambda header: header["classes"].update(kind="float", values=[0.5, 1.5])  # noqa: E731
    assert load(rewritten(saved, tmp_path / "old.malmoi", change)).classes_.tolist() == [0.5, 1.5]


def test_a_saved_model_is_the_one_that_was_learned_whatever_is_set_since(tmp_path, texts, labels):
    trained = mm.EmbeddingClassifier(mm.Flatten(3), max_length=4, embedding=mm.Learned(4), epochs=1)
    before = trained.fit(texts, labels).save(tmp_path / "before.malmoi").read_bytes()
    answers = trained.predict_proba(texts).tobytes()
    trained.set_params(
        max_length=9, network=mm.Flatten(), max_tokens=5, embedding=mm.Learned(2), tokens=mm.KerasWords()
    )
    assert trained.save(tmp_path / "after.malmoi").read_bytes() == before
    assert load(tmp_path / "after.malmoi", verify=True).predict_proba(texts).tobytes() == answers
    assert copy.deepcopy(trained).predict_proba(texts).tobytes() == answers


def test_info_of_a_huge_header_is_short_and_moves_no_cursor(saved, tmp_path, capsys):
    from malmoi.cli.commands import run

    def change(header):
        header["classes"]["values"] = sorted(["\x1b[2J" + "x" * 900, *map(str, range(100_000))])
        header["words"] = ["y" * 1_000_000] * 10
        header["versions"] = {f"\x1b]0;library {number}": str(number) for number in range(100_000)}

    assert run(["info", str(rewritten(saved, tmp_path / "huge.malmoi", change))]) == 0
    printed = capsys.readouterr().out
    assert len(printed) < 30_000
    assert "\x1b" not in printed
    assert "\\x1b[2Jxxx" in printed
