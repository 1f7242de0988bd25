"""Families of other packages, found by their entry points."""

import json
import sys

import keras
import pytest

from keras_gen import models
from keras_gen.app.families import command_of
from keras_gen.recipes import families, registry
from tests.app.conftest import history

FAMILY = '''
import keras
import keras_gen
from keras_gen.recipes import LatentRecipe, Stage, option


@keras.saving.register_keras_serializable(package="two_step")
class TwoStep(keras_gen.VAE):
    """A VAE that learns its reconstructions first, and its latents then."""


class TwoStepRecipe(LatentRecipe):
    title = "In two stages."
    default_epochs = 4
    warm_up: float = option(0.0, "The KL term's weight in the first stage.", min=0.0)
    batch_size = 4

    def stages(self, opened):
        return [Stage("codes", epochs=3), Stage("prior", epochs=1)]

    def batches(self, opened, first_epoch=0, shard=(0, 1), stage=None):
        STAGES.append((stage, first_epoch))
        return super().batches(opened, first_epoch, shard)

    def build(self, opened, updates):
        (shape,) = self.image_shapes(opened)
        STAGES.append(("built for", updates))
        sizes = self.latent_dim, self.base_filters
        model = TwoStep(
            keras_gen.networks.conv_encoder(shape, *sizes),
            keras_gen.networks.conv_decoder(shape, *sizes),
            latent_dim=self.latent_dim,
            beta=self.warm_up,
        )
        model.compile(keras.optimizers.Adam(self.learning_rate))
        return model

    def begin_stage(self, model, stage, opened, updates):
        STAGES.append((stage, "begins", updates))
        model.compile(keras.optimizers.Adam(self.learning_rate / 10))


STAGES = []
'''


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Installs a package of one file by its name, its entry points and its text."""
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)
    modules = []

    def install(name, entries, text):
        (folder / f"{name}.py").write_text(text)
        info = folder / f"{name}-1.2.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.2\nSummary: Models in two steps.\n"
        )
        (info / "entry_points.txt").write_text(f"[{registry.GROUP}]\n" + "\n".join(entries) + "\n")
        modules.append(name)

    yield install
    for name in modules:
        sys.modules.pop(name, None)

    command_of.cache_clear()


@pytest.mark.slow
def test_a_foreign_family_is_trained_resumed_sampled_and_evaluated(
    run, package, pictures, tmp_path
):
    package("two_step", ["two_step = two_step:TwoStepRecipe"], FAMILY)
    code, out, _ = run("train", "--help")
    assert code == 0 and "two_step" in out and "Models in two steps. (two_step 1.2)" in out
    assert "two_step" not in sys.modules  # Another's package may be slow.
    code, out, _ = run("train", "two_step", "--help")
    assert code == 0 and "--warm-up" in out and "--n-critic" not in out

    train = ["train", "two_step", "--dataset", pictures, "--base-filters", 4, "--latent-dim", 3]
    code, _, err = run(*train, "--epochs", 4, "--output", "run")
    assert code == 0, err
    stages = sys.modules["two_step"].STAGES
    assert stages == [("built for", 15), ("codes", 0), ("prior", "begins", 5), ("prior", 3)]
    assert [row["epoch"] for row in history(tmp_path / "run")] == list("0123")
    settings = json.loads((tmp_path / "run" / "settings.json").read_text())
    assert settings["model"] == "two_step" and settings["warm_up"] == 0.0

    stages.clear()
    code, _, err = run("train", "two_step", "--output", "run", "--resume", "--epochs", 8)
    assert code == 0, err
    # It has come to the second stage, and does not go back: what is left of eight epochs is that one's.
    assert stages == [("built for", 30), ("prior", "begins", 25), ("prior", 4)]
    model = keras.saving.load_model(tmp_path / "run" / "model.keras")
    assert int(model.optimizer.iterations) == 40
    assert run("generate", "run", "-n", 4, "--output", "grid.png")[0] == 0
    code, out, err = run("evaluate", "run", "-n", 20, "--features", "classifier_digits")
    assert code == 0, err
    assert "split train, which it learnt from" in err and "elbo" in out


def test_a_broken_package_is_named_in_a_line_and_breaks_nothing(run, package):
    package("broken", ["broken_gan = broken:Recipe"], "import no_such_thing\n")
    package("wrong", ["wrong_gan = wrong:Thing"], "class Thing: pass\n")
    assert run("train", "--help")[0] == 0
    code, _, err = run("train", "broken_gan", "--dataset", "digits")
    assert code == 2 and len(err.strip().splitlines()) == 1
    assert "broken_gan, of the package broken 1.2, can't be loaded: No module named" in err
    code, _, err = run("train", "wrong_gan", "--dataset", "digits")
    assert code == 2 and "must be a class of keras_gen.recipes.Recipe" in err
    assert run("train", "vae", "--help")[0] == 0
    assert run("generate", "gan_digits", "-n", 4)[0] == 0


def test_own_names_come_first(package):
    package("other", ["gan = other:GANRecipe", "Z = other:Z"], "")
    found = families()
    assert found["gan"].package is None and found["Z"].package == "other 1.2"
    assert list(found) == [*models.FAMILIES, "Z"]


@pytest.mark.one_backend
@pytest.mark.parametrize("name", registry.own_families())
def test_what_is_not_typed_is_not_given(name):
    """Not even a flag: that a training goes on without `--labelled` says nothing of how it began."""
    parsed = command_of(name).make_context(name, ["--output", "run", "--resume"]).params
    typed = {key: value for key, value in parsed.items() if value is not None}
    assert typed == {"output": "run", "resume": True}
