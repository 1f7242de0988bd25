# %% [markdown]
# # Quickstart: a GAN on handwritten digits
#
# You will train a generative adversarial network, look at what it draws, keep it in a file, and go on
# from there. Nothing is downloaded: the 1,797 digits of 8 x 8 pixels come with scikit-learn.
#
# **You will learn** how the data, the two networks and `fit` go together; what the two losses say; how
# to draw the same samples again; how to save and load.
#
# **Time** less than a minute on two CPU cores. No GPU is needed.

# %%
import keras
from PIL import Image

import keras_gen
from keras_gen import pictures
from keras_gen.evaluation import evaluate

keras.utils.set_random_seed(0)

# %% short={"EPOCHS": 1}
EPOCHS = 100

# %% [markdown]
# ## The data
#
# A pipeline gives batches of images: float32 of shape `(batch, height, width, channels)`, with values
# from -1 (black) to 1 (white). The name can be that of any image data set of TensorFlow Datasets, or a
# folder of pictures of your own.

# %%
digits = keras_gen.data.images("digits", batch_size=32, seed=0)
real = next(iter(digits.as_numpy_iterator()))
print(real.shape, real.min(), real.max())
Image.fromarray(pictures.enlarge(pictures.image_grid(real, 8)).squeeze())

# %% [markdown]
# ## The two networks
#
# The generator $G$ maps a vector of Gaussian noise, the latent $z$, to an image $G(z)$. The discriminator
# $D$ maps an image to one number, a logit: high where it takes the image for a real one. They play
#
# $$\min_G \max_D \; \mathbb{E}_x \log \sigma(D(x)) + \mathbb{E}_z \log(1 - \sigma(D(G(z))))$$
#
# where $\sigma$ is the logistic function (Goodfellow et al., 2014). In the *non-saturating* form, which is
# the default here, the generator maximises $\log \sigma(D(G(z)))$ instead: the game is the same, and the
# gradient does not vanish while the generator is still bad.
#
# `ema_decay` keeps a moving average of the generator's weights. Samples come from the average, which is
# steadier than the weights of any one step.

# %%
gan = keras_gen.GAN(
    generator=keras_gen.networks.dcgan_generator((8, 8, 1), latent_dim=32, base_filters=64),
    discriminator=keras_gen.networks.dcgan_discriminator((8, 8, 1), base_filters=64),
    latent_dim=32,
    ema_decay=0.99,
)
gan.compile(
    generator_optimizer=keras.optimizers.Adam(1e-3, beta_1=0.5),
    discriminator_optimizer=keras.optimizers.Adam(5e-4, beta_1=0.5),
    share_forward=True,
)

# %% [markdown]
# ## Training
#
# It is a `keras.Model`: `fit` takes callbacks, a `tf.data.Dataset` or an array. One step updates the
# discriminator, then the generator.

# %%
history = gan.fit(digits, epochs=EPOCHS, verbose=0)
for name in ("discriminator_loss", "generator_loss"):
    values = history.history[name]
    print(f"{name}: {values[0]:.2f} in the first epoch, {values[-1]:.2f} in the last")

# %% [markdown]
# Losses of a GAN do not fall as a classifier's do: each network is measured against the other. The
# discriminator's is $2 \log 2 \approx 1.39$ where it can't tell the two kinds apart, and near 0 where it
# always can. In between, where both stay for long, is where training works.
#
# So look at the pictures, always from the same latents:

# %%
samples = gan.generate(32, seed=0)
Image.fromarray(pictures.enlarge(pictures.image_grid(samples, 8)).squeeze())

# %% [markdown]
# ## How good is it?
#
# The eye is easily pleased. A score compares many samples with real images that were not trained on, in
# the features of a classifier: the Fréchet distance (FID) is 0 for equal distributions. What other real
# images score is the floor that no generator should be expected to pass. Recall is the share of the real
# images that have a sample near them: it falls where the generator draws only a few kinds.

# %%
report = evaluate(gan, "digits")
for name, score in report["scores"].items():
    if name.startswith(("FID", "recall")):
        print(f"{name}: {score:.2f}, floor {report['floor'][name]:.2f}")
print(report["counts"])

# %% [markdown]
# ## Keep it
#
# A `.keras` file holds everything: networks, average, both optimizers and the state of the random
# numbers. `fit` after loading goes on as if it had never stopped.

# %%
gan.save("digits.keras")
again = keras.saving.load_model("digits.keras")
print(abs(again.generate(4, seed=0) - samples[:4]).max())

# %% [markdown]
# The zoo has a GAN that was trained on the same digits for longer. It loads by name, offline:

# %%
trained = keras_gen.GAN.from_preset("gan_digits")
Image.fromarray(pictures.enlarge(pictures.image_grid(trained.generate(32, seed=0), 8)).squeeze())

# %% [markdown]
# ## What to try when it fails
#
# - **All samples look alike** (collapse): lower the generator's learning rate, or turn to `WGANGP`.
#   `keras_gen.callbacks.CollapseMonitor` warns of it while training runs.
# - **The discriminator's loss goes to 0 and stays**: it has won, and the generator learns nothing. Lower
#   its learning rate, give it `dropout`, or punish steep discriminators with `compile(r1_weight=...)`.
# - **Samples get worse again after many epochs**: GANs do. Keep the best by a score, with
#   `keras_gen.callbacks.EvaluateSamples` and Keras's `ModelCheckpoint`.
#
# ## Exercises
#
# 1. Train with `ema_decay=None` and compare the pictures and the scores.
# 2. Try `loss="hinge"` and `loss="relativistic"` in `compile`. Which losses can you compare with each
#    other, and which only by their samples?
# 3. Give `keras_gen.data.images` a folder of pictures of your own, with `image_size=32`. What must change
#    in the networks?
