"""How `keras-gen train cut` makes a CUT."""

from typing import TYPE_CHECKING

from keras_gen.recipes import UnpairedRecipe, option

if TYPE_CHECKING:
    from keras_gen.models.cut.model import CUT
    from keras_gen.types import OpenedData


class CUTRecipe(UnpairedRecipe):
    """A ResNet generator and a PatchGAN; rates as for CycleGAN."""

    family = "cut"
    title = "Translates one set of images to another, without pairs and one way: CUT, FastCUT."
    default_epochs = 20

    fast: bool = option(
        False, "FastCUT: a heavier contrast in place of the identity's, and mirrored images."
    )

    def build(self, opened: "OpenedData", updates: int) -> "CUT":
        from keras_gen.models.cut.model import CUT

        shape_a, shape_b = self.image_shapes(opened)
        if shape_a != shape_b:
            raise ValueError(
                "`input` and `target` must be images of the same shape, whose features CUT compares. "
                f"Received: shapes {shape_a}, {shape_b}"
            )
        cut = CUT(
            self.generator(shape_a, shape_b[-1]),
            self.discriminator(shape_b),
            nce_weight=10.0 if self.fast else 1.0,
            identity=not self.fast,
            flip_equivariance=self.fast,
            ema_decay=self.ema_decay or None,
        )
        return self.compile(cut, updates)
