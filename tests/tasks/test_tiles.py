import dataclasses

import keras
import numpy as np
import pytest

from keras_gen import networks
from keras_gen.core.reach import Reach, reach_of
from keras_gen.modalities import spec_of
from keras_gen.modalities.images.range import in_range, to_uint8
from keras_gen.tasks.tiles import _windows, translate_in_tiles
from keras_gen.tasks.translating import Direction

ANY = spec_of((None, None, 3))


def direction_of(network, channels=3):
    spec = spec_of((None, None, channels))

    def translate(images):
        return keras.ops.convert_to_numpy(network(images, training=False))

    return Direction(spec, spec, 1, translate, network=network)


def scrambled(network, seed=0):
    draws = np.random.default_rng(seed)
    for weight in network.weights:
        scale = 0.7 / np.sqrt(np.prod(weight.shape[:-1])) if len(weight.shape) > 1 else 0.1
        weight.assign(draws.normal(0, scale, weight.shape))
    return network


def picture(height, width, channels=3):
    return np.random.default_rng(1).integers(0, 256, (height, width, channels), "uint8")


@pytest.mark.parametrize(("size", "channels"), [((41, 67), 3), ((59, 13), 1), ((7, 5), 3)])
@pytest.mark.parametrize("factor", [2, 3])
def test_tiles_are_the_whole(size, channels, factor):
    network = networks.edsr_generator((None, None, channels), factor, 4, 1, seed=0)
    direction = direction_of(scrambled(network), channels)
    taken, sizes = picture(*size, channels), set()

    def translate(images):
        sizes.add(images.shape[1:3])
        return direction.translate(images)

    watched = dataclasses.replace(direction, translate=translate)
    made = translate_in_tiles(watched, taken, piece=10 * factor)
    whole = direction.translate(in_range(taken[None]))[0]
    assert np.abs(made / 127.5 - 1.0 - whole).max() <= 0.5 / 127.5 + 1e-4
    assert (made != to_uint8(whole)).mean() < 1e-3  # but where rounding stands on the edge
    length = 10 + 2 * reach_of(network).pixels
    assert sizes == {tuple(min(side, length) for side in size)}


def test_a_margin_that_is_too_small_would_show(monkeypatch):
    network = scrambled(networks.edsr_generator((None, None, 3), 2, 4, 1, seed=0))
    direction, taken = direction_of(network), picture(41, 41)
    monkeypatch.setattr("keras_gen.tasks.tiles.reach_of", lambda network: Reach(1, 2))
    whole = direction.translate(in_range(taken[None]))[0]
    made = translate_in_tiles(direction, taken, piece=20)
    assert np.abs(made / 127.5 - 1.0 - whole).max() > 0.05


def test_the_reach_is_that_of_the_layers():
    """Of EDSR's: head, two a block, the body's end and each stage's at its own scale; at least 2, bicubic's."""
    assert reach_of(networks.edsr_generator(factor=2, base_filters=1, blocks=3)) == (10, 2)
    assert reach_of(networks.edsr_generator(factor=4, base_filters=1, blocks=3)) == (10, 4)
    network = scrambled(networks.edsr_generator(factor=2, base_filters=4, blocks=1))
    reach = reach_of(network).pixels
    draw = np.random.default_rng(0).uniform(-0.3, 0.3, (1, 24, 24, 3)).astype("float32")
    changed = draw.copy()
    changed[0, 12, 12] += 0.5
    before, after = (
        keras.ops.convert_to_numpy(network(x, training=True))[0] for x in (draw, changed)
    )
    rows = np.flatnonzero(np.abs(after - before).max((1, 2)) > 0)
    assert 12 - reach <= rows.min() // 2 and rows.max() // 2 <= 12 + reach
    assert rows.min() // 2 <= 12 - reach + 1  # and no more than a pixel in vain


def reach_after(*layers):
    return reach_of(keras.Sequential([keras.Input((None, None, 3)), *layers]))


def test_what_looks_everywhere_or_skips_pixels_has_no_reach():
    layers = keras.layers
    assert reach_after(layers.Conv2D(2, 3, padding="same", dilation_rate=2)) == (2, 1)
    assert reach_after(layers.ZeroPadding2D(1), layers.Conv2D(2, 3)) == (2, 1)
    assert reach_after(layers.UpSampling2D(2), layers.Conv2D(2, 3, padding="same")) == (1, 2)
    assert reach_after(layers.Conv2D(2, 3, strides=2, padding="same")) is None
    assert reach_after(layers.GroupNormalization(1)) is None
    assert reach_of(networks.resnet_generator((8, 8, 3), 3, 2, 1)) is None


@pytest.mark.parametrize(
    ("side", "core", "margin"), [(100, 10, 3), (17, 4, 6), (16, 4, 6), (35, 10, 0)]
)
def test_windows_cover_a_side_once_with_room_around(side, core, margin):
    windows = _windows(side, core, core + 2 * margin)
    kept = [place for _, inner in windows for place in range(side)[inner]]
    assert kept == list(range(side))
    for window, inner in windows:
        assert inner.start - window.start >= margin or window.start == 0
        assert window.stop - inner.stop >= margin or window.stop == side
        assert len(windows) == 1 or window.stop - window.start == core + 2 * margin
