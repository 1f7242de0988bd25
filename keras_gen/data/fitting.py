"""Images of any size and number of channels to one."""

from keras_gen.data.lazy import tf


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
    scaled = tf.cast(scaled, tf.int32)
    image = tf.image.resize(image, scaled, method=resize, antialias=True)
    top, left = (scaled[0] - size[0]) // 2, (scaled[1] - size[1]) // 2
    return image[top : top + size[0], left : left + size[1]]


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
