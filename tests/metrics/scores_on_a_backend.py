"""Prints the scores of fixed images by a fixed network on the backend in KERAS_BACKEND, as JSON."""

import json

import keras
import numpy as np

from keras_gen.metrics import (
    FeatureDistance,
    PeakSignalToNoiseRatio,
    SampleScores,
    StructuralSimilarity,
    image_classifier,
)


def main():
    random = np.random.default_rng(0)
    model = image_classifier((8, 8, 1), 4, feature_dim=6, filters=3)
    model.set_weights([np.abs(random.normal(0.3, 0.2, w.shape)) for w in model.get_weights()])
    real = random.uniform(-1, 1, (60, 8, 8, 1)).astype("float32")
    generated = np.tanh(random.normal(0.2, 0.8, (50, 8, 8, 1))).astype("float32")
    scores = SampleScores(model)
    for start in range(0, 60, 7):
        scores.update_real(real[start : start + 7])
    scores.update_generated(generated, labels=np.arange(50) % 4)
    results = scores.result()
    for metric in (FeatureDistance(model), PeakSignalToNoiseRatio(), StructuralSimilarity(1, 7)):
        metric.update_state(real[:50], generated)
        results[metric.name] = metric.result()
    print(json.dumps({"backend": keras.backend.backend(), **results}))


if __name__ == "__main__":
    main()
