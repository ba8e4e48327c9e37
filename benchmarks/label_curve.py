"""Accuracy by the number of labels on IMDB: bags, the notes' network with and without vectors, and few-labels.

    python benchmarks/label_curve.py ../shared/data [--labels 20,50,200,1000,all] [--draws 5,5,5,5,2]
        [--held-out 12500] [--unlabelled 75000] [-o label_curve.png]

Prints the table in Markdown, with the differences from the bag, and writes the plot. All recipes are trained on the
same draws. The rest of the training reviews and the unlabelled reviews are passed without labels to recipes that use
them. The networks of the notes are those of examples/recipes.
"""

import argparse
import sys
import time
from pathlib import Path

import malmoi as mm

EXAMPLES = Path(__file__).parents[1] / "examples" / "recipes"
VECTORS = Path("vectors") / "glove.6B.50d.first10361.txt"
START = time.perf_counter()
FILES = ("imdb-train.parquet", "imdb-test.parquet", "imdb-unlabelled.parquet")


def recipes(data: Path) -> dict[str, mm.Recipe]:
    """Return the recipes by displayed name."""
    glove = mm.Recipe.read(EXAMPLES / "notes-glove.json")
    found = {
        "bag": mm.Recipe("bag"),
        "notes, no vectors": mm.Recipe.read(EXAMPLES / "notes.json"),
        "notes, GloVe frozen": glove.with_settings({"embedding.vectors": str(data / VECTORS)}),
    }
    try:
        found["few-labels"] = mm.Recipe("few-labels")
    except ValueError:
        print("few-labels skipped: this version has no such recipe\n")
    return found


def markdown(curve) -> str:
    """Return the table and its notes in Markdown."""
    rows = [curve.columns, ["---"] * len(curve.columns), *curve.rows()]
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join([*lines, "", *(f"- {remark}" for remark in curve.remarks)])


def told(step: str, done: int, total: int) -> None:
    print(f"\r{time.perf_counter() - START:.0f} s: {done} of {total} trainings", end="", file=sys.stderr, flush=True)


def numbers(words: str) -> list:
    return [word if word == "all" else int(word) for word in words.split(",")]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--labels", default="20,50,200,1000,all", type=numbers)
    parser.add_argument("--draws", default="5,5,5,5,2", type=numbers, help="one number for each of --labels")
    parser.add_argument("--held-out", type=int, help="test reviews that are used; all, if not given")
    parser.add_argument("--unlabelled", type=int, help="unlabelled reviews that are used; all, if not given")
    parser.add_argument("-o", "--output", default="label_curve.png", type=Path)
    options = parser.parse_args()
    missing = [name for name in (*FILES, VECTORS) if not (options.data / name).exists()]
    if missing:
        print(f"skipped: {options.data / missing[0]} is not there")
        return
    training, test = (mm.read_corpus(options.data / name) for name in FILES[:2])
    if options.held_out is not None:
        test = test.split(options.held_out, seed=0)[0]
    unlabelled = mm.read_corpus(options.data / FILES[2], labelled=False).texts[: options.unlabelled]
    curve = mm.learning_curve(
        recipes(options.data),
        training,
        options.labels,
        test=test,
        unlabelled=unlabelled,
        repeats=options.draws,
        progress=told,
    )
    curve.plot(options.output)
    print(f"\n{markdown(curve)}\n\npicture: {options.output}")


if __name__ == "__main__":
    main()
