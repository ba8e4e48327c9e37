"""Bags against scikit-learn's, and against a plain Python twin."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer

import malmoi as mm

SPACES = " \t\n\r\x0b\x0c\x1c\x85\xa0\u2003\u3000"
anything = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
few_words = st.lists(st.sampled_from(["the", "The", "cat", "sat", "on", "가나", "e\u0301", "3.5", "!"])).map(" ".join)
texts_of_any_kind = st.lists(st.one_of(few_words, anything), max_size=6)
texts_of_words = st.lists(few_words, min_size=1, max_size=6)
texts_of_spaced_letters = st.lists(st.text("abABé가ß.!" + SPACES, max_size=20), max_size=5)
orders = st.tuples(st.integers(1, 5), st.integers(1, 5)).map(lambda pair: (min(pair), max(pair)))
word_tokenizers = st.sampled_from(
    [mm.Words(), mm.Words(keep_punctuation=True, lowercase=False), mm.Whitespace(), mm.KerasWords(), mm.Pattern(r"\w+")]
)
every_tokenizer = st.one_of(
    word_tokenizers,
    st.sampled_from(
        [
            mm.Characters(),
            mm.Characters(graphemes=False, squeeze_spaces=True, lowercase=False),
            mm.Hangul("jamo"),
            mm.Characters(inside_words=True),
            mm.Hangul(),
            mm.External(lambda text: text.replace("\0", "").split("t"), joiner="t"),
        ]
    ),
)


def theirs(vectorizer, texts):
    """Columns by name, as scikit-learn fills them; it refuses to have none."""
    try:
        matrix = vectorizer.fit_transform(texts)
    except ValueError as error:
        if "empty vocabulary" not in str(error) and "no terms remain" not in str(error):
            raise
        return {}
    return dict(zip(vectorizer.get_feature_names_out().tolist(), matrix.toarray().T, strict=True))


def ours(vectorizer, texts):
    """Columns by name, as malmoi fills them."""
    matrix = vectorizer.fit_transform(texts)
    assert matrix.dtype == np.float32
    names = vectorizer.get_feature_names_out().tolist()
    assert len(set(names)) == len(names)
    return dict(zip(names, matrix.toarray().T, strict=True))


def assert_alike(mine, others):
    assert set(mine) == set(others)
    for name, column in mine.items():
        np.testing.assert_allclose(column, others[name], rtol=1e-6, atol=1e-7, err_msg=repr(name))


def peer(kind, tokenizer, **settings):
    return kind(tokenizer=tokenizer, lowercase=False, token_pattern=None, **settings)


def grams(tokenizer, text, shortest, longest, stop_words=()):
    """The n-grams of one text: from the first token on, from the shortest on."""
    apart = isinstance(tokenizer, mm.Hangul) or getattr(tokenizer, "inside_words", False)
    found = []
    for unit in map(tokenizer, text.split() if apart else [text]):
        tokens = [token for token in unit if token not in stop_words]
        if getattr(tokenizer, "inside_words", False) and 0 < len(tokens) < shortest:
            found.append(tuple(tokens))
        for start in range(len(tokens)):
            ends = range(start + shortest, min(start + longest, len(tokens)) + 1)
            found += [tuple(tokens[start:end]) for end in ends]
    return found


def twin(tokenizer, texts, shortest, longest, stop_words=()):
    """N-grams, counts, texts that hold each, matrix; most frequent first, ties by first appearance."""
    rows = [grams(tokenizer, text, shortest, longest, stop_words) for text in texts]
    counts = Counter(gram for row in rows for gram in row)
    order = sorted(counts, key=lambda gram: -counts[gram])
    matrix = [[row.count(gram) for gram in order] for row in rows]
    held = [sum(gram in row for row in rows) for gram in order]
    return [tokenizer.joiner.join(gram) for gram in order], [counts[gram] for gram in order], held, matrix


def test_the_notes_bag_of_bigrams():
    expected = {"The", "The cat", "cat", "cat sat", "sat", "sat on", "on", "on the", "the", "the mat", "mat"}
    assert mm.ngrams("The cat sat on the mat", 1, 2) == expected


def test_columns_go_from_the_most_frequent_on():
    bag = mm.BagVectorizer(mm.Words(), (1, 2))
    assert bag.fit_transform(["b a b", "a c"]).toarray().tolist() == [[2, 1, 1, 1, 0, 0], [0, 1, 0, 0, 1, 1]]
    assert bag.get_feature_names_out().tolist() == ["b", "a", "b a", "a b", "a c", "c"]
    assert (bag.counts_.tolist(), bag.text_counts_.tolist()) == ([2, 2, 1, 1, 1, 1], [1, 2, 1, 1, 1, 1])


@settings(max_examples=50)
@given(texts_of_any_kind, every_tokenizer, orders, st.sets(st.sampled_from(["the", "a", "가", "!"])))
def test_counts_and_their_order_are_the_twins(texts, tokenizer, ngrams, stop_words):
    bag = mm.BagVectorizer(tokenizer, ngrams, stop_words=stop_words, n_jobs=2)
    matrix = bag.fit_transform(texts)
    names, counts, held, rows = twin(tokenizer, texts, *ngrams, stop_words)
    assert bag.get_feature_names_out().tolist() == names
    assert (bag.counts_.tolist(), bag.text_counts_.tolist()) == (counts, held)
    assert matrix.toarray().tolist() == rows
    assert matrix.data.all()
    assert all(np.all(np.diff(matrix[row].indices) > 0) for row in range(len(texts)))


@settings(max_examples=50)
@given(anything, every_tokenizer, orders)
def test_ngrams_of_one_text_are_the_twins(text, tokenizer, ngrams):
    assert mm.ngrams(text, *ngrams, tokenizer) == {*twin(tokenizer, [text], *ngrams)[0]}


@settings(max_examples=50)
@given(texts_of_any_kind, word_tokenizers, orders, st.booleans())
def test_bags_of_words_are_scikit_learns(texts, tokenizer, ngrams, binary):
    bag = mm.BagVectorizer(tokenizer, ngrams, "binary" if binary else "count")
    assert_alike(ours(bag, texts), theirs(peer(CountVectorizer, tokenizer, ngram_range=ngrams, binary=binary), texts))


@settings(max_examples=50)
@given(texts_of_spaced_letters, orders, st.booleans())
def test_bags_of_characters_are_scikit_learns(texts, ngrams, inside_words):
    tokenizer = mm.Characters(graphemes=False, inside_words=inside_words, squeeze_spaces=not inside_words)
    peers = CountVectorizer(analyzer="char_wb" if inside_words else "char", ngram_range=ngrams)
    assert_alike(ours(mm.BagVectorizer(tokenizer, ngrams), texts), theirs(peers, texts))


@settings(max_examples=50)
@given(texts_of_any_kind, orders, st.booleans())
def test_bags_of_any_characters_are_scikit_learns(texts, ngrams, inside_words):
    tokenizer = mm.Characters(
        graphemes=False, inside_words=inside_words, squeeze_spaces=not inside_words, lowercase=False
    )
    peers = CountVectorizer(analyzer="char_wb" if inside_words else "char", ngram_range=ngrams, lowercase=False)
    assert_alike(ours(mm.BagVectorizer(tokenizer, ngrams), texts), theirs(peers, texts))


@settings(max_examples=50)
@given(texts_of_any_kind, word_tokenizers, orders, st.booleans(), st.sampled_from(["l1", "l2", None]))
def test_tf_idf_is_scikit_learns(texts, tokenizer, ngrams, sublinear, norm):
    bag = mm.BagVectorizer(tokenizer, ngrams, "sublinear-tfidf" if sublinear else "tfidf", norm=norm)
    peers = peer(TfidfVectorizer, tokenizer, ngram_range=ngrams, sublinear_tf=sublinear, norm=norm)
    assert_alike(ours(bag, texts), theirs(peers, texts))


@settings(max_examples=50)
@given(texts_of_words, texts_of_any_kind, st.sampled_from(["count", "tfidf"]))
def test_other_texts_are_weighed_as_scikit_learn_does(texts, others, weighting):
    bag = mm.BagVectorizer(mm.Words(), (1, 2), weighting)
    kind = CountVectorizer if weighting == "count" else TfidfVectorizer
    peers = peer(kind, mm.Words(), ngram_range=(1, 2))
    if theirs(peers, texts):
        order = np.argsort(bag.fit(texts).get_feature_names_out())
        expected = peers.transform(others).toarray() if others else np.zeros((0, len(order)))
        np.testing.assert_allclose(bag.transform(others).toarray()[:, order], expected, rtol=1e-6, atol=1e-7)


@settings(max_examples=50)
@given(texts_of_words, orders, st.lists(st.sampled_from(["the", "cat", "가나", "none"])))
def test_stop_words_are_scikit_learns(texts, ngrams, stop_words):
    bag = mm.BagVectorizer(mm.Whitespace(), ngrams, stop_words=stop_words)
    peers = peer(CountVectorizer, mm.Whitespace(), ngram_range=ngrams, stop_words=stop_words or None)
    assert_alike(ours(bag, texts), theirs(peers, texts))


@settings(max_examples=50)
@given(texts_of_words, st.floats(0.01, 1), st.integers(1, 4), st.sampled_from(["count", "tfidf"]))
def test_limits_of_texts_are_scikit_learns(texts, max_share, min_texts, weighting):
    bag = mm.BagVectorizer(mm.Words(), (1, 2), weighting, max_share=max_share, min_texts=min_texts)
    kind = CountVectorizer if weighting == "count" else TfidfVectorizer
    limits = {"max_df": max_share, "min_df": min_texts, "ngram_range": (1, 2)}
    if max_share * len(texts) < min_texts:  # scikit-learn refuses this
        assert ours(bag, texts) == {}
    else:
        assert_alike(ours(bag, texts), theirs(peer(kind, mm.Words(), **limits), texts))


@settings(max_examples=50)
@given(texts_of_words, st.integers(1, 4), st.one_of(st.none(), st.integers(1, 9)))
def test_rare_and_surplus_ngrams_are_left_out(texts, min_count, max_tokens):
    bag = mm.BagVectorizer(mm.Words(), (1, 2), min_count=min_count, max_tokens=max_tokens)
    matrix = bag.fit_transform(texts)
    names, counts, _, rows = twin(mm.Words(), texts, 1, 2)
    kept = [place for place, count in enumerate(counts) if count >= min_count][:max_tokens]
    assert bag.get_feature_names_out().tolist() == [names[place] for place in kept]
    assert matrix.toarray().tolist() == [[row[place] for place in kept] for row in rows]
    assert bag.transform(texts).toarray().tolist() == matrix.toarray().tolist()


@settings(max_examples=50)
@given(texts_of_words, st.sampled_from(["l1", "l2", None, "auto"]), st.sampled_from(["frequency", "sublinear"]))
def test_frequencies_and_logarithms_are_the_twins(texts, norm, weighting):
    matrix = mm.BagVectorizer(mm.Words(), (1, 2), weighting, norm=norm).fit_transform(texts).toarray()
    expected = np.array(twin(mm.Words(), texts, 1, 2)[3], dtype=float).reshape(len(texts), -1)
    if weighting == "sublinear":
        expected = np.where(expected > 0, 1 + np.log(np.maximum(expected, 1)), 0)
    power = {"l1": 1, "l2": 2, None: None, "auto": 1 if weighting == "frequency" else None}[norm]
    if power is not None:
        lengths = (expected**power).sum(axis=1, keepdims=True) ** (1 / power)
        expected = expected / np.where(lengths > 0, lengths, 1)
    np.testing.assert_allclose(matrix, expected, rtol=1e-6)


@settings(max_examples=50)
@given(texts_of_words, st.sampled_from(["l1", "l2", None, "auto"]), st.data())
def test_log_count_ratios_are_the_papers(texts, norm, data):
    texts = ["the cat", "on 3.5", *texts]
    drawn = data.draw(st.lists(st.sampled_from(["no", "yes"]), min_size=len(texts) - 2, max_size=len(texts) - 2))
    labels = np.array(["no", "yes", *drawn])
    bag = mm.BagVectorizer(mm.Words(), (1, 2), "naive-bayes", norm=norm)
    matrix = bag.fit_transform(texts, labels)
    holds = np.array(twin(mm.Words(), texts, 1, 2)[3]) > 0
    p, q = (1 + holds[labels == label].sum(axis=0) for label in ("yes", "no"))
    ratios = np.log((p / p.sum()) / (q / q.sum()))
    np.testing.assert_allclose(bag.weights_, ratios, rtol=1e-12, atol=1e-12)
    rows = holds * ratios
    if norm in ("l1", "l2"):
        lengths = np.linalg.norm(rows, 1 if norm == "l1" else 2, axis=1, keepdims=True)
        rows = rows / np.where(lengths > 0, lengths, 1)
    np.testing.assert_allclose(matrix.toarray(), rows, rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(bag.transform(texts).toarray(), rows, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("samples", [0, 1, 63, 64, 65, 200])
def test_rows_few_and_many_are_matrices_of_scipy(samples):
    texts = ["a b a", "b c", ""] * 70
    bag = mm.BagVectorizer(mm.Words(), (1, 2)).fit(texts)
    rows = bag.transform(texts[:samples])
    whole = csr_matrix((rows.data, rows.indices, rows.indptr), shape=(samples, len(bag.counts_)))
    whole.check_format(full_check=True)
    assert (rows != whole).nnz == 0
    assert (rows.dtype, rows.indices.dtype, rows.shape) == (whole.dtype, whole.indices.dtype, whole.shape)
    other = bag.transform(["b"] * samples)  # shares nothing with the first
    assert (rows != whole).nnz == 0
    assert other.sum() == samples
