"""A tiny semi-supervised VAE."""

import keras_gen
from tests.cases import IMAGE_SHAPE, LATENT_DIM, NUM_CLASSES, Case, latents
from tests.models.semi_supervised_gan.case import data


def build(normalization=None, **options):
    sizes = {"base_filters": 4, "normalization": normalization, "num_classes": NUM_CLASSES}
    return keras_gen.SemiSupervisedVAE(
        encoder=keras_gen.networks.conv_encoder(IMAGE_SHAPE, LATENT_DIM, **sizes),
        decoder=keras_gen.networks.conv_decoder(IMAGE_SHAPE, LATENT_DIM, **sizes),
        classifier=keras_gen.networks.dcgan_discriminator(
            IMAGE_SHAPE, base_filters=4, normalization=normalization, classes=NUM_CLASSES
        ),
        latent_dim=LATENT_DIM,
        num_classes=NUM_CLASSES,
        **options,
    )


CASE = Case(
    build=build,
    data=data,
    outputs=lambda model: model.decode(latents(), [0, 1, 2, 0]),
    phases=("vae",),
    methods={"classify": {}, "encode": {}, "reconstruct": {}},
    smooth=lambda: build("layer"),
)
