"""Candidates are made by a model, and each can be made again."""

import hashlib
import json
import sys

import numpy as np
import PIL.Image
import pytest

import keras_gen
from keras_gen import cli
from keras_gen.modalities.images.range import to_uint8
from keras_gen.presets import zoo_folder
from keras_gen.studio import Picks, make_candidates
from tests import families

pytestmark = pytest.mark.one_backend


def near(path, image):
    """Whether a file is a picture, but for the rounding of sums in larger batches."""
    picture = np.asarray(PIL.Image.open(path)).astype("int")
    return np.abs(picture - to_uint8(image)[..., 0].astype("int")).max() <= 1


@pytest.mark.parametrize("family", ["conditional_gan", "vq_vae"])
def test_each_candidate_can_be_made_again(tmp_path, monkeypatch, family):
    monkeypatch.setattr("keras_gen.studio.candidates._AT_A_TIME", 2)
    model = families.CASES[family].build()
    picks = make_candidates(model, tmp_path / "picks", n=3, seed=3)
    assert list(picks.candidates) == [f"{number:03d}.png" for number in range(3)]
    assert {*(path.name for path in picks.folder.iterdir())} == {
        *picks.candidates,
        "candidates.jsonl",
    }
    for file, line in picks.candidates.items():
        assert line["model"] == type(model).__name__
        again = {"n": line["n"], "seed": line["seed"]}
        if family == "vq_vae":
            assert "latents" not in line and (line["n"], line["seed"]) in ((2, 3), (1, 4))
        else:
            latents = np.array([line["latents"]], "float32")
            assert near(
                picks.folder / file, model.generate(latents=latents, labels=[line["label"]])[0]
            )
        assert near(picks.folder / file, model.generate(**again)[line["index"]])


def test_classes_take_turns_and_latents_may_be_given(tmp_path):
    model = families.CASES["conditional_gan"].build()
    picks = make_candidates(model, tmp_path / "picks", n=3, seed=3, labels=[1, 0])
    lines = list(picks.candidates.values())
    assert [line["label"] for line in lines] == [1, 0, 1]
    again = model.generate(labels=[1, 0, 1], seed=3)
    assert near(picks.folder / "002.png", again[2])
    latents = model.prior.near(lines[1]["latents"], 0.2, 2, seed=0)
    others = make_candidates(model, tmp_path / "near", latents=latents, labels=[0])
    assert [line["seed"] for line in others.candidates.values()] == [None, None]
    made = np.array([line["latents"] for line in others.candidates.values()], "float32")
    np.testing.assert_array_equal(made, latents)
    assert near(others.folder / "001.png", model.generate(latents=latents, labels=[0, 0])[1])


@pytest.mark.parametrize(
    ("family", "options", "words"),
    [
        ("gan", {"labels": [0]}, "`labels` are for a model with classes"),
        ("conditional_gan", {"labels": ["Hat"]}, "`labels` must be"),
        ("vq_vae", {"latents": np.zeros((2, 4))}, "`latents` are for a model that takes some"),
        ("gan", {"latents": np.zeros((2, 1))}, "`latents` must"),
    ],
)
def test_classes_and_latents_that_the_model_lacks_are_refused(tmp_path, family, options, words):
    with pytest.raises(ValueError, match=words):
        make_candidates(families.CASES[family].build(), tmp_path / "picks", **options)
    assert not (tmp_path / "picks").exists()


def test_a_model_may_be_called_by_its_name(run):
    picks = make_candidates("cgan_fashion_mnist", "picks", n=3, seed=1, labels=["Coat", "Bag"])
    lines = list(picks.candidates.values())
    assert [line["class"] for line in lines] == ["Coat", "Bag", "Coat"]
    assert {line["model"] for line in lines} == {"cgan_fashion_mnist"}
    # The command knows them for its own.
    arguments = ("cgan_fashion_mnist", "--n", 3, "--seed", 1, "--output", "picks")
    for labels in ("Coat,Bag", "4, 8"):
        code, out, _ = run(*arguments, "--labels", labels)
        assert code == 0 and "Picked 0, 3 have no verdict." in out
    code, _, err = run(*arguments, "--labels", "Bag,Coat")
    assert code == 2 and "with seed 1, of Coat, Bag" in err
    code, _, err = run(*arguments, "--labels", "Bag,")
    assert code == 2 and "`--labels` must be classes with a comma between two" in err


def test_a_folder_in_use_and_a_model_without_pictures_are_refused(tmp_path):
    model = families.CASES["gan"].build()
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(ValueError, match="`output` must be a new folder"):
        make_candidates(model, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]
    with pytest.raises(ValueError, match="`n` must be"):
        make_candidates(model, tmp_path / "picks", n=0)
    for family in ("tabular_vae", "pix2pix"):
        with pytest.raises(ValueError, match="generates pictures"):
            make_candidates(families.CASES[family].build(), tmp_path / "picks")
    assert not (tmp_path / "picks").exists()


# The command


@pytest.fixture
def run(monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(tmp_path)
    served = []
    monkeypatch.setattr("uvicorn.run", lambda app, **options: served.append(options))

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["keras-gen", "pick", *map(str, arguments)])
        with pytest.raises(SystemExit) as stop:
            cli.main()
        output = capsys.readouterr()
        return stop.value.code or 0, output.out, output.err

    run.served = served
    return run


def test_the_command_makes_candidates_once_and_serves_them_here(run, monkeypatch):
    arguments = ("gan_digits", "--n", 5, "--output", "picks", "--seed", 1, "--port", 8123)
    code, out, _ = run(*arguments)
    assert code == 0 and "5 candidates in picks/, judged at http://127.0.0.1:8123/" in out
    assert (run.served[0]["host"], run.served[0]["port"]) == ("127.0.0.1", 8123)
    weights = (zoo_folder() / "gan_digits" / "model.weights.h5").read_bytes()
    picks = Picks("picks")
    line = picks.candidates["004.png"]
    assert line["model"] == "gan_digits" and line["seed"] == 1
    assert line["weights_sha256"] == hashlib.sha256(weights).hexdigest()
    model = keras_gen.from_preset("gan_digits")
    assert near("picks/004.png", model.generate(5, seed=1)[4])
    picks.judge("001.png", "yes", "ann")
    # Gone on with, without the model.
    monkeypatch.setattr("keras_gen.studio.candidates.make_candidates", None)
    code, out, _ = run(*arguments, "--order", "preference")
    assert code == 0 and "Picked 1, 4 have no verdict." in out
    for other in (("--seed", 2), ("--n", 6)):
        code, _, err = run(*arguments, *other)
        assert code == 2 and err.startswith("keras-gen: `--output` must be a new folder, or one of")
    assert len(run.served) == 2


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--output", "picks", "--order", "random"), "`--order` must be one of"),
        (("--output", "picks", "--reviewer", ""), "`--reviewer` must be a name"),
        (("--output", "picks", "--host", "0.0.0.0"), "no option --host"),
        (("--output", "used"), "`--output` must be a new folder"),
    ],
)
def test_the_command_refuses_in_a_sentence(run, tmp_path, arguments, words):
    (tmp_path / "used").mkdir()
    (tmp_path / "used" / "a").write_text(json.dumps({}))
    code, _, err = run("gan_digits", *arguments)
    assert code == 2 and words in err and len(err.splitlines()) == 1
    assert not run.served and not (tmp_path / "picks").exists()


def test_what_preferences_are_learnt_from():
    from keras_gen.app.picking import default_features

    assert default_features("gan_digits") == "classifier_digits"
