"""Texts that were decoded with the wrong encoding, and replacement characters."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.util import find_spec

import numpy as np
import numpy.typing as npt

from malmoi.evaluation.checks.base import SHOWN_EXAMPLES, Check, Subject, severity
from malmoi.evaluation.findings import Example, Finding, FindingKind

__all__ = ["MOJIBAKE", "repaired"]

WARNING_SHARE = 0.001
"""Share of texts from which there is a warning; rarer damage was in the source of the data."""
SHOWN_BEFORE, SHOWN_AFTER = 15, 40
"""Number of characters around the first damage in an example."""
LINE_ENDS = re.compile(r"[\r\n\t]+")
LONGEST_SEQUENCE = 4
MOST_ROUNDS = 3
"""Texts that were decoded wrongly twice are detected, three times rarely."""

KIND = FindingKind(
    "mojibake",
    "{count:text contains|texts contain} mojibake, characters decoded with the wrong encoding ({share:.2%})",
    "텍스트 {count:,}개({share:.2%})의 글자가 깨져 있습니다. 잘못된 인코딩으로 디코딩한 텍스트입니다",
    "read the source again with its own encoding, or repair the texts with ftfy.fix_text "
    "(pip install 'malmoi[checks]')",
    "원본을 알맞은 인코딩으로 다시 읽거나 ftfy.fix_text로 복구하세요(pip install 'malmoi[checks]')",
)
REPLACEMENTS = FindingKind(
    "replacement-characters",
    "{count:text contains|texts contain} the character U+FFFD ({share:.2%}; {characters:,} in total), which replaces "
    "bytes that could not be decoded",
    "텍스트 {count:,}개({share:.2%})에 디코딩하지 못한 바이트를 대체하는 문자 U+FFFD가 있습니다(모두 {characters:,}자)",
    "the original characters are lost; read the source again with its own encoding",
    "원래 글자는 복구할 수 없습니다. 원본을 알맞은 인코딩으로 다시 읽으세요",
)


def repaired(text: str) -> str:
    """Undo the wrong decoding of a text as far as possible.

    If ftfy is installed, it repairs the text. Otherwise the text is encoded and decoded again as a whole, if that is
    possible without loss.

    Example:
        >>> repaired("cafÃ©")
        'café'
        >>> repaired("¾È³ç")
        '안녕'
    """
    if korean := _korean(text):
        return korean
    if find_spec("ftfy") is not None:
        import ftfy

        return str(ftfy.fix_encoding(text))
    for _ in range(MOST_ROUNDS):
        better = _decoded(text)
        if better == text:
            break
        text = better
    return text


def _korean(text: str) -> str:
    """Return a text of EUC-KR that was read as Latin-1, which ftfy does not repair; "" for other texts."""
    try:
        found = text.encode("latin-1").decode("euc_kr")
    except UnicodeError:
        return ""
    is_korean = not text.isascii() and all(one.isascii() or "가" <= one <= "힣" for one in found)
    return found if is_korean and _decoded(text) == text else ""


def _decoded(text: str) -> str:
    """Undo a single wrong decoding, or return the text unchanged."""
    try:
        return _bytes(text).decode("utf-8")
    except UnicodeError:
        return "".join(CONTROLS.get(one, one) for one in text)


CONTROLS = {chr(code): bytes([code]).decode("cp1252", "replace") for code in range(0x80, 0xA0)}
"""Control characters of Latin-1 with the characters of CP1252 at the same positions."""
for _unknown in [control for control, shown in CONTROLS.items() if shown == "\ufffd"]:
    del CONTROLS[_unknown]


def _bytes(text: str) -> bytes:
    """Encode as CP1252, and characters outside it as Latin-1."""
    return b"".join(one.encode("latin-1" if "\x80" <= one <= "\x9f" else "cp1252") for one in text)


def _run(subject: Subject) -> Iterator[Finding]:
    damage, total = subject.damage, len(subject.data)
    broken = np.flatnonzero(damage.mojibake)
    if len(broken):
        values = {"count": len(broken), "share": len(broken) / total, "sequences": int(damage.mojibake.sum())}
        examples = _examples(subject, damage.texts[broken], damage.first_mojibake[broken], repair=True)
        yield Finding(KIND, severity(warning=values["share"] > WARNING_SHARE), values, examples)
    lost = np.flatnonzero(damage.replacements)
    if len(lost):
        characters = int(damage.replacements.sum())
        values = {"count": len(lost), "share": len(lost) / total, "characters": characters}
        examples = _examples(subject, damage.texts[lost], damage.first_replacement[lost], repair=False)
        yield Finding(REPLACEMENTS, severity(warning=values["share"] > WARNING_SHARE), values, examples)


def _examples(
    subject: Subject, texts: npt.NDArray[np.int64], firsts: npt.NDArray[np.uint32], *, repair: bool
) -> tuple[Example, ...]:
    """Return examples with the characters around the first damage of each, and with the repaired ones."""
    examples = []
    for place, first in zip(texts[:SHOWN_EXAMPLES].tolist(), firsts.tolist(), strict=False):
        text = subject.data.texts[place]
        found = LINE_ENDS.sub(" ", text[max(first - SHOWN_BEFORE, 0) : first + SHOWN_AFTER])
        # The end may split a sequence, which could not be decoded.
        for shown in (found[: len(found) - cut] for cut in range(LONGEST_SEQUENCE if repair else 0)):
            if (better := repaired(shown)) != shown:
                examples.append(subject.example(place, found=shown, repaired=better))
                break
        else:
            examples.append(subject.example(place, found=found))
    return tuple(examples)


MOJIBAKE = Check(
    (KIND, REPLACEMENTS),
    _run,
    what="character sequences that are UTF-8 read as CP1252 or Latin-1, once or twice, EUC-KR read as Latin-1, or "
    "control characters of Latin-1 that are punctuation in CP1252; characters U+FFFD",
    threshold="note from 1 text on, warning above 0.1 % of the texts; a pair such as `Â»` or `Ã…` after a capital "
    "letter, in which words in capitals may end, does not count",
    why="one word becomes several, and correctly decoded texts have none of them",
    source="the sequences that UTF-8 (RFC 3629) can have; examples are repaired by ftfy (Speer 2019) where it is "
    "installed",
)
