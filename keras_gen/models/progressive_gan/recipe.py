"""How `keras-gen train progressive_gan` makes a ProgressiveGAN."""

from typing import TYPE_CHECKING, Any

from keras_gen.recipes import LatentRecipe, Stage, option

if TYPE_CHECKING:
    from keras_gen.models.progressive_gan.model import ProgressiveGAN
    from keras_gen.types import OpenedData


class ProgressiveGANRecipe(LatentRecipe):
    """A stage for each size, of which all but the first fade in for half of it. The rate is held."""

    family = "progressive_gan"
    title = (
        "Images from latents, of 8 pixels at first and then of twice as many (progressive growing)."
    )

    base_filters = 16
    ema_decay: float = option(
        0.999, "Decay of the generator's moving average; 0 for none.", min=0.0, max=1.0
    )

    def build(self, opened: "OpenedData", updates: int) -> "ProgressiveGAN":
        from keras_gen import networks
        from keras_gen.models.progressive_gan.model import ProgressiveGAN

        (shape,) = self.image_shapes(opened)
        gan = ProgressiveGAN(
            networks.progressive_generator(shape, self.latent_dim, self.base_filters),
            networks.progressive_discriminator(shape, self.base_filters),
            latent_dim=self.latent_dim,
            ema_decay=self.ema_decay or None,
        )
        gan.compile(*self.optimizers(), size=int(self.stages(opened)[0].name))
        return gan

    def stages(self, opened: "OpenedData") -> list[Stage]:
        (shape,) = self.image_shapes(opened)
        size = 4 if shape[0] < 32 else 8
        stages = [Stage(str(size), 1)]  # Nothing fades in.
        while size < shape[0]:
            size *= 2
            stages.append(Stage(str(size), 2))
        return stages

    def begin_stage(self, model: Any, stage: str, opened: "OpenedData", updates: int) -> None:
        model.compile(
            *self.optimizers(),
            size=int(stage),
            fade_steps=updates // 2,
            steps_per_execution=model.steps_per_execution,
            jit_compile=model.jit_compile,
        )

    def optimizers(self) -> list[Any]:
        """The optimizers of generator and discriminator."""
        import keras

        return [
            keras.optimizers.Adam(self.learning_rate, beta_1=0.0, beta_2=0.99, epsilon=1e-8)
            for _ in range(2)
        ]
