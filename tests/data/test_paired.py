import functools
import pathlib
import warnings

import numpy as np
import pytest

from keras_gen import data
from keras_gen.data import open_paired
from keras_gen.data.transforms import downsampled, edges, grayscale, masked
from keras_gen.translation import picture_of_name

ARRAY = np.zeros((4, 8, 8, 1), "uint8")


def pairs(*args, **options):
    """All pairs, in the data's order, as two arrays of 0..255."""
    batches = data.paired(*args, **{"shuffle": False, **options})
    both = zip(*((np.asarray(x), np.asarray(y)) for x, y in batches), strict=True)
    return tuple(np.rint((np.concatenate(images) + 1) * 127.5).astype(int) for images in both)


def test_arrays():
    inputs = np.random.default_rng(0).integers(0, 256, (5, 6, 7, 1), dtype="uint8")
    targets = np.random.default_rng(1).integers(0, 256, (5, 6, 7, 3), dtype="uint8")
    dataset = data.paired((inputs, targets), batch_size=2)
    assert [spec.shape for spec in dataset.element_spec] == [(2, 6, 7, 1), (2, 6, 7, 3)]
    got = pairs((inputs, targets))
    np.testing.assert_array_equal(got[0], inputs)
    np.testing.assert_array_equal(got[1], targets)


@pytest.mark.parametrize("cache", [True, False])
def test_a_pair_is_cut_and_mirrored_alike(cache):
    ramps = np.random.default_rng(0).integers(0, 256, (30, 16, 16, 1), dtype="uint8")
    inputs, targets = pairs(
        (ramps, 255 - ramps), batch_size=6, augment=("flip", "crop"), shuffle=True, cache=cache
    )
    assert np.abs(inputs + targets - 255).max() <= 1
    other, _ = pairs((ramps, 255 - ramps), batch_size=6, shuffle=True, cache=cache)
    assert not np.array_equal(inputs, other)


@pytest.mark.parametrize(("given", "wanted"), [({}, "left"), ({"input": "right"}, "right")])
def test_side_by_side(tmp_path, write_pictures, given, wanted):
    written = write_pictures(tmp_path, {"train/1.png": (8, 16, 3), "train/2.png": (8, 16, 3)})
    inputs, targets = pairs(tmp_path, side_by_side=True, **given)
    wholes = np.stack(list(written.values()))
    halves = {"left": wholes[:, :, :8], "right": wholes[:, :, 8:]}
    np.testing.assert_array_equal(inputs, halves.pop(wanted))
    np.testing.assert_array_equal(targets, halves.popitem()[1])


def test_side_by_side_of_odd_width(tmp_path, write_pictures):
    written = write_pictures(tmp_path, {"1.png": (8, 17, 3)})
    inputs, targets = pairs(tmp_path, side_by_side=True)
    np.testing.assert_array_equal(inputs[0], written["1.png"][:, :8])
    np.testing.assert_array_equal(targets[0], written["1.png"][:, 9:])


@pytest.mark.parametrize("layout", ["{side}/{name}", "train/{side}/{name}", "{side}/train/{name}"])
@pytest.mark.parametrize("as_tuple", [False, True])
def test_files_of_the_same_names(tmp_path, write_pictures, layout, as_tuple):
    sides, names = ("in", "out"), ("a.png", "x/b.png")
    paths = {(s, n): layout.format(side=s, name=n) for s in sides for n in names}
    written = write_pictures(tmp_path, dict.fromkeys(paths.values(), (8, 8, 3)))
    if as_tuple:
        roots = [tmp_path / layout.format(side=s, name="") for s in sides]
        got = pairs((roots[0], str(roots[1])))
    else:
        got = pairs(tmp_path, "in", "out")
    for images, side in zip(got, sides, strict=True):
        np.testing.assert_array_equal(images, [written[paths[side, n]] for n in names])


def test_names_may_differ_in_their_suffix_and_sizes_be_fitted(tmp_path, write_pictures):
    write_pictures(tmp_path, {"in/a.png": (4, 4), "out/a.jpg": (8, 8, 3)})
    dataset = data.paired(tmp_path, "in", "out", image_size=6)
    assert [spec.shape for spec in dataset.element_spec] == [(1, 6, 6, 1), (1, 6, 6, 3)]


def test_accents_of_one_character_and_of_two_are_one_name(tmp_path, write_pictures):
    one, two = ("f\u00fcr.png", "fu\u0308r.png")
    for folder, name in (("a", one), ("b", two)):
        write_pictures(tmp_path / folder, {name: (8, 8), "other.png": (8, 8)})
    assert open_paired((tmp_path / "a", tmp_path / "b"), strict=True).count == 2
    for folder, name in (("a", two), ("b", one)):
        found = picture_of_name(tmp_path / folder, pathlib.Path(name), "mask")
        assert found.is_file() and found.parent.name == folder


@pytest.mark.parametrize(
    "given", [{"input": "edges"}, {"target": "image"}, {"side_by_side": True}], ids=str
)
def test_what_is_for_one_source_is_refused_of_two(given):
    with pytest.raises(ValueError, match=f"`{next(iter(given))}` is for one source, not for two"):
        open_paired((ARRAY, ARRAY), **given)


def test_features_are_not_side_by_side():
    with pytest.raises(ValueError, match=r"`side_by_side` is for folders.*source='digits'"):
        open_paired("digits", "edges", "image", side_by_side=True)


def test_files_without_a_counterpart(tmp_path, write_pictures):
    write_pictures(tmp_path, {"in/a.png": (8, 8), "out/a.png": (8, 8), "out/lonely.png": (8, 8)})
    with pytest.warns(UserWarning, match="Skipped 1 files without a counterpart.*lonely"):
        assert len(data.paired(tmp_path, "in", "out")) == 1
    with pytest.raises(ValueError, match=r"1 files have no counterpart.*lonely"):
        data.paired(tmp_path, "in", "out", strict=True)
    write_pictures(tmp_path, {"other/z.png": (8, 8)})
    with pytest.raises(ValueError, match="files of the same names"):
        data.paired(tmp_path, "in", "other")


def test_a_corrupt_half_of_a_pair_is_skipped_with_the_other(tmp_path, write_pictures):
    shapes = {f"{s}/{n}.png": (8, 8) for s in ("in", "out") for n in "abc"}
    written = write_pictures(tmp_path, shapes)
    (tmp_path / "out" / "b.png").write_text("broken")
    with pytest.warns(UserWarning, match=r"Skipped 1 of 3.*b\.png"):
        inputs, targets = pairs(tmp_path, "in", "out")
    for images, side in ((inputs, "in"), (targets, "out")):
        np.testing.assert_array_equal(images[..., 0], [written[f"{side}/{n}.png"] for n in "ac"])


def test_features_of_a_data_set(emoji_dir):
    inputs, targets = pairs("emoji", "noto", "twemoji", data_dir=emoji_dir)
    assert np.unique(inputs[:, 8:, :, 0]) == 200
    assert np.unique(targets[:, 8:, :, 0]) == 50
    # Green numbers the emoji: both are of the same.
    np.testing.assert_array_equal(inputs[..., 1], targets[..., 1])
    assert len(np.unique(inputs[:, 9, 0, 1])) == len(inputs)


@pytest.mark.parametrize("as_name", [True, False])
def test_edges_of_the_augmented_target(data_dir, as_name):
    options = {"batch_size": 8, "augment": ("flip", "crop"), "data_dir": data_dir}
    transform = "edges" if as_name else lambda x: edges(x, channels=3)
    dataset = data.paired("digits", transform, "image", **options)
    drawings, targets = next(iter(dataset))
    assert dataset.element_spec[0].shape == (8, 8, 8, 1 if as_name else 3)
    np.testing.assert_allclose(drawings[..., :1], edges(targets), atol=1e-6)


def test_edges_of_folders_and_arrays(tmp_path, write_pictures):
    written = write_pictures(tmp_path, {"photos/a.png": (8, 8, 3)})
    array = written["photos/a.png"][None]
    for source, target in ((tmp_path, "photos"), (tmp_path / "photos", None), (array, "image")):
        _, targets = pairs(source, "edges", target)
        np.testing.assert_array_equal(targets, array)


PHOTOS = np.random.default_rng(0).integers(1, 256, (12, 8, 8, 3), dtype="uint8")


def floats(pixels):
    return (pixels / 127.5 - 1).astype("float32")


def test_a_transform_may_stand_on_either_side_or_on_both(tmp_path, write_pictures):
    written = write_pictures(tmp_path, {f"photos/{k}.png": (8, 8, 3) for k in range(3)})
    photos = np.stack(list(written.values()))
    drawn, grey = (
        np.rint((function(floats(photos)).numpy() + 1) * 127.5) for function in (edges, grayscale)
    )
    for source, name in ((tmp_path, "photos"), (tmp_path / "photos", "image"), (photos, "image")):
        for inputs, targets in (
            pairs(source, "grayscale", name),
            pairs(source, name, "grayscale")[::-1],
        ):
            np.testing.assert_array_equal(inputs, grey)
            np.testing.assert_array_equal(targets, photos)
    inputs, targets = pairs(photos, "edges", "grayscale")
    np.testing.assert_allclose(inputs, drawn, atol=1)  # A sum's order differs within the graph.
    np.testing.assert_array_equal(targets, grey)


def test_options_of_the_side_that_is_stored_are_used():
    for names, channels in ((("image", "edges"), (1, 3)), (("edges", "image"), (3, 1))):
        dataset = data.paired(PHOTOS, *names, channels=channels)
        assert [spec.shape[-1] for spec in dataset.element_spec] == [1, 1]


@pytest.mark.parametrize("cache", [True, False])
@pytest.mark.parametrize("name", ["masked", "masked_free_form"])
def test_holes_are_drawn_anew_for_each_example_and_pass_from_the_seed(name, cache):
    def passes(**options):
        dataset = data.paired(PHOTOS, name, "image", batch_size=4, cache=cache, **options)
        return [np.concatenate([x for x, _ in dataset]) for _ in range(2)]

    first, second = passes(shuffle=False)
    holes = [(inputs == 0).all(-1) for inputs in (first, second)]
    assert len({hole.tobytes() for hole in np.concatenate(holes)}) > 20  # Of 24.
    seen = ~holes[0]
    np.testing.assert_allclose(first[seen], floats(PHOTOS)[seen], atol=1e-6)
    np.testing.assert_array_equal(passes(shuffle=False), [first, second])
    np.testing.assert_array_equal(passes(shuffle=False, first_epoch=1)[0], second)
    assert not np.array_equal(passes(shuffle=False, seed=1)[0], first)


def test_shards_and_later_steps_have_the_holes_of_the_whole():
    options = {"batch_size": 4, "seed": 3}
    whole = data.paired(PHOTOS, "masked", "image", **options)
    wanted = np.stack([x for x, _ in whole])
    parts = [
        np.stack([x for x, _ in data.paired(PHOTOS, "masked", "image", shard=(k, 2), **options)])
        for k in range(2)
    ]
    np.testing.assert_array_equal(np.concatenate(parts, axis=1), wanted)
    later = data.paired(PHOTOS, "masked", "image", **options).from_step(2)
    np.testing.assert_array_equal(np.stack([x for x, _ in later]), wanted[2:])


def test_holes_on_both_sides_are_the_same():
    mask = functools.partial(masked, append_mask=True)
    dataset = data.paired(PHOTOS, mask, "masked", batch_size=12)
    ((inputs, targets),) = list(dataset)
    np.testing.assert_array_equal(inputs[..., :3], targets)
    np.testing.assert_array_equal(inputs[..., 3] == 1, (targets == 0).numpy().all(-1))


def test_small_images_for_super_resolution():
    small = functools.partial(downsampled, factor=2, keep_size=False)
    opened = data.open_paired(PHOTOS, small, "image")
    assert opened.shapes == ((4, 4, 3), (8, 8, 3))
    dataset = opened.batches(batch_size=2)
    assert [spec.shape for spec in dataset.element_spec] == [(2, 4, 4, 3), (2, 8, 8, 3)]
    assert data.open_paired(PHOTOS, "downsampled_x2").shapes[0] == (8, 8, 3)
    with pytest.raises(ValueError, match=r"^`factor` must be an integer.*are 8 and 8.*factor=3"):
        data.paired(PHOTOS, "downsampled_x3", "image")


def test_a_transform_is_of_the_images_of_a_subfolder_of_that_name(tmp_path, write_pictures):
    written = write_pictures(tmp_path, {"image/a.png": (8, 8, 3), "mask/a.png": (8, 8, 3)})
    inputs, targets = pairs(tmp_path, "grayscale", "image")
    assert len(inputs) == len(targets) == 1  # no masks
    np.testing.assert_array_equal(targets[0], written["image/a.png"])


@pytest.mark.parametrize("layout", ["{split}/photos", "photos/{split}"])
def test_a_transform_is_of_the_split_of_a_subfolder(tmp_path, write_pictures, layout):
    splits = {split: layout.format(split=split) + "/a.png" for split in ("train", "test")}
    written = write_pictures(tmp_path, dict.fromkeys(splits.values(), (8, 8, 3)))
    opened = data.open_paired(tmp_path, "grayscale", "photos")
    for split, name in splits.items():
        batches = opened.at_split(split).batches(batch_size=1, shuffle=False, dtype="uint8")
        ((_, targets),) = batches.as_numpy_iterator()
        np.testing.assert_array_equal(targets[0], written[name])


def test_a_subfolder_comes_before_a_transform_of_its_name(tmp_path, write_pictures):
    written = write_pictures(tmp_path, {"edges/a.png": (8, 8, 3), "photos/a.png": (8, 8, 3)})
    inputs, _ = pairs(tmp_path, "edges", "photos")
    np.testing.assert_array_equal(inputs[0], written["edges/a.png"])
    _, inputs = pairs(tmp_path, "photos", "edges")
    np.testing.assert_array_equal(inputs[0], written["edges/a.png"])


def test_channels_of_each(tmp_path, write_pictures):
    write_pictures(tmp_path, {"a.png": (8, 8, 3)})
    for source in (tmp_path, np.zeros((1, 8, 8, 3), "uint8")):
        dataset = data.paired(source, "image", "image", channels=(1, 3))
        assert [spec.shape[-1] for spec in dataset.element_spec] == [1, 3]


@pytest.mark.parametrize(
    ("args", "options", "message"),
    [
        (((ARRAY, ARRAY[:3]),), {}, "equally many"),
        (((ARRAY, ARRAY.astype("float32")),), {}, "of one dtype"),
        (((ARRAY, ARRAY, ARRAY),), {}, "two folders, or two arrays.*3"),
        (((ARRAY, ARRAY[:, :4]),), {}, "`image_size` must be given"),
        (((ARRAY, ARRAY),), {"split": "test"}, "`split` must be 'train' for arrays"),
        (((ARRAY, ARRAY),), {"channels": (1, 1, 1)}, "`channels` must be one number"),
        ((("digits", ARRAY),), {}, "two folders or two arrays"),
        (("digits",), {}, "`input` and `target` must be image features.*input=None"),
        (("digits", "image"), {}, "`input` and `target` must be image features.*target=None"),
        (("digits", "drawing", "image"), {}, r"image features \['image'\].*'drawing'"),
        (("digits", "mask", "image"), {}, r"Did you mean 'masked'\?.*'mask'"),
        (("digits", "image", "greyscale"), {}, r"Did you mean 'grayscale'\?.*'greyscale'"),
    ],
)
def test_bad_input_is_refused(args, options, message, data_dir):
    with pytest.raises(ValueError, match=message):
        data.paired(*args, **options, data_dir=data_dir)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "side_by_side=True.*input=None"),
        ({"input": "in", "target": "none"}, "must name subfolders.*target='none'"),
        ({"input": "edge", "target": "in"}, r"Did you mean 'edges'\? Received: input='edge'"),
        ({"side_by_side": True, "input": "top"}, "must be 'left' and 'right'.*'top'"),
        ({"side_by_side": True, "input": "left", "target": "left"}, "must be 'left' and 'right'"),
    ],
)
def test_bad_folders_are_refused(tmp_path, write_pictures, options, message):
    write_pictures(tmp_path, {"in/a.png": (8, 8)})
    with pytest.raises(ValueError, match=message):
        data.paired(tmp_path, **options)


@pytest.mark.parametrize("name", ["masked", "masked_free_form", "downsampled_x2", "grayscale"])
def test_shapes_are_known_of_pictures_that_differ_in_size(name, tmp_path, write_pictures):
    write_pictures(tmp_path, {"a.png": (8, 8, 3), "b.png": (12, 10, 3)})
    opened = data.open_paired(tmp_path, name)
    channels = 1 if name == "grayscale" else 3
    assert opened.shapes == ((None, None, channels), (None, None, 3))
    assert opened.shapes_at(16) == ((16, 16, channels), (16, 16, 3))


@pytest.mark.parametrize("names", ["line, flat", ("line", "flat")])
def test_several_inputs_are_one_of_all_their_channels(tmp_path, write_pictures, names):
    shapes = {"line/a.png": (8, 8), "flat/a.png": (8, 8, 3), "3d/a.jpg": (8, 8, 3)}
    written = write_pictures(tmp_path, shapes)
    opened = data.open_paired(tmp_path, names, "3d")
    assert opened.shapes == ((8, 8, 4), (8, 8, 3)) and opened.count == 1
    inputs, targets = pairs(tmp_path, names, "3d")
    np.testing.assert_array_equal(inputs[0, ..., 0], written["line/a.png"])
    np.testing.assert_array_equal(inputs[0, ..., 1:], written["flat/a.png"])
    assert targets.shape == (1, 8, 8, 3)


def test_several_features_are_one_input():
    """Emoji without a line drawing are left out, and the two are cropped and mirrored alike."""
    options = {"image_size": 16, "batch_size": 4, "augment": ("crop", "flip"), "split": "test"}
    inputs, targets = next(iter(data.paired("fluent_emoji", "3d,line", "3d", **options)))
    assert inputs.shape == (4, 16, 16, 4) and targets.shape == (4, 16, 16, 3)
    np.testing.assert_array_equal(inputs[..., :3], targets)
    assert data.open_paired("fluent_emoji", "3d,line", "3d", split="test").count == 161


def test_arrays_of_five_bands_are_pictures_of_a_folder(tmp_path, write_pictures):
    write_pictures(tmp_path, {"map/a.png": (6, 8, 3)})
    (tmp_path / "bands").mkdir()
    bands = np.random.default_rng(0).integers(0, 256, (6, 8, 5), dtype="uint8")
    np.save(tmp_path / "bands" / "a.npy", bands)
    inputs, targets = pairs(tmp_path, "bands", "map")
    np.testing.assert_array_equal(inputs[0], bands)
    assert targets.shape == (1, 6, 8, 3)


@pytest.mark.parametrize(
    ("given", "options", "message"),
    [
        (("a", "b"), {"side_by_side": True}, "`input` must be one image where"),
        (("a", 3), {}, "`input` must be names of features or subfolders"),
        ("a,nosuch", {}, "must name subfolders"),
        ("a,b", {"channels": (4, None)}, "`input` must have 4 channels.*which have 2 together"),
    ],
)
def test_several_inputs_that_cannot_be_are_refused(
    tmp_path, write_pictures, given, options, message
):
    write_pictures(tmp_path, {f"{name}/1.png": (8, 8) for name in "abc"})
    with pytest.raises(ValueError, match=message):
        data.open_paired(tmp_path, given, "c", **options)


def test_pairs_that_would_be_cut_apart_are_told_of(tmp_path, write_pictures):
    write_pictures(tmp_path, {"in/a.png": (8, 13), "out/a.png": (16, 26, 3)})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        next(iter(data.paired(tmp_path, "in", "out", image_size=8)))
    write_pictures(tmp_path, {"in/b.png": (8, 12), "out/b.png": (12, 8)})
    with pytest.warns(UserWarning, match=r"images of 1 of 2 examples are not of one shape.*b\.png"):
        next(iter(data.paired(tmp_path, "in", "out", image_size=8)))
