"""The models: `keras.Model` subclasses that train with `fit`."""

from keras_gen.models.gan import GAN
from keras_gen.models.vae import VAE

__all__ = ["GAN", "VAE"]
