'''Trains an LSTM on the IMDB sentiment classification task.

    python imdb_lstm.py FOLDER [REVIEWS]

FOLDER holds imdb-train.parquet and imdb-test.parquet; only the first REVIEWS of each are used.
'''
import malmoi.keras.install  # the only new line: old names of Keras work again

import sys

import numpy as np
np.random.seed(1337)  # for reproducibility

from keras.preprocessing import sequence
from keras.models import Sequential
from keras.layers.core import Dense, Dropout, Activation
from keras.layers.embeddings import Embedding
from keras.layers.recurrent import LSTM
from keras.callbacks import EarlyStopping
from keras.optimizers import Adam
from keras.datasets import imdb

folder = sys.argv[1]
limit = int(sys.argv[2]) if len(sys.argv) > 2 else None

max_features = 2000
maxlen = 40  # cut texts after this number of words (among top max_features most common words)
batch_size = 32

print('Loading data...')
(X_train, y_train), (X_test, y_test) = imdb.load_data(path=folder, num_words=max_features)
X_train, y_train = X_train[:limit], y_train[:limit]
X_test, y_test = X_test[:limit], y_test[:limit]
print(len(X_train), 'train sequences')
print(len(X_test), 'test sequences')

print('Pad sequences (samples x time)')
X_train = sequence.pad_sequences(X_train, maxlen=maxlen)
X_test = sequence.pad_sequences(X_test, maxlen=maxlen)
print('X_train shape:', X_train.shape)
print('X_test shape:', X_test.shape)

print('Build model...')
model = Sequential()
model.add(Embedding(max_features, 32, input_length=maxlen))
model.add(Dropout(0.25))
model.add(LSTM(32))
model.add(Dropout(0.5))
model.add(Dense(1))
model.add(Activation('sigmoid'))

# try using different optimizers and different optimizer configs
model.compile(loss='binary_crossentropy', optimizer=Adam(lr=0.005), metrics=['accuracy'])

print('Train...')
history = model.fit(X_train, y_train, batch_size=batch_size, epochs=3, verbose=2,
                    validation_data=(X_test, y_test),
                    callbacks=[EarlyStopping(monitor='val_acc', patience=1)])
acc = history.history['acc']
val_acc = history.history['val_acc']
for epoch in range(len(acc)):
    print('epoch %d: acc %.4f, val_acc %.4f' % (epoch + 1, acc[epoch], val_acc[epoch]))

score, acc = model.evaluate(X_test, y_test, batch_size=batch_size, verbose=0)
print('Test score:', score)
print('Test accuracy:', acc)
x_test = X_test
