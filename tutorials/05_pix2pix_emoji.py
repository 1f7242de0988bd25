# %% [markdown]
# # Pix2Pix: translating images from pairs
#
# **You will learn** how a conditional GAN learns a translation from pairs; why it takes both a distance and a
# discriminator of patches; how to measure a translator beside simple guesses; how to train on a folder of
# your own.
#
# **Time** about three minutes on one CPU core. No GPU is needed. The data, 3,011 emoji that Microsoft drew twice
# (Fluent Emoji, MIT licence), come with the package.

# %%
import pathlib

import keras
import matplotlib.pyplot as plt
import numpy as np
from PIL import Image

import keras_gen
from keras_gen import pictures

# %% short={"EPOCHS": 1, "TRAIN": "train[:5%]", "TEST": "test[:20%]", "OWN_EPOCHS": 1}
EPOCHS = 10
TRAIN = "train[:25%]"
TEST = "test"
OWN_EPOCHS = 8

# %% [markdown]
# ## Pairs
#
# Every emoji comes twice, as a flat drawing and as a rendered solid thing. `paired` gives `(input, target)`.
# What is augmented is augmented alike in both: a pair that is mirrored on one side only is no pair.
#
# The split is by emoji: skin tones and variants of one figure lie on one side. A random split would put the
# same drawing in another tint into the test set, and every score would flatter.

# %%
train = keras_gen.data.paired(
    "fluent_emoji", "flat", "3d", split=TRAIN, image_size=64, batch_size=4, augment=["flip"]
)
test = keras_gen.data.paired(
    "fluent_emoji", "flat", "3d", split=TEST, batch_size=8, shuffle=False, drop_remainder=False
)
test_inputs, test_targets = map(np.concatenate, zip(*test.as_numpy_iterator(), strict=True))
print(f"{len(train)} batches of 4 pairs, {len(test_inputs)} test pairs")
picks = np.linspace(0, len(test_inputs) - 1, 6).astype(int)


def show(*rows):
    """One column a pair."""
    rows = [np.repeat(row, 3 // row.shape[-1], axis=-1) for row in rows]
    return Image.fromarray(pictures.image_grid(np.concatenate(rows), len(rows[0])))


show(test_inputs[picks], test_targets[picks])

# %% [markdown]
# ## The objective
#
# The generator $G$ makes an output of an input $x$; the discriminator $D$ sees the input *and* a second image,
# the target $y$ or the output (Isola et al., 2017):
#
# $$\mathcal{L}_{cGAN}(G, D) = \mathbb{E}_{x, y} \log D(x, y) + \mathbb{E}_x \log\big(1 - D(x, G(x))\big)$$
#
# $$G^* = \mathrm{arg}\, \min_G \max_D \; \mathcal{L}_{cGAN}(G, D) + \lambda\, \mathbb{E}_{x, y} \|y - G(x)\|_1, \qquad \lambda = 100$$
#
# The L1 distance alone gives the median of what could be right, which is blurred wherever the input leaves a
# choice. The adversarial term asks for something that *could* be a target, sharp in one way or the other. The
# distance fixes the layout, the discriminator the strokes.
#
# Since the layout is taken care of, $D$ need not see the whole: **PatchGAN** gives a score for each patch,
# and the loss is their mean. **U-Net** joins every layer on the way down with the one of its size on the way
# up, so that edges need not pass through the bottleneck. Here a patch has 34 pixels, half of the image's
# side.
#
# Two things are younger than the paper. Transposed convolutions leave a grid on what they draw for as long as
# training is short; resizing and then convolving (`upsampling="nearest"`) does not. And the generator that
# translates is the moving average of the trained one, which is steadier.


# %%
def make_model(input_channels=3):
    keras.utils.set_random_seed(0)
    source, target = (64, 64, input_channels), (64, 64, 3)
    model = keras_gen.Pix2Pix(
        keras_gen.networks.unet_generator(
            source, 3, base_filters=16, normalization="instance", upsampling="nearest"
        ),
        keras_gen.networks.patch_discriminator(source, target, receptive_field=34, base_filters=16),
        ema_decay=0.998,
    )
    model.compile(*(keras.optimizers.Adam(5e-4, beta_1=0.5) for _ in range(2)))
    return model


model = make_model()
history = model.fit(train, epochs=EPOCHS, verbose=0).history
show(test_inputs[picks], model.translate(test_inputs[picks]), test_targets[picks])

# %% [markdown]
# Input, output, target, of emoji that were held out. After ten passes over a quarter of the pairs light and shade
# are about where they belong; faces, fingers and other small things are blurred, and colours a little off.

# %%
figure, axes = plt.subplots(1, 2, figsize=(6.5, 2.2))
axes[0].plot(history["reconstruction_loss"], "o-")
axes[0].set_title("L1 distance, train", fontsize=9)
axes[1].plot(history["adversarial_loss"], "o-", label="generator's")
axes[1].plot(history["discriminator_loss"], "o-", label="discriminator's")
axes[1].set_title("adversarial losses", fontsize=9)
axes[1].legend(fontsize=8)
for axis in axes:
    axis.set_xlabel("epoch")
figure.tight_layout()
plt.show()

# %% [markdown]
# ## Is it better than a simple guess?
#
# A distance says little alone. Two guesses that need no learning: give back the input, or give always the mean
# of the training targets. A translator that does not beat both has learnt nothing useful. The zoo's preset
# learnt from all pairs, for longer, at 128 pixels: it gets the drawings at twice their size, and its answers are
# halved again to be compared.

# %%
zoo = keras_gen.Pix2Pix.from_preset("pix2pix_fluent_flat_to_3d")


def at_its_own_size(preset, images):
    """What a preset of 128 pixels makes of images of 64."""
    doubled = keras.ops.image.resize(images, (128, 128), interpolation="bicubic")
    outputs = preset.translate(np.clip(keras.ops.convert_to_numpy(doubled), -1.0, 1.0))
    return keras.ops.convert_to_numpy(keras.ops.image.resize(outputs, (64, 64), antialias=True))


from_zoo = at_its_own_size(zoo, test_inputs)
mean_target = np.mean([np.mean(y, axis=0) for _, y in train.as_numpy_iterator()], axis=0)
answers = {
    "copying the input": test_inputs,
    "the mean target": np.broadcast_to(mean_target, test_targets.shape),
    "trained here": model.translate(test_inputs),
    "the zoo's": from_zoo,
}
for name, outputs in answers.items():
    scores = keras_gen.losses.paired_scores(test_targets, np.ascontiguousarray(outputs))
    values = {key: float(np.mean(value)) for key, value in scores.items()}
    print(f"{name:18}", ", ".join(f"{key} {value:.3f}" for key, value in values.items()))

# %%
show(test_inputs[picks], from_zoo[picks], test_targets[picks])

# %% [markdown]
# Both translators beat both guesses in L1 and PSNR. By SSIM copying is hard to beat: a flat drawing has most of the
# edges of the rendered one. Where Microsoft chose another colour or another face for the same emoji, it is not to be
# told from the input.
#
# L1 and PSNR reward blur: an output that hedges scores better than a sharp one that guessed wrong. Look at
# both, the number and the picture.
#
# ## Your own folder
#
# Any pictures make pairs if the input can be computed from the target. Here a folder is filled with PNGs, as
# yours might be; `"edges"` draws their outlines, and the model learns to colour them in.

# %%
folder = pathlib.Path("my_pictures")
folder.mkdir(exist_ok=True)
for number, picture in enumerate(test_targets):
    pictures.save_png(folder / f"{number:04d}.png", pictures.to_uint8(picture))

own = keras_gen.data.paired(folder, "edges", image_size=64, batch_size=4, augment=["flip"])
edges, targets = next(iter(own.as_numpy_iterator()))
colouring = make_model(input_channels=edges.shape[-1])
colouring.fit(own, epochs=OWN_EPOCHS, verbose=0)
show(edges, colouring.translate(edges), targets)

# %% [markdown]
# They keep inside the lines; the colours are those of the training pictures taken together. And these *are*
# training pictures, so that this shows only that it runs. What the zoo's preset, trained for longer on other
# emoji, makes of line drawings that it has never seen:

# %%
sketches = keras_gen.data.paired(
    "fluent_emoji", "line", "3d", split=TEST, batch_size=8, shuffle=False, drop_remainder=False
)
lines, targets = map(np.concatenate, zip(*sketches.as_numpy_iterator(), strict=True))
line_picks = np.linspace(0, len(lines) - 1, 6).astype(int)
line_to_3d = keras_gen.Pix2Pix.from_preset("pix2pix_fluent_line_to_3d")
coloured = at_its_own_size(line_to_3d, lines[line_picks])
show(lines[line_picks], coloured, targets[line_picks])

# %% [markdown]
# Shapes are kept and shaded; which colour an outline had is a guess, and often the wrong one.
#
# Other layouts of files, all with the same function:
#
# ```python
# keras_gen.data.paired("maps/", side_by_side=True)  # two pictures in one file, left and right
# keras_gen.data.paired("photos/", "sketch", "photo")  # subfolders with files of the same names
# keras_gen.data.paired(("sketches/", "photos/"))  # two folders
# ```
#
# ## What to try when it fails
#
# - **Blurred outputs**: the distance rules. Lower `l1_weight`, train longer, or look whether pairs are
#   misaligned: where the target could lie a pixel to either side, blur is the best answer.
# - **The discriminator's loss is near 0**: it wins. Fewer layers or filters in it, or a lower learning rate
#   of its own.
# - **Checkerboards**: transposed convolutions make them where the stride does not divide the kernel, and short
#   training leaves them even where it does. Resize and convolve: `upsampling="nearest"`.
# - **Good in training, poor on new images**: too few pairs. `augment=["crop", "flip"]`; more dropout in the
#   U-Net.
# - **Colours drift between runs of the same image**: `translate(as_in_training=True)` keeps the paper's
#   dropout on.
#
# ## Exercises
#
# 1. Train with `l1_weight=0` and with `l1_weight=1000`. What does each do to the strokes, and to the scores?
# 2. Swap input and target. Is it easier to flatten than to shade? Which of the two has more to invent?
# 3. Turn a folder of photographs into grey pictures with a `transform` and learn to colour them.
