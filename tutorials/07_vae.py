# %% [markdown]
# # Variational autoencoders: a latent space, anomalies, missing pixels
#
# **You will learn** what the evidence lower bound (ELBO) is made of and what $\beta$ trades; how to look at
# a latent space; how to tell strange images from usual ones, and how well that works; how to fill in
# missing pixels; and what a VAE-GAN, a diffusion model and a PixelCNN make of the same two tasks.
#
# **Time** about seven minutes of one CPU core, the solar cells included; measured beside other work, which
# made it longer by the clock. No GPU is needed, and nothing is downloaded: the data are the 1,797 digits of 8 x 8
# pixels that come with scikit-learn and, if you have installed them, pictures of solar cells.

# %%
import importlib.util

import keras
import matplotlib.pyplot as plt
import numpy as np
from PIL import Image
from sklearn.metrics import roc_auc_score, roc_curve

import keras_gen
from keras_gen import pictures

# %% short={"EPOCHS": 1, "EPOCHS_HELD_OUT": 1, "EPOCHS_CELLS": 1, "HELD_OUT": [8, 9], "SEEDS": [0, 1]}
EPOCHS = 60
EPOCHS_HELD_OUT = 30
EPOCHS_CELLS = 10
HELD_OUT = [0, 1, 8, 9]
SEEDS = list(range(5))

# %%
options = {"labels": True, "shuffle": False, "drop_remainder": False}


def load(split):
    batches = keras_gen.data.images("digits", split=split, **options).as_numpy_iterator()
    images, labels = zip(*batches, strict=True)
    return np.concatenate(images), np.concatenate(labels)


def show(images, columns):
    return Image.fromarray(pictures.enlarge(pictures.image_grid(images, columns)).squeeze())


train, train_labels = load("train")
test, test_labels = load("test")
print(train.shape, test.shape)

# %% [markdown]
# ## The model
#
# A VAE (Kingma & Welling, 2013) has an encoder $q(z|x)$, a Gaussian for each image, and a decoder $p(x|z)$.
# It maximises, for each image, a lower bound of the log-likelihood:
#
# $$\log p(x) \;\ge\; \mathbb{E}_{q(z|x)} \log p(x|z) \;-\; \mathrm{KL}\big(q(z|x)\,\|\,p(z)\big)$$
#
# The first term asks for a good reconstruction, the second keeps the codes near the prior $p(z)$, a standard
# Gaussian, so that what is drawn from the prior decodes to something sensible. Both are in nats, summed
# over the pixels and the latents. With $\beta \ne 1$ the KL term is weighted (Higgins et al., 2017).


# %%
def train_vae(images, latent_dim=8, beta=1.0, seed=0, epochs=EPOCHS, filters=32):
    keras.utils.set_random_seed(seed)
    vae = keras_gen.VAE(
        encoder=keras_gen.networks.conv_encoder(images.shape[1:], latent_dim, filters),
        decoder=keras_gen.networks.conv_decoder(images.shape[1:], latent_dim, filters),
        latent_dim=latent_dim,
        beta=beta,
    )
    vae.compile(keras.optimizers.Adam(2e-3))
    vae.fit(images, batch_size=64, epochs=epochs, verbose=0)
    return vae


vae = train_vae(train)
for name, value in vae.evaluate(test, verbose=0, return_dict=True).items():
    print(f"{name}: {value:.2f}")
print(f"importance-weighted bound, k = 50: {vae.importance_weighted_bound(test, 50).mean():.2f}")

# %% [markdown]
# The importance-weighted bound (Burda et al., 2015) averages $k$ draws inside the logarithm. It is never
# below the ELBO and comes nearer to $\log p(x)$ as $k$ grows: report it beside the ELBO.
#
# Above the test images, below their reconstructions:

# %%
show(np.concatenate([test[:10], vae.reconstruct(test[:10])]), 10)

# %% [markdown]
# And what the prior draws. It is smoother than the data: the decoder answers with the mean of all images
# that a code could stand for.

# %%
show(vae.generate(30, seed=0), 10)

# %% [markdown]
# ## The latent space as a picture
#
# With two latents the space can be seen whole. Each dot is a test image at its posterior's mean, in the
# colour of its class, which the model was never told.

# %%
flat = train_vae(train, latent_dim=2)
means, _ = flat.encode(test)
plt.figure(figsize=(5, 4))
plt.scatter(*means.T, c=test_labels, cmap="tab10", s=12)
plt.colorbar(label="digit")
plt.xlabel("$z_1$")
plt.ylabel("$z_2$")
plt.show()

# %% [markdown]
# The same plane, decoded on a grid from -2 to 2:

# %%
axis = np.linspace(-2.0, 2.0, 12)
grid = np.stack(np.meshgrid(axis, axis[::-1]), axis=-1).reshape(-1, 2).astype("float32")
show(flat.decode(grid), 12)

# %% [markdown]
# ## What beta trades
#
# A small $\beta$ buys reconstruction with codes far from the prior; a large one pays with reconstruction, and
# latents go silent: *active units* counts those that still say something of the image. The ELBO, which
# is the same measure for all, is best near 1.

# %%
for beta in (0.1, 1.0, 4.0):
    model = vae if beta == 1.0 else train_vae(train, beta=beta)
    found = model.evaluate(test, verbose=0, return_dict=True)
    parts = ", ".join(
        f"{name} {found[name]:.1f}" for name in ("elbo", "reconstruction_loss", "kl_loss")
    )
    print(f"beta {beta}: {parts}, active units {len(model.active_units(test))} of 8")

# %% [markdown]
# ## Between two images
#
# A straight line between two codes, decoded:

# %%
show(vae.interpolate(test[0], test[3], steps=10), 10)

# %% [markdown]
# ## Strange images
#
# Hold one digit out of the training data: is it told from the others? The score is the negative ELBO at the
# posterior's mean (after An & Cho, 2015); beside it stands the squared error of the reconstruction. Whoever calls
# an image strange above a threshold $t$ finds a share of the strange ones, the true positive rate, and raises false
# alarms for a share of the usual ones. The curve of one against the other, over all $t$, is the receiver operating
# characteristic (ROC). The area under it (AUROC) is the chance that a strange image scores above a usual one: 0.5 is
# guessing, 1 is perfect. The test images are new to the model in both groups.

# %%
SCORES = {
    "negative ELBO": keras_gen.VAE.anomaly_scores,
    "squared error": keras_gen.VAE.reconstruction_errors,
}
found = {}  # (digit, seed): scores of all test images, by name.
for digit in HELD_OUT:
    for seed in SEEDS:
        model = train_vae(train[train_labels != digit], seed=seed, epochs=EPOCHS_HELD_OUT)
        found[digit, seed] = {name: score(model, test) for name, score in SCORES.items()}

figure, axes = plt.subplots(1, 2, figsize=(6.5, 2.8), sharey=True)
for axis, digit in zip(axes, HELD_OUT, strict=False):
    for name, scores in found[digit, SEEDS[0]].items():
        axis.plot(*roc_curve(test_labels == digit, scores)[:2], label=name)
    axis.set(title=f"{digit} held out", xlabel="false alarms")
axes[0].set_ylabel("strange images found")
axes[0].legend(fontsize=8)
figure.tight_layout()
plt.show()

# %% [markdown]
# One curve is one seed. Every digit, every seed, as mean and standard deviation over the seeds:

# %%
areas = {
    name: np.array(
        [[roc_auc_score(test_labels == d, found[d, s][name]) for s in SEEDS] for d in HELD_OUT]
    )
    for name in SCORES
}
for row, digit in enumerate(HELD_OUT):
    values = [
        f"{name} {area[row].mean():.3f} ± {area[row].std(ddof=1):.3f}"
        for name, area in areas.items()
    ]
    print(digit, ", ".join(values))
for name, area in areas.items():
    means = area.mean(axis=0)
    print(
        f"all, {name}: mean AUROC {means.mean():.3f} ± {means.std(ddof=1):.3f}, {len(SEEDS)} seeds"
    )

# %% [markdown]
# The digits differ far more than the seeds, and on average the squared error tells more than the likelihood, which
# charges grey pixels even where they are reconstructed perfectly. Neither knows what *you* call strange: a 1 is made
# of few, plain strokes, which a model of the other digits explains cheaply, while a thick usual digit costs many nats.
# By the likelihood it is found hardly better than by guessing. Always measure on examples of the anomalies that you
# mean to find.
#
# ## Solar cells
#
# The same where anomalies matter: electroluminescence pictures of 2,624 solar cells, sound and defective, which
# come with the package [elpv-dataset](https://github.com/zae-bayern/elpv-dataset) (Buerhop-Lutz et al., 2018). Under
# its licence (CC BY-NC-SA 4.0) the pictures are not for commercial use, so none is shown or kept here. This part
# runs where `pip install elpv-dataset` was run, and says so where it was not.
#
# A VAE learns from 70% of the sound cells. The others are told from the cells that the experts called defective for
# certain. A third score needs no learning: how dark the cell is.


# %%
def examine_cells(cells, probability, seed):
    """Scores of unseen sound cells and of all defective ones, by name, and which are defective."""
    sound = np.random.default_rng(seed).permutation(np.flatnonzero(probability == 0.0))
    learnt, unseen = np.split(sound, [int(0.7 * len(sound))])
    seen_never = cells[np.concatenate([unseen, np.flatnonzero(probability == 1.0)])]
    model = train_vae(cells[learnt], latent_dim=32, seed=seed, epochs=EPOCHS_CELLS, filters=16)
    scores = {name: score(model, seen_never) for name, score in SCORES.items()}
    scores["darkness"] = -seen_never.mean(axis=(1, 2, 3))
    return scores, np.arange(len(seen_never)) >= len(unseen)


if importlib.util.find_spec("elpv_dataset"):
    from elpv_dataset.utils import load_dataset

    pixels, probability, _ = load_dataset()
    small = [Image.fromarray(cell).resize((64, 64), Image.Resampling.BOX) for cell in pixels]
    cells = np.stack(small)[..., None].astype("float32") / 127.5 - 1.0
    runs = [examine_cells(cells, probability, seed) for seed in SEEDS]

    plt.figure(figsize=(3.4, 2.8))
    scores, defective = runs[0]
    for name in scores:
        plt.plot(*roc_curve(defective, scores[name])[:2], label=name)
        values = [roc_auc_score(truth, found[name]) for found, truth in runs]
        print(f"{name}: mean AUROC {np.mean(values):.3f} ± {np.std(values, ddof=1):.3f}", end=", ")
        print(f"{len(SEEDS)} seeds")
    plt.xlabel("false alarms")
    plt.ylabel("defective cells found")
    plt.legend(fontsize=8)
    plt.tight_layout()
    plt.show()
else:
    print("elpv-dataset is not installed: nothing was measured here.")

# %% [markdown]
# As it came out: the VAE finds defective cells little better than guessing, 0.64 ± 0.03 by the likelihood and
# 0.65 ± 0.07 by the squared error, and **worse than a look at how dark they are**, 0.77 ± 0.01. Ten epochs on a thousand small
# pictures are little, and seeds differ. But the score without learning is the one to beat, and without it 0.6
# might have passed for a success. A crack is thin: at 64 pixels little of it is left, and an error summed over all
# pixels hardly sees it, while the grain of sound cells costs much.
#
# ## Missing pixels
#
# Take the lower half away, start from the mean image, and let the model fill it in: encode, decode, put the
# known pixels back, and again (Rezende et al., 2014).

# %%
known = np.ones((8, 8, 1), bool)
known[4:] = False
filled = np.where(known, test, train.mean(axis=0))
start = filled
for _ in range(20):
    filled = np.where(known, test, vae.reconstruct(filled))


def error_of(guess):
    return np.mean((guess - test)[:, ~known[..., 0]] ** 2)


print(
    f"mean squared error of the mean image: {error_of(start):.3f}, of the VAE: {error_of(filled):.3f}"
)
show(np.concatenate([np.where(known, test, -1.0)[:10], filled[:10], test[:10]]), 10)

# %% [markdown]
# ## Four models side by side
#
# A VAE is not alone in this. Three others learn the same digits, in up to half a minute each:
#
# - a **VAE-GAN** (Larsen et al., 2015), whose reconstructions are compared by a discriminator's features;
# - a **diffusion model** (flow matching; Lipman et al., 2022). Its score is the error of its velocities on the way from
#   noise to the image;
# - a **PixelCNN** (van den Oord et al., 2016), which gives every pixel's distribution from those before it. Its score is
#   $-\log p(x)$, not a bound.

# %% short={"EPOCHS_OTHERS": [1, 1, 1]}
EPOCHS_OTHERS = [100, 40, 20]


# %%
def train_others(images, seed=0):
    keras.utils.set_random_seed(seed)
    networks, shape, sizes = keras_gen.networks, images.shape[1:], {"base_filters": 32}
    models = {
        "VAE-GAN": keras_gen.VAEGAN(
            networks.conv_encoder(shape, 8, normalization="batch", **sizes),
            networks.dcgan_generator(shape, 8, **sizes),
            networks.dcgan_discriminator(shape, **sizes),
            latent_dim=8,
            beta=0.1,
        ),
        "diffusion": keras_gen.Diffusion(networks.flow_unet(shape, base_filters=16)),
        "PixelCNN": keras_gen.PixelCNN(networks.pixel_cnn(shape, filters=16, blocks=3), levels=17),
    }
    for (name, model), epochs in zip(models.items(), EPOCHS_OTHERS, strict=True):
        rates = [1e-3, 1e-3, 5e-4] if name == "VAE-GAN" else [2e-3]
        model.compile(*(keras.optimizers.Adam(rate, beta_1=0.5) for rate in rates))
        model.fit(images, batch_size=64, epochs=epochs, verbose=0)
    return models


STRANGENESS = {
    "VAE": keras_gen.VAE.reconstruction_errors,
    "VAE-GAN": keras_gen.VAEGAN.reconstruction_errors,
    "diffusion": keras_gen.Diffusion.anomaly_scores,
    "PixelCNN": lambda model, images: -model.log_likelihood(images),
}
for digit in HELD_OUT[1:3]:
    usual = train[train_labels != digit]
    models = {"VAE": train_vae(usual, epochs=EPOCHS_HELD_OUT)} | train_others(usual)
    areas = {
        name: roc_auc_score(test_labels == digit, STRANGENESS[name](model, test))
        for name, model in models.items()
    }
    print(digit, ", ".join(f"{name} {area:.3f}" for name, area in areas.items()))

# %% [markdown]
# No model is best at both digits, and the exact likelihood is the most misleading: to the PixelCNN, which has never seen
# a 1, ones are *likelier* than the digits that it knows. Few strokes are easy to predict pixel by pixel, and what is
# simple is likely, seen or not (Nalisnick et al., 2018). An 8 it finds best of all. The errors of what a model makes of
# the whole image do not fall into that trap. This is one seed, and two digits.
#
# Missing pixels, once more, by models of all digits. The VAE and the VAE-GAN reconstruct again and again, as above; the
# PixelCNN draws what is hidden, pixel by pixel; the diffusion model holds what is known on its way from noise. From the
# top: what is known, then VAE, VAE-GAN, diffusion, PixelCNN, and the truth.

# %%
models = {"VAE": vae} | train_others(train)
masks = np.repeat(~known[None], len(test), axis=0)
rows = {"known": np.where(known, test, -1.0)}
for name, model in models.items():
    if hasattr(model, "fill"):
        rows[name] = model.fill(test, masks, seed=0)
    else:
        rows[name] = start
        for _ in range(20):
            rows[name] = np.where(known, test, model.reconstruct(rows[name]))
    print(f"{name}: mean squared error {error_of(rows[name]):.3f}")
rows["truth"] = test
show(np.concatenate([row[:10] for row in rows.values()]), 10)

# %% [markdown]
# By the numbers the VAE wins, by the eye it does not: it answers with the mean of all that could be there, grey where it
# does not know, which the squared error rewards. The other three commit themselves to one digit, which errs more where
# several would fit. The diffusion model's rows do not always meet the known ones. Of the PixelCNN this hole asks what it
# does best: it draws downwards, and takes nothing from below.
#
# ## What to try when it fails
#
# - **Samples are blurry**: they are means. More latents and a wider decoder help; an adversarial loss cures.
# - **The KL term falls to 0** (posterior collapse): the decoder ignores the code. Begin with a small `beta`
#   and let it grow, or weaken the decoder.
# - **Reconstructions are good and samples are not**: the codes have left the prior. Raise `beta`, or use
#   fewer latents.
# - **The ELBO is NaN**: images must lie in [-1, 1]; lower the learning rate.
#
# ## Exercises
#
# 1. Plot the ELBO on the test images against the number of latents, from 1 to 16. Where does it stop rising?
# 2. Use `likelihood="gaussian"` in `keras_gen.VAE` and compare the anomaly scores.
# 3. Hold out every second pixel instead of the lower half. Which is easier to fill in, and why?
# 4. Train on the solar cells for longer, or with `latent_dim=8`. Does the VAE come to beat the darkness? Does the error
#    in the worst pixels tell more than their mean?
# 5. Fill in the *upper* half by all four. What does the PixelCNN do now, and do the diffusion model's rows meet better
#    with `fill(..., steps=100)`?
# 6. Load `keras_gen.VAE.from_preset("vae_fashion_mnist")` and score digits, resized to 28 x 28, among garments.
