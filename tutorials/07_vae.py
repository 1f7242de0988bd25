# %% [markdown]
# # Variational autoencoders: a latent space, anomalies, missing pixels
#
# **You will learn** what the evidence lower bound (ELBO) is made of and what $\beta$ trades; how to look at
# a latent space; how to tell strange images from usual ones, and how well that works; how to fill in
# missing pixels.
#
# **Time** about four minutes on two CPU cores. No GPU is needed, and nothing is downloaded: the data are
# the 1,797 digits of 8 x 8 pixels that come with scikit-learn.

# %%
import keras
import matplotlib.pyplot as plt
import numpy as np
from PIL import Image
from sklearn.metrics import roc_auc_score

import keras_gen
from keras_gen import pictures

# %% short={"EPOCHS": 1, "HELD_OUT": [8, 9], "SEEDS": [0, 1]}
EPOCHS = 60
HELD_OUT = list(range(10))
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
def train_vae(images, latent_dim=8, beta=1.0, seed=0):
    keras.utils.set_random_seed(seed)
    vae = keras_gen.VAE(
        encoder=keras_gen.networks.conv_encoder((8, 8, 1), latent_dim, base_filters=32),
        decoder=keras_gen.networks.conv_decoder((8, 8, 1), latent_dim, base_filters=32),
        latent_dim=latent_dim,
        beta=beta,
    )
    vae.compile(keras.optimizers.Adam(2e-3))
    vae.fit(images, batch_size=64, epochs=EPOCHS, verbose=0)
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
# posterior's mean (after An & Cho, 2015). The area under the ROC curve (AUROC) is the chance that a held-out
# digit scores above a usual one: 0.5 is guessing, 1 is perfect. The test images are new to the model in
# both groups.


# %%
def score_held_out(digit, seed):
    model = train_vae(train[train_labels != digit], seed=seed)
    strange = test_labels == digit
    return {
        "negative ELBO": roc_auc_score(strange, model.anomaly_scores(test)),
        "squared error": roc_auc_score(strange, model.reconstruction_errors(test)),
    }


by_digit = {digit: score_held_out(digit, seed=digit) for digit in HELD_OUT}
for digit, scores in by_digit.items():
    print(digit, ", ".join(f"{name} {value:.2f}" for name, value in scores.items()))
for name in ("negative ELBO", "squared error"):
    values = [scores[name] for scores in by_digit.values()]
    print(f"{name}: mean AUROC {np.mean(values):.3f} over {len(values)} digits", end="")
    print(f", standard deviation {np.std(values, ddof=1):.3f}")

# %% [markdown]
# How much of that is the luck of a seed? The same digit, trained anew:

# %%
values = [score_held_out(HELD_OUT[0], seed)["negative ELBO"] for seed in SEEDS]
print(f"held-out {HELD_OUT[0]}: mean AUROC {np.mean(values):.3f} over {len(values)} seeds", end="")
print(f", standard deviation {np.std(values, ddof=1):.3f}")

# %% [markdown]
# The digits differ far more than the seeds, and on average the squared error tells more than the likelihood,
# which charges grey pixels even where they are reconstructed perfectly. Neither knows what *you* call strange:
# a 1 is made of few, plain strokes, which a model of the other digits explains cheaply, while a thick usual
# digit costs many nats. Always measure on examples of the anomalies that you mean to find.
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
# 4. Load `keras_gen.VAE.from_preset("vae_fashion_mnist")` and score digits, resized to 28 x 28, among garments.
