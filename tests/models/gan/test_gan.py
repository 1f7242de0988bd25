import keras
import numpy as np
import pytest

import keras_gen
from keras_gen import losses
from tests.cases import UNTRACED, build_gan, images
from tests.models.helpers import array, first_logs, fixed, kernel, linear, sgd

NAMES = ["non_saturating", "minimax", "least_squares", "hinge", "wasserstein", "relativistic"]
REALS = np.random.default_rng(0).uniform(-1, 1, (6, 2, 2, 1)).astype("float32")
FAKE = np.array([[0.5, -0.25], [0.1, 0.2]], "float32")[..., None]
WEIGHTS = np.array([[0.3, -0.4], [0.5, 0.1]], "float32")[..., None]


def known_gan(**options):
    """Every generated image is FAKE, every logit the sum of an image times WEIGHTS."""
    return keras_gen.GAN(fixed(FAKE), linear(WEIGHTS), latent_dim=2, **options)


def softplus(x):
    return np.logaddexp(0, x)


def expected_losses(name, real, fake):
    """Formulas of the papers: (discriminator's, generator's)."""
    cross_entropy = softplus(-real).mean() + softplus(fake).mean()
    return {
        "non_saturating": (cross_entropy, softplus(-fake).mean()),
        "minimax": (cross_entropy, -softplus(fake).mean()),
        "least_squares": (((real - 1) ** 2).mean() + (fake**2).mean(), ((fake - 1) ** 2).mean()),
        "hinge": (
            np.maximum(0, 1 - real).mean() + np.maximum(0, 1 + fake).mean(),
            -fake.mean(),
        ),
        "wasserstein": (fake.mean() - real.mean(), -fake.mean()),
        "relativistic": (softplus(fake - real).mean(), softplus(real - fake).mean()),
    }[name]


@pytest.mark.parametrize("share_forward", [False, True])
@pytest.mark.parametrize("name", NAMES)
def test_every_loss_is_the_papers_and_trains_both_networks(name, share_forward):
    model = sgd(known_gan(), 0.0, loss=name, share_forward=share_forward, **UNTRACED)
    real = (REALS * WEIGHTS).sum((1, 2, 3))
    fake = np.full(6, (FAKE * WEIGHTS).sum())
    logs = first_logs(model.fit(REALS, verbose=0))
    discriminator_loss, generator_loss = expected_losses(name, real, fake)
    assert logs["discriminator_loss"] == pytest.approx(discriminator_loss, rel=1e-5)
    assert logs["generator_loss"] == pytest.approx(generator_loss, rel=1e-5)
    assert logs["loss"] == pytest.approx(discriminator_loss + generator_loss, rel=1e-4)

    before = model.get_weights()
    for optimizer in model.optimizer.optimizers:
        optimizer.learning_rate = 0.1
    model.fit(REALS, verbose=0)
    moved = [(a != b).any() for a, b in zip(before, model.get_weights(), strict=True)]
    assert moved == [True] * len(before)


@pytest.mark.parametrize("share_forward", [False, True])
def test_the_generator_meets_the_discriminator_as_just_updated(share_forward):
    model = sgd(known_gan(), 0.5, loss="wasserstein", share_forward=share_forward, **UNTRACED)
    logs = first_logs(model.fit(REALS, verbose=0))
    updated = WEIGHTS - 0.5 * (FAKE - REALS.mean(0))  # the loss is w . (mean fake - mean real)
    np.testing.assert_allclose(kernel(model.discriminator), updated.reshape(4, 1), rtol=1e-5)
    assert logs["generator_loss"] == pytest.approx(-(updated * FAKE).sum(), rel=1e-5)
    bias = array(model.generator.trainable_variables[1])
    np.testing.assert_allclose(bias, (FAKE + 0.5 * updated).ravel(), rtol=1e-5)


@pytest.mark.parametrize("penalty", ["r1", "r2"])
def test_penalties_are_weighted_and_logged(penalty):
    model = sgd(known_gan(), 0.0, loss="wasserstein", **UNTRACED, **{f"{penalty}_weight": 4.0})
    logs = first_logs(model.fit(REALS, verbose=0))
    squared = (WEIGHTS**2).sum()
    wasserstein = (FAKE * WEIGHTS).sum() - (REALS * WEIGHTS).sum((1, 2, 3)).mean()
    assert logs[f"{penalty}_penalty"] == pytest.approx(0.5 * squared, rel=1e-5)
    assert logs["discriminator_loss"] == pytest.approx(wasserstein + 2.0 * squared, rel=1e-5)
    other = {"r1": "r2", "r2": "r1"}[penalty]
    assert f"{other}_penalty" not in logs


def test_r1_looks_at_real_images_and_r2_at_generated_ones():
    image = keras.Input((2, 2, 1))
    half_square = keras.layers.Lambda(lambda x: x**2 / 2)(keras.layers.Flatten()(image))
    scores = keras.layers.Dense(1, kernel_initializer="ones", use_bias=False)(half_square)
    quadratic = keras.Model(image, scores)
    model = keras_gen.GAN(fixed(FAKE), quadratic, latent_dim=2)
    sgd(model, 0.0, r1_weight=1.0, r2_weight=1.0, **UNTRACED)
    logs = first_logs(model.fit(REALS, verbose=0))
    assert logs["r1_penalty"] == pytest.approx(0.5 * (REALS**2).sum((1, 2, 3)).mean(), rel=1e-5)
    assert logs["r2_penalty"] == pytest.approx(0.5 * (FAKE**2).sum(), rel=1e-5)


def test_labels_are_zero_and_one_unless_smoothed_and_are_saved(tmp_path):
    loss = losses.AdversarialLoss("non_saturating", label_smoothing=0.1)
    model = sgd(known_gan(), 0.0, loss=loss, **UNTRACED)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert loaded.loss.label_smoothing == 0.1
    real, fake = (REALS * WEIGHTS).sum((1, 2, 3)), (FAKE * WEIGHTS).sum()
    smoothed = 0.9 * softplus(-real).mean() + 0.1 * softplus(real).mean() + softplus(fake)
    for trained in (model, loaded):
        for _ in range(2):  # no noise in the labels
            logs = first_logs(trained.fit(REALS, verbose=0))
            assert logs["discriminator_loss"] == pytest.approx(smoothed, rel=1e-5)


def without_dropout(model):
    for layer in model._flatten_layers():
        if isinstance(layer, keras.layers.Dropout):
            layer.rate = 0.0
    return model


def pair_of_gans(**options):
    """Two GANs of the same weights, the first of which shares its forward pass."""
    models = [without_dropout(build_gan()) for _ in "ab"]
    models[1].set_weights(models[0].get_weights())
    for model, share_forward in zip(models, (True, False), strict=True):
        sgd(model, 0.1, share_forward=share_forward, **(UNTRACED | options))
    return models


@pytest.mark.parametrize("loss", ["non_saturating", "relativistic"])
def test_a_shared_forward_pass_gives_the_same_updates(loss, monkeypatch):
    latents = np.random.default_rng(1).normal(size=(4, 3)).astype("float32")
    models = pair_of_gans(loss=loss)
    logs = []
    for model in models:
        monkeypatch.setattr(model, "sample_latents", lambda n: keras.ops.convert_to_tensor(latents))
        logs.append(first_logs(model.fit(images(4), verbose=0)))
    assert logs[0] == pytest.approx(logs[1], rel=1e-4)
    for shared, direct in zip(*(m.trainable_variables for m in models), strict=True):
        np.testing.assert_allclose(array(shared), array(direct), rtol=1e-4, atol=1e-5)


def test_a_shared_forward_pass_runs_the_generator_once(monkeypatch):
    for model, runs in zip(pair_of_gans(run_eagerly=True), (1, 2), strict=True):
        calls = []
        call = model.generator.call
        monkeypatch.setattr(
            model.generator,
            "call",
            lambda *a, call=call, calls=calls, **k: calls.append(a) or call(*a, **k),
        )
        model.fit(images(8), batch_size=4, verbose=0)
        assert len(calls) == 2 * runs
        normalization = next(
            x for x in model.generator.layers if isinstance(x, keras.layers.BatchNormalization)
        )
        # Each run takes a tenth of the way from the initial variance, 1, to one that is almost 0.
        variance = array(normalization.moving_variance)
        np.testing.assert_allclose(variance, normalization.momentum ** (2 * runs), atol=0.02)


def test_the_average_follows_the_generator():
    model = without_dropout(build_gan(ema_decay=0.3))
    sgd(model, 0.5, **UNTRACED)
    average = [array(v) for v in model.generator.weights]
    trainable = [v.trainable for v in model.generator.weights]
    assert any(trainable) and not all(trainable)
    for step in range(1, 4):
        model.fit(images(4), verbose=0)
        decay = min(0.3, (1 + step) / (10 + step))  # 2 / 11, 3 / 12, 0.3
        now = [array(v) for v in model.generator.weights]
        average = [
            decay * a + (1 - decay) * w if learned else w
            for a, w, learned in zip(average, now, trainable, strict=True)
        ]
        for kept, expected in zip(model.ema_generator.weights, average, strict=True):
            np.testing.assert_allclose(array(kept), expected, rtol=1e-5, atol=1e-6)
    latents = np.ones((2, 3), "float32")
    by_average = array(model.ema_generator(latents, training=False))
    np.testing.assert_allclose(model.generate(latents=latents), by_average, rtol=1e-5, atol=1e-6)
    by_generator = array(model.generator(latents, training=False))
    assert np.abs(by_generator - by_average).max() > 1e-4
    assert not model.ema_generator.trainable_variables


@pytest.mark.parametrize("run_eagerly", [True, False])
def test_generating_by_the_average_leaves_the_generator_whole(run_eagerly):
    """JAX gives away the buffers of a network that predicts: none may be the generator's."""
    layers = [keras.layers.Dense(4), keras.layers.BatchNormalization()]
    network = keras.Sequential([keras.Input((2,)), *layers, keras.layers.Reshape((2, 2, 1))])
    model = keras_gen.GAN(network, linear(WEIGHTS), latent_dim=2, ema_decay=0.9)
    sgd(model, 0.1, run_eagerly=run_eagerly)
    for _ in range(2):
        model.fit(REALS, verbose=0)
        before = [array(v).copy() for v in model.weights]
        model.generate(2)
        model.predict(np.ones((2, 2)), verbose=0)
        for old, new in zip(before, model.weights, strict=True):
            np.testing.assert_array_equal(array(new), old)


def test_the_best_model_can_be_kept_by_a_score(tmp_path):
    scores = iter([3.0, 1.0, 2.0])

    class Score(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            logs["fid"] = next(scores)
            weights.append(self.model.get_weights())

    weights = []
    best = keras.callbacks.ModelCheckpoint(
        tmp_path / "best.keras", monitor="fid", mode="min", save_best_only=True
    )
    model = sgd(known_gan(), 0.1, **UNTRACED)
    model.fit(REALS, epochs=3, callbacks=[Score(), best], verbose=0)
    loaded = keras.saving.load_model(tmp_path / "best.keras").get_weights()
    for kept, second, last in zip(loaded, *weights[1:], strict=True):
        np.testing.assert_array_equal(kept, second)
        assert (kept != last).any()


@pytest.fixture(scope="module")
def gan():
    return build_gan()


def test_generate_goes_by_its_seed(gan):
    five = gan.generate(5, seed=0)
    assert five.shape == (5, 8, 8, 1)
    assert five.dtype == "float32"
    assert np.abs(five).max() <= 1
    np.testing.assert_array_equal(gan.generate(5, seed=0), five)
    np.testing.assert_allclose(gan.generate(3, seed=0), five[:3], atol=1e-6)  # the first stay
    np.testing.assert_allclose(gan.generate(5, seed=0, batch_size=2), five, atol=1e-6)
    assert np.abs(gan.generate(5, seed=1) - five).max() > 1e-4
    assert np.abs(gan.generate(5) - gan.generate(5)).max() > 1e-4


def test_generate_takes_latents(gan):
    latents = np.random.default_rng(0).standard_normal((5, 3), dtype="float32")
    np.testing.assert_array_equal(gan.generate(latents=latents), gan.generate(5, seed=0))
    np.testing.assert_allclose(
        gan.generate(latents=latents), array(gan.generator(latents, training=False)), atol=1e-6
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, r"Give `n`.*or `latents`. Received: neither"),
        ({"n": 0}, r"`n` must be an integer above 0. Received: n=0"),
        ({"n": 1.5}, r"`n` must be an integer above 0. Received: n=1.5"),
        (
            {"latents": np.ones((2, 4))},
            r"`latents` must have shape \(n, 3\). Received: shape \(2, 4\)",
        ),
        ({"latents": np.ones(3)}, r"`latents` must have shape \(n, 3\). Received: shape \(3,\)"),
        ({"n": 3, "latents": np.ones((2, 3))}, r"`latents`.*\(3, 3\). Received: shape \(2, 3\)"),
    ],
)
def test_generate_refuses(gan, arguments, message):
    with pytest.raises(ValueError, match=message):
        gan.generate(**arguments)


def test_interpolation_has_its_ends(gan):
    latents = np.random.default_rng(2).normal(size=(2, 3)).astype("float32")
    row = gan.interpolate(steps=5, latents=latents)
    assert row.shape == (5, 8, 8, 1)
    np.testing.assert_allclose(row[[0, -1]], gan.generate(latents=latents), atol=1e-5)
    np.testing.assert_array_equal(gan.interpolate(4, seed=0), gan.interpolate(4, seed=0))
    with pytest.raises(ValueError, match=r"`steps`.*at least 2. Received: steps=1"):
        gan.interpolate(1)


def test_a_walk_goes_from_latent_to_latent_and_back():
    gan = build_gan()
    walk = gan.walk(2, stops=3, steps=4, seed=5)
    assert walk.shape == (2, 12, *gan.gives.shape)
    ends = gan.prior.draw(6, 5).reshape(3, 2, -1)
    for number in range(2):
        for stop in range(3):
            both = ends[[stop, (stop + 1) % 3], number]
            way = gan.interpolate(5, latents=both)[:-1]
            np.testing.assert_allclose(walk[number, 4 * stop :][:4], way, atol=1e-5)
    with pytest.raises(ValueError, match=r"`path` must end in .gif. Received: path='a.png'"):
        gan.film("a.png")
    for options, message in (
        ({"n": 0}, "`n` must be an integer above 0. Received: n=0"),
        ({"stops": 1}, "`stops` must be at least 2. Received: stops=1"),
        ({"steps": 0}, "`steps` must be an integer above 0. Received: steps=0"),
        ({"labels": [0] * 16}, "classes"),
    ):
        with pytest.raises(ValueError, match=message):
            gan.walk(**options)
