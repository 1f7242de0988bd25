import math

import keras
import numpy as np
import pytest

import keras_gen
from keras_gen.evaluation import evaluate
from keras_gen.models.vae_gan.recipe import VAEGANRecipe
from tests.cases import IMAGE_SHAPE, LATENT_DIM, UNTRACED, images, latents
from tests.models.helpers import array, first_logs
from tests.models.vae_gan.case import build

pytestmark = pytest.mark.one_backend

SHAPE = (2, 2, 1)


def known(feature_kernel=None, score=0.0, **options):
    """Posteriors N(1, 1), images that are their latent everywhere, four features, logits of `score`."""
    image = keras.Input(SHAPE)
    pixels = keras.layers.Flatten()(image)
    mean = keras.layers.Dense(1, kernel_initializer="zeros", bias_initializer="ones")(pixels)
    log_variance = keras.layers.Dense(1, kernel_initializer="zeros")(pixels)
    latent = keras.Input((1,))
    spread = keras.layers.Dense(4, use_bias=False, kernel_initializer="ones")(latent)
    features = keras.layers.Dense(4, "leaky_relu", name="features")
    logits = keras.layers.Dense(
        1, kernel_initializer="zeros", bias_initializer=keras.initializers.Constant(score)
    )
    judge = keras.Model(image, logits(features(keras.layers.Flatten()(image))))
    features.kernel.assign(np.eye(4) if feature_kernel is None else feature_kernel)
    return keras_gen.VAEGAN(
        keras.Model(image, [mean, log_variance]),
        keras.Model(latent, keras.layers.Reshape(SHAPE)(spread)),
        judge,
        latent_dim=1,
        **options,
    )


def trained(model, data, encoder=0.0, decoder=0.0, discriminator=0.0):
    """Weights of the three networks, before and after a step of plain gradient descent at these rates."""
    networks = model.encoder, model.decoder, model.discriminator
    before = [[array(v) for v in network.trainable_variables] for network in networks]
    rates = (encoder, decoder, discriminator)
    model.compile(*(keras.optimizers.SGD(rate) for rate in rates), **UNTRACED)
    logs = first_logs(model.fit(data, verbose=0, batch_size=len(data)))
    after = [[array(v) for v in network.trainable_variables] for network in networks]
    return before, after, logs


def test_losses_are_the_papers():
    """Features are pixels, and reconstructions N(1, 1) everywhere: half of 4 (1 - x)^2 + 4 on average."""
    x = np.linspace(-1, 1, 4000, dtype="float32").reshape(-1, 1, 1, 1) * np.ones((1, *SHAPE), "f4")
    model = known(score=0.5, gamma=0.25, beta=3.0)
    model._judge_with_maps().get_layer("features").activation = keras.activations.linear
    _, _, logs = trained(model, x)
    positive = math.log1p(math.exp(0.5))
    negative = math.log1p(math.exp(-0.5))
    feature = 2.0 * np.mean((1.0 - x) ** 2) + 2.0
    assert logs["kl_loss"] == pytest.approx(0.5, rel=1e-5)
    assert logs["feature_loss"] == pytest.approx(feature, rel=0.1)
    assert logs["encoder_loss"] == pytest.approx(3.0 * 0.5 + logs["feature_loss"], rel=1e-5)
    # The decoder is shown the encoder's latents, so that its feature loss is the encoder's.
    assert logs["adversarial_loss"] == pytest.approx(2 * negative, rel=1e-5)
    decoder = 0.25 * logs["feature_loss"] + 2 * negative
    assert logs["decoder_loss"] == pytest.approx(decoder, rel=1e-5)
    # Real images, reconstructions, and images of the prior each count once.
    assert logs["discriminator_loss"] == pytest.approx(negative + 2 * positive, rel=1e-5)


def test_the_feature_loss_is_a_gaussians_without_its_constant():
    model = build()
    a, b = (np.random.default_rng(i).normal(size=(5, 2, 3, 4)).astype("f4") for i in (0, 1))
    found = float(array(model.feature_loss(a, b)))
    density = array(keras_gen.losses.gaussian_log_density(a, b, 0.0)) + 12 * math.log(2 * math.pi)
    assert found == pytest.approx(-density.mean(), rel=1e-5)


def change(before, after):
    return max(np.abs(a - b).max() for a, b in zip(after, before, strict=True))


def test_the_encoder_gets_no_adversarial_gradient():
    """Features that are zeros: the encoder learns by the KL term alone, whatever the discriminator says."""

    def run(score):
        keras.utils.set_random_seed(0)
        model = known(np.zeros((4, 4)), score=score, beta=0.0)
        return trained(model, images(6, SHAPE), encoder=1.0)

    for score in (0.0, -5.0):
        (before, *_), (after, *_), _ = run(score)
        assert change(before, after) == 0.0
    # With features it learns, and the same whether or not the discriminator can be deceived.
    ends = []
    for slope in (0.0, 2.0):
        keras.utils.set_random_seed(0)
        model = known(beta=0.0)
        model.discriminator.layers[-1].kernel.assign(np.full((4, 1), slope))
        (before, *_), (after, *_), _ = trained(model, images(6, SHAPE), encoder=0.1)
        assert change(before, after) > 1e-3
        ends.append(after)
    assert change(*ends) == 0.0


def test_the_discriminator_gets_nothing_of_the_feature_loss():
    """A last layer of zeros hands no adversarial gradient to the features, and the features don't move."""
    before, after, logs = trained(known(gamma=100.0), images(6, SHAPE), discriminator=1.0)
    features, bias, kernel, _ = zip(before[2], after[2], strict=True)
    assert logs["feature_loss"] > 0.1
    assert change(*zip(features, bias, strict=True)) == 0.0
    assert np.abs(kernel[1] - kernel[0]).max() > 1e-3


@pytest.mark.parametrize("gamma", [0.0, 0.5])
def test_the_decoder_gets_gamma_times_the_feature_loss(gamma):
    """A blind discriminator: the decoder moves by the feature loss alone, in proportion to gamma."""
    ends = []
    for weight in (gamma, 2 * gamma):
        keras.utils.set_random_seed(0)
        before, after, _ = trained(known(gamma=weight), images(6, SHAPE), decoder=0.1)
        ends.append(after[1][0] - before[1][0])
    assert (np.abs(ends[0]).max() > 1e-3) == (gamma > 0)
    np.testing.assert_allclose(ends[1], 2 * ends[0], rtol=1e-3, atol=1e-6)


def test_both_are_shown_reconstructions_and_as_many_images_of_the_prior(monkeypatch):
    """Posteriors N(50, 1) and images that are their latent everywhere."""
    model, shown = known(), {}
    model.encoder.trainable_variables[1].assign([50.0])

    def watch(name):
        loss = getattr(model, name)

        def remember(first, made, training):
            shown[name] = array(made)
            return loss(first, made, training)

        monkeypatch.setattr(model, name, remember)

    watch("decoder_loss")
    watch("discriminator_loss")
    trained(model, images(64, SHAPE))
    made = shown["decoder_loss"]
    np.testing.assert_array_equal(made, shown["discriminator_loss"])
    assert made.shape == (128, *SHAPE)
    assert abs(made[:64].mean() - 50) < 1 and abs(made[64:].mean()) < 1


def test_the_chosen_layer_is_compared():
    model = build(shape=(16, 16, 1), feature_layer=0)
    shown = images(3, (16, 16, 1))
    assert model.judge(shown, False)[1].shape == (3, 8, 8, 4)
    logits, last = build(shape=(16, 16, 1)).judge(shown, False)
    assert logits.shape == (3, 1) and last.shape == (3, 4, 4, 8)


def test_the_average_is_what_decodes():
    model = build(ema_decay=0.9)
    model.compile()
    model.ema_decoder.set_weights([np.zeros_like(w) for w in model.decoder.get_weights()])
    assert np.abs(model.generate(2, seed=0)).max() == 0.0
    assert np.abs(model.reconstruct(images(2))).max() == 0.0
    model.fit(images(4), verbose=0)
    assert np.abs(model.generate(2, seed=0)).max() > 0.0


def test_what_a_vae_does_it_does():
    model = build()
    assert model.encode(images(3))[0].shape == (3, LATENT_DIM)
    assert model.interpolate(*images(2), steps=5).shape == (5, *IMAGE_SHAPE)
    np.testing.assert_allclose(
        model.generate(latents=latents()), model.decode(latents()), atol=1e-6
    )
    model.fit_sampler("gmm", images(40), components=2)
    assert model.generate(2, seed=0).shape == (2, *IMAGE_SHAPE)
    assert model.sampler is not None


def test_a_report_has_no_bound():
    model = build()
    model.compile()
    found = evaluate(model, images(24), features="classifier_digits")["losses"]
    assert {"feature_loss", "kl_loss", "reconstruction_error", "active_units"} <= set(found)
    assert not {"elbo", "importance_weighted_bound"} & set(found)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"gamma": -1}, r"`gamma` must be a number >= 0. Received: gamma=-1"),
        ({"feature_layer": 1}, r"`feature_layer` must be an integer in \[-1, 1\).*Received: .*=1"),
        ({"feature_layer": 0.5}, r"`feature_layer` must be an integer.*Received: .*=0.5"),
        ({"ema_decay": 1.0}, r"`ema_decay` must be None or a number in \[0, 1\)"),
    ],
)
def test_what_does_not_fit_is_refused(options, message):
    with pytest.raises(ValueError, match=message):
        build(**options)


def test_a_discriminator_of_other_images_is_refused():
    model = build()
    other = keras_gen.networks.dcgan_discriminator((8, 8, 3), base_filters=4)
    with pytest.raises(ValueError, match=r"`discriminator` must take inputs of shape"):
        keras_gen.VAEGAN(model.encoder, model.decoder, other, LATENT_DIM)


def test_the_recipe_has_what_it_is_told():
    recipe = VAEGANRecipe(
        dataset="digits", base_filters=2, latent_dim=5, gamma=0.2, beta=0.5, ema_decay=0.9
    )
    model = recipe.build(recipe.open(), 10)
    assert (model.latent_dim, model.gamma, model.beta, model.ema_decay) == (5, 0.2, 0.5, 0.9)
    assert model.decoder.input_shape == (None, 5)
