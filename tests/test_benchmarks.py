"""What the benchmarks compare with does the same work: the hand-written steps end where `fit` does."""

import json

import keras
import numpy as np
import pytest
from PIL import Image

from tests.benchmarks import (
    pixel_loops,
    reproductions,
    sampling,
    score_by_minutes,
    stacked_modes,
    trainings,
)
from tests.benchmarks.equal_time import steps_in
from tests.benchmarks.workloads import BENCHMARKS, page_workload, torch_loop, workload
from tests.families import missing

SMALL = {"batch_size": 4, "base_filters": 4}
SEED = 3


def small(model, shape=(16, 16, 3)):
    return workload(model, shape, **{**SMALL, **BENCHMARKS[model].small})


def sgd(case):
    return [keras.optimizers.SGD(case.benchmark.small_rate) for _ in case.optimizers()]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "share_forward"),
    [
        *((name, True) for name in BENCHMARKS),
        *((name, False) for name in BENCHMARKS if BENCHMARKS[name].shares_forward),
    ],
)
def test_hand_written_steps_end_where_fit_does(name, share_forward):
    case = small(name)
    batches = case.batches(2)

    model = case.compiled(sgd(case), **({"share_forward": False} if not share_forward else {}))
    for number, generator in enumerate(case.benchmark.seeded(model)):
        generator.state.assign(keras.random.SeedGenerator(SEED + number).state.value)
    columns = [np.concatenate(column) for column in zip(*batches, strict=True)]
    model.fit(*columns, batch_size=case.options["batch_size"], shuffle=False, verbose=0)

    networks = case.networks()
    options = {} if share_forward else {"share_forward": False}
    step = case.benchmark.hand_written(networks, sgd(case), case.options, seed=SEED, **options)
    for batch in batches:
        step(*batch)

    start = case.networks()
    for key, network in networks.items():
        ours, theirs = getattr(model, key).get_weights(), network.get_weights()
        for before, a, b in zip(start[key].get_weights(), ours, theirs, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)
            assert before.size < 10 or (before != a).any()


def test_what_is_timed_has_its_loop_in_pytorch():
    assert not set(BENCHMARKS) & set(missing("torch_loop.py"))


PAGES = [name for name, timed in BENCHMARKS.items() if timed.page and timed.page.networks]


@pytest.mark.parametrize("name", PAGES)
def test_the_example_pages_networks_are_as_large_in_pytorch_as_in_keras(name):
    in_keras = page_workload(name).networks().values()
    in_torch = torch_loop(name).page_networks()
    assert [sum(p.numel() for p in network.parameters()) for network in in_torch] == [
        sum(np.prod(v.shape) for v in network.trainable_variables) for network in in_keras
    ]


def test_the_table_of_autoencoders_is_written_row_by_row_and_no_row_runs_twice(
    tmp_path, monkeypatch, capsys
):
    run = []

    def here(command, check, env):
        run.append(command)
        reproductions.main(command[3:])  # after python -m module

    monkeypatch.setattr(trainings.subprocess, "run", here)
    options = ["--output", str(tmp_path), "--dataset", "digits", "--minutes", "0.001"]
    options += ["--images", "20", "--samples", "3", "--option", "base_filters=4"]
    reproductions.main([*options, "--rows", "vamp"])
    reproductions.main([*options, "--rows", "vamp"])
    assert len(run) == 1
    found = json.loads((tmp_path / "table.json").read_text())
    row = found["rows"]["vamp"]
    assert row["images"] == "black and white" and row["steps"] > 0
    assert -200.0 < row["log-likelihood"] < 0.0 and -200.0 < row["bound"] < 0.0
    assert row["FID / floor"] > 1.0
    settings = json.loads((tmp_path / "vamp" / "settings.json").read_text())
    assert (settings["pseudo_inputs"], settings["base_filters"]) == (100, 4)
    table = (tmp_path / "table.md").read_text()
    assert "VampPrior: `vae --binarize dynamic --pseudo-inputs 100`" in table
    assert "not comparable" in table and "reproduced_vamp" in table
    with pytest.raises(SystemExit, match=r"trainings with --samples 3.*Received: --samples 4"):
        reproductions.main([*options, "--rows", "vamp", "--samples", "4"])
    with pytest.raises(SystemExit):
        reproductions.main([*options, "--rows", "vampire"])
    assert "there is no row 'vampire'" in capsys.readouterr().err


@pytest.mark.slow
def test_scores_by_minutes_are_of_trainings_of_their_own_and_none_runs_twice(
    tmp_path, monkeypatch, capsys
):
    run = []

    def here(command, check, env):
        run.append(command)
        score_by_minutes.main(command[3:])  # after python -m module

    monkeypatch.setattr(trainings.subprocess, "run", here)
    options = ["--output", str(tmp_path), "--dataset", "digits", "--images", "40"]
    score_by_minutes.main([*options, "--minutes", "0.002", "--rows", "hinge,vae"])
    score_by_minutes.main([*options, "--minutes", "0.004,0.002", "--rows", "hinge"])
    assert len(run) == 3
    found = json.loads((tmp_path / "table.json").read_text())
    assert [list(found[row]) for row in ("hinge", "vae")] == [["0.002", "0.004"], ["0.002"]]
    assert all(r["FID"] > r["floor"] > 0.0 for r in found["hinge"].values())
    few, more = (found["hinge"][minutes]["images_seen"] for minutes in ("0.002", "0.004"))
    assert 0 < few < more
    settings = json.loads((tmp_path / "hinge" / "0.004" / "settings.json").read_text())
    assert settings["loss"] == "hinge"
    table = (tmp_path / "table.md").read_text()
    assert table.startswith("| | 0.002 min | 0.004 min |") and "| VAE | " in table
    floor = f"{found['vae']['0.002']['floor']:.3g}"
    assert table.endswith(f"| real images | {floor} | {floor} |\n")
    with Image.open(tmp_path / "plot.png") as plot:
        assert plot.width > 400
    with pytest.raises(SystemExit, match=r"trainings with --images 40.*Received: --images 50"):
        score_by_minutes.main([*options, "--rows", "vae", "--minutes", "0.002", "--images", "50"])
    with pytest.raises(SystemExit):
        score_by_minutes.main([*options, "--rows", "hinges"])
    assert "there is no row 'hinges'" in capsys.readouterr().err


def test_samples_of_presets_are_scored_beside_the_time_they_take(capsys):
    sampling.main(["gan_digits", "-n", "60"])
    heading, line, row = capsys.readouterr().out.splitlines()
    assert heading.startswith("| samples of | network runs | minutes of training | FID |")
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    assert len(cells) == line.count("|") - 1 and cells[0] == "`gan_digits`" and cells[1] == ""
    assert float(cells[3]) > 0.0 and cells[4] == "" and float(cells[5]) > 0.0


def test_a_diffusions_runs_are_those_of_its_solver():
    from tests.models.diffusion.case import build

    model = build(num_classes=3)
    name, options = sampling.parsed("diffusion_fashion_mnist:steps=5,solver=euler")
    assert (name, options) == ("diffusion_fashion_mnist", {"steps": 5, "solver": "euler"})
    guided = sampling.parsed("diffusion_fashion_mnist:steps=5,guidance=1.5")[1]
    found = [sampling.network_runs(model, given) for given in (options, {"steps": 5}, guided, {})]
    assert found == [5, 9, 18, 39]


def test_modes_are_counted_of_samples_and_of_real_images(tmp_path, monkeypatch):
    run = []

    def here(command, check, env):
        run.append(command)
        stacked_modes.main(command[3:])  # after python -m module

    monkeypatch.setattr(trainings.subprocess, "run", here)
    # One digit an image, of which there are ten modes.
    monkeypatch.setattr(stacked_modes, "DATASET", "digits")
    monkeypatch.setattr(stacked_modes, "CLASSIFIER", "classifier_digits")
    options = ["--output", str(tmp_path), "--minutes", "0.002", "--images", "600"]
    stacked_modes.main([*options, "--rows", "gan"])
    stacked_modes.main([*options, "--rows", "gan"])
    assert len(run) == 1
    found = json.loads((tmp_path / "table.json").read_text())["gan"]
    assert found["real"]["modes"] == found["real"]["possible"] == 10 and found["real"]["kl"] < 0.01
    assert 1 <= found["samples"]["modes"] <= 10 and found["samples"]["kl"] > found["real"]["kl"]
    assert found["images_seen"] > 0
    table = (tmp_path / "table.md").read_text()
    assert "| DCGAN | " in table and "| real images |  | 10 | 0.00" in table


@pytest.mark.slow
def test_steps_of_equal_time_are_of_all_stages():
    tiny = {"dataset": "digits", "filters": 4, "prior_filters": 4, "prior_blocks": 1, "codes": 4}
    assert steps_in("vq_vae", tiny, 1e-5) == 2  # one of each stage at least
    assert steps_in("vq_vae", tiny, 0.01) > 2


def test_pixels_by_predict_are_those_of_the_compiled_loop():
    model = pixel_loops.build(4, filters=4, blocks=1, components=2)
    latents = model.prior.draw(3, seed=0)
    ours, theirs = model.generate(latents=latents), pixel_loops.by_predict(model, latents)
    # A level may be rounded otherwise, and no more.
    np.testing.assert_allclose(theirs, ours, atol=2.5 / 255)
    assert len(np.unique(ours)) > 10
    begun = pixel_loops.by_predict(model, latents, 5)
    np.testing.assert_array_equal(begun[:, 0], theirs[:, 0])
    assert (begun[:, 2:] == -1.0).all()
