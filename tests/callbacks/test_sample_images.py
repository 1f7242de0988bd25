import numpy as np
import pytest
from PIL import Image

from keras_gen import pictures
from keras_gen.callbacks import SampleImages
from tests.cases import CASES, compiled


def fit(callback, epochs=3):
    case = CASES["vae"]
    model = compiled(case)
    model.fit(case.data(4), epochs=epochs, callbacks=[callback], verbose=0)
    return model


def test_a_picture_an_epoch_and_an_animation(tmp_path):
    model = fit(SampleImages(tmp_path, n=4, seed=3))
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["epoch_0001.png", "epoch_0002.png", "epoch_0003.png", "training.gif"]
    grid = pictures.enlarge(pictures.image_grid(model.generate(4, seed=3)))
    np.testing.assert_array_equal(pictures.read_picture(tmp_path / "epoch_0003.png"), grid)
    first = pictures.read_picture(tmp_path / "epoch_0001.png")
    assert first.shape == grid.shape and (first != grid).any()
    with Image.open(tmp_path / "training.gif") as animation:
        assert animation.n_frames == 3


def test_every_other_epoch_and_the_last(tmp_path):
    fit(SampleImages(tmp_path, n=4, every=2, gif=False))
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["epoch_0002.png", "epoch_0003.png"]


def test_draws_what_it_is_told(tmp_path):
    fit(SampleImages(tmp_path, draw=lambda model: np.ones((2, 8, 8, 3)), columns=2), epochs=1)
    assert (pictures.read_picture(tmp_path / "epoch_0001.png") == 255).all()


def test_tensorboard_shows_the_pictures(tmp_path):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    fit(SampleImages(tmp_path / "pictures", n=4, log_dir=tmp_path / "logs"), epochs=2)
    steps = []
    for path in sorted((tmp_path / "logs").iterdir()):
        events = EventAccumulator(str(path)).Reload()
        for image in events.Images("samples"):
            assert image.encoded_image_string.startswith(b"\x89PNG")
            steps.append(image.step)
    assert sorted(steps) == [1, 2]


def test_refuses_a_wrong_interval(tmp_path):
    with pytest.raises(ValueError, match=r"`every`.*Received: every=0"):
        SampleImages(tmp_path, every=0)
