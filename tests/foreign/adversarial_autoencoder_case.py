"""What the family's package brings to the conformance suite of keras_gen: KERAS_GEN_CASES names it."""

from adversarial_autoencoder import AdversarialAutoencoder, networks

from tests.cases import IMAGE_SHAPE, LATENT_DIM, Case, images, latents


def build():
    return AdversarialAutoencoder(*networks(IMAGE_SHAPE, LATENT_DIM, 8), latent_dim=LATENT_DIM)


CASE = Case(
    build=build,
    data=images,
    outputs=lambda model: model.generate(latents=latents()),
    phases=("autoencoder", "discriminator", "encoder"),
    methods={"predict": {}, "encode": {}, "reconstruct": {}},
)
