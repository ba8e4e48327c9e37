"""Near duplicates made from texts: edits of words, case, punctuation, white space and word order.

Words are what stands between white space. `SHARE` of a text's words are edited, one at least.
"""

import random as randoms
import re
from collections.abc import Sequence

SHARE = 0.1
SENTENCE_END = re.compile(r"(?<=[.!?])\s+")
MARKS = ".,!?;:-\"()'"


def vocabulary_of(texts: Sequence[str], random: randoms.Random, size: int = 20_000) -> list[str]:
    """Return words of texts as often as they occur there: what replaces words is as frequent as other words are."""
    words: list[str] = []
    while len(words) < size:
        own = random.choice(texts).split()
        words += random.sample(own, min(len(own), 20))
    return words[:size]


def edited(text: str, kind: str, random: randoms.Random, vocabulary: Sequence[str]) -> str:
    """Return a near duplicate of a text.

    Args:
        text: with two words or more; else an edit may change nothing.
        kind: one of `KINDS`.
        random: what is edited is drawn from it.
        vocabulary: what words are replaced by.
    """
    return KINDS[kind](text, random, vocabulary)


def _places(words: Sequence[str], random: randoms.Random, share: float = SHARE) -> set[int]:
    return set(random.sample(range(len(words)), max(1, round(len(words) * share)))) if words else set()


def _replaced(text: str, random: randoms.Random, vocabulary: Sequence[str], share: float = SHARE) -> str:
    words = text.split()
    places = _places(words, random, share)
    return " ".join(random.choice(vocabulary) if at in places else word for at, word in enumerate(words))


def _dropped(text: str, random: randoms.Random, vocabulary: Sequence[str], share: float = SHARE) -> str:
    words = text.split()
    places = _places(words, random, share)
    return " ".join(word for at, word in enumerate(words) if at not in places)


def _inserted(text: str, random: randoms.Random, vocabulary: Sequence[str], share: float = SHARE) -> str:
    words = text.split()
    places = _places(words, random, share)
    return " ".join(f"{word} {random.choice(vocabulary)}" if at in places else word for at, word in enumerate(words))


def _case(text: str, random: randoms.Random, vocabulary: Sequence[str]) -> str:
    """All upper, all lower, every word a capital, or letters at random; and one mark more, so that it is not equal."""
    change = random.choice([str.upper, str.lower, str.title, lambda part: _random_case(part, random)])
    return change(text) + random.choice(".!")


def _random_case(text: str, random: randoms.Random) -> str:
    return "".join(random.choice((letter.upper(), letter.lower())) for letter in text)


def _punctuation(text: str, random: randoms.Random, vocabulary: Sequence[str]) -> str:
    """All of it gone, or marks behind a fifth of the words."""
    if random.random() < 0.5:
        return "".join(" " if letter in '.,!?;:-"()' else letter for letter in text if letter != "'") + "!"
    words = text.split()
    places = _places(words, random, 0.2)
    return " ".join(word + random.choice(MARKS) if at in places else word for at, word in enumerate(words))


def _white_space(text: str, random: randoms.Random, vocabulary: Sequence[str]) -> str:
    """Other white space between words, and spaces before punctuation, so that it is not equal."""
    apart = re.sub(r"([.,!?])", r" \1 ", text) + " ."
    return "".join(word + random.choice([" ", "  ", "\n", "\t", " \n\n"]) for word in apart.split())


def _moved_sentences(text: str, random: randoms.Random, vocabulary: Sequence[str]) -> str:
    """Sentences in another order; of one sentence, its halves."""
    parts = SENTENCE_END.split(text)
    if len(parts) == 1:
        words = text.split()
        return " ".join(words[len(words) // 2 :] + words[: len(words) // 2])
    random.shuffle(parts)
    return " ".join(parts)


def _swapped_words(text: str, random: randoms.Random, vocabulary: Sequence[str]) -> str:
    """Neighbouring words change places."""
    words = text.split()
    for at in _places(words[1:], random, 0.2):
        words[at], words[at + 1] = words[at + 1], words[at]
    return " ".join(words)


def _shuffled_words(text: str, random: randoms.Random, vocabulary: Sequence[str]) -> str:
    words = text.split()
    random.shuffle(words)
    return " ".join(words)


def _mixed(text: str, random: randoms.Random, vocabulary: Sequence[str]) -> str:
    """A tenth of the words replaced, dropped or inserted, in halves of two kinds; then case, marks or order too."""
    for change in random.sample([_replaced, _dropped, _inserted], 2):
        text = change(text, random, vocabulary, SHARE / 2)
    others = [_case, _punctuation, _white_space, _moved_sentences, _swapped_words]
    return random.choice(others)(text, random, vocabulary)


KINDS = {
    "replaced words": _replaced,
    "dropped words": _dropped,
    "inserted words": _inserted,
    "case": _case,
    "punctuation": _punctuation,
    "white space": _white_space,
    "moved sentences": _moved_sentences,
    "swapped words": _swapped_words,
    "shuffled words": _shuffled_words,
    "mixed": _mixed,
}
