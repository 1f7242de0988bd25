"""Builders of the papers' networks, as functional Keras models."""

from keras_gen.networks.conditional_dcgan import (
    conditional_dcgan_discriminator,
    conditional_dcgan_generator,
)
from keras_gen.networks.conv_vae import conv_decoder, conv_encoder
from keras_gen.networks.dcgan import dcgan_discriminator, dcgan_generator
from keras_gen.networks.edsr_generator import edsr_generator
from keras_gen.networks.efficientnet_lite import efficientnet_lite0
from keras_gen.networks.fast_gan import fast_gan_generator
from keras_gen.networks.flow_unet import flow_unet
from keras_gen.networks.frame_predictor import frame_predictor
from keras_gen.networks.gated_unet_generator import gated_unet_generator
from keras_gen.networks.mlp import mlp_decoder, mlp_discriminator, mlp_encoder, mlp_generator
from keras_gen.networks.noisy_classifier import noisy_classifier
from keras_gen.networks.patch_discriminator import patch_discriminator, patch_receptive_field
from keras_gen.networks.pixel_cnn import pixel_cnn
from keras_gen.networks.progressive import progressive_discriminator, progressive_generator
from keras_gen.networks.projected_discriminator import projected_discriminator
from keras_gen.networks.r3gan import r3gan_discriminator, r3gan_generator
from keras_gen.networks.resnet_generator import resnet_generator
from keras_gen.networks.sngan_resnet import sngan_resnet_discriminator, sngan_resnet_generator
from keras_gen.networks.style_gan2 import (
    style_gan2_discriminator,
    style_gan2_mapping,
    style_gan2_synthesis,
)
from keras_gen.networks.tabular_generator import tabular_generator
from keras_gen.networks.unet_generator import unet_generator
from keras_gen.networks.vq_vae import vq_decoder, vq_encoder

__all__ = [
    "conditional_dcgan_discriminator",
    "conditional_dcgan_generator",
    "conv_decoder",
    "conv_encoder",
    "dcgan_discriminator",
    "dcgan_generator",
    "edsr_generator",
    "efficientnet_lite0",
    "fast_gan_generator",
    "flow_unet",
    "frame_predictor",
    "gated_unet_generator",
    "mlp_decoder",
    "mlp_discriminator",
    "mlp_encoder",
    "mlp_generator",
    "noisy_classifier",
    "patch_discriminator",
    "patch_receptive_field",
    "pixel_cnn",
    "progressive_discriminator",
    "progressive_generator",
    "projected_discriminator",
    "r3gan_discriminator",
    "r3gan_generator",
    "resnet_generator",
    "sngan_resnet_discriminator",
    "sngan_resnet_generator",
    "style_gan2_discriminator",
    "style_gan2_mapping",
    "style_gan2_synthesis",
    "tabular_generator",
    "unet_generator",
    "vq_decoder",
    "vq_encoder",
]
