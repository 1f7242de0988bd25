"""A tiny Wasserstein GAN."""

import keras_gen
from tests.cases import IMAGE_SHAPE, LATENT_DIM, Case, images, latents

N_CRITIC = 2


def build(normalization="batch", **options):
    return keras_gen.WGANGP(
        generator=keras_gen.networks.dcgan_generator(
            IMAGE_SHAPE, LATENT_DIM, base_filters=4, normalization=normalization
        ),
        discriminator=keras_gen.networks.dcgan_discriminator(
            IMAGE_SHAPE, base_filters=4, normalization="layer"
        ),
        latent_dim=LATENT_DIM,
        **{"n_critic": N_CRITIC, **options},
    )


CASE = Case(
    build=build,
    data=images,
    outputs=lambda model: model.generate(latents=latents()),
    phases=("discriminator", "generator"),
    batch_normalised=True,
    parts=N_CRITIC,
    smooth=lambda: build("layer"),
)
