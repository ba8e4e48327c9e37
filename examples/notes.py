"""The steps of the notes "Deep learning for text and sequences" with Keras 3.

`malmoi.keras` has what the notes import from `keras.preprocessing` and `keras.datasets`; the layers are those of Keras.
Run it in the root folder of the project: `python examples/notes.py --output demo`. In an editor each `# %%` is a cell.
"""

# %% Settings
import argparse
import hashlib
import os
import string
import sys
import tempfile
from pathlib import Path

os.environ.setdefault("KERAS_BACKEND", "jax")

parser = argparse.ArgumentParser(description="The steps of the notes, from one-hot words to pretrained vectors.")
parser.add_argument(
    "--data", type=Path, default=Path("../shared/data"), help="folder with imdb-train.parquet and -test"
)
parser.add_argument(
    "--vectors",
    type=Path,
    default=Path("../shared/data/vectors/glove.6B.100d.first2717.txt"),
    help="GloVe text file; glove.6B.100d.txt for the notes' own numbers",
)
parser.add_argument("--epochs", type=int, default=10)
parser.add_argument("--output", type=Path, default=Path("demo"), help="folder for weights and figures")
arguments, _ = parser.parse_known_args()  # notebooks pass further arguments

needed = [arguments.data / "imdb-train.parquet", arguments.data / "imdb-test.parquet", arguments.vectors]
missing = [str(path) for path in needed if not path.is_file()]
if missing:
    print("skipped: no", ", ".join(missing))
    sys.exit(0)
arguments.output.mkdir(parents=True, exist_ok=True)

import keras
import matplotlib
import numpy as np
import polars as pl
from keras.layers import Dense, Embedding, Flatten
from keras.models import Sequential

from malmoi.keras.datasets import imdb
from malmoi.keras.preprocessing.sequence import pad_sequences
from malmoi.keras.preprocessing.text import Tokenizer

matplotlib.use("Agg")
import matplotlib.pyplot as plt

keras.utils.set_random_seed(0)

# %% One-hot words, by hand (N3)
samples = ["The cat sat on the mat.", "The dog ate my homework."]

token_index = {}
for sample in samples:
    for word in sample.split():
        token_index.setdefault(word, len(token_index) + 1)  # id 0 is padding

max_length = 10
results = np.zeros((len(samples), max_length, max(token_index.values()) + 1))
for row, sample in enumerate(samples):
    for place, word in enumerate(sample.split()[:max_length]):
        results[row, place, token_index[word]] = 1.0
print("one-hot words", results.shape)

# %% One-hot characters, by hand (N4)
token_index = {character: number for number, character in enumerate(string.printable, start=1)}

max_length = 50
results = np.zeros((len(samples), max_length, max(token_index.values()) + 1))
for row, sample in enumerate(samples):
    for place, character in enumerate(sample[:max_length]):
        # For a character outside the table the notes index with None, which sets the whole row; here it stays zero.
        if character in token_index:
            results[row, place, token_index[character]] = 1.0
print("one-hot characters", results.shape)

# %% Keras' tokenizer (N5)
tokenizer = Tokenizer(num_words=1000)
tokenizer.fit_on_texts(samples)
sequences = tokenizer.texts_to_sequences(samples)
one_hot_results = tokenizer.texts_to_matrix(samples, mode="binary")
word_index = tokenizer.word_index
print("sequences", sequences, "matrix", one_hot_results.shape)
print(f"found {len(word_index)} distinct words")

# %% One-hot by hashing (N6)
dimensionality = 1000
max_length = 10

results = np.zeros((len(samples), max_length, dimensionality))
for row, sample in enumerate(samples):
    for place, word in enumerate(sample.split()[:max_length]):
        # Python's hash(), which the notes use, is salted: it gives other columns in every process.
        digest = hashlib.md5(word.encode(), usedforsecurity=False).digest()
        results[row, place, int.from_bytes(digest, "big") % dimensionality] = 1.0
print("one-hot by hashing", results.shape)

# %% An embedding layer: ids in, vectors out (N7)
embedding_layer = Embedding(1000, 64)
print("embedding", embedding_layer(np.array([[1, 2, 3]])).shape)

# %% IMDB as ids (N8); without the argument `path` the file is downloaded from Keras' server, as in the notes
max_features = 10000
maxlen = 20

(x_train, y_train), (x_test, y_test) = imdb.load_data(path=arguments.data, num_words=max_features)
x_train = pad_sequences(x_train, maxlen=maxlen)
x_test = pad_sequences(x_test, maxlen=maxlen)
print("padded", x_train.shape, x_test.shape)

# %% An embedding that is trained with the network (N9)
# Keras 3 has no `input_length`: with an `Input` the parameters can be counted before training.
model = Sequential([keras.Input((maxlen,)), Embedding(max_features, 8), Flatten(), Dense(1, activation="sigmoid")])
model.compile(optimizer="rmsprop", loss="binary_crossentropy", metrics=["acc"])
model.summary()

history = model.fit(x_train, y_train, epochs=arguments.epochs, batch_size=32, validation_split=0.2, verbose=2)
print(f"20 words: validation accuracy {history.history['val_acc'][-1]:.3f}")

# %% Write the raw reviews in the layout of the archive aclImdb
workplace = tempfile.TemporaryDirectory()
imdb_dir = Path(workplace.name) / "aclImdb"
train_dir = imdb_dir / "train"
for label in ("neg", "pos"):
    (train_dir / label).mkdir(parents=True)
reviews = pl.read_parquet(arguments.data / "imdb-train.parquet", columns=["text", "label"])
for number, (text, label) in enumerate(reviews.iter_rows()):
    (train_dir / label / f"{number}.txt").write_text(text, encoding="utf-8", newline="")

# %% Read them (N10)
labels = []
texts = []
for label_number, label_type in enumerate(("neg", "pos")):
    for path in sorted((train_dir / label_type).iterdir()):
        if path.suffix == ".txt":
            texts.append(path.read_text(encoding="utf-8"))
            labels.append(label_number)
workplace.cleanup()
print("reviews", len(texts))

# %% Words to ids, 200 training samples (N11)
maxlen = 100  # the last words of each review
training_samples = 200
validation_samples = 10000
max_words = 10000

tokenizer = Tokenizer(num_words=max_words)
tokenizer.fit_on_texts(texts)
sequences = tokenizer.texts_to_sequences(texts)
word_index = tokenizer.word_index
print(f"found {len(word_index)} distinct words")

data = pad_sequences(sequences, maxlen=maxlen)
labels = np.asarray(labels)
print("data", data.shape, "labels", labels.shape)

indices = np.arange(data.shape[0])  # the files are sorted by class
np.random.shuffle(indices)
data = data[indices]
labels = labels[indices]

x_train = data[:training_samples]
y_train = labels[:training_samples]
x_val = data[training_samples : training_samples + validation_samples]
y_val = labels[training_samples : training_samples + validation_samples]
print(f"positive: {y_train.mean():.1%} of the training samples, {y_val.mean():.1%} of the validation samples")

# %% GloVe's vectors (N12)
embeddings_index = {}
with arguments.vectors.open(encoding="utf-8") as file:
    for line in file:
        word, *values = line.rstrip().split(" ")
        embeddings_index[word] = np.asarray(values, dtype="float32")
embedding_dim = len(next(iter(embeddings_index.values())))
print(f"found {len(embeddings_index)} vectors of {embedding_dim} numbers")

embedding_matrix = np.zeros((max_words, embedding_dim))
for word, number in word_index.items():
    vector = embeddings_index.get(word)
    if number < max_words and vector is not None:
        embedding_matrix[number] = vector  # words without a vector stay zero
print(f"words with a vector: {np.count_nonzero(embedding_matrix.any(axis=1)):,} of {max_words:,}")


# %% The network (N13): 1,320,065 parameters with an embedding dimension of 100
def build_model():
    model = Sequential(
        [
            keras.Input((maxlen,)),
            Embedding(max_words, embedding_dim),
            Flatten(),
            Dense(32, activation="relu"),
            Dense(1, activation="sigmoid"),
        ]
    )
    model.summary()
    return model


def train(model):
    model.compile(optimizer="rmsprop", loss="binary_crossentropy", metrics=["acc"])
    return model.fit(
        x_train, y_train, epochs=arguments.epochs, batch_size=32, validation_data=(x_val, y_val), verbose=2
    )


model = build_model()
print(f"{model.count_params():,} parameters")

# %% Set the embedding to GloVe's vectors, and freeze it
model.layers[0].set_weights([embedding_matrix])
model.layers[0].trainable = False
history = train(model)
model.save_weights(arguments.output / "pre_trained_glove_model.weights.h5")  # Keras 3 requires this suffix


# %% Curves (N14)
def draw(history, name):
    for metric, title in (("acc", "accuracy"), ("loss", "loss")):
        epochs = range(1, len(history.history[metric]) + 1)
        plt.figure()
        plt.plot(epochs, history.history[metric], "bo", label=f"Training {title}")
        plt.plot(epochs, history.history[f"val_{metric}"], "b", label=f"Validation {title}")
        plt.title(f"Training and validation {title}")
        plt.xlabel("Epoch")
        plt.legend()
        plt.savefig(arguments.output / f"{name}_{title}.png")
        plt.close()


draw(history, "glove")

# %% The same network without pretrained vectors (N15)
model = build_model()
learned = train(model)
draw(learned, "learned")

# %% Compare both; guessing has an accuracy of 50 %, and 200 reviews are few
for name, seen in (("with GloVe's vectors", history), ("without", learned)):
    print(f"{name}: validation accuracy {seen.history['val_acc'][-1]:.3f}")

# %% Load the weights, and evaluate them on the test set
test = pl.read_parquet(arguments.data / "imdb-test.parquet", columns=["text", "label"])
x_test = pad_sequences(tokenizer.texts_to_sequences(test["text"].to_list()), maxlen=maxlen)
y_test = (test["label"] == "pos").to_numpy().astype("int32")

model = build_model()
model.load_weights(arguments.output / "pre_trained_glove_model.weights.h5")
model.compile(optimizer="rmsprop", loss="binary_crossentropy", metrics=["acc"])
loss, accuracy = model.evaluate(x_test, y_test, verbose=0)
print(f"test accuracy {accuracy:.3f}")
