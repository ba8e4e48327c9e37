"""Every row of the notes (N1-N21), shown to work through the public interface on the smallest input that shows it."""

import string

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

import malmoi as mm
from malmoi.cli.commands import run
from malmoi.keras import preprocessing
from malmoi.keras.datasets import imdb
from malmoi.keras.preprocessing.text import Tokenizer

SAMPLES = ["The cat sat on the mat.", "The dog ate my homework."]
PRAISE, BLAME = ([f"{kind}{number}" for number in range(40)] for kind in ("fine", "poor"))
PNG = b"\x89PNG\r\n"
NOTES = {"tokens": mm.KerasWords(), "max_tokens": 10_000, "optimizer": "rmsprop", "epochs": 10, "batch_size": 32}


def one_hot(samples, tokenize, index, max_length):
    """The notes' loop; a token without an id leaves its row zero."""
    results = np.zeros((len(samples), max_length, max(index.values()) + 1))
    for i, sample in enumerate(samples):
        for j, token in list(enumerate(tokenize(sample)))[:max_length]:
            if token in index:
                results[i, j, index[token]] = 1.0
    return results


def write_vectors(path, words, rows):
    """Write a GloVe text file."""
    lines = (" ".join([word, *map(str, row)]) for word, row in zip(words, rows.tolist(), strict=True))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def opinions(number=400):
    """Texts of three words of praise or of blame; a few of them hold only some of the words."""
    random = np.random.default_rng(0)
    labels = ["pos", "neg"] * (number // 2)
    return mm.Corpus([" ".join(random.choice(PRAISE if label == "pos" else BLAME, 3)) for label in labels], labels)


@pytest.fixture
def synonyms(tmp_path):
    """A vectors file in which the words of praise are near each other, and far from those of blame."""
    noise = np.random.default_rng(1).normal(size=(80, 8)) * 0.3
    return write_vectors(tmp_path / "synonyms.txt", PRAISE + BLAME, noise + np.repeat([[1.0], [-1.0]], 40, axis=0))


@pytest.mark.parametrize(
    ("tokenizer", "text", "tokens", "joiner"),
    [
        (mm.Words(), "고양이, Cat sat", ["고양이", "cat", "sat"], " "),
        (mm.Whitespace(), "고양이, Cat sat", ["고양이,", "Cat", "sat"], " "),
        (mm.KerasWords(), "고양이, Cat sat", ["고양이", "cat", "sat"], " "),
        (mm.Pattern(r"[a-z]+"), "고양이, Cat sat on", ["cat", "sat", "on"], " "),
        (mm.External(str.split), "고양이, Cat sat", ["고양이,", "Cat", "sat"], " "),
        (mm.Characters(), "Cat s", ["c", "a", "t", " ", "s"], ""),
        (mm.Characters(inside_words=True), "cat", [" ", "c", "a", "t", " "], ""),
        (mm.Hangul(), "고양이", ["고", "양", "이"], ""),
        (mm.Hangul("jamo"), "고양", ["ᄀ", "ᅩ", "ᄋ", "ᅣ", "ᆼ"], ""),
    ],
    ids=["words", "spaces", "keras", "pattern", "external", "characters", "inside words", "syllables", "jamo"],
)
def test_n1_every_tokenizer_gives_n_grams_of_every_range(tokenizer, text, tokens, joiner):
    """N1: text is split into tokens: words, characters, or n-grams of either."""
    assert tokenizer(text) == tokens
    for shortest, longest in ((1, 1), (1, 2), (2, 2), (2, 3), (1, 3)):
        sizes = range(shortest, longest + 1)
        expected = {joiner.join(tokens[at : at + size]) for size in sizes for at in range(len(tokens) - size + 1)}
        assert mm.ngrams(text, shortest, longest, tokenizer) == expected
        assert set(mm.BagVectorizer(tokenizer, (shortest, longest)).fit([text]).get_feature_names_out()) == expected


def test_n2_a_bag_of_2_grams_is_a_set_that_a_linear_learner_can_use():
    """N2: a bag of 2-grams is the set {"The", "The cat", "cat", ...}, no order; used by shallow learners."""
    words = mm.Words(lowercase=False)
    pairs = {"The", "The cat", "cat", "cat sat", "sat", "sat on", "on", "on the", "the", "the mat", "mat"}
    assert mm.ngrams(SAMPLES[0], 1, 2, words) == pairs
    assert mm.ngrams(SAMPLES[0], 1, 3, words) == pairs | {"The cat sat", "cat sat on", "sat on the", "on the mat"}
    bags = {way: mm.BagVectorizer(words, (1, 1), weighting=way, sparse_output=False) for way in ("binary", "count")}
    assert bags["binary"].fit_transform(["on on mat", "mat on"]).tolist() == [[1, 1], [1, 1]]
    assert bags["count"].fit_transform(["on on mat", "mat on on", "on"]).tolist() == [[2, 1], [2, 1], [1, 0]]
    texts, labels = ["good", "not bad", "bad", "not good"], ["pos", "pos", "neg", "neg"]
    single, pair = (make_pipeline(mm.BagVectorizer(words, (1, n)), LogisticRegression(C=100)) for n in (1, 2))
    assert single.fit(texts, labels).score(texts, labels) < 1  # no sum over single words gets all four right
    assert pair.fit(texts, labels).score(texts, labels) == 1


def test_n3_word_one_hot_is_the_notes_array():
    """N3: word one-hot (2, 10, 11), ids from 1 in order of first appearance, words after max_length dropped."""
    vectorizer = mm.OneHotVectorizer(mm.Whitespace(), max_length=10)
    array = vectorizer.fit_transform(SAMPLES)
    words = ["The", "cat", "sat", "on", "the", "mat.", "dog", "ate", "my", "homework."]
    index = {word: number for number, word in enumerate(words, 1)}
    assert array.shape == (2, 10, 11)
    assert vectorizer.token_index_ == index
    assert np.array_equal(array, one_hot(SAMPLES, str.split, index, 10))
    assert vectorizer.transform(["cat " * 10 + "dog dog"])[0].argmax(axis=1).tolist() == [index["cat"]] * 10


def test_n4_character_one_hot_is_the_notes_array_but_for_unknown_characters():
    """N4: character one-hot over string.printable (2, 50, 101); an unknown character leaves its row zero."""
    tokenizer = mm.Characters(graphemes=False, lowercase=False, alphabet=string.printable)
    vectorizer = mm.OneHotVectorizer(tokenizer, max_length=50)
    array = vectorizer.fit_transform(SAMPLES)
    index = {character: number for number, character in enumerate(string.printable, 1)}
    assert array.shape == (2, 50, 101)
    assert np.array_equal(array, one_hot(SAMPLES, list, index, 50))
    rows, columns = vectorizer.transform(["aéb"])[0].nonzero()
    assert (rows.tolist(), columns.tolist()) == ([0, 2], [index["a"], index["b"]])


def test_n5_the_keras_tokenizer_is_a_drop_in():
    """N5: Keras Tokenizer, num_words, 9 words in word_index, four matrix modes, all other methods and attributes."""
    pytest.importorskip("keras")
    from keras.src.legacy.preprocessing.text import Tokenizer as Reference

    tokenizer, reference = Tokenizer(num_words=1000), Reference(num_words=1000)
    tokenizer.fit_on_texts(SAMPLES)
    reference.fit_on_texts(SAMPLES)
    words = ["the", "cat", "sat", "on", "mat", "dog", "ate", "my", "homework"]
    assert tokenizer.word_index == {word: number for number, word in enumerate(words, 1)}
    assert tokenizer.texts_to_sequences(SAMPLES) == [[1, 2, 3, 4, 1, 5], [1, 6, 7, 8, 9]]
    weights = {"binary": (1, 1), "count": (2, 1), "freq": (2 / 6, 1 / 6)}
    weights["tfidf"] = ((1 + np.log(2)) * np.log(1 + 2 / 3), np.log(1 + 2 / 2))
    for mode, (the, cat) in weights.items():
        matrix = tokenizer.texts_to_matrix(SAMPLES, mode=mode)
        assert matrix.shape == (2, 1000)
        assert matrix[0] == pytest.approx([0, the, cat, cat, cat, cat, *[0] * 994])
    public = [name for name in dir(reference) if not name.startswith("_")]
    assert set(public) <= set(dir(tokenizer))
    learned = [name for name in public if not callable(getattr(reference, name))]
    assert {"word_counts", "word_docs", "index_word", "document_count"} < set(learned)
    assert [getattr(tokenizer, name) for name in learned] == [getattr(reference, name) for name in learned]


def test_n6_one_hot_hashing_never_changes_and_counts_its_collisions():
    """N6: one-hot hashing, no vocabulary, width 1000; the same in every process; collisions counted and shown."""
    array = mm.HashedOneHotVectorizer(buckets=1000, max_length=10).transform(SAMPLES)
    assert array.shape == (2, 10, 1000)
    columns = [[793, 259, 553, 724, 793, 760], [793, 500, 474, 372, 821]]  # of another process, unlike hash()
    assert [row[row.any(axis=1)].argmax(axis=1).tolist() for row in array] == columns
    few = mm.HashedOneHotVectorizer(buckets=10)
    found = few.collisions(SAMPLES)
    assert (found.distinct, found.buckets_used) == (9, len(set(few.transform(SAMPLES).nonzero()[2]))) == (9, 6)
    assert found.observed_loss == pytest.approx(3 / 9)
    assert str(found).endswith("shared: the = on = mat; sat = dog")


def test_n7_an_embedding_is_learned_with_the_task():
    """N7: an embedding layer is learned with the task: ids (samples, length) to (samples, length, dimension)."""
    pytest.importorskip("keras")
    settings = {"max_tokens": 20, "max_length": 6, "embedding": mm.Learned(8)}
    models = [mm.EmbeddingClassifier(epochs=epochs, **settings).fit(SAMPLES, ["cat", "dog"]) for epochs in (1, 2)]
    layers = [model.network_.get_layer("embedding") for model in models]
    ids = models[0].vectorizer_.transform(SAMPLES)
    assert layers[0](ids).shape == (2, 6, 8)
    before, after = (np.asarray(layer.embeddings) for layer in layers)
    assert set(np.flatnonzero((before != after).any(axis=1))) == set(ids.ravel())  # of 20 rows only those that are used


def test_n8_imdb_is_read_and_padded_as_by_keras(tmp_path):
    """N8: imdb.load_data(num_words=10000), pad_sequences(maxlen=20), both drop-in; the last 20 words are kept."""
    long = " ".join(f"w{number}" for number in range(25))
    for half in ("train", "test"):
        for label, text in (("neg", long), ("pos", "w0")):
            (tmp_path / half / label).mkdir(parents=True)
            (tmp_path / half / label / "0_1.txt").write_text(text)
    (x_train, y_train), _ = imdb.load_data(tmp_path, num_words=10_000)
    reviews = dict(zip(y_train.tolist(), x_train, strict=True))
    assert reviews == {0: [1, *range(4, 29)], 1: [1, 4]}  # 1 begins a review, 4 is the most frequent word
    pad = preprocessing.sequence.pad_sequences
    assert pad([reviews[0], reviews[1]], maxlen=20).tolist() == [list(range(9, 29)), [0] * 18 + [1, 4]]
    (few, _), _ = imdb.load_data(tmp_path, num_words=6)
    assert max(few, key=len) == [1, 4, 5] + [2] * 23  # 2 stands for the words that num_words cuts
    for padding, short in (("pre", [0, 7]), ("post", [7, 0])):
        for truncating, kept in (("pre", [2, 3]), ("post", [1, 2])):
            assert pad([[7], [1, 2, 3]], 2, padding=padding, truncating=truncating).tolist() == [short, kept]


def test_n9_the_first_network_has_80161_parameters_and_ten_epochs():
    """N9: Embedding(10000, 8), Flatten, Dense(1): 80,161 parameters; its 0.75-0.76 is shown by `make accuracy`."""
    pytest.importorskip("keras")
    training, validation = opinions(100).split(0.8, seed=0)
    model = mm.EmbeddingClassifier(mm.Flatten(), max_length=20, embedding=mm.Learned(8), **NOTES)
    model.fit(training.texts, training.labels, validation=validation)
    assert model.network_.count_params() == 80_161
    lines = []
    model.network_.summary(print_fn=lambda text, **_: lines.append(text))
    assert "Total params: 80,161" in "".join(lines)
    layers = model.network_.layers
    assert [type(layer).__name__ for layer in layers] == ["InputLayer", "Embedding", "Flatten", "Dense"]
    assert layers[-1].activation.__name__ == "sigmoid"
    facts = model.facts_
    assert (facts.samples, facts.validation_samples, len(model.history_)) == (80, 20, 10)
    chances = model.predict_proba(validation.texts)[np.arange(20), (validation.labels == "pos").astype(int)]
    last = model.history_.rows[-1]
    assert last.validation_loss == pytest.approx(-np.log(chances).mean(), rel=1e-4)  # binary cross-entropy
    assert last.validation_accuracy == pytest.approx((chances > 0.5).mean())
    assert last.loss < model.history_.rows[0].loss


def test_n10_raw_imdb_folders_are_read(tmp_path):
    """N10: raw IMDB, `neg/` and `pos/` folders of `.txt` files."""
    for name in ("neg/1_2.txt", "neg/0_1.txt", "pos/0_9.txt", "pos/notes.md", "unsup/0_0.txt", "urls.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(f"text of {name}")
    reviews = mm.read_corpus(tmp_path)
    assert reviews.texts == ["text of neg/0_1.txt", "text of neg/1_2.txt", "text of pos/0_9.txt"]
    assert reviews.labels.tolist() == ["neg", "neg", "pos"]


def test_n11_checks_warn_where_the_network_learned_nothing():
    """N11: 200 balanced training samples, the rest for validation; checks say "no better than the majority class"."""
    pytest.importorskip("keras")
    random = np.random.default_rng(0)
    marks = ["bad", "good"] * 600
    texts = [f"{mark} {' '.join(random.choice(PRAISE, 5))}" for mark in marks]
    for learnable, labels in ((False, random.permutation(marks)), (True, marks)):
        training, validation = mm.Corpus(texts, labels).split(200, seed=0, balanced=True)
        assert training.class_counts() == {"bad": 100, "good": 100}
        assert 20 < sum(training.labels[:100] == "bad") < 80  # shuffled, not class after class
        model = mm.EmbeddingClassifier(mm.Flatten(hidden=32), max_length=100, embedding=mm.Learned(8), **NOTES)
        model.fit(training.texts, training.labels, validation=validation)
        found = {finding.code: finding for finding in mm.check(training, validation, model=model)}["majority-class"]
        assert (found.values["samples"], found.values["baseline"]) == (1000, 0.5)
        assert found.is_warning is not learnable


def test_n12_glove_fills_a_matrix_with_zero_rows_for_missing_words(tmp_path):
    """N12: vectors of a GloVe file; matrix (10000, 100), rows of zeros for words without a vector; coverage shown."""
    words = [f"w{number}" for number in range(12_000)]
    rows = np.random.default_rng(0).normal(size=(120, 100)).astype(np.float32)
    vectors = mm.WordVectors.open(write_vectors(tmp_path / "glove.6B.100d.txt", words[::100], rows))
    assert (len(vectors), vectors.dimension) == (120, 100)
    vectorizer = mm.SequenceVectorizer(mm.KerasWords(), max_tokens=10_000).fit([" ".join(words)])
    matrix, coverage = vectors.matrix_for(vectorizer.vocabulary_)
    assert matrix.shape == (10_000, 100)
    expected = np.zeros((10_000, 100), dtype=np.float32)
    expected[2:][::100] = rows[:100]  # 0 is padding, 1 is unknown, the words follow in order
    assert np.array_equal(matrix, expected)
    assert str(coverage).startswith("vectors for 100 of 9,998 words (1.0%)")


def test_n13_the_second_network_is_frozen_and_keras_reads_its_weights_back(tmp_path):
    """N13: Embedding(10000, 100), Flatten, Dense(32), Dense(1): 1,320,065 parameters; frozen matrix; weights as .h5."""
    keras = pytest.importorskip("keras")
    rows = np.random.default_rng(0).normal(size=(80, 100)).astype(np.float32)
    vectors = mm.WordVectors.open(write_vectors(tmp_path / "glove.100d.txt", PRAISE + BLAME, rows))
    corpus = opinions(40)
    model = mm.EmbeddingClassifier(mm.Flatten(hidden=32), embedding=mm.Pretrained(vectors), max_length=100, **NOTES)
    model.fit(corpus.texts, corpus.labels)
    assert model.network_.count_params() == 1_320_065
    assert len(model.history_) == 10
    embedding = model.network_.get_layer("embedding")
    assert (embedding.trainable, np.shape(embedding.embeddings)) == (False, (10_000, 100))
    places = [(PRAISE + BLAME).index(word) for word in model.vectorizer_.vocabulary_.words]
    assert np.array_equal(np.asarray(embedding.embeddings)[2 : len(places) + 2], rows[places])
    model.network_.save_weights(tmp_path / "pre_trained_glove_model.weights.h5")
    layers = [keras.layers.Embedding(10_000, 100), keras.layers.Flatten(), keras.layers.Dense(32, activation="relu")]
    by_hand = keras.Sequential([keras.Input((100,)), *layers, keras.layers.Dense(1, activation="sigmoid")])
    by_hand.load_weights(tmp_path / "pre_trained_glove_model.weights.h5")
    predicted = np.asarray(by_hand(model.vectorizer_.transform(corpus.texts)))[:, 0]
    assert predicted == pytest.approx(model.predict_proba(corpus.texts)[:, 1], abs=1e-5)


def test_n14_curves_are_drawn_by_one_call_and_by_the_command_line(tmp_path):
    """N14: plots of training and validation accuracy, and of training and validation loss."""
    pytest.importorskip("keras")
    pytest.importorskip("matplotlib")
    corpus = opinions(40)
    table = "".join(f"{text},{label}\n" for text, label in zip(corpus.texts, corpus.labels, strict=True))
    (tmp_path / "reviews.csv").write_text("text,label\n" + table)
    data, output = str(tmp_path / "reviews.csv"), str(tmp_path / "reviews.malmoi")
    assert run(["train", data, "--epochs", "2", "--max-length", "3", "-o", output]) == 0
    assert (tmp_path / "reviews.png").read_bytes().startswith(PNG)
    history = mm.load(output).history_
    for axes, name in zip(history.plot(tmp_path / "curves.png").figure.axes, ("accuracy", "loss"), strict=True):
        assert axes.get_ylabel() == name
        drawn = {line.get_label(): list(line.get_ydata()) for line in axes.lines}
        assert drawn["training"] == [getattr(row, name) for row in history.rows]
        assert drawn["validation"] == [getattr(row, f"validation_{name}") for row in history.rows]
    assert (tmp_path / "curves.png").read_bytes().startswith(PNG)


def test_n15_the_same_network_with_and_without_vectors_is_compared_over_seeds(synonyms):
    """N15: the same network without pretrained vectors, compared; one command that does it comes with a later issue."""
    pytest.importorskip("keras")
    settings = {"max_length": 3, "network.hidden": 32, "embedding.dimension": 8}
    scores = {"with": [], "without": []}
    for seed in range(2):
        for name, more in (("with", {"embedding.vectors": str(synonyms)}), ("without", {})):
            recipe = mm.Recipe("flatten", {**settings, **more, "seed": seed})
            result = mm.run(recipe, opinions(), labels=20, validation=200, balanced=True)
            assert result.model.network_.count_params() == 20_000 * 8 + (3 * 8 + 1) * 32 + 33
            scores[name].append(result.validation_score.value)
    differences = np.subtract(scores["with"], scores["without"])
    assert differences.mean() - differences.std(ddof=1) > 0.2


@pytest.mark.parametrize(
    ("network", "sees_order"),
    [(mm.Flatten(), False), (mm.Conv(8, 2), True), (mm.Recurrent("gru", 8), True)],
    ids=["flatten", "conv", "gru"],
)
def test_n16_recurrent_and_convolution_see_the_order_of_words_anywhere(network, sees_order):
    """N16: recurrent networks and one-dimensional convolutions, because Flatten treats every word alone."""
    pytest.importorskip("keras")

    def examples(tails):
        pairs = [(pair, tail) for tail in tails for pair in ("not good", "good not")]
        return [pair + " so" * tail for pair, tail in pairs], [pair for pair, _ in pairs]

    texts, labels = examples((0, 1, 2, 5, 6, 8, 10))
    settings = {"max_tokens": 5, "max_length": 12, "embedding": mm.Learned(8), "learning_rate": 0.02, "batch_size": 8}
    model = mm.EmbeddingClassifier(network, epochs=20, **settings).fit(texts * 4, labels * 4)
    assert model.score(texts, labels) == 1
    assert (model.score(*examples((3, 4, 7, 9))) > 0.9) is sees_order


@pytest.mark.parametrize("network", [mm.Conv(8, 3), mm.Recurrent("gru", 8)], ids=["conv", "gru"])
def test_n17_the_same_networks_learn_from_series(network):
    """N17: the same two kinds of network for time series, float arrays (samples, time, features)."""
    pytest.importorskip("keras")
    series = np.stack([np.sin(np.arange(260) / 5), np.random.default_rng(0).normal(size=260)], axis=1)
    inputs, targets = mm.windows(series, length=12, horizon=1, target=0)
    assert inputs.shape == (248, 12, 2)
    settings = {"epochs": 20, "learning_rate": 0.02}
    regressor = mm.SeriesRegressor(network, **settings).fit(inputs[:200], targets[:200])
    error = np.abs(regressor.predict(inputs[200:]) - targets[200:]).mean()
    assert error < np.abs(targets[200:] - np.median(targets[:200])).mean() / 2
    rising = np.where(targets[:, 0] > inputs[:, -1, 0], "up", "down")
    classifier = mm.SeriesClassifier(network, **settings).fit(inputs[:200], rising[:200])
    assert classifier.score(inputs[200:], rising[200:]) > 0.85


def test_n18_glove_is_trained_on_texts_without_labels():
    """N18: GloVe is a factorization of a co-occurrence matrix; training it on one's own text, without labels."""
    random = np.random.default_rng(0)
    animals, fruits = ["cat", "dog", "cow", "runs", "eats"], ["fig", "plum", "pear", "ripe", "sweet"]
    texts = [" ".join(random.choice(words, 8)) for _ in range(300) for words in (animals, fruits)]
    vectors = mm.WordVectors.train(texts, tokens=mm.Whitespace(), dimension=10, window=3, epochs=40, learning_rate=0.1)
    places = [(at, to) for at in range(8) for to in range(8) if 1 <= abs(at - to) <= 3]
    pairs = {(words[at], words[to]) for words in map(str.split, texts) for at, to in places}
    assert vectors.training.pairs == len(pairs)  # entries of the matrix that are not zero
    assert vectors.training.costs[-1] < vectors.training.costs[0] / 3
    assert {word for word, _ in vectors.nearest("cat", 4)} == set(animals) - {"cat"}
    assert vectors.similarity("fig", "plum") > vectors.similarity("fig", "cat") + 0.5


def test_n19_synonyms_are_near_and_directions_mean_something(tmp_path):
    """N19: synonyms are near each other, distances and directions mean something: nearest, analogies, a map."""
    royal, woman, film = np.eye(4)[1:]
    rows = {"man": np.eye(4)[0], "film": film, "movie": film + 0.1 * royal, "picture": film + 0.1 * woman}
    rows |= {"woman": rows["man"] + woman, "king": rows["man"] + royal, "queen": rows["man"] + woman + royal}
    rows["girl"] = rows["woman"] + 0.1 * film
    vectors = mm.WordVectors.from_arrays(list(rows), np.array(list(rows.values())))
    assert {word for word, _ in vectors.nearest("film", 2)} == {"movie", "picture"}
    assert vectors.analogy("man", "king", "woman", 1)[0][0] == "queen"
    assert vectors.odd_one_out(["king", "queen", "man", "film"]) == "film"
    made = mm.word_map(vectors, method="pca")
    places = dict(zip(made.words, made.positions, strict=True))
    assert made.positions.shape == (8, 2)
    near, far = (np.linalg.norm(places["film"] - places[word]) for word in ("movie", "king"))
    assert near < far / 3
    assert "movie" in made.save(tmp_path / "map.html").read_text(encoding="utf-8")


def test_n20_training_uses_the_devices_that_doctor_names(capsys):
    """N20: training on a GPU, used when JAX sees one; `malmoi doctor` says what is used."""
    pytest.importorskip("keras")
    import jax

    model = mm.EmbeddingClassifier(mm.Flatten(), max_length=6, epochs=1).fit(SAMPLES, ["cat", "dog"])
    used = {device for weight in model.network_.weights for device in weight.value.devices()}
    assert used == {jax.devices()[0]}  # a GPU is the first where there is one
    assert run(["doctor"]) == 0
    printed = " ".join(capsys.readouterr().out.split())
    named = ", ".join(f"{device.platform} ({device.device_kind})" for device in jax.devices())
    assert f"keras backend jax devices {named}" in printed


def test_n21_pretrained_vectors_are_used_with_few_labels(synonyms):
    """N21: pretrained vectors for few labels: they cover all words; a recipe with its learning curve comes later."""
    pytest.importorskip("keras")
    training, rest = opinions().split(10, seed=0, balanced=True)
    embedding = mm.Pretrained(mm.WordVectors.open(synonyms), trainable=False)
    model = mm.EmbeddingClassifier(mm.Flatten(), max_length=3, embedding=embedding, epochs=30, learning_rate=0.02)
    model.fit(training.texts, training.labels, unlabelled=rest.texts)
    covered = model.facts_.coverage
    assert (model.facts_.samples, covered.words, covered.found, covered.missing) == (10, 80, 80, ())
    seen = set(" ".join(training.texts).split())  # what follows are predictions for words without a label
    unseen = [number for number, text in enumerate(rest.texts) if seen.isdisjoint(text.split())]
    assert len(unseen) > 20
    assert model.score([rest.texts[number] for number in unseen], rest.labels[unseen]) > 0.9
