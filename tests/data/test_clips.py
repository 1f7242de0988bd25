"""Clips of arrays, files, folders and video features."""

import numpy as np
import pytest
import tensorflow_datasets as tfds
from PIL import Image

from keras_gen import data

# Every frame of every clip has a shade of its own: 20 times the clip's number, and the frame's.
SHADES = (20 * np.arange(4)[:, None] + np.arange(8)).astype("uint8")
VIDEOS = np.broadcast_to(SHADES[..., None, None, None], (4, 8, 6, 4, 1))


def shades_of(batches):
    """The shades of each element's frames, as rows of integers."""
    return np.concatenate([batch[:, :, 0, 0, 0] for batch in batches.as_numpy_iterator()]).tolist()


def options(**given):
    return {"batch_size": 2, "dtype": "uint8", **given}


def test_elements_are_frames_that_follow_each_other_from_anywhere():
    batches = data.clips(VIDEOS, 3, **options())
    passes = [shades_of(batches) for _ in range(8)]
    for rows in passes:
        assert sorted(row[0] // 20 for row in rows) == [0, 1, 2, 3]
        for first, *others in rows:
            assert others == [first + 1, first + 2] and first % 20 <= 5
    # Drawn anew in each pass, and again the same from the same seed.
    assert len({row[0] for rows in passes for row in rows if row[0] < 20}) > 2
    again = data.clips(VIDEOS, 3, first_epoch=1, **options())
    assert shades_of(again) == passes[1]


def test_without_shuffling_they_are_the_first_frames():
    assert shades_of(data.clips(VIDEOS, 3, shuffle=False, **options())) == SHADES[:, :3].tolist()


def test_a_context_parts_an_element_in_two_in_the_range_of_the_models():
    opened = data.open_clips(VIDEOS, 5, context=4)
    assert opened.shapes == opened.own_shapes == ((4, 6, 4, 1), (1, 6, 4, 1))
    assert (opened.count, opened.longest, opened.splits) == (4, 8, ("train",))
    batches = opened.batches(batch_size=4, shuffle=False)
    known, following = next(batches.as_numpy_iterator())
    np.testing.assert_allclose(known, VIDEOS[:, :4] / 127.5 - 1.0, atol=1e-6)
    np.testing.assert_allclose(following, VIDEOS[:, 4:5] / 127.5 - 1.0, atol=1e-6)
    longer = opened.with_frames(8)
    assert longer.shapes == ((8, 6, 4, 1),)
    whole = next(longer.batches(batch_size=4, shuffle=False).as_numpy_iterator())
    np.testing.assert_allclose(whole, VIDEOS / 127.5 - 1.0, atol=1e-6)


def test_a_crop_and_a_flip_are_one_for_all_frames():
    ramp = np.arange(16, dtype="uint8").reshape(1, 1, 1, 16, 1) * 15
    moving = np.broadcast_to(ramp, (4, 6, 16, 16, 1))
    (clips,) = data.clips(
        moving, 3, batch_size=4, augment=("flip", "crop"), dtype="uint8"
    ).as_numpy_iterator()
    assert (clips == clips[:, :1]).all() and len({clip.tobytes() for clip in clips}) > 1


def test_frames_are_resized_and_change_their_channels():
    colour = np.stack([VIDEOS[..., 0]] * 3, axis=-1)
    colour[..., 1:] = 0
    batches = data.clips(colour, 2, 8, channels=1, shuffle=False, **options())
    clips = next(batches.as_numpy_iterator())
    assert clips.shape == (2, 2, 8, 8, 1)
    assert clips[1, 1].max() == clips[1, 1].min() == round(0.2989 * 21)
    batches = data.clips(VIDEOS, 2, channels=3, **options())
    assert batches.element_spec.shape == (2, 2, 6, 4, 3)


def test_files_of_arrays(tmp_path):
    np.save(tmp_path / "videos.npy", VIDEOS[..., 0])
    np.savez(tmp_path / "videos.npz", labels=np.arange(4), clips=VIDEOS)
    for name in ("videos.npy", "videos.npz"):
        batches = data.clips(tmp_path / name, 3, shuffle=False, **options())
        assert shades_of(batches) == SHADES[:, :3].tolist()
    with pytest.raises(FileNotFoundError, match=r"Received: '.*none.npz'"):
        data.open_clips(tmp_path / "none.npz")
    np.savez(tmp_path / "two.npz", a=VIDEOS, b=VIDEOS)
    with pytest.raises(ValueError, match="must be a file of one array of clips"):
        data.open_clips(tmp_path / "two.npz")


def save_gif(path, shades):
    path.parent.mkdir(parents=True, exist_ok=True)
    frames = [Image.new("L", (4, 6), int(shade)) for shade in shades]
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=100)


def save_frames(folder, shades):
    folder.mkdir(parents=True)
    for number, shade in enumerate(shades):
        Image.new("L", (4, 6), int(shade)).save(folder / f"frame_{number}.png")


def test_a_folder_of_gifs_and_of_numbered_pictures(tmp_path):
    """Frame 10 comes after frame 9; what is too short or can't be read is named."""
    save_gif(tmp_path / "train" / "a.gif", range(100, 112))
    save_frames(tmp_path / "train" / "b", range(12))
    save_frames(tmp_path / "train" / "short", range(2))
    (tmp_path / "train" / "broken.gif").write_bytes(b"GIF89a and no more")
    save_gif(tmp_path / "test" / "c.gif", range(50, 56))
    with pytest.warns(
        UserWarning, match=r"Skipped 1 of 4.*broken.gif.*Left out 1 of 4.*short \(2\)"
    ):
        opened = data.open_clips(tmp_path, 3)
    assert (opened.count, opened.longest, opened.splits) == (2, 12, ("train", "test"))
    assert opened.shapes == ((3, 6, 4, 1),)
    rows = shades_of(opened.with_frames(12).batches(batch_size=2, shuffle=False, dtype="uint8"))
    assert sorted(rows) == [list(range(12)), list(range(100, 112))]
    assert opened.at_split("test").longest == 6
    with pytest.raises(
        ValueError, match=r"at least 3 frames each.*Left out 1 of 4.*Received: source="
    ):
        data.open_clips(tmp_path, 3, strict=True)


def test_what_rests_in_an_animation_rests(tmp_path):
    """Who writes one makes of equal frames a single one that lasts longer."""
    shades = [0, 0, 0, 0, 200, 100, 100]
    save_gif(tmp_path / "a.gif", shades)
    with Image.open(tmp_path / "a.gif") as image:
        assert image.n_frames == 3
    opened = data.open_clips(tmp_path, 7)
    assert shades_of(opened.batches(batch_size=1, shuffle=False, dtype="uint8")) == [shades]


def test_long_clips_of_a_folder_are_cut_and_nothing_is_lost(tmp_path):
    save_frames(tmp_path / "long", range(50))
    opened = data.open_clips(tmp_path, 4)
    assert (opened.count, opened.longest) == (3, 20)
    rows = shades_of(opened.with_frames(20).batches(batch_size=3, shuffle=False, dtype="uint8"))
    assert [(row[0], row[-1]) for row in rows] == [(0, 19), (20, 39), (30, 49)]


def test_a_short_clip_takes_no_frames_from_longer_ones(tmp_path):
    """Elements are no longer than it; but whatever follows each other in the others is still in one."""
    save_frames(tmp_path / "a", range(20))
    save_frames(tmp_path / "b", range(100, 106))
    with pytest.warns(UserWarning, match=r"at most 6 frames, those of the shortest clip"):
        opened = data.open_clips(tmp_path, 5)
    assert opened.longest == 6
    pieces = shades_of(opened.with_frames(6).batches(batch_size=1, shuffle=False, dtype="uint8"))
    windows = {row[first] for row in pieces for first in (0, 1)}
    assert windows == {*range(16), 100, 101}
    ends = shades_of(opened.ends().batches(batch_size=1, shuffle=False, dtype="uint8"))
    assert sorted(ends) == [[*range(14, 19)], [*range(100, 105)]]


class Videos(tfds.core.GeneratorBasedBuilder):
    """Clips of Video features, one of known length and one of others."""

    VERSION = tfds.core.Version("1.0.0")

    def _info(self):
        known = tfds.features.Video(shape=(8, 6, 4, 1))
        unknown = tfds.features.Video(shape=(None, 6, 4, 3))
        features = tfds.features.FeaturesDict({"known": known, "unknown": unknown})
        return self.dataset_info_from_configs(features=features)

    def _split_generators(self, dl_manager):
        return {"train": self._generate_examples()}

    def _generate_examples(self):
        for number, video in enumerate(VIDEOS):
            yield number, {"known": video, "unknown": video[: 2 * number + 2].repeat(3, axis=-1)}


def test_video_features_of_known_and_of_unknown_length(tmp_path):
    Videos(data_dir=tmp_path).download_and_prepare()
    batches = data.clips("videos", 3, shuffle=False, data_dir=tmp_path, **options())
    assert sorted(shades_of(batches)) == SHADES[:, :3].tolist()
    opened = data.open_clips("videos", 3, feature="unknown", channels=1, data_dir=tmp_path)
    # Of 2, 4, 6 and 8 frames: none, one, two and two pieces of three.
    assert (opened.count, opened.longest) == (5, 3)
    rows = sorted(shades_of(opened.batches(batch_size=5, shuffle=False, dtype="uint8")))
    assert rows == [[20, 21, 22], [40, 41, 42], [43, 44, 45], [60, 61, 62], [63, 64, 65]]
    with pytest.raises(ValueError, match=r"`frames` must be at most the frames of a clip: all of"):
        data.open_clips("videos", 9, feature="unknown", data_dir=tmp_path)
    with pytest.raises(ValueError, match=r"`feature` must be one .*feature='other'"):
        data.open_clips("videos", 3, feature="other", data_dir=tmp_path)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {"frames": 9},
            r"`frames` must be at most the frames of a clip, 8 in .*Received: frames=9",
        ),
        ({"frames": 0}, "`frames` must be an integer above 0. Received: frames=0"),
        (
            {"frames": 4, "context": 4},
            "`context` must be None or an integer from 1 to 3.*context=4",
        ),
        ({"frames": 4, "context": 0}, "Received: context=0"),
        ({"channels": 2}, "`channels` must be 1 or 3.*Received: channels=2"),
        ({"split": "test"}, "`split` must be 'train' for arrays"),
        ({"source": VIDEOS[0, 0]}, r"`source` must be clips of shape.*Received: an array of shape"),
        ({"source": "digits"}, "`source` must be a data set with clips"),
    ],
)
def test_refuses(given, message):
    with pytest.raises(ValueError, match=message):
        data.open_clips(**{"source": VIDEOS, **given})
