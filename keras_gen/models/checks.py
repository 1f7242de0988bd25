"""What the models ask of their networks and of the data, and how they say so."""

import keras

from keras_gen.pixels import in_range


def unpack_images(data, image_shape):
    """Takes the images out of a batch of training data.

    Args:
        data: Images, a tuple of which they are the first, or a dict with the key `"image"`.
        image_shape: Tuple, the shape of one image as the networks have it.

    Returns:
        Tensor of shape `(batch, *image_shape)`; uint8 images are scaled to [-1, 1].

    Raises:
        ValueError: If the images have another shape, or a dict has no `"image"`.
    """
    images, _, _ = keras.utils.unpack_x_y_sample_weight(data)
    if isinstance(images, dict):
        if "image" not in images:
            raise ValueError(
                'Training data given as a dict must hold the images under the key "image". '
                f"Received: keys {sorted(images)}"
            )
        images = images["image"]
    return take_images("Training images", images, image_shape)


def unpack_labels(data):
    """Takes the labels out of a batch of training data.

    Args:
        data: A tuple `(images, labels)`, or a dict with the key `"label"`.

    Returns:
        Tensor of shape `(batch,)`.

    Raises:
        ValueError: If there are none, or they are not one integer for each image.
    """
    inputs, labels, _ = keras.utils.unpack_x_y_sample_weight(data)
    if isinstance(inputs, dict):
        labels = inputs.get("label", labels)
    if labels is None:
        raise ValueError(
            'Training data must hold labels: (images, labels) or {"image": images, "label": labels}. '
            "Received: images alone"
        )
    if len(labels.shape) == 2 and labels.shape[1] == 1:
        labels = keras.ops.squeeze(labels, axis=1)
    if len(labels.shape) != 1:
        raise ValueError(
            "Labels must be one integer for each image, of shape (batch,). "
            f"Received: shape {tuple(labels.shape)}"
        )
    return labels


def unpack_pair(data, names, shapes):
    """Takes the two images of each pair out of a batch of training data.

    Args:
        data: A tuple of two batches of images, or a dict of them.
        names: Tuple of the two keys that a dict has.
        shapes: Tuple of the two image shapes.

    Returns:
        Tuple of two tensors; uint8 images are scaled to [-1, 1].

    Raises:
        ValueError: If there are not two, or their shapes are others.
    """
    first, second, _ = keras.utils.unpack_x_y_sample_weight(data)
    if isinstance(first, dict):
        if not set(names) <= set(first):
            raise ValueError(
                f"Training data given as a dict must have the keys {names[0]!r} and {names[1]!r}. "
                f"Received: keys {sorted(first)}"
            )
        first, second = (first[name] for name in names)
    elif isinstance(first, (list, tuple)) and len(first) == 2:
        first, second = first
    if second is None:
        raise ValueError(
            f"Training data must be pairs, ({names[0]}, {names[1]}). Received: one batch of images"
        )
    return tuple(
        take_images(f"Training images ({name})", images, shape)
        for name, images, shape in zip(names, (first, second), shapes, strict=True)
    )


def take_images(what, images, image_shape):
    """Gives images as the networks have them: uint8 ones, of 0 to 255, are scaled to [-1, 1].

    Raises:
        ValueError: If they are no batch of images of that shape.
    """
    if tuple(images.shape[1:]) != tuple(image_shape):
        raise ValueError(
            f"{what} must have the shape that the networks were made for, (batch, "
            f"{', '.join(map(str, image_shape))}). Received: shape {tuple(images.shape)}"
        )
    return in_range(images)


def check_network(argument, network, input_shape=None, output_shape=None):
    """Raises a ValueError unless a network is a built Keras model of the wanted shapes.

    Args:
        argument: String, the constructor's argument that the network came in.
        network: What came.
        input_shape: Tuple without the batch, the shape of the (first) input, or None for any.
        output_shape: Tuple without the batch, the shape of the (first) output, or None for any. A None
            in it fits any size.

    Returns:
        Tuple of the network's (first) input shape and (first) output shape, without the batch.
    """
    if not isinstance(network, keras.Model):
        raise ValueError(f"`{argument}` must be a keras.Model. Received: {argument}={network!r}")
    if not network.built:
        raise ValueError(
            f"`{argument}` must be built: begin a Sequential model with keras.Input, or call a "
            f"subclassed one on data once. Received: the unbuilt model {network.name!r}"
        )
    received_input = _first_shape(getattr(network, "input_shape", None))
    received_output = _first_shape(getattr(network, "output_shape", None))
    for role, wanted, received in (
        ("take inputs", input_shape, received_input),
        ("give outputs", output_shape, received_output),
    ):
        if wanted is not None and received is not None and not _fits(wanted, received):
            raise ValueError(
                f"`{argument}` must {role} of shape (batch, {', '.join(map(str, wanted))}). "
                f"Received: {argument}={network.name!r} with shape (batch, "
                f"{', '.join(map(str, received))})"
            )
    return received_input, received_output


def check_positive_integer(argument, value):
    """Raises a ValueError unless `value` is an integer above 0."""
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ValueError(f"`{argument}` must be an integer above 0. Received: {argument}={value!r}")


def check_non_negative(argument, value):
    """Raises a ValueError unless `value` is a number from 0 up."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not value >= 0:
        raise ValueError(f"`{argument}` must be a number >= 0. Received: {argument}={value!r}")


def _first_shape(shape):
    if isinstance(shape, dict):
        shape = next(iter(shape.values()))
    if shape and isinstance(shape[0], (list, tuple)):
        shape = shape[0]
    return None if shape is None else tuple(shape[1:])


def _fits(wanted, received):
    return len(wanted) == len(received) and all(
        None in pair or pair[0] == pair[1] for pair in zip(wanted, received, strict=True)
    )
