import keras
import numpy as np
import pytest

import keras_gen
from keras_gen import losses, presets
from keras_gen.metrics import FeatureExtractor, PerceptualDistance


@pytest.fixture(scope="module")
def maps():
    """A network whose maps can be told by hand: the pixels, and their means over 2 x 2."""
    images = keras.Input((4, 4, 3))
    first = keras.layers.Identity(name="pixels")(images)
    second = keras.layers.AveragePooling2D(2, name="means")(first)
    return keras.Model(images, keras.layers.GlobalAveragePooling2D()(second))


def test_by_hand(maps):
    distance = PerceptualDistance(FeatureExtractor(maps), layers=("pixels", "means"))
    red, blue = np.zeros((2, 4, 4, 3), "float32"), np.zeros((2, 4, 4, 3), "float32")
    red[..., 0] = 0.5
    blue[..., 2] = 1.0
    # Two vectors of length 1 at a right angle: 2, whatever the layer.
    assert float(distance(red, blue)) == pytest.approx(2.0, abs=1e-4)
    assert float(distance(red, 2 * red)) == pytest.approx(0.0, abs=1e-4)  # of one direction
    opposite = red.copy()
    opposite[:, :2] *= -1  # in half of the places: 4 there
    assert float(distance(red, opposite)) == pytest.approx(2.0, abs=1e-4)
    with_pixels = PerceptualDistance(FeatureExtractor(maps), ("means",), pixel_weight=3.0)
    wanted = 2.0 + 3.0 * float(losses.l1(red, blue))
    assert float(with_pixels(red, blue)) == pytest.approx(wanted, abs=1e-4)


def test_images_of_other_sizes_and_grey_ones(maps):
    distance = PerceptualDistance(FeatureExtractor(maps), layers=("pixels",))
    grey = np.full((1, 6, 10, 1), 0.5, "float32")
    assert float(distance(grey, grey)) == 0.0
    assert float(distance(grey, -grey)) == pytest.approx(4.0, abs=1e-4)


def test_its_gradient_draws_images_near():
    distance = PerceptualDistance("classifier_imagenet_lite0", layers=("stage_1",))
    rng = np.random.default_rng(0)
    targets = rng.uniform(-1, 1, (1, 32, 32, 3)).astype("float32")
    distance.build()
    shown = _Shown(targets.shape)
    model = keras.Sequential([keras.Input((1,)), shown])
    start = keras.ops.convert_to_numpy(distance(targets, shown.image)).item()
    model.compile(keras.optimizers.Adam(0.1), loss=lambda _, image: distance(targets, image))
    model.fit(np.zeros((1, 1)), np.zeros((1, 1)), epochs=10, verbose=0)
    end = keras.ops.convert_to_numpy(distance(targets, shown.image)).item()
    assert end < 0.7 * start


class _Shown(keras.layers.Layer):
    """Gives an image that it learns, whatever comes."""

    def __init__(self, shape):
        super().__init__()
        self.image = self.add_weight(shape=shape, initializer="zeros")

    def call(self, inputs):
        return self.image + 0.0 * keras.ops.sum(inputs)


@pytest.mark.slow
def test_a_model_that_learns_by_it_is_kept_whole(tmp_path):
    distance = PerceptualDistance(layers=("stage_1", "stage_2"), pixel_weight=10.0)
    model = keras_gen.Pix2Pix(
        keras_gen.networks.unet_generator((32, 32, 3), 3, base_filters=2),
        keras_gen.networks.patch_discriminator((32, 32, 3), (32, 32, 3), base_filters=2),
        reconstruction=distance,
    )
    model.compile()
    images = np.random.default_rng(0).uniform(-1, 1, (4, 32, 32, 3)).astype("float32")
    model.fit(images, -images, batch_size=2, verbose=0)
    names = {weight.path for weight in model.weights}
    assert not any("stage" in name for name in names)  # of the classifier nothing is kept
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert loaded.reconstruction.get_config() == distance.get_config()
    options = {"batch_size": 2, "shuffle": False, "verbose": 0}
    again = [each.fit(images, -images, **options).history for each in (model, loaded)]
    for name, (value,) in again[0].items():
        assert again[1][name][0] == pytest.approx(value, rel=1e-5)
    model.save_to_preset(tmp_path / "preset")
    np.testing.assert_array_equal(
        presets.from_preset(tmp_path / "preset").translate(images), model.translate(images)
    )


def test_wrong_arguments(maps):
    with pytest.raises(ValueError, match=r"`layers` must be names.*Received: layers=\(\)"):
        PerceptualDistance(layers=())
    with pytest.raises(ValueError, match=r"`pixel_weight`.*Received: pixel_weight=-1"):
        PerceptualDistance(pixel_weight=-1)
    with pytest.raises(ValueError, match=r"`layers`.*'pixels'.*Received: layers=\['nose'\]"):
        PerceptualDistance(FeatureExtractor(maps), layers=("nose",)).build()
    with pytest.raises(ValueError, match="config cannot hold"):
        PerceptualDistance(FeatureExtractor(maps), layers=("pixels",)).get_config()


def test_what_no_file_can_name_is_said_when_it_is_saved():
    with pytest.raises(ValueError, match=r"`features` must be.*to be saved.*'my/preset'"):
        PerceptualDistance("my/preset").get_config()


@pytest.mark.parametrize("place", ["hf://somebody/something", "/tmp/preset", "../preset"])
def test_a_file_names_no_place_to_fetch_a_classifier_from(place):
    config = PerceptualDistance().get_config() | {"features": place}
    with pytest.raises(ValueError, match=r"`features` in a file must be.*Received: features="):
        PerceptualDistance.from_config(config)
