"""The notes' main job as people write it: Keras' own legacy Tokenizer, a Python loop over the GloVe file, `fit`.

Run by `main_job.py` as a process of its own: python notes_script.py REVIEWS GLOVE OUTPUT
"""

import os
import sys
import time

os.environ.setdefault("KERAS_BACKEND", "jax")
START = time.perf_counter()


def step(name: str) -> None:
    print(f"step {name} {time.perf_counter() - START:.3f}", flush=True)


reviews, glove, output = sys.argv[1:4]
labels, texts = [], []
for label_type in ("neg", "pos"):
    folder = os.path.join(reviews, label_type)
    for name in sorted(os.listdir(folder)):
        if name.endswith(".txt"):
            with open(os.path.join(folder, name), encoding="utf-8") as file:
                texts.append(file.read())
            labels.append(0 if label_type == "neg" else 1)
step("read")

import keras  # noqa: E402
import numpy as np  # noqa: E402
from keras import layers  # noqa: E402
from keras.src.legacy.preprocessing.text import Tokenizer  # noqa: E402
from keras.utils import pad_sequences  # noqa: E402

step("import")
tokenizer = Tokenizer(num_words=10_000)
tokenizer.fit_on_texts(texts)
data = pad_sequences(tokenizer.texts_to_sequences(texts), maxlen=100)
targets = np.asarray(labels)
order = np.random.default_rng(0).permutation(len(data))
data, targets = data[order], targets[order]
x_train, y_train = data[:200], targets[:200]
x_val, y_val = data[200:10_200], targets[200:10_200]
step("tokenize")

embeddings_index = {}
with open(glove, encoding="utf-8") as file:
    for line in file:
        values = line.split()
        embeddings_index[values[0]] = np.asarray(values[1:], dtype="float32")
matrix = np.zeros((10_000, 100))
for word, index in tokenizer.word_index.items():
    if index < 10_000 and word in embeddings_index:
        matrix[index] = embeddings_index[word]
step("vectors")


def network() -> keras.Model:
    return keras.Sequential(
        [
            keras.Input((100,)),
            layers.Embedding(10_000, 100),
            layers.Flatten(),
            layers.Dense(32, activation="relu"),
            layers.Dense(1, activation="sigmoid"),
        ]
    )


def train(model: keras.Model) -> None:
    model.compile(optimizer="rmsprop", loss="binary_crossentropy", metrics=["acc"])
    history = model.fit(x_train, y_train, epochs=10, batch_size=32, validation_data=(x_val, y_val), verbose=0)
    print("validation accuracy", history.history["val_acc"][-1])


first = network()
first.layers[0].set_weights([matrix])
first.layers[0].trainable = False
train(first)
first.save_weights(os.path.join(output, "pre_trained_glove_model.weights.h5"))
step("pretrained")
train(network())
step("learned")
