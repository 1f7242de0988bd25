from collections.abc import Sequence

import keras

from keras_gen.frozen import frozen_part
from keras_gen.layers import BilinearUpsampling2D
from keras_gen.networks._blocks import SPATIAL, Blocks, crop
from keras_gen.networks._checks import check_image_shape, check_integer

STAGES = ("stage_2", "stage_3", "stage_5", "stage_7")
_SIDE = 8  # of the maps that a judge halves no further


def projected_discriminator(
    input_shape: Sequence[int],
    extractor: keras.Model,
    target_shape: Sequence[int] | None = None,
    layers: Sequence[str] = STAGES,
    enlarge: int = 1,
    base_filters: int = 32,
    seed: int | None = None,
    name: str = "projected_discriminator",
) -> keras.Model:
    """Projected GAN's discriminator: it judges images by the features of a network that has learnt to see.

    Maps of a pretrained classifier, at several sizes, are mixed by convolutions of random weights, over
    channels and from the coarse to the fine, and each is judged by a small network of its own, with
    spectral normalization. Only these learn, from far fewer images than a discriminator from scratch takes.
    Scores by features of the same classifier favour what was trained by it: say so where they stand.

    Args:
        input_shape: `(height, width, channels)` of the images, the channels the classifier's or 1.
        extractor: Functional `keras.Model` with a `layers` of each name, of one input of images in
            [-1, 1]; the zoo's `classifier_imagenet_lite0`, say. It is copied, and the copy is frozen.
        target_shape: The same of the images that belong to them and are judged beside them, as in
            `patch_discriminator`. Defaults to `None`: one image alone is judged.
        layers: Names of its layers whose maps are judged, each half of the one before. Defaults to the
            stages of `classifier_imagenet_lite0` at a 4th to a 32nd of the size.
        enlarge: Integer, how many times larger the classifier sees the images. Defaults to 1; 2 to 4
            for images of 64 pixels and fewer, of which it has too small a map.
        base_filters: Filters of the judge of the largest map, doubled at each further one. Defaults to 32.
        seed: Integer that fixes the initial weights. Defaults to `None`: drawn from Python's
            generator, which `keras.utils.set_random_seed` sets.
        name: The model's name.

    Returns:
        A `keras.Model` from float images in [-1, 1], or from `[input, target]` where `target_shape` is
        given, to a list with an item for each of `layers`, float32 logits `(batch, rows, columns, 1)`.

    Raises:
        ValueError: If an argument lies outside what is said above, or the images are too small for the
            layers.

    Example:

    >>> import keras_gen
    >>> classifier = keras_gen.networks.efficientnet_lite0((64, 64, 3))
    >>> discriminator = projected_discriminator((64, 64, 3), classifier, enlarge=2)
    >>> [shape[1:3] for shape in discriminator.output_shape]
    [(7, 7), (7, 7), (7, 7), (3, 3)]

    Reference: Sauer et al., 2021, Projected GANs Converge Faster, https://arxiv.org/abs/2111.01007
    """
    input_shape = check_image_shape("input_shape", input_shape)
    enlarge = check_integer("enlarge", enlarge)
    base_filters = check_integer("base_filters", base_filters)
    _check_extractor(extractor, layers)
    shapes = {"input": input_shape}
    if target_shape is not None:
        shapes["target"] = check_image_shape("target_shape", target_shape)
    depth = extractor.inputs[0].shape[-1]
    for argument, shape in shapes.items():
        if shape[-1] not in (1, depth) or shape[:2] != input_shape[:2]:
            raise ValueError(
                f"`{argument}_shape` must have the extractor's {depth} channels or 1, and input and target one "
                f"size. Received: input_shape={input_shape}, target_shape={target_shape}"
            )

    build = Blocks("spectral", "leaky_relu", seed=seed)
    inputs = [keras.Input(shape, name=name) for name, shape in shapes.items()]
    size = tuple(enlarge * side for side in input_shape[:2])
    features = frozen_part(extractor, layers, (*size, depth))
    each = [keras.tree.flatten(features(_enlarged(x, enlarge, depth))) for x in inputs]
    maps = each[0]
    if len(each) > 1:
        maps = [
            keras.layers.Concatenate(name=f"both_{level}")(list(both))
            for level, both in enumerate(zip(*each, strict=True), 1)
        ]
    maps = _mixed(build, maps, base_filters, layers)
    logits = [
        _judge(build, x, base_filters * 2**level, f"judge_{level + 1}")
        for level, x in enumerate(maps)
    ]
    return keras.Model(inputs if len(inputs) > 1 else inputs[0], logits, name=name)


def _enlarged(x, times, depth):
    """Images as the classifier takes them."""
    name = x.name
    if x.shape[-1] != depth:
        x = keras.layers.Concatenate(name=f"{name}_channels")([x] * depth)
    if times == 1:
        return x
    return BilinearUpsampling2D(times, name=f"{name}_enlarged")(x)


def _check_extractor(extractor, names):
    if isinstance(names, str) or not names:
        raise ValueError(
            f"`layers` must be names of layers, one at least. Received: layers={names!r}"
        )
    if len(getattr(extractor, "inputs", None) or ()) != 1:
        raise ValueError(
            "`extractor` must be a functional or Sequential model of one input. "
            f"Received: extractor={extractor!r}"
        )


def _mixed(build, maps, base_filters, names):
    """Maps mixed at random, over channels, and over sizes from the coarse to the fine."""
    mixed: list = []
    for level in reversed(range(len(maps))):
        x, filters = maps[level], base_filters * 2**level
        if len(x.shape) != 4 or min(x.shape[1:3]) < 2:
            raise ValueError(
                "`layers` must give maps of at least 2 x 2: enlarge the images more, or leave out "
                f"{names[level]!r}. "
                f"Received: a map of shape {tuple(x.shape[1:])}"
            )
        x = _random(build, x, filters, 1, f"channels_{level + 1}")
        if mixed:
            size = x.shape[1:3]
            y = _random(build, mixed[0], filters, 1, f"sizes_{level + 1}")
            y = BilinearUpsampling2D(2, name=f"sizes_{level + 1}_upsampling")(y)
            y = crop(y, size, f"sizes_{level + 1}_crop")
            x = keras.layers.Add(name=f"sum_{level + 1}")([x, y])
        mixed.insert(0, _random(build, x, filters, 3, f"mixed_{level + 1}"))
    return mixed


def _random(build, x, filters, size, name):
    """A convolution that stays as it was drawn, and keeps the size of values."""
    return keras.layers.Conv2D(
        filters,
        size,
        padding="same",
        use_bias=False,
        kernel_initializer=keras.initializers.LecunNormal(seed=build.next_seed()),
        trainable=False,
        name=name,
        **SPATIAL,
    )(x)


def _judge(build, x, filters, name):
    """Logits of a map's patches."""
    level = 0
    while min(x.shape[1:3]) > _SIDE:
        level += 1
        x = build.halve(x, filters, f"{name}_down_{level}")
    x = build.convolution(x, filters, 3, f"{name}_patch")
    x = build.activate(x, f"{name}_patch_activation")
    x = keras.layers.ZeroPadding2D(1, **SPATIAL, name=f"{name}_padding")(x)
    return build.convolution(x, 1, 4, f"{name}_logits", padding="valid", dtype="float32")
