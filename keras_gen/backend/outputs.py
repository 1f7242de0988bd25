"""What networks give, as arrays on the host."""

from typing import Any

import keras
import numpy as np


def in_full(outputs: Any) -> Any:
    """Arrays of half precision as float32, which every library reads; others as they are.

    Args:
        outputs: NumPy array, or a structure of them.

    Returns:
        The same structure.
    """
    return keras.tree.map_structure(
        lambda x: np.asarray(x, "float32") if x.dtype.name in ("float16", "bfloat16") else x,
        outputs,
    )
