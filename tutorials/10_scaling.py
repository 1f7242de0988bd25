# %% [markdown]
# # Scaling: mixed precision, XLA, several devices, TPUs
#
# **You will learn** how to measure a training step; what mixed precision changes and what must stay float32;
# when compiling with XLA pays; how a step is spread over several devices, and what that means for the batch and
# the losses; the commands for GPUs, TPUs and several machines; how much memory a model takes.
#
# **Time** about two minutes on one CPU core. No GPU is needed, and nothing is downloaded. The timings below are
# those of the two CPU cores that this notebook was run on, which had other work as well, so that small
# differences mean nothing. **They tell how to measure, not what a GPU will do**: some of these settings slow a
# CPU down.
#
# This notebook needs the TensorFlow backend. What to write on the others is said where it differs.

# %%
import time

import keras
import numpy as np
import tensorflow as tf
from PIL import Image

import keras_gen
from keras_gen import distribution, pictures

# Two devices that share this machine's cores, for the last part. It must be said before anything is computed.
cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
tf.get_logger().setLevel("ERROR")  # Strategies say much.
keras.utils.set_random_seed(0)
print(keras.backend.backend(), tf.config.list_logical_devices())

# %% short={"BATCH": 8, "STEPS": 2, "REPEATS": 2, "EPOCHS": 1}
BATCH = 64
STEPS = 10
REPEATS = 2
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
batch = random.uniform(-1.0, 1.0, (BATCH, 32, 32, 3)).astype("float32")
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
        f"  weights {kernel.dtype}, layers compute in {gan.generator.layers[1].compute_dtype}, "
        f"images {gan.generate(1, seed=0).dtype}, {type(gan.optimizer['generator']).__name__}"
    )
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
# ## Bytes in, floats on the device
#
# Images are bytes, and float32 numbers take four times their place on the way to a device. With
# `dtype="uint8"` the pipelines hand out bytes, and the training step, `evaluate` and the scores scale them to
# [-1, 1] where they are. On a CPU nothing travels, so that there is little to gain; on an accelerator with a
# slow link there is.

# %%
coded = keras_gen.data.images("digits", batch_size=64, dtype="uint8")
print(coded.element_spec)

# %% [markdown]
# ## Several devices
#
# Under a `MirroredStrategy` every device, a *replica*, holds a copy of the weights and gets a part of the
# batch; gradients are summed. With $R$ replicas and the losses $L_r$ of their parts,
#
# $$\nabla_\theta L = \sum_{r=1}^{R} \nabla_\theta \frac{L_r}{R}$$
#
# so that the batch size you give is the *global* one and results do not depend on $R$, up to two things:
# batch normalisation sees a replica's part alone on TensorFlow and PyTorch (the networks'
# `normalization="synchronized_batch"` takes the whole batch's statistics on TensorFlow; on JAX they always are
# the whole batch's), and each replica draws its own noise. The engine folds the replica's number into its
# random seeds, since otherwise all would draw the same latents.
#
# `keras_gen.distribution.start` begins what there is: GPUs of one machine, several machines, a TPU. Here it
# finds two devices on one CPU, which is no faster, and shows that all is in place:

# %%
devices = distribution.start("mirrored")
with devices.scope():
    gan = make_gan()
gan.fit(devices.for_fit(data), epochs=1, verbose=0)

strategy = gan.distribute_strategy
copies = strategy.experimental_local_results(gan.generator.trainable_variables[0].value)
same = all(np.array_equal(copies[0], copy) for copy in copies)
draws = strategy.run(tf.function(lambda: gan.sample_latents(1))).values
different = not np.array_equal(*(np.asarray(draw) for draw in draws))
print(f"{devices.replicas} replicas; equal weights: {same}; different noise: {different}")

# %% [markdown]
# ## The commands
#
# `keras-gen train` starts a strategy by `--strategy`; `auto`, its default, takes several processes where the
# environment tells of them, else several accelerators where there are such. The options are those of this
# notebook. `KERAS_BACKEND` chooses the backend.
#
# **Run for this package: one device, two devices and two processes, all on CPUs. Not run, for want of the
# hardware: everything on GPUs and TPUs.** What follows for those is written from the documentation of
# TensorFlow, JAX and PyTorch.
#
# **One GPU.** It is used without being asked for. Half precision pays where the GPU has units for it. `--jit on`
# is TensorFlow's: JAX compiles in any case, and PyTorch refuses it.
#
# ```bash
# keras-gen train gan --dataset fashion_mnist --precision mixed_bfloat16 --jit on
# ```
#
# **Eight GPUs of one machine.** On TensorFlow and JAX one process drives them all; PyTorch has one process a
# GPU.
#
# ```bash
# keras-gen train gan --dataset fashion_mnist --strategy mirrored --batch-size 512
# KERAS_BACKEND=jax keras-gen train gan --dataset fashion_mnist --strategy data-parallel --batch-size 512
# KERAS_BACKEND=torch torchrun --nproc-per-node=8 -m keras_gen train gan --dataset fashion_mnist \
#     --strategy data-parallel --batch-size 512
# ```
#
# **A Cloud TPU slice.** On a host of TensorFlow's, `TPU_NAME=local` is the host's own TPU. On JAX every host of
# the slice runs the same command, with its own number; a slice of one host needs no variables.
#
# ```bash
# TPU_NAME=local keras-gen train gan --dataset fashion_mnist --strategy tpu \
#     --precision mixed_bfloat16 --steps-per-execution 50 --batch-size 512
#
# KERAS_BACKEND=jax keras-gen train gan --dataset fashion_mnist --strategy data-parallel \
#     --precision mixed_bfloat16 --steps-per-execution 50 --batch-size 512
#
# # A slice of four hosts, on host 0 (and with 1, 2, 3 on the others):
# export KERAS_BACKEND=jax KERAS_DISTRIBUTION_JOB_ADDRESSES=10.0.0.2:1234
# export KERAS_DISTRIBUTION_NUM_PROCESSES=4 KERAS_DISTRIBUTION_PROCESS_ID=0
# keras-gen train gan --dataset fashion_mnist --strategy data-parallel --output /shared/runs/gan
# ```
#
# **Two machines**, the first at 10.0.0.2 and the second at 10.0.0.3. The output folder must be one that both
# see; only the first process writes into it. The data set must be prepared on both.
#
# ```bash
# # TensorFlow: on the second machine with "index": 1
# export TF_CONFIG='{"cluster": {"worker": ["10.0.0.2:1234", "10.0.0.3:1234"]},
#                    "task": {"type": "worker", "index": 0}}'
# keras-gen train gan --dataset fashion_mnist --strategy multiworker --output /shared/runs/gan
#
# # JAX: on the second machine with PROCESS_ID=1
# export KERAS_BACKEND=jax KERAS_DISTRIBUTION_JOB_ADDRESSES=10.0.0.2:1234
# export KERAS_DISTRIBUTION_NUM_PROCESSES=2 KERAS_DISTRIBUTION_PROCESS_ID=0
# keras-gen train gan --dataset fashion_mnist --strategy data-parallel --output /shared/runs/gan
#
# # PyTorch, eight GPUs each: on the second machine with --node-rank=1
# KERAS_BACKEND=torch torchrun --nnodes=2 --node-rank=0 --nproc-per-node=8 \
#     --master-addr=10.0.0.2 --master-port=1234 -m keras_gen train gan --dataset fashion_mnist \
#     --strategy data-parallel --output /shared/runs/gan
# ```
#
# **When a process dies** the others end with an error, since a step needs them all. Put each in a loop, and the
# training goes on from the last whole epoch; a test kills one of two processes so, on each backend.
#
# ```bash
# until keras-gen train gan --dataset fashion_mnist --strategy multiworker \
#     --output /shared/runs/gan --resume; do sleep 5; done
# ```
#
# In a program of your own, pipelines take `shard=devices.shard`, and models are made within `devices.scope()`:
#
# ```python
# devices = keras_gen.distribution.start("auto")
# images = keras_gen.data.images("fashion_mnist", batch_size=512, shard=devices.shard, dtype="uint8")
# with devices.scope():
#     gan = keras_gen.GAN(...)
#     gan.compile(...)
# gan.fit(devices.for_fit(images), epochs=12)
# ```
#
# ## Batch size and learning rate
#
# `--batch-size` is the global batch: 512 on eight GPUs are 64 on each. It must be a multiple of the number of
# replicas. Two ways to choose it:
#
# - **The same batch, shared.** `--batch-size 64` on eight GPUs trains exactly as on one. Change nothing. It is
#   faster only as long as 8 images keep a GPU busy.
# - **The same batch on each.** `--batch-size 512`. An epoch then has an eighth of the updates. Train for as
#   many updates as before (eight times the epochs, which take as long as before on one GPU), or raise the
#   rates: in proportion to the batch for plain gradient descent (Goyal et al., 2017), by its square root for
#   Adam (Malladi et al., 2022), which is 2.8 for a batch eight times as large. Raise both networks' rates
#   alike, `--learning-rate 2.8e-3 --discriminator-learning-rate 1.4e-3` for this recipe, and lower them if
#   the losses swing. GANs bear large rates badly; these figures are a beginning, not measured here.
#
# Under `WGANGP` a batch is split into `n_critic` parts after it is shared: 512 on eight GPUs with
# `--n-critic 4` are 16 images in each critic's update on a GPU.
#
# ## Memory
#
# What a step takes by XLA's own account: what comes in (weights, optimizers' state, the batch), what goes out,
# and the temporary buffers between. It was compiled for a CPU on JAX in float32, with the networks of
# `keras-gen train` and images of three channels, and not run. A GPU's libraries need working space beside it,
# and lay some arrays out otherwise, so leave a fifth free.
#
# | model | base filters | image | fixed, MB | an image, MB | recipe's batch | together, MB |
# |---|---|---|---|---|---|---|
# | gan | 32 | 64 | 35 | 1.5 | 64 | 134 |
# | gan | 32 | 128 | 70 | 7.3 | 64 | 535 |
# | gan | 32 | 256 | 128 | 28.1 | 64 | 1,928 |
# | wgan_gp | 32 | 64 | 35 | 2.3 | 64 | 183 |
# | wgan_gp | 32 | 128 | 76 | 10.2 | 64 | 730 |
# | wgan_gp | 32 | 256 | 118 | 41.5 | 64 | 2,773 |
# | conditional_gan | 32 | 64 | 36 | 2.1 | 64 | 169 |
# | conditional_gan | 32 | 128 | 71 | 9.4 | 64 | 674 |
# | conditional_gan | 32 | 256 | 129 | 36.8 | 64 | 2,482 |
# | vae | 32 | 64 | 52 | 1.2 | 128 | 210 |
# | vae | 32 | 128 | 81 | 5.3 | 128 | 766 |
# | vae | 32 | 256 | 121 | 21.3 | 128 | 2,852 |
# | pix2pix | 32 | 64 | 124 | 4.1 | 16 | 190 |
# | pix2pix | 32 | 128 | 163 | 16.0 | 16 | 419 |
# | pix2pix | 32 | 256 | 151 | 64.6 | 16 | 1,185 |
# | cycle_gan | 16 | 64 | 25 | 35.3 | 4 | 166 |
# | cycle_gan | 16 | 128 | 46 | 137.6 | 4 | 596 |
# | cycle_gan | 16 | 256 | 110 | 657.7 | 4 | 2,741 |
#
# The figures lie on a line through batches of 16 and 32: *fixed* is there whatever the batch, *an image* is what
# each image of the batch adds on the device that sees it. So a GAN at 128 x 128 with 64 images on each GPU takes
# 535 MB on each. Weights are not divided between replicas: each device holds them all. More filters cost in
# proportion per image, and with their square in the fixed part; `mixed_bfloat16` about halves what an image
# adds on devices that compute in it (both reckoned, not measured). The table comes from
# `KERAS_BACKEND=jax python -m tests.benchmarks.memory`, which takes other sizes too.
#
# Figures of speed on GPUs and TPUs, if the package has any, stand in its README; none were taken for this
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
# - **"The batch size must be a multiple of the replicas"**: it is the global one. Give the next multiple.
# - **All processes wait and nothing happens**: one of them is missing, or can't reach the first one's address
#   and port. Every process needs the same command and addresses, and a number of its own.
# - **Out of memory**: take the largest batch from the table, share a larger one among more devices, use
#   `mixed_bfloat16`, or fewer `--base-filters`.
#
# ## Exercises
#
# 1. Measure batches of 16, 64 and 256. How many images a second are that?
# 2. Measure a `WGANGP` with and without `jit_compile`. Which part of its step is the most expensive?
# 3. Run this notebook's timing function with `KERAS_BACKEND=jax` and `KERAS_BACKEND=torch`, without the parts
#    that need TensorFlow.
