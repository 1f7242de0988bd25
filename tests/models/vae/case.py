"""A tiny VAE."""

import keras_gen
from tests.cases import IMAGE_SHAPE, LATENT_DIM, Case, images, latents


def build(normalization=None, **options):
    sizes = {"base_filters": 4, "normalization": normalization}
    return keras_gen.VAE(
        encoder=keras_gen.networks.conv_encoder(IMAGE_SHAPE, LATENT_DIM, **sizes),
        decoder=keras_gen.networks.conv_decoder(IMAGE_SHAPE, LATENT_DIM, **sizes),
        latent_dim=LATENT_DIM,
        **options,
    )


CASE = Case(
    build=build,
    data=images,
    outputs=lambda model: model.decode(latents()),
    phases=("vae",),
    methods={
        "predict": {},
        "reconstruct": {},
        "reconstruction_errors": {},
        "anomaly_scores": {},
        "importance_weighted_bound": {"num_samples": 2},
    },
    smooth=lambda: build("layer"),
)
