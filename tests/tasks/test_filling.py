"""What the task of filling makes of a model: previews, reports, golden inputs, exports."""

import keras
import numpy as np
import pytest

from keras_gen.tasks import Fills, filling
from tests.cases import COLOUR_SHAPE, build_inpainting, images
from tests.models.inpainting.case import masks


class White(Fills):
    """Fills every hole with white, in pictures of 8 x 8."""

    def __init__(self):
        self.takes = build_inpainting().takes

    def draw_masks(self, n, seed=None):
        return masks(n, seed)

    def fill(self, images, masks, batch_size=16):
        return np.where(masks == 1, np.float32(1), images)


def test_the_preview_is_hidden_filled_and_whole():
    model, given = White(), images(15, COLOUR_SHAPE)
    shown, columns = model.preview(given, seed=3)
    assert shown.shape == (36, *COLOUR_SHAPE) and columns == 6 and model.needs_examples
    holes = masks(12, 3)
    np.testing.assert_array_equal(shown[0::3], np.where(holes == 1, 0, given[:12]))
    np.testing.assert_array_equal(shown[1::3], np.where(holes == 1, 1, given[:12]))
    np.testing.assert_array_equal(shown[2::3], given[:12])
    with pytest.raises(ValueError, match="`examples` must be a batch of pictures for a White"):
        model.preview()


def test_the_mean_colour_of_what_is_known_by_hand():
    image = np.zeros((1, 2, 2, 2), "float32")
    image[0, 0, 0], image[0, 0, 1], image[0, 1] = (0.2, 0.4), (0.6, -0.4), 9.0
    mask = np.zeros((1, 2, 2, 1))
    mask[0, 1] = 1
    filled = filling.mean_colour(image, mask)
    np.testing.assert_allclose(filled[0, 1], [[0.4, 0.0]] * 2, atol=1e-6)
    np.testing.assert_array_equal(filled[0, 0], image[0, 0])


def test_a_biharmonic_surface_goes_on_with_a_slope():
    pytest.importorskip("skimage")
    slope = np.linspace(-0.8, 0.8, 8, dtype="float32")[None, :, None, None]
    image = np.broadcast_to(slope, (1, 8, 8, 3)).copy()
    mask = np.zeros((1, 8, 8, 1), "float32")
    mask[0, 3:5, 3:5] = 1
    filled = filling.biharmonic(np.where(mask == 1, 0, image), mask)
    np.testing.assert_allclose(filled, image, atol=1e-3)


def test_the_report_is_of_the_holes_and_has_baselines():
    model = White()
    given = np.tanh(images(20, COLOUR_SHAPE))
    report = model.report(model.open_data(given), n=20, seed=2)
    holes = masks(20, 2)
    error = np.abs(1 - given).mean(-1, keepdims=True) * holes
    expected = (error.sum((1, 2, 3)) / holes.sum((1, 2, 3))).mean()
    assert report["losses"]["hole_l1"] == pytest.approx(expected, rel=1e-5)
    assert report["counts"] == {"real": 20}
    squares = (np.where(holes == 1, 1 - given, 0) ** 2).mean((1, 2, 3))
    assert report["losses"]["psnr"] == pytest.approx((10 * np.log10(4 / squares)).mean(), rel=1e-4)
    mean = filling.mean_colour(given, holes)
    error = np.abs(mean - given).mean(-1, keepdims=True) * holes
    expected = (error.sum((1, 2, 3)) / holes.sum((1, 2, 3))).mean()
    assert report["mean_colour"]["hole_l1"] == pytest.approx(expected, rel=1e-5)
    assert set(report["mean_colour"]) == {"hole_l1", "psnr", "ssim"}
    assert report["mean_colour"]["hole_l1"] < report["losses"]["hole_l1"]
    # The same masks each time.
    assert model.report(model.open_data(given), n=20, seed=2) == report


def test_golden_inputs_are_bytes_of_pictures_and_masks():
    model = build_inpainting()
    inputs = model.golden_inputs(dataset=images(4, COLOUR_SHAPE), split="train", n=4)
    assert {name: (x.shape, x.dtype.name) for name, x in inputs.items()} == {
        "images": ((3, 8, 8, 3), "uint8"),
        "masks": ((3, 8, 8, 1), "uint8"),
    }
    outputs = model.golden_outputs(inputs)
    np.testing.assert_array_equal(outputs, model.fill(inputs["images"], inputs["masks"]))


def test_what_is_exported_fills():
    model, given, holes = build_inpainting(), images(3, COLOUR_SHAPE), masks(3)
    (export,) = model.exports().values()
    made = keras.ops.convert_to_numpy(export()([given, holes]))
    np.testing.assert_allclose(made, model.fill(given, holes), atol=1e-5)
