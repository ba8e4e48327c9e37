"""Static sentence embeddings equal those of model2vec and wordllama: `make test-extras`, which installs both."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

import malmoi as mm

TEXTS = ["A good film, not bad.", "", "Unbelievable!! 😀 고양이가", "a\tb\n c ", "word " * 700, " <s>x", "ㅋ" * 90]


@pytest.fixture(scope="module")
def package():
    pytest.importorskip("wordllama")
    return Path(find_spec("wordllama").submodule_search_locations[0])


def test_wordllama(package):
    from wordllama import WordLlama

    # It looks for its own tokenizer in a folder of another name.
    theirs = WordLlama.load(cache_dir=package, disable_download=True)
    embedder = mm.TextEmbedder.open(package)
    np.testing.assert_allclose(embedder.transform(TEXTS), theirs.embed(TEXTS), atol=1e-5)
    some = [text for text in TEXTS if text]  # theirs makes NaN of an empty text
    rows = mm.TextEmbedder.open(package, norm="l2").transform(some)
    np.testing.assert_allclose(rows, theirs.embed(some, norm=True), atol=1e-5)


def tokenizer(kind):
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers

    special = ["[PAD]", "[UNK]"]
    if kind == "unigram":
        made = Tokenizer(models.Unigram())
        made.pre_tokenizer = pre_tokenizers.Metaspace()
        trainer = trainers.UnigramTrainer(vocab_size=60, special_tokens=special, unk_token="[UNK]", show_progress=False)
    else:
        made = Tokenizer(models.WordPiece(unk_token="[UNK]"))
        made.normalizer, made.pre_tokenizer = normalizers.BertNormalizer(), pre_tokenizers.BertPreTokenizer()
        trainer = trainers.WordPieceTrainer(vocab_size=60, special_tokens=special, show_progress=False)
    made.train_from_iterator(TEXTS[:2] + TEXTS[3:4], trainer)
    made.enable_padding()
    return made


@pytest.mark.parametrize("kind", ["wordpiece", "unigram"])
@pytest.mark.parametrize("others", [(), ("weights",), ("weights", "token_mapping")])
@pytest.mark.parametrize("settings", [{}, {"normalize": True}, {"max_length": 5}, {"max_length": None}])
def test_model2vec(tmp_path, kind, others, settings):
    model2vec = pytest.importorskip("model2vec")
    made, random = tokenizer(kind), np.random.default_rng(0)
    size = made.get_vocab_size()
    given = {"weights": random.random(size).astype(np.float32), "token_mapping": random.integers(0, 20, size)}
    rows = 20 if "token_mapping" in others else size
    table = random.normal(size=(rows, 8)).astype(np.float32)
    theirs = model2vec.StaticModel(table, made, **{name: given[name] for name in others}, **settings)
    theirs.save_pretrained(tmp_path)
    theirs = model2vec.StaticModel.from_pretrained(tmp_path)
    np.testing.assert_allclose(mm.TextEmbedder.open(tmp_path).transform(TEXTS), theirs.encode(TEXTS), atol=1e-5)
    if settings == {}:
        found = mm.TextEmbedder.open(tmp_path, norm="l2", max_length=3).transform(TEXTS)
        np.testing.assert_allclose(found, theirs.encode(TEXTS, normalize=True, max_length=3), atol=1e-5)
        theirs = model2vec.StaticModel.from_pretrained(tmp_path, quantize_to="float16")
        theirs.save_pretrained(tmp_path / "half")
        found = mm.TextEmbedder.open(tmp_path / "half").transform(TEXTS)
        np.testing.assert_allclose(found, theirs.encode(TEXTS), atol=2e-3)  # theirs are float16
