"""Two ways to run a network that the phases need beside the plain call."""

from keras_gen.engine.backend import engine


def record(network, inputs):
    """Runs a network in training mode and keeps the way back to its weights.

    Args:
        network: Built `keras.Model`.
        inputs: Tensor, or what else the network takes.

    Returns:
        A `Recorded`.
    """
    return engine.record(lambda: network(inputs, training=True), network.trainable_variables)


def without_updates(network, *further_inputs):
    """Makes a function of a network that leaves BatchNorm statistics and seeds alone.

    Gradient penalties look at points between real and generated images, whose statistics are nobody's.

    Args:
        network: Built `keras.Model`.
        *further_inputs: Tensors that the network takes beside the images, labels say.

    Returns:
        Callable `images -> outputs`, in training mode; only the first output of several.
    """

    def call(images):
        inputs = [images, *further_inputs] if further_inputs else images
        outputs, _ = network.stateless_call(
            [variable.value for variable in network.trainable_variables],
            [variable.value for variable in network.non_trainable_variables],
            inputs,
            training=True,
        )
        return outputs[0] if isinstance(outputs, (list, tuple)) else outputs

    return call
