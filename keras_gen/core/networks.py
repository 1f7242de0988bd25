"""What the models ask of the networks that they are given."""

from collections.abc import Sequence
from typing import Any

import keras

from keras_gen.modalities.spec import shape_fits
from keras_gen.types import Shape

_ACTIVATIONS = (
    keras.layers.ReLU,
    keras.layers.LeakyReLU,
    keras.layers.PReLU,
    keras.layers.ELU,
)


def check_network(
    argument: str,
    network: Any,
    inputs: Sequence[Any] | None = None,
    outputs: Sequence[Any] | None = None,
) -> tuple[list[Shape], list[Shape]]:
    """Raises a ValueError unless a network is a built Keras model of the wanted shapes.

    Args:
        argument: String, the constructor's argument that the network came in.
        network: What came.
        inputs: List of the wanted shapes of its inputs, each a tuple without the batch, in which None
            fits any size, or None for any shape. None asks nothing.
        outputs: List of the wanted shapes of its outputs, likewise.

    Returns:
        Tuple of the shapes of the network's inputs and of its outputs, two lists of tuples without the
        batch. Those of a subclassed model are what it was built with, and what it gives for that.
    """
    if not isinstance(network, keras.Model):
        raise ValueError(f"`{argument}` must be a keras.Model. Received: {argument}={network!r}")
    if not network.built:
        raise ValueError(
            f"`{argument}` must be built: begin a Sequential model with keras.Input, or call a "
            f"subclassed one on data once. Received: the unbuilt model {network.name!r}"
        )
    received_inputs, received_outputs = _shapes(network, inputs)
    for role, wanted, received in (
        ("take inputs", inputs, received_inputs),
        ("give outputs", outputs, received_outputs),
    ):
        if wanted is not None:
            _check_shapes(argument, network, role, wanted, received)
    return received_inputs, received_outputs


def scales_of(discriminator: Any) -> int:
    """At how many scales a discriminator judges: as many as it has outputs; a subclassed one at one."""
    return len(getattr(discriminator, "outputs", None) or [discriminator])


def check_scales(argument: str, discriminator: keras.Model | None) -> None:
    """Raises a ValueError where one of several outputs of a discriminator is no logits of one scale.

    Args:
        argument: String, the constructor's argument that it came in.
        discriminator: Built `keras.Model`, or None, of which nothing is asked.
    """
    if discriminator is None:
        return
    shapes = [tuple(t.shape[1:]) for t in getattr(discriminator, "outputs", None) or []]
    if len(shapes) > 1 and any(shape[-1:] != (1,) for shape in shapes):
        raise ValueError(
            f"`{argument}` must give logits of shape (batch, ..., 1), one output for each scale at which it "
            f"judges. Received: {argument}={discriminator.name!r} with outputs of shape "
            f"{', '.join(map(_say, shapes))}"
        )


def with_maps(argument: str, network: keras.Model) -> keras.Model:
    """A network that gives its hidden maps behind its outputs: what its activations give.

    Args:
        argument: String, the constructor's argument that the network came in.
        network: Functional or Sequential model, whose weights the result shares.

    Returns:
        `keras.Model` from the network's inputs to a list: its outputs, then the maps from the first on.

    Raises:
        ValueError: If it is a subclassed model, or has no hidden activation.
    """
    outputs = getattr(network, "outputs", None) or []
    ends = {id(tensor) for tensor in outputs}
    maps = [
        layer.output
        for layer in (network.layers if outputs else ())
        if _activates(layer) and id(layer.output) not in ends
    ]
    if not maps:
        raise ValueError(
            f"`{argument}` must be a functional model with activations between its layers, whose maps are "
            f"compared. Received: {argument}={network.name!r}"
        )
    inputs = network.inputs if len(network.inputs) > 1 else network.inputs[0]
    return keras.Model(inputs, [*outputs, *maps], name=f"{network.name}_with_maps")


def _activates(layer):
    """Whether a layer is an activation or ends in one."""
    if isinstance(layer, _ACTIVATIONS):
        return True
    activation = getattr(layer, "activation", None)
    return activation not in (None, keras.activations.linear)


def last_activations(network: keras.Model) -> list[str]:
    """Names of the activations that a network's outputs come from; none of a network that does not tell."""
    return [_activation_of(output) for output in getattr(network, "outputs", None) or ()]


def _activation_of(output):
    layer = output._keras_history.operation
    if isinstance(layer, keras.Model):
        return _activation_of(layer.outputs[output._keras_history.tensor_index])
    while isinstance(layer, (keras.layers.Reshape, keras.layers.Flatten)):
        layer = layer.input._keras_history.operation
    name = getattr(getattr(layer, "activation", layer), "__name__", type(layer).__name__)
    return name.lower()


def _check_shapes(argument, network, role, wanted, received):
    if len(wanted) != len(received):
        verb, what = role.split()
        counts = {1: "one", 2: "two"}
        raise ValueError(
            f"`{argument}` must {verb} {counts.get(len(wanted), len(wanted))} "
            f"{what if len(wanted) > 1 else what[:-1]}, of the shapes "
            f"{', '.join('any' if shape is None else _say(shape) for shape in wanted)}. "
            f"Received: {argument}={network.name!r} with {len(received)} {what}"
        )
    for want, have in zip(wanted, received, strict=True):
        if want is not None and not shape_fits(want, have):
            raise ValueError(
                f"`{argument}` must {role} of shape {_say(want)}. "
                f"Received: {argument}={network.name!r} with shape {_say(have)}"
            )


def _shapes(network, wanted_inputs):
    """Shapes of the inputs and of the outputs, without the batch."""
    if hasattr(network, "inputs") and network.inputs is not None:
        return [
            [tuple(t.shape[1:]) for t in tensors] for tensors in (network.inputs, network.outputs)
        ]
    inputs = _built_with(network)
    if inputs is None and wanted_inputs is not None and None not in wanted_inputs:
        inputs = [tuple(shape) for shape in wanted_inputs]
    if inputs is None:
        raise ValueError(
            f"The network {network.name!r}, a subclassed {type(network).__name__}, does not tell the shape "
            "of its inputs: call it on data once, or use a functional model"
        )
    tensors = [keras.KerasTensor((None, *shape)) for shape in inputs]
    try:
        outputs = network.compute_output_spec(tensors if len(tensors) > 1 else tensors[0])
    except Exception as error:
        raise ValueError(
            f"The network {network.name!r}, a subclassed {type(network).__name__}, gives no outputs for "
            f"inputs of shape {', '.join(_say(shape) for shape in inputs)}: "
            f"{str(error).strip().splitlines()[0]}"
        ) from error
    return inputs, [tuple(t.shape[1:]) for t in keras.tree.flatten(outputs)]


def _built_with(network):
    """Shapes of the inputs that a subclassed model was called on, or None where it does not tell."""
    config = network.get_build_config() or {}
    shapes = list(config.get("shapes_dict", {"": config.get("input_shape")}).values())
    if len(shapes) == 1 and shapes[0] and isinstance(shapes[0][0], (list, tuple)):
        shapes = shapes[0]
    return [tuple(shape[1:]) for shape in shapes] if shapes and None not in shapes else None


def _say(shape):
    return f"(batch, {', '.join(map(str, shape))})" if shape else "(batch,)"
