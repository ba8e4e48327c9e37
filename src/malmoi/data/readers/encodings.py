"""Detection of character encodings from the first bytes of a file."""

from __future__ import annotations

import codecs
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from malmoi.errors import DataError

__all__ = ["ENCODING_CURE", "decoded", "detected_encoding", "named_bytes", "shown_encoding"]

ENCODING_CURE = "pass the file's encoding (encoding=..., on the command line --encoding)"
MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
"""Byte order marks; UTF-32 comes first, because its mark begins with that of UTF-16."""
SHOWN = {"utf-8": "UTF-8", "utf-16": "UTF-16", "utf-16-le": "UTF-16", "utf-16-be": "UTF-16", "utf-32": "UTF-32"}
FEWEST_ZEROS = 0.2
"""Share of zero bytes at even or odd offsets above which bytes without a mark are UTF-16."""
COMMON_BYTES = 2
"""EUC-KR bytes of the 2,350 common syllables of KS X 1001; others, to which cp949 decodes Japanese text, have 8."""
FEWEST_HANGUL, MOST_IDEOGRAPHS = 0.8, 0.05
"""Shares of the non-ASCII letters of Korean text. Chinese text decoded as cp949 has Hangul too, and many ideographs."""


def detected_encoding(sample: bytes) -> str:
    """Detect the encoding of bytes: by their byte order mark, otherwise UTF-8, UTF-16 or cp949; UTF-8 by default.

    Args:
        sample: first bytes of a file; may end within a character.
    """
    marked = next((encoding for mark, encoding in MARKS if sample.startswith(mark)), None)
    if marked is not None:
        return marked
    if _decodes(sample, "utf-8") and b"\0" not in sample:
        return "utf-8"
    zeros = [sample[start::2].count(0) / max(1, len(sample) // 2) for start in (0, 1)]
    if max(zeros) > FEWEST_ZEROS and min(zeros) < max(zeros) / 4:
        encoding = "utf-16-be" if zeros[0] > zeros[1] else "utf-16-le"
        return encoding if _decodes(sample[: len(sample) // 2 * 2], encoding) else "utf-8"
    if _decodes(sample, "utf-16-le") and _is_korean(sample, "utf-16-le"):
        return "utf-16-le"
    return "cp949" if _decodes(sample, "cp949") and _is_korean(sample, "cp949") else "utf-8"


def _decodes(sample: bytes, encoding: str) -> bool:
    try:
        codecs.getincrementaldecoder(encoding)().decode(sample)
    except UnicodeDecodeError:
        return False
    return True


def _is_korean(sample: bytes, encoding: str) -> bool:
    text = codecs.getincrementaldecoder(encoding)().decode(sample)
    letters = [letter for letter in text if not letter.isascii() and unicodedata.category(letter).startswith("L")]
    hangul = sum("가" <= letter <= "힣" and len(letter.encode("euc_kr")) == COMMON_BYTES for letter in letters)
    ideographs = sum("\u4e00" <= letter <= "\u9fff" or "\uf900" <= letter <= "\ufaff" for letter in letters)
    return hangul > FEWEST_HANGUL * len(letters) and ideographs <= MOST_IDEOGRAPHS * len(letters)


def shown_encoding(encoding: str) -> str:
    """Return the display name of an encoding."""
    return SHOWN.get(encoding, encoding)


def decoded(path: Path, content: bytes, encoding: str) -> str:
    """Decode a whole file, without its byte order mark.

    Raises:
        DataError: a byte is not valid in the encoding.
    """
    chosen = detected_encoding(content) if encoding == "auto" else encoding
    with named_bytes(path, chosen, lambda _: 0):
        return content.decode(chosen).removeprefix("\ufeff")


@contextmanager
def named_bytes(path: Path, encoding: str, start: Callable[[int], int]) -> Iterator[None]:
    """Convert decoding errors to DataErrors with file and byte offset.

    `start` returns the file offset of the decoded bytes from their number.
    """
    try:
        yield
    except UnicodeDecodeError as error:
        byte = f"byte {start(len(error.object)) + error.start} (0x{error.object[error.start]:02x})"
        raise DataError(f"{path}: {byte} is not {shown_encoding(encoding)}; {ENCODING_CURE}") from None
    except UnicodeError as error:
        raise DataError(f"{path}: {error}; {ENCODING_CURE}") from None
