import keras

from keras_gen.networks._blocks import Blocks
from keras_gen.networks._checks import check_integer, check_rate


def mlp_generator(
    latent_dim: int,
    outputs: int,
    width: int = 128,
    depth: int = 2,
    seed: int | None = None,
    name: str = "mlp_generator",
) -> keras.Model:
    """Generator of dense layers: latents to vectors, rows of a table or points say.

    Args:
        latent_dim: Size of the latent vectors, at least 1.
        outputs: Size of the vectors, at least 1.
        width: Units of each hidden layer, at least 1. Defaults to 128.
        depth: Hidden layers, ReLU after each, at least 1. Defaults to 2.
        seed: Integer that fixes the initial weights. Defaults to `None`: drawn from Python's
            generator, which `keras.utils.set_random_seed` sets.
        name: The model's name.

    Returns:
        A `keras.Model` from float latents `(batch, latent_dim)` to float32 `(batch, outputs)`, unbounded.

    Raises:
        ValueError: If an argument lies outside what is said above.

    Example:

    >>> generator = mlp_generator(latent_dim=8, outputs=3)
    >>> generator.output_shape, generator.count_params()
    ((None, 3), 18051)
    """
    latent_dim, outputs = _check(latent_dim=latent_dim, outputs=outputs)
    blocks = Blocks(None, "relu", "glorot_uniform", seed)
    latents = keras.Input((latent_dim,), name="latents")
    x = _hidden(blocks, latents, width, depth)
    return keras.Model(latents, blocks.dense(x, outputs, "rows", dtype="float32"), name=name)


def mlp_discriminator(
    inputs: int,
    width: int = 128,
    depth: int = 2,
    dropout: float = 0.0,
    seed: int | None = None,
    name: str = "mlp_discriminator",
) -> keras.Model:
    """Discriminator of dense layers, or WGAN-GP's critic: vectors to one unbounded score each.

    Args:
        inputs: Size of the vectors, at least 1.
        width: Units of each hidden layer, at least 1. Defaults to 128.
        depth: Hidden layers, leaky ReLU of slope 0.2 after each, at least 1. Defaults to 2.
        dropout: Share of the hidden layers' outputs that are dropped in training, in [0, 1). Defaults
            to 0.
        seed: Integer that fixes the initial weights, and the dropout's draws. Defaults to `None`: drawn
            from Python's generator, which `keras.utils.set_random_seed` sets.
        name: The model's name.

    Returns:
        A `keras.Model` from float vectors `(batch, inputs)` to float32 scores `(batch, 1)`.

    Raises:
        ValueError: If an argument lies outside what is said above.

    Example:

    >>> discriminator = mlp_discriminator(inputs=3)
    >>> discriminator.output_shape
    (None, 1)
    """
    (inputs,) = _check(inputs=inputs)
    dropout = check_rate("dropout", dropout)
    blocks = Blocks(None, "leaky_relu", "glorot_uniform", seed)
    rows = keras.Input((inputs,), name="rows")
    x = _hidden(blocks, rows, width, depth, dropout)
    return keras.Model(rows, blocks.dense(x, 1, "score", dtype="float32"), name=name)


def mlp_encoder(
    inputs: int,
    latent_dim: int,
    width: int = 128,
    depth: int = 2,
    seed: int | None = None,
    name: str = "mlp_encoder",
) -> keras.Model:
    """Encoder of a VAE of dense layers: vectors to a Gaussian over latents.

    Args:
        inputs: Size of the vectors, at least 1.
        latent_dim: Size of the latent vectors, at least 1.
        width: Units of each hidden layer, at least 1. Defaults to 128.
        depth: Hidden layers, ReLU after each, at least 1. Defaults to 2.
        seed: Integer that fixes the initial weights. Defaults to `None`: drawn from Python's
            generator, which `keras.utils.set_random_seed` sets.
        name: The model's name.

    Returns:
        A `keras.Model` from float vectors `(batch, inputs)` to `[mean, log_variance]`, both float32
        `(batch, latent_dim)` and unbounded.

    Raises:
        ValueError: If an argument lies outside what is said above.

    Example:

    >>> encoder = mlp_encoder(inputs=3, latent_dim=8)
    >>> encoder.output_shape
    [(None, 8), (None, 8)]
    """
    inputs, latent_dim = _check(inputs=inputs, latent_dim=latent_dim)
    blocks = Blocks(None, "relu", "glorot_uniform", seed)
    rows = keras.Input((inputs,), name="rows")
    x = _hidden(blocks, rows, width, depth)
    mean = blocks.dense(x, latent_dim, "mean", dtype="float32")
    log_variance = blocks.dense(x, latent_dim, "log_variance", dtype="float32")
    return keras.Model(rows, [mean, log_variance], name=name)


def mlp_decoder(
    latent_dim: int,
    outputs: int,
    width: int = 128,
    depth: int = 2,
    seed: int | None = None,
    name: str = "mlp_decoder",
) -> keras.Model:
    """Decoder of a VAE of dense layers: latents to the parameters of each number's distribution.

    Args:
        latent_dim: Size of the latent vectors, at least 1.
        outputs: Size of the vectors, at least 1.
        width: Units of each hidden layer, at least 1. Defaults to 128.
        depth: Hidden layers, ReLU after each, at least 1. Defaults to 2.
        seed: Integer that fixes the initial weights. Defaults to `None`: drawn from Python's
            generator, which `keras.utils.set_random_seed` sets.
        name: The model's name.

    Returns:
        A `keras.Model` from float latents `(batch, latent_dim)` to float32 `(batch, outputs)`, unbounded:
        means of a Gaussian likelihood.

    Raises:
        ValueError: If an argument lies outside what is said above.

    Example:

    >>> decoder = mlp_decoder(latent_dim=8, outputs=3)
    >>> decoder.output_shape
    (None, 3)
    """
    return mlp_generator(latent_dim, outputs, width, depth, seed, name)


def _check(**sizes):
    return [check_integer(argument, value) for argument, value in sizes.items()]


def _hidden(blocks, x, width, depth, dropout=0.0):
    """Dense layers of one width."""
    width, depth = _check(width=width, depth=depth)
    for level in range(1, depth + 1):
        x = blocks.activate(blocks.dense(x, width, f"hidden_{level}"), f"activation_{level}")
        if dropout:
            x = keras.layers.Dropout(dropout, seed=blocks.next_seed(), name=f"dropout_{level}")(x)
    return x
