"""A tiny TableVAE."""

import keras_gen
from keras_gen.modalities import columns_of
from tests.cases import LATENT_DIM, Case, latents, rows

COLUMNS = 5


def build(**options):
    return keras_gen.TableVAE(
        encoder=keras_gen.networks.mlp_encoder(COLUMNS, LATENT_DIM, width=8),
        decoder=keras_gen.networks.mlp_decoder(LATENT_DIM, COLUMNS, width=8),
        latent_dim=LATENT_DIM,
        columns=columns_of(rows(64)),
        **options,
    )


CASE = Case(
    # Under a narrow likelihood the first float16 steps overflow, until the loss scale has come down.
    build=lambda: build(standard_deviation=1.0),
    data=rows,
    outputs=lambda model: model.decode(latents()),
    phases=("vae",),
    noun="rows",
    methods={"encode": {}, "reconstruct": {}, "anomaly_scores": {}},
)
