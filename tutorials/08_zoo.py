# %% [markdown]
# # The zoo: load, sample, translate, fine-tune, export, share
#
# **You will learn** how to use pretrained weights by name; how to go on training them on a few images of
# your own, and whether that helps; how to export a generator to SavedModel, LiteRT and ONNX, and to check
# that the exported file gives the same images; how to pack a model for others.
#
# **Time** about four minutes on one CPU core, beside other work. No GPU is needed. The presets load offline.
# The data, the pictures of `fluent_emoji`, come with the package. Exporting needs further packages:
# `pip install -e ".[export]"`.

# %%
import pathlib

import keras
import numpy as np
from PIL import Image

import keras_gen
from keras_gen import pictures

keras.utils.set_random_seed(0)

# %% short={"STEPS": 3, "PAIRS": 20, "TEST": "test[:5%]"}
STEPS = 300
PAIRS = 100
TEST = "test[:50%]"


# %%
def show(images, columns):
    return Image.fromarray(pictures.enlarge(pictures.image_grid(images, columns)).squeeze())


# %% [markdown]
# ## What there is
#
# Every preset has a card: what it makes, what it was trained on and by which command, its scores, its limits.
# `keras-gen presets <name>` prints it.

# %%
for name, metadata in keras_gen.list_presets().items():
    print(f"{name:32} {metadata['class_name']:16} {metadata['parameter_count']:>9,} parameters")

# %% [markdown]
# ## Sample

# %%
gan = keras_gen.GAN.from_preset("gan_fashion_mnist")
show(gan.generate(40, seed=0), 20)

# %% [markdown]
# The same seed gives the same images, on every backend up to rounding. Between two latents the images change
# smoothly. The walk follows a great circle (White, 2016), with $\theta$ the angle between $z_0$ and $z_1$:
#
# $$z_t = \frac{\sin((1 - t)\,\theta)}{\sin\theta}\, z_0 + \frac{\sin(t\,\theta)}{\sin\theta}\, z_1,
# \qquad 0 \le t \le 1$$
#
# A straight line would pass nearer to the origin than samples of a Gaussian in many dimensions ever lie.

# %%
show(np.concatenate([gan.interpolate(steps=12, seed=seed) for seed in range(3)]), 12)

# %% [markdown]
# ## Translate
#
# Lines to shaded emoji, on emoji that were held out from training. Input, output, target, three times a row. The
# preset works at 128 pixels and the shipped pictures have 64, so that they are enlarged first:

# %%
line_to_3d = keras_gen.Pix2Pix.from_preset("pix2pix_fluent_line_to_3d")
pairs = keras_gen.data.paired(
    "fluent_emoji", "line", "3d", split="test", image_size=128, batch_size=9, shuffle=False
)
lines, targets = next(iter(pairs.as_numpy_iterator()))
outputs = line_to_3d.translate(lines)
triples = np.stack([np.repeat(lines, 3, axis=-1), outputs, targets], axis=1)
Image.fromarray(pictures.image_grid(triples.reshape(-1, 128, 128, 3), 9)).reduce(2)

# %% [markdown]
# Shapes and shading are right; the colours are guesses, often wrong ones, since a line does not say which colour
# it had.
#
# ## Fine-tune on little data
#
# You draw in another style and have 100 pictures of it. Here it is silver: the shaded emoji without their colours,
# which the preset `pix2pix_fluent_flat_to_3d` has never drawn. It has both networks in it, so that training can go
# on. For comparison the same networks take the same steps from fresh weights. All are measured on the test emoji
# in silver. The objective is Pix2Pix's (Isola et al., 2017), with a flat drawing $x$ and a picture $y$:
#
# $$\min_G \max_D \; \mathbb{E} \log D(x, y) + \mathbb{E} \log\big(1 - D(x, G(x))\big)
# + \lambda\, \mathbb{E} \|y - G(x)\|_1$$


# %%
def load_silver(split, **options):
    batches = keras_gen.data.paired(
        "fluent_emoji", "flat", "3d", split=split, image_size=128, batch_size=20, **options
    )
    both = zip(*batches.as_numpy_iterator(), strict=True)
    flat, shaded = map(np.concatenate, both)
    return flat, np.repeat(shaded @ np.float32([[0.299], [0.587], [0.114]]), 3, axis=-1)


inputs, answers = load_silver("train[:10%]", seed=0)
few = inputs[:PAIRS], answers[:PAIRS]
inputs, answers = load_silver(TEST, shuffle=False, drop_remainder=False)


def fine_tune(load_weights):
    keras.utils.set_random_seed(0)
    model = keras_gen.Pix2Pix.from_preset("pix2pix_fluent_flat_to_3d", load_weights=load_weights)
    model.compile(*(keras.optimizers.Adam(2e-4, beta_1=0.5) for _ in range(2)))
    batches = keras_gen.data.paired(few, image_size=128, batch_size=4, augment=["flip"])
    model.fit(batches.repeat(), steps_per_epoch=STEPS, epochs=1, verbose=0)
    return model


tuned, fresh = fine_tune(load_weights=True), fine_tune(load_weights=False)
picks = np.linspace(0, len(inputs) - 1, 6).astype(int)
preset = keras_gen.Pix2Pix.from_preset("pix2pix_fluent_flat_to_3d")
rows = [inputs[picks]]
for name, model in {"preset": preset, "fine-tuned": tuned, "from scratch": fresh}.items():
    outputs = model.translate(inputs)
    scores = keras_gen.losses.paired_scores(answers, outputs)
    print(f"{name:12}", ", ".join(f"{key} {np.mean(value):.3f}" for key, value in scores.items()))
    rows.append(outputs[picks])
Image.fromarray(pictures.image_grid(np.concatenate([*rows, answers[picks]]), 6)).reduce(2)

# %% [markdown]
# From above: flat drawings, the preset, fine-tuned, from scratch, silver.
#
# In 300 steps the fine-tuned model gives up the colours and keeps the shading, with sharp faces; it comes nearest to
# the silver figures in all three scores. From scratch the same steps give the figures, too, since a drawing tells most
# of them, but softer ones with a haze around them. This is one run of each.
#
# ## Export
#
# To run without Keras, export the model: the file takes latents and gives what `generate` gives for them, by
# the moving average of the generator where there is one. Compare each file, run by its own runtime, on the
# same latents.

# %%
latents = np.random.default_rng(0).standard_normal((8, gan.latent_dim), dtype="float32")
expected = gan.generate(latents=latents)


def compare(name, path, images):
    files = [path] if path.is_file() else [p for p in path.rglob("*") if p.is_file()]
    size = sum(file.stat().st_size for file in files) / 1e6
    difference = np.abs(np.asarray(images) - expected).max()
    print(f"{name:12} {size:5.1f} MB, largest difference {difference:.1e}")
    assert difference < 1e-4


# %% [markdown]
# **SavedModel**, for TensorFlow and TensorFlow Serving:

# %%
import tensorflow as tf

tf.get_logger().setLevel("ERROR")
gan.export("garments")
saved = tf.saved_model.load("garments")
compare("SavedModel", pathlib.Path("garments"), saved.serve(latents))

# %% [markdown]
# **LiteRT** (formerly TensorFlow Lite), for phones and small devices:

# %%
from ai_edge_litert.interpreter import Interpreter

gan.export("garments.tflite")
interpreter = Interpreter("garments.tflite")
(source,), (sink,) = interpreter.get_input_details(), interpreter.get_output_details()
interpreter.resize_tensor_input(source["index"], latents.shape)
interpreter.allocate_tensors()
interpreter.set_tensor(source["index"], latents)
interpreter.invoke()
compare("LiteRT", pathlib.Path("garments.tflite"), interpreter.get_tensor(sink["index"]))

# %% [markdown]
# **ONNX**, for ONNX Runtime, in C++, C#, Java or a browser:

# %%
import onnxruntime

gan.export("garments.onnx")
session = onnxruntime.InferenceSession("garments.onnx")
(images,) = session.run(None, {session.get_inputs()[0].name: latents})
compare("ONNX", pathlib.Path("garments.onnx"), images)
show(images, 8)

# %% [markdown]
# ## Share
#
# A preset is a folder of three files: the architecture, the weights and what there is to know.

# %%
tuned.save_to_preset(
    "my_style",
    weights_dtype="float16",
    metadata={"description": "Flat emoji to silver ones, fine-tuned on 100"},
)
for path in sorted(pathlib.Path("my_style").iterdir()):
    print(f"{path.name:18} {path.stat().st_size:>9,} bytes")
again = keras_gen.from_preset("my_style")
difference = np.abs(again.translate(inputs) - tuned.translate(inputs))
print(f"difference: mean {difference.mean():.1e}, largest {difference.max():.1e}")

# %% [markdown]
# Weights were kept as float16, which halves the file and moves the images a little; a level of grey is 2 /
# 255 = 7.8e-3. A file that is not the one that was saved is refused before anything of it is used:

# %%
weights = pathlib.Path("my_style/model.weights.h5")
original = weights.read_bytes()
weights.write_bytes(original[:-1] + bytes([original[-1] ^ 1]))
try:
    keras_gen.from_preset("my_style")
except ValueError as error:
    print(type(error).__name__, str(error).splitlines()[0][:100])
_ = weights.write_bytes(original)

# %% [markdown]
# To publish it, log in to a hub and upload the folder. **These lines are not run here**, since they need an
# account:
#
# ```python
# keras_gen.upload_preset("hf://your_name/my_style", "my_style")  # after `hf auth login`
# model = keras_gen.Pix2Pix.from_preset("hf://your_name/my_style")  # anyone, anywhere
# ```
#
# `kaggle://` addresses work the same. Say in the folder's `README.md` what the model was trained on, under
# which licence the data stand, and what it is not fit for.
#
# ## What to try when it fails
#
# - **Fine-tuned samples all look like the few images**: the discriminator has learnt them by heart. Stop
#   earlier, lower its learning rate, raise `r1_weight`, or vary the images (`augment`).
# - **Fine-tuning begins with noise**: the learning rate is too high for weights that are already good.
# - **An exported model gives other images**: a network was exported by itself, `generator` where `generate`
#   uses its average, or images were left in [-1, 1] where the program that shows them expects bytes.
# - **`from_preset` refuses a file**: it was changed after it was saved, or came through a tool that rewrites
#   line ends. Fetch it again.
#
# ## Exercises
#
# 1. Fine-tune on 20 pairs instead of 100, and on 1,000. From how many on does training from scratch catch up,
#    if it is given ten times the steps?
# 2. Export `vae_fashion_mnist` to ONNX with `method="encode"`. What are its two outputs, and which of them would
#    you keep to tell images apart?
# 3. Export with a fixed batch of 1 and time it in ONNX Runtime against `predict`.
