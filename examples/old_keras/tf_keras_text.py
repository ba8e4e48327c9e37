"""Sentiment of short reviews with tf.keras (TensorFlow 2.0 to 2.3).

    python tf_keras_text.py FOLDER [REVIEWS]

FOLDER holds reviews.csv: one review per row, its label (0 or 1) in the last column.
"""
import malmoi.keras.install  # the only new line: old names of Keras work again

import csv
import os
import sys

import numpy as np
import tensorflow as tf
from tensorflow.keras.layers import Bidirectional, Dense, Embedding, GlobalMaxPool1D, LSTM
from tensorflow.keras.layers.experimental.preprocessing import TextVectorization
from tensorflow.keras.preprocessing.sequence import pad_sequences
from tensorflow.keras.preprocessing.text import Tokenizer
from tensorflow.python.keras.callbacks import EarlyStopping

np.random.seed(0)
with open(os.path.join(sys.argv[1], 'reviews.csv'), newline='', encoding='utf-8') as f:
    rows = list(csv.reader(f))
if len(sys.argv) > 2:
    rows = rows[:int(sys.argv[2])]
sentences = [row[0] for row in rows]
labels = np.array([int(row[-1]) for row in rows])
split = int(len(rows) * .8)

vocab_size, max_length = 1000, 24
vectorize_layer = TextVectorization(max_tokens=vocab_size, output_mode='int', output_sequence_length=max_length)
vectorize_layer.adapt(np.array(sentences[:split]))
print('TextVectorization:', vectorize_layer.get_vocabulary()[2:8], np.array(vectorize_layer(sentences[:1]))[0, :6])

tokenizer = Tokenizer(num_words=vocab_size, oov_token='<OOV>')
tokenizer.fit_on_texts(sentences[:split])
padded = pad_sequences(tokenizer.texts_to_sequences(sentences), maxlen=max_length, padding='post', truncating='post')
x_train, y_train = padded[:split], labels[:split]
x_test, y_test = padded[split:], labels[split:]


class Batches(tf.keras.utils.Sequence):
    def __init__(self, x, y, batch_size=32):
        self.x, self.y, self.batch_size = x, y, batch_size

    def __len__(self):
        return int(np.ceil(len(self.x) / self.batch_size))

    def __getitem__(self, i):
        part = slice(i * self.batch_size, (i + 1) * self.batch_size)
        return self.x[part], self.y[part]


train_generator = Batches(x_train, y_train)
model = tf.keras.Sequential([
    Embedding(vocab_size, 16, input_length=max_length),
    Bidirectional(LSTM(16, return_sequences=True)),
    GlobalMaxPool1D(),
    Dense(8, activation=tf.keras.activations.relu),
    tf.keras.layers.Dense(1, activation='sigmoid'),
])
model.compile(loss=tf.keras.losses.BinaryCrossentropy(), optimizer=tf.keras.optimizers.Adam(lr=0.01), metrics=['accuracy'])
history = model.fit(train_generator, epochs=3, validation_data=(x_test, y_test), verbose=2, workers=2,
                    callbacks=[EarlyStopping(monitor='val_loss', patience=2)])
print('val_accuracy:', ' '.join('%.4f' % v for v in history.history['val_accuracy']))

classes = (model.predict(x_test) > 0.5).astype('int32')
for sentence, c in zip(sentences[split:split + 3], classes):
    print(c[0], sentence[:60])
model.save('sentiment.h5')
print('saved:', tf.keras.models.load_model('sentiment.h5').count_params(), 'parameters')
