"""The models: `keras.Model` subclasses that train with `fit`."""

from keras_gen.models.conditional_gan import ConditionalGAN
from keras_gen.models.cycle_gan import CycleGAN
from keras_gen.models.gan import GAN
from keras_gen.models.pix2pix import Pix2Pix
from keras_gen.models.vae import VAE
from keras_gen.models.wgan_gp import WGANGP

__all__ = ["GAN", "VAE", "WGANGP", "ConditionalGAN", "CycleGAN", "Pix2Pix"]
