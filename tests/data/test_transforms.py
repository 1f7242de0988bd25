import functools

import numpy as np
import pytest
from PIL import Image
from scipy import ndimage

from keras_gen.data.transforms import by_name, downsampled, edges, grayscale, is_random, masked

BITS = np.random.default_rng(0).integers(0, 2**31 - 1, 400, dtype="int32")


def scipy_edges(images):
    """Sobel's operator by scipy, mirrored at the border as TensorFlow's is."""
    steepness = 0.0
    for channel in np.moveaxis(images, -1, 0):
        slopes = [ndimage.sobel(channel, axis, mode="mirror") / 8 for axis in (1, 2)]
        # scipy smooths along the batch, too: [1, 2, 1], which is 4 for a batch of one.
        slopes = [slope / 4 for slope in slopes]
        steepness = np.maximum(steepness, np.hypot(*slopes))
    return 1 - 2 * np.minimum(steepness, 1)


@pytest.mark.parametrize("depth", [1, 3])
def test_edges_agree_with_scipy(depth):
    images = np.random.default_rng(0).uniform(-1, 1, (1, 7, 9, depth)).astype("float32")
    np.testing.assert_allclose(edges(images)[..., 0], scipy_edges(images), atol=1e-5)


def test_even_images_are_white_and_half_contrast_is_grey():
    step = np.array([-0.5, -0.5, 0.5, 0.5], "float32").reshape(1, 1, 4, 1).repeat(5, axis=1)
    np.testing.assert_allclose(edges(step)[0, :, :, 0], [[1, 0, 0, 1]] * 5, atol=1e-6)
    np.testing.assert_array_equal(edges(np.full((2, 4, 4, 3), 0.3, "float32")), 1.0)


def test_strength_and_channels():
    step = np.array([-0.5, -0.5, 0.5, 0.5], "float32").reshape(1, 1, 4, 1).repeat(5, axis=1)
    drawing = edges(step, channels=3, strength=4.0)
    assert drawing.shape == (1, 5, 4, 3)
    np.testing.assert_array_equal(drawing[0, 0, :, 2], [1, -1, -1, 1])


def test_by_name():
    assert by_name("edges") is edges
    assert by_name(np.sin) is np.sin
    assert by_name("noto") is by_name(None) is None
    assert by_name("downsampled") is downsampled
    assert by_name("downsampled_x8").keywords == {"factor": 8}
    assert by_name("masked_free_form").keywords == {"holes": "free_form"}


def test_grayscale_is_the_luminance_and_leaves_grey_ones_alone():
    colours = np.array([[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]], "float32")
    grey = grayscale(colours.reshape(1, 1, 4, 3), channels=2)
    assert grey.shape == (1, 1, 4, 2)
    wanted = [1.0, 2 * 0.299 - 1, 2 * 0.587 - 1, 2 * 0.114 - 1]
    for channel in (0, 1):
        np.testing.assert_allclose(grey[0, 0, :, channel], wanted, atol=1e-6)
    images = np.random.default_rng(0).uniform(-1, 1, (2, 3, 4, 1)).astype("float32")
    np.testing.assert_array_equal(grayscale(images), images)
    with pytest.raises(ValueError, match=r"1 or 3 channels.*Received: 4"):
        grayscale(np.zeros((1, 2, 2, 4), "float32"))


def test_downsampled_agrees_with_pillow():
    ramp = np.linspace(-1, 1, 32 * 48).reshape(1, 32, 48, 1).astype("float32")
    images = ramp * np.random.default_rng(0).uniform(0.5, 1, ramp.shape).astype("float32")
    small = downsampled(images, factor=4, keep_size=False)
    picture = Image.fromarray(images[0, ..., 0])
    wanted = np.asarray(picture.resize((12, 8), Image.Resampling.BICUBIC))
    np.testing.assert_allclose(small[0, ..., 0], wanted, atol=2e-3)
    large = downsampled(images, factor=4)
    assert large.shape == images.shape
    wanted = Image.fromarray(wanted).resize((48, 32), Image.Resampling.BICUBIC)
    np.testing.assert_allclose(large[0, ..., 0], np.clip(wanted, -1, 1), atol=2e-3)


@pytest.mark.parametrize("factor", [3, 1, 0, 2.0, 64])
def test_a_factor_that_does_not_divide_is_refused(factor):
    with pytest.raises(
        ValueError, match=f"divides height and width, which are 8 and 16.*={factor}"
    ):
        downsampled(np.zeros((1, 8, 16, 1), "float32"), factor=factor)


def test_boxes_are_rectangles_of_the_shares_asked_for_anywhere():
    holes = masked(np.ones((400, 20, 40, 1), "float32"), BITS, smallest=0.2, largest=0.6) == 0
    holes = np.asarray(holes)[..., 0]
    rows, columns = holes.any(2), holes.any(1)
    np.testing.assert_array_equal(holes, rows[:, :, None] & columns[:, None, :])
    for lines, side in ((rows, 20), (columns, 40)):
        lengths = lines.sum(1)
        assert (lengths.min(), lengths.max()) == (0.2 * side, 0.6 * side)
        # One piece: it begins and ends once.
        assert (np.abs(np.diff(np.pad(lines, ((0, 0), (1, 1))).astype(int))).sum(1) == 2).all()
        assert lines.any(0).all()  # Every place is hidden in some image.
        starts = lines.argmax(1) / (side - lengths)
        assert abs(starts.mean() - 0.5) < 0.05


def test_strokes_hide_some_of_an_image_and_never_all():
    holes = np.asarray(masked(np.ones((400, 32, 32, 1), "float32"), BITS, "free_form") == 0)
    shares = holes.mean((1, 2, 3))
    assert shares.min() > 0.01 and shares.max() < 0.6
    assert 0.1 < shares.mean() < 0.25
    assert holes.any(0).all()


@pytest.mark.parametrize("holes", ["box", "free_form"])
def test_a_hole_depends_on_its_bits_alone(holes):
    images = np.random.default_rng(0).uniform(0.5, 1, (6, 16, 16, 3)).astype("float32")
    together = np.asarray(masked(images, BITS[:6], holes, append_mask=True))
    assert together.shape == (6, 16, 16, 4)
    hidden = together[..., 3] == 1
    np.testing.assert_array_equal(together[..., 3], np.where(hidden, 1, -1))
    np.testing.assert_array_equal(together[..., :3], np.where(hidden[..., None], 0, images))
    alone = np.concatenate(
        [masked(images[[k]], BITS[[k]], holes, append_mask=True) for k in range(6)]
    )
    np.testing.assert_array_equal(alone, together)
    assert len({mask.tobytes() for mask in hidden}) == 6


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"holes": "round"}, "`holes` must be one of.*'round'"),
        ({"largest": 1.0}, "may not hide all of it.*largest=1.0"),
        ({"smallest": 0.0}, "0 < smallest.*smallest=0.0"),
        ({"smallest": 0.6}, "smallest <= largest.*smallest=0.6"),
    ],
)
def test_bad_holes_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        masked(np.ones((1, 8, 8, 1), "float32"), [1], **options)


def test_what_wants_bits_is_random():
    assert is_random(masked) and is_random(functools.partial(masked, holes="box"))
    assert not is_random(edges) and not is_random(np.sin) and not is_random(dict)
