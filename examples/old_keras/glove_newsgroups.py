'''Loads pre-trained GloVe embeddings into a frozen Embedding layer, and trains a 1D convnet on newsgroup messages.

    python glove_newsgroups.py FOLDER [TEXTS_PER_GROUP]

FOLDER holds 20_newsgroup/ (one folder of text files per group) and glove.6B.50d.txt.
'''
import malmoi.keras.install  # the only new line: old names of Keras work again

import os
import sys
import numpy as np
from keras.preprocessing.text import Tokenizer
from keras.preprocessing.sequence import pad_sequences
from keras.utils.np_utils import to_categorical
from keras.models import Sequential
from keras.layers import Dense, Embedding
from keras.layers.convolutional import Conv1D
from keras.layers.pooling import MaxPooling1D, GlobalMaxPooling1D

BASE_DIR = sys.argv[1]
LIMIT = int(sys.argv[2]) if len(sys.argv) > 2 else None
MAX_SEQUENCE_LENGTH = 100
MAX_NUM_WORDS = 5000
EMBEDDING_DIM = 50
VALIDATION_SPLIT = 0.2

embeddings_index = {}
with open(os.path.join(BASE_DIR, 'glove.6B.50d.txt'), encoding='utf-8') as f:
    for line in f:
        word, coefs = line.split(maxsplit=1)
        embeddings_index[word] = np.fromstring(coefs, 'f', sep=' ')
print('Found %s word vectors.' % len(embeddings_index))

texts, labels, labels_index = [], [], {}
for name in sorted(os.listdir(os.path.join(BASE_DIR, '20_newsgroup'))):
    path = os.path.join(BASE_DIR, '20_newsgroup', name)
    labels_index[name] = len(labels_index)
    for fname in sorted(os.listdir(path))[:LIMIT]:
        with open(os.path.join(path, fname), encoding='latin-1') as f:
            t = f.read()
        i = t.find('\n\n')  # skip header
        texts.append(t[i:] if 0 < i else t)
        labels.append(labels_index[name])
print('Found %s texts.' % len(texts))

tokenizer = Tokenizer(nb_words=MAX_NUM_WORDS)
tokenizer.fit_on_texts(texts)
word_index = tokenizer.word_index
print('Found %s unique tokens.' % len(word_index))
data = pad_sequences(tokenizer.texts_to_sequences(texts), maxlen=MAX_SEQUENCE_LENGTH)
labels = to_categorical(np.asarray(labels))

np.random.seed(0)
indices = np.arange(data.shape[0])
np.random.shuffle(indices)
data, labels = data[indices], labels[indices]
n_val = int(VALIDATION_SPLIT * data.shape[0])
x_train, y_train, x_test, y_test = data[:-n_val], labels[:-n_val], data[-n_val:], labels[-n_val:]

num_words = min(MAX_NUM_WORDS, len(word_index) + 1)
embedding_matrix = np.zeros((num_words, EMBEDDING_DIM))
for word, i in word_index.items():
    if i < num_words and word in embeddings_index:
        embedding_matrix[i] = embeddings_index[word]  # words not in the index stay all zeros

model = Sequential()
model.add(Embedding(num_words, EMBEDDING_DIM, weights=[embedding_matrix], input_length=MAX_SEQUENCE_LENGTH, trainable=False))
model.add(Conv1D(32, 5, activation='relu'))
model.add(MaxPooling1D(5))
model.add(Conv1D(32, 5, activation='relu'))
model.add(GlobalMaxPooling1D())
model.add(Dense(len(labels_index), activation='softmax'))
model.layers[0].set_weights([embedding_matrix])
model.compile(loss='categorical_crossentropy', optimizer='rmsprop', metrics=['acc'])
model.fit(x_train, y_train, batch_size=32, epochs=3, verbose=2, validation_data=(x_test, y_test))
model.save_weights('pre_trained_glove_model.h5')
model.load_weights('pre_trained_glove_model.h5')
print('Held-out [loss, acc]:', model.evaluate(x_test, y_test, verbose=0))
