"""A forward pass that several updates share."""

import dataclasses
from collections.abc import Callable
from typing import Any


@dataclasses.dataclass(frozen=True)
class Recorded:
    """Outputs of a network together with the way back to its weights.

    A step records a forward pass once and gives the outputs to several updates: the discriminator's
    loss reads `outputs`, and the generator's update, which is given this object as `at`, is
    differentiated at the outputs and pulled back through the network.

    Args:
        outputs: Tensor, the network's outputs, cut off from its weights.
        pullback: Callable `gradient at the outputs -> list of gradients`, one for each of the network's
            trainable variables; None of a pass in inference.
    """

    outputs: Any
    pullback: Callable | None
