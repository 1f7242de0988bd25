# %% [markdown]
# # Styles: mixing garments, and finding one's own among them
#
# **You will learn** what a StyleGAN2 makes images of, and what that is good for: images that are more typical
# or more varied, the cut of one garment with the shade of another, the code of a picture that the model has
# not seen, and changes of it.
#
# **Time** about a minute of one CPU core. The weights come with the package; Fashion-MNIST is downloaded,
# 30 MB, where it is not there yet.

# %%
import numpy as np
from PIL import Image

import keras_gen
from keras_gen import pictures

# %% short={"INVERSION_STEPS": 2}
INVERSION_STEPS = 300

# %% [markdown]
# ## Codes for levels
#
# Other generators begin with their latents and are done with them after the first layer. In a StyleGAN
# (Karras et al., 2019) a *mapping* turns latents into a code of style, and each layer of the *synthesis*,
# from 4 x 4 pixels to the whole image, is told a code: the strength of its filters. The layers are the
# levels. In training most images are made by two codes, one for the coarse levels and the other from some
# level on, so that no level can rely on what another was told.
#
# The zoo's model learnt garments for an hour and a half on one CPU core, first against StyleGAN2's own
# discriminator and then, `--projected`, against one that sees by a classifier; its card has the commands.

# %%
gan = keras_gen.from_preset("stylegan2_fashion_mnist")
print(gan.levels, "levels, codes of", gan.style_dim, "numbers")
codes = gan.codes(4, seed=0)
print("codes of four images:", codes.shape)
np.testing.assert_allclose(gan.decode(codes), gan.generate(4, seed=0), atol=1e-5)


def show(images, columns=8, scale=2):
    grid = Image.fromarray(np.squeeze(pictures.image_grid(images, columns)))
    return grid.resize((scale * grid.width, scale * grid.height), Image.Resampling.NEAREST)


# %% [markdown]
# ## Typical or varied
#
# Codes near their mean make typical images, and alike ones. `truncation` moves all codes towards it. Below,
# each column has the same latents; from above, a truncation of 0.3, 0.6 and 1:

# %%
show(np.concatenate([gan.generate(16, seed=4, truncation=share) for share in (0.3, 0.6, 1.0)]), 16)

# %% [markdown]
# ## One for the cut, another for the shade
#
# `mix` takes some levels from one image and the others from another. The first row and the first column are
# images as they are. All others have the fine levels, from the middle on, of the image above them, and the
# coarse ones of the image to their left:

# %%
rows, columns = [1, 5, 9, 12], [2, 4, 6, 11, 13, 15, 18]


def mixing_sheet(levels):
    mixed = gan.mix(rows, columns, levels, truncation=0.8)
    alone = {seed: gan.generate(1, seed=seed, truncation=0.8) for seed in (*rows, *columns)}
    blank = np.ones((1, *gan.image_shape), "float32")
    lines = [np.concatenate([alone[seed], line]) for seed, line in zip(rows, mixed, strict=True)]
    return show(np.concatenate([blank, *(alone[seed] for seed in columns), *lines]))


mixing_sheet(range(gan.levels // 2, gan.levels))

# %% [markdown]
# Shades, collars and soles come from above, and what kind of garment it is from the left. And the other way,
# the coarse levels of the image above:

# %%
mixing_sheet(range(gan.levels // 2))

# %% [markdown]
# ## A picture that it has not seen
#
# `invert` looks for the codes whose image is nearest to a picture, one for each level, by going down the
# distance. These eight garments are of the test split:

# %%
garments = keras_gen.data.images(
    "fashion_mnist", split="test[:8]", image_size=gan.image_shape[:2], batch_size=8, shuffle=False
)
own = next(iter(garments.as_numpy_iterator()))
found = gan.invert(own, steps=INVERSION_STEPS)
again = gan.decode(found)
print(f"mean difference of a pixel {np.abs(own - again).mean() / 2:.3f} of the range")
show(np.concatenate([own, again]))

# %% [markdown]
# Above the pictures, below what is nearest to them. What was found can be changed as the model's own codes:
# mixed, averaged, moved. Halfway between the first and the others, in eight steps:

# %%
shares = np.linspace(0, 1, 8, dtype="float32")[:, None, None]
ways = [gan.decode(found[1] + shares * (found[other] - found[1])) for other in (0, 2, 7)]
show(np.concatenate(ways))

# %% [markdown]
# ## Directions
#
# In which directions do codes differ most? Their principal components (GANSpace, Härkönen et al., 2020) need
# no labels. Three of them, in steps of one deviation, from one garment, which is in the middle: the first leads
# from trousers to tops, the second from clothes to shoes, the third from dark to bright.

# %%
amounts = [-3, -2, -1, 0, 1, 2, 3]
directions = gan.directions(3)
edits = [gan.edit(codes[:1], direction, amounts)[0] for direction in directions]
show(np.concatenate(edits), len(amounts))
