"""What is said of the networks that a model is given."""

import warnings

import keras
import pytest

import keras_gen
from tests.cases import CASES, images


def gan_that_ends(generator_end, discriminator_end, model=keras_gen.GAN):
    latents, image = keras.Input((3,)), keras.Input((8, 8, 1))
    made = keras.layers.Dense(64, activation=generator_end)(latents)
    generator = keras.Model(latents, keras.layers.Reshape((8, 8, 1))(made))
    flat = keras.layers.Flatten()(image)
    discriminator = keras.Model(image, keras.layers.Dense(1, activation=discriminator_end)(flat))
    return model(generator, discriminator, latent_dim=3)


def test_a_classifier_that_ends_in_a_softmax_is_warned_of():
    image = keras.Input((8, 8, 1))
    classifier = keras.Sequential(
        [image, keras.layers.Flatten(), keras.layers.ReLU(), keras.layers.Dense(3, "softmax")]
    )
    generator = keras_gen.networks.dcgan_generator((8, 8, 1), 3, base_filters=2)
    with pytest.warns(UserWarning, match="ends in a softmax, and the losses take logits"):
        keras_gen.SemiSupervisedGAN(generator, classifier, latent_dim=3, classes=3).compile()


@pytest.mark.parametrize("model", [keras_gen.GAN, keras_gen.WGANGP, keras_gen.R3GAN])
def test_a_discriminator_with_another_head_than_logits_is_refused(model):
    generator = keras_gen.networks.dcgan_generator((8, 8, 1), 3, base_filters=2)
    image = keras.Input((8, 8, 1))
    flat = keras.layers.Flatten()(image)
    heads = [keras.layers.Dense(units)(flat) for units in (1, 5)]
    with pytest.raises(ValueError, match=r"`discriminator` must give .* with .*outputs"):
        model(generator, keras.Model(image, heads), latent_dim=3)


def test_a_gan_judges_at_several_scales():
    generator = keras_gen.networks.dcgan_generator((8, 8, 1), 3, base_filters=2)
    image = keras.Input((8, 8, 1))
    scales = [keras.layers.Conv2D(1, side, strides=side)(image) for side in (1, 2)]
    keras_gen.GAN(generator, keras.Model(image, scales), latent_dim=3)
    with pytest.raises(ValueError, match=r"one output.*Received: .*with 2 outputs"):
        keras_gen.R3GAN(generator, keras.Model(image, scales), latent_dim=3)


def test_what_a_discriminator_scores_can_be_asked_before_compile():
    case = CASES["gan"]
    model = case.build()
    new = type(model).from_config(model.get_config())
    assert not new.compiled and not new.is_critic
    assert new.discriminator_scores(images(3)).shape == (3,)


def test_every_output_of_a_discriminator_is_looked_at():
    latents, image = keras.Input((2 + 3,)), keras.Input((8, 8, 1))
    made = keras.layers.Dense(64, activation="tanh")(latents)
    generator = keras.Model(latents, keras.layers.Reshape((8, 8, 1))(made))
    flat = keras.layers.Flatten()(image)
    heads = [keras.layers.Dense(1)(flat), keras.layers.Dense(3, activation="softmax")(flat)]
    gan = keras_gen.InfoGAN(
        generator, keras.Model(image, heads), noise_dim=2, categories=3, continuous=0
    )
    with pytest.warns(UserWarning, match="ends in a softmax, and the losses take logits"):
        gan.compile()


def test_last_activations_that_fit_neither_losses_nor_range_are_warned_of():
    with pytest.warns(UserWarning, match="ends in a sigmoid, and the losses take logits"):
        gan_that_ends("tanh", "sigmoid").compile()
    with pytest.warns(UserWarning, match="ends in a sigmoid, which gives nothing below 0"):
        gan_that_ends("sigmoid", None).compile()
    for critic in (keras_gen.WGANGP, keras_gen.R3GAN):
        with pytest.warns(UserWarning, match="ends in a sigmoid, and the losses take logits"):
            gan_that_ends("tanh", "sigmoid", critic).compile()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        gan_that_ends("tanh", None).compile()
