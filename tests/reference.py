"""Plain Python twins of the core's kernels: slow, short, and plainly right."""

from __future__ import annotations

import math
import re
import string
import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import combinations, pairwise

Split = Callable[[str], list[str]]


def keras_words(text: str, filters: str, lower: bool, split: str) -> list[str]:
    """Keras' rule, from its documentation."""
    if lower:
        text = text.lower()
    for character in filters:
        text = text.replace(character, split)
    return [word for word in text.split(split) if word]


def ascii_words(text: str) -> list[str]:
    """UAX #29 for texts that are all ASCII, as one regular expression."""
    letters = r"[A-Za-z]+(?:[.':](?=[A-Za-z])[A-Za-z]+)*"
    numbers = r"[0-9]+(?:[.',;](?=[0-9])[0-9]+)*"
    pieces = re.findall(rf"(?:{letters}|{numbers}|_+)+", text)
    return [piece for piece in pieces if re.search(r"[A-Za-z0-9]", piece)]


ALONE = "😊👍🏴👨👩👧❤☹✔☺🏳🌈🤷♀🅰"
"""Pictures that are emoji by themselves, among those of the tests."""
PICTURES = ALONE + "©ℹ"
MARKS = "\u0301\ufe0e\ufe0f\u20e3\U000e0020-\U000e007f🏻-🏿"
EMOJI = re.compile(
    rf"(?:[🇦-🇿]{{1,2}}|[{PICTURES}](?:[{MARKS}]*\u200d[{PICTURES}])*|[0-9#*](?=[\ufe0f\u20e3]))[{MARKS}\u200d]*"
)


def words_and_emoji(text: str, words: Split) -> list[str]:
    """Emoji (UTS #51, definitions ED-13 to ED-16, more than what is recommended), and the words between them."""
    tokens, start = [], 0
    for found in EMOJI.finditer(text):
        emoji = found[0]
        if set(emoji) & set(ALONE) or "🇦" <= emoji[0] <= "🇿" or emoji[1:2] in ("\ufe0f", "\u20e3"):
            tokens += [*words(text[start : found.start()]), plain(emoji).rstrip("\u200d")]
            start = found.end()
    return [plain(token) for token in [*tokens, *words(text[start:])]]


def plain(token: str) -> str:
    """A token without variation selectors."""
    return token.replace("\ufe0e", "").replace("\ufe0f", "")


def uncovered(texts: Sequence[str], spans: Callable[[str], list[tuple[int, int]]]) -> tuple[int, int, Counter[str]]:
    """Characters that are neither white space nor marks; those in no token: punctuation, and others with counts."""
    characters, punctuation, others = 0, 0, Counter[str]()
    for text in texts:
        covered = {place for start, end in spans(text) for place in range(start, end)}
        for place, character in enumerate(text):
            kind = unicodedata.category(character)
            if character.isspace() or kind in ("Mn", "Me", "Cf") or "🏻" <= character <= "🏿":
                continue
            characters += 1
            if place in covered:
                continue
            if kind[0] == "P" or character in string.punctuation:
                punctuation += 1
            else:
                others[character] += 1
    return characters, punctuation, others


def counts(texts: Sequence[str], split: Split) -> tuple[list[str], list[int], list[int]]:
    """Words, counts and texts that hold each; most frequent first, ties by first appearance."""
    tokens = Counter(token for text in texts for token in split(text))
    holders = Counter(token for text in texts for token in dict.fromkeys(split(text)))
    order = sorted(tokens, key=lambda token: -tokens[token])
    return order, [tokens[token] for token in order], [holders[token] for token in order]


def padded(sequences: list[list[int]], length: int, pad_left: bool, keep_last: bool) -> list[list[int]]:
    """Rows of one length."""
    rows = []
    for sequence in sequences:
        kept = sequence[-length:] if keep_last else sequence[:length]
        zeros = [0] * (length - len(kept))
        rows.append(zeros + kept if pad_left else kept + zeros)
    return rows


def vectors(text: str, words: Sequence[str], dimension: int) -> tuple[list[list[float]], list[bool]]:
    """The notes' loop over a GloVe file; the first row of a word wins."""
    table: dict[str, list[float]] = {}
    for line in text.splitlines():
        values = line.split()
        table.setdefault(values[0], [float(value) for value in values[1:]])
    return [table.get(word, [0.0] * dimension) for word in words], [word in table for word in words]


Ngram = tuple[int, tuple[str, ...]]
Kinds = Sequence[tuple[Split, int, int]]


def ngram_counts(text: str, kinds: Kinds) -> Counter[Ngram]:
    """How often each n-gram is in a text; each kind of token, with its shortest and longest n-gram, has its own."""
    found: Counter[Ngram] = Counter()
    for number, (split, shortest, longest) in enumerate(kinds):
        tokens = split(text)
        for length in range(shortest, longest + 1):
            found.update((number, tuple(tokens[at : at + length])) for at in range(len(tokens) - length + 1))
    return found


def bag_matrix(counted: Sequence[Counter[Ngram]], training: int, weighting: str) -> list[list[float]]:
    """Rows at length 1; columns are the n-grams of the first texts, of which the document frequencies are too."""
    columns = sorted({ngram for found in counted[:training] for ngram in found})
    holders = Counter(ngram for found in counted[:training] for ngram in found)
    rows = []
    for found in counted:
        row = []
        for ngram in columns:
            count = found.get(ngram, 0)
            value = float(count) if weighting == "count" else float(count > 0)
            if weighting == "tfidf" and count:
                value = (1 + math.log(count)) * (math.log((1 + training) / (1 + holders[ngram])) + 1)
            row.append(value)
        length = math.sqrt(sum(value * value for value in row))
        rows.append([value / length if length else 0.0 for value in row])
    return rows


def log_count_ratios(
    rows: Sequence[Sequence[float]], positive: Sequence[bool], weights: Sequence[float], smoothing: float
) -> list[float]:
    """Wang and Manning's r: how much larger the share of each column is in the rows of a class than in the others."""
    sides = []
    for side in (True, False):
        counts = [smoothing] * len(rows[0])
        for row, own, weight in zip(rows, positive, weights, strict=True):
            if own == side:
                counts = [count + weight * (value > 0) for count, value in zip(counts, row, strict=True)]
        sides.append([count / sum(counts) for count in counts])
    return [math.log(own / rest) for own, rest in zip(*sides, strict=True)]


ANYWHERE = """에 의 도 만 에서 에게 에는 에도 에만 한테 부터 까지 처럼 보다 마다 밖에 조차 하고 께서 만의 만은
만이 만을 만도 에서는 에서도 에서의 에서만 에게는 에게도 에게서 한테는 한테도 까지는 까지도 까지만
부터는 처럼은 보다는 보다도 께서는 만으로 조차도 만으로도 에서부터 에게서는"""
AFTER_CONSONANT = "은 이 을 과 으로 이나 이랑 과는 과도 과의 으로는 으로도 으로만 으로서 으로써 이라도 으로부터"
AFTER_VOWEL = "는 가 를 와 나 랑 와는 와도 와의 라도"
AFTER_VOWEL_OR_RIEUL = "로 로는 로도 로만 로서 로써 로부터"
WHOLE = """그래도 그러나 그대로 말그대로 제대로 의외로 실제로 억지로 스스로 그야말로 너무나 얼마나 언제나 게다가
보다가 하다가 적어도 이정도 완성도 몰입도 하나같이 똑같이 불구하고 드라마다 고양이 어린이 호랑이 원숭이"""
PARTICLES = sorted(
    " ".join([ANYWHERE, AFTER_CONSONANT, AFTER_VOWEL, AFTER_VOWEL_OR_RIEUL]).split(), key=len, reverse=True
)


def eojeol(words: Sequence[str], particles: bool) -> list[str]:
    """Words of Korean with their particles apart, and laughter and tears apart."""
    tokens = []
    for word in words:
        for piece in re.findall("ㅋ+|ㅎ+|ㅠ+|ㅜ+|[^ㅋㅎㅠㅜ]+", word):
            particle = (
                "" if piece[0] in "ㅋㅎㅠㅜ" or piece in WHOLE.split() else next(filter(piece.endswith, PARTICLES), "")
            )
            stem = piece.removesuffix(particle)
            if particle and len(stem) >= 2 and may_follow(stem[-1], particle):
                tokens += [stem, particle] if particles else [stem]
            else:
                tokens.append(piece[:2] if piece[0] in "ㅋㅎㅠㅜ" else piece)
    return tokens


def may_follow(character: str, particle: str) -> bool:
    """Whether a particle may stand behind a character: the rule of final consonants; -지만 is an ending."""
    if not "가" <= character <= "힣":
        return character.isalnum()
    final = (ord(character) - ord("가")) % 28
    if particle in AFTER_CONSONANT.split():
        return final != 0
    if particle in AFTER_VOWEL_OR_RIEUL.split():
        return final in (0, 8)
    return final == 0 if particle in AFTER_VOWEL.split() else (character, particle) != ("지", "만")


class SplitMix64:
    """The core's random numbers: Steele, Lea and Flood 2014, and streams of a seed."""

    MASK = 2**64 - 1

    def __init__(self, seed: int, stream: int) -> None:
        """Begin a stream of a seed."""
        self.state = stream
        start = self.number()
        self.state = seed
        self.state = self.number() ^ ((start << 17 | start >> 47) & self.MASK)

    def number(self) -> int:
        """0 to 2**64 - 1."""
        self.state = (self.state + 0x9E3779B97F4A7C15) & self.MASK
        mixed = (self.state ^ self.state >> 30) * 0xBF58476D1CE4E5B9 & self.MASK
        mixed = (mixed ^ mixed >> 27) * 0x94D049BB133111EB & self.MASK
        return mixed ^ mixed >> 31

    def centred(self) -> float:
        """-0.5 to 0.5, without the end."""
        return (self.number() >> 40) / 2**24 - 0.5

    def below(self, count: int) -> int:
        """0 to `count` - 1."""
        return self.number() * count >> 64

    def order(self, count: int) -> list[int]:
        """0 to `count` - 1, shuffled."""
        order = list(range(count))
        for last in range(count - 1, 0, -1):
            other = self.below(last + 1)
            order[last], order[other] = order[other], order[last]
        return order


def document_vectors(
    rows: Sequence[Sequence[int]],
    wanted: Sequence[bool],
    *,
    dimension: int,
    epochs: int,
    negatives: int,
    learning_rate: float,
    sharpness: float,
    seed: int,
) -> list[list[float]]:
    """Vectors of n-grams by gradient ascent on log s(k cos) of a text with its n-grams, log s(-k cos) with others.

    Texts and n-grams are dealt to 16 groups each; in a round each group of texts meets one group of n-grams, and the
    negative samples of a pair are n-grams of other pairs of the two groups. Rows are few: a group fits the cache.
    """
    width = -(-dimension // 32) * 32
    scale = math.sqrt(12 / width)

    def dealt(members: int, stream: int) -> tuple[int, int, list[int]]:
        size = max(-(-members // min(16, members)), 1)
        return max(-(-members // size), 1), size, SplitMix64(seed, 1 << 63 | stream).order(members)

    def first(places: int, stream: int) -> list[list[float]]:
        random = SplitMix64(seed, stream)
        return [[random.centred() * scale for _ in range(width)] for _ in range(places)]

    (text_groups, text_size, text_places), (ngram_groups, ngram_size, ngram_places) = (
        dealt(len(rows), 1),
        dealt(len(wanted), 2),
    )
    texts, ngrams = first(text_groups * text_size, 1 << 59), first(ngram_groups * ngram_size, 1 << 60)
    tiles: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for row in sorted(range(len(rows)), key=text_places.__getitem__):
        for column in rows[row]:
            if wanted[column]:
                text, ngram = text_places[row], ngram_places[column]
                tiles.setdefault((text // text_size, ngram // ngram_size), []).append((text, ngram))
    rounds = max(text_groups, ngram_groups)
    for epoch in range(epochs):
        for number, shift in enumerate(SplitMix64(seed, 1 << 61 | epoch).order(rounds)):
            done = epoch * rounds + number
            rate = learning_rate * max(1 - done / (rounds * epochs), 0.02) * sharpness
            turned = [(place + shift) % rounds for place in range(rounds)]
            pairs = enumerate(turned) if text_groups <= ngram_groups else ((t, n) for n, t in enumerate(turned))
            for text_group, ngram_group in list(pairs)[: min(text_groups, ngram_groups)]:
                random = SplitMix64(seed, 1 << 62 | done << 24 | text_group)
                tile = tiles.get((text_group, ngram_group), [])
                _train_tile(texts, ngrams, tile, negatives, rate, sharpness, random)
    unit = [[value / math.hypot(*ngrams[place]) for value in ngrams[place]] for place in ngram_places]
    return [vector if is_wanted else [0.0] * width for vector, is_wanted in zip(unit, wanted, strict=True)]


def _train_tile(
    texts: list[list[float]],
    ngrams: list[list[float]],
    tile: list[tuple[int, int]],
    negatives: int,
    rate: float,
    sharpness: float,
    random: SplitMix64,
) -> None:
    for place, positive in tile:
        text = texts[place]
        length, step = math.hypot(*text), [0.0] * len(text)
        for number in range(negatives + 1):
            other = positive if number == 0 else tile[random.below(len(tile))][1]
            if number > 0 and other == positive:
                continue
            ngram = ngrams[other]
            own = math.hypot(*ngram)
            cosine = sum(map(float.__mul__, text, ngram)) / length / own
            # The core reads the logistic function from a table of 4096 steps.
            stepped = math.floor((cosine + 1) * 2048) / 2048 - 1
            share = 1 / (1 + math.exp(-sharpness * stepped))
            pull = rate * ((number == 0) - share)
            by_text = [n / length / own - cosine * t / length**2 for t, n in zip(text, ngram, strict=True)]
            by_ngram = [t / length / own - cosine * n / own**2 for t, n in zip(text, ngram, strict=True)]
            step = [sum_ + pull * value for sum_, value in zip(step, by_text, strict=True)]
            ngrams[other] = [n + pull * value for n, value in zip(ngram, by_ngram, strict=True)]
        texts[place] = [t + value for t, value in zip(text, step, strict=True)]


def minirocket_features(
    series: Sequence[Sequence[float]],
    dilations: Sequence[int],
    counts: Sequence[int],
    channels: Sequence[Sequence[int]],
    biases: Sequence[float],
) -> list[float]:
    """MiniRocket's features of one series (time, channels), from the paper: shares of steps above each bias.

    `counts` are biases of a kernel at each dilation, `channels` those of each dilation and kernel, in order.
    """
    length = len(series)
    kernels = list(combinations(range(9), 3))
    left, found, place = list(biases), [], 0
    for number, (dilation, count) in enumerate(zip(dilations, counts, strict=True)):
        for kernel, raised in enumerate(kernels):
            weights = [2 if tap in raised else -1 for tap in range(9)]
            convolved = []
            for step in range(length):
                reached = [(weight, step + (tap - 4) * dilation) for tap, weight in enumerate(weights)]
                inside = [(weight, series[at]) for weight, at in reached if 0 <= at < length]
                convolved.append(sum(weight * row[channel] for weight, row in inside for channel in channels[place]))
            if (number + kernel) % 2 and length > 8 * dilation:
                convolved = convolved[4 * dilation : length - 4 * dilation]
            for bias in left[:count]:
                found.append(sum(value > bias for value in convolved) / len(convolved))
            left, place = left[count:], place + 1
    return found


RUNS = [(2, "\uac00-\ud7a3"), (2, "\u3041-\u30ff\u4e00-\u9fff"), (3, "\u0e00-\u0eff")]
"""Characters that are features together, and the scripts in which they are."""


def features(text: str) -> set[object]:
    """Features of near duplicates: words, or pairs and triples of characters."""
    found: set[object] = set()
    text = re.sub(r"['’]", "", unicodedata.normalize("NFC", text))
    scripts = "".join(script for _, script in RUNS)
    for length, script in RUNS:
        for run in re.findall(f"[{script}]+", text):
            found |= {(script, run[at : at + length]) for at in range(max(1, len(run) - length + 1))}
    for word in re.split(f"[{scripts}]+", text):
        found |= {part.lower() for part in re.findall(r"[^\W_]+", word)}
    return found


def similar(left: str, right: str, threshold: float) -> float | None:
    """The Jaccard similarity of two texts' features where they are near duplicates."""
    own, other = features(left), features(right)
    shared, union = len(own & other), len(own | other)
    near = union and (own == other or shared >= threshold * (union + 2))
    return shared / union if near else None


SCRIPT_NAMES = (
    ("LATIN", "FEMININE ORDINAL", "MASCULINE ORDINAL", "FULLWIDTH LATIN"),
    ("HANGUL", "HALFWIDTH HANGUL"),
    ("CJK", "HIRAGANA", "KATAKANA", "HALFWIDTH KATAKANA"),
    ("CYRILLIC",),
    ("GREEK",),
    ("ARABIC",),
    ("HEBREW",),
    ("DEVANAGARI", "BENGALI", "TAMIL"),
    ("THAI", "LAO", "KHMER"),
)
"""How the names of a script's letters begin, by the script's number less one."""


def text_facts(text: str) -> tuple[int, int, int, int]:
    """Characters that are no white space, letters, letters of the script with the most, and that script."""
    counts = Counter[int]()
    for letter in filter(str.isalpha, text):
        name = unicodedata.name(letter, "")
        scripts = [script for script, starts in enumerate(SCRIPT_NAMES, 1) if name.startswith(starts)]
        counts[scripts[0] if scripts else 10] += 1
    most = min(counts, key=lambda script: (-counts[script], script), default=0)
    return sum(not one.isspace() for one in text), counts.total(), counts[most], most


def profile_words(text: str) -> list[str]:
    """Words of letters alone, in lower case; apostrophes and hyphens divide them."""
    pieces = [re.sub(r"^[\W_]+|[\W_]+$", "", piece) for piece in text.split()]
    words = [piece for piece in pieces if all(one.isalpha() or one in "'-’" for one in piece)]
    return [part.lower() for word in words for part in re.split("['’-]", word) if part]


def likeness(texts: Sequence[str], sample: Sequence[int]) -> list[tuple[int, int, int, float]]:
    """Words, those among the 100 most frequent of the sample, trigrams, mean logarithm of their probability.

    The texts hold no letters beyond ASCII, and the sample no ties at its last frequent word.
    """

    def trigrams(word: str) -> list[str]:
        padded = f" {word} "
        return [padded[place : place + 3] for place in range(len(padded) - 2)]

    own = [word for place in sample for word in profile_words(texts[place])]
    seen = Counter(trigram for word in own for trigram in trigrams(word))
    frequent = {word for word, count in Counter(own).most_common(100) if 2000 * count >= len(own)}
    total, found = seen.total() + 2**18 / 2, []
    for text in texts:
        words = profile_words(text)
        logs = [math.log((seen[trigram] + 0.5) / total) for word in words for trigram in trigrams(word)]
        mean = sum(logs) / len(logs) if logs else 0.0
        found.append((len(words), sum(word in frequent for word in words), len(logs), mean))
    return found


def class_words(texts: Sequence[str], labels: Sequence[int], classes: int) -> dict[str, list[int]]:
    """Texts of each class that hold each word and each pair of words; the texts are words with spaces between them."""
    counts: dict[str, list[int]] = {}
    for text, label in zip(texts, labels, strict=True):
        words = text.split()
        for found in {*words, *(f"{first} {second}" for first, second in pairwise(words))}:
            counts.setdefault(found, [0] * classes)[label] += 1
    return counts
