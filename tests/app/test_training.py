"""A training that is interrupted, damaged, lengthened, or whose data change."""

import json
import os
import pathlib
import signal
import subprocess
import sys
import types
import zipfile

import keras
import numpy as np
import pytest
from PIL import Image

import keras_gen
from keras_gen.app import training as training_module
from keras_gen.app import watching
from keras_gen.app.opening import evaluation_of
from keras_gen.app.stopping import Stopper
from keras_gen.metrics import get_feature_extractor
from keras_gen.recipes import find_family
from tests.app.conftest import history, without_seconds, write_pictures

ROOT = pathlib.Path(keras_gen.__file__).parents[1]
EXACT = {"rtol": 0, "atol": 0} if keras.backend.backend() == "tensorflow" else {"atol": 1e-6}


class StopsAfter(Stopper):
    """A signal that comes after so many steps."""

    def __init__(self, steps):
        super().__init__()
        self.left = steps

    def check(self):
        self.left -= 1
        return self.left < 0


def state(model):
    optimizers = [keras.ops.convert_to_numpy(v) for v in model.optimizer.variables]
    return [*model.get_weights(), *optimizers]


def assert_same(a, b):
    for left, right in zip(state(a), state(b), strict=True):
        np.testing.assert_allclose(left, right, **EXACT)


def steps_of(model):
    return int(model.optimizer.iterations)


# Interruptions


# The first stage of progressive_gan has one pass of the three, and in the second it fades in for five steps.
@pytest.mark.slow
@pytest.mark.parametrize("name", ["vae", "gan", "progressive_gan"])
def test_a_training_stopped_twice_in_mid_epoch_goes_on_as_if_it_had_not(training, tmp_path, name):
    whole = training("whole", name, epochs=3)
    for taken, options in {4: {"epochs": 3}, 8: {"resume": True}}.items():
        with pytest.raises(KeyboardInterrupt):
            training("parts", name, stopper=StopsAfter(3), **options)
        with zipfile.ZipFile(tmp_path / "parts" / "model.keras") as archive:
            kept = json.loads(archive.comment)["keras_gen_progress"]
        assert kept["step"] == taken and kept["logs"]["loss"][1] == taken % 5
    parts = training("parts", name, resume=True)
    assert steps_of(parts) == steps_of(whole) == 15
    assert_same(whole, parts)
    rows = [without_seconds(history(tmp_path / folder)) for folder in ("whole", "parts")]
    if keras.backend.backend() == "tensorflow":
        assert rows[0] == rows[1]
    for a, b in zip(*rows, strict=True):
        assert float(a["loss"]) == pytest.approx(float(b["loss"]), rel=1e-5)


def test_a_training_killed_after_its_last_checkpoint_has_its_animation_all_the_same(
    training, tmp_path
):
    training("run", "vae", epochs=1)
    animation = tmp_path / "run" / "samples" / "training.gif"
    before = animation.read_bytes()
    animation.unlink()
    training("run", "vae", resume=True)
    assert animation.read_bytes() == before


@pytest.mark.one_backend
def test_a_checkpoint_that_has_both_names_already_leaves_no_third(tmp_path):
    folder = training_module.RunFolder(tmp_path)
    folder.model.write_text("the last")
    os.link(folder.model, folder.previous)  # Killed before the next one took its place.

    class Model:
        def save(self, path):
            zipfile.ZipFile(path, "w").close()

    folder.save(Model(), training_module.Progress(1))
    assert sorted(os.listdir(tmp_path)) == ["model.keras", "model.previous.keras"]
    assert folder.previous.read_text() == "the last"


@pytest.mark.one_backend
@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="Linux has a disk that is full.")
def test_a_history_that_finds_no_space_is_named(tmp_path):
    rows = watching.History(tmp_path / "history.csv")
    rows.on_train_begin()
    rows.csv_file.close()
    rows.csv_file = open("/dev/full", "w")  # noqa: SIM115
    for call in (lambda: rows.on_epoch_end(0, {"loss": 1.0}), rows.close):
        with pytest.raises(OSError, match=r"No space left on device: '.*/history.csv'$"):
            call()


def test_it_is_saved_within_an_epoch_every_few_minutes(training, tmp_path, monkeypatch):
    saved = []
    save = training_module.RunFolder.save
    monkeypatch.setattr(
        training_module.RunFolder,
        "save",
        lambda folder, model, progress: saved.append(progress) or save(folder, model, progress),
    )
    training("run", epochs=2, save_every=0.0)
    assert [progress.step for progress in saved] == list(range(1, 11))
    assert [progress.logs is None for progress in saved] == ([False] * 4 + [True]) * 2


@pytest.mark.one_backend
def test_short_epochs_are_not_all_saved(monkeypatch):
    """Epochs of a second, and a second for each checkpoint: every 20 seconds, and after the last."""
    now = [0.0]
    monkeypatch.setattr(watching.time, "monotonic", lambda: now[0])

    saved = []

    class Folder:
        def save(self, model, progress):
            now[0] += 1.0
            saved.append(epoch)

    class Model:
        stop_training = False
        optimizer = types.SimpleNamespace(iterations=0)

    stopper = types.SimpleNamespace(check=lambda: False)
    saver = watching.Saver(Folder(), None, stopper)
    saver.set_model(Model())
    saver.set_params({"epochs": 50})
    for epoch in range(50):
        saver.on_epoch_begin(epoch)
        now[0] += 1.0
        saver.on_epoch_end(epoch)
    assert saved == [0, 20, 40, 49]
    Model.stop_training = True
    saver.on_epoch_end(epoch)
    assert saved[4:] == [49]


@pytest.mark.one_backend
def test_a_batch_that_was_seen_is_not_seen_again(training, monkeypatch):
    seen = []
    recipe = find_family("vae").load()
    batches = recipe.batches

    def spy(self, *arguments, **options):
        made = batches(self, *arguments, **options)
        return made.map(lambda images: watch(images))

    def watch(images):
        import tensorflow as tf

        tf.numpy_function(lambda x: seen.append(x.sum()), [images], [])
        return images

    monkeypatch.setattr(recipe, "batches", spy)
    with pytest.raises(KeyboardInterrupt):
        training("run", epochs=1, stopper=StopsAfter(1))
    first = seen[:2]
    seen.clear()
    training("run", resume=True)
    assert len({*first, *seen[-3:]}) == 5


def interrupt_second_epoch(clock, epoch, logs=None):
    if epoch == 1:
        raise KeyboardInterrupt


@pytest.mark.one_backend
def test_an_interruption_in_the_first_epoch_leaves_what_can_go_on(
    run, training, tmp_path, pictures
):
    def at_once(clock, epoch, logs=None):
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(watching.Clock, "on_epoch_begin", at_once)
        training("run", epochs=2)
    folder = tmp_path / "run"
    assert (folder / "history.csv").read_text() == "" and not (folder / "model.keras").exists()
    command = ["train", "vae", "--dataset", pictures, "--base-filters", 4, "--latent-dim", 3]
    command += ["--batch-size", 4, "--epochs", 2, "--output", folder]
    code, _, err = run(*command, "--resume")
    assert code == 0, err
    assert "no checkpoint yet: the training starts from the beginning" in err
    assert len(history(folder)) == 2

    (folder / "model.keras").unlink()
    (folder / "model.previous.keras").unlink()
    (folder / "history.csv").write_text("")
    assert run(*command)[0] == 0
    assert len(history(folder)) == 2


@pytest.mark.slow
@pytest.mark.one_backend
def test_a_cut_last_row_of_the_history_is_left_out(training, tmp_path):
    whole = training("whole", epochs=3)
    with pytest.MonkeyPatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(watching.Clock, "on_epoch_begin", interrupt_second_epoch)
        training("run", epochs=3)
    with open(tmp_path / "run" / "history.csv", "a") as file:
        file.write("1,0.12")
    assert_same(whole, training("run", resume=True))
    assert [row["epoch"] for row in history(tmp_path / "run")] == ["0", "1", "2"]


@pytest.mark.slow
@pytest.mark.one_backend
@pytest.mark.parametrize("damage", ["cut", "flipped", "empty", "gone"])
def test_a_damaged_checkpoint_gives_way_to_the_one_before(training, tmp_path, capsys, damage):
    whole = training("whole", epochs=3)
    training("run", epochs=3)
    path = tmp_path / "run" / "model.keras"
    content = bytearray(path.read_bytes())
    if damage == "gone":
        path.unlink()
    else:
        content[len(content) // 2] ^= 0xFF
        cut = {"cut": len(content) // 2, "flipped": len(content), "empty": 0}[damage]
        path.write_bytes(bytes(content[:cut]))
    capsys.readouterr()
    again = training("run", resume=True)
    assert_same(whole, again)
    words = capsys.readouterr().err
    assert damage == "gone" or ("can't be read" in words and "model.previous.keras" in words)
    assert [row["epoch"] for row in history(tmp_path / "run")] == ["0", "1", "2"]


@pytest.mark.one_backend
@pytest.mark.parametrize(
    ("files", "content", "message"),
    [
        (["model.keras", "model.previous.keras"], b"no", "No checkpoint of this training is left"),
        (["settings.json"], b'{"model": "va', "settings.json is damaged and can't be read"),
        (["settings.json"], b"[1]", "settings.json must hold one object"),
        (["settings.json"], b'{"dataset": "digits"}', "must name the model"),
        (["data.json"], b"", "data.json is damaged and can't be read"),
        (["history.csv"], b"\xff\xfe\x00", "history.csv is damaged"),
        (["history.csv"], b"epoch,loss\nzero,1\n1,2\n", "history.csv is damaged"),
    ],
)
def test_damaged_files_give_one_sentence(run, training, tmp_path, files, content, message):
    training("run", epochs=2)
    for name in files:
        (tmp_path / "run" / name).write_bytes(content)
    code, _, err = run("train", "vae", "--output", "run", "--resume")
    assert code == 2
    assert message in err and len(err.strip().splitlines()) == 1


def test_a_checkpoint_of_another_model_is_refused(training, tmp_path):
    training("run", epochs=1)
    path = tmp_path / "run" / "settings.json"
    path.write_text(path.read_text().replace('"latent_dim": 3', '"latent_dim": 5'))
    with pytest.raises(ValueError, match=r"does not fit the model that .*settings.json describes"):
        training("run", resume=True, latent_dim=5)


@pytest.mark.one_backend
def test_what_a_killed_process_had_not_finished_is_removed(training, tmp_path):
    training("run", epochs=1)
    folder = tmp_path / "run"
    strays = [
        ".model.keras.ab12cd34.keras",
        ".settings.json.x.json",
        "samples/.epoch_0001.png.q.png",
    ]
    for name in strays:
        (folder / name).write_bytes(b"half")
    (folder / ".mine").write_text("stays")
    training("run", resume=True, epochs=2)
    assert not any((folder / name).exists() for name in strays)
    assert (folder / ".mine").exists() and not (folder / ".lock").exists()


@pytest.mark.slow
@pytest.mark.one_backend
@pytest.mark.usefixtures("rewritten_graphs")
def test_sigterm_saves_the_step_and_says_how_to_go_on(training, tmp_path, pictures):
    whole = training("whole", epochs=40)
    command = [sys.executable, "-m", "keras_gen", "train", "vae", "--dataset", str(pictures)]
    command += ["--base-filters", "4", "--latent-dim", "3", "--batch-size", "4"]
    command += ["--epochs", "40", "--output", str(tmp_path / "run")]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT
    ) as process:
        assert process.stdout.readline().startswith("Epoch 1 of 40")
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=120)
    assert process.returncode == 143, err
    assert (
        f"Terminated. Go on with: keras-gen train vae --output {tmp_path / 'run'} --resume" in err
    )
    assert_same(whole, training("run", resume=True))


# Two processes


@pytest.mark.slow
@pytest.mark.one_backend
def test_two_processes_do_not_write_into_one_folder(training, tmp_path, pictures):
    folder = tmp_path / "run"
    folder.mkdir()
    script = "import sys; from keras_gen.lock import locked\n"
    script += "with locked(sys.argv[1]): print('held', flush=True); sys.stdin.read()"
    holder = subprocess.Popen(
        [sys.executable, "-c", script, str(folder / ".lock")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
    )
    try:
        assert holder.stdout.readline().strip() == b"held"
        with pytest.raises(ValueError, match=f"in which process {holder.pid} is training"):
            training("run", epochs=1)
        holder.kill()  # Its lock goes with it; its file stays.
        holder.wait()
        assert (folder / ".lock").exists()
        training("run", epochs=1)
    finally:
        holder.kill()
        holder.wait()
        holder.stdin.close()
        holder.stdout.close()
    assert not (folder / ".lock").exists()


# Lengths


def rates(model):
    return [
        float(keras.ops.convert_to_numpy(model.optimizer[phase].learning_rate))
        for phase in model.optimizer.phase_names
    ]


@pytest.mark.one_backend
def test_a_training_can_be_made_longer(training, tmp_path):
    """The rates are those of the new length, at the step that was reached."""
    first = training("run", "gan", epochs=2)
    assert rates(first) == [0.0, 0.0]
    seen = []

    class Spy(watching.Clock):
        def on_train_batch_begin(self, batch, logs=None):
            seen.append(rates(self.model)[0])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(watching, "Clock", Spy)
        longer = training("run", "gan", epochs=6, resume=True)
    assert steps_of(longer) == 30 and len(seen) == 20
    # 30 updates: 15 at 5e-4, and 15 that fall to zero; the first ten were made before.
    expected = [5e-4 * min(1.0, (30 - step) / 15) for step in range(10, 30)]
    np.testing.assert_allclose(seen, expected, rtol=1e-5)
    assert rates(longer) == [0.0, 0.0]
    assert [row["epoch"] for row in history(tmp_path / "run")] == list("012345")
    settings = json.loads((tmp_path / "run" / "settings.json").read_text())
    assert settings["epochs"] == 6


@pytest.mark.one_backend
def test_a_finished_training_says_so(training, tmp_path, capsys):
    training("run", epochs=2)
    before = (tmp_path / "run" / "model.keras").read_bytes()
    training("run", resume=True)
    assert "The training is done: 10 steps were taken, and 10 asked for." in capsys.readouterr().err
    assert (tmp_path / "run" / "model.keras").read_bytes() == before


@pytest.mark.slow
@pytest.mark.parametrize("name", ["vae", "cvae", "vae_gan"])
def test_a_sampler_is_fitted_at_the_end_and_kept(training, tmp_path, pictures, capsys, name):
    """A finished training may be given one, a longer one begins from the weights and fits it anew."""
    if name == "cvae":
        for number, file in enumerate(sorted(pictures.iterdir())):
            (pictures / "ab"[number % 2]).mkdir(exist_ok=True)
            file.rename(pictures / "ab"[number % 2] / file.name)
    size = {} if name != "vae_gan" else {"image_size": 16}
    plain = training("run", name, steps=6, **size)
    assert plain.sampler is None
    fitted = training("run", name, sampler="gmm", resume=True)
    assert "The sampler (gmm) is fitted to the latents of 20 images." in capsys.readouterr().err
    assert_same_weights(plain.decoder, fitted.decoder)
    kept = keras.saving.load_model(tmp_path / "run" / "model.keras")
    drawn = kept.generate(4, seed=0)
    np.testing.assert_allclose(drawn, fitted.generate(4, seed=0), atol=1e-6)
    assert np.abs(drawn - kept.generate(4, seed=0, sampler="prior")).max() > 1e-4
    longer = training("run", name, steps=9, resume=True)
    assert steps_of(longer) == 9 and longer.sampler is not None
    if name != "vae_gan":  # whose rates are those of a length
        assert_same(training("whole", name, steps=9, sampler="gmm"), longer)


def assert_same_weights(a, b):
    for left, right in zip(a.get_weights(), b.get_weights(), strict=True):
        np.testing.assert_array_equal(left, right)


@pytest.mark.one_backend
def test_a_sampler_is_fitted_to_grey_images_as_they_are(training, pictures):
    """Also of a model that learns from black and white ones: it makes grey ones. Its rate falls to 0 here."""
    model = training("run", epochs=2, binarize="dynamic", schedule="falling", sampler="gmm")
    assert rates(model) == [0.0]
    fitted = model.sampler.get_weights()
    grey = keras_gen.data.images(str(pictures), batch_size=4, seed=0)
    model.fit_sampler("gmm", grey, of="samples", components=1)
    for left, right in zip(fitted, model.sampler.get_weights(), strict=True):
        np.testing.assert_allclose(left, right, atol=1e-5)


@pytest.mark.one_backend
def test_a_sampler_takes_one_process(training, monkeypatch):
    """What several processes hold is not to be had by one."""
    devices = types.SimpleNamespace(is_chief=True, processes=2)
    monkeypatch.setattr(training_module.distribution, "start", lambda strategy: devices)
    with pytest.raises(ValueError, match="`sampler` is for one process"):
        training("run", sampler="gmm")


@pytest.mark.slow
def test_steps_may_end_within_an_epoch_and_go_on(training, tmp_path):
    """Twelve steps are two passes of five and two of the third."""
    first = training("run", steps=12)
    assert steps_of(first) == 12
    assert [row["epoch"] for row in history(tmp_path / "run")] == ["0", "1", "2"]
    training("run", resume=True, steps=20)
    whole = training("whole", steps=20)
    rows = [without_seconds(history(tmp_path / name)) for name in ("run", "whole")]
    assert [row["epoch"] for row in rows[0]] == ["0", "1", "2", "3"]
    assert rows[0][:2] == rows[1][:2] and rows[0][3] == rows[1][3]
    assert_same(whole, training("run", resume=True))
    training("run", resume=True, steps=22)
    before = history(tmp_path / "run")
    training("run", resume=True)
    assert history(tmp_path / "run") == before and len(before) == 5


@pytest.mark.one_backend
def test_lengths_exclude_each_other(training):
    with pytest.raises(ValueError, match="`epochs` and `steps` exclude each other"):
        training("run", epochs=2, steps=3)


@pytest.mark.slow
@pytest.mark.one_backend
def test_minutes_become_steps_that_are_kept(training, tmp_path, capsys):
    model = training("run", "gan", minutes=0.02)
    settings = json.loads((tmp_path / "run" / "settings.json").read_text())
    assert settings["minutes"] == 0.02 and settings["epochs"] is None
    assert steps_of(model) == settings["steps"] > 0
    assert f"0.02 minutes are {settings['steps']} steps" in capsys.readouterr().err
    assert rates(model) == [0.0, 0.0]
    # The throwaway start changed nothing: the same steps, asked for, train the same model.
    assert_same(model, training("again", "gan", steps=settings["steps"]))


@pytest.mark.one_backend
def test_few_data_have_a_length_in_steps(training, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(find_family("vae").load(), "least_steps", 90)
    monkeypatch.setattr(find_family("vae").load(), "default_epochs", 3)
    training("run")
    # 90 steps of the default batch are enough; batches of 4 are smaller than that, so no fewer.
    assert json.loads((tmp_path / "run" / "settings.json").read_text())["epochs"] == 18
    assert "Training for 18 epochs of 5 steps" in capsys.readouterr().err


@pytest.mark.one_backend
def test_long_trainings_have_200_pictures_or_so(training, tmp_path, monkeypatch):
    monkeypatch.setattr(training_module, "MOST_PICTURES", 2)
    training("run", epochs=5)
    names = sorted(path.name for path in (tmp_path / "run" / "samples").glob("epoch_*"))
    assert names == ["epoch_0002.png", "epoch_0004.png", "epoch_0005.png"]


# Data that change


@pytest.mark.slow
@pytest.mark.one_backend
@pytest.mark.parametrize(("count", "steps"), [(41, 10), (9, 2)])
@pytest.mark.parametrize("stop", [None, 6])
def test_a_folder_that_grew_or_shrank(training, tmp_path, pictures, capsys, count, steps, stop):
    if stop is None:
        training("run", "gan", epochs=2)
    else:
        with pytest.raises(KeyboardInterrupt):
            training("run", "gan", epochs=4, stopper=StopsAfter(stop))
    for path in pictures.iterdir():
        path.unlink()
    write_pictures(pictures, range(count))
    capsys.readouterr()
    seen = []

    class Spy(watching.Clock):
        def on_train_batch_begin(self, batch, logs=None):
            seen.append(rates(self.model)[0])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(watching, "Clock", Spy)
        model = training("run", "gan", epochs=4, resume=True)
    words = capsys.readouterr().err
    assert f"The data set has {count} examples now and had 23" in words
    begun, epoch = (10, 2) if stop is None else (7, 1)
    assert ("the one under way begins anew" in words) is (stop is not None)
    total = begun + (4 - epoch) * steps
    assert steps_of(model) == total and len(seen) == total - begun
    expected = [5e-4 * min(1.0, (total - i) / (total - total // 2)) for i in range(begun, total)]
    np.testing.assert_allclose(seen, expected, rtol=1e-5)
    assert [row["epoch"] for row in history(tmp_path / "run")] == ["0", "1", "2", "3"]
    data = json.loads((tmp_path / "run" / "data.json").read_text())
    assert data["passes"] == [
        {"epoch": 0, "step": 0, "count": 23, "steps": 5},
        {"epoch": epoch, "step": begun, "count": count, "steps": steps},
    ]
    # Longer once more: the count of passes goes on from the change.
    assert steps_of(training("run", "gan", epochs=5, resume=True)) == total + steps


@pytest.mark.one_backend
def test_what_the_data_are_is_kept(run, tmp_path):
    options = ["--epochs", "1", "--batch-size", "500", "--base-filters", "4"]
    code, _, err = run(
        "train", "conditional_gan", "--dataset", "digits", *options, "--output", "run"
    )
    assert code == 0, err
    data = json.loads((tmp_path / "run" / "data.json").read_text())
    assert (data["count"], data["steps"], data["shapes"]) == (1497, 2, [[8, 8, 1]])
    assert data["class_names"] == [str(number) for number in range(10)]
    assert (data["split"], data["splits"]) == ("train", ["train", "test"])


@pytest.mark.one_backend
def test_columns_are_added_to_a_history_beside_it(tmp_path, monkeypatch):
    path = tmp_path / "history.csv"
    path.write_text("epoch,loss\n0,1.5\n")
    rows = watching.History(path)
    rows.on_train_begin()
    monkeypatch.setattr(watching.csv, "writer", lambda file: file.no_such_method)
    with pytest.raises(AttributeError):
        rows.on_epoch_end(1, {"loss": 1.0, "kid": 2.0})
    rows.close()
    assert path.read_text() == "epoch,loss\n0,1.5\n" and os.listdir(tmp_path) == ["history.csv"]
    monkeypatch.undo()
    rows = watching.History(path)
    rows.on_train_begin()
    rows.on_epoch_end(1, {"loss": 1.0, "kid": 2.0})
    rows.close()
    assert path.read_text().split() == ["epoch,loss,kid", "0,1.5,NA", "1,1.0,2.0"]


@pytest.mark.one_backend
def test_data_that_are_called_otherwise_or_were_moved_go_on(
    training, tmp_path, pictures, monkeypatch
):
    training("run", epochs=1, dataset="./pictures/")
    for epochs, dataset in enumerate(("pictures", str(pictures)), 2):
        training("run", epochs=epochs, dataset=dataset, resume=True)
    write_pictures(tmp_path / "others", range(23))
    with pytest.raises(ValueError, match="`dataset` can't change when a training is resumed"):
        training("run", epochs=4, dataset="others", resume=True)
    pictures.rename(tmp_path / "moved")
    training("run", epochs=4, dataset="moved", resume=True)
    (tmp_path / "below").mkdir()
    monkeypatch.chdir(tmp_path / "below")
    training("run", epochs=5, dataset="../moved", resume=True)
    assert [row["epoch"] for row in history(tmp_path / "run")] == ["0", "1", "2", "3", "4"]
    settings = json.loads((tmp_path / "run" / "settings.json").read_text())
    assert settings["dataset"] == "../moved"
    with pytest.raises(ValueError, match="`dataset` can't change when a training is resumed"):
        training("run", epochs=6, dataset="digits", resume=True)


@pytest.mark.one_backend
def test_a_training_goes_on_with_its_own_data_wherever_it_is_resumed(
    training, tmp_path, pictures, monkeypatch
):
    training("run", epochs=1, dataset="pictures")
    elsewhere = tmp_path / "elsewhere"
    write_pictures(elsewhere / "pictures", range(23))
    monkeypatch.chdir(elsewhere)
    training("run", epochs=2, resume=True)
    assert json.loads((tmp_path / "run" / "data.json").read_text())["path"] == str(pictures)
    with pytest.raises(
        ValueError, match=f"it began with '{pictures}'. Received: dataset='pictures'"
    ):
        training("run", epochs=3, dataset="pictures", resume=True)
    assert evaluation_of("../run")[0]["dataset"] == str(pictures)
    monkeypatch.chdir(tmp_path)
    assert evaluation_of("run")[0]["dataset"] == str(pictures)


@pytest.mark.one_backend
def test_pictures_of_another_size_and_depth_that_came_are_read_as_those_before(
    training, tmp_path, pictures
):
    training("run", epochs=1)
    Image.fromarray(np.zeros((12, 9, 3), "uint8")).save(pictures / "came.png")
    for said, asked in (({}, "channels"), ({"channels": 1}, "image_size")):
        with pytest.raises(ValueError, match=f"`{asked}` must be given"):
            training("run", epochs=2, resume=True, **said)
    for wrong in ({"channels": 3}, {"channels": 1, "image_size": 12}):
        with pytest.raises(ValueError, match="can't change when a training is resumed"):
            training("run", epochs=2, resume=True, **wrong)
    training("run", epochs=2, resume=True, channels=1, image_size=8)
    training("run", epochs=3, resume=True)
    assert len(history(tmp_path / "run")) == 3


@pytest.mark.one_backend
def test_a_batch_size_that_was_typed_stays(run, tmp_path, pictures):
    tiny = ["train", "vae", "--dataset", pictures, "--base-filters", 4, "--output", "run"]
    code, _, err = run(*tiny, "--epochs", 1, "--batch-size", 128)
    assert code == 2 and "128" in err and not (tmp_path / "run" / "settings.json").exists()
    write_pictures(pictures, range(23, 140))
    assert run(*tiny, "--epochs", 1, "--batch-size", 128)[0] == 0
    for epochs, typed in ((2, ["--batch-size", 128]), (3, [])):
        code, _, err = run(*tiny, "--epochs", epochs, *typed, "--resume")
        assert code == 0, err
    assert json.loads((tmp_path / "run" / "settings.json").read_text())["batch_size"] == 128


@pytest.mark.one_backend
def test_the_data_are_opened_once(training, monkeypatch):
    from keras_gen import data

    opened = []
    open_images = data.open_images
    monkeypatch.setattr(
        data, "open_images", lambda *a, **k: opened.append(a) or open_images(*a, **k)
    )
    training("run", epochs=1)
    training("run", epochs=2, resume=True)
    assert len(opened) == 2


TABLES = {"table_vae": "size,weight\n", "tabular_vae": "colour,size\n"}


@pytest.mark.one_backend
@pytest.mark.parametrize("name", TABLES)
def test_a_table_that_goes_on_is_measured_as_it_was(training, tmp_path, name):
    """Rows that came since neither move what the weights have learnt to be one deviation nor a category."""
    path = tmp_path / "table.csv"
    first = [f"{'red' if k % 2 else 'blue'},{k % 7 + 0.5}" for k in range(40)]
    if name == "table_vae":
        first = [f"{k % 5 + 0.5},{k % 7 + 0.5}" for k in range(40)]
    path.write_text(TABLES[name] + "\n".join(first))
    options = {"dataset": str(path), "base_filters": None, "batch_size": 8, "width": 4}
    begun = training("run", name, epochs=1, **options)
    kept = json.loads((tmp_path / "run" / "data.json").read_text())["columns"]
    assert [column["name"] for column in kept] == TABLES[name].strip().split(",")
    came = [f"{'azure' if name == 'tabular_vae' else 77.5},99.25", *first]
    path.write_text(TABLES[name] + "\n".join(came))
    if name == "tabular_vae":
        with pytest.warns(UserWarning, match="1 of 41 rows hold values that the model never saw"):
            model = training("run", name, epochs=2, resume=True, **options)
    else:
        model = training("run", name, epochs=2, resume=True, **options)
    assert model.columns == begun.columns
    assert json.loads((tmp_path / "run" / "data.json").read_text())["columns"] == kept
    assert [column.get_config() for column in model.columns] == kept


# Trainings of 0.1


@pytest.mark.slow
def test_a_training_of_0_1_goes_on(training, tmp_path):
    """It has no data.json, no progress in its file, and None for other families' options."""
    whole = training("whole", "gan", epochs=4)
    with pytest.MonkeyPatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(watching.Clock, "on_epoch_begin", interrupt_second_epoch)
        training("run", "gan", epochs=4)
    folder = tmp_path / "run"
    keras.saving.load_model(folder / "model.keras").save(folder / "model.keras")
    with zipfile.ZipFile(folder / "model.keras") as archive:
        assert not archive.comment
    (folder / "data.json").unlink()
    (folder / "model.previous.keras").unlink(missing_ok=True)
    settings = json.loads((folder / "settings.json").read_text())
    settings = {k: v for k, v in settings.items() if k not in ("steps", "minutes")}
    settings |= {"beta": None, "n_critic": None, "input": None, "target": None, "augment": None}
    (folder / "settings.json").write_text(json.dumps(settings))
    assert_same(whole, training("run", "gan", resume=True))
    assert [row["epoch"] for row in history(folder)] == ["0", "1", "2", "3"]


@pytest.mark.one_backend
def test_files_have_the_rights_that_the_system_gives(training, tmp_path):
    training("run", epochs=1)
    mask = os.umask(0)
    os.umask(mask)
    for name in ("model.keras", "settings.json", "data.json", "history.csv"):
        assert (tmp_path / "run" / name).stat().st_mode & 0o777 == 0o666 & ~mask, name


@pytest.mark.one_backend
def test_classes_in_another_order_are_refused(run, tmp_path):
    for name in ("1", "2", "10"):
        write_pictures(tmp_path / "classes" / name, range(4))
    train = ["train", "conditional_gan", "--dataset", "classes", "--batch-size", "4"]
    train += ["--base-filters", "4", "--output", "run"]
    assert run(*train, "--epochs", "1")[0] == 0
    kept = tmp_path / "run" / "data.json"
    data = json.loads(kept.read_text())
    assert data["class_names"] == ["1", "2", "10"]
    # As a training of 0.1 left it, which knew no numbers: 10 came before 2.
    kept.unlink()
    code, _, err = run(*train, "--epochs", "2", "--resume")
    assert code == 2 and "in their order: 1, 10, 2. Received: 1, 2, 10" in err
    kept.write_text(json.dumps(data))
    code, _, err = run(*train, "--epochs", "2", "--resume")
    assert code == 0, err
    write_pictures(tmp_path / "classes" / "3", range(4))
    code, _, err = run(*train, "--epochs", "3", "--resume")
    assert code == 2 and "Received: 1, 2, 3, 10" in err


# Scores as it learns


@pytest.mark.one_backend
def test_the_best_by_kid_is_kept_and_a_training_that_goes_on_knows_it(training, tmp_path, capsys):
    options = {"dataset": "digits", "batch_size": 250}
    training("run", "gan", **options, epochs=3, keep_best=True)
    rows = history(tmp_path / "run")
    assert {"kernel_distance", "sample_diversity", "discriminator_accuracy"} <= rows[0].keys()
    scores = [float(row["kernel_distance"]) for row in rows]
    said = f"The best by KID, {min(scores):.4g}, is {tmp_path / 'run' / 'best.keras'}."
    assert said in capsys.readouterr().err
    best = keras.saving.load_model(tmp_path / "run" / "best.keras")
    assert steps_of(best) == 5 * (1 + scores.index(min(scores)))
    assert type(best) is keras_gen.GAN

    folder = training_module.RunFolder(tmp_path / "run")
    features = get_feature_extractor("classifier_digits").fingerprint
    folder.save_best(best, -1.0, features)  # better than anything
    assert (folder.best_score(features), folder.best_score("others")) == (-1.0, None)
    before = folder.best.read_bytes()
    training("run", "gan", **options, epochs=4, resume=True)
    assert len(history(tmp_path / "run")) == 4 and folder.best.read_bytes() == before
    assert np.isfinite(float(history(tmp_path / "run")[-1]["kernel_distance"]))
    folder.best.write_bytes(b"damaged")
    assert folder.best_score() is None

    for checkpoint in (folder.model, folder.previous):
        checkpoint.unlink()
    capsys.readouterr()
    training("run", "gan", **options, epochs=1)
    assert not folder.best.exists() and "best by KID" not in capsys.readouterr().err


@pytest.mark.one_backend
def test_what_can_t_be_kept_is_refused_before_it_is_written(training, tmp_path):
    options = {"input": "edges", "latent_dim": None}
    training("run", "pix2pix", **options, steps=1)
    kept = (tmp_path / "run" / "data.json").read_text()
    for steps in (1, 2):
        with pytest.raises(ValueError, match="`keep_best` is for a model that makes images"):
            training("run", "pix2pix", **options, steps=steps, resume=True, keep_best=True)
    assert (tmp_path / "run" / "data.json").read_text() == kept
    training("run", "pix2pix", **options, steps=2, resume=True)


@pytest.mark.one_backend
def test_what_a_training_began_with_holds_without_a_checkpoint_and_can_t_change(
    training, tmp_path, capsys
):
    training("first", "gan", steps=1, dataset="digits")
    begun = {"from_preset": str(tmp_path / "first"), "freeze_discriminator": 1, "keep_best": True}
    training("run", "gan", steps=1, dataset="digits", **begun)
    for path in (tmp_path / "run").glob("model*.keras"):
        path.unlink()
    capsys.readouterr()
    training("run", "gan", steps=1, dataset="digits", resume=True)
    said = capsys.readouterr().err
    assert "Begins with the weights of" in said and "The best by KID" in said
    kept = json.loads((tmp_path / "run" / "data.json").read_text())
    assert kept.items() >= begun.items()
    for wrong in ({"from_preset": "gan_digits"}, {"classes": "0"}):
        with pytest.raises(ValueError, match=f"`{next(iter(wrong))}` can't change when a training"):
            training("run", "gan", steps=2, dataset="digits", resume=True, **wrong)


def test_the_best_is_kept_of_models_that_make_images_by_themselves(training):
    with pytest.raises(ValueError, match=r"`keep_best` is for a model that makes images.*Pix2Pix"):
        training("run", "pix2pix", input="edges", latent_dim=None, steps=1, keep_best=True)
