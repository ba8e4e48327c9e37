"""Compute what Keras' TextVectorization returns; run by a Python that has TensorFlow, without malmoi.

Reads cases as JSON from standard input (settings, texts to adapt to, texts to vectorize) and writes vocabulary,
weights and outputs of each.
"""

import json
import os
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["KERAS_BACKEND"] = "tensorflow"


def tf_errors():
    import tensorflow as tf

    return tf.errors.OpError


def result(settings, adapted, texts):
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
    cases = json.load(sys.stdin)
    found = [result(case["settings"], case["adapted"], case["texts"]) for case in cases]
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
