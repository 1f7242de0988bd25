"""Images of any size and number of channels to one."""

from keras_gen.data.lazy import tf

# An image that covers a size is scaled whole, and then cut, where the whole has no more pixels, or no
# more than so many times those of the size.
WHOLE_PIXELS = 2**22
WHOLE_SHARE = 4


def fit(image, size, channels, resize="bicubic"):
    """Bring an image to a size and a number of channels.

    The image is scaled, in proportion, until it covers the size, and its middle is cut out.

    Args:
        image: Tensor `(height, width, channels)`, uint8, or float32 in [-1, 1].
        size: Tuple, height and width.
        channels: 1 for luminance, 3 for colour, or the image's own number. Four channels are
            composited on white.
        resize: `"bicubic"`, or `"nearest"`, which makes no new colours.

    Returns:
        Tensor `(*size, channels)` of the image's dtype.
    """
    dtype = image.dtype
    image = _to_channels(image, channels)
    if image.shape[:2] != size:
        image = _cover(tf.cast(image, tf.float32), size, resize)
    if dtype == tf.uint8 and image.dtype != tf.uint8:
        image = tf.saturate_cast(tf.round(image), tf.uint8)
    elif dtype != tf.uint8:
        image = tf.clip_by_value(image, -1.0, 1.0)
    return tf.ensure_shape(image, (*size, channels))


def _to_channels(image, channels):
    if image.shape[-1] == channels:
        return image
    if image.shape[-1] == 4 and image.dtype == tf.uint8:
        image = tf.cast(image, tf.float32)
        opacity = image[..., 3:] / 255.0
        image = image[..., :3] * opacity + 255.0 * (1.0 - opacity)
    if image.shape[-1] == 1:
        return tf.repeat(image, channels, axis=-1)
    if channels == 1:
        return tf.image.rgb_to_grayscale(tf.cast(image, tf.float32))
    return image


def _cover(image, size, resize):
    wanted = tf.cast(size, tf.float32)
    current = tf.cast(tf.shape(image)[:2], tf.float32)
    scaled = tf.maximum(wanted, tf.round(current * tf.reduce_max(wanted / current)))
    start = (tf.cast(scaled, tf.int32) - size) // 2
    if resize == "nearest":
        return _nearest(image, size, scaled, start)
    # Of a long thin picture the whole would be large, most of which is then cut off.
    most = max(WHOLE_PIXELS, WHOLE_SHARE * size[0] * size[1])
    return tf.cond(
        tf.reduce_prod(scaled) <= most,
        lambda: _scaled_and_cut(image, size, scaled, start),
        lambda: _cut_and_scaled(image, size, scaled, start),
    )


def _scaled_and_cut(image, size, scaled, start):
    scaled = tf.cast(scaled, tf.int32)
    image = tf.image.resize(image, scaled, method="bicubic", antialias=True)
    top, left = start[0], start[1]
    image = image[top : top + size[0], left : left + size[1]]
    return tf.ensure_shape(image, (*size, image.shape[-1]))


def _cut_and_scaled(image, size, scaled, start):
    """The same up to rounding, without the parts that are cut off."""
    current = tf.cast(tf.shape(image)[:2], tf.float32)
    image = tf.raw_ops.ScaleAndTranslate(
        images=image[tf.newaxis],
        size=size,
        scale=scaled / current,
        translation=-tf.cast(start, tf.float32),
        kernel_type="keyscubic",
        antialias=True,
    )[0]
    return tf.ensure_shape(image, (*size, image.shape[-1]))


def _nearest(image, size, scaled, start):
    """The pixel of the image that is under the middle of each of the result's."""
    for axis in (0, 1):
        own = tf.shape(image)[axis]
        middles = tf.cast(start[axis] + tf.range(size[axis]), tf.float32) + 0.5
        places = tf.cast(middles * (tf.cast(own, tf.float32) / scaled[axis]), tf.int32)
        image = tf.gather(image, tf.minimum(places, own - 1), axis=axis)
    return image


def resolve_channels(wanted, shape, name):
    """The number of channels that images of a shape are brought to.

    Raises:
        ValueError: If the source's channels can't be turned into the wanted ones.
    """
    own = shape[-1]
    if wanted is None:
        return 3 if own == 4 else own
    if wanted != own and (wanted not in (1, 3) or own not in (1, 3, 4)):
        raise ValueError(
            "`channels` must be 1 or 3, or the images' own number, which is "
            f"{own} in {name!r}. Received: channels={wanted!r}"
        )
    return wanted
