from collections.abc import Sequence

import keras

from keras_gen.layers import Cropping2D, GatedActivation
from keras_gen.networks._blocks import SPATIAL, Blocks
from keras_gen.networks._checks import check_image_shape, check_integer, check_rate

FIRST_KERNEL = 7


def pixel_cnn(
    shape: Sequence[int],
    components: int = 5,
    levels: int | None = None,
    num_classes: int | None = None,
    filters: int = 32,
    blocks: int = 5,
    kernel_size: int = 5,
    dropout: float = 0.0,
    seed: int | None = None,
    name: str = "pixel_cnn",
) -> keras.Model:
    """A gated PixelCNN: from pixels to the parameters of each one's distribution given those before it.

    Before a pixel come the rows above it and what is left of it in its own row. Two stacks of convolutions run
    side by side: the vertical one sees the rows above, the horizontal one the row itself and, place by place,
    what the vertical one has found, so that no pixel before is in a blind spot. Kernels reach only what they
    may see, none of their weights is masked. A pixel depends on those before it that are at most
    `3 + blocks * (kernel_size // 2)` rows and columns away.

    Args:
        shape: `(height, width, channels)` of images, each side at least 2; or `(height, width)` of maps of
            integers, which are embedded, and need `levels`.
        components: Logistics in the mixture of a pixel, at least 1: where `levels` is None.
        levels: Values that a pixel may have, at least 2, with a logit for each; of images with one channel.
            Defaults to `None`: the parameters of a mixture of logistics, for any channels.
        num_classes: Number of classes, at least 1, each with biases of its own at every gate. Defaults to
            `None`: no classes.
        filters: Filters of either stack, at least 1. Defaults to 32.
        blocks: Gated blocks after the first layer, at least 1. Defaults to 5.
        kernel_size: Odd side of the blocks' kernels, at least 3; the first layer's is 7. Defaults to 5.
        dropout: Share of features that a block drops in training, in [0, 1). Defaults to 0.
        seed: Integer that fixes the initial weights. Defaults to `None`: drawn from Python's
            generator, which `keras.utils.set_random_seed` sets.
        name: The model's name.

    Returns:
        A `keras.Model` from images, floats `(batch, height, width, channels)` in [-1, 1], or integers
        `(batch, height, width)` in [0, levels); with classes from a list of it and of integer labels
        `(batch,)`. To float32 `(batch, height, width, parameters)`, unbounded: `levels` logits, or
        `components * (1 + 2 * channels + channels * (channels - 1) / 2)` of a mixture.

    Raises:
        ValueError: If an argument lies outside what is said above.

    Example:

    >>> pixel_cnn((8, 8, 3), components=5, filters=4).output_shape
    (None, 8, 8, 50)
    >>> pixel_cnn((7, 7), levels=512, filters=4).output_shape
    (None, 7, 7, 512)

    Reference: van den Oord et al., 2016, Conditional Image Generation with PixelCNN Decoders,
    https://arxiv.org/abs/1606.05328; mixtures: Salimans et al., 2017, https://arxiv.org/abs/1701.05517
    """
    of_integers = isinstance(shape, (tuple, list)) and len(shape) == 2
    whole = check_image_shape("shape", (*shape, 1) if of_integers else shape, 2)
    channels = whole[2]
    if levels is not None:
        check_integer("levels", levels, 2)
    if of_integers if levels is None else channels > 1:
        raise ValueError(
            "`levels` must be given for maps of integers, and be None for images of several channels. "
            f"Received: levels={levels}, shape={shape!r}"
        )
    if check_integer("kernel_size", kernel_size, 3) % 2 == 0:
        raise ValueError(f"`kernel_size` must be odd. Received: kernel_size={kernel_size}")
    components = check_integer("components", components)
    style = _Stacks(
        num_classes, check_integer("filters", filters), check_rate("dropout", dropout), seed
    )

    if of_integers:
        pixels = keras.Input(whole[:2], dtype="int32", name="codes")
        x = style.embed(pixels, levels, filters, "pixel_embedding")
    else:
        pixels = x = keras.Input(whole, name="images")
    inputs = pixels
    if num_classes is not None:
        check_integer("num_classes", num_classes)
        style.labels = keras.Input((), dtype="int32", name="labels")
        inputs = [pixels, style.labels]
    above, row = style.block(x, x, FIRST_KERNEL, "first", itself=False)
    for block in range(1, check_integer("blocks", blocks) + 1):
        above, row = style.block(above, row, kernel_size, f"block_{block}")
    x = style.activate(row, "head_activation")
    x = style.activate(style.convolution(x, 2 * filters, 1, "hidden"), "hidden_activation")
    parameters = levels or components * (1 + 2 * channels + channels * (channels - 1) // 2)
    x = style.convolution(x, parameters, 1, "parameters", dtype="float32")
    return keras.Model(inputs, x, name=name)


class _Stacks(Blocks):
    """The vertical and the horizontal stack of one network.

    Attributes:
        labels: Tensor of labels, or None.
    """

    def __init__(self, num_classes, filters, dropout, seed):
        super().__init__(None, "relu", "glorot_uniform", seed)
        self.num_classes = num_classes
        self.filters = filters
        self.rate = dropout
        self.labels = None

    def embed(self, x, count, units, name):
        initializer = keras.initializers.RandomNormal(stddev=0.1, seed=self.next_seed())
        return keras.layers.Embedding(count, units, initializer, name=name)(x)

    def block(self, above, row, kernel_size, name, itself=True):
        """The next maps of both stacks: of the rows above, and of the pixels before in the row, too.

        Args:
            above: Map whose rows know what is above them, or with `itself=False` the pixels.
            row: Map whose places know what is before them, or the pixels.
            kernel_size: Odd integer.
            name: String.
            itself: Boolean, whether a place sees itself: False where that would be the pixel.
        """
        x = self._rows_above(above, kernel_size, f"{name}_above", itself)
        seen = self.convolution(x, 2 * self.filters, 1, f"{name}_seen")
        above = self._gate(x, f"{name}_above")
        x = self._row_before(row, kernel_size, f"{name}_row", itself)
        x = self._gate(keras.layers.Add(name=f"{name}_both")([x, seen]), f"{name}_row")
        x = self.convolution(self.dropout(x, self.rate, f"{name}_dropout"), self.filters, 1, name)
        return above, keras.layers.Add(name=f"{name}_residual")([row, x]) if itself else x

    def _rows_above(self, x, kernel_size, name, itself):
        reach = kernel_size // 2
        if not itself:
            x = Cropping2D(((0, 1), (0, 0)), **SPATIAL, name=f"{name}_crop")(x)
        return self._convolve(x, ((reach, 0), (reach, reach)), (reach + itself, kernel_size), name)

    def _row_before(self, x, kernel_size, name, itself):
        reach = kernel_size // 2
        if not itself:
            x = Cropping2D(((0, 0), (0, 1)), **SPATIAL, name=f"{name}_crop")(x)
        return self._convolve(x, ((0, 0), (reach, 0)), (1, reach + itself), name)

    def _convolve(self, x, padding, kernel_size, name):
        x = keras.layers.ZeroPadding2D(padding, **SPATIAL, name=f"{name}_padding")(x)
        return self.convolution(x, 2 * self.filters, kernel_size, name, padding="valid")

    def _gate(self, x, name):
        if self.labels is not None:
            bias = self.embed(self.labels, self.num_classes, 2 * self.filters, f"{name}_label")
            bias = keras.layers.Reshape((1, 1, 2 * self.filters), name=f"{name}_label_map")(bias)
            x = keras.layers.Add(name=f"{name}_of_label")([x, bias])
        return GatedActivation(name=f"{name}_gate")(x)
