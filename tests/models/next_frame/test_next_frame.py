import dataclasses

import keras
import numpy as np
import pytest
from PIL import Image

import keras_gen
from keras_gen.models.next_frame.recipe import NextFrameRecipe
from keras_gen.models.next_frame.roll_out import RollOut, stacked
from keras_gen.translation import translate_files
from tests.cases import UNTRACED
from tests.models.helpers import array, first_logs, kernel, no_opinion, sgd
from tests.models.next_frame.case import CONTEXT, build, clips

SHAPE = (4, 4, 1)
KNOWN, NEXT = clips(3, 2, shape=SHAPE), clips(3, 1, seed=1, shape=SHAPE)


def weighing(oldest, newest, channels=1):
    """A generator of two frames whose next one is a trainable weighted sum of them."""
    convolution = keras.layers.Conv2D(channels, 1, use_bias=False)
    network = keras.Sequential([keras.Input((4, 4, 2 * channels)), convolution])
    weights = np.concatenate([oldest * np.eye(channels), newest * np.eye(channels)])
    convolution.kernel.assign(weights[None, None])
    return network


def differences(values):
    """Sizes of the steps down the rows and along them, by NumPy."""
    return [np.abs(np.diff(values, axis=axis)) for axis in (-3, -2)]


def gradient_difference(targets, outputs):
    pairs = zip(differences(targets), differences(outputs), strict=True)
    return sum(np.abs(a - b).mean() for a, b in pairs)


@pytest.mark.parametrize("reconstruction", ["l2", "l1"])
def test_the_generator_pays_distance_gradient_difference_and_the_adversarial_loss(reconstruction):
    outputs = 0.25 * KNOWN[:, :1] + 0.5 * KNOWN[:, 1:]
    model = keras_gen.NextFrame(
        weighing(0.25, 0.5),
        no_opinion((4, 4, 2), SHAPE),
        reconstruction=reconstruction,
        gradient_difference_weight=2.0,
    )
    logs = first_logs(sgd(model, 0.0, **UNTRACED).fit(KNOWN, NEXT, verbose=0))
    power = {"l1": 1, "l2": 2}[reconstruction]
    distance = (np.abs(NEXT - outputs) ** power).mean()
    expected = {
        "adversarial_loss": np.log(2),
        "reconstruction_loss": distance,
        "gradient_difference_loss": gradient_difference(NEXT, outputs),
        "discriminator_loss": 0.5 * 2 * np.log(2),  # halved
    }
    expected["generator_loss"] = (
        distance + 2.0 * expected["gradient_difference_loss"] + 0.05 * np.log(2)
    )
    assert {name: logs[name] for name in expected} == pytest.approx(expected, rel=1e-5)


def test_without_a_discriminator_there_is_one_phase_and_an_update_by_hand():
    model = keras_gen.NextFrame(weighing(0.25, 0.5), gradient_difference_weight=0.0)
    model.compile(keras.optimizers.SGD(0.1), **UNTRACED)
    logs = first_logs(model.fit(KNOWN, NEXT, verbose=0))
    error = 0.25 * KNOWN[:, :1] + 0.5 * KNOWN[:, 1:] - NEXT
    assert logs["loss"] == pytest.approx((error**2).mean(), rel=1e-5)
    steps = [(2 * error * KNOWN[:, at : at + 1]).mean() for at in (0, 1)]
    expected = [0.25 - 0.1 * steps[0], 0.5 - 0.1 * steps[1]]
    assert kernel(model.generator).ravel() == pytest.approx(expected, rel=1e-4)
    assert "adversarial_loss" not in logs


def test_frames_are_rolled_out_of_predicted_ones():
    """Fibonacci's rule: a frame is the sum of the two before it."""
    for training in (False, True):
        layer = RollOut(weighing(1.0, 1.0), frames=5)
        known = np.stack([np.zeros(SHAPE), np.full(SHAPE, 0.125)])[None].astype("float32")
        frames = array(layer(known, training=training))
        assert frames.shape == (1, 5, *SHAPE)
        shades = [0.125, 0.25, 0.375, 0.625, 1.0]
        assert frames[0, :, 0, 0, 0].tolist() == shades


def test_predictions_are_clipped_and_trainings_frames_are_not():
    layer = RollOut(weighing(0.0, -3.0), frames=2)
    known = np.full((1, 2, *SHAPE), 0.5, "float32")
    assert array(layer(known, training=True))[0, :, 0, 0, 0].tolist() == [-1.5, 4.5]
    assert array(layer(known))[0, :, 0, 0, 0].tolist() == [-1.0, 1.0]


def test_frames_are_stacked_in_channels_the_oldest_first():
    colours = clips(2, 3, shape=(4, 4, 2))
    images = array(stacked(keras.ops.convert_to_tensor(colours)))
    for frame in range(3):
        np.testing.assert_array_equal(images[..., 2 * frame : 2 * frame + 2], colours[:, frame])
    model = keras_gen.NextFrame(weighing(0.0, -0.5, channels=2))
    frames = model.predict_frames(colours, 2)  # of longer clips the last two
    np.testing.assert_allclose(frames[:, 0], -0.5 * colours[:, 2], atol=1e-6)
    np.testing.assert_allclose(frames[:, 1], 0.25 * colours[:, 2], atol=1e-6)


def test_training_on_several_frames_reaches_the_first_prediction():
    """The second frame is the first's square of the weight: its error's gradient is 2 w."""
    known = np.ones((1, 2, *SHAPE), "float32")
    model = keras_gen.NextFrame(weighing(0.0, 0.5), frames=2, gradient_difference_weight=0.0)
    model.compile(keras.optimizers.SGD(1.0), **UNTRACED)
    targets = np.concatenate([np.full((1, 1, *SHAPE), 0.5), np.zeros((1, 1, *SHAPE))], 1)
    model.fit(known, targets.astype("float32"), verbose=0)
    # loss = ((w - 0.5)^2 + (w^2)^2) / 2, by the newest frame's weight: (0 + 2 w^2 2 w) / 2 = 0.25
    assert kernel(model.generator).ravel()[1] == pytest.approx(0.5 - 0.25, abs=1e-5)


def test_the_discriminator_sees_the_known_frames_beside_the_new_ones():
    """It answers with the newest known frame's mean times that of the judged one."""
    known, new = keras.Input((4, 4, 2)), keras.Input(SHAPE)
    average = keras.layers.GlobalAveragePooling2D()
    newest = keras.layers.Dense(1, use_bias=False)
    product = keras.layers.Multiply()([newest(average(known)), average(new)])
    judge = keras.Model(
        [known, new], keras.layers.Dense(1, use_bias=False, kernel_initializer="ones")(product)
    )
    newest.kernel.assign([[0.0], [1.0]])
    model = keras_gen.NextFrame(weighing(0.25, 0.5), judge, gradient_difference_weight=0.0)
    sgd(model, 0.0, loss="wasserstein", **UNTRACED)
    logs = first_logs(model.fit(KNOWN, NEXT, verbose=0))
    newest_mean, real = KNOWN[:, 1].mean((1, 2, 3)), NEXT[:, 0].mean((1, 2, 3))
    fake = (0.25 * KNOWN[:, 0] + 0.5 * KNOWN[:, 1]).mean((1, 2, 3))
    assert logs["adversarial_loss"] == pytest.approx(-(newest_mean * fake).mean(), abs=1e-6)
    expected = 0.5 * ((newest_mean * fake).mean() - (newest_mean * real).mean())
    assert logs["discriminator_loss"] == pytest.approx(expected, abs=1e-6)


def test_evaluation_tells_of_the_frames_and_of_their_sharpness():
    model = keras_gen.NextFrame(weighing(0.0, 0.5))
    model.compile()
    scores = model.evaluate(KNOWN, NEXT, verbose=0, return_dict=True)
    outputs = 0.5 * KNOWN[:, 1:]
    error = ((NEXT - outputs) ** 2).mean((1, 2, 3, 4))
    assert scores["l1"] == pytest.approx(np.abs(NEXT - outputs).mean(), rel=1e-5)
    assert scores["psnr"] == pytest.approx((10 * np.log10(4 / error)).mean(), rel=1e-5)
    sharpness = sum(step.mean() for step in differences(outputs))
    assert scores["sharpness"] == pytest.approx(sharpness, rel=1e-5)


def test_the_average_predicts():
    model = build(ema_decay=0.9)
    before = model.predict_frames(clips(2, CONTEXT), 2)
    model.generator.set_weights([2.0 * w for w in model.generator.get_weights()])
    np.testing.assert_array_equal(model.predict_frames(clips(2, CONTEXT), 2), before)
    model.ema_generator.set_weights([0.0 * w for w in model.generator.get_weights()])
    assert np.abs(before).max() > 0 and not model.predict_frames(clips(2, CONTEXT), 2).any()


@pytest.fixture(scope="module")
def opened():
    """Clips of twelve frames, each a step brighter than the one before."""
    shades = np.linspace(-0.55, 0.55, 12).reshape(1, 12, 1, 1, 1)
    return keras_gen.data.open_clips(
        (shades + clips(3, 1, shape=SHAPE) * 0.4).astype("float32"), 3, context=2
    )


def test_a_report_of_frames_that_are_rolled_out(opened):
    """The line through the last two frames is the truth, and copying falls behind by a step a frame."""
    model = keras_gen.NextFrame(weighing(-1.0, 2.0))
    model.compile()
    report = model.report(opened, 3)
    assert report["counts"] == {"examples": 3} and "fitted" not in report
    assert report["losses"]["l1"] < 1e-5 < 0.09 < report["copying"]["l1"] == pytest.approx(0.1)
    # Ten steps of 0.1 in a range of 2.
    assert report["copying"]["psnr, frame 10"] == pytest.approx(10 * np.log10(4), rel=1e-4)
    assert report["scores"]["psnr, mean of 10 frames"] > 80
    sharpness = sum(step.mean() for step in differences(clips(3, 1, shape=SHAPE) * 0.4))
    for part in ("scores", "copying", "floor"):
        assert report[part]["sharpness, frame 10"] == pytest.approx(sharpness, rel=1e-3)
    with pytest.raises(ValueError, match="`features`"):
        model.report(opened, 3, features="classifier_digits")


def test_a_preview_has_the_true_frames_above_the_predicted(opened, tmp_path):
    model = keras_gen.NextFrame(weighing(-1.0, 2.0))
    context, targets = next(iter(opened.with_frames(6, 2).batches(batch_size=2)))
    shown, columns = model.preview((context, targets))
    assert shown.shape == (4, 6, *SHAPE) and columns == 1
    np.testing.assert_array_equal(shown[0], np.concatenate([context[0], targets[0]]))
    assert (shown[1, :2] == 1).all()  # white under what was known
    np.testing.assert_allclose(shown[1, 2:], targets[0], atol=1e-5)
    path = model.gives.show(shown, tmp_path / "strip", columns, least=1)
    assert keras_gen.pictures.read_picture(path).shape == (4 * 6 + 2, 6 * 6 + 2, 1)
    path = model.gives.show(shown, tmp_path / "clips.gif", least=1)
    assert path.name == "clips.gif" and path.read_bytes()[:3] == b"GIF"
    with pytest.raises(ValueError, match="`examples`"):
        model.preview()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"frames": 0}, "`frames` must be an integer above 0. Received: frames=0"),
        ({"adversarial_weight": -1}, "`adversarial_weight`.*Received: adversarial_weight=-1"),
        ({"gradient_difference_weight": None}, "`gradient_difference_weight`.*Received: .*=None"),
        ({"reconstruction": "l3"}, "Received: identifier='l3'"),
        ({"discriminator": no_opinion(SHAPE, SHAPE)}, "`discriminator` must take inputs of shape"),
        ({"generator": no_opinion((4, 4, 3), (4, 4, 3))}, "`generator` must take one input"),
        ({"generator": keras.Sequential([keras.Input((4, 4, 3)), keras.layers.Conv2D(2, 1)])},
         r"`generator` must take \(height, width, context \* channels\)"),
    ],
)  # fmt: skip
def test_refuses(arguments, message):
    with pytest.raises(ValueError, match=message):
        keras_gen.NextFrame(**{"generator": weighing(0.0, 1.0), **arguments})


def test_refuses_what_does_not_go_together():
    model = keras_gen.NextFrame(weighing(0.0, 1.0))
    with pytest.raises(ValueError, match="`discriminator_optimizer` is for a model with"):
        model.compile(discriminator_optimizer="adam")
    with pytest.raises(ValueError, match="`optimizer` is another name"):
        model.compile("adam", optimizer="adam")
    with pytest.raises(ValueError, match="`clips` must have the shape"):
        model.predict_frames(KNOWN[:, :1])
    with pytest.raises(ValueError, match="`frames` must be an integer above 0"):
        model.predict_frames(KNOWN, 0)


def test_a_file_without_a_discriminator_goes_on(tmp_path):
    model = keras_gen.NextFrame(weighing(0.25, 0.5), ema_decay=0.5)
    model.compile(keras.optimizers.SGD(0.1), **UNTRACED)
    model.fit(KNOWN, NEXT, verbose=0)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded.predict_frames(KNOWN, 3), model.predict_frames(KNOWN, 3))
    logs = [first_logs(m.fit(KNOWN, NEXT, verbose=0)) for m in (model, loaded)]
    assert logs[0] == pytest.approx(logs[1], rel=1e-6)


def test_files_of_clips_are_continued(tmp_path):
    model = keras_gen.NextFrame(weighing(-1.0, 2.0))
    shades = np.linspace(-0.5, -0.3, 3, dtype="float32").reshape(1, 3, 1, 1, 1)
    np.save(tmp_path / "clips.npy", shades * np.ones((2, 1, *SHAPE), "float32"))
    count = translate_files(model, tmp_path / "clips.npy", tmp_path / "out", frames=5)
    assert count == 2
    with Image.open(tmp_path / "out" / "1.gif") as gif:
        assert gif.n_frames == 8
        gif.seek(7)
        shade = np.array(gif.convert("L"))[100, 100]
    assert shade == pytest.approx((0.2 + 1) * 127.5, abs=1)  # on the line through the last two
    with pytest.raises(ValueError, match="`frames` must be an integer above 0"):
        translate_files(model, tmp_path / "clips.npy", tmp_path / "out", frames=0)


def test_a_folder_s_held_out_clips_are_continued_from_their_ends(tmp_path):
    for name, shades in {"train/a": range(3), "val/b": range(0, 250, 10)}.items():
        (tmp_path / name).mkdir(parents=True)
        for number, shade in enumerate(shades):
            Image.new("L", (4, 4), shade).save(tmp_path / name / f"{number}.png")
    model = keras_gen.NextFrame(weighing(-1.0, 2.0))
    assert translate_files(model, tmp_path, tmp_path / "out", frames=1) == 1
    with Image.open(tmp_path / "out" / "0.gif") as gif:
        assert gif.n_frames == 21  # twenty of 25, and one more
        gif.seek(20)
        assert np.array(gif.convert("L"))[100, 100] == pytest.approx(250, abs=1)


@pytest.mark.filterwarnings("ignore:.*Elements have at most")
def test_clips_are_not_written_over_nor_taken_for_what_was_given(tmp_path):
    frames = [Image.new("L", (4, 4), shade) for shade in range(0, 250, 60)]
    for name in ("0.gif", "1.gif"):
        frames[0].save(tmp_path / name, save_all=True, append_images=frames[1:])
    before = (tmp_path / "0.gif").read_bytes()
    model = keras_gen.NextFrame(weighing(-1.0, 2.0))
    with pytest.raises(ValueError, match="`output` must be another folder than that of the clips"):
        translate_files(model, tmp_path, tmp_path / "out" / "..", frames=1)
    assert (tmp_path / "0.gif").read_bytes() == before
    assert translate_files(model, tmp_path, tmp_path / "out", frames=1) == 2
    with pytest.raises(ValueError, match="`output` must be empty where it lies in the clips'"):
        translate_files(model, tmp_path, tmp_path / "out", frames=1)


def test_clips_of_other_sizes_are_not_shown(tmp_path):
    for split, side in {"train": 8, "test": 12}.items():
        (tmp_path / split / "a").mkdir(parents=True)
        for number in range(6):
            Image.new("L", (side, side)).save(tmp_path / split / "a" / f"{number}.png")
    recipe = NextFrameRecipe(dataset=str(tmp_path), context=3, frames=1, base_filters=4, blocks=1)
    assert recipe.preview(recipe.open())[0].shape == (1, 3, 8, 8, 1)


def test_the_recipe_makes_what_its_options_say():
    shades = np.zeros((3, 7, 8, 8, 1), "uint8")
    recipe = NextFrameRecipe(dataset="", context=3, frames=2, base_filters=4, blocks=1, loss="l1")
    opened = keras_gen.data.open_clips(shades, 5, context=3)
    model = recipe.build(opened, 10)
    assert (model.context, model.frames, model.reconstruction) == (3, 2, "l1")
    assert model.discriminator is None and model.ema_decay == 0.999
    context, targets = recipe.preview(opened)
    assert context.shape == (3, 3, 8, 8, 1) and targets.shape == (3, 4, 8, 8, 1)
    recipe = dataclasses.replace(recipe, adversarial_weight=0.05, ema_decay=0.0)
    model = recipe.build(opened, 10)
    assert model.adversarial_weight == 0.05 and model.ema_decay is None
    assert [tuple(x.shape) for x in model.discriminator.inputs] == [
        (None, 8, 8, 3),
        (None, 8, 8, 2),
    ]
