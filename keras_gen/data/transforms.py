"""Functions from images to images, for the pipelines: on a batch, in TensorFlow.

One with an argument `bits` is random: the pipelines give it 31 random bits an example, drawn anew in each
pass from the seed.
"""

import functools
import inspect
import math
import re
from collections.abc import Callable, Sequence
from typing import Any

from keras_gen.checks import check_shares_of_holes, did_you_mean
from keras_gen.data.lazy import tf
from keras_gen.data.ranges import to_bytes, to_floats
from keras_gen.types import Tensor

HOLES = ("box", "free_form")
# Brush strokes of a free-form hole, and the straight parts of each.
_STROKES, _PARTS = 4, 5


def edges(images: Tensor, channels: int = 1, strength: float = 1.0) -> Tensor:
    """Draw the edges of images: dark lines on white, by the Sobel operator.

    Args:
        images: Float tensor `(batch, height, width, depth)` in [-1, 1]. Of several channels, the
            one with the strongest edge counts.
        channels: Integer, copies of the drawing along the last axis. Defaults to `1`.
        strength: Float, how dark lines are. At `1.0`, a straight edge between black and white is
            black, and one of half the contrast is grey. Defaults to `1.0`.

    Returns:
        Float32 tensor `(batch, height, width, channels)` in [-1, 1]: 1 where the image is even.

    Example:

    >>> step = tf.reshape([-1.0, -1.0, 1.0, 1.0], (1, 1, 4, 1)) * tf.ones((1, 3, 1, 1))
    >>> edges(step)[0, 1, :, 0].numpy().tolist()
    [1.0, -1.0, -1.0, 1.0]
    """
    images = tf.convert_to_tensor(images, tf.float32)
    # For black beside white, which are 2 apart, the operator's answer along an axis is 8.
    slopes = tf.image.sobel_edges(images) / 8.0
    steepness = tf.reduce_max(tf.reduce_sum(tf.square(slopes), axis=-1), axis=-1, keepdims=True)
    drawing = 1.0 - 2.0 * tf.minimum(strength * tf.sqrt(steepness), 1.0)
    return tf.repeat(drawing, channels, axis=-1)


def grayscale(images: Tensor, channels: int = 1) -> Tensor:
    """The luminance of images, to learn their colours from.

    Args:
        images: Float tensor `(batch, height, width, 3)` in [-1, 1]; grey ones stay as they are.
        channels: Integer, copies along the last axis. Defaults to `1`.

    Returns:
        Float32 tensor `(batch, height, width, channels)` in [-1, 1].

    Raises:
        ValueError: If the images have neither 1 nor 3 channels.

    Example:

    >>> red = tf.constant([1.0, -1.0, -1.0], shape=(1, 1, 1, 3))
    >>> round(float(grayscale(red)[0, 0, 0, 0]), 3)
    -0.402
    """
    images = tf.convert_to_tensor(images, tf.float32)
    if images.shape[-1] not in (1, 3):
        raise ValueError(
            f"`images` must have 1 or 3 channels to be made grey. Received: {images.shape[-1]}"
        )
    if images.shape[-1] == 3:
        images = tf.tensordot(images, [0.299, 0.587, 0.114], 1)[..., tf.newaxis]
    return tf.repeat(images, channels, axis=-1)


def downsampled(images: Tensor, factor: int = 4, keep_size: bool = True) -> Tensor:
    """Images without their details, to learn super-resolution from.

    Args:
        images: Float tensor `(batch, height, width, channels)` in [-1, 1].
        factor: Integer of at least 2, how many times smaller they are made, by bicubic interpolation
            with antialiasing. Defaults to `4`.
        keep_size: Boolean, whether they are then enlarged to their size again, as models that translate
            images to ones of their size want them. Defaults to `True`.

    Returns:
        Float32 tensor of the images' shape or, without `keep_size`,
        `(batch, height / factor, width / factor, channels)`, in [-1, 1].

    Raises:
        ValueError: If `factor` is no integer of at least 2 that divides height and width.

    Example:

    >>> downsampled(tf.zeros((1, 8, 8, 3)), keep_size=False).shape
    TensorShape([1, 2, 2, 3])
    """
    images = tf.convert_to_tensor(images, tf.float32)
    size = tuple(images.shape)[1:3]
    if not isinstance(factor, int) or factor < 2 or any(side % factor for side in size):
        raise ValueError(
            "`factor` must be an integer of at least 2 that divides height and width, which are "
            f"{size[0]} and {size[1]}. Received: factor={factor!r}"
        )
    small = [side // factor for side in size]
    images = tf.image.resize(images, small, method="bicubic", antialias=True)
    if keep_size:
        images = tf.image.resize(images, size, method="bicubic")
    return tf.clip_by_value(images, -1.0, 1.0)


def masked(
    images: Tensor,
    bits: Tensor,
    holes: str = "box",
    smallest: float = 0.25,
    largest: float = 0.5,
    append_mask: bool = False,
) -> Tensor:
    """Images with a hole in each, to learn inpainting from.

    Args:
        images: Float tensor `(batch, height, width, channels)` in [-1, 1].
        bits: Int32 tensor `(batch,)`, not negative: what each hole is drawn from. Equal bits make equal
            holes.
        holes: `"box"`, a rectangle anywhere in the image, or `"free_form"`, four strokes of a brush.
            Defaults to `"box"`.
        smallest: Float in (0, 1), the least share of the image's height, and of its width, that a box
            takes. Defaults to `0.25`.
        largest: Float, the greatest share. Defaults to `0.5`. A brush is from 1/12 to 1/4 of these
            shares of the shorter side wide.
        append_mask: Boolean, whether a further channel says where the hole is: 1 in it, and -1
            elsewhere. Defaults to `False`.

    Returns:
        Float32 tensor of the images' shape, one channel more with `append_mask`. Holes are 0, a grey.

    Raises:
        ValueError: If `holes` is unknown, or a hole could hide a whole image, or none of it.

    Example:

    >>> holed = masked(tf.ones((2, 8, 8, 1)), bits=[1, 2], smallest=0.5, largest=0.5)
    >>> tf.reduce_sum(holed, (1, 2, 3)).numpy().tolist()  # 64 pixels without 4 x 4
    [48.0, 48.0]

    Reference: Yu et al., 2019, Free-Form Image Inpainting, https://arxiv.org/abs/1806.03589
    """
    if holes not in HOLES:
        raise ValueError(f"`holes` must be one of {HOLES}. Received: holes={holes!r}")
    check_shares_of_holes(smallest, largest)
    images = tf.convert_to_tensor(images, tf.float32)
    size = tuple(images.shape)[1:3]
    if min(size) < 2:
        raise ValueError(f"`images` must be at least 2 x 2 for a hole. Received: {size}")
    draw = {"box": _boxes, "free_form": _strokes}[holes]
    hole = draw(bits, size, smallest, largest)[..., tf.newaxis]
    images = tf.where(hole, 0.0, images)
    if not append_mask:
        return images
    return tf.concat([images, tf.where(hole, 1.0, -1.0)], axis=-1)


def binarized(images: Tensor, bits: Tensor) -> Tensor:
    """Black and white images, each value drawn by how bright it is: grey is white as often as it is light.

    Args:
        images: Float tensor `(batch, height, width, channels)` in [-1, 1].
        bits: Int32 tensor `(batch,)`, not negative: what each image is drawn from.

    Returns:
        Float32 tensor of the images' shape, of -1 and 1.

    Example:

    >>> drawn = binarized(tf.zeros((1, 100, 100, 1)), bits=[1])
    >>> bool(tf.reduce_all(tf.abs(drawn) == 1.0)), bool(tf.abs(tf.reduce_mean(drawn)) < 0.05)
    (True, True)

    Reference: Salakhutdinov & Murray, 2008, On the Quantitative Analysis of Deep Belief Networks
    """
    images = tf.convert_to_tensor(images, tf.float32)
    sizes = tuple(images.shape)[1:]
    draws = tf.reshape(_uniform(bits, math.prod(sizes)), (-1, *sizes))
    return tf.where(draws < 0.5 * (images + 1.0), 1.0, -1.0)


def binarized_once(images: Tensor) -> Tensor:
    """Black and white images, drawn of what each shows: the same at every pass, and of equal images alike.

    Args:
        images: Float tensor `(batch, height, width, channels)` in [-1, 1].

    Returns:
        Float32 tensor of the images' shape, of -1 and 1: see `binarized`.
    """
    # By 8 bits a value: what rounding does to floats is to make no other draw.
    prints = tf.fingerprint(to_bytes(tf.convert_to_tensor(images, tf.float32)))
    bits = tf.bitcast(prints[:, :4], tf.int32)
    return binarized(images, tf.bitwise.bitwise_and(bits, 2**31 - 1))


_BINARIZED: dict[str, Callable[..., Tensor]] = {
    "dynamic": binarized,
    "static": binarized_once,
}
BINARIZATIONS = tuple(_BINARIZED)


def with_binarization(
    transform: Callable[..., Tensor] | None, binarize: str | None
) -> Callable[..., Tensor] | None:
    """A transform, and after it one that makes images black and white.

    Args:
        transform: A function of images, perhaps with an argument `bits`, or None.
        binarize: `"dynamic"`, `"static"`, or None for the transform alone.

    Returns:
        Function, or None where there is nothing to do.

    Raises:
        ValueError: If `binarize` is another word.
    """
    if binarize is None:
        return transform
    if binarize not in _BINARIZED:
        raise ValueError(
            f"`binarize` must be one of {BINARIZATIONS}. Received: binarize={binarize!r}"
        )
    last = _BINARIZED[binarize]
    if transform is None:
        return last

    def both(images, bits):
        for function in (transform, last):
            images = function(images, bits=bits) if is_random(function) else function(images)
        return images

    return both


def _boxes(bits, size, smallest, largest):
    """Boolean `(batch, *size)`, true in a rectangle of each."""
    draws = _uniform(bits, 4)
    inside = []
    for axis, side in enumerate(size):
        share = smallest + (largest - smallest) * draws[:, 2 * axis]
        length = tf.clip_by_value(tf.round(share * side), 1, side - 1)
        start = tf.floor(draws[:, 2 * axis + 1] * (side - length + 1))
        places = tf.range(side, dtype=tf.float32)
        inside.append((places >= start[:, None]) & (places < (start + length)[:, None]))
    return inside[0][:, :, None] & inside[1][:, None, :]


def _strokes(bits, size, smallest, largest):
    """Boolean `(batch, *size)`, true under the strokes of a brush."""
    short = float(min(size))
    draws = _uniform(bits, _STROKES * (4 + 2 * _PARTS))
    draws = tf.reshape(draws, (-1, _STROKES, 4 + 2 * _PARTS))
    starts = draws[..., :2] * tf.constant(size, tf.float32)
    radii = short * (smallest / 12 + (largest / 4 - smallest / 12) * draws[..., 2]) / 2
    # As Yu et al. turn: by some 72 degrees, forth and back.
    turns = 2 * math.pi / 5 + (2 * draws[..., 4 : 4 + _PARTS] - 1) * 2 * math.pi / 15
    signs = tf.constant([(-1.0) ** part for part in range(_PARTS)])
    angles = 2 * math.pi * draws[..., 3:4] + tf.cumsum(turns * signs, axis=-1)
    lengths = short * (0.1 + 0.2 * draws[..., 4 + _PARTS :])
    steps = tf.stack([tf.sin(angles), tf.cos(angles)], axis=-1) * lengths[..., None]
    ends = starts[:, :, None] + tf.cumsum(steps, axis=2)
    ends = tf.clip_by_value(ends, 0.0, tf.constant(size, tf.float32))
    begins = tf.concat([starts[:, :, None], ends[:, :, :-1]], axis=2)
    radii = tf.repeat(radii[..., None], _PARTS, axis=-1)
    lines = tf.concat([begins, ends, radii[..., None]], axis=-1)
    lines = tf.transpose(tf.reshape(lines, (-1, _STROKES * _PARTS, 5)), (1, 0, 2))
    rows, columns = (tf.range(side, dtype=tf.float32) + 0.5 for side in size)

    def cover(hole, line):  # One line of every image.
        top, left, bottom, right, radius = (
            part[:, None, None] for part in tf.unstack(line, axis=1)
        )
        down, across = bottom - top, right - left
        y, x = rows[None, :, None] - top, columns[None, None, :] - left
        along = (y * down + x * across) / tf.maximum(down**2 + across**2, 1e-6)
        along = tf.clip_by_value(along, 0.0, 1.0)
        far = (y - along * down) ** 2 + (x - along * across) ** 2
        return hole | (far <= tf.maximum(radius, 0.75) ** 2)

    none = tf.zeros((tf.shape(draws)[0], *size), tf.bool)
    return tf.foldl(cover, lines, initializer=none)


def _uniform(bits, count):
    """Floats in [0, 1) of shape `(batch, count)`: a hash of the bits and of the column's number."""
    steps = [(0x9E3779B9 * number) % 2**32 for number in range(1, count + 1)]
    # The finaliser of MurmurHash3, over a Weyl sequence.
    word = tf.cast(bits, tf.uint32)[:, tf.newaxis] + tf.constant(steps, tf.uint32)
    for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35), (16, 1)):
        word = tf.bitwise.bitwise_xor(
            word, tf.bitwise.right_shift(word, tf.constant(shift, tf.uint32))
        )
        word *= tf.constant(factor, tf.uint32)
    # 24 bits are what a float32 holds.
    word = tf.bitwise.right_shift(word, tf.constant(8, tf.uint32))
    return tf.cast(tf.cast(word, tf.int32), tf.float32) / 2**24


_NAMED: dict[str, Callable[..., Tensor]] = {
    "edges": edges,
    "grayscale": grayscale,
    "downsampled": downsampled,
    "masked": masked,
    "masked_free_form": functools.partial(masked, holes="free_form"),
}
NAMES = tuple(_NAMED)


def by_name(transform: Any) -> Callable[..., Tensor] | None:
    """The function of a name, a function itself, or None where it is neither.

    Args:
        transform: A function of images, perhaps with an argument `bits`, or a string: `"edges"`,
            `"grayscale"`, `"masked"` (by a box), `"masked_free_form"`, `"downsampled"` (four times), or
            with another factor `"downsampled_x2"`.

    Returns:
        Function, or None.
    """
    if callable(transform):
        return transform
    times = re.fullmatch(r"downsampled_x(\d+)", transform) if isinstance(transform, str) else None
    if times:
        return functools.partial(downsampled, factor=int(times[1]))
    return _NAMED.get(transform)


def is_random(transform: Any) -> bool:
    """Whether a transform wants `bits`."""
    try:
        return "bits" in inspect.signature(transform).parameters
    except (TypeError, ValueError):  # It says nothing of its arguments.
        return False


def suggestion(name: str, known: Sequence[str] = ()) -> str:
    """A sentence that names what may have been meant, with a blank before it, or nothing."""
    return did_you_mean(name, [*known, *NAMES])


def arrangement(*makers: Callable[..., Tensor] | None) -> Callable[..., tuple[Tensor, ...]]:
    """A function that makes the images of an element of one image.

    Args:
        *makers: For each of them a transform, or None for the image itself.

    Returns:
        Function of `(bits, images)`, as the pipelines hold them, to a tuple of as many.
    """

    def arrange(bits, images):
        return tuple(
            images
            if make is None
            else make(to_floats(images), bits=bits)
            if is_random(make)
            else make(to_floats(images))
            for make in makers
        )

    return arrange
