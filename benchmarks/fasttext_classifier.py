"""`malmoi.FastTextClassifier` beside fastText: the tables of benchmarks/FASTTEXT.md.

    python benchmarks/fasttext_classifier.py ../shared/data --fasttext NAME=PYTHON [--fasttext ...] [--parts training]

PYTHON has a package of fastText: `python -m venv ft && ft/bin/pip install fasttext-numpy2-wheel`, then `--fasttext
fasttext-numpy2-wheel=ft/bin/python`; so too fasttext-turbo and fasttext-new. The first is measured in all parts, the
others in `training`, `prediction` and `opening`. A package that does not work is left out, with its error.

Every measurement is a process of its own; all systems run in turns, medians of `--runs`. Both get the same prepared
texts, settings and number of threads. Every table that was measured goes into the file of `--cache` at once, and
`--write-only` writes the page from it: parts can be measured one by one. `--quick` takes few texts and prints the page.
Peak memory and `/proc` are those of Linux. Whole, with three packages: an hour; `stream` needs 1 GB in the folder for
temporary files, `opening` 2 GB.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from fasttext_bench import CASES, OURS, Bench
from fasttext_parts import PARTS, page
from text_sets import QUICK, SETS

MEASURED = ("imdb", "nsmc", "trec")


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--fasttext", metavar="NAME=PYTHON", action="append", default=[], help="may be repeated")
    parser.add_argument("--parts", default=",".join(PARTS), help=f"of {', '.join(PARTS)}")
    parser.add_argument("--cases", default=",".join(CASES), help=f"of training: {', '.join(CASES)}")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--seeds", type=int, default=5, help="of accuracy")
    parser.add_argument("--texts", type=int, default=1_000_000, help="of stream")
    parser.add_argument("--epochs", type=int, default=5, help="of stream")
    parser.add_argument("--minutes", type=float, default=1, help="of autotune")
    parser.add_argument("--quick", action="store_true", help=f"{QUICK:,} texts of each file, to test the script")
    parser.add_argument("--cache", type=Path, help="file of the measured parts")
    parser.add_argument("--write-only", action="store_true", help="write the page, measure nothing")
    parser.add_argument("-o", "--output", type=Path, help="the page, Markdown")
    options = parser.parse_args()
    for name, known in (("parts", PARTS), ("cases", CASES)):
        setattr(options, name, getattr(options, name).split(","))
        if unknown := sorted(set(getattr(options, name)) - set(known)):
            parser.error(f"--{name} must be of {', '.join(known)}, got {', '.join(unknown)}")
    if bad := [one for one in options.fasttext if "=" not in one]:
        parser.error(f"--fasttext must be NAME=PYTHON, got {bad[0]}")
    here = Path(__file__).parent
    options.cache = options.cache or here / "fasttext.json"
    options.output = options.output or (None if options.quick else here / "FASTTEXT.md")
    return options


def command_of(options: argparse.Namespace, part: str) -> str:
    """The command that measures a part, without the paths of this machine."""
    names = " ".join(f"--fasttext {one.partition('=')[0]}=PYTHON" for one in options.fasttext)
    own = {"training": ["runs"], "prediction": ["runs"], "opening": ["runs"], "accuracy": ["seeds"]}
    own |= {"stream": ["texts", "epochs"], "autotune": ["minutes"], "determinism": ["runs"]}
    values = [f"--{name} {getattr(options, name)}" for name in own[part]]
    values += [f"--cases {','.join(options.cases)}"] if part == "training" else []
    return " ".join(["python benchmarks/fasttext_classifier.py ../shared/data", names, f"--parts {part}", *values])


def working(options: argparse.Namespace, script: str) -> dict[str, tuple[str, str]]:
    """Interpreter and title of each package that works; tells why another does not."""
    found = {}
    for name, _, python in (one.partition("=") for one in options.fasttext):
        try:
            command = [python, script, "fasttext", "about", "{}"]
            process = subprocess.run(command, capture_output=True, text=True, check=False)
        except OSError as error:
            print(f"skipped: {name}, {error}")
            continue
        if process.returncode:
            reason = (process.stderr.strip() or f"exit status {process.returncode}").splitlines()[-1]
            print(f"skipped: {name} (pip install {name}), {reason}")
            continue
        found[name] = (python, json.loads(process.stdout.splitlines()[-1])["title"])
    if not found:
        print("skipped: fastText; --fasttext NAME=PYTHON says where it is installed")
    return found


def measure(options: argparse.Namespace, found: dict[str, Any]) -> None:
    missing = [file for name in MEASURED for file in SETS[name].files if not (options.data / file).exists()]
    if missing:
        print(f"skipped: {', '.join(missing)} not in {options.data}")
        return
    script = str(Path(__file__).with_name("fasttext_work.py"))
    peers = working(options, script)
    with tempfile.TemporaryDirectory(prefix="malmoi-fasttext-") as folder:
        pythons = {OURS: sys.executable} | {name: python for name, (python, _) in peers.items()}
        bench = Bench(options, Path(folder), script, pythons)
        titles = [bench.run(OURS, "about")["title"], *(title for _, title in peers.values())]
        machine = f"{os.cpu_count()} cores, {platform.machine()}; {'; '.join(titles)}"
        bench.run(OURS, "lay_out", data=str(options.data), names=MEASURED, folder=folder, quick=options.quick)
        for part in options.parts:
            for name, lines in PARTS[part](bench):
                block = {"command": command_of(options, part), "machine": machine, "lines": lines}
                found.setdefault(part, {})[name] = block
                print("\n".join(["", f"{part}: {name}", "", *lines]), flush=True)
                if not options.quick:
                    write_whole(options.cache, json.dumps(found, ensure_ascii=False, indent=1) + "\n")


def write_whole(path: Path, text: str) -> None:
    """Write the file whole, or leave the one before."""
    part = path.with_suffix(".part")
    part.write_text(text, encoding="utf-8")
    part.replace(path)


def main() -> None:
    options = read_options()
    known = options.cache.exists() and not options.quick
    found = json.loads(options.cache.read_text(encoding="utf-8")) if known else {}
    if not options.write_only:
        measure(options, found)
    if not found:
        print("nothing was measured")
    elif options.output is None:
        print(f"\n{page(found)}")
    else:
        write_whole(options.output, page(found))
        print(f"wrote {options.output}")


if __name__ == "__main__":
    main()
