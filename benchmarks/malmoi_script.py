"""The notes' main job through malmoi's Python face.

Run by `main_job.py` as a process of its own: python malmoi_script.py REVIEWS GLOVE OUTPUT
"""

import os
import sys
import time

START = time.perf_counter()


def step(name: str) -> None:
    print(f"step {name} {time.perf_counter() - START:.3f}", flush=True)


import malmoi as mm  # noqa: E402

reviews, glove, output = sys.argv[1:4]
corpus = mm.read_corpus(reviews)
step("read")
train, rest = corpus.split(200, seed=0)
validation, _ = rest.split(10_000, seed=0)
vectors = mm.WordVectors.open(glove)
step("split")
for embedding in (mm.Pretrained(vectors), mm.Learned(100)):
    model = mm.EmbeddingClassifier(
        network=mm.Flatten(hidden=32),
        max_tokens=10_000,
        max_length=100,
        embedding=embedding,
        optimizer="rmsprop",
        epochs=10,
        batch_size=32,
    )
    # The notes count the words of all 25,000 reviews; so does this.
    model.fit(train.texts, train.labels, validation=validation, unlabelled=rest.texts)
    print("validation accuracy", model.history_.rows[-1].validation_accuracy)
    if isinstance(embedding, mm.Pretrained):
        model.network_.save_weights(os.path.join(output, "pre_trained_glove_model.weights.h5"))
        step("pretrained")
step("learned")
