# %% [markdown]
# # CycleGAN: translating images without pairs
#
# **You will learn** how two sets of images, with no pairs between them, are enough to learn a translation;
# what the cycle and the identity losses do; why the discriminators see earlier outputs, too; how to judge a
# result for which there is no right answer.
#
# **Time** about three minutes of one CPU core. No GPU is needed. The data, 3,011 emoji that Microsoft drew twice
# (Fluent Emoji, MIT licence), come with the package.

# %%
import keras
import matplotlib.pyplot as plt
import numpy as np
from PIL import Image

import keras_gen
from keras_gen import pictures

# %% short={"EPOCHS": 1, "TRAIN": "train[:2%]", "TEST": "test[:10%]"}
EPOCHS = 7
TRAIN = "train[:10%]"
TEST = "test"

# %% [markdown]
# ## Two sets
#
# `unpaired` shuffles the two sets apart: what comes side by side has nothing to do with each other. By
# default both sets hold all emoji, as in the paper's own sets made of pairs. Here `disjoint=True` gives every
# other emoji to one set, drawn flat, and the rest to the other, rendered solid, so that no emoji is in both.

# %%
options = {"image_size": 64, "batch_size": 1, "augment": ["flip"], "disjoint": True}
train = keras_gen.data.unpaired("fluent_emoji", "flat", "3d", split=TRAIN, **options)
pairs = keras_gen.data.paired(
    "fluent_emoji", "flat", "3d", split=TEST, batch_size=8, shuffle=False, drop_remainder=False
)
flat, solid = map(np.concatenate, zip(*pairs.as_numpy_iterator(), strict=True))
picks = np.linspace(0, len(flat) - 1, 6).astype(int)


def l1(x, y):
    return np.abs(x - y).mean()


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
#
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
# ## A short training
#
# An eighth of the paper's width, three blocks in place of its six, and a tenth of the emoji.


# %%
def make_model(cycle_weight=10.0, identity_weight=5.0):
    keras.utils.set_random_seed(0)
    shape, networks = (64, 64, 3), keras_gen.networks
    model = keras_gen.CycleGAN(
        *(
            networks.resnet_generator(shape, base_filters=8, blocks=3, upsampling="nearest")
            for _ in "ab"
        ),
        *(networks.patch_discriminator(shape, base_filters=8) for _ in "ab"),
        cycle_weight=cycle_weight,
        identity_weight=identity_weight,
    )
    model.compile(*(keras.optimizers.Adam(1e-3, beta_1=0.5) for _ in range(2)))
    return model


model = make_model()
history = model.fit(train, epochs=EPOCHS, verbose=0).history
translated, restored = model.cycle(flat[picks])
show(flat[picks], translated, restored)

# %% [markdown]
# A flat drawing, its translation, and the way back, of emoji that were held out. This is a small model after a short
# training on a tenth of the data. It has learnt to keep outlines and ground, which the cycle and identity losses
# reward at once; fine lines and most colours are lost, and do not come back. Light and shade take far longer.

# %%
plt.figure(figsize=(5, 2.4))
for name in ("adversarial_loss", "cycle_loss", "identity_loss"):
    plt.plot(range(1, EPOCHS + 1), history[name], "o-", label=name)
plt.xlabel("epoch")
plt.legend(fontsize=8)
plt.tight_layout()
plt.show()

# %% [markdown]
# ## Without the cycle
#
# The same with `cycle_weight=0` and `identity_weight=0`: two GANs that are only asked to look like their set. Nothing
# tells them to keep what they were given, and they do not: of every emoji some blots are left, all in the same
# colours, on a frame that is the same each time. The way back leads nowhere.

# %%
free = make_model(cycle_weight=0.0, identity_weight=0.0)
free.fit(train, epochs=EPOCHS, verbose=0)
show(flat[picks], *free.cycle(flat[picks]))

# %% [markdown]
# ## How good is it?
#
# Two questions, and each has its own number. *Does it look like the other set?* A distance of two sets of images
# says: FID, here in the features of a classifier of photographs. *Is it still the same thing?* In a true unpaired
# task there is no answer to compare with; the cycle error says whether the input can be found again. Here the
# counterparts happen to be known, so that the L1 distance to them can be measured as well, as for Pix2Pix.
#
# Each number alone can be had for nothing. Copying the input has no cycle error. A generator that gives any
# picture of the other set, whatever it is shown, has a perfect FID.

# %%
extractor = keras_gen.metrics.get_feature_extractor("classifier_imagenet_lite0")


def fid(real, images):
    scores = keras_gen.metrics.evaluate_samples(real, images, extractor)["scores"]
    return next(value for name, value in scores.items() if name.startswith("FID"))


def resized(images, side):
    images = keras.ops.image.resize(images, (side, side), interpolation="bicubic", antialias=True)
    return np.clip(keras.ops.convert_to_numpy(images), -1.0, 1.0)


def enlarged(model):
    """What a preset of 128 pixels makes of the drawings, at 64."""
    return resized(model.translate(resized(flat, 128)), 64), None


cut = keras_gen.CUT.from_preset("cut_fluent_flat_to_3d")
pix2pix = keras_gen.Pix2Pix.from_preset("pix2pix_fluent_flat_to_3d")
answers = {"copying the input": (flat, flat)}
answers["short, with both losses"] = model.cycle(flat)
answers["short, without"] = free.cycle(flat)
answers["CUT of the zoo"] = enlarged(cut)
answers["Pix2Pix, which had pairs"] = enlarged(pix2pix)
for name, (outputs, back) in answers.items():
    print(f"{name:24} FID {fid(solid, outputs):6.2f}, L1 to the counterpart", end=" ")
    print(f"{l1(outputs, solid):.3f}, changed by {l1(outputs, flat):.3f}", end="")
    print("" if back is None else f", cycle error {l1(back, flat):.3f}")

# %% [markdown]
# With both losses outlines and some colours stay; by FID the short training is still farther from the rendered set
# than the untouched drawings are. Without them the same steps end far from both. The two losses are what makes so hard
# a game learnable in so few steps; they also hold the translation near to its input, as the column of what was changed
# shows.
#
# ## A judge that has learnt to see
#
# The zoo's CUT had no pairs either, and a quarter of an hour on one core. Three things make the difference:
#
# - Its generator gives what is *added* to the picture (`global_skip=True`): it begins as a copy, and lines and
#   colours that are right already need not be learnt.
# - What judges it looks through the layers of a classifier of photographs (`projected_discriminator`; Sauer et al.,
#   2021). A discriminator from scratch has to find out first what light and shade are, from 2,650 pictures; this one
#   sees them from the first step. The FID above looks through the same classifier, and so is kind to it: the pictures
#   are the better evidence.
# - CUT (Park et al., 2020) has no way back to learn: one generator, whose features of a place must be nearer to
#   those of the same place than to those of others.

# %%
show(flat[picks], resized(cut.translate(resized(flat[picks], 128)), 64), solid[picks])

# %% [markdown]
# In the last row are the counterparts, which it has never seen beside the drawings. Without pairs the style can be
# learnt, light, shade and rounded edges; what the other drawing of the same emoji shows cannot. Pix2Pix, which had
# pairs, comes nearer to the counterparts. Where pairs are to be had, use them. Where they are not:
#
#     keras-gen train cut --dataset fluent_emoji --input flat --target 3d --augment flip --upsampling nearest \
#         --loss hinge --projected --global-skip --ema-decay 0.995 --minutes 15
#
# `train cycle_gan` takes the same options, and learns the way back, too, in twice the time a step.
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
