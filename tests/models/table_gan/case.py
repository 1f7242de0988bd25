"""A tiny TableGAN."""

import keras_gen
from keras_gen.modalities import columns_of
from tests.cases import LATENT_DIM, Case, latents, rows

COLUMNS = 5


def build(**options):
    return keras_gen.TableGAN(
        generator=keras_gen.networks.mlp_generator(LATENT_DIM, COLUMNS, width=8),
        discriminator=keras_gen.networks.mlp_discriminator(COLUMNS, width=8),
        latent_dim=LATENT_DIM,
        columns=columns_of(rows(64)),
        **options,
    )


CASE = Case(
    build=lambda: build(ema_decay=0.9),
    data=rows,
    outputs=lambda model: model.predict(latents(), verbose=0),
    phases=("discriminator", "generator"),
    noun="rows",
)
