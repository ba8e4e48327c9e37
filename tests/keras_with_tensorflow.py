"""Compute what Keras returns where it needs TensorFlow; run by a Python that has both, without malmoi.

Reads cases as JSON from standard input and writes the result of each: vocabulary, weights and output of
TextVectorization; batches of windows; or the files and labels of a folder.
"""

import json
import os
import sys


def tf_errors():
    import tensorflow as tf

    return tf.errors.OpError


def windows(settings):
    import keras
    import numpy as np

    arrays = {name: None if settings[name] is None else np.array(settings[name]) for name in ("data", "targets")}
    try:
        dataset = keras.utils.timeseries_dataset_from_array(**{**settings, **arrays})
        batches = [batch if isinstance(batch, tuple) else (batch,) for batch in dataset]
        return [[part.numpy().tolist() for part in batch] for batch in batches]
    except (ValueError, tf_errors()) as error:
        return {"failure": str(error)}


def files(settings):
    import keras

    datasets = keras.utils.text_dataset_from_directory(**settings)
    found = [[(text.numpy().decode(), label.numpy().tolist()) for text, label in dataset] for dataset in datasets]
    return {"samples": found, "classes": datasets[0].class_names}


def vectors(settings, adapted, texts):
    import keras

    ngrams = settings.get("ngrams")
    layer = keras.layers.TextVectorization(**{**settings, "ngrams": tuple(ngrams) if type(ngrams) is list else ngrams})
    try:
        if adapted is not None:
            layer.adapt(adapted)
        output = layer(texts)
    except (AttributeError, ValueError, tf_errors()) as error:  # of empty texts, and where there are no tokens
        return {"failure": str(error)}
    is_ragged = hasattr(output, "to_list") or settings.get("ragged")
    weights = getattr(layer._lookup_layer, "idf_weights_const", None)
    return {
        "vocabulary": [str(word) for word in layer.get_vocabulary()],
        "weights": None if weights is None else [float(weight) for weight in weights.numpy()],
        "shape": None if is_ragged else list(output.shape),
        "output": output.to_list() if hasattr(output, "to_list") else output.numpy().tolist(),
    }


def main():
    os.environ.update(TF_CPP_MIN_LOG_LEVEL="3", KERAS_BACKEND="tensorflow")
    cases = json.load(sys.stdin)
    work = {"windows": windows, "files": files, "vectors": vectors}
    printed, sys.stdout = sys.stdout, sys.stderr  # Keras prints the number of files
    found = [work[case.pop("work", "vectors")](**case) for case in cases]
    json.dump(found, printed)


if __name__ == "__main__":
    main()
