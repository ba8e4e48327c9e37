"""Texts in another language than the majority."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from malmoi.evaluation.checks.base import SHOWN_EXAMPLES, Check, Subject, severity
from malmoi.evaluation.findings import Finding, FindingKind, Severity, Values
from malmoi.evaluation.function_words import FUNCTION_WORDS, LANGUAGE_NAMES
from malmoi.evaluation.text_facts import SCRIPTS, Likeness, even_places

__all__ = ["OTHER_LANGUAGE", "language_of", "spoken"]

Places = npt.NDArray[np.int64]

FEWEST_LETTERS = 12
"""Minimum number of letters: shorter texts in another script are names, titles and the like ("OST", "good!", "KBS")."""
SCRIPT_SHARE = 0.8
"""Minimum share of letters of another script; code-switching and brand names have less."""
COMMON_SHARE = 0.1
"""Share of texts from which a script or a language is one of the main languages of the data."""
FEWEST_WORDS = 7
UNLIKE_FREQUENT = 0.5
"""Maximum ratio to the median share of frequent words, which is 53 % in reviews of IMDB; 0.1 % of them have less than
32 %. Of 200 added sentences in French, German, Spanish, Portuguese, Dutch and Italian 99 % have at most 18 %."""
UNLIKE_SCORE = 0.5
"""Minimum distance below the median log probability of the trigrams. In IMDB those sentences are at least 0.75 below
it, and 1 % of the reviews 0.42 or more; in MR, whose texts are sentences, 95 % of those sentences are at least 0.7
below."""
FEW_FUNCTION_WORDS = (0.2, 3)
MANY_FUNCTION_WORDS = (0.1, 10)
"""Minimum share and number of distinct function words of another language: for a sentence, and for a long text that has
quotes or a header in the majority language."""
AHEAD = 1.5
"""Ratio of its function words to those of the majority language."""
PROFILE_BYTES = 8_000_000
LEAST_PROFILE_TEXTS, MOST_PROFILE_TEXTS = 2_000, 20_000
SAMPLED_TEXTS, SAMPLED_CHARACTERS = 500, 1_000
"""Number of sampled texts for detecting the majority language."""
READ_CHARACTERS = 4_000
WARNING_SHARE = 0.001
"""Share of affected texts from which there is a warning; one text among more than a thousand is an outlier."""

WORD = re.compile(r"[^\W\d_]+")
ADDRESS = re.compile(r"(?:https?://|www\.)\S+|\S+@\S+")
ALPHABETS = frozenset({1, 4, 5, 6, 7, 8})
"""Latin, Cyrillic, Greek, Arabic, Hebrew, Indic: scripts with spaces between words, used by several languages."""


class _Found(NamedTuple):
    """A language with its evidence in a text."""

    language: str
    share: float
    distinct: int


def _shown(values: Values, language: int) -> str:
    unit = ("", "개")[language]
    return ", ".join(f"{_name(code, language)} {count:,}{unit}" for code, count in values["languages"].items())


def _name(code: str, language: int) -> str:
    """Return the name of a language, or of a script, in English (0) or Korean (1)."""
    if code in LANGUAGE_NAMES:
        return LANGUAGE_NAMES[code][language]
    script = SCRIPTS[int(code.removeprefix("script-"))][language]
    return f"{script} script" if language == 0 else script


def _other(values: Values) -> str:
    subject = "1 text is" if values["count"] == 1 else f"{values['count']:,} texts ({values['share']:.2%}) are"
    return f"{subject} not in the majority language: {_shown(values, 0)}"


def _korean_other(values: Values) -> str:
    return (
        f"텍스트 {values['count']:,}개({values['share']:.2%})가 대부분의 텍스트와 다른 언어입니다: {_shown(values, 1)}"
    )


def _several(values: Values) -> str:
    return f"the texts are in several languages; in a sample of {values['sampled']:,} texts: {_shown(values, 0)}"


def _korean_several(values: Values) -> str:
    return f"텍스트가 여러 언어로 되어 있습니다. 샘플 {values['sampled']:,}개의 비율: {_shown(values, 1)}"


KIND = FindingKind(
    "other-language",
    _other,
    _korean_other,
    "remove or translate them; there are too few of them for a model to learn",
    "제거하거나 번역하세요. 수가 너무 적어 모델이 학습하지 못합니다",
)
SEVERAL = FindingKind(
    "several-languages",
    _several,
    _korean_several,
    "evaluate each language separately",
    "언어별로 따로 평가하세요",
)


def language_of(text: str, against: str | None = None) -> str | None:
    """Return the language whose function words a text has, or `None`.

    Args:
        text: a sentence or more.
        against: the expected language; another one must have far more function words.

    Example:
        >>> language_of("Ce film raconte l'histoire d'une famille qui se retrouve après la guerre.")
        'fr'
        >>> language_of("Gone with the Wind") is None
        True
    """
    length, found = _function_words(text)
    if length < FEWEST_WORDS or not found:
        return None
    best = max(found.values(), key=lambda one: (one.share, one.distinct))
    confirmed = any(
        best.share >= share and best.distinct >= distinct
        for share, distinct in (FEW_FUNCTION_WORDS, MANY_FUNCTION_WORDS)
    )
    ahead = against not in found or against == best.language or best.share >= AHEAD * found[against].share
    return best.language if confirmed and ahead else None


def _function_words(text: str) -> tuple[int, dict[str, _Found]]:
    """Return the number of words, and the share and number of function words of each language."""
    words = [word.lower() for word in WORD.findall(text[:READ_CHARACTERS])]
    counts: dict[str, list[int]] = {}
    for word, count in Counter(words).items():
        for language in FUNCTION_WORDS.get(word, ()):
            sums = counts.setdefault(language, [0, 0])
            sums[0] += count
            sums[1] += 1
    return len(words), {name: _Found(name, count / len(words), distinct) for name, (count, distinct) in counts.items()}


class _Spoken(NamedTuple):
    """Languages or scripts of the texts.

    Args:
        exceptions: the language or script of each text that is not in the majority language, by index.
        common: number of sampled texts of each frequent language or script.
        sampled: number of sampled texts.
    """

    exceptions: dict[int, str]
    common: dict[str, int]
    sampled: int


def spoken(subject: Subject) -> _Spoken:
    """Return the texts that are not in the majority language, and the frequent languages."""
    facts, texts = subject.facts, subject.data.texts
    long = facts.letters >= FEWEST_LETTERS
    counts = np.bincount(facts.scripts[long], minlength=len(SCRIPTS))
    many = counts > COMMON_SHARE * counts.sum()
    foreign = long & ~many[facts.scripts] & (facts.script_letters >= SCRIPT_SHARE * facts.letters)
    foreign[subject.damage.texts] = False  # letters of mojibake are ignored
    exceptions = {
        place: _language_or_script(texts[place], int(facts.scripts[place]))
        for place in np.flatnonzero(foreign).tolist()
        if facts.scripts[place] not in ALPHABETS or _is_prose(texts[place])
    }
    main = int(counts.argmax())
    if main not in ALPHABETS or many.sum() != 1:
        common = {f"script-{script}": int(counts[script]) for script in np.flatnonzero(many).tolist()}
        return _Spoken(exceptions, common, int(counts.sum()))
    of_main = np.flatnonzero(long & (facts.scripts == main))
    drawn = of_main[even_places(len(of_main), SAMPLED_TEXTS)].tolist()
    sample = Counter(language_of(texts[place][:SAMPLED_CHARACTERS]) for place in drawn)
    common = {name: count for name, count in sample.most_common() if name and count > COMMON_SHARE * len(drawn)}
    if len(common) < 2:
        exceptions.update(_unlike(subject, of_main, next(iter(common), None)))
    return _Spoken(exceptions, common, len(drawn))


def _run(subject: Subject) -> Iterator[Finding]:
    found = spoken(subject)
    if len(found.common) > 1:
        yield Finding(SEVERAL, Severity.note, {"sampled": found.sampled, "languages": found.common})
    if found.exceptions:
        yield _finding(subject, found.exceptions)


def _finding(subject: Subject, languages: dict[int, str]) -> Finding:
    places = sorted(languages)
    share = len(places) / len(subject.data)
    values = {"count": len(places), "share": share, "languages": dict(Counter(languages.values()).most_common())}
    examples = (subject.example(place, language=_name(languages[place], 0)) for place in places[:SHOWN_EXAMPLES])
    return Finding(KIND, severity(warning=share > WARNING_SHARE), values, tuple(examples))


def _is_prose(text: str) -> bool:
    """Return whether a text has enough letters outside addresses, and more than one word, unlike "aaaaaaaaaaaaaaa"."""
    words = WORD.findall(ADDRESS.sub(" ", text[:READ_CHARACTERS]))
    return len(words) > 1 and sum(map(len, words)) >= FEWEST_LETTERS


def _language_or_script(text: str, script: int) -> str:
    """Return the language, or else the script, of a text in another script."""
    found = _function_words(text)[1].values() if script in ALPHABETS else ()
    best = max(found, key=lambda one: (one.share, one.distinct), default=_Found("", 0.0, 0))
    return best.language if best.share >= FEW_FUNCTION_WORDS[0] and best.distinct > 1 else f"script-{script}"


def _unlike(subject: Subject, places: Places, main: str | None) -> dict[int, str]:
    """Return texts that differ from the data's profile and have function words of another language with this script."""
    texts = [subject.data.texts[place] for place in places.tolist()]
    length = int(subject.facts.characters[places].mean()) + 1
    most = int(np.clip(PROFILE_BYTES // length, LEAST_PROFILE_TEXTS, MOST_PROFILE_TEXTS))
    likeness = Likeness.of(texts, even_places(len(texts), most).tolist())
    enough = likeness.words >= FEWEST_WORDS
    if not enough.any():
        return {}
    frequent = likeness.frequent / np.maximum(likeness.words, 1)
    unlike = (frequent < UNLIKE_FREQUENT * np.median(frequent[enough])) & (
        likeness.scores < np.median(likeness.scores[enough]) - UNLIKE_SCORE
    )
    found = {}
    for place in np.flatnonzero(enough & unlike).tolist():
        language = language_of(texts[place], main)
        if language is not None and language != main:
            found[int(places[place])] = language
    return found


OTHER_LANGUAGE = Check(
    (KIND, SEVERAL),
    _run,
    what="texts whose letters belong to another script than the majority; texts of the same alphabet that differ from "
    "a profile of the data (letter trigrams and the 100 most frequent words, counted on a sample of its texts) and "
    "have function words of another of 23 languages; data in several languages",
    threshold="script: two words or more with 12 letters, except addresses, 80 % of them of a script that at most 10 % "
    "of the texts have. Language: 7 words or more, less than half of the median share of frequent words, mean log "
    "probability of the trigrams 0.5 below the median, and 20 % function words (3 distinct) or 10 % (10 distinct) of "
    "the other language. Warning above 0.1 % of the texts, else note; note if a second language has more than 10 %",
    why="a model learns nothing from a few texts in another language, and its predictions for them are guesses",
    source="Cavnar and Trenkle 1994 (profiles of n-grams); Grefenstette 1995 (frequent words)",
)
