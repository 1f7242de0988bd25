"""Builders of the papers' networks, as functional Keras models."""

from keras_gen.networks.conv_vae import conv_decoder, conv_encoder
from keras_gen.networks.dcgan import dcgan_discriminator, dcgan_generator

__all__ = [
    "conv_decoder",
    "conv_encoder",
    "dcgan_discriminator",
    "dcgan_generator",
]
