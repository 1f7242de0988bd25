# %% [markdown]
# # Your own pictures: a GAN from a folder of few
#
# **You will learn** what one command makes of a folder of some hundred pictures; what augmentation is for,
# and a judge that has learnt to see; to begin with the zoo's weights, and to keep the best of a training;
# what larger pictures cost.
#
# **Time** about forty minutes of one CPU core, most of it one training. No GPU is needed. The pictures,
# Microsoft's Fluent Emoji (MIT licence), come with the package; put a folder of your own in their place.

# %%
import pathlib
import subprocess
import sys

import keras
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from PIL import Image

import keras_gen
from keras_gen import pictures

# %% short={"STEPS": 2, "STEPS_OF_EACH": 2, "SIZES": [64]}
STEPS = 1200
STEPS_OF_EACH = 20
SIZES = [64, 128]

# %% [markdown]
# ## A folder
#
# All that is needed is a folder of pictures, PNG or JPEG, of any sizes. This one is written for the
# occasion: the smileys among the emoji and what is sorted with them, 151 faces, hearts, cats and speech
# bubbles.

# %%
data = keras_gen.data.images(
    "fluent_emoji", classes=["Smileys & Emotion"], shuffle=False, drop_remainder=False
)
faces = np.concatenate(list(data.as_numpy_iterator()))
folder = pathlib.Path("faces")
folder.mkdir()
for number, pixels in enumerate(pictures.to_uint8(faces)):
    Image.fromarray(pixels).save(folder / f"{number:03d}.png")
print(len(faces), "pictures")


def show(images, columns=8):
    return Image.fromarray(pictures.image_grid(images, columns))


show(faces[:: len(faces) // 8][:8])

# %% [markdown]
# ## What is seen of few pictures
#
# A discriminator that sees 151 pictures again and again knows them by heart after some hundred steps. Then
# it can tell a generated picture by its not being one of them, and what it says is of no use to the
# generator. So neither sees pictures as they are: real and generated ones pass through the same random
# changes, in both phases, and gradients go through them (DiffAugment, Zhao et al., 2020). The generator
# need not draw the changes, since it is not asked for them:

# %%
augment = keras_gen.layers.DiffAugment("color,translation,cutout", seed=0)
seen = np.stack([np.asarray(augment(np.repeat(face[None], 8, axis=0))) for face in faces[:2]])
show(np.clip(seen.reshape(-1, *faces.shape[1:]), -1, 1))

# %% [markdown]
# With `layers.AdaptiveAugment` the share of pictures that are changed is no number of yours: it grows while
# the discriminator scores nearly all real pictures above zero, and falls again (ADA, Karras et al., 2020).
# The command below takes it by itself where its loss allows for it.
#
# The second thing is a discriminator that need not learn to see. Projected GAN (Sauer et al., 2021) judges
# pictures by the maps of a classifier that was trained on a million photographs, and learns only what it
# makes of those; the gradient goes through the classifier to the generator.
#
# ## One command
#
# `keras-gen train gan` is DCGAN's recipe of 2015. With `--projected` it is what was said above: that judge,
# that augmentation, FastGAN's generator, small batches. `--keep-best` scores samples by KID, the kernel
# distance of their features from those of the pictures, again and again as the model learns, and keeps the
# best one as `best.keras`. Here are a few of its steps, to see that all is in order:


# %%
def command(*words):
    """A line in a terminal, and the last lines of what it prints."""
    whole = [sys.executable, "-m", "keras_gen", *map(str, words)]
    done = subprocess.run(whole, capture_output=True, text=True)
    assert not done.returncode, done.stderr
    return "\n".join(done.stdout.strip().splitlines()[-2:])


FOLDER = ["--dataset", "faces", "--image-size", 64]
print(command("train", "gan", "--projected", *FOLDER, "--steps", 5, "--output", "first"))

# %% [markdown]
# From new weights it takes an hour, `--minutes 60`, until its pictures can be looked at. The zoo has what
# came of some hours, first over all 2,650 emoji and then over 1,526 people and hands:

# %%
people = keras_gen.from_preset("gan_fluent_people")
show(people.generate(16, seed=0))

# %% [markdown]
# In an hour from new weights over those people, in a folder like this one, `--projected` came to a KID of
# 0.034 and DCGAN's recipe to 0.256.
#
# ## To begin with the zoo's weights
#
# Who draws heads and hands knows most of what a smiley is made of: round shapes, shading, a white ground.
# `--from-preset` takes the weights of the generator, and the discriminator begins anew. So minutes do:

# %%
BEGIN = ["--from-preset", "gan_fluent_people"]
options = [*FOLDER, "--steps", STEPS, *BEGIN, "--keep-best", "--output", "from_the_zoo"]
print(command("train", "gan", "--projected", *options))
model = keras.saving.load_model("from_the_zoo/best.keras")
show(np.concatenate([people.generate(16, seed=2)[:8], model.generate(16, seed=2)]))

# %% [markdown]
# Above what the zoo's model makes of eight latents, below it what the new one makes of the same, and of
# eight more.
#
# ## What the numbers say
#
# The score as the training went on, by the pictures it learnt from: so few are too few to hold some back.
# It is as coarse as they are few, and by the same classifier that judged, which flatters: look at the
# pictures as well.

# %%
course = pd.read_csv("from_the_zoo/history.csv")
plt.figure(figsize=(5, 2.5))
plt.plot(course["seconds"].cumsum() / 60, course["kernel_distance"])
plt.xlabel("minutes")
plt.ylabel("KID")
plt.show()

# %% [markdown]
# `best.keras` is the model at its least KID, `model.keras` the last one. The same training goes on with
# `--minutes 60 --resume --output from_the_zoo`.
#
# The training left an `interpolation.gif`, in which pictures become others. `walk` makes such ways, of as
# many steps as one likes; here from one picture to a second, and back to the first:

# %%
walk = model.walk(1, stops=2, steps=8, seed=3)
show(walk.reshape(-1, *walk.shape[2:]))

# %% [markdown]
# ## 128 pixels and more
#
# `--image-size 128` is all that is to be said for larger pictures; FastGAN's network gets another stage.
# What it costs, measured over so many steps:

# %%
for size in SIZES:
    settings = [*FOLDER[:2], "--image-size", size, "--steps", STEPS_OF_EACH]
    command("train", "gan", "--projected", *settings, "--output", f"at_{size}")
    seconds = pd.read_csv(f"at_{size}/history.csv")["seconds"].sum()
    print(f"{size} pixels: {seconds / STEPS_OF_EACH:.2f} s a step, compilation included")

# %% [markdown]
# The other way is to learn at 64 pixels, and to enlarge: the zoo has a model that draws emoji four times as
# large.

# %%
upscaler = keras_gen.from_preset("super_resolution_fluent_x4_adversarial")
small = model.generate(4, seed=0)
large = upscaler.translate(small)
print(small.shape, "to", large.shape)
show(large, 4).reduce(2)
