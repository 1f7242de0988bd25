import csv

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_gen import data
from keras_gen.callbacks import EvaluateSamples
from keras_gen.metrics import (
    FeatureExtractor,
    FrechetDistance,
    InceptionScore,
    KernelDistance,
    PrecisionRecall,
    ReferenceStatistics,
    get_feature_extractor,
    image_classifier,
)
from tests.cases import CASES, NUM_CLASSES, UNTRACED, compiled, images
from tests.families import families_that


class CountingExtractor(FeatureExtractor):
    count = 0

    def __call__(self, images):
        self.count += len(images)
        return super().__call__(images)


@pytest.fixture
def pixels():
    model = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Flatten()])
    return CountingExtractor(model, name="pixel")


def fit(*callbacks, name="gan", **options):
    case = CASES[name]
    # Scores are computed between steps: to trace these would take TensorFlow most of the time.
    model = compiled(case, **UNTRACED)
    options = {"batch_size": 4, "epochs": 3, "verbose": 0, **options}
    return model, model.fit(case.data(8), callbacks=[*callbacks], **options)


def frechet(pixels, **options):
    options = {"n": 10, **options}
    return EvaluateSamples(images(20, seed=5), metrics=[FrechetDistance(pixels)], **options)


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    # What learns codes makes no images until its next stage.
    families_that(lambda case: case.makes_images and case.phases != ("codes",)),
)
def test_scores_are_in_the_history_under_the_metrics_names(name, pixels):
    _, history = fit(EvaluateSamples(images(20), pixels, n=9), name=name, epochs=1)
    names = {"frechet_distance", "kernel_distance", "kernel_distance_std", "precision", "recall"}
    assert names | {"density", "coverage"} <= history.history.keys()


def test_the_score_is_of_the_same_latents(pixels):
    model, history = fit(frechet(pixels, seed=3))
    metric = FrechetDistance(pixels)
    metric.update_state(images(20, seed=5), model.generate(10, seed=3))
    scores = history.history["frechet_distance"]
    assert scores[-1] == pytest.approx(metric.result(), rel=1e-4)
    assert len(set(scores)) == 3


def test_real_images_are_embedded_once(pixels):
    callback = frechet(pixels)
    fit(callback)
    assert pixels.count == 20 + 3 * 10
    fit(callback, epochs=1)  # another training
    assert pixels.count == 20 + 4 * 10


@pytest.mark.parametrize("kind", ["dataset", "tuples", "statistics"])
def test_real_images_come_in_every_form(kind, pixels):
    real = images(20, seed=5)
    real = {
        "dataset": tf.data.Dataset.from_tensor_slices(real).batch(7),
        "tuples": [(real[:9], np.zeros(9)), (real[9:], np.zeros(11))],
        "statistics": ReferenceStatistics.from_images(real, pixels),
    }[kind]
    callback = EvaluateSamples(real, pixels, [FrechetDistance(pixels)], n=10)
    model, history = fit(callback, epochs=1)
    metric = FrechetDistance(pixels)
    metric.update_state(images(20, seed=5), model.generate(10, seed=0))
    assert history.history["frechet_distance"] == pytest.approx([metric.result()], rel=1e-4)


def test_a_conditional_gan_makes_as_many_of_each_class():
    classifier = image_classifier((8, 8, 1), NUM_CLASSES, feature_dim=3, filters=2)
    seen = []

    class Watched(FeatureExtractor):
        def __call__(self, images):
            seen.append(images)
            return super().__call__(images)

    callback = EvaluateSamples(images(20), Watched(classifier), n=12)
    model, history = fit(callback, name="conditional_gan", epochs=1)
    order = np.random.default_rng(0).permutation(12)
    labels = (np.arange(12) % NUM_CLASSES)[order]
    generated = model.generate(labels=np.arange(12) % NUM_CLASSES, seed=0)[order]
    np.testing.assert_allclose(seen[-1], generated, atol=1e-5)
    named = classifier.predict(generated, verbose=0).argmax(axis=1)
    assert history.history["class_accuracy"] == [pytest.approx(np.mean(named == labels))]
    assert "worst_class_accuracy" in history.history


def test_classes_that_take_turns_do_not_fall_into_splits_of_their_own(monkeypatch):
    """A split of one class has a score of 1, however many classes there are and however well they are made."""
    model = compiled(CASES["conditional_gan"], **UNTRACED)
    monkeypatch.setattr(
        type(model),
        "samples",
        lambda self, n, seed=None: (
            np.eye(NUM_CLASSES, 64, dtype="float32")[np.arange(n) % NUM_CLASSES].reshape(
                n, 8, 8, 1
            ),
            np.arange(n) % NUM_CLASSES,
        ),
    )
    pixels = keras.layers.Flatten(name="pixels")
    logits = keras.layers.Dense(NUM_CLASSES, use_bias=False)
    network = keras.Sequential([keras.Input((8, 8, 1)), pixels, logits])
    logits.set_weights([30 * np.eye(64, NUM_CLASSES, dtype="float32")])
    extractor = FeatureExtractor(network, feature_layer="pixels", from_logits=True)
    score = InceptionScore(extractor, splits=NUM_CLASSES)
    callback = EvaluateSamples(images(20), extractor, [score], n=60)
    history = model.fit(CASES["conditional_gan"].data(4), callbacks=[callback], verbose=0).history
    assert history["inception_score"][0] > 0.9 * NUM_CLASSES


def test_a_classifier_of_other_classes_says_nothing_of_them():
    classifier = image_classifier((8, 8, 1), NUM_CLASSES + 1, feature_dim=3, filters=2)
    callback = EvaluateSamples(images(20), classifier, n=12)
    _, history = fit(callback, name="conditional_gan", epochs=1)
    assert "class_accuracy" not in history.history and "inception_score" in history.history


def test_what_is_drawn_can_be_chosen(pixels):
    pictures = images(10, seed=9)
    _, history = fit(frechet(pixels, draw=lambda model: pictures), name="pix2pix", epochs=1)
    metric = FrechetDistance(pixels)
    metric.update_state(images(20, seed=5), pictures)
    assert history.history["frechet_distance"] == pytest.approx([metric.result()], rel=1e-5)


@pytest.mark.slow
@pytest.mark.one_backend
@pytest.mark.parametrize(
    ("every", "epochs", "changes"),
    [(1, 4, [1, 2, 3]), (3, 8, [2, 5, 7]), (3, 6, [2, 5]), (9, 1, [])],
)
def test_between_scores_the_last_ones_are_logged(pixels, every, epochs, changes):
    """After the first epoch, every third and the last there is a new number."""
    _, history = fit(frechet(pixels, every=every), epochs=epochs)
    scores = history.history["frechet_distance"]
    assert len(scores) == epochs
    assert [i for i in range(1, epochs) if scores[i] != scores[i - 1]] == changes
    assert np.isfinite(scores).all()


def test_files_and_tensorboard_have_the_scores(pixels, tmp_path):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    _, history = fit(
        frechet(pixels, every=2),
        keras.callbacks.CSVLogger(tmp_path / "history.csv"),
        keras.callbacks.TensorBoard(tmp_path / "logs"),
        keras.callbacks.TerminateOnNaN(),
        epochs=4,
    )
    scores = history.history["frechet_distance"]
    with open(tmp_path / "history.csv", newline="") as file:
        rows = [float(row["frechet_distance"]) for row in csv.DictReader(file)]
    assert rows == pytest.approx(scores)
    events = EventAccumulator(str(tmp_path / "logs" / "train"), {"tensors": 0}).Reload()
    logged = [tf.make_ndarray(e.tensor_proto) for e in events.Tensors("epoch_frechet_distance")]
    assert logged == pytest.approx(scores, rel=1e-6)


class Scripted(EvaluateSamples):
    """Logs numbers that a test has chosen."""

    def __init__(self, scores, every=1):
        model = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Flatten()])
        super().__init__(images(6), model, every=every)
        self.script = iter(scores)

    def measure(self, epoch):
        return {"kernel_distance": next(self.script)}


def test_the_best_checkpoint_is_kept(tmp_path):
    best = keras.callbacks.ModelCheckpoint(
        tmp_path / "{epoch}.keras", monitor="kernel_distance", mode="min", save_best_only=True
    )
    fit(Scripted([3.0, 1.0, 2.0]), best, epochs=3)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["1.keras", "2.keras"]


def test_a_score_that_is_repeated_is_no_better(tmp_path):
    best = keras.callbacks.ModelCheckpoint(
        tmp_path / "{epoch}.keras", monitor="kernel_distance", mode="min", save_best_only=True
    )
    fit(Scripted([3.0, 2.0, 4.0], every=3), best, epochs=6)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["1.keras", "3.keras"]


def test_training_stops_when_scores_get_worse():
    stop = keras.callbacks.EarlyStopping(monitor="kernel_distance", mode="min", patience=2)
    _, history = fit(Scripted([3.0, 1.0, 2.0, 3.0, 0.0]), stop, epochs=5)
    assert history.history["kernel_distance"] == [3.0, 1.0, 2.0, 3.0]


class StopsAfter(keras.callbacks.Callback):
    """Ends a training after so many epochs."""

    def __init__(self, epochs):
        super().__init__()
        self.epochs = epochs

    def on_epoch_end(self, epoch, logs=None):
        self.model.stop_training = epoch + 1 == self.epochs


def test_where_a_training_is_stopped_there_is_a_last_score():
    _, history = fit(StopsAfter(4), Scripted([3.0, 1.0], every=10), epochs=9)
    assert history.history["kernel_distance"] == [3.0, 3.0, 3.0, 1.0]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"every": 0}, r"`every` must be.*Received: every=0"),
        ({"n": 1}, r"`n` must be.*Received: n=1"),
        ({"feature_extractor": None}, "Give `feature_extractor`, or `metrics`"),
        ({"feature_extractor": "nosuch"}, "`feature_extractor` must be"),
    ],
)
def test_refuses(pixels, arguments, message):
    with pytest.raises(ValueError, match=message):
        EvaluateSamples(images(4), **{"feature_extractor": pixels, **arguments})


@pytest.mark.one_backend
@pytest.mark.slow
def test_a_training_that_breaks_down_keeps_a_better_checkpoint_than_its_last(tmp_path):
    """The rates jump after three epochs, as if training had run away: what was good before is kept."""
    import keras_gen

    keras.utils.set_random_seed(3)
    digits = data.images("digits", batch_size=16, seed=0)
    test = data.images("digits", split="test", batch_size=100)
    gan = keras_gen.GAN(
        keras_gen.networks.dcgan_generator((8, 8, 1), 16, base_filters=16),
        keras_gen.networks.dcgan_discriminator((8, 8, 1), base_filters=16),
        latent_dim=16,
    )
    gan.compile(*(keras.optimizers.Adam(2e-3, beta_1=0.5) for _ in range(2)))
    extractor = get_feature_extractor("classifier_digits")
    scores = [KernelDistance(extractor), PrecisionRecall(extractor)]
    history = gan.fit(
        digits,
        epochs=4,
        verbose=0,
        callbacks=[
            keras.callbacks.LearningRateScheduler(lambda epoch: 2e-3 if epoch < 3 else 1.0),
            EvaluateSamples(test, extractor, metrics=scores, n=300),
            keras.callbacks.ModelCheckpoint(
                tmp_path / "best.keras", monitor="kernel_distance", mode="min", save_best_only=True
            ),
        ],
    ).history["kernel_distance"]
    assert np.argmin(history) < 3

    def score(model, seed):
        metric = KernelDistance(extractor)
        for batch in test.as_numpy_iterator():
            metric.update_real(batch)
        metric.update_generated(model.generate(300, seed=seed))
        return metric.result()["kernel_distance"]

    best = keras.saving.load_model(tmp_path / "best.keras")
    assert score(best, seed=0) == pytest.approx(min(history), rel=1e-3)
    assert score(gan, seed=0) == pytest.approx(history[-1], rel=1e-3)
    # And of other latents, which nothing was chosen by.
    assert score(best, seed=1) < 0.5 * score(gan, seed=1)
