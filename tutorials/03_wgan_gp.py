# %% [markdown]
# # Wasserstein GANs: mode collapse, seen and cured
#
# **You will learn** what mode collapse looks like; what the Wasserstein distance changes; why the critic
# must be Lipschitz, and how weight clipping and the gradient penalty see to it; what `n_critic` is for.
#
# **Time** about three minutes on one CPU core. No GPU is needed, and nothing is downloaded.

# %%
import keras
import matplotlib.pyplot as plt
import numpy as np
from PIL import Image

import keras_gen
from keras_gen import pictures

# %% short={"POINTS": 2560, "ROUNDS": 2, "GAN_EPOCHS": 1, "WGAN_EPOCHS": 1, "IMAGE_EPOCHS": 1}
POINTS = 51_200
ROUNDS = 4  # Snapshots.
GAN_EPOCHS = 4  # Between two snapshots.
WGAN_EPOCHS = 16
IMAGE_EPOCHS = 60

# %% [markdown]
# ## A distribution that the eye can judge
#
# Eight narrow Gaussians on a ring, in the plane. A generator is right when its points lie on all eight. The
# models take points as they take images: here each example is a vector of two numbers, of shape `(2,)`.

# %%
ANGLES = np.arange(8) * np.pi / 4
MODES = 0.8 * np.stack([np.cos(ANGLES), np.sin(ANGLES)], axis=1)


def draw_ring(count, seed):
    random = np.random.default_rng(seed)
    points = MODES[random.integers(8, size=count)] + 0.02 * random.standard_normal((count, 2))
    return points.astype("float32")


def judge(points):
    """How many modes have at least 1% of the points, and the share of points near a mode."""
    distances = np.linalg.norm(points[:, None] - MODES, axis=-1)
    near = distances.min(axis=1) < 0.06  # Three standard deviations.
    counts = np.bincount(distances.argmin(axis=1)[near], minlength=8)
    return int((counts >= 0.01 * len(points)).sum()), near.mean()


ring = draw_ring(POINTS, seed=0)
print("modes, share near one:", judge(ring))


# %%
def dense(inputs, outputs):
    """Three hidden layers of 128 units, for both networks of every model on the ring."""
    hidden = [keras.layers.Dense(128, activation="relu") for _ in range(3)]
    return keras.Sequential([keras.Input((inputs,)), *hidden, keras.layers.Dense(outputs)])


def watch(model, batch_size, epochs):
    """Trains a model on the ring and keeps 1,000 points of the same latents after each round."""
    snapshots = []
    for _ in range(ROUNDS):
        model.fit(ring, batch_size=batch_size, epochs=epochs, verbose=0)
        snapshots.append(model.generate(1000, seed=0))
    return snapshots


def plot(snapshots):
    figure, axes = plt.subplots(1, len(snapshots), figsize=(2.2 * len(snapshots), 2.5))
    for axis, points in zip(axes, snapshots, strict=True):
        axis.plot(*MODES.T, "o", color="lightgray", markersize=12)
        axis.plot(*points.T, ".", markersize=3)
        modes, share = judge(points)
        axis.set(xlim=(-1.5, 1.5), ylim=(-1.5, 1.5), xticks=[], yticks=[])
        axis.set_title(f"{modes} of 8 modes, {share:.0%} near", fontsize=8)
    figure.tight_layout()
    plt.show()


# %% [markdown]
# ## A GAN that collapses
#
# Keras's default Adam has $\beta_1 = 0.9$: its momentum remembers about ten gradients. That suits a loss that
# lies still. Here each player's loss moves with the other player.

# %%
keras.utils.set_random_seed(0)
gan = keras_gen.GAN(generator=dense(2, 2), discriminator=dense(2, 1), latent_dim=2)
gan.compile(keras.optimizers.Adam(1e-3), keras.optimizers.Adam(1e-3), steps_per_execution=20)
plot(watch(gan, 256, GAN_EPOCHS))

# %% [markdown]
# This is mode collapse: a thousand latents give nearly one point. The generator has found where the
# discriminator is most easily fooled and sends everything there; the discriminator learns to reject that place;
# both move on, round and round. The losses do not tell, since each is measured against the other:

# %%
losses = gan.evaluate(ring[:1000], verbose=0, return_dict=True)
print({name: round(value, 3) for name, value in losses.items()})

# %% [markdown]
# With $\beta_1 = 0.5$, DCGAN's value and this package's default, the same networks do better:

# %%
keras.utils.set_random_seed(0)
gan = keras_gen.GAN(generator=dense(2, 2), discriminator=dense(2, 1), latent_dim=2)
rates = [keras.optimizers.Adam(1e-3, beta_1=0.5) for _ in range(2)]
gan.compile(*rates, steps_per_execution=20)
plot(watch(gan, 256, GAN_EPOCHS))

# %% [markdown]
# ## Another distance
#
# With an optimal discriminator the GAN's generator minimises the Jensen-Shannon divergence of the two
# distributions, $\mathbb{P}_r$ of the data and $\mathbb{P}_g$ of the samples. Where they do not overlap, as
# narrow distributions hardly do, this divergence is $\log 2$ however far apart they are: it has no gradient.
# The Wasserstein distance (Arjovsky et al., 2017) is the least mean distance by which $\mathbb{P}_g$ must be
# carried to become $\mathbb{P}_r$. It shrinks steadily as the two come nearer. By Kantorovich and Rubinstein
#
# $$W(\mathbb{P}_r, \mathbb{P}_g) = \sup_{\|f\|_L \le 1} \;
# \mathbb{E}_{x \sim \mathbb{P}_r} f(x) - \mathbb{E}_{x \sim \mathbb{P}_g} f(x)$$
#
# over functions $f$ with slopes of at most 1. A network $D$, now called critic, takes the place of $f$. Two
# things follow:
#
# - **The supremum asks for a well-trained critic.** A better critic gives a better gradient, where a better
#   discriminator gave none. So the critic gets $n_\text{critic}$ updates for each of the generator's: 5.
# - **The slope must be bounded.** The first way was to clip the critic's weights. The second (Gulrajani et al.,
#   2017) adds a penalty on the gradient at points $\hat x$ between real and generated ones, whose norm an
#   optimal critic has at 1:
#
# $$L = \mathbb{E}\, D(\tilde x) - \mathbb{E}\, D(x)
# + \lambda\, \mathbb{E}_{\hat x} \big(\|\nabla_{\hat x} D(\hat x)\|_2 - 1\big)^2$$
#
# with $\tilde x$ generated, $x$ real, $\hat x = \epsilon x + (1 - \epsilon) \tilde x$, $\epsilon$ uniform in
# $[0, 1]$. $\lambda$ is 10 for images; for points in the plane 0.1 is enough.
#
# `WGANGP` splits each batch of `fit` into `n_critic` parts, so that every critic update sees fresh data: 1,280
# points are five critic batches of 256.


# %%
def make_wgan(critic_rate=1e-3, **options):
    keras.utils.set_random_seed(0)
    model = keras_gen.WGANGP(dense(2, 2), dense(2, 1), latent_dim=2, n_critic=5, **options)
    rates = [keras.optimizers.Adam(1e-3, beta_1=0.0, beta_2=0.9) for _ in range(2)]
    model.compile(*rates, steps_per_execution=20)
    return model


wgan_gp = make_wgan(penalty_weight=0.1)
plot(watch(wgan_gp, 1280, WGAN_EPOCHS))

# %% [markdown]
# The same two networks, and all eight modes. The critic's estimate of the distance is logged as
# `wasserstein_estimate`; unlike a GAN's losses it means something, and falls as the samples get better.
#
# ## Clipping, for comparison
#
# With `weight_clip` there is no penalty, and every weight is cut to $[-c, c]$ after each update.

# %%
clipped = make_wgan(weight_clip=0.1)
plot(watch(clipped, 1280, WGAN_EPOCHS // 2))

figure, axes = plt.subplots(1, 2, figsize=(6, 2))
for axis, model, title in zip(axes, (clipped, wgan_gp), ("clipped", "penalty"), strict=True):
    kernels = np.concatenate(
        [np.ravel(w) for w in model.discriminator.get_weights() if w.ndim == 2]
    )
    axis.hist(kernels, bins=41, density=True)
    axis.set_title(f"critic's weights: {title}", fontsize=8)
figure.tight_layout()
plt.show()

# %% [markdown]
# Clipping drives the weights to the two ends. Such a critic can only be a simple function: here it holds the
# samples on the ring, and hardly tells a mode from the gap beside it. How wide the limits must be depends on the
# network's depth and width; the penalty asks for the slope itself.
#
# ## Images
#
# The same on handwritten digits of 8 x 8 pixels. Both models have the same two networks, without normalisation,
# and Adam with Keras's default $\beta_1 = 0.9$ for the GAN. `recall` is the share of real test images that have
# a sample near them, in the features of a classifier: the number that falls when modes are missing.

# %%
digits = keras_gen.data.images("digits", batch_size=160, seed=0)
held_out = keras_gen.data.images("digits", split="test", batch_size=100, drop_remainder=False)


def make_networks():
    keras.utils.set_random_seed(0)
    build, options = keras_gen.networks, {"base_filters": 32, "normalization": None}
    return {
        "generator": build.dcgan_generator((8, 8, 1), latent_dim=32, base_filters=32),
        "discriminator": build.dcgan_discriminator((8, 8, 1), **options),
        "latent_dim": 32,
    }


def score(model):
    scores = keras_gen.metrics.SampleScores("classifier_digits")
    report = model.evaluate(held_out, scores=scores, verbose=0)
    found = {name.split(" (")[0]: value for name, value in report["scores"].items()}
    print(
        f"FID {found['FID']:.1f}, precision {found['precision']:.2f}, recall {found['recall']:.2f}"
    )


def show(images, columns=16):
    return Image.fromarray(pictures.enlarge(pictures.image_grid(images, columns)).squeeze())


gan = keras_gen.GAN(**make_networks())
gan.compile(keras.optimizers.Adam(5e-3), keras.optimizers.Adam(5e-3))
gan.fit(digits.unbatch().batch(32), epochs=IMAGE_EPOCHS, verbose=0)
score(gan)
show(gan.generate(64, seed=0))

# %%
wgan_gp = keras_gen.WGANGP(**make_networks(), n_critic=5, penalty_weight=10.0)
rates = [keras.optimizers.Adam(1e-3, beta_1=0.0, beta_2=0.9) for _ in range(2)]
wgan_gp.compile(*rates)
history = wgan_gp.fit(digits, epochs=4 * IMAGE_EPOCHS, verbose=0)
score(wgan_gp)
show(wgan_gp.generate(64, seed=0))

# %%
plt.figure(figsize=(5, 2.4))
plt.plot(history.history["wasserstein_estimate"])
plt.xlabel("epoch")
plt.ylabel("estimated distance")
plt.tight_layout()
plt.show()

# %% [markdown]
# The GAN with this optimizer misses many of the digits; the WGAN with gradient penalty reaches most of them with
# the same networks. The comparison is of two recipes, not of two losses: the WGAN's Adam has no momentum
# ($\beta_1 = 0$), and its critic took five updates for each of the generator's.
#
# The estimated distance rises first, while the critic learns, then falls as the generator follows. Later it creeps
# up again although the samples get better: the critic keeps finding finer differences. It compares moments of
# one training, not one training with another.
#
# ## On larger images
#
# The zoo's WGAN-GP draws garments of 28 x 28. Its critic has no batch normalisation: the penalty
# is defined for each image by itself, and `WGANGP` refuses a critic that mixes the images of a batch.

# %%
zoo = keras_gen.WGANGP.from_preset("wgan_gp_fashion_mnist")
show(zoo.generate(48, seed=0))

# %% [markdown]
# ## What to try when it fails
#
# - **Collapse in a GAN**: $\beta_1 = 0.5$ or 0; lower learning rates; an R1 penalty (`compile(r1_weight=...)`); or
#   this tutorial's model. `keras_gen.callbacks.CollapseMonitor` warns while it happens.
# - **The estimate oscillates and the samples with it**: momentum in Adam. Use $\beta_1 = 0$, $\beta_2 = 0.9$.
# - **The gradient penalty grows without end**: the critic's learning rate is too high, or `penalty_weight` too
#   small for images (10 is the paper's).
# - **Slow**: five critic updates and a second derivative cost. `n_critic=2` is often enough; on a CPU a GAN with R1
#   is cheaper.
# - **An error says that the critic has a BatchNormalization**: use `normalization="layer"` or `None`.
#
# ## Exercises
#
# 1. Put the eight modes on a grid, or make them 25. Which of the models still finds them all?
# 2. Train the ring with `n_critic=1`. What becomes of the estimate, and of the samples?
# 3. Give the collapsing GAN `r1_weight=0.1`, or the loss `"relativistic"`. Is a Wasserstein loss needed for the cure?
# 4. Set `weight_clip` to 0.01 and to 1. Plot the critic over the plane for each: `critic.predict` on a grid of points.
