import json
import pathlib

import numpy as np
import pytest

from keras_gen.data import images
from keras_gen.metrics import FeatureExtractor, get_feature_extractor, image_classifier

ZOO = pathlib.Path(__file__).parents[2] / "zoo"


@pytest.mark.parametrize("shape", [(8, 8, 1), (28, 28, 1), (9, 12, 3)])
def test_shapes_and_features(rng, shape):
    model = image_classifier(shape, 5, feature_dim=6, filters=2, name="small")
    extractor = FeatureExtractor(model)
    embedding = extractor(rng.uniform(-1, 1, (3, *shape)))
    assert extractor.name == "small"
    assert extractor.is_classifier
    assert extractor.from_logits
    assert embedding.features.shape == (3, 6)
    assert embedding.probabilities.shape == (3, 5)


def test_parameters_by_hand():
    # Convolutions 3 x 3 without bias, 4 numbers of batch normalisation a channel, two dense layers.
    convolutions = 9 * (1 * 2 + 2 * 4 + 4 * 4 + 4 * 8 + 8 * 6)
    normalizations = 4 * (2 + 4 + 4 + 8 + 6)
    dense = (3 * 6 * 6 + 1) * 7 + (7 + 1) * 5  # 9 x 21 is halved to 5 x 11 and 3 x 6
    model = image_classifier((9, 21, 1), 5, feature_dim=7, filters=2)
    assert model.count_params() == convolutions + normalizations + dense


def test_digits_preset_recognises_digits_it_was_not_trained_on(tmp_path):
    test = images("digits", split="test", labels=True, drop_remainder=False, data_dir=tmp_path)
    extractor = get_feature_extractor(ZOO / "classifier_digits")
    correct = [
        extractor(batch).probabilities.argmax(axis=1) == labels
        for batch, labels in test.as_numpy_iterator()
    ]
    accuracy = np.concatenate(correct).mean()
    metadata = json.loads((ZOO / "classifier_digits" / "metadata.json").read_text())
    assert len(np.concatenate(correct)) == metadata["test_images"] == 300
    assert accuracy >= 0.98
    assert accuracy == pytest.approx(metadata["test_accuracy"], abs=1e-3)
    assert extractor.name == "digits classifier"


@pytest.mark.parametrize(
    ("dataset", "shape", "least"),
    [
        ("fashion_mnist", (28, 28, 1), 0.92),
        ("digits", (8, 8, 1), 0.98),
        ("emoji", (64, 64, 3), 0.75),
        ("mnist_10k", (28, 28, 1), 0.98),
    ],
)
def test_presets_say_what_they_are(rng, dataset, shape, least):
    folder = ZOO / f"classifier_{dataset}"
    extractor = get_feature_extractor(folder)
    metadata = json.loads((folder / "metadata.json").read_text())
    assert extractor.input_shape == shape
    assert extractor.name == f"{dataset} classifier"
    assert extractor.model.count_params() == metadata["parameter_count"]
    assert metadata["test_accuracy"] >= least
    probabilities = extractor(rng.uniform(-1, 1, (4, *shape))).probabilities
    np.testing.assert_allclose(probabilities.sum(axis=1), 1.0, rtol=1e-6)


def test_the_classifier_of_emoji_is_better_than_a_guess():
    metadata = json.loads((ZOO / "classifier_emoji" / "metadata.json").read_text())
    assert metadata["test_accuracy"] > metadata["test_commonest_class"] + 0.1
    assert metadata["test_look_accuracy"] > 0.9
