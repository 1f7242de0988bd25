# %% [markdown]
# # Scaling: mixed precision, XLA, several devices, TPUs
#
# **You will learn** how to measure a training step; what mixed precision changes and what must stay float32;
# when compiling with XLA pays; how a step is spread over several devices, and what that means for the batch and
# the losses.
#
# **Time** about two minutes on one CPU core. No GPU is needed, and nothing is downloaded. The timings below are
# those of the CPU that this notebook was run on. **They tell how to measure, not what a GPU will do**: some of
# these settings slow a CPU down.
#
# This notebook needs the TensorFlow backend. What to write on the others is said where it differs.

# %%
import time

import keras
import numpy as np
import tensorflow as tf
from PIL import Image

import keras_gen
from keras_gen import pictures

# Two devices that share this machine's cores, for the last part. It must be said before anything is computed.
cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
keras.utils.set_random_seed(0)
print(keras.backend.backend(), tf.config.list_logical_devices())

# %% short={"STEPS": 2, "REPEATS": 2, "EPOCHS": 1}
STEPS = 20
REPEATS = 3
EPOCHS = 40


# %% [markdown]
# ## Measure first
#
# The first step is slow: it is traced, and perhaps compiled. Leave it out, take the best of several repeats,
# and change one thing at a time.


# %%
def make_gan(**options):
    keras.utils.set_random_seed(0)
    gan = keras_gen.GAN(
        keras_gen.networks.dcgan_generator((32, 32, 3), latent_dim=64, base_filters=32),
        keras_gen.networks.dcgan_discriminator((32, 32, 3), base_filters=32),
        latent_dim=64,
    )
    gan.compile(**options)
    return gan


random = np.random.default_rng(0)
batch = random.uniform(-1.0, 1.0, (64, 32, 32, 3)).astype("float32")
data = tf.data.Dataset.from_tensors(batch).repeat(STEPS)


def time_step(gan):
    """Seconds of the first epoch, and milliseconds a step of the best one after it."""
    seconds = []
    for _ in range(1 + REPEATS):
        start = time.perf_counter()
        gan.fit(data, verbose=0)
        seconds.append(time.perf_counter() - start)
    return seconds[0], 1000 * min(seconds[1:]) / STEPS


def report(name, gan):
    first, step = time_step(gan)
    print(f"{name:28} {step:7.1f} ms a step, first {STEPS} steps {first:5.1f} s")


report("as it comes", make_gan())

# %% [markdown]
# ## A forward pass less
#
# By default the generator runs forward twice in a step: for the discriminator's phase and for its own. With
# `share_forward` both see the same images. This is less work on every device.

# %%
report("share_forward=True", make_gan(share_forward=True))

# %% [markdown]
# ## XLA
#
# `jit_compile=True` compiles the whole step, every phase of it, into one program with static shapes. On GPUs
# and TPUs it fuses small operations; TPUs need it. On a CPU TensorFlow's own convolutions are often faster
# than XLA's, which is why `"auto"` is Keras's default. On JAX every step is compiled by XLA. On PyTorch
# `jit_compile=True` is refused, since `torch.compile` has no second derivative.
#
# Static shapes are the pipelines' business: `drop_remainder=True`, their default, leaves out a last, smaller
# batch, which would have the step compiled anew.

# %%
report("jit_compile=True", make_gan(jit_compile=True))

# %% [markdown]
# ## Fewer returns to Python
#
# `steps_per_execution` runs so many steps in one call. It pays where steps are short, as those of small
# networks are; logs and callbacks see only every so many steps.

# %%
report("steps_per_execution=10", make_gan(steps_per_execution=10))

# %% [markdown]
# ## Mixed precision
#
# Under the policy `mixed_bfloat16` layers compute in bfloat16 and keep their weights in float32. A bfloat16
# number has the range of a float32 one and 8 significant bits instead of 24, so that no gradient vanishes for
# want of range. `mixed_float16` has more bits (11) and far less range: small gradients become 0. So the loss
# is multiplied by a scale $s$ before it is differentiated and the gradients are divided by it,
#
# $$g = \frac{1}{s} \nabla_\theta \big(s\, L(\theta)\big)$$
#
# and $s$ is halved when a gradient overflows. `compile` gives every phase an optimizer with a scale of its own.
#
# What stays float32 here, whatever the policy: losses, logits, gradient penalties with their norms, generated
# images, and the moving average.

# %%
for policy in ("mixed_bfloat16", "mixed_float16"):
    keras.config.set_dtype_policy(policy)
    gan = make_gan()
    report(policy, gan)
    kernel = gan.generator.trainable_variables[0]
    print(
        f"  weights {kernel.dtype}, layers compute in {gan.generator.layers[1].compute_dtype}",
        end="",
    )
    print(f", images {gan.generate(1, seed=0).dtype}, {type(gan.optimizer['generator']).__name__}")
    keras.config.set_dtype_policy("float32")

# %% [markdown]
# Whether that is faster depends on the processor: GPUs since 2017 have units for float16, since 2020 for
# bfloat16, TPUs for bfloat16; a CPU without such instructions is slower with either. Set the policy before
# the networks are built.
#
# Does it still train? Digits, in bfloat16:

# %%
keras.config.set_dtype_policy("mixed_bfloat16")
keras.utils.set_random_seed(0)
digits = keras_gen.data.images("digits", batch_size=32, seed=0)
gan = keras_gen.GAN(
    keras_gen.networks.dcgan_generator((8, 8, 1), latent_dim=32, base_filters=64),
    keras_gen.networks.dcgan_discriminator((8, 8, 1), base_filters=64),
    latent_dim=32,
    ema_decay=0.99,
)
gan.compile(
    keras.optimizers.Adam(1e-3, beta_1=0.5),
    keras.optimizers.Adam(5e-4, beta_1=0.5),
    share_forward=True,
)
gan.fit(digits, epochs=EPOCHS, verbose=0)
keras.config.set_dtype_policy("float32")
grid = pictures.enlarge(pictures.image_grid(gan.generate(32, seed=0), 16))
Image.fromarray(grid.squeeze())

# %% [markdown]
# ## Several devices
#
# Under a `MirroredStrategy` every device, a *replica*, holds a copy of the weights and gets a part of the
# batch; gradients are summed. With $R$ replicas and the losses $L_r$ of their parts,
#
# $$\nabla_\theta L = \sum_{r=1}^{R} \nabla_\theta \frac{L_r}{R}$$
#
# so that the batch size you give is the *global* one and results do not depend on $R$, up to two things:
# batch normalisation sees a replica's part alone, and each replica draws its own noise. The engine folds the
# replica's number into its random seeds, since otherwise all would draw the same latents.
#
# Two replicas on one CPU, which is no faster, and shows that all is in place:

# %%
strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
with strategy.scope():
    gan = make_gan()
gan.fit(data, epochs=1, verbose=0)

copies = strategy.experimental_local_results(gan.generator.trainable_variables[0].value)
same = all(np.array_equal(copies[0], copy) for copy in copies)
draws = strategy.run(tf.function(lambda: gan.sample_latents(1))).values
print(f"{strategy.num_replicas_in_sync} replicas; equal weights: {same}", end="; ")
print(f"equal noise: {np.array_equal(*(np.asarray(draw) for draw in draws))}")

# %% [markdown]
# ## TPUs, and other backends
#
# **These lines are not run here**: they need the hardware. Nothing else changes, neither model nor `fit`.
#
# ```python
# # TensorFlow on a TPU
# resolver = tf.distribute.cluster_resolver.TPUClusterResolver(tpu="local")
# tf.config.experimental_connect_to_cluster(resolver)
# tf.tpu.experimental.initialize_tpu_system(resolver)
# strategy = tf.distribute.TPUStrategy(resolver)
# keras.config.set_dtype_policy("mixed_bfloat16")
# with strategy.scope():
#     gan = make_gan(steps_per_execution=50)
# gan.fit(images)  # drop_remainder=True, and a batch that the number of cores divides
#
# # JAX on all devices of a host, KERAS_BACKEND=jax
# keras.distribution.set_distribution(keras.distribution.DataParallel())
# gan = make_gan()
# ```
#
# On PyTorch one process drives one device: KERAS_BACKEND=torch uses the first GPU that it finds.
#
# The figures that this package has from GPUs and TPUs, if any, stand in its README; none were taken for this
# tutorial.
#
# ## What to try when it fails
#
# - **NaN under mixed_float16**: a few at the very beginning are the scale finding its place. If they stay, use
#   `mixed_bfloat16`, or an R1 penalty that keeps the discriminator's gradients small.
# - **Slower with XLA or mixed precision**: on a CPU, to be expected. On a GPU look whether the batch is large
#   enough to fill it.
# - **Every epoch begins with a pause**: the last batch has another shape. Keep `drop_remainder=True`.
# - **The GPU waits for data**: let the pipeline hold images in memory (`cache=True`, its default), and try
#   without `augment` to see whether it is the cause.
# - **Worse samples on more devices**: the batch grew, the number of updates fell. Raise the learning rate
#   with care, or train for as many updates as before.
#
# ## Exercises
#
# 1. Measure batches of 16, 64 and 256. How many images a second are that?
# 2. Measure a `WGANGP` with and without `jit_compile`. Which part of its step is the most expensive?
# 3. Run this notebook's timing function with `KERAS_BACKEND=jax` and `KERAS_BACKEND=torch`, without the parts
#    that need TensorFlow.
