import keras

from keras_gen.networks._blocks import Blocks
from keras_gen.networks._checks import check_integer


def tabular_generator(
    latent_dim: int,
    conditions: int,
    outputs: int,
    width: int = 256,
    depth: int = 2,
    normalization: str | None = "batch",
    seed: int | None = None,
    name: str = "tabular_generator",
) -> keras.Model:
    """Generator of CTGAN: each hidden layer's outputs stand beside its inputs.

    Args:
        latent_dim: Size of the latent vectors, at least 1.
        conditions: Size of the conditional vectors, at least 1.
        outputs: Size of what is made, at least 1.
        width: Units of each hidden layer, at least 1. Defaults to 256.
        depth: Hidden layers, at least 1. Defaults to 2.
        normalization: `"batch"`, the paper's, before each ReLU; or None.
        seed: Integer that fixes the initial weights. Defaults to `None`: drawn from Python's
            generator, which `keras.utils.set_random_seed` sets.
        name: The model's name.

    Returns:
        A `keras.Model` from `[latents, conditions]`, floats `(batch, latent_dim)` and
        `(batch, conditions)`, to float32 `(batch, outputs)`, unbounded.

    Raises:
        ValueError: If an argument lies outside what is said above.

    Example:

    >>> generator = tabular_generator(latent_dim=8, conditions=4, outputs=6, width=16)
    >>> generator.output_shape, generator.count_params()
    ((None, 6), 1070)

    Reference: Xu et al., 2019, section 4.4, https://arxiv.org/abs/1907.00503
    """
    sizes = {"latent_dim": latent_dim, "conditions": conditions, "outputs": outputs}
    for argument, value in {**sizes, "width": width, "depth": depth}.items():
        check_integer(argument, value)
    if normalization not in ("batch", None):
        raise ValueError(
            f"`normalization` must be 'batch' or None. Received: normalization={normalization!r}"
        )
    blocks = Blocks(normalization, "relu", "glorot_uniform", seed)
    inputs = [
        keras.Input((latent_dim,), name="latents"),
        keras.Input((conditions,), name="conditions"),
    ]
    x = keras.layers.Concatenate(name="beside_conditions")(inputs)
    for level in range(1, depth + 1):
        h = blocks.dense(x, width, f"hidden_{level}")
        if normalization:
            h = blocks.normalize(h, f"normalization_{level}")
        h = blocks.activate(h, f"activation_{level}")
        x = keras.layers.Concatenate(name=f"beside_{level}")([h, x])
    return keras.Model(inputs, blocks.dense(x, outputs, "rows", dtype="float32"), name=name)
