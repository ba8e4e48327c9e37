# Word embeddings with Keras: classify short messages as spam or ham.
#
#     python one_hot_flatten.py FOLDER [MESSAGES]
#
# FOLDER holds SMSSpamCollection: one message per line, its label first, a tab between them.
import malmoi.keras.install  # the only new line: old names of Keras work again

import os
import sys
from numpy import array
from numpy.random import seed
from keras_preprocessing.text import hashing_trick, text_to_word_sequence
from keras_preprocessing.sequence import pad_sequences
from keras.preprocessing.text import one_hot
from keras.models import Sequential
from keras.layers.core import Dense, Flatten
from keras.layers.embeddings import Embedding

seed(1)
# define documents and class labels
docs = []
labels = []
with open(os.path.join(sys.argv[1], 'SMSSpamCollection'), encoding='utf-8') as f:
    for line in f:
        label, message = line.rstrip('\n').split('\t')
        docs.append(message)
        labels.append(1 if label == 'spam' else 0)
if len(sys.argv) > 2:
    docs, labels = docs[:int(sys.argv[2])], labels[:int(sys.argv[2])]
labels = array(labels)

# estimate the size of the vocabulary
words = set()
for d in docs:
    words.update(text_to_word_sequence(d))
vocab_size = int(len(words) * 1.3)
print('%d messages, %d words, vocab_size %d' % (len(docs), len(words), vocab_size))

# integer encode the documents
encoded_docs = [one_hot(d, vocab_size) for d in docs]
print('one_hot:', len(encoded_docs[0]), 'numbers between', min(encoded_docs[0]), 'and', max(encoded_docs[0]))
encoded_docs = [hashing_trick(d, vocab_size, hash_function='md5') for d in docs]
print('hashing_trick:', encoded_docs[0])

# pad documents to a max length of 20 words
max_length = 20
padded_docs = pad_sequences(encoded_docs, maxlen=max_length, padding='post')
print(padded_docs[:2])
n_test = len(docs) // 5
x_train, y_train = padded_docs[:-n_test], labels[:-n_test]
x_test, y_test = padded_docs[-n_test:], labels[-n_test:]

# define the model
model = Sequential()
model.add(Embedding(vocab_size, 8, input_length=max_length))
model.add(Flatten())
model.add(Dense(1, activation='sigmoid'))
# compile the model
model.compile(optimizer='adam', loss='binary_crossentropy', metrics=['acc'])
# summarize the model
print(model.summary())
# fit the model
model.fit(x_train, y_train, epochs=5, verbose=0)
# evaluate the model
loss, accuracy = model.evaluate(x_test, y_test, verbose=0)
print('Accuracy: %f' % (accuracy * 100))
# make predictions
classes = model.predict_classes(x_test)
probabilities = model.predict_proba(x_test)
print('predicted as spam: %d of %d' % (classes.sum(), len(classes)))
for message, c, p in list(zip(docs[-n_test:], classes, probabilities))[:3]:
    print('%d %.3f %s' % (c[0], p[0], message[:50]))
