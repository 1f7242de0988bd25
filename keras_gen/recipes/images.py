"""Recipes of models that learn from images."""

from typing import TYPE_CHECKING, Any

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
    channels: int | None = option(
        None, "Of the images: 1 of grey, 3 of colour, 4 to keep opacity.", shown="the data's own"
    )
    resize: str = option(
        "bicubic",
        "bicubic, or nearest for masks, whose values are not to be mixed.",
        choices=("bicubic", "nearest"),
    )
    value_range: str | None = option(
        None, "Stored values to be black and white, where it is others: 0,4095 for 12 bits."
    )

    def open(self) -> "Opened":
        from keras_gen import data

        return data.open_images(self.dataset, labels=self.labelled, **self.reading)

    @property
    def reading(self) -> dict[str, Any]:
        """How pictures are read: options of `keras_gen.data.open_images` and its like."""
        return {
            "channels": self.channels,
            "resize": self.resize,
            "value_range": ranges_of(self.value_range),
        }

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


class OneImageRecipe(ImageRecipe):
    """Examples that are one image each, of which some classes may be all that is learnt."""

    classes: str | None = option(
        None,
        "Those whose images are learnt from, by name or number, with commas between.",
        shown="all",
    )

    @property
    def reading(self) -> dict[str, Any]:
        return {**super().reading, "classes": self.classes}


def ranges_of(value_range: str | None) -> Any:
    """The two numbers of a `value_range` as it is typed, or of four two each of a pair; None where it is not.

    Raises:
        ValueError: If they are not numbers, the first of two below the second.

    Example:

    >>> ranges_of("0,4095"), ranges_of("0,4095,0,255")
    ((0.0, 4095.0), ((0.0, 4095.0), (0.0, 255.0)))
    """
    if value_range is None:
        return None
    try:
        numbers = [float(number) for number in value_range.split(",")]
    except ValueError:
        numbers = []
    ranges = tuple(zip(numbers[::2], numbers[1::2], strict=False))
    if len(numbers) not in (2, 4) or not all(low < high for low, high in ranges):
        raise ValueError(
            "`value_range` must be two numbers divided by a comma, the first below the second, or of pairs of "
            f"images four. Received: value_range={value_range!r}"
        )
    return ranges[0] if len(ranges) == 1 else ranges
