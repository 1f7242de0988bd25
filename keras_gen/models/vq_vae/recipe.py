"""How `keras-gen train vq_vae` makes a VQVAE."""

from typing import TYPE_CHECKING, Any

from keras_gen.recipes import OneImageRecipe, Stage, option
from keras_gen.recipes.rates import falling

if TYPE_CHECKING:
    from keras_gen.models.vq_vae.model import VQVAE
    from keras_gen.types import OpenedData


class VQVAERecipe(OneImageRecipe):
    """A convolutional VQ-VAE, then a gated PixelCNN over its codes."""

    family = "vq_vae"
    title = "Images to maps of codes and back, then images of drawn codes: in two stages."

    default_epochs = 25
    least_steps = 5_000
    batch_size = 128
    codes: int = option(256, "Entries of the codebook.", min=2)
    code_dim: int = option(32, "Length of an entry.", min=1)
    filters: int = option(64, "Width of encoder and decoder.", min=1)
    halvings: int = option(2, "How often the map of codes is half as large as before.", min=1)
    commitment_weight: float = option(0.25, "Of the vectors' distance to their codes.", min=0.0)
    decay: float = option(0.99, "Of the codebook's moving averages.", min=0.0, max=0.9999)
    prior_filters: int = option(48, "Width of the prior's stacks.", min=1)
    prior_blocks: int = option(5, "Gated blocks of the prior.", min=1)
    prior_dropout: float = option(0.1, "Share of the prior's features dropped.", min=0.0, max=0.9)
    learning_rate: float = option(1e-3, "Of Adam, at first, in both stages.", min=0.0)

    def build(self, opened: "OpenedData", updates: int) -> "VQVAE":
        import keras

        from keras_gen import networks
        from keras_gen.models.vq_vae.model import VQVAE

        (shape,) = self.image_shapes(opened)
        size = self.code_dim, self.filters, self.halvings
        encoder = networks.vq_encoder(shape, *size)
        model = VQVAE(
            encoder,
            networks.vq_decoder(shape, *size),
            networks.pixel_cnn(
                encoder.output_shape[1:3],
                levels=self.codes,
                filters=self.prior_filters,
                blocks=self.prior_blocks,
                kernel_size=3,
                dropout=self.prior_dropout,
            ),
            codes=self.codes,
            commitment_weight=self.commitment_weight,
            decay=self.decay,
        )
        model.compile(keras.optimizers.Adam(falling(self.learning_rate, updates)))
        return model

    def preview(self, opened: "OpenedData") -> Any:
        batch = next(iter(opened.batches(self.image_size, min(32, opened.count), seed=self.seed)))
        return batch.numpy()

    def stages(self, opened: "OpenedData") -> list[Stage]:
        return [Stage("codes", 15), Stage("prior", 10)]

    def begin_stage(self, model: Any, stage: str, opened: "OpenedData", updates: int) -> None:
        import keras

        model.compile(
            keras.optimizers.Adam(falling(self.learning_rate, updates)),
            stage=stage,
            steps_per_execution=model.steps_per_execution,
            jit_compile=model.jit_compile,
        )
