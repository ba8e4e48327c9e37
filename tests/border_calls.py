"""Every array that a function of the core takes: a call with it, and one that is right."""

import numpy as np

from malmoi import _core

PLAIN = {"html": False, "form": None, "accents": False, "lowercase": False}
SPLITTER = _core.Splitter.whitespace(**PLAIN)
TEXTS = ["a b", "b c c", ""]

F4, F8, I4, I8, U1, U4, U8 = (np.dtype(name) for name in ("f4", "f8", "i4", "i8", "u1", "u4", "u8"))


def zeros(dtype, *shape):
    return np.zeros(shape, dtype)


FEATURES = _core.BagFeatures([(SPLITTER, 0, 1, 1)], 1)
COLUMNS = _core.BagColumns.hashed(3)
ROWS = COLUMNS.rows(FEATURES, TEXTS, local="count", threads=1)
WEIGHTS = _core.LinearWeights(np.ones((3, 2), F4), zeros(F4, 2))


def gram_tally():
    tally = _core.GramTally(SPLITTER, threads=1, shortest=1, longest=1, stop_words=[])
    tally.add(TEXTS, keep=True)
    return tally, tally.columns(least_count=1, least_texts=1, most_texts=9, most=None)


def kept_tally():
    tally = _core.TokenTally(SPLITTER, threads=1, keep=True)
    tally.add(TEXTS)
    return tally


def gram_rows(method, weights):
    tally, columns = gram_tally()
    texts = [TEXTS] if method == "rows" else []
    return getattr(tally, method)(*texts, columns, local="count", weights=weights, norm=None)


def restored_grams(lengths, paths, counts, texts, firsts):
    tally = _core.GramTally(SPLITTER, threads=1, shortest=1, longest=1, stop_words=[])
    return tally.restore((["a"], (lengths, paths, counts, texts, firsts), 1, 1))


def fit(**arrays):
    factors = arrays.pop("factors", None)
    given = {"rows": np.arange(3, dtype=U4), "targets": np.ones((2, 3), F4), "weights": np.ones(3, F4)}
    given |= {"held_out": np.arange(3, dtype=U4)} | arrays
    job = _core.LinearJob(**given, strengths=[1.0], keep_weights=True)
    settings = {"smoothing": None, "loss": "logistic", "epochs": 2, "tolerance": 0.1, "seed": 0, "threads": 1}
    return ROWS.fit([job], columns=3, factors=factors, **settings)[0][0][1]


def rows_of(**arrays):
    given = {"columns": np.arange(3, dtype=U4), "values": np.ones(3, F4), "ends": np.array([2, 3], U8)} | arrays
    return _core.BagRows.of_arrays(**given).text_counts(columns=3)


def refined(**arrays):
    given = {"targets": np.ones((2, 3), F4), "costs": np.ones(3, F4), "variances": np.ones((3, 2), F4)}
    given |= {"bias_variances": np.ones(2, F4), "factors": np.ones(3, F4)} | arrays
    return WEIGHTS.refined(ROWS, **given, loss="logistic", epochs=1, tolerance=0.1, seed=0, threads=1)


def scores(factors):
    return WEIGHTS.scores(FEATURES, COLUMNS, TEXTS, local="count", factors=factors, threads=1)


def components(factors):
    settings = {"columns": 3, "rank": 1, "passes": 1, "seed": 0, "threads": 1}
    return _core.row_components(ROWS, lambda *_: None, factors=factors, **settings)


def documents(wanted):
    settings = {"dimension": 2, "epochs": 1, "negatives": 1, "learning_rate": 0.1, "sharpness": 6.0}
    return _core.document_vectors(ROWS, lambda *_: None, wanted=wanted, **settings, seed=0, threads=1)


SERIES, ENDS = np.linspace(0, 1, 40, dtype=F4)[:, None], np.array([20, 40], U8)
LEARNING = {"least": 0, "length": 20, "features": 84, "seed": 0, "threads": 1}
CONVOLUTIONS = _core.SeriesConvolutions.learned(SERIES, ENDS, **LEARNING)


def restored_series(**arrays):
    names = ("dilations", "counts", "channel_counts", "chosen")
    given = dict(zip(names, CONVOLUTIONS.lists(), strict=True)) | {"biases": CONVOLUTIONS.biases()} | arrays
    return _core.SeriesConvolutions.restored(channels=1, least=0, **given)


def series_scores(**arrays):
    given = {"weights": zeros(F4, 2, 84), "bias": zeros(F4, 2)} | arrays
    values, ends = given.pop("values", SERIES), given.pop("ends", ENDS)
    return CONVOLUTIONS.scores(values, ends, **given, threads=1)


def table():
    return CONVOLUTIONS.rows(SERIES, ENDS, threads=1)


def forward_pass():
    forward = _core.ForwardPass(2, "linear")
    forward.dense(forward.pool(0, "mean"), np.ones((2, 1), F4), zeros(F4, 1), False)
    forward.finish()
    return forward


def stored():
    return next(iter(STORED))


def counted_classes(**arrays):
    given = {"codes": np.zeros(3, U4), "ends": np.arange(1, 4, dtype=U8)} | arrays
    return _core.class_counts(TEXTS, **given, classes=1, samples=[[0]], share=0.1, threads=1)


def embedded(**arrays):
    given = {"rows": np.ones((3, 2), F4), "components": zeros(F4, 0, 2)} | arrays
    return kept_tally().embedded(**given, counts=[True] * 3, normalize=False)


def fasttext_dictionary(**arrays):
    given = {
        "entries": np.frombuffer(b"ab__label__x", U1),
        "ends": np.array([1, 2, 12], I8),
        "kept": np.array([1, 3], U4),
    }
    given |= arrays
    entries, ends = given.pop("entries"), given.pop("ends")
    return _core.FastTextDictionary(entries, ends, 2, shortest=0, longest=0, ngrams=2, buckets=4, **given, zeros=True)


def fasttext_quantised(**arrays):
    given = {
        "codes": zeros(U1, 4, 2),
        "centroids": np.ones(512, F4),
        "norm_codes": zeros(U1, 4),
        "norms": np.ones(256, F4),
    }
    given |= arrays
    codes, centroids = given.pop("codes"), given.pop("centroids")
    return _core.FastTextTable.quantised(codes, centroids, columns=2, part=1, **given)


def fasttext_model(embeddings):
    outputs = _core.FastTextTable.dense(np.ones((1, 2), F4))
    return _core.FastTextModel(fasttext_dictionary(), embeddings, outputs, labels=1, counts=None)


def fasttext_scores(embeddings):
    return fasttext_model(embeddings).predict(TEXTS, 1)


def fasttext_trainer(**arrays):
    given = {"rows": np.ones((3, 2), F4), "start_buckets": np.array([2], U4), "output": np.ones((1, 2), F4)} | arrays
    settings = {"dimension": 2, "labels": 2, "loss": "softmax", "seed": 0, "threads": 1}
    return _core.FastTextTrainer(fasttext_dictionary(), **settings, **given)


def fasttext_trained(**arrays):
    given = {"labels": np.array([0, 1, 1], U4), "ends": np.arange(1, 4, dtype=I8), "weights": np.ones(3, F4)} | arrays
    trainer = fasttext_trainer()
    trainer.add(TEXTS, **given)
    trainer.train(0, 0.5, 0.1)
    return trainer.trained()


def fasttext_file():
    """A classifier of fastText with the word "a", two labels and one component."""
    numbers = [793_712_314, 12, 1, 5, 5, 1, 5, 1, 3, 3, 0, 0, 0, 100, 0, 0, 3, 1, 2, 9, 0, -1, -1]
    content = b"".join(number.to_bytes(4, "little", signed=True) for number in numbers)
    for entry, kind in ((b"a", 0), (b"__label__x", 1), (b"__label__y", 1)):
        content += entry + bytes(1) + (7).to_bytes(8, "little") + bytes([kind])
    for rows in (1, 2):
        content += bytes(1) + rows.to_bytes(8, "little") + (1).to_bytes(8, "little") + bytes(4 * rows)
    return np.frombuffer(content, U1)


GRAMS = (np.ones(1, U1), zeros(U4, 1), np.ones(1, U8), np.ones(1, U8), np.ones(1, U8))


def sketched(**arrays):
    given = {"features": np.arange(1, 61, dtype=U8), "ends": np.array([30, 30, 60], I8), "rows": np.array([2, 0], I8)}
    return _core.duplicate_sketches(**given | {"frequent": np.arange(1, 6, dtype=U8)} | arrays, threads=1)


def compared(**arrays):
    names = ("features", "ends", "rows", "other_features", "other_ends", "other_rows")
    features, ends = np.arange(1, 9, dtype=U8), np.array([4, 8], I8)
    right = (features, ends, np.array([0, 1], I8), features, ends, np.array([1, 1], I8))
    return _core.feature_similarities(**dict(zip(names, right, strict=True)) | arrays, threshold=0.7, threads=1)


def proposed(**arrays):
    given = {"keys": np.array([5, 3, 5], U4), "sketches": zeros(U1, 3, 80)}
    return _core.band_candidates(**given | arrays, threshold=0.7)


def best(**arrays):
    given = {
        "later": np.array([2, 2, 1], U4),
        "earlier": np.array([0, 1, 0], U4),
        "agreements": np.array([9, 8, 7], U1),
    }
    return _core.best_candidates(**given | arrays, sketches=3)


# What is called, of which parameter, with a right array. Every array of every function of the core is here.
CALLS = {
    **{
        f"FastTextDictionary.__init__.{name}": (
            lambda array, name=name: fasttext_dictionary(**{name: array}) and None,
            right,
        )
        for name, right in {
            "entries": np.frombuffer(b"ab__label__x", U1),
            "ends": np.array([1, 2, 12], I8),
            "kept": np.array([1, 3], U4),
        }.items()
    },
    "FastTextTable.dense.values": (
        lambda array: fasttext_scores(_core.FastTextTable.dense(array)),
        np.arange(8, dtype=F4).reshape(4, 2),
    ),
    "FastTextTable.of_bytes.content": (
        lambda array: fasttext_scores(_core.FastTextTable.of_bytes(array, 1, 4, 2)),
        zeros(U1, 40),
    ),
    **{
        f"FastTextTable.quantised.{name}": (
            lambda array, name=name: fasttext_scores(fasttext_quantised(**{name: array})),
            right,
        )
        for name, right in {
            "codes": zeros(U1, 4, 2),
            "centroids": np.ones(512, F4),
            "norm_codes": zeros(U1, 4),
            "norms": np.ones(256, F4),
        }.items()
    },
    "FastTextModel.contributions.rows": (
        lambda array: fasttext_model(_core.FastTextTable.dense(np.ones((4, 2), F4))).contributions(array),
        np.array([0, 3], U4),
    ),
    **{
        f"FastTextTrainer.__init__.{name}": (
            lambda array, name=name: fasttext_trainer(**{name: array}).trained(),
            right,
        )
        for name, right in {
            "rows": np.ones((3, 2), F4),
            "start_buckets": np.array([2], U4),
            "output": np.ones((1, 2), F4),
        }.items()
    },
    **{
        f"FastTextTrainer.add.{name}": (lambda array, name=name: fasttext_trained(**{name: array}), right)
        for name, right in {
            "labels": np.array([0, 1, 1], U4),
            "ends": np.arange(1, 4, dtype=I8),
            "weights": np.ones(3, F4),
        }.items()
    },
    "product_quantised.values": (
        lambda array: _core.product_quantised(array, part=1, seed=0, threads=1),
        np.arange(8, dtype=F4).reshape(4, 2),
    ),
    "read_fasttext.content": (lambda array: _core.read_fasttext(array, "model.bin")["words"], fasttext_file()),
    "TokenTally.embedded.rows": (lambda array: embedded(rows=array), np.ones((3, 2), F4)),
    "TokenTally.embedded.components": (lambda array: embedded(components=array), np.ones((1, 2), F4)),
    "IdRows.__init__.ids": (lambda array: _core.IdRows(array, 3), zeros(I4, 2, 2)),
    "IdRows.batches.order": (lambda array: _core.IdRows(zeros(I4, 2, 2), 3).batches(array, 1, 1), zeros(I4, 2)),
    "ForwardPass.convolve.kernel": (
        lambda array: _core.ForwardPass(2, "linear").convolve(0, 1, array, zeros(F4, 3)),
        np.ones((2, 3), F4),
    ),
    "ForwardPass.convolve.bias": (
        lambda array: _core.ForwardPass(2, "linear").convolve(0, 1, np.ones((2, 3), F4), array),
        zeros(F4, 3),
    ),
    "ForwardPass.dense.kernel": (
        lambda array: forward_pass().dense(2, array, zeros(F4, 3), False),
        np.ones((1, 3), F4),
    ),
    "ForwardPass.dense.bias": (lambda array: forward_pass().dense(2, np.ones((1, 3), F4), array, True), zeros(F4, 3)),
    "ForwardPass.read.kernel": (lambda array: read(array, zeros(F4, 3, 3)), np.ones((2, 3), F4)),
    "ForwardPass.read.recurrent": (lambda array: read(np.ones((2, 3), F4), array), zeros(F4, 3, 3)),
    "ForwardPass.read.biases": (lambda array: read(np.ones((2, 3), F4), zeros(F4, 3, 3), array), zeros(F4, 3)),
    "ForwardPass.of_ids.ids": (
        lambda array: forward_pass().of_ids(array, np.ones((3, 2), F4), together=1, threads=1),
        np.array([[1, 2], [0, 1]], I4),
    ),
    "ForwardPass.of_ids.table": (
        lambda array: forward_pass().of_ids(zeros(I4, 2, 2), array, together=1, threads=1),
        np.ones((3, 2), F4),
    ),
    "ForwardPass.of_values.values": (
        lambda array: forward_pass().of_values(array, np.ones((2, 3), U1), together=1, threads=1),
        np.ones((2, 3, 2), F4),
    ),
    "ForwardPass.of_values.mask": (
        lambda array: forward_pass().of_values(np.ones((2, 3, 2), F4), array, together=1, threads=1),
        np.ones((2, 3), U1),
    ),
    "GramTally.kept_rows.weights": (lambda array: gram_rows("kept_rows", array), np.ones(3, F8)),
    "GramTally.rows.weights": (lambda array: gram_rows("rows", array), np.ones(3, F8)),
    **{
        f"GramTally.restore.state[{place}]": (
            lambda array, place=place: restored_grams(*GRAMS[:place], array, *GRAMS[place + 1 :]),
            right,
        )
        for place, right in enumerate(GRAMS)
    },
    "BagColumns.learned.hashes": (_core.BagColumns.learned, np.arange(3, dtype=U8)),
    "BagRows.of_arrays.columns": (lambda array: rows_of(columns=array), np.arange(3, dtype=U4)),
    "BagRows.of_arrays.values": (lambda array: rows_of(values=array), np.ones(3, F4)),
    "BagRows.of_arrays.ends": (lambda array: rows_of(ends=array), np.array([2, 3], U8)),
    "BagRows.squares.factors": (lambda array: ROWS.squares(columns=3, factors=array), np.ones(3, F4)),
    "BagRows.first_rows.columns": (ROWS.first_rows, np.arange(3, dtype=U4)),
    "BagRows.fit.factors": (lambda array: fit(factors=array), np.ones(3, F4)),
    "LinearJob.__init__.rows": (lambda array: fit(rows=array), np.arange(3, dtype=U4)),
    "LinearJob.__init__.targets": (lambda array: fit(targets=array), np.ones((2, 3), F4)),
    "LinearJob.__init__.weights": (lambda array: fit(weights=array), np.ones(3, F4)),
    "LinearJob.__init__.held_out": (lambda array: fit(held_out=array), np.arange(3, dtype=U4)),
    "LinearWeights.__init__.table": (lambda array: _core.LinearWeights(array, zeros(F4, 2)), np.ones((3, 2), F4)),
    "LinearWeights.__init__.bias": (lambda array: _core.LinearWeights(np.ones((3, 2), F4), array), zeros(F4, 2)),
    "LinearWeights.scores.factors": (scores, np.ones(3, F4)),
    "LinearWeights.refined.targets": (lambda array: refined(targets=array), np.ones((2, 3), F4)),
    "LinearWeights.refined.costs": (lambda array: refined(costs=array), np.ones(3, F4)),
    "LinearWeights.refined.variances": (lambda array: refined(variances=array), np.ones((3, 2), F4)),
    "LinearWeights.refined.bias_variances": (lambda array: refined(bias_variances=array), np.ones(2, F4)),
    "LinearWeights.refined.factors": (lambda array: refined(factors=array), np.ones(3, F4)),
    "DenseTable.scale.means": (lambda array: table().scale(array, np.ones(84, F4), threads=1), zeros(F4, 84)),
    "DenseTable.scale.factors": (lambda array: table().scale(zeros(F4, 84), array, threads=1), np.ones(84, F4)),
    "DenseTable.weights.rows": (
        lambda array: table().weights(array, np.ones((3, 2), F4), threads=1),
        np.arange(2, dtype=U4),
    ),
    "DenseTable.weights.coefficients": (
        lambda array: table().weights(np.arange(2, dtype=U4), array, threads=1),
        np.ones((3, 2), F4),
    ),
    "SeriesConvolutions.learned.values": (
        lambda array: _core.SeriesConvolutions.learned(array, ENDS, **LEARNING),
        SERIES,
    ),
    "SeriesConvolutions.learned.ends": (
        lambda array: _core.SeriesConvolutions.learned(SERIES, array, **LEARNING),
        ENDS,
    ),
    **{
        f"SeriesConvolutions.restored.{name}": (
            lambda array, name=name: restored_series(**{name: array}),
            CONVOLUTIONS.biases() if name == "biases" else CONVOLUTIONS.lists()[place],
        )
        for place, name in enumerate(("dilations", "counts", "channel_counts", "chosen", "biases"))
    },
    "SeriesConvolutions.rows.values": (lambda array: CONVOLUTIONS.rows(array, ENDS, threads=1), SERIES),
    "SeriesConvolutions.rows.ends": (lambda array: CONVOLUTIONS.rows(SERIES, array, threads=1), ENDS),
    "SeriesConvolutions.features.values": (lambda array: CONVOLUTIONS.features(array, ENDS, threads=1), SERIES),
    "SeriesConvolutions.features.ends": (lambda array: CONVOLUTIONS.features(SERIES, array, threads=1), ENDS),
    "SeriesConvolutions.scores.values": (lambda array: series_scores(values=array), SERIES),
    "SeriesConvolutions.scores.ends": (lambda array: series_scores(ends=array), ENDS),
    "SeriesConvolutions.scores.weights": (lambda array: series_scores(weights=array), np.ones((2, 84), F4)),
    "SeriesConvolutions.scores.bias": (lambda array: series_scores(bias=array), zeros(F4, 2)),
    "StoredVectors.rows.numbers": (lambda array: stored().rows(array), np.array([1, 0], I8)),
    "StoredVectors.scores.vector": (lambda array: stored().scores(array, 0, 2, 1), np.ones(3, F4)),
    "hash_words.words": (lambda array: _core.hash_words(array, np.array([1, 3])), np.array([97, 98, 99], U1)),
    "hash_words.ends": (lambda array: _core.hash_words(np.array([97, 98, 99], U1), array), np.array([1, 3])),
    "row_sums.table": (lambda array: _core.row_sums(ROWS, array, factors=None, threads=1), np.ones((3, 2), F4)),
    "row_sums.factors": (
        lambda array: _core.row_sums(ROWS, np.ones((3, 2), F4), factors=array, threads=1),
        np.ones(3, F4),
    ),
    "row_components.factors": (components, np.ones(3, F4)),
    "document_vectors.wanted": (documents, np.ones(3, U1)),
    "frequent_features.features": (
        lambda array: _core.frequent_features(array, np.array([1, 3])),
        np.array([5, 5, 7], U8),
    ),
    "frequent_features.ends": (
        lambda array: _core.frequent_features(np.array([5, 5, 7], U8), array),
        np.array([1, 3]),
    ),
    **{
        f"duplicate_sketches.{name}": (lambda array, name=name: sketched(**{name: array}), right)
        for name, right in {
            "features": np.arange(1, 61, dtype=U8),
            "ends": np.array([30, 30, 60], I8),
            "rows": np.array([2, 0], I8),
            "frequent": np.arange(1, 6, dtype=U8),
        }.items()
    },
    "band_candidates.keys": (lambda array: proposed(keys=array), np.array([5, 3, 5], U4)),
    "band_candidates.sketches": (lambda array: proposed(sketches=array), zeros(U1, 3, 80)),
    "best_candidates.later": (lambda array: best(later=array), np.array([2, 2, 1], U4)),
    "best_candidates.earlier": (lambda array: best(earlier=array), np.array([0, 1, 0], U4)),
    "best_candidates.agreements": (lambda array: best(agreements=array), np.array([9, 8, 7], U1)),
    **{
        f"feature_similarities.{name}": (lambda array, name=name: compared(**{name: array}), right)
        for prefix in ("", "other_")
        for name, right in {
            f"{prefix}features": np.arange(1, 9, dtype=U8),
            f"{prefix}ends": np.array([4, 8], I8),
            f"{prefix}rows": np.array([0, 1], I8),
        }.items()
    },
    "connected_groups.pairs": (lambda array: _core.connected_groups(array, 4), np.array([[3, 1], [2, 0]], U4)),
    "class_counts.codes": (lambda array: counted_classes(codes=array), np.zeros(3, U4)),
    "class_counts.ends": (lambda array: counted_classes(ends=array), np.arange(1, 4, dtype=U8)),
}
STORED = []


def read(kernel, recurrent, bias=None):
    biases = (np.zeros(3, F4) if bias is None else bias, zeros(F4, 3))
    forward = _core.ForwardPass(2, "linear")
    return forward.read(0, "simple", kernel, recurrent, biases, is_backward=False, is_last=True)
