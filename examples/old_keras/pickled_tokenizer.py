# Serve a sentiment model that was trained and saved years ago.
#
#     python pickled_tokenizer.py FOLDER [TEXTS]
#
# FOLDER holds tokenizer.pickle, model.h5, model.json and weights.h5, as old Keras wrote them, and texts.txt.
import malmoi.keras.install  # the only new line: old names of Keras work again

import os
import pickle
import sys

import numpy as np
from keras.models import load_model, model_from_json
from keras.preprocessing import sequence

folder = sys.argv[1]
limit = int(sys.argv[2]) if len(sys.argv) > 2 else None

# loading
with open(os.path.join(folder, 'tokenizer.pickle'), 'rb') as handle:
    tokenizer = pickle.load(handle)
print('tokenizer: %d words of %d texts, num_words=%s, oov_token=%r' % (
    len(tokenizer.word_index), tokenizer.document_count, tokenizer.num_words, tokenizer.oov_token))

model = load_model(os.path.join(folder, 'model.h5'))
model.summary()
maxlen = model.input_shape[1]

with open(os.path.join(folder, 'texts.txt'), encoding='utf-8') as f:
    texts = [line.strip() for line in f][:limit]

x_test = sequence.pad_sequences(tokenizer.texts_to_sequences(texts), maxlen=maxlen, padding='post', truncating='post')
predictions = model.predict(x_test)
for text, p in list(zip(texts, predictions[:, 0]))[:5]:
    print('%.4f  %s  %s' % (p, 'positive' if p > 0.5 else 'negative', text[:60]))
print('positive: %d of %d' % ((predictions > 0.5).sum(), len(texts)))

# the same network, from its architecture and its weights
with open(os.path.join(folder, 'model.json')) as f:
    clone = model_from_json(f.read())
clone.load_weights(os.path.join(folder, 'weights.h5'))
print('both files agree:', np.allclose(clone.predict(x_test), predictions))

# further training goes on from there
model.compile(loss='binary_crossentropy', optimizer='adam', metrics=['accuracy'])
print('loss if all texts were positive: %.4f' % model.test_on_batch(x_test, np.ones(len(x_test)))[0])
