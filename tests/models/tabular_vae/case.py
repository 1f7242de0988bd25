"""A tiny TabularVAE."""

import keras_gen
from keras_gen.losses import MixedLikelihood
from keras_gen.modalities import MixedRows
from tests.cases import LATENT_DIM, Case, latents
from tests.models.tabular import OPENED, codes


def build(columns=OPENED.columns, width=8, latent_dim=LATENT_DIM, **options):
    rows = MixedRows(columns)
    parameters = MixedLikelihood(rows.sizes, rows.modes).parameters
    return keras_gen.TabularVAE(
        encoder=keras_gen.networks.mlp_encoder(rows.width, latent_dim, width),
        decoder=keras_gen.networks.mlp_decoder(latent_dim, parameters, width),
        latent_dim=latent_dim,
        columns=columns,
        **options,
    )


CASE = Case(
    build=build,
    data=codes,
    outputs=lambda model: model.means_of(latents(), None, 128),
    phases=("vae",),
    noun="rows",
    methods={"encode": {}, "anomaly_scores": {}},
)
