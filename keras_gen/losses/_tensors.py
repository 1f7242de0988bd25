"""What every loss does to its arguments first."""

from keras import ops


def float32(*tensors):
    """The tensors in float32, in which every loss is computed."""
    return tuple(ops.cast(tensor, "float32") for tensor in tensors)


def same_shape(**tensors):
    """The tensors in float32; a ValueError naming them if their shapes differ.

    Broadcasting would hide a missing axis. Sizes that aren't known yet are passed over.
    """
    cast = float32(*tensors.values())
    shapes = [tuple(tensor.shape) for tensor in cast]
    if len({len(shape) for shape in shapes}) > 1 or any(
        len({size for size in sizes if size is not None}) > 1 for sizes in zip(*shapes, strict=True)
    ):
        names = " and ".join(f"`{name}`" for name in tensors)
        received = ", ".join(f"{n}.shape={s}" for n, s in zip(tensors, shapes, strict=True))
        raise ValueError(f"{names} must have the same shape. Received: {received}")
    return cast
