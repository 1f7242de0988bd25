# %% [markdown]
# # CycleGAN: translating images without pairs
#
# **You will learn** how two sets of images, with no pairs between them, are enough to learn a translation;
# what the cycle and the identity losses do; why the discriminators see earlier outputs, too; how to judge a
# result for which there is no right answer.
#
# **Time** about four minutes on one CPU core. No GPU is needed. The data are 3,786 emoji drawn by two vendors,
# `emoji`: `keras_gen.data.images("emoji")` says how to fetch the two archives.

# %%
import keras
import matplotlib.pyplot as plt
import numpy as np
from PIL import Image

import keras_gen
from keras_gen import pictures

# %% short={"EPOCHS": 1, "TRAIN": "train[:10%]"}
EPOCHS = 6
TRAIN = "train[:10%]"

# %% [markdown]
# ## Two sets
#
# `unpaired` shuffles the two sets apart: what comes side by side has nothing to do with each other. By
# default both sets hold all emoji, as in the paper's own sets made of pairs. Here `disjoint=True` gives every
# other emoji to one set and the rest to the other, so that no emoji is in both.

# %%
options = {"image_size": 64, "batch_size": 1, "augment": ["flip"], "disjoint": True}
train = keras_gen.data.unpaired("emoji", "noto", "twemoji", split=TRAIN, **options)
pairs = keras_gen.data.paired(
    "emoji", "noto", "twemoji", split="test", batch_size=8, shuffle=False, drop_remainder=False
)
noto, twemoji = map(np.concatenate, zip(*pairs.as_numpy_iterator(), strict=True))
picks = np.linspace(0, len(noto) - 1, 6).astype(int)


def show(*rows):
    """One column an emoji."""
    return Image.fromarray(pictures.image_grid(np.concatenate(rows), len(rows[0])))


examples = [batch for batch, _ in zip(train.as_numpy_iterator(), range(8), strict=False)]
a, b = map(np.concatenate, zip(*examples, strict=True))
show(a, b)

# %% [markdown]
# ## The losses
#
# Two generators, $G: A \to B$ and $F: B \to A$, and two discriminators, $D_A$ and $D_B$ (Zhu et al., 2017).
# Each discriminator asks whether an image belongs to its set; with the least-squares loss the generators
# minimise
#
# $$\mathcal{L}_{GAN} = \mathbb{E}_a (D_B(G(a)) - 1)^2 + \mathbb{E}_b (D_A(F(b)) - 1)^2$$
#
# That alone says only that $G(a)$ should look like *some* member of $B$: the same one for all $a$ would do. The
# **cycle loss** asks that the way back be found, so that $G(a)$ must tell which $a$ it came from:
#
# $$\mathcal{L}_{cyc} = \mathbb{E}_a \|F(G(a)) - a\|_1 + \mathbb{E}_b \|G(F(b)) - b\|_1$$
#
# The **identity loss** says that what is in $B$ already should pass through $G$ unchanged. It keeps colours:
# without it nothing forbids $G$ to swap red and blue and $F$ to swap them back.
#
# $$\mathcal{L}_{id} = \mathbb{E}_b \|G(b) - b\|_1 + \mathbb{E}_a \|F(a) - a\|_1$$
#
# The whole is $\mathcal{L}_{GAN} + \lambda\, \mathcal{L}_{cyc} + \frac{\lambda}{2} \mathcal{L}_{id}$ with
# $\lambda = 10$; both generators are updated jointly, since each cycle goes through both.


# %%
def make_model(cycle_weight=10.0, identity_weight=5.0):
    keras.utils.set_random_seed(0)
    shape, networks = (64, 64, 3), keras_gen.networks
    model = keras_gen.CycleGAN(
        *(networks.resnet_generator(shape, base_filters=8, blocks=3) for _ in "ab"),
        *(networks.patch_discriminator(shape, base_filters=8) for _ in "ab"),
        cycle_weight=cycle_weight,
        identity_weight=identity_weight,
    )
    model.compile(*(keras.optimizers.Adam(1e-3, beta_1=0.5) for _ in range(2)))
    return model


model = make_model()
history = model.fit(train, epochs=EPOCHS, verbose=0).history
translated, restored = model.cycle(noto[picks])
show(noto[picks], translated, restored)

# %% [markdown]
# Noto, its translation, and the way back, of emoji that were held out. This is a small model after a short
# training on a tenth of the data. It has learnt to keep what it is given, which the cycle and identity losses
# reward at once; the other style takes far longer.

# %%
plt.figure(figsize=(5, 2.4))
for name in ("adversarial_loss", "cycle_loss", "identity_loss"):
    plt.plot(history[name], "o-", label=name)
plt.xlabel("epoch")
plt.legend(fontsize=8)
plt.tight_layout()
plt.show()

# %% [markdown]
# ## Without the cycle
#
# The same with `cycle_weight=0` and `identity_weight=0`: two GANs that are only asked to look like their set.

# %%
free = make_model(cycle_weight=0.0, identity_weight=0.0)
free.fit(train, epochs=EPOCHS, verbose=0)
show(noto[picks], *free.cycle(noto[picks]))
for name, trained in (("with cycle and identity", model), ("without", free)):
    back = trained.cycle(noto)[1]
    print(f"{name:24} mean |F(G(a)) - a| = {np.abs(back - noto).mean():.3f}")

# %% [markdown]
# ## The image pool
#
# A discriminator that sees only the newest outputs forgets what it learnt of earlier ones, and generators can
# go round in circles. So each discriminator is shown, half of the time, an output out of a pool of the last
# 50 in place of the newest, which then takes its place in the pool. The pool is part of the model: it is
# saved with it.

# %%
pool = keras_gen.layers.ImagePool(4)
for value in range(8):
    image = np.full((1, 1, 1, 1), float(value), "float32")
    print(
        value, "->", int(keras.ops.convert_to_numpy(pool(image, training=True)).item()), end="   "
    )

# %% [markdown]
# While the pool of four fills, each image passes through. After that some old ones come out.
#
# ## Trained for longer
#
# The zoo's preset has twice the filters, six blocks, and saw all training emoji five times. Noto to Twemoji,
# with the true counterparts below:

# %%
zoo = keras_gen.CycleGAN.from_preset("cyclegan_emoji_noto_twemoji")
to_twemoji = zoo.translate(noto)
show(noto[picks], to_twemoji[picks], twemoji[picks])

# %% [markdown]
# And Twemoji to Noto:

# %%
to_noto = zoo.translate(twemoji, direction="ba")
show(twemoji[picks], to_noto[picks], noto[picks])

# %% [markdown]
# ## How good is it?
#
# Here the counterparts happen to be known, so the distance to them can be measured, as for Pix2Pix. In a true
# unpaired task it cannot. A small cycle error is **no** sign of a good translation: the identity has none at
# all.


# %%
def l1(x, y):
    return np.abs(x - y).mean()


print(
    f"Noto to Twemoji: L1 {l1(to_twemoji, twemoji):.3f}, copying the input {l1(noto, twemoji):.3f}"
)
print(f"Twemoji to Noto: L1 {l1(to_noto, noto):.3f}, copying the input {l1(twemoji, noto):.3f}")
print(f"changed by the translation: {l1(to_twemoji, noto):.3f} and {l1(to_noto, twemoji):.3f}")
back = zoo.translate(to_twemoji, direction="ba")
print(f"cycle error: {l1(back, noto):.3f}")

pix2pix = keras_gen.Pix2Pix.from_preset("pix2pix_emoji_noto_to_twemoji")
print(f"Pix2Pix, which had pairs: L1 {l1(pix2pix.translate(noto), twemoji):.3f}")

# %% [markdown]
# Without pairs the style can be learnt, shades and outlines; which figure the other vendor drew for the same
# meaning cannot. Where pairs are to be had, use them.
#
# ## What to try when it fails
#
# - **The output is the input**: the cycle and identity losses rule. Lower both weights, or drop the identity
#   loss after a few epochs; train longer.
# - **Colours are inverted or swapped**: raise `identity_weight`, or begin again from another seed.
# - **Small dots or patterns that carry the input**: the generators hide in the output what they need for the
#   way back. Lower `cycle_weight`.
# - **All outputs look alike**: collapse. Raise `cycle_weight`; lower the learning rate.
# - **Shapes do not change**: CycleGAN is good at texture and colour, poor at geometry. This is a known limit.
#
# ## Exercises
#
# 1. Train with the identity loss but without the cycle loss, and the other way round. Which does more here?
# 2. Set `pool_size=0`. Do the losses swing more?
# 3. Give `unpaired` two folders of your own: `keras_gen.data.unpaired(("horses/", "zebras/"), image_size=64)`.
