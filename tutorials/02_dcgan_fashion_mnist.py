# %% [markdown]
# # DCGAN on Fashion-MNIST: losses, a moving average, and keeping the best
#
# **You will learn** how to feed a data set of TensorFlow Datasets; what four adversarial losses have in common
# and where they differ; why samples are drawn from averaged weights; how to watch a training by a distance
# rather than by its losses, and to keep the best model instead of the last.
#
# **Time** about four minutes of one CPU core, measured beside other work, which made it longer by the clock. No GPU
# is needed. TensorFlow Datasets downloads Fashion-MNIST (30 MB) when it is first asked for.

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
#
# Two more sets of real images are held out: one to choose by while training runs, one to report on in the end.
# A model that was chosen by a set of images looks better on that set than it is.


# %%
def load(split):
    """All images of a split, as one array."""
    batches = keras_gen.data.images(
        "fashion_mnist", split=split, batch_size=64, shuffle=False, drop_remainder=False
    )
    return np.concatenate(list(batches.as_numpy_iterator()))


train = keras_gen.data.images("fashion_mnist", split="train[:20%]", batch_size=64, seed=0)
watched, test = load("train[80%:85%]"), load("test[:20%]")
real = next(iter(train.as_numpy_iterator()))
print(f"{len(train)} batches of {real.shape}, values from {real.min()} to {real.max()}")
print(f"{len(watched)} images to choose by, {len(test)} to report on")


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
def make_gan(loss, rate=2e-3):
    keras.utils.set_random_seed(0)
    gan = keras_gen.GAN(
        generator=keras_gen.networks.dcgan_generator((28, 28, 1), latent_dim=64, base_filters=16),
        discriminator=keras_gen.networks.dcgan_discriminator((28, 28, 1), base_filters=16),
        latent_dim=64,
        ema_decay=0.99,
    )
    gan.compile(
        keras.optimizers.Adam(rate, beta_1=0.5),
        keras.optimizers.Adam(rate, beta_1=0.5),
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
# The generator's side, as a function of $f$:

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

# %% [markdown]
# Where the discriminator is sure of a fake, at the left, the non-saturating loss and the hinge keep a slope of -1,
# and least squares pushes the harder the further off $f$ is.
#
# Now the four in training: the same networks, the same start, the same number of steps.


# %%
extractor = keras_gen.metrics.get_feature_extractor("classifier_fashion_mnist")


def measure(real, images):
    """Scores of generated images against real ones, by their short names."""
    scores = keras_gen.metrics.evaluate_samples(real, images, extractor)["scores"]
    return {name.split(" (")[0]: value for name, value in scores.items()}


def score(images):
    """What samples score against the test images, as a line of text."""
    found = measure(test, images)
    return ", ".join(f"{name} {found[name]:.2f}" for name in ("KID", "FID", "precision", "recall"))


rows = []
for loss in ("non_saturating", "least_squares", "hinge", "relativistic"):
    model = make_gan(loss)
    history = model.fit(train, epochs=EPOCHS_EACH, verbose=0).history
    samples = model.generate(SAMPLES, seed=0)
    ends = " / ".join(f"{history[f'{n}_loss'][-1]:.2f}" for n in ("discriminator", "generator"))
    print(f"{loss:16} losses {ends}; {score(samples)}")
    rows.append(samples[:16])
show(np.concatenate(rows))

# %% [markdown]
# One row a loss, every column from the same latent. The losses' own values can't be compared with each other:
# they are on different scales, and each is measured against another opponent. The distances can.
#
# After 750 steps all four draw blurred garments with a fine grid over them. The relativistic loss has the least
# distance here, and the least precision. One run each, from one seed, does not rank the losses. It shows that none of
# them is the secret: all four train with the same settings.
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
#
# ## A moving average
#
# Two players that chase each other circle around the point where they would rest. An average of the generator's
# weights over the circle lies nearer to its middle:
#
# $$\bar\theta \leftarrow \bar\theta + (1 - \beta)(\theta - \bar\theta)$$
#
# with $\beta$ = `ema_decay`. `generate` uses $\bar\theta$, training goes on with $\theta$. Both are in the
# model, so that both can be watched. The learning rate is five times that of above, and fifty times DCGAN's: large
# steps get far in few minutes, and jump.

# %%
gan = make_gan("non_saturating", rate=1e-2)
latents = np.random.default_rng(0).standard_normal((SAMPLES, 64), dtype="float32")
last_weights = []


def watch_last_weights(epoch, logs):
    images = gan.generator.predict(latents, batch_size=250, verbose=0)
    last_weights.append(measure(watched, images)["KID"])


callbacks = [
    keras_gen.callbacks.EvaluateSamples(watched, extractor, n=SAMPLES),
    keras.callbacks.ModelCheckpoint(
        "best.keras", monitor="kernel_distance", mode="min", save_best_only=True
    ),
    keras.callbacks.LambdaCallback(on_epoch_end=watch_last_weights),
]
history = gan.fit(train, epochs=EPOCHS, callbacks=callbacks, verbose=0).history

epochs = range(1, EPOCHS + 1)
figure, axes = plt.subplots(1, 2, figsize=(7, 2.4))
for name in ("discriminator_loss", "generator_loss"):
    axes[0].plot(epochs, history[name], label=name)
axes[1].plot(epochs, last_weights, "o-", color="lightgray", label="last weights")
axes[1].plot(epochs, history["kernel_distance"], "o-", label="averaged weights")
axes[1].set_title("KID", fontsize=9)
for axis in axes:
    axis.set_xlabel("epoch")
    axis.legend(fontsize=8)
figure.tight_layout()
plt.show()

# %% [markdown]
# The losses settle after a few epochs and do not say that the samples go on getting better. KID says so: it falls
# from 1.9 to below 0.7, though not in every epoch. The averaged weights are ahead of the last ones in five epochs of
# the first six, where the steps do most, and no better at the end.
#
# ## Keeping the best
#
# `best.keras` holds the whole model as it was after its best epoch, and loads like any other. Here that was the last
# one, so that both give the same scores on the test images, which chose nothing. In a training that breaks down, as
# GANs' do without warning, the file is what is left of it.

# %%
best = keras.saving.load_model("best.keras")
print(f"best epoch: {int(np.argmin(history['kernel_distance'])) + 1} of {EPOCHS}")
print("best, on the test images:", score(best.generate(latents=latents)))
print("last, on the test images:", score(gan.generate(latents=latents)))
show(best.generate(latents=latents[:64]))

# %% [markdown]
# ## Trained for longer
#
# The zoo's `gan_fashion_mnist` has networks of the same kind, wider, and saw all 60,000 images many times over; its
# card says how many, and how long that took. The floor is what other real images score, as many as there are samples:

# %%
zoo = keras_gen.GAN.from_preset("gan_fashion_mnist")
print("zoo:", score(zoo.generate(SAMPLES, seed=0)))
print("floor, other real images:", score(watched[:SAMPLES]))
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
# 4. Report the best epoch's KID on the images it was chosen by, too. By how much does the choice flatter?
