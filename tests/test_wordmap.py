"""Maps of words: what is near in the vectors is near on the plane, and no word is more than a word to a page."""

import json
import re
import warnings

import numpy as np
import pytest

import malmoi as mm
from malmoi.wordvectors.map import picture

HOSTILE = [
    "</script><script>document.title='pwned'</script>",
    "<img src=x onerror=alert(1)>",
    "$\\frac{$",
    "a\u2028b",
    "{{title}}",
    "/*data*/",
    "x" * 300,
    "<!--",
    "'\"",
    "\\",
    "&lt;",
]


def vectors_of(words, dimension=5, seed=0):
    return mm.WordVectors.from_arrays(words, np.random.default_rng(seed).normal(size=(len(words), dimension)))


@pytest.fixture(scope="module")
def groups():
    rng = np.random.default_rng(1)
    centres = rng.normal(size=(3, 8)) * 3
    rows = np.concatenate([centre + rng.normal(size=(12, 8)) * 0.3 for centre in centres])
    return mm.WordVectors.from_arrays([f"{group}{number}" for group in "abc" for number in range(12)], rows)


@pytest.mark.parametrize("method", ["tsne", "pca"])
def test_words_that_point_alike_stand_together(groups, method):
    made = mm.word_map(groups, method=method)
    assert made.method == method
    assert np.abs(made.positions).max() == pytest.approx(1)
    for place, word in enumerate(made.words):
        away = np.linalg.norm(made.positions - made.positions[place], axis=1)
        away[place] = np.inf
        assert made.words[int(away.argmin())][0] == word[0]
        assert made.nearest[place] == tuple(groups.nearest(word, 10))
    assert np.array_equal(mm.word_map(groups, method=method).positions, made.positions)


def test_which_words(groups):
    assert mm.word_map(groups, n=7).words == tuple(groups.words[:7])
    chosen = mm.word_map(groups, ["b3", "zebra", "a1", "b3"])
    assert (chosen.words, chosen.missing, chosen.method) == (("b3", "a1"), ("zebra",), "pca")
    zeros = mm.WordVectors.from_arrays(["a", "b", "nothing"], [[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]])
    assert mm.word_map(zeros).missing == ("nothing",)
    same = mm.word_map(mm.WordVectors.from_arrays(list("abcdef"), np.ones((6, 1))))
    assert (same.positions == 0).all()


def data_of(page):
    return json.loads(re.search(r"const data = (.*);\n", page)[1])


def test_a_page_holds_all_words_as_data_alone(tmp_path):
    made = mm.word_map(vectors_of(HOSTILE))
    page = made.save(tmp_path / "map.html").read_text(encoding="utf-8")
    assert page.lower().count("<script") == page.lower().count("</script") == 1
    assert "<img" not in page
    assert "\u2028" not in page
    data = data_of(page)
    assert data["words"] == HOSTILE
    assert len(data["positions"]) == len(data["nearest"]) == len(HOSTILE)
    assert "http" not in page.replace("http-equiv", "")


def test_a_title_is_no_markup(tmp_path):
    path = tmp_path / "<b>&.txt"
    path.write_text("a 1 0\nb 0 1\n")
    page = mm.word_map(mm.WordVectors.open(path)).save(tmp_path / "map.html").read_text()
    assert "<title>&lt;b&gt;&amp;.txt: 2 words</title>" in page


def test_bytes_that_are_no_text_are_written(tmp_path):
    path = tmp_path / "vectors.txt"
    path.write_bytes(b"a\xff 1 0\nb 0 1\n")
    assert (
        data_of(mm.word_map(mm.WordVectors.open(path)).save(tmp_path / "map.html").read_text())["words"][0] == "a\\xff"
    )


def test_a_picture_of_any_words(tmp_path):
    pytest.importorskip("matplotlib")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        path = mm.word_map(vectors_of([*HOSTILE, "고양이", "猫", "العربية", "\0", "\u202e"])).save(tmp_path / "map.png")
    content = path.read_bytes()
    assert content.startswith(b"\x89PNG")
    assert len(content) > 10_000


def test_characters_that_no_font_has_are_told_once(tmp_path):
    pytest.importorskip("matplotlib")
    with pytest.warns(UserWarning, match="no installed font has \U000108e0; install a font") as seen:
        mm.word_map(vectors_of(["\U000108e0a", "b"])).save(tmp_path / "map.png")
    assert len(seen) == 1


def test_a_font_is_found_where_there_is_one():
    pytest.importorskip("matplotlib")
    assert picture.fonts_for(set(map(ord, "abc"))) == []
    fonts = picture._fonts()
    assert ord("ж") in fonts["DejaVu Sans"]
    assert not any(name.startswith("Last Resort") for name in fonts)
    assert any(ord("ж") in fonts[name] for name in picture.fonts_for({ord("ж")}))


def test_files_are_kept(tmp_path):
    made = mm.word_map(vectors_of(["a", "b"]))
    for name in ("map.html", "map.png"):
        made.save(tmp_path / name)
        with pytest.raises(FileExistsError, match=r"map.* exists; pass"):
            made.save(tmp_path / name)
        made.save(tmp_path / name, overwrite=True)
    with pytest.raises(ValueError, match=r"path must end in .png or .html, got 'map.svg'"):
        made.save(tmp_path / "map.svg")


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"n": 1}, ValueError, "n must be 2 or more"),
        ({"n": 5001}, ValueError, "n must be at most 5000"),
        ({"method": "umap"}, ValueError, "method must be 'tsne' or 'pca', got 'umap'"),
        ({"seed": -1}, ValueError, "seed must be 0 or more"),
        ({"words": "cat"}, TypeError, "words must be a list of str, got one str"),
        ({"words": ["a", 3]}, TypeError, "words must all be str, got 3"),
        ({"words": ["a", "zebra"]}, mm.DataError, "a map needs 2 words with a vector, got 1 of 2"),
    ],
)
def test_mistakes(settings, error, message):
    with pytest.raises(error, match=message):
        mm.word_map(vectors_of(["a", "b"]), **settings)
