'''Generates text character by character, with a bidirectional LSTM over one-hot characters.

    python char_generation.py FOLDER [CHARACTERS]

FOLDER holds corpus.txt. At least 20 epochs are needed before the text starts to sound coherent.
'''
import malmoi.keras.install  # the only new line: old names of Keras work again

import os
import sys
import numpy as np
from keras.callbacks import LambdaCallback
from keras.layers import LSTM, Activation, Dense
from keras.layers.wrappers import Bidirectional, TimeDistributed
from keras.models import Sequential
from keras.optimizers import RMSprop
from keras.preprocessing.text import Tokenizer
from keras.utils import np_utils

np.random.seed(7)
text = open(os.path.join(sys.argv[1], 'corpus.txt'), encoding='utf-8').read().lower()
if len(sys.argv) > 2:
    text = text[:int(sys.argv[2])]
print('corpus length:', len(text))

tokenizer = Tokenizer(char_level=True, lower=True, filters='')
tokenizer.fit_on_texts([text])
n_chars = len(tokenizer.word_index) + 1
print('total chars:', n_chars)

# cut the text in semi-redundant sequences of maxlen characters
maxlen = 20
step = 3
encoded = tokenizer.texts_to_sequences([text])[0]
sentences = []
next_chars = []
for i in range(0, len(encoded) - maxlen, step):
    sentences.append(encoded[i: i + maxlen])
    next_chars.append(encoded[i + maxlen])
print('nb sequences:', len(sentences))
X = np_utils.to_categorical(np.array(sentences), num_classes=n_chars)
y = np_utils.to_categorical(next_chars, n_chars)
print('Vectorization:', X.shape, y.shape)

model = Sequential()
model.add(TimeDistributed(Dense(16), input_shape=(maxlen, n_chars)))
model.add(Bidirectional(LSTM(24, return_sequences=False)))
model.add(Dense(output_dim=n_chars, init='glorot_uniform'))
model.add(Activation('softmax'))
model.compile(loss='categorical_crossentropy', optimizer=RMSprop(lr=0.01, decay=1e-4))


def sample(preds, temperature=1.0):
    # helper function to sample an index from a probability array
    preds = np.exp(np.log(np.asarray(preds).astype('float64') + 1e-8) / temperature)
    return np.argmax(np.random.multinomial(1, preds / np.sum(preds) * (1 - 1e-7), 1))


def on_epoch_end(epoch, logs):
    print()
    print('----- Generating text after Epoch: %d, loss: %.3f' % (epoch, logs['loss']))
    window = list(sentences[0])
    generated = ''
    for _ in range(30):
        x = np_utils.to_categorical([window], num_classes=n_chars)
        next_index = int(sample(model.predict(x, verbose=0)[0], 0.5)) or 1
        window = window[1:] + [next_index]
        generated += tokenizer.index_word[next_index]
    print(repr(generated))


model.fit(X, y, batch_size=64, nb_epoch=2, verbose=2, callbacks=[LambdaCallback(on_epoch_end=on_epoch_end)])
x_test = X[:50]
