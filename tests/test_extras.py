"""What needs packages that are not installed for other tests: `make test-extras`."""

import pytest

import malmoi as mm

datasets = pytest.importorskip("datasets")
pyarrow = pytest.importorskip("pyarrow")

TEXTS = [f"the {word} film {number}" for number in range(20) for word in ("good", "bad")]
CODES = [1, 0] * 20


@pytest.fixture
def dataset():
    features = datasets.Features({"text": datasets.Value("string"), "label": datasets.ClassLabel(names=["neg", "pos"])})
    table = pyarrow.table({"text": TEXTS, "label": CODES}, schema=features.arrow_schema)
    # Given here: to make one, some versions pickle what PyArrow's latest cannot be pickled as.
    return datasets.Dataset(table, info=datasets.DatasetInfo(features=features), fingerprint="reviews")


def test_datasets_and_their_lazy_columns_are_texts(dataset):
    model = mm.BagClassifier().fit(dataset, "label")
    assert model.text_columns_ == ("text",)
    for texts in (dataset, dataset["text"], dataset.with_format("pandas")[:]):
        assert model.predict(texts).tolist() == CODES
    assert mm.BagClassifier().fit(dataset["text"], dataset["label"]).predict(dataset["text"]).tolist() == CODES


@pytest.mark.parametrize("form", ["parquet", "disk", "csv", "json"])
def test_what_datasets_write_is_read_with_the_names_of_classes(dataset, tmp_path, form):
    path = tmp_path / f"data.{form}"
    if form == "disk":
        dataset.save_to_disk(tmp_path / "saved")
        path = str(tmp_path / "saved" / "*.arrow")
    else:
        getattr(dataset, f"to_{form}")(path)
    corpus = mm.read_corpus(path)
    assert corpus.texts == TEXTS
    named = form in ("parquet", "disk")
    assert corpus.labels.tolist() == [("neg", "pos")[code] if named else code for code in CODES]
