"""What people give to `fit` and `evaluate`: taken, or refused in a sentence before the first step."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_gen.callbacks import Checkpoint, CollapseMonitor
from tests.cases import CASES, build_gan, build_vae, compiled, images

BACKEND = keras.backend.backend()


def unmoved(model, before):
    """Whether a model is as it was, and can be asked for it."""
    return int(model.optimizer.iterations) == 0 and all(
        (a == b).all() for a, b in zip(before, model.get_weights(), strict=True)
    )


class Sequence(keras.utils.PyDataset):
    def __init__(self, x):
        super().__init__()
        self.x = x

    def __len__(self):
        return len(self.x) // 4

    def __getitem__(self, index):
        return (self.x[4 * index : 4 * index + 4],)


class Batches(keras.utils.PyDataset):
    def __init__(self, batches):
        super().__init__()
        self.batches = batches

    def __len__(self):
        return len(self.batches)

    def __getitem__(self, index):
        return self.batches[index]


def as_generator(x):
    return ((x[i : i + 4],) for i in range(0, len(x), 4))


FORMS = {
    "array": lambda x: x,
    "dict": lambda x: {"image": x},
    "dataset": lambda x: tf.data.Dataset.from_tensor_slices(x).batch(4),
    "sequence": Sequence,
    "generator": as_generator,
}
WRONG = {
    "floats in 0..255": (255.0 * np.abs(images(8)), r"Scale floats of 0 to 255 by `x / 127.5 - 1`"),
    "int64": ((100 * images(8)).astype("int64"), r"Received: dtype=int64"),
    "bool": (images(8) > 0, r"Received: dtype=bool"),
    "complex": (images(8).astype("complex64"), r"complex64"),
    "NaN": (np.where(images(8) > 0.7, np.nan, images(8)).astype("float32"), r"NaN or infinite"),
    "other size": (images(8, (9, 8, 1)), r"\(batch, 8, 8, 1\). Received: shape"),
    "no channels": (images(8)[..., 0], r"\(batch, 8, 8, 1\). Received: shape"),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("what", WRONG)
def test_numbers_that_are_no_images_are_refused_before_the_first_step(what, form):
    x, message = WRONG[what]
    model = build_vae()
    model.compile()
    before = model.get_weights()
    for call in (model.fit, model.evaluate):
        with pytest.raises(ValueError, match=rf"Training images must .*{message}"):
            call(FORMS[form](x), verbose=0)
    assert unmoved(model, before)


def loader(x):
    torch = pytest.importorskip("torch")
    return torch.utils.data.DataLoader(list(map(torch.from_numpy, x)), batch_size=None)


LATER = {
    "floats in 0..255": (lambda x: 127.5 * x + 127.5, r"floats in \[-1, 1\].* other values"),
    "NaN": (lambda x: np.where(x > 0.5, np.nan, x).astype("float32"), r"other values"),
    "int64": (lambda x: (100 * x).astype("int64"), r"dtype=int64"),
    "bool": (lambda x: x > 0, r"dtype=bool"),
    "complex": (lambda x: x.astype("complex64"), r"complex64"),
    "other size": (lambda x: x[:, :4], r"shape \(4, 4, 8, 1\)"),
}


@pytest.mark.parametrize(
    ("form", "what"),
    [
        *(("dataset", what) for what in ("floats in 0..255", "NaN")),
        *(("sequence", what) for what in LATER),
        *(("generator", what) for what in LATER),
        *(("loader", what) for what in LATER),
    ],
)
def test_a_later_batch_that_holds_no_images_is_refused_and_the_model_as_it_was(what, form):
    change, message = LATER[what]
    x = images(12)
    batches = [x[:4], x[4:8], change(x[8:])]
    forms = {
        "dataset": lambda: tf.data.Dataset.from_tensor_slices(np.concatenate(batches)).batch(4),
        "sequence": lambda: Batches(batches),
        "generator": lambda: iter(batches),
        "loader": lambda: loader(batches),
    }
    model = build_vae()
    model.compile()
    before = model.get_weights()
    calls = ((model.evaluate, {"steps": 3}), (model.fit, {"steps_per_epoch": 3}))
    for call, options in calls:
        with pytest.raises(ValueError, match=rf"^Training images must [^\n]*{message}[^\n]*$"):
            call(forms[form](), verbose=0, **options)
    assert unmoved(model, before)


@pytest.mark.parametrize("form", ["dataset", "sequence"])
@pytest.mark.parametrize("label", [3, -1, 2**32])
def test_a_label_of_a_later_batch_that_is_no_class_is_refused(label, form):
    x, y = images(8), np.array([0, 1, 2, 0, 1, 2, label, 0])
    model = compiled(CASES["conditional_gan"])
    before = model.get_weights()
    data = {
        "dataset": tf.data.Dataset.from_tensor_slices((x, y)).batch(4),
        "sequence": Batches([(x[:4], y[:4]), (x[4:], y[4:])]),
    }
    with pytest.raises(ValueError, match=r"^Labels must be integers in \[0, 3\)\. Received: "):
        model.fit(data[form], verbose=0)
    assert unmoved(model, before)


@pytest.mark.slow
def test_validation_data_that_hold_no_images_are_refused_and_the_model_as_it_was():
    x = images(8)
    wrong = tf.data.Dataset.from_tensor_slices(np.concatenate([x, 255.0 * x])).batch(8)
    right = tf.data.Dataset.from_tensor_slices(x).batch(8)
    model = build_vae()
    model.compile()
    before = model.get_weights()
    for training, validation in ((right, wrong), (wrong, right)):
        with pytest.raises(ValueError, match=r"^Training images must be floats in \[-1, 1\]"):
            model.fit(training, validation_data=validation, verbose=0)
        assert unmoved(model, before)


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (None, r"`x` must be arrays, or a stream .*Received: x=None"),
        (5.0, r"Received: x=5\.0"),
        ("pictures/of/cats", r"Received: x='pictures/of/cats'"),
        ({0.0, 1.0}, r"Received: set"),
        (lambda: None, r"Received: function"),
        (iter(()), r"`x` must hold at least one batch. Received: tuple_iterator"),
        ([], r"Received: 0 inputs"),
    ],
    ids=["none", "number", "path", "set", "function", "empty iterator", "empty list"],
)
def test_what_holds_no_data_is_refused_by_name(x, message):
    model = build_vae()
    model.compile()
    with pytest.raises(ValueError, match=message):
        model.fit(x, verbose=0)


def test_an_empty_sequence_is_refused_by_name():
    model = build_vae()
    model.compile()
    with pytest.raises(ValueError, match=r"`x` must hold at least one batch. Received: Batches"):
        model.fit(Batches([]), verbose=0)


@pytest.mark.parametrize("form", ["arrays", "sequence"])
def test_arrays_of_the_other_byte_order_are_taken(form):
    x, y = images(4), np.array([0, 1, 2, 0])
    swapped = [a.astype(a.dtype.newbyteorder()) for a in (x, y)]
    data = swapped if form == "arrays" else [Batches([tuple(swapped)])]
    model = compiled(CASES["conditional_gan"])
    scores = model.evaluate(*data, verbose=0)
    assert np.isfinite(scores).all()


def test_fewer_labels_than_images_are_refused_by_name():
    model = compiled(CASES["conditional_gan"])
    x, y = images(8), np.zeros(8, "int32")
    for data in ((x, y[:7]), (Batches([(x, y[:7])]),), (Batches([(x, y), (x, y[:7])]),)):
        with pytest.raises(ValueError, match=r"as many examples .*8 of 'image', 7 of 'label'$"):
            model.fit(*data, verbose=0)


def test_images_of_keras_s_own_folder_reader_are_refused_with_the_scale(tmp_path):
    from PIL import Image

    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        for number in range(4):
            values = np.random.default_rng(number).integers(0, 256, (8, 8, 1), "uint8")
            Image.fromarray(values[..., 0]).save(tmp_path / name / f"{number}.png")
    x = keras.utils.image_dataset_from_directory(
        tmp_path, image_size=(8, 8), color_mode="grayscale", batch_size=4, verbose=False
    )
    model = compiled(CASES["gan"])
    with pytest.raises(ValueError, match=r"Scale floats of 0 to 255 by `x / 127.5 - 1`"):
        model.fit(x, verbose=0)


@pytest.mark.parametrize("form", ["array", "dataset"])
def test_floats_from_0_to_1_are_warned_of(form):
    model = compiled(CASES["gan"])
    x = 0.5 * (images(8) + 1.0)
    with pytest.warns(UserWarning, match=r"no value below 0.*\[0, 1\] by `2 \* x - 1`"):
        model.fit(FORMS[form](x), verbose=0)


@pytest.mark.parametrize(
    "labels",
    [
        [1, 2, 3, 1],
        [-1, 0, 1, 2],
        [0.5, 0.0, 1.0, 2.0],
        [np.nan, 0.0, 1.0, 2.0],
        [0, 1, 2, 2**40 + 1],
        ["cat", "dog", "cat", "cow"],
        [True, False, True, True],
        [1j, 0.0, 1.0, 2.0],
    ],
    ids=str,
)
def test_labels_that_are_no_classes_are_refused_before_the_first_step(labels):
    model = compiled(CASES["conditional_gan"])
    before = model.get_weights()
    x, y = images(4), np.array(labels)
    for data in ((x, y), (tf.data.Dataset.from_tensor_slices((x, y)).batch(4),)):
        with pytest.raises(ValueError, match=r"Labels must be integers in \[0, 3\). Received: "):
            model.fit(*data, verbose=0)
    assert unmoved(model, before)


def test_weights_beside_the_data_are_refused():
    model = compiled(CASES["conditional_gan"])
    x, y, w = images(4), np.zeros(4, "int32"), np.ones(4)
    with pytest.raises(ValueError, match=r"no sample weights"):
        model.fit(tf.data.Dataset.from_tensor_slices((x, y, w)).batch(4), verbose=0)
    with pytest.raises(ValueError, match=r"`class_weight` is not taken"):
        model.fit(x, y, class_weight={0: 1.0, 1: 2.0, 2: 1.0}, verbose=0)
    with pytest.raises(ValueError, match=r"`sample_weight` is not taken"):
        model.evaluate(x, y, sample_weight=w, verbose=0)


def test_a_generator_loses_no_batch_to_the_first_look():
    seen = []

    def batches():
        for number in range(3):
            seen.append(number)
            yield (images(4, seed=number),)

    model = compiled(CASES["gan"])
    model.fit(batches(), steps_per_epoch=3, verbose=0)
    assert seen == [0, 1, 2]
    assert int(model.optimizer.iterations) == 3


def test_nan_ends_a_training_with_the_weights_of_before(tmp_path):
    model = build_gan()
    rate = keras.optimizers.SGD(1e-3)
    model.compile(rate, keras.optimizers.SGD(1e-3))
    seen = []

    class Ruin(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 2:
                seen.extend(model.get_weights())
                model.optimizer["generator"].learning_rate = float("nan")
                model.optimizer["discriminator"].learning_rate = float("nan")

    path = tmp_path / "model.keras"
    kept = Checkpoint(path)
    measured = CollapseMonitor(n=4)
    with pytest.warns(UserWarning, match=r"diverged in epoch 3.*weights of before that epoch"):
        history = model.fit(
            images(8), batch_size=4, epochs=9, verbose=0, callbacks=[Ruin(), kept, measured]
        )
    assert len(history.epoch) == 3
    # What was written, and measured, in that epoch was what had been put back.
    for before, now in zip(seen, keras.saving.load_model(path).get_weights(), strict=True):
        np.testing.assert_array_equal(now, before)
    assert np.isfinite(history.history["sample_diversity"]).all()
    for before, now in zip(seen, model.get_weights(), strict=True):
        np.testing.assert_array_equal(now, before)
    assert int(model.optimizer.iterations) == 4
