"""Points, signals and volumes train as images do."""

import keras
import numpy as np
import pytest

import keras_gen
from tests.models.helpers import array

SHAPES = [(5,), (6, 2), (2, 3, 2, 1)]
LATENT_DIM = 3


def data(n, shape, seed=0):
    """Not in [-1, 1], which is for images."""
    return (4.0 + 3.0 * np.random.default_rng(seed).standard_normal((n, *shape))).astype("float32")


def generator(shape, inputs=LATENT_DIM):
    dense = keras.layers.Dense(int(np.prod(shape)))
    return keras.Sequential([keras.Input((inputs,)), dense, keras.layers.Reshape(shape)])


def discriminator(shape):
    layers = [keras.layers.Flatten(), keras.layers.Dense(8, activation="tanh")]
    return keras.Sequential([keras.Input(shape), *layers, keras.layers.Dense(1)])


def encoder(shape):
    values = keras.Input(shape)
    features = keras.layers.Flatten()(values)
    return keras.Model(values, [keras.layers.Dense(LATENT_DIM)(features) for _ in range(2)])


MODELS = {
    "gan": lambda shape: keras_gen.GAN(generator(shape), discriminator(shape), LATENT_DIM),
    "wgan_gp": lambda shape: keras_gen.WGANGP(
        generator(shape), discriminator(shape), LATENT_DIM, n_critic=2
    ),
    "vae": lambda shape: keras_gen.VAE(
        encoder(shape), generator(shape), LATENT_DIM, likelihood="gaussian"
    ),
}


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("name", MODELS)
def test_trains_and_generates(name, shape, tmp_path):
    model = MODELS[name](shape)
    options = {"r1_weight": 1.0, "r2_weight": 1.0} if name == "gan" else {}
    model.compile(**options)
    x = data(8, shape)
    before = [array(w) for w in model.trainable_variables]
    history = model.fit(x, batch_size=4, verbose=0).history
    assert all(np.isfinite(values).all() for values in history.values())
    after = [array(w) for w in model.trainable_variables]
    kernels = [(a, b) for a, b in zip(before, after, strict=True) if a.ndim > 1]
    assert len(kernels) >= 3 and all((a != b).any() for a, b in kernels)
    assert model.generate(3, seed=0).shape == (3, *shape)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded.generate(3, seed=0), model.generate(3, seed=0))


def test_a_bernoulli_likelihood_takes_what_it_can_make():
    model = keras_gen.VAE(encoder((5,)), generator((5,)), LATENT_DIM)
    model.compile()
    x = np.clip(data(8, (5,)), -1.0, 1.0)
    assert np.isfinite(model.fit(x, batch_size=4, verbose=0).history["loss"]).all()
    x[-1, 0] = 1.25
    with pytest.raises(
        ValueError, match=r"floats in \[-1, 1\].*such as likelihood='gaussian'.* to 1.25"
    ):
        model.fit(x, batch_size=4, verbose=0)


@pytest.mark.parametrize("name", ["GaussianLikelihood", "LearnedGaussianLikelihood"])
def test_a_bounded_likelihood_takes_what_it_can_make(name):
    likelihood, x = getattr(keras_gen.losses, name), data(8, (5,))
    x[0, 0] = 9.0
    for bounded in (True, False):
        model = keras_gen.VAE(
            encoder((5,)), generator((5,)), LATENT_DIM, likelihood=likelihood(0.5, bounded=bounded)
        )
        model.compile()
        assert np.isfinite(model.fit(np.clip(x, -1.0, 1.0), verbose=0).history["loss"]).all()
        if bounded:
            with pytest.raises(ValueError, match=r"must hold floats in \[-1, 1\]"):
                model.fit(x, verbose=0)
        else:
            model.fit(x, verbose=0)
            assert np.abs(model.reconstruct(50.0 * x)).max() > 1.0
    with pytest.raises(ValueError, match="no images, which have no grey levels"):
        keras_gen.VAE(
            encoder((5,)),
            generator((5,)),
            LATENT_DIM,
            likelihood=keras_gen.losses.DiscretizedLogisticLikelihood(),
        )


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_reconstruction_errors_are_means_over_all_axes_but_the_first(shape):
    model, x = MODELS["vae"](shape), data(4, shape)
    assert np.abs(model.reconstruct(10.0 * x)).max() > 1.0  # no pixels, which end at 1
    errors = ((x - model.reconstruct(x)) ** 2).reshape(4, -1).mean(axis=1)
    np.testing.assert_allclose(model.reconstruction_errors(x), errors, rtol=1e-5)


def test_a_linear_critic_s_penalty_is_that_of_its_norm_whatever_the_shape():
    for shape in SHAPES:
        critic = keras.Sequential(
            [keras.Input(shape), keras.layers.Flatten(), keras.layers.Dense(1, use_bias=False)]
        )
        weights = np.linspace(-1.0, 1.0, int(np.prod(shape)))
        critic.layers[-1].kernel.assign(weights[:, None])
        model = keras_gen.WGANGP(generator(shape), critic, LATENT_DIM, n_critic=1)
        model.compile(keras.optimizers.SGD(0.0), keras.optimizers.SGD(0.0))
        logs = model.fit(data(4, shape), verbose=0).history
        expected = (np.linalg.norm(weights) - 1.0) ** 2
        assert logs["gradient_penalty"] == [pytest.approx(expected, rel=1e-4)]


def test_the_wrong_shape_is_named_before_the_first_step():
    model = MODELS["gan"]((5,))
    model.compile()
    with pytest.raises(
        ValueError, match=r"Training data must have the shape.*\(batch, 5\).*\(8, 6\)"
    ):
        model.fit(data(8, (6,)), verbose=0)


class Subclassed(keras.Model):
    """A network of a user's own, which tells no shapes."""

    def __init__(self, shape):
        super().__init__()
        self.dense = keras.layers.Dense(int(np.prod(shape)))
        self.reshape = keras.layers.Reshape(shape)

    def call(self, inputs, training=False):
        return self.reshape(self.dense(keras.ops.reshape(inputs, (keras.ops.shape(inputs)[0], -1))))


class SubclassedEncoder(keras.Model):
    """An encoder of a user's own."""

    def __init__(self):
        super().__init__()
        self.mean = keras.layers.Dense(LATENT_DIM)
        self.log_variance = keras.layers.Dense(LATENT_DIM)

    def call(self, inputs, training=False):
        features = keras.ops.reshape(inputs, (keras.ops.shape(inputs)[0], -1))
        return [self.mean(features), self.log_variance(features)]


def called(network, shape):
    network(np.zeros((1, *shape), "float32"))
    return network


def test_subclassed_networks_train():
    shape = (4, 4, 1)
    make = called(Subclassed(shape), (LATENT_DIM,))
    gan = keras_gen.GAN(make, called(Subclassed((1,)), shape), LATENT_DIM)
    vae = keras_gen.VAE(
        called(SubclassedEncoder(), shape), called(Subclassed(shape), (LATENT_DIM,)), LATENT_DIM
    )
    images = np.tanh(data(8, shape))
    for model in (gan, vae):
        model.compile()
        model.fit(images, batch_size=4, verbose=0)
        assert model.generate(2, seed=0).shape == (2, *shape)


def test_a_subclassed_network_of_another_shape_is_refused():
    make = called(Subclassed((4, 4, 1)), (LATENT_DIM,))
    with pytest.raises(ValueError, match=r"`discriminator` must take.*\(batch, 4, 4, 1\)"):
        keras_gen.GAN(make, discriminator((5,)), LATENT_DIM)
    with pytest.raises(ValueError, match=r"`generator` must take inputs of shape \(batch, 4\)"):
        keras_gen.GAN(make, discriminator((4, 4, 1)), LATENT_DIM + 1)
