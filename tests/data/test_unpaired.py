import numpy as np
import pytest

from keras_gen import data


def numbered(count, first=0):
    """Images whose every pixel tells a number."""
    numbers = np.arange(first, first + count, dtype="uint8")
    return np.broadcast_to(numbers[:, None, None, None], (count, 4, 4, 1))


def one_pass(dataset, channel=0):
    """The numbers of both domains in the order of one pass."""
    batches = [(np.asarray(a)[:, -1, -1], np.asarray(b)[:, -1, -1]) for a, b in dataset]
    both = (np.concatenate(images)[:, channel] for images in zip(*batches, strict=True))
    return tuple(np.rint((images + 1) * 127.5).astype(int).tolist() for images in both)


@pytest.mark.parametrize("cache", [True, False])
def test_domains_are_shuffled_apart(cache):
    dataset = data.unpaired((numbered(30), numbered(30, first=30)), batch_size=5, cache=cache)
    a, b = one_pass(dataset)
    assert (sorted(a), sorted(b)) == (list(range(30)), list(range(30, 60)))
    assert sum(x + 30 == y for x, y in zip(a, b, strict=True)) < 10
    assert one_pass(dataset) != (a, b)


@pytest.mark.parametrize("larger", ["a", "b"])
@pytest.mark.parametrize("cache", [True, False])
def test_the_smaller_domain_begins_again_shuffled_anew(larger, cache):
    domains = (numbered(20), numbered(8, first=100))
    dataset = data.unpaired(domains if larger == "a" else domains[::-1], batch_size=1, cache=cache)
    assert len(dataset) == len(list(dataset)) == 20
    a, b = one_pass(dataset)
    many, few = (a, b) if larger == "a" else (b, a)
    assert sorted(many) == list(range(20))
    assert sorted(few[:8]) == sorted(few[8:16]) == list(range(100, 108))
    assert few[:8] != few[8:16]
    assert len(set(few[16:])) == 4


def test_crops_and_flips_are_drawn_apart():
    images = np.random.default_rng(0).integers(0, 256, (1, 16, 16, 1), dtype="uint8")
    images = images.repeat(40, axis=0)
    dataset = data.unpaired((images, images), batch_size=40, augment=("flip", "crop"))
    a, b = next(iter(dataset))
    alike = [np.array_equal(x, y) for x, y in zip(a, b, strict=True)]
    assert sum(alike) < 20


def test_first_epoch_starts_where_an_earlier_run_stopped():
    def pipeline(first_epoch=0):
        return data.unpaired(
            (numbered(9), numbered(5)), batch_size=3, augment="flip", first_epoch=first_epoch
        )

    straight = pipeline()
    passes = [one_pass(straight) for _ in range(3)]
    assert one_pass(pipeline(first_epoch=2)) == passes[2] != passes[1]


def test_features_of_a_data_set(emoji_dir):
    dataset = data.unpaired("emoji", "noto", "twemoji", data_dir=emoji_dir)
    assert set(one_pass(dataset)[0]) == {200}
    assert set(one_pass(dataset)[1]) == {50}
    a, b = one_pass(dataset, channel=1)  # Green numbers the emoji.
    assert sorted(a) == sorted(b)
    assert a != b


@pytest.mark.parametrize("cache", [True, False])
def test_disjoint_features_share_no_example(emoji_dir, cache):
    everything = one_pass(data.unpaired("emoji", "noto", "twemoji", data_dir=emoji_dir), channel=1)
    dataset = data.unpaired(
        "emoji", "noto", "twemoji", disjoint=True, cache=cache, data_dir=emoji_dir
    )
    a, b = (set(numbers) for numbers in one_pass(dataset, channel=1))
    assert not a & b
    assert a | b == set(everything[0])
    assert len(dataset) == -(-len(everything[0]) // 2)


@pytest.mark.parametrize(
    ("layout", "options"),
    [
        ("{x}", {}),
        ("train{x}", {}),
        ("train/{x}", {}),
        ("test{x}", {"split": "test"}),
        ("test/{x}", {"split": "test"}),
    ],
)
def test_folders_of_the_usual_names(tmp_path, write_pictures, layout, options):
    shapes = {f"{layout.format(x=x)}/{k}.png": (4, 4) for x in "AB" for k in range(2)}
    written = write_pictures(tmp_path, shapes)
    a, b = one_pass(data.unpaired(tmp_path, **options))
    for numbers, x in ((a, "A"), (b, "B")):
        wanted = [written[f"{layout.format(x=x)}/{k}.png"][-1, -1] for k in range(2)]
        assert sorted(numbers) == sorted(wanted)


def test_folders_by_name_and_two_sources_of_any_kind(tmp_path, write_pictures, data_dir):
    write_pictures(tmp_path, {"cats/1.png": (8, 8, 3), "dogs/1.png": (9, 8, 3), "B/1.png": (8, 8)})
    named = data.unpaired(tmp_path, "cats", "dogs", image_size=8)
    assert [spec.shape for spec in named.element_spec] == [(1, 8, 8, 3)] * 2
    mixed = data.unpaired(("digits", tmp_path / "cats"), channels=(1, 3), data_dir=data_dir)
    assert [spec.shape for spec in mixed.element_spec] == [(1, 8, 8, 1), (1, 8, 8, 3)]
    assert len(mixed) == 1497


def test_splits_of_a_data_set_are_its_domains(data_dir):
    import tensorflow_datasets as tfds

    class HorsesAndZebras(tfds.core.GeneratorBasedBuilder):
        """A data set laid out as TFDS's `cycle_gan` is."""

        VERSION = tfds.core.Version("1.0.0")

        def _info(self):
            image = tfds.features.Image(shape=(None, None, 3))
            return self.dataset_info_from_configs(
                features=tfds.features.FeaturesDict({"image": image})
            )

        def _split_generators(self, dl_manager):
            counts = {"trainA": 5, "trainB": 3, "testA": 2, "testB": 1}
            return {name: self._generate_examples(n, len(name)) for name, n in counts.items()}

        def _generate_examples(self, count, value):
            for k in range(count):
                width = 5 if (value, k) == (5, 1) else 4  # One test image is odd.
                yield k, {"image": np.full((4, width, 3), 10 * value + k, "uint8")}

    dataset = data.unpaired("horses_and_zebras", data_dir=data_dir)
    assert dataset.element_spec[0].shape == (1, 4, 4, 3)
    a, b = one_pass(dataset)
    assert sorted(a) == [60, 61, 62, 63, 64]
    assert set(b) == {60, 61, 62}
    options = {"split": "test", "data_dir": data_dir}
    with pytest.raises(ValueError, match=r"`image_size` must be given.*\(4, 4\), \(4, 5\)"):
        data.unpaired("horses_and_zebras", **options)
    assert len(data.unpaired("horses_and_zebras", image_size=4, **options)) == 2


ARRAY = np.zeros((4, 8, 8, 1), "uint8")


@pytest.mark.parametrize(
    ("args", "options", "message"),
    [
        (((ARRAY, ARRAY, ARRAY),), {}, "must be two sources.*3 sources"),
        (((ARRAY, ARRAY), "a", "b"), {}, "must be two sources, without `a` and `b`"),
        (("digits", "image"), {}, "both of `a` and `b`, or neither.*b=None"),
        (("digits",), {}, r"splits \['trainA', 'trainB'\].*\['test', 'train'\]"),
        ((ARRAY,), {}, "tuple of two sources.*ndarray"),
        (((ARRAY, ARRAY),), {"disjoint": True}, "`disjoint=True` is for two features"),
        (((ARRAY, ARRAY),), {"channels": (1,)}, "`channels` must be"),
        (((ARRAY, ARRAY[:3]),), {"batch_size": 5}, "`batch_size` must be at most.*4"),
        (("digits", "image", "drawing"), {}, r"image features \['image'\].*'drawing'"),
    ],
)
def test_bad_input_is_refused(args, options, message, data_dir):
    with pytest.raises(ValueError, match=message):
        data.unpaired(*args, **options, data_dir=data_dir)


@pytest.mark.parametrize(
    ("names", "message"), [((), "there is no .*trainB"), (("A", "C"), "there is no .*train/C")]
)
def test_missing_domains_are_refused(tmp_path, write_pictures, names, message):
    write_pictures(tmp_path, {"A/1.png": (8, 8)})
    with pytest.raises(ValueError, match=message):
        data.unpaired(tmp_path, *names)
