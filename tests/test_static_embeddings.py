"""Static sentence embeddings: folders of three libraries, against means said in NumPy, and damaged folders."""

import json
import pickle
import struct
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import save_file
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

import malmoi as mm
from malmoi.wordvectors.static.subwords import Subwords
from malmoi.wordvectors.static.vectors import StaticVectors
from malmoi.wordvectors.static.words import word_split_of
from systems import needs_posix

tokenizers = pytest.importorskip("tokenizers")
from tokenizers import models, normalizers, pre_tokenizers  # noqa: E402

WORDS = ["[PAD]", "[UNK]", "good", "bad", "film", "##s", ".", "고양이", "##가", "a", "b", "##b"]
TABLE = np.random.default_rng(0).normal(size=(len(WORDS), 3)).astype(np.float32)
WEIGHTS = np.linspace(0.5, 2, len(WORDS)).astype(np.float32)
MAPPING = np.array([0, 1, 2, 3, 4, 4, 3, 2, 1, 0, 5, 5])
TEXTS = ["good films.", "", "BAD bad  film", "zebra", "고양이가 good\tzebra", "a" + " b" * 40]


def wordpiece(normalizer=None, splitting=None, **changes):
    made = tokenizers.Tokenizer(models.WordPiece({word: i for i, word in enumerate(WORDS)}, unk_token="[UNK]"))
    made.normalizer = normalizer or normalizers.BertNormalizer()
    made.pre_tokenizer = splitting or pre_tokenizers.BertPreTokenizer()
    made.add_special_tokens(["[PAD]", "[UNK]"])
    if "max_length" in changes:
        made.enable_truncation(changes["max_length"])
    made.enable_padding(length=8)
    return made


def spaced(letters="abcde"):
    """Byte pair encoding in the manner of SentencePiece, as wordllama has it."""
    vocabulary = ["<unk>", "<s>", "▁", "▁▁", "▁▁▁", *(f"<0x{byte:02X}>" for byte in range(256)), *letters, "▁a", "ab"]
    vocabulary += ["▁ab", "▁d"]
    merges = [("▁", "▁"), ("▁▁", "▁"), ("▁", "a"), ("a", "b"), ("▁a", "b"), ("▁", "d")]
    model = models.BPE(
        {token: i for i, token in enumerate(vocabulary)}, merges, unk_token="<unk>", fuse_unk=True, byte_fallback=True
    )
    made = tokenizers.Tokenizer(model)
    made.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    made.add_special_tokens(["<unk>", "<s>"])
    return made


def model2vec(folder, table=TABLE, config=None, tokenizer=None, **others):
    folder.mkdir(exist_ok=True)
    save_file({"embeddings": table, **others}, folder / "model.safetensors")
    (tokenizer or wordpiece()).save(str(folder / "tokenizer.json"))
    (folder / "config.json").write_text(json.dumps({"normalize": False, "max_length": 512, **(config or {})}))
    return folder


def sentence_transformers(folder, *, kinds=("StaticEmbedding",), nested=True, **changes):
    place = folder / "0_StaticEmbedding" if nested else folder
    place.mkdir(parents=True)
    save_file({"embedding.weight": TABLE}, place / "model.safetensors")
    wordpiece(**changes).save(str(place / "tokenizer.json"))
    names = ["0_StaticEmbedding" if nested else "", "1_Normalize"]
    modules = [
        {"idx": i, "name": str(i), "path": name, "type": f"sentence_transformers.models.{kind}"}
        for i, (kind, name) in enumerate(zip(kinds, names, strict=False))
    ]
    (folder / "modules.json").write_text(json.dumps(modules))
    return folder


def expected(texts, *, table=TABLE, tokenizer=None, unknown=None, max_length=None, weights=None, mapping=None):
    """The means, one text at a time."""
    tokenizer = tokenizer or wordpiece()
    tokenizer.no_padding()
    tokenizer.no_truncation()
    rows = []
    for text in texts:
        ids = tokenizer.encode(text, add_special_tokens=False).ids[:max_length]
        ids = [number for number in ids if number != unknown]
        vectors = [table[number if mapping is None else mapping[number]].astype(np.float64) for number in ids]
        scaled = [vector * (1 if weights is None else weights[i]) for i, vector in zip(ids, vectors, strict=True)]
        rows.append(np.mean(scaled, axis=0) if ids else np.zeros(table.shape[1]))
    return np.array(rows)


def normalized(rows):
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return rows / np.where(lengths > 0, lengths, 1)


# What the three libraries write


@pytest.mark.parametrize("others", [{}, {"weights": WEIGHTS}, {"weights": WEIGHTS, "mapping": MAPPING}])
def test_folders_of_model2vec(tmp_path, others):
    table = TABLE[:6] if "mapping" in others else TABLE
    embedder = mm.TextEmbedder.open(model2vec(tmp_path, table, **others))
    means = expected(TEXTS, table=table, unknown=1, **others)
    rows = embedder.transform(TEXTS)
    assert (rows.dtype, rows.shape, embedder.dimension) == (np.float32, (6, 3), 3)
    np.testing.assert_allclose(rows, means, atol=1e-6)
    assert not rows[[1, 3]].any(), "no tokens, and unknown ones alone"
    again = mm.TextEmbedder.open(model2vec(tmp_path, table, {"normalize": True}, **others))
    np.testing.assert_allclose(again.transform(TEXTS), normalized(means), atol=1e-6)
    plain = mm.TextEmbedder.open(tmp_path, norm=None)
    np.testing.assert_allclose(plain.transform(TEXTS), means, atol=1e-6)


def test_only_the_first_tokens_count(tmp_path):
    folder = model2vec(tmp_path, config={"max_length": 4})
    median = int(np.median([len(word) for word in WORDS]))
    texts = [*TEXTS, "zebra good bad film a b", "good " + "b " * 3]
    means = expected([text[: 4 * median] for text in texts], unknown=1, max_length=4)
    np.testing.assert_allclose(mm.TextEmbedder.open(folder).transform(texts), means, atol=1e-6)
    means = expected([text[: 2 * median] for text in texts], unknown=1, max_length=2)
    np.testing.assert_allclose(mm.TextEmbedder.open(folder, max_length=2).transform(texts), means, atol=1e-6)
    embedder = mm.TextEmbedder.open(folder, max_length=None)
    np.testing.assert_allclose(embedder.transform(texts), expected(texts, unknown=1), atol=1e-6)


@pytest.mark.parametrize("nested", [True, False])
def test_folders_of_sentence_transformers(tmp_path, nested):
    plain = sentence_transformers(tmp_path / "a", nested=nested)
    np.testing.assert_allclose(mm.TextEmbedder.open(plain).transform(TEXTS), expected(TEXTS), atol=1e-6)
    kinds = ("StaticEmbedding", "Normalize")
    long = sentence_transformers(tmp_path / "b", kinds=kinds, nested=nested, max_length=3)
    means = normalized(expected(TEXTS, max_length=3))
    np.testing.assert_allclose(mm.TextEmbedder.open(long).transform(TEXTS), means, atol=1e-6)
    file = next(long.rglob("*.safetensors"))
    np.testing.assert_allclose(mm.TextEmbedder.open(file).transform(TEXTS), means, atol=1e-6)


def test_files_of_wordllama_in_its_folders_and_in_one(tmp_path):
    tokenizer = spaced()
    table = np.random.default_rng(1).normal(size=(tokenizer.get_vocab_size(), 4)).astype(np.float16)
    texts = ["ab d", "", " ", "a  b   d ", "b<s>a", "é 😀d", "a▁b"]
    for weights, tokens in (("weights", "tokenizers"), ("one", "one")):
        for name in (weights, tokens):
            (tmp_path / weights / "x" / name).mkdir(parents=True, exist_ok=True)
        root = tmp_path / weights / "x"
        tokenizer.save(str(root / tokens / "own_tokenizer_config.json"))
        save_file({"embedding.weight": table}, root / weights / "own_4.safetensors")
        place = root if tokens == "tokenizers" else root / "one"
        for path in (place, root / weights / "own_4.safetensors"):
            rows = mm.TextEmbedder.open(path).transform(texts)
            np.testing.assert_allclose(rows, expected(texts, table=table, tokenizer=tokenizer), atol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(mm.TextEmbedder.open(place, norm="l2").transform(texts)[0]), 1, atol=1e-6)


def test_tables_of_every_dtype_are_kept_as_they_are(tmp_path):
    for dtype in ("float16", "float64", "int8"):
        table = (TABLE * 20).astype(dtype)
        embedder = mm.TextEmbedder.open(model2vec(tmp_path / dtype, table))
        assert embedder.vectors.table.dtype == dtype
        np.testing.assert_allclose(embedder.transform(TEXTS), expected(TEXTS, table=table, unknown=1), rtol=1e-5)
    folder = model2vec(tmp_path / "bfloat16")
    halves = (TABLE.view(np.uint32) >> 16).astype("<u2")
    entry = {"dtype": "BF16", "shape": list(TABLE.shape), "data_offsets": [0, halves.nbytes]}
    header = json.dumps({"embeddings": entry}).encode()
    (folder / "model.safetensors").write_bytes(struct.pack("<Q", len(header)) + header + halves.tobytes())
    embedder = mm.TextEmbedder.open(folder)
    assert embedder.vectors.dtype == "bfloat16"
    table = (halves.astype(np.uint32) << 16).view(np.float32)
    for one in (embedder, pickle.loads(pickle.dumps(embedder))):
        np.testing.assert_allclose(one.transform(TEXTS), expected(TEXTS, table=table, unknown=1), atol=1e-6)


# Words alone give the tokens of whole texts

PIECES = st.sampled_from([*" \t\n  abcde▁é고ㅋ.'0\u0301\u00a0\u0085\u200b😀¨İ中\x00", "<s>", "[UNK]", "good", "films"])
SPLITTINGS = [pre_tokenizers.BertPreTokenizer, pre_tokenizers.Whitespace, pre_tokenizers.WhitespaceSplit]
NORMALIZERS = [
    normalizers.BertNormalizer(),
    normalizers.BertNormalizer(clean_text=False, strip_accents=False, lowercase=False),
    normalizers.NFKC(),
    normalizers.Sequence([normalizers.NFD(), normalizers.StripAccents(), normalizers.Lowercase()]),
]
KINDS = [Subwords(spaced().to_str())] + [Subwords(wordpiece(n, s()).to_str()) for n in NORMALIZERS for s in SPLITTINGS]


@settings(max_examples=60)
@given(
    st.lists(st.lists(PIECES, max_size=10).map("".join), max_size=6), st.sampled_from(KINDS), st.sampled_from([1, 2])
)
def test_tokens_of_words_are_those_of_whole_texts(texts, subwords, threads):
    words = word_split_of(subwords)
    texts = [text for text in texts if words.suits(text)]
    by_words, whole = words.ids(texts, threads), subwords.ids(texts, threads)
    assert by_words.ids.tolist() == whole.ids.tolist()
    assert by_words.lengths.tolist() == whole.lengths.tolist()


def test_tokenizers_whose_tokens_may_cross_spaces_take_whole_texts(tmp_path):
    crossing = json.loads(spaced().to_str())
    crossing["model"]["vocab"]["b▁"] = len(crossing["model"]["vocab"])
    crossing["model"]["merges"].append(["b", "▁"])
    replacing = wordpiece(normalizers.Replace(" ", "_"))
    added = wordpiece()
    added.add_tokens(["good film"])
    others = [made.to_str() for made in (replacing, added, wordpiece(None, pre_tokenizers.ByteLevel()))]
    assert [word_split_of(Subwords(text)) for text in (json.dumps(crossing), *others)] == [None] * 4
    table = np.concatenate([TABLE, TABLE[:1]])
    embedder = mm.TextEmbedder.open(model2vec(tmp_path, table, tokenizer=added))
    means = expected(["a good film", "bad"], table=table, tokenizer=added, unknown=1)
    np.testing.assert_allclose(embedder.transform(["a good film", "bad"]), means, atol=1e-6)


# An estimator of scikit-learn, and data


def test_any_number_of_threads_and_of_texts_gives_the_same_bytes(tmp_path):
    folder = model2vec(tmp_path, weights=WEIGHTS)
    texts = TEXTS * 30
    rows = mm.TextEmbedder.open(folder).fit_transform(texts)
    for jobs in (1, 2, 5):
        assert mm.TextEmbedder.open(folder, n_jobs=jobs).transform(texts).tobytes() == rows.tobytes()
    one_by_one = [mm.TextEmbedder.open(folder).transform([text]) for text in TEXTS]
    assert np.concatenate(one_by_one).tobytes() == rows[:6].tobytes()
    assert mm.TextEmbedder.open(folder).transform([]).shape == (0, 3)


def test_copies_hold_everything(tmp_path):
    embedder = mm.TextEmbedder.open(model2vec(tmp_path / "m", weights=WEIGHTS), max_length=3, norm="l2")
    rows = embedder.transform(TEXTS).tobytes()
    assert clone(embedder).vectors is embedder.vectors
    assert clone(embedder).get_params() == embedder.get_params()
    header, arrays = embedder.to_state()
    assert json.loads(json.dumps(header)) == header
    save_file(arrays, tmp_path / "arrays.safetensors")
    copied = pickle.loads(pickle.dumps(embedder))
    restored = mm.StaticEmbedder.from_state(header, arrays)
    for path in (tmp_path / "m").iterdir():
        path.unlink()
    assert copied.transform(TEXTS).tobytes() == restored.transform(TEXTS).tobytes() == rows
    assert repr(embedder.vectors) == "StaticVectors(model2vec, 12 x 3 float32)"
    assert embedder.get_feature_names_out().tolist() == ["staticembedder0", "staticembedder1", "staticembedder2"]


def test_few_labels_in_a_pipeline(tmp_path):
    model = make_pipeline(mm.TextEmbedder.open(model2vec(tmp_path)), LogisticRegression())
    texts = ["good film", "good good", "bad film", "bad."] * 3
    assert model.fit(texts, [1, 1, 0, 0] * 3).predict(["good", "bad"]).tolist() == [1, 0]
    assert not model[0].__sklearn_tags__().requires_fit


@needs_posix
def test_one_thread_starts_no_others_and_a_fork_prints_nothing(tmp_path):
    code = (
        "import os, sys\n"
        "from malmoi.wordvectors.static.vectors import StaticVectors\n"
        f"StaticVectors.open({str(model2vec(tmp_path))!r}).embed(['good film'] * 9, threads=1)\n"
        "assert 'TOKENIZERS_PARALLELISM' not in os.environ\n"
        "assert not {'model2vec', 'polars', 'scipy', 'sklearn', 'torch'} & set(sys.modules), sys.modules\n"
        "child = os.fork()\n"
        "os._exit(0) if child == 0 else os.waitpid(child, 0)"
    )
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr == ""


# Bad input


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"norm": "l1"}, ValueError, "norm must be 'auto', 'l2' or None, got 'l1'"),
        ({"max_length": 0}, ValueError, "max_length must be 1 or more, got 0"),
        ({"max_length": 2.0}, TypeError, "max_length must be a whole number, got 2.0"),
        ({"n_jobs": 0}, ValueError, "n_jobs must be from 1"),
        ({"vectors": "folder"}, TypeError, "vectors must be StaticVectors, got 'folder'; open a folder"),
    ],
)
def test_settings_out_of_range(tmp_path, changes, error, message):
    embedder = mm.TextEmbedder.open(model2vec(tmp_path)).set_params(**changes)
    with pytest.raises(error, match=message):
        embedder.fit(TEXTS)


def refused(path, message, error=mm.FormatError):
    with pytest.raises(error, match=message):
        mm.TextEmbedder.open(path)


def test_missing_files(tmp_path):
    refused(tmp_path / "none", "no such folder: ", FileNotFoundError)
    refused(tmp_path, "holds no safetensors file with the table", FileNotFoundError)
    folder = model2vec(tmp_path / "m")
    (folder / "tokenizer.json").unlink()
    refused(folder, r"tokenizer\.json is missing; a static embedding needs its tokenizer", FileNotFoundError)
    save_file({"embedding.weight": TABLE}, tmp_path / "own_3.safetensors")
    refused(tmp_path, r"own_tokenizer_config\.json are missing; put the tokenizer of own_3", FileNotFoundError)
    save_file({"embedding.weight": TABLE}, tmp_path / "own_4.safetensors")
    refused(tmp_path, r"must contain one safetensors file, found 2: own_3\.safetensors, own_4\.safetensors; pass one")
    (tmp_path / "own_3.safetensors").unlink()
    (tmp_path / "own_4.safetensors").rename(tmp_path / "own_4_binary.safetensors")
    refused(tmp_path, "is for binary embeddings, which are not supported; use the file without _binary")
    refused(folder / "config.json", r"must be a folder or a \.safetensors file")


@pytest.mark.parametrize("name", ["pytorch_model.bin", "model.pkl", "model.pt"])
def test_pickles_are_left_unopened(tmp_path, name):
    (tmp_path / name).write_bytes(b"cos\nabort\n(tR.")
    for path in (tmp_path, tmp_path / name):
        refused(path, f"{name} is a pickle, which can run any code .* was not opened; save it again with safetensors")


@pytest.mark.parametrize(
    ("tensors", "message"),
    [
        (
            {"embeddings": TABLE[:5]},
            "a row for each of the tokenizer's 12 tokens, found 5 rows; the two files belong to",
        ),
        ({"embeddings": TABLE[0]}, r"must have two axes, found the shape \[3\]"),
        ({"embeddings": TABLE.astype(np.int32)}, "must be of float16, float32, float64, bfloat16, int8, found 'I32'"),
        ({"embeddings": TABLE, "weights": WEIGHTS[:4]}, "weights must have one number for each of 12 tokens, found 4"),
        ({"embeddings": TABLE, "weights": WEIGHTS * np.nan}, "weights must be finite, found NaN"),
        ({"embeddings": TABLE, "weights": MAPPING}, r"'weights' must have one number per token, found 'I64 \[12\]'"),
        ({"embeddings": TABLE, "mapping": MAPPING[:3]}, "mapping must have one number for each of 12 tokens, found 3"),
        ({"embeddings": TABLE[:5], "mapping": MAPPING}, "mapping must contain rows from 0 to 4 of the table, found 5"),
        (
            {"embeddings": TABLE[:9], "mapping": -MAPPING},
            "mapping must contain rows from 0 to 8 of the table, found -5",
        ),
        (
            {"embeddings.word_embeddings.weight": TABLE, "encoder.layer.0.attention.self.query.weight": TABLE},
            "found 2 tensors: .*attention.*a transformer or another network is not a static embedding",
        ),
        ({"linear.weight": TABLE}, "must contain one table of token embeddings, .* found 1 tensors: 'linear.weight'"),
    ],
)
def test_tensors_that_do_not_fit(tmp_path, tensors, message):
    folder = model2vec(tmp_path)
    save_file({name: np.ascontiguousarray(array) for name, array in tensors.items()}, folder / "model.safetensors")
    refused(folder, message)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "bfloat16"])
@pytest.mark.parametrize("number", [np.nan, -np.inf])
def test_tables_must_be_finite(dtype, number):
    table = TABLE.copy()
    table[7, 2] = number
    table = (table.view(np.uint32) >> 16).astype("<u2") if dtype == "bfloat16" else table.astype(dtype)
    vectors = StaticVectors(Subwords(wordpiece().to_str()), table, dtype, None, None, "wordllama", False, None)
    with pytest.raises(ValueError, match=r"must contain finite numbers, found NaN or infinity at \[7, 2\]"):
        vectors.check()


def test_headers_that_lie(tmp_path):
    path = model2vec(tmp_path) / "model.safetensors"
    whole = path.read_bytes()
    length = int.from_bytes(whole[:8], "little")
    damaged = [b"", b"x", whole[:-1], whole + b"x", whole[: 8 + length], (1 << 60).to_bytes(8, "little") + whole[8:]]
    for old, new in ((b"12,3]", b"12,4]"), (b"12,3]", b"99,3]"), (b'"F32"', b'"F64"'), (b"[0,", b"[4,")):
        assert old in whole
        damaged.append(whole.replace(old, new, 1))
    huge = {"embeddings": {"dtype": "F32", "shape": [1 << 40, 1 << 20], "data_offsets": [0, 144]}}
    text = json.dumps(huge).encode()
    damaged.append(len(text).to_bytes(8, "little") + text + whole[8 + length :])
    for content in damaged:
        path.write_bytes(content)
        refused(tmp_path, "is not a safetensors file, or is damaged or truncated")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "the tokenizer must be JSON, found"),
        ("[1]", r"the tokenizer must be a JSON object with a model, found \[1\]"),
        ('{"model": {"type": "Magic"}}', "the tokenizer cannot be loaded by the library tokenizers"),
        ('{"model": {"type": "BPE", "dropout": 0.5}}', "the tokenizer must have no dropout, found 0.5"),
        (wordpiece().to_str().replace('"##b":11', '"##b":13'), "must have the ids 0 to 11 for 12 tokens, got 13"),
        ("\ud800", "model.safetensors with tokenizer.json"),
    ],
)
def test_damaged_tokenizers(tmp_path, content, message):
    folder = model2vec(tmp_path)
    (folder / "tokenizer.json").write_bytes(content.encode("utf-8", "surrogatepass"))
    refused(folder, message)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("config.json", "{", r"config\.json is not valid JSON \(.*\); the file is damaged"),
        ("config.json", "[]", r"config\.json must contain a JSON object, found \[\]"),
        ("config.json", '{"normalize": "yes"}', "normalize must be true or false, found 'yes'"),
        ("config.json", '{"max_length": -1}', "max_length must be 0 or more, or null, found -1"),
        ("modules.json", "{}", r"must contain a list of modules, found \{\}"),
        (
            "modules.json",
            '[{"type": "x.Transformer"}]',
            "must list StaticEmbedding, .*found 'Transformer'; only static",
        ),
        ("modules.json", '[{"type": "x.StaticEmbedding"}, {"type": "x.Dense"}]', "'StaticEmbedding', 'Dense'"),
        (
            "modules.json",
            '[{"type": "StaticEmbedding", "path": "../x"}]',
            r"the name of a subfolder, found '\.\./x'",
        ),
    ],
)
def test_settings_that_are_damaged(tmp_path, name, content, message):
    folder = model2vec(tmp_path)
    (folder / name).write_text(content)
    refused(folder, message)


def test_a_tokenizer_that_cannot_split_a_text(tmp_path):
    made = tokenizers.Tokenizer(models.WordLevel({"a": 0}, unk_token="[UNK]"))
    folder = model2vec(tmp_path, TABLE[:1], tokenizer=made)
    with pytest.raises(ValueError, match="the tokenizer cannot tokenize the texts"):
        mm.TextEmbedder.open(folder).transform(["zebra"])


def test_texts_truncated_on_the_left_are_refused(tmp_path):
    folder = sentence_transformers(tmp_path / "a", nested=False)
    made = wordpiece()
    made.enable_truncation(3, direction="left")
    made.save(str(folder / "tokenizer.json"))
    refused(folder, "the tokenizer must truncate on the right, or not at all, found")


def test_states_that_are_damaged(tmp_path):
    header, arrays = mm.TextEmbedder.open(model2vec(tmp_path, weights=WEIGHTS)).to_state()
    for changed, message in [
        ({"form": "other"}, "form must be one of model2vec, sentence-transformers, wordllama, found 'other'"),
        ({"dtype": "float16"}, "the table must have two axes and be of .*, found 'float32 as float16, with 2 axes'"),
        ({"normalize": 1}, "normalize must be true or false, found 1"),
    ]:
        with pytest.raises(ValueError, match=message):
            mm.StaticEmbedder.from_state({**header, **changed}, arrays)
    with pytest.raises(ValueError, match=r"must have the array 'table', found \['tokenizer'\]"):
        mm.StaticEmbedder.from_state(header, {"tokenizer": arrays["tokenizer"]})
    with pytest.raises(ValueError, match="weights must be float32 with one axis, found float64"):
        mm.StaticEmbedder.from_state(header, {**arrays, "weights": WEIGHTS.astype(np.float64)})


def test_the_library_is_named_where_it_is_missing(tmp_path, monkeypatch):
    folder = model2vec(tmp_path)
    monkeypatch.setitem(sys.modules, "tokenizers", None)
    refused(folder, r"static embeddings need tokenizers; pip install 'malmoi\[static\]'", mm.MissingExtraError)
