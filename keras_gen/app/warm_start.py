"""Trainings that begin with the weights of another model."""

import keras

from keras_gen.app.opening import load


def begin_with(model, path, frozen=False):
    """Gives the networks of a new model the weights of those of the same names in another.

    Args:
        model: A model of this package, just built.
        path: String: a preset, a model file, or the folder of a training.
        frozen: Boolean, whether layers of discriminators are frozen, which must then be taken, too.

    Returns:
        String, a sentence on what was taken and what is new.

    Raises:
        FileNotFoundError: If there is no such model.
        ValueError: If none of the networks has the same name, or one, but for discriminators that are not
            frozen, has weights of other shapes.
    """
    other = load(path)
    ours, theirs = networks_of(model), networks_of(other)
    if "ema_generator" in ours and "ema_generator" not in theirs and "generator" in theirs:
        theirs["ema_generator"] = theirs["generator"]
    # Who fine-tunes wants the generator, and may well have it judged by another network.
    taken = [
        name
        for name in ours
        if name in theirs
        and (frozen or "discriminator" not in name or _shapes(ours[name]) == _shapes(theirs[name]))
    ]
    if not taken:
        raise ValueError(
            f"`from_preset` must be a model with the networks {' or '.join(ours)}. Received: {path}, a "
            f"{type(other).__name__} with {', '.join(theirs)}"
        )
    missing = [name for name in discriminators_of(model) if name not in theirs]
    if frozen and missing:
        raise ValueError(
            f"`freeze_discriminator` keeps layers of the {missing[0]} of `from_preset`, which must have one. "
            f"Received: {path}, a {type(other).__name__} with {', '.join(theirs)}"
        )
    for name in taken:
        _check(name, ours[name], theirs[name], path)
    for name in taken:
        ours[name].set_weights(theirs[name].get_weights())
    new = [name for name in ours if name not in taken]
    sentence = f"Begins with the weights of {path}: {', '.join(taken)}"
    return f"{sentence}; new is the {', '.join(new)}." if new else f"{sentence}."


def freeze_discriminator(model, count):
    """Freezes the first layers of a compiled model's discriminators, whose weights no training changes then.

    Args:
        model: A compiled model of this package.
        count: Integer above 0, how many layers, of those with weights that train.

    Raises:
        ValueError: If there is no discriminator, or it has no layers beyond those.

    Reference: Mo et al., 2020, Freeze the Discriminator, https://arxiv.org/abs/2002.10964
    """
    discriminators = discriminators_of(model)
    if not discriminators:
        raise ValueError(
            "`freeze_discriminator` is for a model with a discriminator. Received: "
            f"freeze_discriminator={count} with a {type(model).__name__}"
        )
    for name, network in discriminators.items():
        layers = [layer for layer in network.layers if layer.trainable_weights]
        if count >= len(layers):
            raise ValueError(
                f"`freeze_discriminator` must be below {len(layers)}, the layers of the {name} that train. "
                f"Received: freeze_discriminator={count}"
            )
        for layer in layers[:count]:
            layer.trainable = False
    model.compile_from_config(model.get_compile_config())  # Optimizers know what they train.


def discriminators_of(model):
    """Dict from names of attributes to the discriminators of a model that are trained: no averages."""
    return {
        name: network
        for name, network in networks_of(model).items()
        if "discriminator" in name and not name.startswith("ema_")
    }


def networks_of(model):
    """Dict from names of attributes to the networks, and other layers with what was learnt, of a model."""
    kept = {id(layer) for layer in model.kept_layers()}
    # PyTorch has modules in a place of their own.
    attributes = {**vars(model), **vars(model).get("_modules", {})}
    return {
        name: value
        for name, value in attributes.items()
        if isinstance(value, keras.layers.Layer)
        and id(value) in kept
        and any("float" in weight.dtype for weight in value.weights)  # no mere counts
    }


def _shapes(network):
    return [tuple(weight.shape) for weight in network.weights]


def _check(name, ours, theirs, path):
    want, have = _shapes(ours), _shapes(theirs)
    if want == have:
        return
    if len(want) != len(have):
        said = f"{len(want)} weights here and {len(have)} there"
    else:
        first = next(
            number for number, pair in enumerate(zip(want, have, strict=True)) if pair[0] != pair[1]
        )
        said = f"{ours.weights[first].path} of {want[first]} here and of {have[first]} there"
    raise ValueError(
        f"`from_preset` must have networks of the sizes that are trained: the {name} has {said}. Give the "
        "options that it was trained with, such as --image-size or --base-filters. Received: "
        f"from_preset={path!r}"
    )
