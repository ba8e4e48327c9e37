"""Detection of the files and the configuration of a static sentence embedding in a folder."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from malmoi.errors import FormatError
from malmoi.foundation.files import open_regular
from malmoi.foundation.validation import shorten

__all__ = ["Folder", "find_files", "read_json", "read_json_bytes"]

PICKLES = (".bin", ".ckpt", ".pickle", ".pkl", ".pt", ".pth")
LARGEST_JSON_BYTES = 1 << 28
WORDLLAMA_TABLE = re.compile(r"(.+)_\d+(_binary)?\.safetensors")
NESTED = "0_StaticEmbedding"
STATIC, NORMALIZE = "StaticEmbedding", "Normalize"


@dataclass(frozen=True)
class Folder:
    """The files of one model.

    Args:
        table: the safetensors file.
        tokenizer: the JSON file of the library `tokenizers`.
        config: content of `config.json`, the settings of model2vec.
        has_modules: whether the model is one of sentence-transformers, with `modules.json`.
        normalizes: whether `modules.json` has a step that normalises the embeddings.
    """

    table: Path
    tokenizer: Path
    config: dict[str, Any]
    has_modules: bool
    normalizes: bool


def find_files(path: Path) -> Folder:
    """Find the files of a model.

    Args:
        path: a folder written by model2vec, sentence-transformers or wordllama, or the safetensors file in it.

    Raises:
        FileNotFoundError: the path does not exist, or a file of the model is missing.
        FormatError: the folder holds another type of model, several tables, or only pickles.
    """
    if not path.exists():
        raise FileNotFoundError(f"no such folder: {path}")
    if path.is_dir():
        return _of_folder(path)
    _refuse_pickle(path)
    if path.suffix != ".safetensors":
        raise FormatError(f"{path} must be a folder or a .safetensors file; pass the folder that holds tokenizer.json")
    root = path.parent.parent if path.parent.name == NESTED else path.parent
    if (root / "modules.json").exists():
        return _of_folder(root)
    return Folder(path, _tokenizer_of(path), read_config(path.parent), has_modules=False, normalizes=False)


def _of_folder(folder: Path) -> Folder:
    place, normalizes = folder, False
    has_modules = (folder / "modules.json").exists()
    if has_modules:
        place, normalizes = _by_modules(folder)
    elif not _tables(folder) and (folder / NESTED).is_dir():
        place, has_modules = folder / NESTED, True
    elif not _tables(folder) and (folder / "weights").is_dir() and (folder / "tokenizers").is_dir():
        place = folder / "weights"  # as in wordllama's package and in its cache
    table = _only_table(place)
    has_modules = has_modules or (folder / "config_sentence_transformers.json").exists()
    return Folder(table, _tokenizer_of(table), read_config(place), has_modules, normalizes)


def _by_modules(folder: Path) -> tuple[Path, bool]:
    """Return the folder with the table of a sentence-transformers model, and whether embeddings are normalised."""
    path = folder / "modules.json"
    modules = read_json(path)
    if not isinstance(modules, list) or not all(isinstance(module, dict) for module in modules):
        raise FormatError(f"{path} must contain a list of modules, found {shorten(modules)}")
    kinds = [str(module.get("type", "")).rpartition(".")[2] for module in modules]
    if kinds[:1] != [STATIC] or set(kinds[1:]) - {NORMALIZE}:
        rule = f"{path} must list {STATIC}, optionally followed by {NORMALIZE}"
        raise FormatError(f"{rule}, found {', '.join(map(shorten, kinds))}; only static embeddings can be read")
    name = str(modules[0].get("path", ""))
    if name not in ("", ".") and not re.fullmatch(r"[\w-]+", name):
        raise FormatError(f"{path}: the path of a module must be the name of a subfolder, found {shorten(name)}")
    return folder / name, len(kinds) > 1


def _tables(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.safetensors"))


def _only_table(folder: Path) -> Path:
    tables = _tables(folder)
    if len(tables) > 1:
        names = ", ".join(table.name for table in tables[:3])
        raise FormatError(
            f"{folder} must contain one safetensors file, found {len(tables)}: {names}; pass one of these files"
        )
    if tables:
        return tables[0]
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        _refuse_pickle(path)
    raise FileNotFoundError(f"{folder} holds no safetensors file with the table; save the model there again")


def _refuse_pickle(path: Path) -> None:
    """Refuse a pickle by its suffix, without opening it."""
    if path.suffix in PICKLES:
        cure = "save it again with safetensors: save_pretrained(folder, safe_serialization=True)"
        raise FormatError(f"{path} is a pickle, which can run any code when it is loaded, and was not opened; {cure}")


def _tokenizer_of(table: Path) -> Path:
    """Return the tokenizer file that belongs to a table; wordllama has its own names and folder for it."""
    beside = table.with_name("tokenizer.json")
    if beside.exists():
        return beside
    matched = WORDLLAMA_TABLE.fullmatch(table.name)
    if matched and matched[2]:
        raise FormatError(f"{table} is for binary embeddings, which are not supported; use the file without _binary")
    if matched is None:
        raise FileNotFoundError(f"{beside} is missing; a static embedding needs its tokenizer beside its table")
    name = f"{matched[1]}_tokenizer_config.json"
    candidates = [table.with_name(name), table.parent.with_name("tokenizers") / name]
    found = next((candidate for candidate in candidates if candidate.exists()), None)
    if found is None:
        raise FileNotFoundError(f"{beside} and {candidates[0]} are missing; put the tokenizer of {table.name} there")
    return found


def read_config(folder: Path) -> dict[str, Any]:
    """Return the content of model2vec's `config.json`; empty if there is none."""
    path = folder / "config.json"
    config = read_json(path) if path.exists() else {}
    if not isinstance(config, dict):
        raise FormatError(f"{path} must contain a JSON object, found {shorten(config)}")
    return config


def read_json(path: Path) -> Any:
    """Return the content of a JSON file.

    Raises:
        FormatError: it is not valid JSON, or too large.
    """
    content = read_json_bytes(path)
    try:
        return json.loads(content.decode())
    except (ValueError, RecursionError) as error:
        raise FormatError(f"{path} is not valid JSON ({shorten(str(error))}); the file is damaged") from None


def read_json_bytes(path: Path) -> bytes:
    """Return the bytes of a JSON file.

    Raises:
        FormatError: it is not a regular file, or too large.
    """
    with open_regular(path) as file:
        content = file.read(LARGEST_JSON_BYTES + 1)
    if len(content) > LARGEST_JSON_BYTES:
        raise FormatError(f"{path} must have at most {LARGEST_JSON_BYTES} bytes, got more")
    return content
