"""word2vec in Keras: skip-grams with negative sampling, and the nearest words.

    python skipgram_word2vec.py FOLDER [LINES]

FOLDER holds corpus.txt: one sentence per line.
"""
import malmoi.keras.install  # the only new line: old names of Keras work again

import os
import random
import sys

import numpy as np
from keras.engine import Model
from keras.engine.topology import Input
from keras.layers.core import Activation, Reshape
from keras.layers.embeddings import Embedding
from keras.layers.merge import dot
from keras.preprocessing.sequence import make_sampling_table, skipgrams
from keras.preprocessing.text import Tokenizer

random.seed(0)
np.random.seed(0)
window_size = 3
vector_dim = 16
epochs = 2
batch_size = 64

with open(os.path.join(sys.argv[1], 'corpus.txt'), encoding='utf-8') as f:
    lines = f.readlines()
if len(sys.argv) > 2:
    lines = lines[:int(sys.argv[2])]

tokenizer = Tokenizer(num_words=1000)
tokenizer.fit_on_texts(lines)
vocab_size = min(1000, len(tokenizer.word_index) + 1)
reverse_dictionary = {i: word for word, i in tokenizer.word_index.items()}
print('%d lines, vocabulary of %d words' % (len(lines), vocab_size))

# create some input variables
input_target = Input((1,), name='target')
input_context = Input((1,), name='context')
embedding = Embedding(vocab_size, vector_dim, input_length=1, init='uniform', name='embedding')
target = Reshape((vector_dim, 1))(embedding(input_target))
context = Reshape((vector_dim, 1))(embedding(input_context))
# now perform the dot product operation, and add the sigmoid output layer
dot_product = Reshape((1,))(dot([target, context], axes=1))
output = Activation('sigmoid')(dot_product)
model = Model(input=[input_target, input_context], output=output)
model.compile(loss='binary_crossentropy', optimizer='adam')

sampling_table = make_sampling_table(vocab_size)
for epoch in range(epochs):
    couples, labels = [], []
    for sequence in tokenizer.texts_to_sequences(lines):
        pairs, targets = skipgrams(sequence, vocab_size, window_size=window_size, sampling_table=sampling_table)
        couples += pairs
        labels += targets
    word_target, word_context = zip(*couples)
    word_target = np.array(word_target, dtype='int32').reshape(-1, 1)
    word_context = np.array(word_context, dtype='int32').reshape(-1, 1)
    labels = np.array(labels, dtype='int32')
    losses = []
    for i in range(0, len(labels) - batch_size + 1, batch_size):
        batch = slice(i, i + batch_size)
        losses.append(model.train_on_batch([word_target[batch], word_context[batch]], labels[batch]))
    print('epoch %d: %d pairs, loss %.4f' % (epoch, len(labels), np.mean(losses)))

vectors = model.get_layer('embedding').get_weights()[0]
vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
for i in range(20, 24):
    nearest = (-vectors.dot(vectors[i])).argsort()
    close = [reverse_dictionary[k] for k in nearest if k not in (0, i)][:4]
    print('Nearest to %s: %s' % (reverse_dictionary[i], ', '.join(close)))
x_test = [np.arange(1, 101).reshape(-1, 1), np.arange(101, 1, -1).reshape(-1, 1)]
