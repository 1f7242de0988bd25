import keras
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


def test_slow_pictures_take_no_more_than_their_share_of_the_time(tmp_path, monkeypatch):
    """A picture of 10 seconds in a training whose epochs take 15: one every 100 seconds, and the last."""
    now = 0.0
    monkeypatch.setattr("time.monotonic", lambda: now)

    def pass_by(seconds):
        nonlocal now
        now += seconds

    def draw(model):
        pass_by(10.0)
        return np.ones((2, 8, 8, 3))

    clock = keras.callbacks.LambdaCallback(on_epoch_begin=lambda epoch, logs: pass_by(15.0))
    case = CASES["vae"]
    model = compiled(case)
    sampler = SampleImages(tmp_path, draw=draw, gif=False, share=0.1)
    model.fit(case.data(4), epochs=10, callbacks=[clock, sampler], verbose=0)
    drawn = sorted(int(path.stem[-4:]) for path in tmp_path.iterdir())
    # Begun at 15, 115 (epoch 7 ends at 7 x 15 + 10), and the last.
    assert drawn == [1, 7, 10]


def test_the_animation_is_in_the_order_of_epochs(tmp_path):
    for epoch, grey in {9500: 100, 1000: 0, 10000: 200}.items():
        picture = np.full((8, 8), grey, "uint8")
        Image.fromarray(picture).save(tmp_path / f"epoch_{epoch:04d}.png")
    SampleImages(tmp_path).animate()
    with Image.open(tmp_path / "training.gif") as animation:
        seen = []
        for frame in range(animation.n_frames):
            animation.seek(frame)
            seen.append(np.asarray(animation.convert("L"))[0, 0])
    assert seen == sorted(seen) and len(seen) == 3


@pytest.mark.parametrize("share", [0.0, 1.5])
def test_refuses_a_wrong_share(tmp_path, share):
    with pytest.raises(ValueError, match=rf"`share` must be.*Received: share={share}"):
        SampleImages(tmp_path, share=share)


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
