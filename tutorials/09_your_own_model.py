# %% [markdown]
# # A model of your own: an adversarial autoencoder
#
# The models of this package stand on a core that you can use too. You say what a batch is, which networks
# are updated together, and what one training step does; `fit`, `evaluate`, mixed precision, saving, exact
# resume and the three backends come with it.
#
# **You will learn** how phases and a step describe an adversarial training; how to log a term of a loss;
# what makes a model's file complete; how a file of yours becomes a family that `keras-gen train` knows.
#
# **Time** about half a minute on two CPU cores. No GPU is needed, and nothing is downloaded.
#
# This notebook runs unchanged on TensorFlow, JAX and PyTorch: set `KERAS_BACKEND` before you start it.

# %%
import keras
import matplotlib.pyplot as plt
import numpy as np
from keras import ops
from PIL import Image

import keras_gen
from keras_gen import core, losses, modalities, pictures, recipes, tasks

keras.utils.set_random_seed(0)
print(keras.backend.backend())

# %% short={"EPOCHS": 1}
EPOCHS = 60

# %% [markdown]
# ## The idea
#
# An adversarial autoencoder (Makhzani et al., 2015) is an autoencoder whose codes are made Gaussian not by a
# KL term, as a VAE's, but by a discriminator. Three things are learnt, in each step, in this order:
#
# 1. encoder and decoder, to reconstruct: $\min \mathbb{E}_x |x - G(E(x))|$;
# 2. the discriminator, to tell drawn latents $z$ from codes $E(x)$, here by the hinge loss
#    $\mathbb{E}_z \max(0, 1 - D(z)) + \mathbb{E}_x \max(0, 1 + D(E(x)))$;
# 3. the encoder, to be taken for a drawer of latents: $\min -\mathbb{E}_x D(E(x))$.
#
# A model says four things of itself:
#
# - `takes`: what the parts of a batch are. `fit` looks at the data before the first step, and refuses what
#   is none of it.
# - `phases`: which networks are updated together, each by an optimizer of its own, and the names of the terms
#   that are logged beside the loss.
# - `step(data, update)`: what is done with a batch. `update(phase, loss)` evaluates a loss, a function
#   without arguments that gives a scalar or `(scalar, terms)`, and moves the phase's networks at once: what
#   follows sees them moved. What the step computes outside of the losses is not differentiated. When the
#   model is evaluated the same lines only measure.
# - `compile`, which hands the optimizers on.
#
# Its bases say what it is for: of what it `generate`s scores and pictures are made, of what it `encode`s
# reconstructions.


# %%
@keras.saving.register_keras_serializable(package="adversarial_autoencoder")
class AdversarialAutoencoder(tasks.Encodes, tasks.FromLatents, core.GenerativeModel):
    def __init__(self, encoder, decoder, discriminator, latent_dim, name=None):
        super().__init__(name=name)
        self.encoder = encoder
        self.decoder = decoder
        self.discriminator = discriminator
        self.latent_dim = latent_dim
        self.prior = core.Normal(latent_dim)
        self.adversarial = losses.get("hinge")
        self.built = True

    @property
    def takes(self):
        return {"image": modalities.Images(self.decoder.output_shape[1:])}

    def compile(
        self,
        autoencoder_optimizer="adam",
        discriminator_optimizer="adam",
        encoder_optimizer="adam",
        **trainer_options,
    ):
        optimizers = {
            "autoencoder": autoencoder_optimizer,
            "discriminator": discriminator_optimizer,
            "encoder": encoder_optimizer,
        }
        self.compile_phases(optimizers, **trainer_options)

    def phases(self):
        return {
            "autoencoder": core.Phase([self.encoder, self.decoder]),
            "discriminator": core.Phase([self.discriminator]),
            "encoder": core.Phase([self.encoder], ["code_size"]),
        }

    def step(self, data, update):
        images = self.take(data)
        update("autoencoder", lambda: losses.l1(images, self(images, training=update.training)))
        codes = self.encoder(images, training=update.training)
        drawn = self.prior.sample(ops.shape(codes)[0], self.seed_generator)
        update("discriminator", lambda: self.discriminator_loss(drawn, codes))
        update("encoder", lambda: self.encoder_loss(images, update.training))

    def discriminator_loss(self, drawn, codes):
        return self.adversarial.discriminator_loss(
            self.discriminator(drawn), self.discriminator(codes)
        )

    def encoder_loss(self, images, training):
        codes = self.encoder(images, training=training)
        loss = self.adversarial.generator_loss(self.discriminator(codes))
        return loss, {"code_size": ops.mean(codes**2)}

    def call(self, images, training=False):
        return self.decoder(self.encoder(images, training=training), training=training)

    def encode(self, images, batch_size=128):
        return core.predict(self.encoder, self.gives.take("`images`", images), batch_size)

    def decode(self, latents, batch_size=128):
        return core.predict(self.decoder, self.prior.draw(None, given=latents), batch_size)

    def reconstruct(self, images, batch_size=128):
        return self.decode(self.encode(images, batch_size), batch_size)

    def generate(self, n=None, seed=None, latents=None, batch_size=128):
        return self.decode(self.prior.draw(n, seed, latents), batch_size)


# %% [markdown]
# Every argument of the constructor became an attribute of its name, so that the model can be told from its
# file; `compile` takes each phase's optimizer as `<phase>_optimizer`, for the same reason; and the draw takes
# `self.seed_generator`, so that a resumed training draws on where it stopped.
#
# ## Networks and data
#
# They are plain Keras models, built before they are passed in.


# %%
def networks(shape, latent_dim, units=256):
    def dense(inputs, outputs, *ends, activation=None, before=(), width=units):
        hidden = [keras.layers.Dense(width, activation="relu") for _ in range(2)]
        last = keras.layers.Dense(outputs, activation=activation)
        return keras.Sequential([keras.Input(inputs), *before, *hidden, last, *ends])

    pixels, codes = int(np.prod(shape)), (latent_dim,)
    return (
        dense(shape, latent_dim, before=[keras.layers.Flatten()]),
        dense(codes, pixels, keras.layers.Reshape(shape), activation="tanh"),
        dense(codes, 1, width=units // 2),
    )


digits = keras_gen.data.images("digits", batch_size=64, seed=0)

model = AdversarialAutoencoder(*networks((8, 8, 1), latent_dim=2), latent_dim=2)
model.compile()
history = model.fit(digits, epochs=EPOCHS, verbose=0)
for name, values in history.history.items():
    print(f"{name}: {values[0]:.3f} -> {values[-1]:.3f}")

# %% [markdown]
# `code_size` is the mean square of the codes' coordinates: 1 for a standard Gaussian.
#
# ## What came out
#
# The codes of test images, coloured by their class, and the circles that hold 39% and 86% of a Gaussian
# (radius 1 and 2):

# %%
batches = keras_gen.data.images("digits", split="test", labels=True, drop_remainder=False)
images, labels = (np.concatenate(x) for x in zip(*batches.as_numpy_iterator(), strict=True))
codes = model.encode(images)
print("inside radius 1 and 2:", [float(np.mean((codes**2).sum(1) < r**2).round(2)) for r in (1, 2)])
plt.figure(figsize=(5, 4))
plt.scatter(*codes.T, c=labels, cmap="tab10", s=12)
for radius in (1, 2):
    plt.gca().add_patch(plt.Circle((0, 0), radius, fill=False, linestyle="--"))
plt.colorbar(label="digit")
plt.axis("equal")
plt.show()

# %% [markdown]
# Drawn latents, decoded:

# %%
Image.fromarray(pictures.enlarge(pictures.image_grid(model.generate(30, seed=0), 10)).squeeze())

# %% [markdown]
# ## Save, load, go on
#
# The file holds the three optimizers and the random state. What `fit` would do next without the detour over
# the file, it does with it (to the rounding of sums, where TensorFlow traces the step anew):

# %%
model.save("autoencoder.keras")
again = keras.saving.load_model("autoencoder.keras")
for each in (model, again):
    logs = each.fit(images, batch_size=50, epochs=1, shuffle=False, verbose=0).history
    print({name: round(values[0], 4) for name, values in logs.items()})

# %% [markdown]
# ## A family for the command line
#
# What `keras-gen train NAME` makes a model of is a recipe: a class whose fields, made by `option`, are the
# options of the command, and whose `build` makes the compiled model. The rest it inherits: `--dataset`,
# `--epochs`, `--batch-size`, `--image-size`, `--seed` and their like.


# %%
class AdversarialAutoencoderRecipe(recipes.ImageRecipe):
    """Networks of dense layers."""

    title = "Images to Gaussian codes and back, by an opponent in place of a KL term."

    latent_dim: int = recipes.option(8, "Length of a code.", min=1)
    units: int = recipes.option(
        256, "Units of a hidden layer; half of them in the discriminator.", min=2
    )
    learning_rate: float = recipes.option(1e-3, "Of all three optimizers.", min=0.0)

    def build(self, opened, updates):
        (shape,) = self.image_shapes(opened)
        model = AdversarialAutoencoder(
            *networks(shape, self.latent_dim, self.units), latent_dim=self.latent_dim
        )
        model.compile(*(keras.optimizers.Adam(self.learning_rate) for _ in model.phases()))
        return model


# %% [markdown]
# Put the class, `networks` and the recipe into a file `adversarial_autoencoder.py`, and beside it a
# `pyproject.toml` that names the recipe in the entry points' group `keras_gen.families`:
#
# ```toml
# [project]
# name = "adversarial-autoencoder"
# version = "1.0"
# description = "Adversarial autoencoders for keras-gen."
# dependencies = ["keras_gen"]
#
# [project.entry-points."keras_gen.families"]
# adversarial_autoencoder = "adversarial_autoencoder:AdversarialAutoencoderRecipe"
# ```
#
# After `pip install .` it is a family like the package's own:
#
# ```bash
# keras-gen train --help                                   # lists it
# keras-gen train adversarial_autoencoder --help           # its options
# keras-gen train adversarial_autoencoder --dataset digits --output runs/mine
# keras-gen train adversarial_autoencoder --output runs/mine --resume --epochs 200
# keras-gen generate runs/mine -n 30
# keras-gen evaluate runs/mine
# ```
#
# Files and presets may name its classes from then on, since its package is one that you installed: their
# registered names must begin with the name of the module, as `adversarial_autoencoder` does above. The whole
# file is `tests/foreign/adversarial_autoencoder.py` in the repository, whose tests run these commands, and
# the suite that the package's own models pass, over it.
#
# What the command does with a recipe, in three lines:

# %%
recipe = AdversarialAutoencoderRecipe(dataset="digits", units=64, batch_size=128)
opened = recipe.open()
small = recipe.build(opened, updates=opened.steps(recipe.batch_size))
small.fit(recipe.batches(opened), verbose=0)
print(opened.count, "images of", *opened.shapes, "in", int(small.optimizer.iterations), "steps")
print(small.generate(3, seed=0).shape)

# %% [markdown]
# ## What to try when it fails
#
# - **"must define `phases`"**: the class needs `phases` and `step`, and `compile` must end with
#   `compile_phases`.
# - **"which its `Phase` must declare"**: a loss gives a term that its phase does not name. Backends that
#   compile the step must know the names beforehand.
# - **A network does not learn**: its phase must list it, and the loss must call it. What `step` itself
#   computes is not differentiated, which is what you want for the codes that the discriminator sees.
# - **The codes leave the circles**: the discriminator is too weak, or the reconstruction's rate too high.
# - **`keras-gen train --help` does not list it**: the package must be installed into the Python that runs
#   `keras-gen`.
#
# ## Exercises
#
# 1. Let the discriminator see the label beside the code, so that each class gets a Gaussian of its own:
#    `takes` gets a second part, `modalities.Labels(10)`.
# 2. Replace the hinge loss by `losses.get("non_saturating")`. Does `code_size` come nearer to 1?
# 3. Penalise the discriminator's gradient at the drawn latents: `core.Adversary("hinge", r1_weight=1.0)` has
#    the loss and the penalty, and `core.Phase` must name the term.
