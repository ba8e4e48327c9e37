"""Reading of pickled tokenizers: only operations that such a file needs, and only the classes of a closed list."""

from __future__ import annotations

import io
import os
import pickle
import pickletools
from collections import OrderedDict, defaultdict
from collections.abc import Callable
from typing import Any

from malmoi.errors import DataError
from malmoi.foundation.validation import shorten

__all__ = ["TOKENIZER_MODULES", "tokenizer_state"]

TOKENIZER_MODULES = (
    "keras.preprocessing.text",
    "keras.src.legacy.preprocessing.text",
    "keras.src.preprocessing.text",
    "keras_preprocessing.text",
    "malmoi.keras.preprocessing.text",
    "malmoi.keras.preprocessing.tokenizer",
    "tensorflow.contrib.keras.python.keras.preprocessing.text",
    "tensorflow.python.keras.preprocessing.text",
    "tf_keras.preprocessing.text",
    "tf_keras.src.preprocessing.text",
)
"""Modules that old releases pickled the class `Tokenizer` with."""

_NAMES = (
    "APPEND APPENDS BINFLOAT BINGET BININT BININT1 BININT2 BINPUT BINSTRING BINUNICODE BINUNICODE8 BUILD DICT DUP "
    "EMPTY_DICT EMPTY_LIST EMPTY_TUPLE FLOAT FRAME GET GLOBAL INT LIST LONG LONG1 LONG_BINGET LONG_BINPUT MARK MEMOIZE "
    "NEWFALSE NEWOBJ NEWTRUE NONE POP POP_MARK PROTO PUT REDUCE SETITEM SETITEMS SHORT_BINSTRING SHORT_BINUNICODE "
    "STACK_GLOBAL STOP STRING TUPLE TUPLE1 TUPLE2 TUPLE3 UNICODE"
)
_OPERATIONS = frozenset(_NAMES.split())
_MOST_TUPLES = 10
"""Tuples in a file. A tokenizer has 6 at most; hashing tuples that contain each other takes exponential time."""


MESSAGE = 200
_KINDS = {
    b"\x89HDF": "is an HDF5 file: open models with malmoi.keras.models.load_model",
    b"\x1f\x8b": "is compressed: decompress it first",
    b"\x78\x9c": "is compressed: open it with joblib, and save it with pickle",
    b"PK\x03\x04": "is a zip file, such as a .keras model: open models with keras.models.load_model",
    b"\x93NUMPY": "is a NumPy array",
}


class _State:
    """Stands in for `Tokenizer`: it only keeps the state."""

    state: object = None

    def __init__(self, *arguments: object) -> None:
        """Ignore the arguments: old protocols call the class."""

    def __setstate__(self, state: object) -> None:
        self.state = state


class _Function:
    """A function that a file may call, but not change: an operation could set attributes of a plain one."""

    __slots__ = ("_function",)
    _function: Callable[..., Any]

    def __init__(self, function: Callable[..., Any]) -> None:
        object.__setattr__(self, "_function", function)

    def __call__(self, *arguments: Any) -> Any:
        return self._function(*arguments)

    def __setattr__(self, name: str, value: object) -> None:
        raise pickle.UnpicklingError("a function that is changed")

    def __setstate__(self, state: object) -> None:
        raise pickle.UnpicklingError("a function that is changed")


def _reconstructed(kind: object, base: object, state: object) -> _State:
    """Stand in for `copyreg._reconstructor`, which protocols 0 and 1 call to create an object."""
    if kind is not _State or base is not object:
        raise pickle.UnpicklingError("an object that is not a tokenizer")
    return _State()


def _counter(factory: object = None, *arguments: Any) -> defaultdict[Any, int]:
    """Stand in for `defaultdict`, whose factory could be any class of the list."""
    return defaultdict(int, *arguments)


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        """Return a class of the closed list, or what stands in for it."""
        if name == "Tokenizer" and module in TOKENIZER_MODULES:
            return _State
        found = _CLASSES.get((module, name))
        if found is None:
            raise _RefusedClassError(f"{module}.{name}")
        return found


_CLASSES = {
    ("collections", "OrderedDict"): OrderedDict,
    ("collections", "defaultdict"): _Function(_counter),
    ("builtins", "int"): int,
    ("__builtin__", "int"): int,
    ("__builtin__", "long"): int,  # protocols 0 to 2 of Python 3 write int like this
    ("builtins", "object"): object,
    ("__builtin__", "object"): object,
    ("copyreg", "_reconstructor"): _Function(_reconstructed),
    ("copy_reg", "_reconstructor"): _Function(_reconstructed),
}


class _RefusedClassError(Exception):
    """A class that is not in the list; its name is the argument."""


def tokenizer_state(content: bytes, path: str | os.PathLike[str]) -> dict[str, Any]:
    """Return the attributes of a pickled tokenizer, without running any code of the file.

    Args:
        content: the pickle, of any protocol.
        path: name of the file, for errors.

    Raises:
        DataError: the file is damaged, needs another class, or contains something else.
    """
    try:
        _check_operations(content)
        found = _Unpickler(io.BytesIO(content), encoding="utf-8").load()
    except _RefusedClassError as error:
        rule = "only Tokenizer, OrderedDict, defaultdict and int are allowed"
        raise DataError(
            f"{path} needs {shorten(str(error))}, which a pickled tokenizer must not use; {rule}"
        ) from error
    except Exception as error:  # damaged pickles raise errors of any kind
        rule = f"{path} must be a pickled Keras Tokenizer or the JSON of Tokenizer.to_json"
        raise DataError(f"{rule}, but it {_kind(content)} ({str(error)[:MESSAGE]})") from error
    state = found.state or {} if isinstance(found, _State) else None
    if not isinstance(state, dict):
        got = type(found).__name__ if state is None else type(state).__name__
        cure = "save it alone: pickle.dump(tokenizer, file)"
        raise DataError(f"{path} must contain a Keras Tokenizer and nothing else, got {got}; {cure}")
    if not all(isinstance(name, str) for name in state):
        raise DataError(f"{path} must contain a Keras Tokenizer, but names of its attributes are not str")
    return state


def _kind(content: bytes) -> str:
    """Return what a file is by its first bytes, with what to do."""
    for beginning, kind in _KINDS.items():
        if content.startswith(beginning):
            return kind
    return "is another file, or damaged"


def _check_operations(content: bytes) -> None:
    """Check that only `_OPERATIONS` are used, and that no operation allocates more than the file has.

    Raises:
        pickle.UnpicklingError: the file is cut, or uses another operation.
    """
    position, tuples, end = 0, 0, len(content)
    while position < end:
        code = content[position]
        name, length, lines = _LAYOUT.get(code, ("", 0, 0))
        if name not in _OPERATIONS:
            raise pickle.UnpicklingError(f"byte {position} is no operation of a pickled tokenizer")
        if name == "STOP":
            return
        tuples += "TUPLE" in name
        if tuples > _MOST_TUPLES:
            raise pickle.UnpicklingError(f"more than {_MOST_TUPLES} tuples")
        start = position = position + 1
        if length < 0:  # the argument begins with its own length
            position += -length + int.from_bytes(content[start : start - length], "little")
        for _ in range(lines):
            position = content.find(b"\n", position) + 1 or end + 1
        position += max(length, 0)
        if position > end:
            break
        if name in {"PUT", "LONG_BINPUT"}:  # an index of the table of objects, which would be allocated
            argument = content[start:position]
            index = int(argument) if name == "PUT" else int.from_bytes(argument, "little")
            if not 0 <= index <= end:
                raise pickle.UnpicklingError(f"index {index} of an object")
    raise pickle.UnpicklingError("the file is cut off")


def _layout() -> dict[int, tuple[str, int, int]]:
    """Return name, length of the argument, and its lines, by operation; a negative length: that of its own length."""
    prefixes = {pickletools.TAKEN_FROM_ARGUMENT1: -1, pickletools.TAKEN_FROM_ARGUMENT4: -4}
    prefixes |= {pickletools.TAKEN_FROM_ARGUMENT4U: -4, pickletools.TAKEN_FROM_ARGUMENT8U: -8}
    layout = {}
    for operation in pickletools.opcodes:
        argument = 0 if operation.arg is None else operation.arg.n
        lines = {"GLOBAL": 2, "INST": 2}.get(operation.name, 1) if argument == pickletools.UP_TO_NEWLINE else 0
        layout[ord(operation.code)] = (operation.name, 0 if lines else prefixes.get(argument, argument), lines)
    return layout


_LAYOUT = _layout()
