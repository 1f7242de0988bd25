"""Recipes of models that learn from images."""

from typing import TYPE_CHECKING

from keras_gen.recipes.options import option
from keras_gen.recipes.recipe import Recipe

if TYPE_CHECKING:
    from keras_gen.data.opened import Opened
    from keras_gen.types import Dataset, OpenedData


class ImageRecipe(Recipe):
    """Images of one kind, in batches in [-1, 1].

    Class attributes:
        labelled: Boolean, whether batches are `(images, labels)`.
    """

    labelled = False

    image_size: int | None = option(
        None, "Side to resize images to.", min=8, shown="the data's own"
    )

    def open(self) -> "Opened":
        from keras_gen import data

        return data.open_images(self.dataset, labels=self.labelled)

    def batches(
        self,
        opened: "OpenedData",
        first_epoch: int = 0,
        shard: tuple[int, int] = (0, 1),
        stage: str | None = None,
    ) -> "Dataset":
        return opened.batches(
            self.image_size,
            self.batch_size,
            seed=self.seed,
            first_epoch=first_epoch,
            shard=shard,
        )

    def image_shapes(self, opened: "OpenedData") -> tuple[tuple[int, int, int], ...]:
        """Tuple of `(height, width, channels)`, one for each image of an example.

        Raises:
            ValueError: If the images differ in size and `image_size` is not given.
        """
        return opened.shapes_at(self.image_size)
