"""One line of `train.py`: Keras' own layers and its own `fit`, on JAX."""

import json
import statistics
import sys
import time

import keras
import numpy as np

name, path, rows, dimension, batch, epochs = sys.argv[1:]
data = np.load(path)
layers = keras.layers
start = time.perf_counter()
ids = keras.Input((data["ids"].shape[1],), dtype="int32")
is_masked = name in ("average", "lstm", "gru")
vectors = layers.Embedding(int(rows), int(dimension), mask_zero=is_masked, trainable=name != "flatten 2")(ids)
if name.startswith("flatten"):
    features = layers.Flatten()(vectors)
    features = layers.Dense(32, activation="relu")(features) if name == "flatten 2" else features
elif name == "average":
    features = layers.GlobalAveragePooling1D()(vectors)
elif name == "conv":
    branches = [layers.Conv1D(100, width, padding="same", activation="relu")(vectors) for width in (3, 4, 5)]
    features = layers.Concatenate()([layers.GlobalMaxPooling1D()(branch) for branch in branches])
else:
    features = {"lstm": layers.LSTM, "gru": layers.GRU}[name](64)(vectors)
model = keras.Model(ids, layers.Dense(1, activation="sigmoid")(features))
model.compile("rmsprop", "binary_crossentropy", metrics=["accuracy"])


class Clock(keras.callbacks.Callback):
    ends = ()

    def on_epoch_end(self, epoch, logs=None):
        self.ends = (*self.ends, time.perf_counter())


clock = Clock()
model.fit(data["ids"], data["targets"], batch_size=int(batch), epochs=int(epochs), verbose=0, callbacks=[clock])
seconds = np.diff(clock.ends)
print(json.dumps({"first": clock.ends[0] - start, "epoch": statistics.median(seconds)}))
