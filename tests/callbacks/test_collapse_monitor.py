import warnings

import keras
import numpy as np
import pytest

import keras_gen
from keras_gen import data
from keras_gen.callbacks import CollapseMonitor
from keras_gen.callbacks.collapse_monitor import mean_distance, pair_accuracy
from keras_gen.metrics import evaluate_samples
from tests.cases import CASES, UNTRACED, build_gan, compiled, images

LATENT_DIM = 3


def generator_of(bias, factor):
    """Images that are `bias` plus `factor` times the latents."""
    latents = keras.Input((LATENT_DIM,))
    dense = keras.layers.Dense(64)
    network = keras.Model(latents, keras.layers.Reshape((8, 8, 1))(dense(latents)))
    directions = np.random.default_rng(0).standard_normal((LATENT_DIM, 64))
    dense.set_weights([factor * directions, np.full(64, bias)])
    return network


def discriminator_of(preference):
    """Scores images by their mean, times `preference`."""
    network = keras.Sequential(
        [keras.Input((8, 8, 1)), keras.layers.Flatten(), keras.layers.Dense(1, use_bias=False)]
    )
    network.layers[-1].set_weights([np.full((64, 1), preference / 64)])
    return network


def still(bias=0.0, factor=0.2, preference=0.0, loss="non_saturating"):
    """A GAN of those networks that does not learn."""
    gan = keras_gen.GAN(generator_of(bias, factor), discriminator_of(preference), LATENT_DIM)
    rates = keras.optimizers.SGD(0.0), keras.optimizers.SGD(0.0)
    gan.compile(*rates, loss=loss, **UNTRACED)
    return gan


def fit(model, *callbacks, epochs=6, x=None):
    x = images(4) if x is None else x
    return model.fit(x, epochs=epochs, batch_size=4, verbose=0, callbacks=[*callbacks]).history


def spoken(caught):
    """The monitor's own warnings among those caught; third parties have theirs."""
    messages = [str(warning.message) for warning in caught]
    return [message for message in messages if message.startswith("After epoch")]


@pytest.fixture
def no_warnings():
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        yield


def test_mean_distance_and_accuracy_agree_with_loops():
    random = np.random.default_rng(0)
    features = random.normal(size=(7, 4))
    pairs = [np.linalg.norm(a - b) for i, a in enumerate(features) for b in features[:i]]
    assert mean_distance(features) == pytest.approx(np.mean(pairs))
    real, generated = random.integers(0, 5, 9), random.integers(0, 4, 8)
    wins = [float(a > b) + 0.5 * (a == b) for a in real for b in generated]
    assert pair_accuracy(real, generated) == pytest.approx(np.mean(wins))


def test_the_numbers_are_logged():
    real = images(10)
    gan = still(bias=0.1, preference=1.0)
    history = fit(gan, CollapseMonitor(real, n=8, seed=3), epochs=2)
    generated = gan.generate(8, seed=3)
    flat = generated.reshape(8, -1), real[:8].reshape(8, -1)
    diversity = mean_distance(flat[0]) / mean_distance(flat[1])
    accuracy = pair_accuracy(real[:8].mean(axis=(1, 2, 3)), generated.mean(axis=(1, 2, 3)))
    assert history["sample_diversity"] == pytest.approx([diversity] * 2, rel=1e-4)
    assert history["discriminator_accuracy"] == pytest.approx([accuracy] * 2)


def test_distances_can_be_of_features():
    model = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.GlobalAveragePooling2D()])
    real, gan = images(8), still()
    history = fit(gan, CollapseMonitor(real, model, n=8), epochs=1)
    means = [mean_distance(x.mean(axis=(1, 2))) for x in (gan.generate(8, seed=0), real)]
    assert history["sample_diversity"] == pytest.approx([means[0] / means[1]], rel=1e-4)


@pytest.mark.parametrize("real", [images(8), None], ids=["real", "alone"])
@pytest.mark.parametrize("factor", [0.0, 1e-3])
def test_one_mode_is_a_collapse(real, factor):
    with pytest.warns(UserWarning) as caught:
        fit(still(bias=0.5, factor=factor), CollapseMonitor(real, n=8, patience=3))
    (message,) = spoken(caught)  # once, though it goes on
    assert message.startswith(
        "After epoch 3, and for 3 checks, the generator seems to have collapsed"
    )
    assert "relativistic" in message


@pytest.mark.usefixtures("no_warnings")
@pytest.mark.parametrize("real", [images(8), None], ids=["real", "alone"])
def test_diverse_images_are_none(real):
    fit(still(factor=0.2), CollapseMonitor(real, n=8, patience=2))


@pytest.mark.usefixtures("no_warnings")
def test_too_few_checks_are_none():
    fit(still(factor=0.0), CollapseMonitor(images(8), n=8, patience=7))
    fit(still(factor=0.0), CollapseMonitor(images(8), n=8, patience=4, every=3))  # 1, 3 and 6


class Diversity(keras.callbacks.Callback):
    """Sets the generator's spread before each epoch."""

    def __init__(self, factors):
        super().__init__()
        self.factors = factors

    def on_epoch_begin(self, epoch, logs=None):
        spread = generator_of(0.3, self.factors[epoch])
        self.model.generator.set_weights(spread.get_weights())


def test_a_fall_from_its_own_best_is_a_collapse():
    falling = [0.2, 0.3, 0.02, 0.02, 0.02]
    with pytest.warns(
        UserWarning, match="After epoch 5.*of the diversity that they had at their best"
    ):
        history = fit(
            still(), Diversity(falling), CollapseMonitor(n=8, patience=3), epochs=len(falling)
        )
    expected = [1.0, 1.0, 0.02 / 0.3, 0.02 / 0.3, 0.02 / 0.3]
    assert history["sample_diversity"] == pytest.approx(expected, rel=1e-3)


@pytest.mark.usefixtures("no_warnings")
def test_a_slow_start_is_no_collapse():
    rising = [0.01, 0.012, 0.014, 0.017, 0.02, 0.024]
    fit(still(), Diversity(rising), CollapseMonitor(images(8), n=8, patience=3))


def test_it_warns_again_when_it_was_well_between():
    course = [0.0, 0.0, 0.2, 0.0, 0.0]
    with pytest.warns(UserWarning) as caught:
        fit(still(), Diversity(course), CollapseMonitor(images(8), n=8, patience=2), epochs=5)
    assert [message[:14] for message in spoken(caught)] == ["After epoch 2,", "After epoch 5,"]


def test_training_may_be_stopped():
    monitor = CollapseMonitor(images(8), n=8, patience=2, stop=True)
    with pytest.warns(UserWarning, match=r"Training is stopped\.$"):
        history = fit(still(factor=0.0), monitor)
    assert len(history["loss"]) == 2


WHITE = np.full((8, 8, 8, 1), 0.9, "float32") + 0.01 * images(8)


@pytest.mark.parametrize(
    ("preference", "message"),
    [(1.0, "tells every real image from every generated one"), (-1.0, "more real than every real")],
)
def test_a_discriminator_that_is_always_right_or_wrong_is_stuck(preference, message):
    # Real images are brighter than all generated ones; so are they judged, or the reverse.
    gan = still(bias=-0.5, factor=0.05, preference=preference)
    with pytest.warns(UserWarning, match=f"After epoch 3, .*{message}"):
        history = fit(gan, CollapseMonitor(WHITE, n=8, patience=3, min_diversity=0.01))
    assert history["discriminator_accuracy"] == [float(preference > 0)] * 6


@pytest.mark.usefixtures("no_warnings")
def test_a_discriminator_that_is_right_while_the_generator_learns_is_not():
    course = [0.01, 0.015, 0.02, 0.03, 0.04, 0.06]
    gan = still(bias=-0.5, preference=1.0)
    monitor = CollapseMonitor(WHITE, n=8, patience=3, min_diversity=0.001)
    assert fit(gan, Diversity(course), monitor)["discriminator_accuracy"] == [1.0] * 6


@pytest.mark.usefixtures("no_warnings")
@pytest.mark.parametrize("preference", [0.0, 1.0])
def test_a_discriminator_that_errs_is_not(preference):
    gan = still(bias=0.0, factor=0.3, preference=preference)
    history = fit(gan, CollapseMonitor(images(8), n=8, patience=2))
    assert 0.1 < history["discriminator_accuracy"][0] < 0.9


@pytest.mark.usefixtures("no_warnings")
def test_a_critic_is_meant_to_be_right():
    gan = still(bias=-0.5, factor=0.05, preference=1.0, loss="wasserstein")
    history = fit(gan, CollapseMonitor(WHITE, n=8, patience=2, min_diversity=0.01))
    assert "discriminator_accuracy" not in history
    history = fit(compiled(CASES["wgan_gp"]), CollapseMonitor(images(8), n=8), epochs=1)
    assert "discriminator_accuracy" not in history and "sample_diversity" in history


@pytest.mark.parametrize(
    ("name", "real", "accuracy"),
    [
        ("gan", images(12), True),
        ("conditional_gan", [(images(12), np.arange(12) % 3)], True),
        ("conditional_gan", (images(12), np.arange(12) % 3), True),  # as `fit` takes them
        ("conditional_gan", images(12), False),  # the discriminator can't judge without labels
        ("vae", images(12), False),
    ],
)
def test_models_and_their_discriminators(name, real, accuracy):
    case = CASES[name]
    history = fit(compiled(case), CollapseMonitor(real, n=9), x=case.data(8), epochs=1)
    assert history["sample_diversity"][0] > 0
    assert ("discriminator_accuracy" in history) == accuracy


def test_what_is_drawn_can_be_chosen():
    case, pictures = CASES["pix2pix"], images(6)
    monitor = CollapseMonitor(pictures, draw=lambda model: 0.5 * pictures, n=6)
    history = fit(compiled(case), monitor, x=case.data(4), epochs=1)
    assert history["sample_diversity"] == pytest.approx([0.5], rel=1e-5)


@pytest.mark.parametrize(
    "arguments", [{"n": 1}, {"patience": 0}, {"every": 0}, {"min_diversity": 1.0}, {"n": 8.0}]
)
def test_refuses(arguments):
    ((name, value),) = arguments.items()
    with pytest.raises(ValueError, match=f"`{name}` must be .*Received: {name}={value}"):
        CollapseMonitor(**arguments)


# On real digits


@pytest.fixture(scope="module")
def digits():
    test = data.images("digits", split="test", batch_size=300, shuffle=False)
    return next(test.as_numpy_iterator())


@pytest.mark.one_backend
def test_a_collapsed_generator_is_flagged_and_scores_badly(digits):
    """One digit again and again, whatever the latents."""
    gan = build_gan()
    latents = keras.Input((LATENT_DIM,))
    dense = keras.layers.Dense(64, kernel_initializer="zeros")
    mode = keras.Model(latents, keras.layers.Reshape((8, 8, 1))(dense(latents)))
    dense.set_weights([np.zeros((LATENT_DIM, 64)), digits[0].ravel()])
    gan = keras_gen.GAN(mode, gan.discriminator, LATENT_DIM)
    gan.compile(keras.optimizers.SGD(0.0), keras.optimizers.SGD(0.0), **UNTRACED)
    with pytest.warns(
        UserWarning, match="collapsed: the 128 images .* have 0.000 of the diversity"
    ):
        fit(gan, CollapseMonitor(digits))
    report = evaluate_samples(digits, gan.generate(300, seed=0), "classifier_digits")
    scores, floor = (
        {name.split(" (")[0]: value for name, value in report[part].items()}
        for part in ("scores", "floor")
    )
    assert scores["recall"] < 0.02 < 0.8 < floor["recall"]
    assert scores["FID"] > 10 * floor["FID"]
    assert scores["precision"] > 0.9  # the one digit is a good one


@pytest.mark.one_backend
@pytest.mark.slow
@pytest.mark.usefixtures("no_warnings")
@pytest.mark.parametrize("loss", ["non_saturating", "hinge"])
def test_a_healthy_training_is_not_flagged(digits, loss):
    """From noise to digits: early on samples are alike and the discriminator is always right."""
    keras.utils.set_random_seed(0)
    train = np.concatenate(list(data.images("digits", batch_size=64).as_numpy_iterator()))
    gan = keras_gen.GAN(
        keras_gen.networks.dcgan_generator((8, 8, 1), 16, base_filters=16),
        keras_gen.networks.dcgan_discriminator((8, 8, 1), base_filters=16),
        latent_dim=16,
    )
    gan.compile(*(keras.optimizers.Adam(1e-3, beta_1=0.5) for _ in range(2)), loss=loss)
    options = {"patience": 3, "n": 64}  # stricter than the default
    monitors = [
        CollapseMonitor(digits, **options),
        CollapseMonitor(digits, "classifier_digits", **options),
        CollapseMonitor(**options),
    ]
    history = gan.fit(train, batch_size=64, epochs=20, verbose=0, callbacks=monitors).history
    assert history["discriminator_accuracy"][-1] < 0.99
    report = evaluate_samples(digits, gan.generate(300, seed=0), "classifier_digits")
    assert report["scores"]["recall (digits classifier features)"] > 0.2
