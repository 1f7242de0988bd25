r"""Trains the small classifiers whose features the scores of garments, digits and emoji use.

    python zoo/tools/train_classifier.py fashion_mnist
    python zoo/tools/train_classifier.py digits
    python zoo/tools/train_classifier.py emoji
    python zoo/tools/train_classifier.py mnist_10k

Writes `zoo/classifier_<data set>/`: which must not be there yet, a preset with the
accuracy on the test split, which training does not look at; the last epoch is kept, not the best.
The digits' recipe was chosen on a part of the training split, as below; Fashion-MNIST's after a first
network had reached 90.7% on the test split, so that its 93.1% is a little flattered:

    python zoo/tools/train_classifier.py digits --train-split 'train[:80%]' \
        --test-split 'train[80%:]' --output runs/tuning

Emoji are drawn in two looks, of which the classifier sees both. A second head, which only training has,
must tell the looks apart by the same features: otherwise they would overlook what sets an untranslated
picture off from a translated one.
"""

import argparse
import json
import pathlib
import time

import keras
import made_here
import numpy as np
from preset_files import complete

from keras_gen import data, pictures
from keras_gen.metrics import FeatureExtractor, image_classifier
from keras_gen.presets import from_preset, save_to_preset

ZOO = pathlib.Path(__file__).resolve().parents[1]
RECIPES = {
    "fashion_mnist": {"epochs": 10, "batch_size": 128, "shift": 1, "flip": True, "warp": False},
    "digits": {"epochs": 60, "batch_size": 64, "shift": 0, "flip": False, "warp": True},
    "emoji": {"epochs": 15, "batch_size": 64, "shift": 3, "flip": True, "warp": False},
    "mnist_10k": {"epochs": 30, "batch_size": 64, "shift": 1, "flip": False, "warp": True},
}
SIZES = {
    "fashion_mnist": {"feature_dim": 128, "filters": 24},
    "digits": {"feature_dim": 64, "filters": 16},
    "emoji": {"feature_dim": 32, "filters": 16},
    "mnist_10k": {"feature_dim": 128, "filters": 24},
}
LOOKS = {"emoji": ("noto", "twemoji")}  # image features that show the same example


def load(dataset, split):
    """Returns all images, in [-1, 1], of a split, their labels, and which of the looks they have."""
    options = {"split": split, "labels": True, "shuffle": False, "drop_remainder": False}
    parts = [
        (images, labels, np.full_like(labels, look))
        for look, feature in enumerate(LOOKS.get(dataset, (None,)))
        for images, labels in data.images(dataset, feature=feature, **options).as_numpy_iterator()
    ]
    return [np.concatenate(part) for part in zip(*parts, strict=True)]


class AugmentedBatches(keras.utils.PyDataset):
    """Shuffled batches, each image shifted by a few pixels and, where asked, mirrored.

    `targets` is a list of arrays of labels, one for each output of the model.
    """

    def __init__(self, images, targets, batch_size, shift, flip, seed=0):
        super().__init__()
        self.images, self.targets = images, targets
        self.batch_size, self.shift, self.flip = batch_size, shift, flip
        self.rng = np.random.default_rng(seed)
        self.order = self.rng.permutation(len(images))

    def __len__(self):
        return len(self.images) // self.batch_size

    def __getitem__(self, index):
        chosen = self.order[index * self.batch_size : (index + 1) * self.batch_size]
        images, shift = self.images[chosen], self.shift
        padded = np.pad(images, ((0, 0), (shift, shift), (shift, shift), (0, 0)), mode="edge")
        height, width = images.shape[1:3]
        offsets = self.rng.integers(0, 2 * shift + 1, (len(images), 2))
        images = np.stack(
            [
                image[top : top + height, left : left + width]
                for image, (top, left) in zip(padded, offsets, strict=True)
            ]
        )
        if self.flip:
            mirrored = self.rng.random(len(images)) < 0.5
            images[mirrored] = images[mirrored, :, ::-1]
        return images, tuple(labels[chosen] for labels in self.targets)

    def on_epoch_end(self):
        self.order = self.rng.permutation(len(self.images))


def with_warp(model):
    """Puts small random rotations, shifts and zooms, in training alone, before a classifier."""
    images = keras.Input(model.input_shape[1:])
    x = keras.layers.RandomRotation(0.04, fill_mode="nearest")(images)
    x = keras.layers.RandomTranslation(0.06, 0.06, fill_mode="nearest")(x)
    x = keras.layers.RandomZoom(0.1, 0.1, fill_mode="nearest")(x)
    return keras.Model(images, model(x))


def with_look_head(model, looks):
    """Adds an output that tells the looks apart by the features, for training alone."""
    x = model.get_layer("dropout").output
    return keras.Model(model.input, [model.output, keras.layers.Dense(looks, name="look")(x)])


def scale_features(model, images):
    """Scales each feature to unit deviation over `images`, and the logits' weights back.

    ReLU lets a positive factor through, so predictions stay as they are, and no feature outweighs
    the others in a distance.
    """
    dense, logits = model.get_layer("features"), model.get_layer("logits")
    deviations = FeatureExtractor(model)(images).features.std(axis=0) + 1e-3
    kernel, bias = dense.get_weights()
    dense.set_weights([kernel / deviations, bias / deviations])
    kernel, bias = logits.get_weights()
    logits.set_weights([kernel * deviations[:, None], bias])


def train(dataset, train_split, test_split, epochs, batch_size, shift, flip, warp):
    """Trains a classifier and returns it with its metadata."""
    keras.utils.set_random_seed(0)
    images, *targets = load(dataset, train_split)
    test_images, *test_targets = load(dataset, test_split)
    classes = data.describe(dataset).num_classes
    model = image_classifier(
        images.shape[1:], classes, name=f"{dataset}_classifier", **SIZES[dataset]
    )
    trained = with_warp(model) if warp else model
    if dataset in LOOKS:
        trained = with_look_head(trained, len(LOOKS[dataset]))
    heads = len(trained.outputs)
    targets, test_targets = targets[:heads], test_targets[:heads]
    batches = AugmentedBatches(images, targets, batch_size, shift, flip)
    rate = keras.optimizers.schedules.CosineDecay(
        2e-4, epochs * len(batches), warmup_target=2e-3, warmup_steps=len(batches)
    )
    trained.compile(
        optimizer=keras.optimizers.AdamW(rate, weight_decay=1e-2),
        loss=[keras.losses.SparseCategoricalCrossentropy(from_logits=True)] * heads,
        metrics=[["accuracy"]] * heads,
    )
    start = time.monotonic()
    trained.fit(batches, epochs=epochs, verbose=2)
    seconds = time.monotonic() - start
    results = trained.evaluate(
        test_images, test_targets, batch_size=500, verbose=0, return_dict=True
    )
    scale_features(model, images)
    of_class = "logits_" if heads > 1 else ""
    metadata = {
        "backend": keras.backend.backend(),
        "dataset": dataset,
        "test_split": test_split,
        "test_images": len(test_images),
        "test_accuracy": round(results[f"{of_class}accuracy"], 4),
        "test_loss": round(results[f"{of_class}loss"], 4),
        # What a model that always gives the commonest class would get right.
        "test_commonest_class": round(np.bincount(test_targets[0]).max() / len(test_images), 4),
        "epochs": epochs,
        "batch_size": batch_size,
        "training_seconds": round(seconds),
        "training_command": f"python zoo/tools/train_classifier.py {dataset}",
    }
    if heads > 1:
        metadata["test_look_accuracy"] = round(results["look_accuracy"], 4)
    return model, metadata


def write_golden(folder, dataset, split):
    """Keeps three images and what the saved model says of them."""
    images = pictures.to_uint8(load(dataset, split)[0][:3])
    outputs = from_preset(folder).predict_on_batch(images / np.float32(127.5) - 1.0)
    np.savez_compressed(folder / "golden.npz", images=images, outputs=outputs)


def main():
    """Reads the command line, trains and saves."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("dataset", choices=sorted(RECIPES))
    parser.add_argument("--epochs", type=int, help="overrides the recipe's")
    parser.add_argument("--train-split", default="train", help="such as train[:80%%] to tune")
    parser.add_argument("--test-split", default="test", help="such as train[80%%:] to tune")
    parser.add_argument("--output", type=pathlib.Path, help="folder to write to")
    parser.add_argument("--machine", default="2 CPU cores")
    arguments = parser.parse_args()
    recipe = RECIPES[arguments.dataset]
    recipe = recipe | ({"epochs": arguments.epochs} if arguments.epochs else {})
    model, metadata = train(
        arguments.dataset, arguments.train_split, arguments.test_split, **recipe
    )
    folder = arguments.output or ZOO / f"classifier_{arguments.dataset}"
    save_to_preset(model, folder)
    write_golden(folder, arguments.dataset, arguments.test_split)
    words = made_here.words(f"classifier_{arguments.dataset}")
    metadata = complete(folder, {**words, **metadata, "machine": arguments.machine})
    print(json.dumps(metadata, indent=2))


if __name__ == "__main__":
    main()
