"""A forward pass that several phases share."""

import dataclasses
from collections.abc import Callable
from typing import Any


@dataclasses.dataclass(frozen=True)
class Recorded:
    """Outputs of a network together with the way back to its weights.

    A schedule records a forward pass once and hands the outputs to several phases: the
    discriminator's phase reads `outputs`, and the phase whose batch holds this object under
    `"recorded"` is differentiated at the outputs and pulled back through the network.

    Args:
        outputs: Tensor, the network's outputs, cut off from its weights.
        pullback: Callable `gradient at the outputs -> list of gradients`, one for each of the phase's
            variables.
    """

    outputs: Any
    pullback: Callable
