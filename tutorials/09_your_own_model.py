# %% [markdown]
# # A model of your own: an adversarial autoencoder in forty lines
#
# The models of this package stand on an engine that you can use too. You say which networks are updated
# together, by which loss, and in which order; `fit`, `evaluate`, mixed precision, saving, exact resume and
# the three backends come with it.
#
# **You will learn** how phases and schedules describe an adversarial training; how to log a term of a loss;
# what makes a model's file complete.
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
from keras_gen import engine, losses, pictures

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
# Each is a `Phase`: networks, a loss `(batch, training) -> (scalar, terms)`, and the names of the terms to
# log. `schedule` says what each phase is given, and may use what the phases before it have changed.


# %%
@keras.saving.register_keras_serializable(package="tutorial")
class AdversarialAutoencoder(engine.GenerativeModel):
    def __init__(self, encoder, decoder, discriminator, latent_dim, name=None):
        super().__init__(name=name)
        self.encoder = encoder
        self.decoder = decoder
        self.discriminator = discriminator
        self.latent_dim = latent_dim
        self.adversarial = losses.get("hinge")
        self.built = True

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
            "autoencoder": engine.Phase([self.encoder, self.decoder], self.reconstruct_loss),
            "discriminator": engine.Phase([self.discriminator], self.discriminator_loss),
            "encoder": engine.Phase([self.encoder], self.encoder_loss, ["code_size"]),
        }

    def schedule(self, data, training):
        yield "autoencoder", {"images": data}
        codes = self.encoder(data, training=training)
        drawn = keras.random.normal(ops.shape(codes), seed=self.seed_generator)
        yield "discriminator", {"drawn": drawn, "codes": codes}
        yield "encoder", {"images": data}

    def reconstruct_loss(self, batch, training):
        codes = self.encoder(batch["images"], training=training)
        return losses.l1(batch["images"], self.decoder(codes, training=training)), {}

    def discriminator_loss(self, batch, training):
        drawn, codes = (self.discriminator(batch[name]) for name in ("drawn", "codes"))
        return self.adversarial.discriminator_loss(drawn, codes), {}

    def encoder_loss(self, batch, training):
        codes = self.encoder(batch["images"], training=training)
        loss = self.adversarial.generator_loss(self.discriminator(codes))
        return loss, {"code_size": ops.mean(codes**2)}

    def call(self, images, training=False):
        return self.decoder(self.encoder(images, training=training), training=training)


# %% [markdown]
# Every argument of the constructor became an attribute of its name, so that the model can be told from its
# file; `compile` takes each phase's optimizer as `<phase>_optimizer`, for the same reason; and the draw takes
# `self.seed_generator`, so that a resumed training draws on where it stopped.
#
# ## Networks and data
#
# They are plain Keras models, built before they are passed in.


# %%
def dense(inputs, *sizes, activation=None):
    layers = [keras.layers.Dense(size, activation="relu") for size in sizes[:-1]]
    return keras.Sequential(
        [keras.Input(inputs), *layers, keras.layers.Dense(sizes[-1], activation=activation)]
    )


encoder = keras.Sequential(
    [keras.Input((8, 8, 1)), keras.layers.Flatten(), dense((64,), 256, 256, 2)]
)
decoder = keras.Sequential(
    [
        keras.Input((2,)),
        dense((2,), 256, 256, 64, activation="tanh"),
        keras.layers.Reshape((8, 8, 1)),
    ]
)
digits = keras_gen.data.images("digits", batch_size=64, seed=0)

model = AdversarialAutoencoder(encoder, decoder, dense((2,), 128, 128, 1), latent_dim=2)
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
codes = ops.convert_to_numpy(model.encoder(images))
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
latents = np.random.default_rng(0).normal(size=(30, 2)).astype("float32")
samples = ops.convert_to_numpy(model.decoder(latents))
Image.fromarray(pictures.enlarge(pictures.image_grid(samples, 10)).squeeze())

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
# ## What to try when it fails
#
# - **"must define `phases`"**: the class needs `phases` and `schedule`, and `compile` must end with
#   `compile_phases`.
# - **A loss is not logged**: name it in the phase's third argument. Backends that compile the step must know
#   the names beforehand.
# - **A network does not learn**: its phase must list it, and the loss must call it. What `schedule` itself
#   computes is not differentiated, which is what you want for the discriminator's fakes.
# - **The codes leave the circles**: the discriminator is too weak, or the reconstruction's rate too high.
#
# ## Exercises
#
# 1. Let the discriminator see the label beside the code, so that each class gets a Gaussian of its own.
# 2. Replace the hinge loss by `losses.get("non_saturating")`. Does `code_size` come nearer to 1?
# 3. Share one forward pass: let the third phase follow the first, and count the encoder's calls in a step.
