import numpy as np
import pytest

from keras_gen.metrics import ClassAccuracy, SampleScores
from keras_gen.metrics.feature_extractor import Embedding


def embedding(classes, labels, num_classes=3):
    return Embedding(np.zeros((len(classes), 2)), np.eye(num_classes)[classes], np.array(labels))


def test_number_by_hand(classifier):
    metric = ClassAccuracy(classifier)
    metric.add_generated(embedding([0, 0, 1, 2], [0, 0, 1, 1]))
    metric.add_generated(embedding([0, 0, 0], [0, 2, 2]))
    # Class 0: 3 of 3. Class 1: 1 of 2. Class 2: 0 of 2.
    assert metric.result() == {"class_accuracy": 4 / 7, "worst_class_accuracy": 0.0}
    metric.reset_generated()
    metric.add_generated(embedding([0, 1], [0, 1]))
    assert metric.result() == {"class_accuracy": 1.0, "worst_class_accuracy": 1.0}


def test_it_is_the_classifiers_argmax(classifier, rng):
    images = rng.uniform(-1, 1, (50, 6, 6, 1)).astype("float32")
    labels = rng.integers(4, size=50)
    named = np.argmax(classifier.predict(images, verbose=0), axis=1)
    metric = ClassAccuracy(classifier)
    metric.update_state(images[:5], images, labels)  # the real images are not looked at
    assert metric.result()["class_accuracy"] == pytest.approx(np.mean(named == labels))
    worst = min(np.mean(named[labels == label] == label) for label in range(4))
    assert metric.result()["worst_class_accuracy"] == pytest.approx(worst)


def test_batches_of_seven_equal_one_batch(classifier, rng):
    images, labels = rng.uniform(-1, 1, (45, 6, 6, 1)), rng.integers(4, size=45)
    whole, parts = ClassAccuracy(classifier), ClassAccuracy(classifier)
    whole.update_generated(images, labels)
    for start in range(0, 45, 7):
        parts.update_generated(images[start : start + 7], labels[start : start + 7])
    assert parts.result() == whole.result()


def test_images_without_labels_do_not_count(classifier, rng):
    metric = ClassAccuracy(classifier)
    metric.add_generated(Embedding(np.zeros((2, 2)), np.eye(2)))
    with pytest.raises(ValueError, match=r"with labels\. Received: 0"):
        metric.result()
    scores = SampleScores(classifier, metrics=[metric])
    scores.update_generated(rng.uniform(-1, 1, (3, 6, 6, 1)))
    assert scores.result() == {}
    scores.update_generated(rng.uniform(-1, 1, (3, 6, 6, 1)), labels=[0, 1, 2])
    assert set(scores.result()) == {"class_accuracy", "worst_class_accuracy"}


@pytest.mark.parametrize("labels", [[0, 1], [[0], [1], [2]], [0.0, 1.0, 2.0]])
def test_labels_must_be_one_integer_for_each_image(classifier, rng, labels):
    with pytest.raises(ValueError, match="`labels` must be 3 integers, one for each image"):
        ClassAccuracy(classifier).update_generated(rng.uniform(-1, 1, (3, 6, 6, 1)), labels)
