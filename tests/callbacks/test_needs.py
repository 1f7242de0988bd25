"""What callbacks need is looked at before the first step, and not found missing after an epoch."""

import keras
import numpy as np
import pytest

import keras_gen
from keras_gen.callbacks import CollapseMonitor, EvaluateSamples, SampleImages
from keras_gen.metrics import FrechetDistance, image_classifier
from tests.cases import CASES, COLOUR_SHAPE, compiled, images


def flat(shape=(8, 8, 1)):
    return keras.Sequential([keras.Input(shape), keras.layers.Flatten()], name="pixel")


def refuses(message, callback, name="gan"):
    case = CASES[name]
    model = compiled(case)
    before = model.get_weights()
    with pytest.raises(ValueError, match=message):
        model.fit(case.data(4), batch_size=4, verbose=0, callbacks=[callback])
    assert int(model.optimizer.iterations) == 0
    for a, b in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("name", ["pix2pix", "cycle_gan"])
def test_something_to_draw(name, tmp_path):
    message = "`draw` must be given to {}.*model.translate.*draw=None with a {}"
    kind = type(CASES[name].build()).__name__
    for callback in (
        SampleImages(tmp_path / "samples"),
        CollapseMonitor(images(8), n=8),
        EvaluateSamples(images(8), flat(), n=8),
    ):
        refuses(message.format(type(callback).__name__, kind), callback, name)
    assert not (tmp_path / "samples").exists()


@pytest.mark.parametrize("shape", [COLOUR_SHAPE, (9, 8, 1)])
def test_real_images_of_the_shape_that_is_made(shape):
    message = r"`real` must be images of the shape .*\(n, 8, 8, 1\)\. Received: shape \(8, "
    refuses(message, CollapseMonitor(images(8, shape), n=8))
    refuses(message, CollapseMonitor([(images(8, shape), np.zeros(8))], flat(), n=8))
    refuses(message, EvaluateSamples([images(8, shape)], flat(), n=8))


def test_real_images_in_the_range():
    refuses(r"`real` must lie in \[-1, 1\]", CollapseMonitor(9.0 * images(8), n=8))
    refuses(r"`real` must lie in \[-1, 1\]", EvaluateSamples(9.0 * images(8), flat(), n=8))
    refuses(r"`real` must be a non-empty batch", CollapseMonitor(images(8)[..., 0], n=8))


def test_as_many_real_images_as_are_compared():
    message = "`real` must hold `n` samples or more, 9.* Received: 8 of them"
    refuses(message, CollapseMonitor(images(8), n=9))
    refuses(message, CollapseMonitor([images(5), images(3)], n=9))


def test_enough_for_every_score():
    refuses(
        "`real` or `n` are too few.*PrecisionRecall needs 4 real.*Received: 3 real, 10 generated",
        EvaluateSamples(images(3), flat(), n=10),
    )
    classifier = image_classifier((8, 8, 1), 3, feature_dim=3, filters=2)
    refuses(
        "InceptionScore needs 0 real and 10 generated.*Received: 20 real, 9 generated",
        EvaluateSamples(images(20), classifier, n=9),
    )


@pytest.mark.parametrize(
    ("extractor", "message"),
    [(flat((5,)), r"inputs of shape \(5,\)"), (flat((8, 8, 2)), "must have 2 channels")],
)
def test_an_extractor_that_takes_the_images(extractor, message):
    message = f"`feature_extractor` must take what the model makes.*Received.*'pixel'.*{message}"
    metrics = [FrechetDistance(extractor)]
    refuses(message, EvaluateSamples(images(8), metrics=metrics, n=8))
    refuses(message, CollapseMonitor(images(8), extractor, n=8))


def test_no_scores_of_what_are_no_images():
    model = keras_gen.GAN(
        keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)]),
        keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)]),
        latent_dim=3,
    )
    model.compile()
    points = images(8, (2,))
    with pytest.raises(ValueError, match=r"`feature_extractor` must take.*data of shape \(2,\)"):
        model.fit(points, verbose=0, callbacks=[EvaluateSamples(points, flat(), n=8)])
    history = model.fit(points, verbose=0, callbacks=[CollapseMonitor(points, n=8)]).history
    assert history["sample_diversity"][0] > 0 and "discriminator_accuracy" in history
    message = r"`real` must have the shape .*\(batch, 2\)"
    with pytest.raises(ValueError, match=message):
        model.fit(points, verbose=0, callbacks=[CollapseMonitor(images(8, (3,)), n=8)])


def test_a_refused_callback_can_be_used_again():
    scores = EvaluateSamples([images(8), images(8, COLOUR_SHAPE)], flat(), n=8)
    refuses("`real` must be images of the shape", scores)
    scores.real = images(8)
    case = CASES["gan"]
    history = compiled(case).fit(case.data(4), verbose=0, callbacks=[scores]).history
    assert scores.scores.counts[0] == 8 and "frechet_distance" in history


@pytest.mark.parametrize("options", [{"n": 0}, {"columns": 0}, {"every": 0}])
def test_numbers_of_pictures(options, tmp_path):
    ((name, value),) = options.items()
    with pytest.raises(ValueError, match=f"`{name}` must be.*Received: {name}={value}"):
        SampleImages(tmp_path, **options)
