"""A tiny Pix2Pix."""

import keras_gen
from tests.cases import COLOUR_SHAPE, IMAGE_SHAPE, Case, images


def build(**options):
    return keras_gen.Pix2Pix(
        generator=keras_gen.networks.unet_generator(IMAGE_SHAPE, 3, base_filters=4, seed=0),
        discriminator=keras_gen.networks.patch_discriminator(
            IMAGE_SHAPE, COLOUR_SHAPE, base_filters=4
        ),
        **options,
    )


def build_smooth():
    return keras_gen.Pix2Pix(
        keras_gen.networks.unet_generator(
            IMAGE_SHAPE, 3, base_filters=4, normalization=None, dropout=0.0
        ),
        keras_gen.networks.patch_discriminator(
            IMAGE_SHAPE, COLOUR_SHAPE, base_filters=4, normalization=None
        ),
    )


CASE = Case(
    build=build,
    data=lambda n: {"input": images(n), "target": images(n, COLOUR_SHAPE, seed=1)},
    outputs=lambda model: model.translate(images(4)),
    phases=("discriminator", "generator"),
    generates=False,
    batch_normalised=True,
    methods={"translate": {}, "predict": {}},
    smooth=build_smooth,
)
