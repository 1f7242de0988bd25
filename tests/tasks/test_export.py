"""Exported files give what the model's own methods give, run by their own runtimes."""

import keras
import numpy as np
import pytest

import keras_gen
from keras_gen.backend import exporting
from tests.cases import LATENT_DIM, NUM_CLASSES, build_gan, build_vae, latents
from tests.families import CASES

BACKEND = keras.backend.backend()
FORMATS = {"tf_saved_model": "", "onnx": ".onnx", "litert": ".tflite"}
# On the other backends it is always the same process of TensorFlow's that writes: one family a format.
SOME = [("gan", "tf_saved_model"), ("cvae", "onnx"), ("table_vae", "onnx"), ("pix2pix", "litert")]
ALL = [(family, format) for family in CASES for format in FORMATS]


def run_saved_model(path, inputs):
    import tensorflow as tf

    inputs = [tf.constant(values) for values in inputs]
    loaded = tf.saved_model.load(str(path))
    outputs = loaded.serve(inputs if len(inputs) > 1 else inputs[0])
    return outputs if isinstance(outputs, (list, tuple)) else [outputs]


def run_onnx(path, inputs):
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path))
    names = [node.name for node in session.get_inputs()]
    return session.run(None, dict(zip(names, inputs, strict=True)))


def run_litert(path, inputs):
    from ai_edge_litert.interpreter import Interpreter

    runner = Interpreter(str(path)).get_signature_runner()
    names = sorted(runner.get_input_details(), key=lambda name: (name == "labels", name))
    outputs = runner(**dict(zip(names, inputs, strict=True)))
    return [outputs[name] for name in sorted(outputs)]


RUN = {"tf_saved_model": run_saved_model, "onnx": run_onnx, "litert": run_litert}


def asked_of(model, case, method):
    """Inputs of a method, and what the method gives for them."""
    labels = np.arange(4, dtype="int32") % NUM_CLASSES
    labels = [] if model.num_classes is None or method == "classify" else [labels]
    if method == "generate":
        inputs = [model.prior.draw(4, seed=1), *labels]
        options = {"labels": labels[0]} if labels else {}
        return inputs, [model.generate(latents=inputs[0], **options)]
    if method == "fill":
        inputs = [case.first(4), model.draw_masks(4, seed=0)]
        return inputs, [model.fill(*inputs)]
    if method.startswith("translate"):
        direction = model.direction(method.partition("_")[2] or None)
        part = list(case.data(4).values())[:: direction.order][0]
        return [part], [direction.translate(part)]
    inputs = [np.asarray(case.first(4), "float32"), *labels]
    outputs = getattr(model, method)(*inputs)
    return inputs, outputs if isinstance(outputs, tuple) else [outputs]


@pytest.mark.slow
@pytest.mark.parametrize(("family", "format"), ALL if BACKEND == "tensorflow" else SOME)
def test_a_file_gives_what_the_methods_give(family, format, tmp_path):
    keras.utils.set_random_seed(0)
    case = CASES[family]
    model = case.build()
    methods = list(model.exports())
    if not methods:
        with pytest.raises(ValueError, match=f"A {type(model).__name__} can't be exported"):
            model.export(tmp_path / "model")
    for method in methods if BACKEND == "tensorflow" else methods[:1]:
        inputs, wanted = asked_of(model, case, method)
        path = model.export(tmp_path / f"{method}{FORMATS[format]}", method=method)
        outputs = RUN[format](path, inputs)
        assert len(outputs) == len(wanted)
        for one, other in zip(outputs, wanted, strict=True):
            np.testing.assert_allclose(one, other, rtol=0, atol=1e-4)
            assert np.asarray(one).dtype == np.float32
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
        f"{method}{FORMATS[format]}"
        for method in (methods if BACKEND == "tensorflow" else methods[:1])
    )


@pytest.mark.slow
def test_the_average_is_exported_and_the_file_replaced(tmp_path):
    keras.utils.set_random_seed(0)
    path = tmp_path / "gan.onnx"
    path.write_text("what stood there")
    gan = build_gan(ema_decay=0.9)
    gan.ema_generator.set_weights([0.5 * w for w in gan.generator.get_weights()])
    gan.export(path)
    (images,) = run_onnx(path, [latents(2)])
    np.testing.assert_allclose(images, gan.generate(latents=latents(2)), atol=1e-4)
    assert np.abs(images - gan.generator.predict(latents(2), verbose=0)).max() > 1e-3


@pytest.mark.skipif(BACKEND != "tensorflow", reason="elsewhere by another process, as in SOME")
def test_mixed_precision_gives_float32(tmp_path):
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_float16")
    try:
        gan = build_gan()
    finally:
        keras.config.set_dtype_policy(policy)
    (images,) = run_saved_model(gan.export(tmp_path / "gan"), [latents(2)])
    assert images.dtype == "float32"
    np.testing.assert_allclose(images, gan.generate(latents=latents(2)), atol=1e-3)


REFUSED = {
    "another's suffix": (("gan.onnx", "litert"), r"`filepath` must end in '.tflite'"),
    "unknown suffix": (
        ("gan.pb", None),
        r"`filepath` must end in '.onnx' or '.tflite', or be a folder",
    ),
    "unknown format": (("gan", "caffe"), r"`format` must be one of .* Received: format='caffe'"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_can_not_be_meant_is_refused(what, tmp_path):
    (name, format), message = REFUSED[what]
    with pytest.raises(ValueError, match=message):
        build_gan().export(tmp_path / name, format)
    assert not [*tmp_path.iterdir()]


def test_an_unknown_method_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"one of 'generate', 'reconstruct', 'encode'\. Received"):
        build_vae().export(tmp_path / "vae", method="translate")


def test_a_folder_of_other_things_is_not_replaced(tmp_path):
    (tmp_path / "thesis.tex").write_text("mine")
    with pytest.raises(ValueError, match="holds something else"):
        build_gan().export(tmp_path)
    assert (tmp_path / "thesis.tex").read_text() == "mine"


def test_a_package_that_is_missing_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(exporting.NEEDS, "onnx", ("tf2onnx", "no_such_package"))
    with pytest.raises(
        ImportError, match=r"needs no_such_package: pip install 'keras_gen\[export\]'"
    ):
        build_gan().export(tmp_path / "gan.onnx")


@pytest.mark.skipif(BACKEND == "tensorflow", reason="there it is this process that writes")
def test_layers_of_the_running_script_are_told_of(tmp_path):
    class Own(keras.layers.Layer):
        def call(self, x):
            return x

    Own.__module__ = "__main__"
    generator = keras.Sequential(
        [keras.Input((LATENT_DIM,)), Own(), keras.layers.Dense(64), keras.layers.Reshape((8, 8, 1))]
    )
    gan = keras_gen.GAN(generator, keras_gen.networks.dcgan_discriminator((8, 8, 1), 4), LATENT_DIM)
    with pytest.raises(ValueError, match="put them into a module of their own"):
        gan.export(tmp_path / "gan.onnx")
