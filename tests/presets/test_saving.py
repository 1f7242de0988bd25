import json

import h5py
import keras
import numpy as np
import pytest

import keras_gen
from keras_gen.presets import files
from tests.cases import CASES, build_cycle_gan, build_gan, compiled, images, latents


def arrays_of(path):
    found = {}
    with h5py.File(path) as file:
        file.visititems(
            lambda n, item: found.update({n: item[()]}) if hasattr(item, "shape") else None
        )
    return found


def test_metadata_say_what_is_in_the_folder(preset):
    metadata = json.loads((preset / files.METADATA).read_text())
    assert metadata["class_name"] == "GAN"
    assert metadata["keras_gen_version"] == keras_gen.__version__
    assert metadata["keras_version"] == keras.__version__
    assert metadata["parameter_count"] == build_gan().count_params()
    assert metadata["files"] == {
        name: files.describe_file(preset / name) for name in (files.CONFIG, files.WEIGHTS)
    }


def test_further_metadata_are_kept(tmp_path):
    build_gan().save_to_preset(tmp_path / "preset", metadata={"description": "Zeros."})
    assert json.loads((tmp_path / "preset" / files.METADATA).read_text())["description"] == "Zeros."


def test_optimizers_and_compile_arguments_are_left_out(tmp_path):
    model = compiled(CASES["gan"])
    model.fit(CASES["gan"].data(4), batch_size=4, verbose=0)
    model.save_to_preset(tmp_path / "preset")
    config = (tmp_path / "preset" / files.CONFIG).read_text()
    assert "compile_config" not in json.loads(config)
    assert "optimizers" not in config and "learning_rate" not in config
    names = arrays_of(tmp_path / "preset" / files.WEIGHTS)
    assert names and not any("optimizer" in name for name in names)


def test_image_pools_are_saved_empty(tmp_path):
    model = build_cycle_gan()
    model.pool_a(images(2, (8, 8, 3)))
    model.save_to_preset(tmp_path / "preset")
    loaded = keras_gen.CycleGAN.from_preset(tmp_path / "preset")
    assert int(model.pool_a.count) == 2 and int(loaded.pool_a.count) == 0


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("gan", "DiffAugment"),
        ("gan", "AdaptiveAugment"),
        ("cycle_gan", "DiffAugment"),
        ("semi_supervised_vae", "DiffAugment"),
    ],
)
def test_an_augmentation_of_the_training_is_left_out(name, kind, tmp_path):
    case = CASES[name]
    model = compiled(case, augmentation=getattr(keras_gen.layers, kind)("translation"))
    model.fit(case.data(4), batch_size=4, verbose=0)
    model.save_to_preset(tmp_path / "preset")
    loaded = keras_gen.from_preset(tmp_path / "preset")
    metadata = json.loads((tmp_path / "preset" / files.METADATA).read_text())
    assert metadata["parameter_count"] == loaded.count_params() == case.build().count_params()
    np.testing.assert_allclose(case.outputs(loaded), case.outputs(model), rtol=1e-4, atol=1e-5)


def test_float16_halves_what_it_does_not_harm(tmp_path):
    model = build_gan()
    dense = model.generator.layers[1]
    kernel = np.full(dense.kernel.shape, 0.5, "float32")
    kernel[0, 0] = 1e6  # more than float16 can hold
    dense.kernel.assign(kernel)
    before = model.generate(latents=latents())
    model.save_to_preset(tmp_path / "half", weights_dtype="float16")
    kinds = {str(array.dtype) for array in arrays_of(tmp_path / "half" / files.WEIGHTS).values()}
    assert {"float16", "float32"} <= kinds
    loaded = keras_gen.GAN.from_preset(tmp_path / "half")
    assert {str(weight.dtype) for weight in loaded.trainable_weights} == {"float32"}
    np.testing.assert_allclose(loaded.generate(latents=latents()), before, atol=1 / 255)


@pytest.mark.parametrize(("bits", "furthest"), [(9, 2**-10), (5, 2**-6), (1, 2**-2)])
def test_kernels_are_rounded_to_the_bits_that_are_kept(bits, furthest, tmp_path):
    model = build_gan()
    model.save_to_preset(tmp_path / "whole", weights_dtype="float16")
    model.save_to_preset(tmp_path / "few", weights_dtype="float16", mantissa_bits=bits)
    whole, few = (arrays_of(tmp_path / name / files.WEIGHTS) for name in ("whole", "few"))
    kernels = [
        name for name, values in whole.items() if values.dtype == "float16" and values.ndim > 1
    ]
    assert kernels
    for name, values in whole.items():
        if name in kernels:
            # Half of the last bit that is kept; of what float16 holds with fewer than all, of the least.
            change = np.abs(few[name].astype("float64") - values)
            assert np.all(change <= furthest * np.abs(values) + 2**-15 * furthest)
            assert not np.any(few[name].view("uint16") & (1 << 10 - bits) - 1)
        elif values.dtype.kind == "f":
            np.testing.assert_array_equal(few[name], values)
    keras_gen.GAN.from_preset(tmp_path / "few")


def test_the_largest_number_is_not_rounded_up_to_infinity(tmp_path):
    model = build_gan()
    dense = model.generator.layers[1]
    dense.kernel.assign(np.full(dense.kernel.shape, 65504.0, "float32"))
    model.save_to_preset(tmp_path / "few", weights_dtype="float16", mantissa_bits=3)
    loaded = keras_gen.GAN.from_preset(tmp_path / "few")
    np.testing.assert_array_equal(loaded.generator.layers[1].kernel, dense.kernel)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"mantissa_bits": 0}, "from 1 to 10.*mantissa_bits=0"),
        ({"mantissa_bits": 11}, "from 1 to 10.*mantissa_bits=11"),
        ({"mantissa_bits": 5.0}, "integer.*mantissa_bits=5.0"),
        ({"mantissa_bits": True}, "integer.*mantissa_bits=True"),
        ({"mantissa_bits": 5, "weights_dtype": "float32"}, "weights_dtype='float32'"),
    ],
)
def test_bits_that_are_none_are_refused(options, said, tmp_path):
    with pytest.raises(ValueError, match=said):
        build_gan().save_to_preset(tmp_path / "preset", **{"weights_dtype": "float16"} | options)


def test_nothing_is_written_over(tmp_path):
    (tmp_path / "preset").mkdir()
    (tmp_path / "preset" / "thesis.txt").write_text("mine")
    with pytest.raises(ValueError, match=r"new or empty.*preset"):
        build_gan().save_to_preset(tmp_path / "preset")
    assert [path.name for path in (tmp_path / "preset").iterdir()] == ["thesis.txt"]


@pytest.mark.parametrize("address", ["hf://someone/gan", "kaggle://someone/gan/keras/base"])
def test_an_address_is_no_folder(address, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match="on this machine"):
        build_gan().save_to_preset(address)
    assert list(tmp_path.iterdir()) == []


def test_a_failure_leaves_no_folder(tmp_path):
    with pytest.raises(ValueError, match="JSON compliant"):
        build_gan().save_to_preset(tmp_path / "preset", metadata={"score": float("nan")})
    assert list(tmp_path.iterdir()) == []


def test_refuses_an_unknown_type_of_weights(tmp_path):
    with pytest.raises(ValueError, match="weights_dtype='int8'"):
        build_gan().save_to_preset(tmp_path / "preset", weights_dtype="int8")
