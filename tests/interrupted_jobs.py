"""Jobs of the core that take long, each run again and again until it is interrupted; see `test_interrupts_core.py`.

`python tests/interrupted_jobs.py JOB FOLDER` says `begun` before each of the rounds that standard input asks for, and
then when it was interrupted, as the system's monotonic clock has it; in the end whether the same objects still work.
"""

import sys
import time
from collections import deque
from collections.abc import Callable
from copy import copy
from pathlib import Path

import numpy as np

import malmoi as mm
from malmoi import _core
from malmoi.data.near_duplicates import similar_texts
from malmoi.data.texts import as_texts
from malmoi.evaluation.class_evidence import ClassEvidence
from malmoi.evaluation.text_facts import Damage, Likeness, TextFacts

Job = tuple[Callable[[], object], Callable[[], object]]
PLAIN = {"html": False, "form": None, "accents": False, "lowercase": False}
RANDOM = np.random.default_rng(0)


def texts_of(count: int, words: int = 40, vocabulary: int = 20_000) -> list[str]:
    """Texts of random words; the same 2,000 again and again."""
    spelt = np.array([f"w{number:x}" for number in range(vocabulary)])
    some = [" ".join(spelt[RANDOM.integers(vocabulary, size=words)]) for _ in range(min(count, 2_000))]
    return (some * -(-count // len(some)))[:count]


def distinct_words(count: int) -> list[str]:
    """A text for each word, all different."""
    return [f"word{number:x}" for number in range(count)]


FEW = ["so good", "so bad"] * 8
MANY = 150_000


def _refused(call: Callable[[], object]) -> bool:
    try:
        call()
    except RuntimeError as error:
        return "ended early" in str(error)
    return False


def ids(folder: Path) -> Job:
    texts, vectorizer = texts_of(MANY), mm.SequenceVectorizer(max_length=20).fit(texts_of(2_000))
    return lambda: vectorizer.transform(texts), lambda: vectorizer.transform(FEW).shape == (16, 20)


def ids_fitted(folder: Path) -> Job:
    texts, vectorizer = texts_of(MANY), mm.SequenceVectorizer(max_length=20)
    return lambda: vectorizer.fit_transform(texts), lambda: vectorizer.fit_transform(FEW).shape == (16, 20)


def one_huge_text(folder: Path) -> Job:
    text, vectorizer = [" ".join(texts_of(MANY))], mm.SequenceVectorizer(max_length=20).fit(texts_of(2_000))
    return lambda: vectorizer.transform(text), lambda: vectorizer.transform(FEW).shape == (16, 20)


KOREAN = "영화가 정말 좋았다 그래서 다시 보고 싶은 마음이 들었다 " * 20


def _latin() -> str:
    """A text of some 60 MB."""
    return " ".join(f"w{number % 50_000}" for number in range(100_000)) * 100


def characters_of_one_text(folder: Path) -> Job:
    texts, vectorizer = [_latin()[:15_000_000]], mm.HashedBagVectorizer(mm.Characters(), ngrams=(1, 8))
    return lambda: vectorizer.transform(texts), lambda: vectorizer.transform(FEW).shape[0] == len(FEW)


def hangul_of_one_text(folder: Path) -> Job:
    texts, vectorizer = [KOREAN * 60_000], mm.HashedBagVectorizer(mm.Hangul(), ngrams=(1, 1))
    return lambda: vectorizer.transform(texts), lambda: vectorizer.transform(FEW).shape[0] == len(FEW)


def hashed_one_text(folder: Path) -> Job:
    texts, vectorizer = [_latin()], mm.HashedBagVectorizer(ngrams=(1, 3))
    return lambda: vectorizer.transform(texts), lambda: vectorizer.transform(FEW).shape[0] == len(FEW)


def coverage_of_one_text(folder: Path) -> Job:
    texts, words = [_latin()], mm.Words()
    return lambda: words.coverage(texts), lambda: words.coverage(FEW).texts == len(FEW)


def tokens_of_one_text(folder: Path) -> Job:
    text, words = _latin(), mm.Words()
    return lambda: words(text), lambda: words(FEW[0]) == FEW[0].split()


def one_hot(folder: Path) -> Job:
    texts, vectorizer = texts_of(30_000, vocabulary=50), mm.OneHotVectorizer()
    return lambda: vectorizer.fit_transform(texts), lambda: vectorizer.fit_transform(FEW).shape[0] == len(FEW)


def bags(folder: Path) -> Job:
    texts, vectorizer = texts_of(MANY), mm.BagVectorizer().fit(texts_of(2_000))
    return lambda: vectorizer.transform(texts), lambda: vectorizer.transform(FEW).shape[0] == len(FEW)


def bags_fitted(folder: Path) -> Job:
    texts, vectorizer = texts_of(MANY), mm.BagVectorizer(ngrams=(1, 3))
    return lambda: vectorizer.fit_transform(texts), lambda: vectorizer.fit_transform(FEW).shape[0] == len(FEW)


def hashed(folder: Path) -> Job:
    texts, vectorizer = texts_of(MANY), mm.HashedBagVectorizer(ngrams=(1, 3))
    return lambda: vectorizer.transform(texts), lambda: vectorizer.transform(FEW).shape[0] == len(FEW)


def collisions(folder: Path) -> Job:
    texts, vectorizer = texts_of(30_000), mm.HashedBagVectorizer(ngrams=(1, 3))
    return lambda: vectorizer.collisions(texts), lambda: vectorizer.collisions(FEW).distinct > 0


def tally(folder: Path) -> Job:
    texts, kept = texts_of(MANY), _core.TokenTally(_core.Splitter.whitespace(**PLAIN), threads=2, keep=False)

    def again() -> bool:
        # What was counted in part is refused, and says so.
        return _refused(lambda: kept.add(FEW)) and _refused(kept.counts) and _refused(kept.state)

    return lambda: kept.add(texts) if not _refused(lambda: kept.add([])) else time.sleep(9), again


def partial_fit(folder: Path) -> Job:
    texts, vectorizer = texts_of(MANY), mm.BagVectorizer(ngrams=(1, 2)).partial_fit(FEW)

    def again() -> bool:
        known = vectorizer.transform(FEW).shape[0] == len(FEW)  # by the columns of before
        return known and _refused(lambda: vectorizer.partial_fit(FEW))

    begun = iter([True])
    return lambda: vectorizer.partial_fit(texts) if next(begun, False) else time.sleep(9), again


def merging(folder: Path) -> Job:
    splitter, words = _core.Splitter.whitespace(**PLAIN), distinct_words(1_500_000)
    left, right = [_core.TokenTally(splitter, threads=2, keep=False) for _ in range(2)]
    left.add(words)
    right.add([f"{word}x" for word in words])
    return lambda: _merged(left, right), lambda: _refused(left.counts) and len(right.counts(most=3)[0]) == 3


def _merged(left: _core.TokenTally, right: _core.TokenTally) -> None:
    if _refused(lambda: left.add([])):
        time.sleep(9)
    left.merge(right)


def vocabulary(folder: Path) -> Job:
    counted = _core.TokenTally(_core.Splitter.whitespace(**PLAIN), threads=2, keep=False)
    counted.add(distinct_words(1_500_000))
    return lambda: counted.counts(least=1), lambda: len(counted.counts(most=5)[0]) == 5


def state(folder: Path) -> Job:
    splitter = _core.Splitter.whitespace(**PLAIN)
    counted = _core.TokenTally(splitter, threads=2, keep=False)
    counted.add(distinct_words(1_000_000))
    saved = counted.state()
    return lambda: _core.TokenTally.restore(splitter, 2, saved), lambda: len(counted.state()[0][0]) == 1_000_000


def linear(folder: Path) -> Job:
    texts, labels = texts_of(2_000), ["a", "b"] * 1_000
    model = mm.BagClassifier()
    return lambda: model.fit(texts, labels), lambda: model.fit(FEW, [0, 1] * 8).predict(FEW).shape == (16,)


def keys(folder: Path) -> Job:
    texts = texts_of(MANY)
    return lambda: _core.equality_keys(texts, 1, 2), lambda: _core.equality_keys(FEW, 1, 2).shape == (16, 2)


def letters(folder: Path) -> Job:
    texts = texts_of(MANY)
    return lambda: _core.letters_of_each(texts, 2), lambda: _core.letters_of_each(FEW, 2).shape == (16, 4)


def sorted_counts(folder: Path) -> Job:
    features, counter = _core.BagFeatures([(_core.Splitter.whitespace(**PLAIN), 0, 1, 1)], 1), _core.BagCounter()
    counter.add(features, distinct_words(3_000_000), threads=2)
    return lambda: counter.counts(threads=1), lambda: len(counter.counts(threads=2)[0]) == 3_000_000


def mapped_rows(folder: Path) -> Job:
    columns, ends = np.zeros(200_000_000, np.uint32), np.array([100_000_000, 200_000_000], np.uint64)
    rows = _core.BagRows.of_arrays(columns, None, ends)
    return lambda: rows.text_counts(columns=1), lambda: rows.first_rows(np.zeros(1, np.uint32)).tolist() == [0]


def linear_predictions(folder: Path) -> Job:
    texts, model = texts_of(MANY), mm.BagClassifier().fit(FEW, [0, 1] * 8)
    return lambda: model.predict(texts), lambda: model.predict(FEW).tolist() == [0, 1] * 8


def fasttext(folder: Path) -> Job:
    settings = {"epochs": 3, "ngrams": 3, "characters": (2, 4), "calibration": None}
    texts, model = texts_of(20_000), mm.FastTextClassifier(**settings)
    labels = [0, 1] * (len(texts) // 2)
    return lambda: model.fit(texts, labels), lambda: model.fit(FEW, [0, 1] * 8).predict(FEW).tolist() == [0, 1] * 8


def fasttext_predictions(folder: Path) -> Job:
    texts, model = texts_of(MANY), mm.FastTextClassifier(epochs=5, characters=(2, 4)).fit(FEW, [0, 1] * 8)
    return lambda: model.predict(texts), lambda: model.predict(FEW).tolist() == [0, 1] * 8


def fasttext_quantised(folder: Path) -> Job:
    texts = texts_of(4_000)
    model = mm.FastTextClassifier(epochs=1, calibration=None).fit(texts, [0, 1, 2, 3] * 1_000)
    return lambda: copy(model).quantize(), lambda: copy(model).quantize(max_bytes=200_000).predict(FEW).shape == (16,)


def documents(folder: Path) -> Job:
    import sklearn.linear_model  # noqa: F401 -- an import that is interrupted is not complete the next time

    texts, model = texts_of(2_000), mm.FewLabelClassifier(["documents"])
    return lambda: model.fit(FEW, [0, 1] * 8, unlabelled=texts), lambda: model.fit(FEW, [0, 1] * 8, unlabelled=FEW)


def components(folder: Path) -> Job:
    import sklearn.linear_model  # noqa: F401 -- as above

    texts, model = texts_of(4_000), mm.FewLabelClassifier(["components"])
    return lambda: model.fit(FEW, [0, 1] * 8, unlabelled=texts), lambda: model.fit(FEW, [0, 1] * 8, unlabelled=FEW)


def glove(folder: Path) -> Job:
    texts = texts_of(20_000)
    train = mm.WordVectors.train
    return lambda: train(texts, dimension=50, epochs=20), lambda: train(FEW * 9, dimension=5, epochs=1)


def duplicates(folder: Path) -> Job:
    texts = [f"{text} {number}" for number, text in enumerate(texts_of(60_000))]
    return lambda: similar_texts(texts), lambda: len(similar_texts(FEW).groups) == len(FEW)


def shard_duplicates(folder: Path) -> Job:
    path, few = folder / "shard.txt", folder / "few.txt"
    path.write_text("".join(f"{text} {number}\n" for number, text in enumerate(texts_of(60_000))))
    few.write_text("good film\ngood film\n")
    mm.distributed.near_duplicates(few)  # imports Polars, which cannot be interrupted
    return lambda: mm.distributed.near_duplicates(path), lambda: mm.distributed.near_duplicates(few).height == 1


def facts(folder: Path) -> Job:
    texts = [f"é{text}" for text in texts_of(2 * MANY, words=80)]

    def all_facts() -> None:
        TextFacts.of(texts)
        Damage.of(texts)
        Likeness.of(texts, range(1_000))

    return all_facts, lambda: TextFacts.of(FEW).characters.tolist() == [6, 5] * 8


def korean_facts(folder: Path) -> Job:
    texts = [KOREAN] * 400_000  # which have to be encoded
    return lambda: _core.text_facts(texts, 2), lambda: _core.text_facts(FEW, 2)[0].tolist() == [6, 5] * 8


def evidence(folder: Path) -> Job:
    corpus = mm.Corpus(texts_of(20_000, words=200), ["a", "b"] * 10_000)
    few = mm.Corpus(FEW, ["a", "b"] * 8)
    return lambda: ClassEvidence.of(corpus), lambda: ClassEvidence.of(few).counted == 16


def series(folder: Path) -> Job:
    steps = RANDOM.normal(size=(300, 2_000, 2)).astype(np.float32)
    labels, model = ["a", "b"] * 150, mm.MiniRocketClassifier(kernels=9_996)
    return lambda: model.fit(steps, labels), lambda: model.fit(steps[:20, :20], labels[:20]).predict(steps[:2, :20])


def forward(folder: Path) -> Job:
    model = mm.load(folder / "network.malmoi")
    texts = texts_of(MANY)
    return lambda: model.predict(texts), lambda: model.predict(FEW).shape == (16,)


def vectors_file(folder: Path) -> Job:
    path = folder / "vectors.txt"
    return lambda: mm.WordVectors.open(path).words, lambda: mm.WordVectors.open(path).vector("w7").shape == (100,)


def table(folder: Path) -> Job:
    path, text = folder / "table.csv", folder / "few.csv"
    text.write_text("text,label\na,b\nc,d\n", encoding="utf-8")
    return lambda: mm.read_corpus(path), lambda: len(mm.read_corpus(text)) == 2


def repeated(texts: list[str], times: int) -> object:
    """A column of texts again and again, which lie in memory once."""
    import pyarrow

    return pyarrow.chunked_array([pyarrow.array(texts, pyarrow.large_string())] * times)


def column(folder: Path) -> Job:
    long, few = repeated(["영화가 정말 좋았다 " * 1_000] * 2_000, 100), repeated(FEW, 2)  # 5 GB
    return lambda: as_texts(long), lambda: as_texts(few) == FEW * 2


def column_of_runs(folder: Path) -> Job:
    import pyarrow

    ends = pyarrow.array(np.arange(1, 2_000_001, dtype=np.int32))
    runs = pyarrow.RunEndEncodedArray.from_arrays(ends, pyarrow.array(["a"] * 2_000_000))
    long = pyarrow.chunked_array([runs] * 100)
    return lambda: as_texts(long), lambda: list(as_texts(runs[:2])) == ["a", "a"]


def characters(folder: Path) -> Job:
    held = as_texts(repeated(["좋았다" * 1_000], 1)).take(np.zeros(8_000_000, np.int64))  # 72 GB
    return held.characters, lambda: held[:2].characters() == 6_000


def searched(folder: Path) -> Job:
    text = "좋았다" * 5_000
    held = as_texts(repeated([text], 1)).take(np.zeros(8_000_000, np.int64))
    return lambda: held.count(text), lambda: held[:2].count(text) == 2


def iterated(folder: Path) -> Job:
    held = as_texts(repeated(FEW * 6_250, 500))
    return lambda: deque(held, maxlen=0), lambda: list(held[:16]) == FEW


def listed(folder: Path) -> Job:
    held = as_texts(repeated(FEW * 6_250, 100))
    return held.to_list, lambda: held[:16].to_list() == FEW


def places_taken(folder: Path) -> Job:
    held = as_texts(repeated(FEW * 6_250, 500))
    return lambda: held.take(range(len(held))), lambda: held.take([1, -1]) == ["so bad"] * 2


JOBS = {
    function.__name__: function
    for function in (
        *(ids, ids_fitted, one_huge_text, one_hot, bags, bags_fitted, hashed, collisions, tally, partial_fit, merging),
        *(
            vocabulary,
            state,
            linear,
            keys,
            letters,
            sorted_counts,
            mapped_rows,
            linear_predictions,
            documents,
            components,
            glove,
            duplicates,
            shard_duplicates,
            facts,
            evidence,
        ),
        *(series, forward, vectors_file, table, characters_of_one_text, hangul_of_one_text, hashed_one_text),
        *(column, column_of_runs, characters, searched, iterated, listed, places_taken),
        *(fasttext, fasttext_predictions, fasttext_quantised),
        *(coverage_of_one_text, tokens_of_one_text, korean_facts),
    )
}


def say(text: object) -> None:
    """Write a line."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main(name: str, folder: str) -> None:
    """Run a job for as many rounds as lines of standard input say."""
    job, again = JOBS[name](Path(folder))
    for _ in sys.stdin:
        say("begun")
        try:
            while True:
                job()
        except KeyboardInterrupt:
            say(time.monotonic())
    say("works" if again() is not False else "fails")


if __name__ == "__main__":
    if sys.argv[1] == "--time":
        work, _ = JOBS[sys.argv[2]](Path(sys.argv[3]))
        started = time.perf_counter()
        work()
        say(f"{sys.argv[2]:20} {time.perf_counter() - started:6.2f} s")
    else:
        main(*sys.argv[1:])
