"""A tiny TabularGAN."""

import keras_gen
from keras_gen.backend import predict
from keras_gen.modalities import MixedRows
from tests.cases import LATENT_DIM, Case
from tests.models.tabular import OPENED, codes

PAC = 2


def build(columns=OPENED.columns, normalization="batch", dropout=0.5, width=8, **options):
    rows = MixedRows(columns)
    choices, modes = sum(rows.sizes), sum(rows.modes)
    return keras_gen.TabularGAN(
        generator=keras_gen.networks.tabular_generator(
            LATENT_DIM, choices, modes + choices, width, normalization=normalization
        ),
        discriminator=keras_gen.networks.mlp_discriminator(
            PAC * (rows.width + choices), width, dropout=dropout
        ),
        latent_dim=LATENT_DIM,
        columns=columns,
        **{"pac": PAC, **options},
    )


def outputs(model):
    given = model.golden_inputs()
    return predict(model.sampler, [given["latents"], given["conditions"]], 3)


CASE = Case(
    build=build,
    data=codes,
    outputs=outputs,
    phases=("discriminator", "generator"),
    noun="rows",
    batch_normalised=True,
    smooth=lambda: build(normalization=None, dropout=0.0, balanced=False),
)
