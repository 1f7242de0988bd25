"""What is said of the networks that a model is given."""

import warnings

import keras
import pytest

import keras_gen


def gan_that_ends(generator_end, discriminator_end):
    latents, image = keras.Input((3,)), keras.Input((8, 8, 1))
    made = keras.layers.Dense(64, activation=generator_end)(latents)
    generator = keras.Model(latents, keras.layers.Reshape((8, 8, 1))(made))
    flat = keras.layers.Flatten()(image)
    discriminator = keras.Model(image, keras.layers.Dense(1, activation=discriminator_end)(flat))
    return keras_gen.GAN(generator, discriminator, latent_dim=3)


def test_last_activations_that_fit_neither_losses_nor_range_are_warned_of():
    with pytest.warns(UserWarning, match="ends in a sigmoid, and the losses take logits"):
        gan_that_ends("tanh", "sigmoid").compile()
    with pytest.warns(UserWarning, match="ends in a sigmoid, which gives nothing below 0"):
        gan_that_ends("sigmoid", None).compile()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        gan_that_ends("tanh", None).compile()
