import keras
import numpy as np
import pytest
import torch
from torchmetrics.image.inception import InceptionScore as TorchInceptionScore

from keras_gen.metrics import InceptionScore
from keras_gen.metrics.inception_score import inception_score


def softmax(logits):
    return np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)


def test_extremes():
    assert inception_score(np.eye(5), splits=1) == (pytest.approx(5.0), 0.0)  # sure and spread
    assert inception_score(np.full((8, 5), 0.2), splits=2) == (pytest.approx(1.0), 0.0)  # unsure
    assert inception_score(np.eye(5)[[2] * 8], splits=1) == (pytest.approx(1.0), 0.0)  # one class


def test_number_by_hand():
    # Split 0 holds rows 0 and 2, of two sure classes: 2. Split 1 holds two equal rows: 1.
    probabilities = [[1.0, 0.0], [0.5, 0.5], [0.0, 1.0], [0.5, 0.5]]
    mean, deviation = inception_score(probabilities, splits=2)
    assert mean == pytest.approx(1.5)
    assert deviation == pytest.approx(0.5)


def test_surer_predictions_score_higher(rng):
    logits = rng.normal(size=(200, 6))
    scores = [inception_score(softmax(scale * logits))[0] for scale in (0.1, 1.0, 3.0, 10.0)]
    assert scores == sorted(scores)
    assert scores[0] < 1.1 < 4.0 < scores[-1]


def test_dropped_classes_score_lower(rng):
    logits = 10 * np.eye(6)[rng.integers(0, 6, 300)]
    few = 10 * np.eye(6)[rng.integers(0, 2, 300)]
    assert inception_score(softmax(logits))[0] > 5.0
    assert inception_score(softmax(few))[0] < 2.01


class Identity(torch.nn.Module):
    def forward(self, x):
        return x


# Its notice that it keeps the features.
@pytest.mark.filterwarnings("ignore:Metric `Inception:UserWarning")
@pytest.mark.parametrize("splits", [2, 5])
def test_agrees_with_torchmetrics(rng, splits):
    logits = 3 * rng.normal(size=(100, 7))
    other = TorchInceptionScore(feature=Identity(), splits=splits).set_dtype(torch.float64)
    other.update(torch.tensor(logits))
    torch.manual_seed(3)
    kl = other.compute()
    # It splits a random order into runs; dealt out in turn, the same images meet.
    torch.manual_seed(3)
    runs = logits[torch.randperm(100)].reshape(splits, -1, 7)
    mean, deviation = inception_score(softmax(runs.swapaxes(0, 1).reshape(100, 7)), splits)
    assert mean == pytest.approx(float(kl[0]), rel=1e-4)
    # It divides by splits - 1; the paper's code, and ours, by splits.
    expected = float(kl[1]) * np.sqrt((splits - 1) / splits)
    assert deviation == pytest.approx(expected, rel=1e-4)


def test_metric_scores_the_classifier_and_leaves_real_images_out(rng, classifier):
    images = rng.uniform(-1, 1, (40, 6, 6, 1)).astype("float32")
    metric = InceptionScore(classifier, splits=4)
    metric.update_state(-images, images)
    logits = keras.ops.convert_to_numpy(classifier(images)).astype("float64")
    mean, deviation = inception_score(softmax(logits), splits=4)
    assert metric.result() == {
        "inception_score": pytest.approx(mean, rel=1e-5),
        "inception_score_std": pytest.approx(deviation, rel=1e-4),
    }


def test_model_with_a_softmax_gets_no_second_one(rng, classifier):
    logits_score, probability_score = (
        InceptionScore(model, splits=1)
        for model in (classifier, keras.Sequential([classifier, keras.layers.Softmax()]))
    )
    images = rng.uniform(-1, 1, (20, 6, 6, 1))
    for metric in (logits_score, probability_score):
        metric.update_generated(images)
    expected = logits_score.result()["inception_score"]
    assert probability_score.result()["inception_score"] == pytest.approx(expected, rel=1e-5)


def test_fewer_images_than_splits_are_refused(rng, classifier):
    metric = InceptionScore(classifier, splits=10)
    metric.update_generated(rng.uniform(-1, 1, (9, 6, 6, 1)))
    with pytest.raises(ValueError, match=r"10 splits\. Received: 9 generated images"):
        metric.result()


def test_no_splits_are_refused(classifier):
    with pytest.raises(ValueError, match="Received: splits=0"):
        InceptionScore(classifier, splits=0)
