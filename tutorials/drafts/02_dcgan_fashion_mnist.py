# %% [markdown]
# # DCGAN on Fashion-MNIST: losses, a moving average, and keeping the best
#
# **You will learn** how to feed a data set of TensorFlow Datasets; what four adversarial losses have in common
# and where they differ; why samples are drawn from averaged weights; how to watch a training by a distance
# rather than by its losses, and to keep the best model instead of the last.
#
# **Time** about four minutes on one CPU core. No GPU is needed. TensorFlow Datasets downloads Fashion-MNIST
# (30 MB) when it is first asked for.

# %%
import keras
import matplotlib.pyplot as plt
import numpy as np
from PIL import Image

import keras_gen
from keras_gen import pictures

# %% short={"EPOCHS": 2, "EPOCHS_EACH": 1, "SAMPLES": 60}
EPOCHS = 8  # Of the main training.
EPOCHS_EACH = 4  # Of each loss that is compared.
SAMPLES = 1000  # Generated images that a score looks at.

# %% [markdown]
# ## A pipeline
#
# `images` takes the name of a data set, a folder or arrays. A split can be sliced as TensorFlow Datasets does:
# here a fifth of the training images, so that an epoch takes seconds. Pixels arrive as float32 in [-1, 1], the
# range of the generator's tanh; forgetting this is the commonest way to make a discriminator win at once.

# %%
train = keras_gen.data.images("fashion_mnist", split="train[:20%]", batch_size=64, seed=0)
held_out = keras_gen.data.images(
    "fashion_mnist", split="test[:20%]", batch_size=64, shuffle=False, drop_remainder=False
)
real = next(iter(train.as_numpy_iterator()))
print(f"{len(train)} batches of {real.shape}, values from {real.min()} to {real.max()}")


def show(images, columns=16):
    return Image.fromarray(pictures.enlarge(pictures.image_grid(images, columns)).squeeze())


show(real[:32])

# %% [markdown]
# ## The networks
#
# DCGAN (Radford et al., 2015) replaced pooling by strided convolutions, put batch normalisation nearly
# everywhere, and used ReLU in the generator, leaky ReLU in the discriminator. The generator's first layer
# makes a map of 7 x 7 and two transposed convolutions double it to 28 x 28. `base_filters` sets the width; 16
# is narrow, for the time's sake.


# %%
def make_gan(loss, ema_decay=0.99):
    keras.utils.set_random_seed(0)
    gan = keras_gen.GAN(
        generator=keras_gen.networks.dcgan_generator((28, 28, 1), latent_dim=64, base_filters=16),
        discriminator=keras_gen.networks.dcgan_discriminator((28, 28, 1), base_filters=16),
        latent_dim=64,
        ema_decay=ema_decay,
    )
    gan.compile(
        keras.optimizers.Adam(1e-3, beta_1=0.5),
        keras.optimizers.Adam(5e-4, beta_1=0.5),
        loss=loss,
        share_forward=True,
    )
    return gan


gan = make_gan("non_saturating")
print(f"generator {gan.generator.count_params():,} parameters", end=", ")
print(f"discriminator {gan.discriminator.count_params():,}")

# %% [markdown]
# ## Four losses
#
# Write $r = D(x)$ for the logit of a real image and $f = D(G(z))$ for that of a generated one, and
# $\mathrm{sp}(t) = \log(1 + e^t)$. Each loss says how far to push the two apart:
#
# | loss | discriminator minimises | generator minimises |
# |---|---|---|
# | non-saturating (Goodfellow et al., 2014) | $\mathrm{sp}(-r) + \mathrm{sp}(f)$ | $\mathrm{sp}(-f)$ |
# | least squares (Mao et al., 2016) | $(r - 1)^2 + f^2$ | $(f - 1)^2$ |
# | hinge (Lim & Ye, 2017) | $\max(0, 1 - r) + \max(0, 1 + f)$ | $-f$ |
# | relativistic (Jolicoeur-Martineau, 2018) | $\mathrm{sp}(f - r)$ | $\mathrm{sp}(r - f)$ |
#
# They differ in what they do with images that are already well judged. The hinge ignores them; least squares
# pulls logits back to their target; the relativistic loss looks only at differences, so that the discriminator
# must rank a real image above a generated one rather than give each a label.
#
# The same networks, the same start, the same number of steps:

# %%
grid = np.linspace(-3.0, 3.0, 61, dtype="float32")
plt.figure(figsize=(4.5, 2.6))
for name in ("non_saturating", "least_squares", "hinge"):
    loss = keras_gen.losses.get(name)
    values = [float(loss.generator_loss(np.array([[f]], "float32"))) for f in grid]
    plt.plot(grid, values, label=name)
plt.xlabel("$f$, the logit of a generated image")
plt.ylabel("generator's loss")
plt.legend(fontsize=8)
plt.tight_layout()
plt.show()

# %%
extractor = keras_gen.metrics.get_feature_extractor("classifier_fashion_mnist")
test_images = np.concatenate(list(held_out.as_numpy_iterator()))


def score(images):
    scores = keras_gen.metrics.evaluate_samples(test_images, images, extractor)["scores"]
    return {name.split(" (")[0]: value for name, value in scores.items()}


def line(found):
    return ", ".join(f"{name} {found[name]:.2f}" for name in ("KID", "FID", "precision", "recall"))


rows = []
for loss in ("non_saturating", "least_squares", "hinge", "relativistic"):
    model = make_gan(loss)
    history = model.fit(train, epochs=EPOCHS_EACH, verbose=0).history
    samples = model.generate(SAMPLES, seed=0)
    ends = " / ".join(f"{history[f'{n}_loss'][-1]:.2f}" for n in ("discriminator", "generator"))
    print(f"{loss:16} losses {ends}; {line(score(samples))}")
    rows.append(samples[:16])
show(np.concatenate(rows))

# %% [markdown]
# One row a loss, every column from the same latent. The losses' own values can't be compared with each other:
# they are on different scales, and each is measured against another opponent. The distances can.
#
# One run each, from one seed, of a few hundred steps, does not rank the losses. It shows that none of them is
# the secret: all four train with the same settings.
#
# ## Watching a distance
#
# KID (Bińkowski et al., 2018) is the squared maximum mean discrepancy of real and generated features under a
# cubic kernel:
#
# $$\mathrm{KID} = \mathbb{E}\, k(x, x') + \mathbb{E}\, k(y, y') - 2\, \mathbb{E}\, k(x, y),
# \qquad k(a, b) = \big(a^\top b / d + 1\big)^3$$
#
# Its estimate is unbiased, also from few images (and may come out slightly negative for equal
# distributions), which makes it fit for a look after every epoch. The features here are those of a small
# classifier that comes with the package.
#
# `EvaluateSamples` writes the scores into the logs. What comes after it in the list of callbacks can use them:
# `ModelCheckpoint` keeps the epoch with the least KID.

# %%
gan = make_gan("non_saturating", ema_decay=0.99)
callbacks = [
    keras_gen.callbacks.EvaluateSamples(test_images, extractor, n=SAMPLES),
    keras.callbacks.ModelCheckpoint(
        "best.keras", monitor="kernel_distance", mode="min", save_best_only=True
    ),
]
history = gan.fit(train, epochs=EPOCHS, callbacks=callbacks, verbose=0).history

figure, axes = plt.subplots(1, 2, figsize=(7, 2.4))
for name in ("discriminator_loss", "generator_loss"):
    axes[0].plot(history[name], label=name)
axes[0].legend(fontsize=8)
axes[1].plot(history["kernel_distance"], "o-")
axes[1].set_title("KID", fontsize=9)
for axis in axes:
    axis.set_xlabel("epoch")
figure.tight_layout()
plt.show()

# %% [markdown]
# The losses hardly tell the first epoch from the last. The distance does. A GAN's curve is not monotone: keep
# the best, not the last.

# %%
best = keras.saving.load_model("best.keras")
print(f"best epoch: {int(np.argmin(history['kernel_distance'])) + 1} of {EPOCHS}")
print("best:", line(score(best.generate(SAMPLES, seed=0))))
show(best.generate(64, seed=0))

# %% [markdown]
# The epoch was chosen by its distance to these very test images. For a figure to publish, choose by one set of
# real images and report on another.
#
# ## The moving average
#
# Two players that chase each other circle around the point where they would rest. An average of the generator's
# weights over the circle lies nearer to its middle:
#
# $$\bar\theta \leftarrow \bar\theta + (1 - \beta)(\theta - \bar\theta)$$
#
# with $\beta$ = `ema_decay`. `generate` uses $\bar\theta$, training goes on with $\theta$. Both are in the
# model, so they can be compared:

# %%
latents = np.random.default_rng(0).standard_normal((SAMPLES, 64), dtype="float32")
raw = gan.generator.predict(latents, batch_size=128, verbose=0)
averaged = gan.generate(latents=latents)
print("last weights:    ", line(score(raw)))
print("averaged weights:", line(score(averaged)))
show(np.concatenate([raw[:16], averaged[:16]]))

# %% [markdown]
# Above the last weights, below the average.
#
# ## Trained for longer
#
# The zoo's `gan_fashion_mnist` has the same kind of networks, three times as wide, and saw all 60,000 images
# thirty times, which took half an hour:

# %%
zoo = keras_gen.GAN.from_preset("gan_fashion_mnist")
print(line(score(zoo.generate(SAMPLES, seed=0))))
print("floor, other real images:", line(score(next(iter(train.rebatch(SAMPLES))).numpy())))
show(zoo.generate(64, seed=0))

# %% [markdown]
# ## What to try when it fails
#
# - **The discriminator wins** (its loss goes to 0, the samples stay noise): lower its learning rate, add
#   `dropout` or `r1_weight`, and look whether the images are in [-1, 1].
# - **Collapse** (rows of equal samples, recall near 0): lower both rates; try `loss="relativistic"` with
#   `r1_weight`; give the discriminator `minibatch_deviation=True`; or go on to the next tutorial.
# - **Checkerboards** (a fine, regular pattern): build the generator with `upsampling="nearest"`.
# - **The scores jump from epoch to epoch**: a smaller learning rate, or a larger `ema_decay`. 0.99 forgets in
#   about a hundred steps, which suits this short training; 0.999 suits a long one.
# - **`EvaluateSamples` takes longer than the epoch**: fewer samples (`n`), or `every=5`.
#
# ## Exercises
#
# 1. Compare the losses again from three seeds. Is the order the same?
# 2. Set `ema_decay` to 0.9 and to 0.999. Which is best after these few epochs, and why is it not the same after
#    a hundred?
# 3. Use `keras.callbacks.EarlyStopping(monitor="kernel_distance", mode="min", patience=3)`. What does the
#    patience have to do with the noise of KID?
# 4. Choose the best epoch by one half of the test images and report its KID on the other.
