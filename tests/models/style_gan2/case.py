"""A tiny StyleGAN2."""

import keras

import keras_gen
from tests.cases import IMAGE_SHAPE, LATENT_DIM, Case, images, latents

STYLE_DIM = 4


def build(
    shape=IMAGE_SHAPE, minibatch_deviation=True, base_filters=2, discriminator=None, **options
):
    networks = keras_gen.networks
    return keras_gen.StyleGAN2(
        networks.style_gan2_mapping(LATENT_DIM, STYLE_DIM),
        networks.style_gan2_synthesis(shape, STYLE_DIM, base_filters),
        discriminator
        or networks.style_gan2_discriminator(shape, base_filters, minibatch_deviation),
        latent_dim=LATENT_DIM,
        **options,
    )


def build_against_a_plain_discriminator():
    """By a comparison's weights, which equalised layers scale down again, its own would be near blind."""
    plain = keras_gen.networks.dcgan_discriminator(IMAGE_SHAPE, 4, normalization=None)
    return build(discriminator=plain, ema_decay=0.9)


def before_limits(model):
    """By the weights of a comparison images may lie beyond their range."""
    return keras.ops.convert_to_numpy(model(latents()))


CASE = Case(
    build=lambda: build(ema_decay=0.9),
    data=images,
    outputs=lambda model: model.generate(latents=latents()),
    phases=("discriminator", "generator"),
    smooth=lambda: build(minibatch_deviation=False, ema_decay=0.9),
    rate=0.1,
    larger=Case(
        build=build_against_a_plain_discriminator,
        data=images,
        outputs=before_limits,
        phases=("discriminator", "generator"),
    ),
)
