"""Pictures and arrays as people have them: of other depths, masks, huge, long and thin, damaged."""

import pathlib
import subprocess
import sys
import warnings

import numpy as np
import pytest
from PIL import Image

from keras_gen import data
from keras_gen.modalities import Images
from keras_gen.modalities.images.range import to_uint8
from keras_gen.recipes import find_family
from keras_gen.tasks import Direction, Translates
from keras_gen.translation import translate_files


def bytes_of(dataset):
    return np.concatenate([np.asarray(batch) for batch in dataset])


def read(source, **options):
    options = {"batch_size": 1, "shuffle": False, "dtype": "uint8", **options}
    return bytes_of(data.images(source, **options))


class Unchanged(Translates):
    """A translator that gives back what it is given, and keeps it."""

    def __init__(self, shape=(16, 16, 3)):
        self.images, self.seen = Images(shape), []

    @property
    def directions(self):
        return {"": Direction(self.images, self.images, 1, self.translate)}

    def translate(self, images, batch_size=16):
        self.seen += list(images)
        return images


def written(folder, name):
    with Image.open(folder / name) as image:
        return np.asarray(image)


# Depth


def test_sixteen_bits_are_read_alike_in_training_and_in_translation(tmp_path):
    ramp = np.arange(256, dtype="uint16").reshape(16, 16) * 257
    (tmp_path / "in").mkdir()
    Image.fromarray(ramp).save(tmp_path / "in" / "a.png")
    trained = read(tmp_path / "in")[0, ..., 0]
    assert trained.ravel().tolist() == list(range(256))
    model = Unchanged((16, 16, 1))
    assert translate_files(model, tmp_path / "in", tmp_path / "out") == 1
    np.testing.assert_array_equal(written(tmp_path / "out", "a.png"), trained)
    np.testing.assert_allclose(model.seen[0][..., 0], trained / 127.5 - 1, atol=1e-6)


def test_scans_of_twelve_bits_are_said_to_be_dark_and_how_to_spread_them(tmp_path):
    scan = np.linspace(0, 4095, 64).astype("uint16").reshape(8, 8)
    Image.fromarray(scan).save(tmp_path / "a.png")
    with pytest.warns(
        UserWarning, match=r"all but black.*4095 of 65535: `value_range=\(0, 4095\)`"
    ):
        assert read(tmp_path).max() == 15
    spread = read(tmp_path, value_range=(0, 4095))
    assert spread.ravel().tolist() == np.rint(scan / 4095 * 255).astype(int).ravel().tolist()
    with pytest.warns(UserWarning, match=r"`value_range=\(0, 4095\)` spreads them"):
        translate_files(Unchanged((8, 8, 1)), tmp_path, tmp_path / "out")
    translate_files(
        Unchanged((8, 8, 1)), tmp_path / "a.png", tmp_path / "out", value_range=(0, 4095)
    )
    np.testing.assert_array_equal(written(tmp_path / "out", "a.png"), spread[0, ..., 0])


def test_masks_of_numbers_are_said_to_be_dark_and_how_to_spread_them(tmp_path):
    mask = np.arange(16, dtype="uint8").reshape(4, 4) % 4
    Image.fromarray(mask).save(tmp_path / "a.png")
    with pytest.warns(UserWarning, match=r"no value is above 3 of 255: `value_range=\(0, 3\)`"):
        read(tmp_path)
    assert read(tmp_path, value_range=(0, 3)).ravel().tolist() == (mask.ravel() * 85).tolist()


# Masks


def colours(images):
    return {tuple(pixel) for pixel in images.reshape(-1, images.shape[-1]).tolist()}


PALETTE = [(0, 0, 0), (128, 0, 0), (0, 128, 0), (128, 128, 0)]


@pytest.fixture
def masks(tmp_path):
    """Masks of a palette of four colours, and photos of the same names."""
    rng = np.random.default_rng(0)
    for folder in ("masks", "photos"):
        (tmp_path / folder).mkdir()
    for k in range(3):
        mask = Image.fromarray(rng.integers(0, 4, (20, 30), dtype="uint8"), mode=None)
        palette = Image.new("P", (30, 20))
        palette.putpalette([value for colour in PALETTE for value in colour])
        palette.putdata(list(mask.tobytes()))
        palette.save(tmp_path / "masks" / f"{k}.png")
        photo = rng.integers(0, 256, (20, 30, 3), dtype="uint8")
        Image.fromarray(photo).save(tmp_path / "photos" / f"{k}.png")
    return tmp_path


@pytest.mark.parametrize("augment", [(), ("flip", "crop")])
def test_masks_keep_their_colours(masks, augment):
    assert len(colours(read(masks / "masks", image_size=13))) > 4
    kept = read(masks / "masks", image_size=13, resize="nearest", augment=augment)
    assert colours(kept) == set(PALETTE)
    numbers = read(masks / "masks", image_size=13, resize="nearest", value_range=(0, 3))
    assert colours(numbers) == {(0,), (85,), (170,), (255,)}


@pytest.mark.parametrize("resize", [("nearest", "bicubic"), "nearest,bicubic"])
def test_of_a_pair_each_is_resized_in_its_own_way(masks, resize):
    options = {"image_size": 13, "batch_size": 3, "dtype": "uint8", "resize": resize}
    inputs, targets = next(iter(data.paired(masks, "masks", "photos", **options)))
    assert colours(inputs.numpy()) == set(PALETTE)
    assert len(colours(targets.numpy())) > 100
    options["value_range"] = ((0, 3), None)
    inputs, targets = next(iter(data.paired(masks, "masks", "photos", **options)))
    assert (inputs.shape, targets.shape) == ((3, 13, 13, 1), (3, 13, 13, 3))
    assert colours(inputs.numpy()) == {(0,), (85,), (170,), (255,)}


def test_of_a_pair_each_is_read_in_its_own_way_in_a_training(masks):
    options = {"dataset": str(masks), "input": "masks", "target": "photos", "image_size": 16}
    options |= {"resize": "nearest,bicubic", "value_range": "0,3,0,127", "augment": "none"}
    recipe = find_family("pix2pix").load()(batch_size=3, **options)
    inputs, targets = next(iter(recipe.batches(recipe.open())))
    assert len(np.unique(inputs)) == 4 and inputs.shape == (3, 16, 16, 1)
    assert np.mean(targets) > 0.3 and len(np.unique(targets)) > 100


def test_a_masks_translation_is_not_made_of_blocks(masks):
    """Masks are read without a mixture, and pictures that are made of them written as pictures."""
    model, options = Unchanged((10, 10, 3)), {"resize": "nearest,bicubic"}
    translate_files(model, masks / "masks", masks / "out", **options)
    assert colours(to_uint8(np.stack(model.seen))) <= set(PALETTE)
    assert len(colours(written(masks / "out", "0.png"))) > 4
    with pytest.raises(ValueError, match=r"`value_range` must be \(low, high\)"):
        translate_files(model, masks / "masks", masks / "out", value_range=((0, 3), None))


# A fourth channel


def test_a_fourth_channel_is_kept_where_it_is_asked_for(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (2, 8, 8, 4), dtype="uint8")
    for k in range(2):
        Image.fromarray(pixels[k]).save(tmp_path / f"{k}.png")
    for source in (tmp_path, pixels):
        np.testing.assert_array_equal(read(source, channels=4), pixels)
        with pytest.warns(UserWarning, match="on white.*`channels=4` keeps"):
            laid = read(source)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            np.testing.assert_array_equal(read(source, channels=3), laid)


# Arrays


@pytest.mark.parametrize(
    ("values", "value_range", "wanted"),
    [
        (np.array([0, 100, 255], "int64"), (0, 255), [-1, 2 * 100 / 255 - 1, 1]),
        (np.array([False, True, True]), (0, 1), [-1, 1, 1]),
        (np.array([0.0, 0.25, 1.0]), (0, 1), [-1, -0.5, 1]),
        (np.array([0.0, 127.5, 255.0], "float32"), (0, 255), [-1, 0, 1]),
        (np.array([0, 2048, 4096], "uint16"), (0, 4096), [-1, 0, 1]),
    ],
)
def test_arrays_of_any_real_numbers_are_taken_with_their_range(values, value_range, wanted):
    images = values.reshape(1, 1, 3, 1)
    batches = data.images(images, batch_size=1, value_range=value_range)
    np.testing.assert_allclose(bytes_of(batches).ravel(), wanted, atol=1e-6)


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.zeros((2, 4, 4, 1), "int64"), r"must be uint8.*`value_range=\(low, high\)`.*int64"),
        (np.zeros((2, 4, 4, 1), bool), r"`value_range=\(low, high\)` must say.*bool"),
        (np.full((2, 4, 4, 1), 200.0), r"in \[-1, 1\].*`value_range=\(low, high\)`.*200"),
        (np.zeros((2, 4, 4, 1), complex), "must be uint8.*complex128"),
        (np.array([["a"]]), "must be images of shape"),
    ],
)
def test_other_arrays_are_refused_in_a_sentence(array, message):
    with pytest.raises(ValueError, match=message):
        data.images(array, batch_size=1)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"value_range": (1, 0)}, r"`value_range` must be \(low, high\).*\(1, 0\)"),
        ({"value_range": (0, float("nan"))}, r"`value_range` must be \(low, high\)"),
        ({"value_range": 255}, "`value_range` must be.*255"),
        ({"resize": "lanczos"}, r"`resize` must be one of \('bicubic', 'nearest'\).*'lanczos'"),
    ],
)
def test_wrong_options_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        data.images(np.zeros((2, 4, 4, 1), "uint8"), batch_size=1, **options)
    two = {name: (value, value) for name, value in options.items() if name == "resize"}
    with pytest.raises(ValueError, match=message.split(" ")[0]):
        data.paired((np.zeros((2, 4, 4, 1), "uint8"),) * 2, **(two or options))


def test_complex_arrays_are_refused_with_a_range_too():
    with pytest.raises(ValueError, match=r"must be of real numbers.*complex128"):
        data.images(np.zeros((2, 4, 4, 1), complex), batch_size=1, value_range=(0, 1))
    with pytest.raises(ValueError, match="must be finite"):
        data.images(np.full((2, 4, 4, 1), np.nan), batch_size=1, value_range=(0, 1))


# Geometry


def circle(height, width, radius):
    rows, columns = np.mgrid[:height, :width]
    inside = (rows - height / 2 + 0.5) ** 2 + (columns - width / 2 + 0.5) ** 2 < radius**2
    return np.where(inside, 0, 255).astype("uint8")


def extent(image):
    """Height and width of what is dark."""
    dark = np.asarray(image) < 128
    return np.flatnonzero(dark.any(1)).size, np.flatnonzero(dark.any(0)).size


@pytest.mark.parametrize("shape", [(64, 160), (160, 64), (100, 100), (65, 97)])
def test_a_circle_stays_a_circle_for_the_model_and_in_the_file(tmp_path, shape):
    (tmp_path / "in").mkdir()
    Image.fromarray(circle(*shape, 25)).save(tmp_path / "in" / "a.png")
    model = Unchanged((32, 32, 1))
    translate_files(model, tmp_path / "in", tmp_path / "out")
    inside = [round(side * 32 / max(shape)) for side in shape]
    top, left = ((32 - side) // 2 for side in inside)
    seen = model.seen[0][top : top + inside[0], left : left + inside[1], 0]
    height, width = extent((seen + 1) * 127.5)
    assert abs(height - width) <= 1 and height >= 8
    result = written(tmp_path / "out", "a.png")
    assert result.shape == shape
    height, width = extent(result)
    assert abs(height - 50) <= 3 and abs(width - 50) <= 3


def test_nothing_is_cut_off_in_what_is_written(tmp_path):
    pixels = np.full((40, 120), 255, "uint8")
    pixels[:, :20], pixels[:, -20:] = 0, 100
    (tmp_path / "in").mkdir()
    Image.fromarray(pixels).save(tmp_path / "in" / "a.png")
    translate_files(Unchanged((48, 48, 1)), tmp_path / "in", tmp_path / "out")
    result = written(tmp_path / "out", "a.png").astype(int)
    assert result[20, 4] <= 8 and abs(result[20, -4] - 100) <= 8 and result[20, 60] >= 247


# Damaged, huge, long and thin


def test_translation_skips_what_is_bad_by_name_and_writes_the_rest(tmp_path, monkeypatch):
    folder = tmp_path / "in"
    (folder / "deeper").mkdir(parents=True)
    rng = np.random.default_rng(0)
    good = ["a.png", "b.jpg", "c.gif", "d.tif", "e.bmp", "f.webp", "deeper/g.png", "h.png"]
    for name in good:
        pixels = rng.integers(0, 256, (20, 24, 3), dtype="uint8")
        Image.fromarray(pixels).save(folder / name)
    (folder / "text.png").write_text("no picture")
    whole = (folder / "a.png").read_bytes()
    (folder / "short.png").write_bytes(whole[: len(whole) // 2])
    (folder / "floats.txt").write_text("x")
    Image.new("L", (100, 100)).save(folder / "huge.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 4000)
    with pytest.warns(UserWarning) as caught:
        count = translate_files(Unchanged(), folder, tmp_path / "out", batch_size=2)
    (said,) = [str(warning.message) for warning in caught]
    assert count == len(good) == len([p for p in (tmp_path / "out").rglob("*") if p.is_file()])
    assert "Skipped 3 of 11 pictures" in said and "1 .txt" in said
    assert all(name in said for name in ("text.png", "short.png", "huge.png", "pixels"))


def test_translation_of_nothing_readable_is_refused(tmp_path):
    (tmp_path / "a.png").write_text("x")
    with pytest.raises(ValueError, match=r"pictures that can be read.*a\.png"):
        translate_files(Unchanged(), tmp_path, tmp_path / "out")


def test_translations_inside_the_folder_are_not_translated_again(tmp_path):
    Image.new("L", (8, 8), 90).save(tmp_path / "a.png")
    for _ in range(2):
        assert translate_files(Unchanged((8, 8, 1)), tmp_path, tmp_path / "out") == 1


@pytest.mark.parametrize("size", [(20000, 2), (2, 20000)])
def test_long_thin_pictures(tmp_path, size):
    width, height = size
    (tmp_path / "in").mkdir()
    Image.new("RGB", size, (255, 0, 0)).save(tmp_path / "in" / "a.png")
    (image,) = read(tmp_path / "in", image_size=64)
    np.testing.assert_array_equal(image, np.broadcast_to((255, 0, 0), (64, 64, 3)))
    translate_files(Unchanged(), tmp_path / "in", tmp_path / "out")
    assert written(tmp_path / "out", "a.png").shape == (height, width, 3)


MEMORY = """
import resource, sys, warnings
import numpy as np
from keras_gen import data
from keras_gen.modalities import Images
from keras_gen.tasks import Direction, Translates
from keras_gen.translation import translate_files

IMAGES = Images((64, 64, 3))

class Unchanged(Translates):
    directions = property(lambda self: {"": Direction(IMAGES, IMAGES, 1, self.translate)})
    def translate(self, images, batch_size=16):
        return images

next(iter(data.images(np.zeros((2, 8, 8, 3), "uint8"), batch_size=2)))
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
warnings.simplefilter("error")
before = peak()
for size in (64, 256):
    (image,) = next(iter(data.images(sys.argv[1], size, batch_size=1)))
assert translate_files(Unchanged(), sys.argv[1], sys.argv[2]) == 1
print(peak() - before)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the peak is in other units")
@pytest.mark.parametrize(("size", "gigabytes"), [((20000, 2), 0.5), ((12000, 12000), 1.2)])
def test_memory_of_huge_and_thin_pictures(tmp_path, size, gigabytes):
    (tmp_path / "in").mkdir()
    Image.new("RGB", size, (255, 0, 0)).save(tmp_path / "in" / "a.png", compress_level=1)
    command = [sys.executable, "-c", MEMORY, str(tmp_path / "in"), str(tmp_path / "out")]
    root = pathlib.Path(data.__file__).parents[2]
    run = subprocess.run(command, capture_output=True, text=True, check=False, cwd=root)
    assert run.returncode == 0, run.stderr
    assert float(run.stdout) < gigabytes
