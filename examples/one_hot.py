"""The first vectors of the notes: one-hot words, one-hot characters, Keras' tokenizer, one-hot hashing.

    python examples/one_hot.py

Every array is computed twice, by the loop of the notes and by malmoi, and both are compared.
"""

import string

import numpy as np

from malmoi import (
    BagVectorizer,
    Characters,
    HashedOneHotVectorizer,
    KerasWords,
    OneHotVectorizer,
    SequenceVectorizer,
    Whitespace,
    ngrams,
)
from malmoi.keras.preprocessing.text import Tokenizer

samples = ["The cat sat on the mat.", "The dog ate my homework."]

# -- N2: a bag of 2-grams and of 3-grams is a set
print("2-grams:", sorted(ngrams("The cat sat on the mat.", 1, 2)))
print("3-grams:", len(ngrams("The cat sat on the mat.", 1, 3)), "of them")

# -- N3: one-hot words; ids from 1 in order of first appearance
token_index: dict[str, int] = {}
for sample in samples:
    for word in sample.split():
        token_index.setdefault(word, len(token_index) + 1)
max_length = 10
results = np.zeros((len(samples), max_length, max(token_index.values()) + 1))
for i, sample in enumerate(samples):
    for j, word in list(enumerate(sample.split()))[:max_length]:
        results[i, j, token_index[word]] = 1.0

words = OneHotVectorizer(Whitespace(), max_length=max_length)
ours = words.fit_transform(samples)
print("words:", ours.shape, ours.dtype, words.token_index_)
assert np.array_equal(ours, results)

# -- N4: one-hot characters of string.printable. For a character outside the alphabet the notes run
# `results[i, j, None] = 1.`, which sets the whole row to one; here the row stays zero.
max_length = 50
index = {character: number for number, character in enumerate(string.printable, start=1)}
results = np.zeros((len(samples), max_length, len(index) + 1))
for i, sample in enumerate(samples):
    for j, character in enumerate(sample[:max_length]):
        if character in index:
            results[i, j, index[character]] = 1.0

characters = OneHotVectorizer(
    Characters(graphemes=False, lowercase=False, alphabet=string.printable), max_length=max_length
)
ours = characters.fit_transform(samples)
print("characters:", ours.shape)
assert np.array_equal(ours, results)
assert not characters.transform(["é"]).any()

# -- N5: Keras' tokenizer under its old name, and the same words as padded ids
tokenizer = Tokenizer(num_words=1000)
tokenizer.fit_on_texts(samples)
print("found", len(tokenizer.word_index), "unique tokens:", tokenizer.texts_to_sequences(samples))
one_hot_results = tokenizer.texts_to_matrix(samples, mode="binary")
print("matrix:", one_hot_results.shape)
rows = SequenceVectorizer(KerasWords(), max_length=6).fit_transform(samples)
print("padded ids:", rows.tolist())  # 0 is padding, 1 is unknown, so words start at 2
bag = BagVectorizer(KerasWords(), ngrams=(1, 1), weighting="binary").fit(samples)
assert bag.transform(samples).toarray().sum() == one_hot_results.sum()

# -- N6: one-hot hashing. Python's hash(), which the notes use, gives other numbers in every process; malmoi's hash
# never changes.
hashed = HashedOneHotVectorizer(buckets=1000, max_length=10)
ours = hashed.transform(samples)
print("hashed:", ours.shape, "buckets of the first text:", ours[0].argmax(axis=1)[:6].tolist())
print(hashed.collisions(samples))
print("in 10 buckets:", HashedOneHotVectorizer(buckets=10).collisions(samples))
