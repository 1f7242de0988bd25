import numpy as np
import pytest

from keras_gen.data import Description, describe


def test_a_data_set_of_the_package(data_dir):
    assert describe("digits", data_dir=data_dir) == Description(
        "digits", (8, 8, 1), 1497, tuple("0123456789")
    )
    assert describe("digits", split="test", data_dir=data_dir).num_examples == 300


def test_a_feature_of_a_data_set(emoji_dir):
    described = describe("emoji", feature="twemoji", data_dir=emoji_dir)
    assert described.image_shape == (64, 64, 3)
    assert described.class_names[:2] == ("Smileys & Emotion", "People & Body")
    assert described.num_classes == 10


def test_a_data_set_that_is_not_prepared_is_not_downloaded(tmp_path):
    described = describe("cifar10", data_dir=tmp_path)
    assert (described.image_shape, described.num_classes) == ((32, 32, 3), 10)
    assert described.num_examples is None
    assert describe("cycle_gan/horse2zebra", data_dir=tmp_path).image_shape == (None, None, 3)


def test_a_folder_is_described_by_headers_alone(tmp_path, write_pictures):
    write_pictures(tmp_path, {"b/1.png": (5, 6, 3), "a/2.png": (5, 6)})
    whole = (tmp_path / "b" / "1.png").read_bytes()
    (tmp_path / "b" / "1.png").write_bytes(whole[:-30])  # The header is whole.
    assert describe(tmp_path) == Description(str(tmp_path), (5, 6, 3), 2, ("a", "b"))
    write_pictures(tmp_path, {"stray.png": (5, 7, 3)})
    described = describe(str(tmp_path))
    assert described.image_shape == (5, None, 3)
    assert (described.class_names, described.num_classes) == (None, None)


def test_arrays():
    images = np.zeros((4, 5, 6), "uint8")
    assert describe(images) == Description("arrays", (5, 6, 1), 4, None)
    assert describe((images, [0, 2, 1, 1])).class_names == ("0", "1", "2")


def test_descriptions_are_frozen():
    described = describe(np.zeros((4, 5, 6), "uint8"))
    with pytest.raises(AttributeError):
        described.name = "other"


def test_bad_input_is_refused(tmp_path, data_dir):
    with pytest.raises(ValueError, match="`split` must be one of"):
        describe("digits", split="none", data_dir=data_dir)
    with pytest.raises(ValueError, match="image features"):
        describe("digits", feature="none", data_dir=data_dir)
    with pytest.raises(ValueError, match="Similar names: mnist"):
        describe("mnis")
    with pytest.raises(ValueError, match="a folder with pictures"):
        describe(tmp_path)
    with pytest.raises(FileNotFoundError, match="`source` must be a folder that exists"):
        describe(tmp_path / "none")
