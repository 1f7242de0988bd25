"""Words come at once, and say what to type."""

import json
import logging
import os
import pathlib
import shlex
import subprocess
import sys

import pytest

import keras_gen
from keras_gen.app.quiet import ignore_retracing
from keras_gen.app.words import in_options
from keras_gen.recipes import find_family
from tests.cases import build_gan
from tests.models.tabular_vae.case import build as build_table_vae

ROOT = pathlib.Path(keras_gen.__file__).parents[1]
HEAVY = {"keras", "tensorflow", "jax", "torch", "numpy", "h5py", "PIL", "tensorflow_datasets"}


def keras_gen_command(*arguments, **environment):
    """Runs the command in a process of its own."""
    command = [sys.executable, "-m", "keras_gen", *arguments]
    settings = {k: v for k, v in os.environ.items() if k != "TF_CPP_MIN_LOG_LEVEL"}
    return subprocess.run(
        command, capture_output=True, text=True, cwd=ROOT, env={**settings, **environment}
    )


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["--version"],
        ["train", "--help"],
        ["train", "vae", "--help"],
        ["train", "cycle_gan", "--help"],
        ["train", "vae", "--n-critic", "3"],
        ["train", "nosuch"],
        ["train", "vae"],
        ["presets"],
        ["presets", "gan_digits"],
        ["generate", "--help"],
        ["evaluate", "--help"],
    ],
)
def test_nothing_heavy_is_imported_to_print_words(arguments):
    script = (
        "import runpy, sys\n"
        "sys.argv = ['keras-gen', *sys.argv[1:]]\n"
        "try: runpy.run_module('keras_gen', run_name='__main__')\n"
        "finally: print('\\n', *(m for m in sys.modules if '.' not in m), file=sys.stderr)\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", script, *arguments], capture_output=True, text=True, cwd=ROOT
    )
    loaded = set(result.stderr.splitlines()[-1].split())
    assert "keras_gen" in loaded
    assert not loaded & HEAVY


@pytest.mark.slow
def test_the_package_itself_is_imported_at_once():
    script = "import keras_gen, sys; print('keras' in sys.modules, 'GAN' in vars(keras_gen))"
    result = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT
    )
    assert result.stdout.split() == ["True", "True"]


def test_the_version():
    assert keras_gen_command("--version").stdout == f"keras_gen {keras_gen.__version__}\n"


def test_the_families_are_a_table():
    lines = keras_gen_command("train", "--help", COLUMNS="100").stdout.splitlines()
    for name, words in {"vae": "Images to latents and back", "cycle_gan": "without pairs"}.items():
        assert any(line.split()[:1] == [name] and words in line for line in lines), name


def test_a_family_s_help_has_its_options_with_their_defaults():
    text = " ".join(keras_gen_command("train", "vae", "--help", COLUMNS="100").stdout.split())
    assert "--beta" in text and "Weight of the KL term. [1]" in text
    assert "Length of a latent vector. [16]" in text and "or as many as make 5,000 steps" in text
    assert "--n-critic" not in text and "--input" not in text


@pytest.mark.parametrize(
    ("typed", "completed"),
    [
        ("keras-gen train v", ["vae", "vae_gan", "vq_vae"]),
        ("keras-gen train vae --lat", ["--latent-dim"]),
        (
            "keras-gen train vae --precision ",
            ["float32", "mixed_bfloat16", "mixed_float16"],
        ),
    ],
)
def test_shells_complete(typed, completed):
    script = "import sys; sys.argv[0] = 'keras-gen'; from keras_gen.cli import main; main()"
    asked = {"_KERAS_GEN_COMPLETE": "complete_bash", "COMP_WORDS": typed}
    result = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, **asked, "COMP_CWORD": str(typed.count(" "))},
    )
    assert result.stdout.split() == completed
    assert "--install-completion" in keras_gen_command("--help").stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["train", "vae", "--n-critic", "3"], "has no option --n-critic. It is one of wgan_gp."),
        (["train", "vae", "--epoch", "3"], "has no option --epoch. Did you mean --epochs?"),
        (["train", "vea", "--dataset", "digits"], "Did you mean 'vae'? Received: model='vea'"),
        (["train", "--dataset", "digits"], "The model comes first: keras-gen train NAME --dataset"),
        (["train", "vae", "--epochs", "2", "--minutes", "1"], "`--dataset` must be given"),
        (["trian"], "No such command 'trian'. Did you mean 'train'?"),
    ],
)
def test_wrong_words_are_answered_with_the_right_ones(arguments, message):
    result = keras_gen_command(*arguments)
    assert result.returncode == 2
    assert message in result.stderr and len(result.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (
            "`image_size` must be given, since the images differ. Received: image_size=None",
            "`--image-size` must be given, since the images differ. Received: no --image-size",
        ),
        (
            "`source` must be a folder. Received: source='/some/where'",
            "`--dataset` must be a folder. Received: --dataset /some/where",
        ),
        ("`model` must be a .keras file", "`model` must be a .keras file"),
        ("needs `resume=True`, or `seed=None`", "needs `--resume`, or `seed=None`"),
        (
            "leave it out by `kinds={'width': 'identifier'}`. Received: width=3",
            "leave it out by `--kinds width=identifier`. Received: --width 3",
        ),
        (
            "leave it out by `kinds={'a, \"b\"=c': 'identifier'}`.",
            'leave it out by `--kinds \'"a, ""b""=c=identifier"\'`.',
        ),
    ],
)
def test_errors_name_options(message, expected):
    flags = {"image_size": "--image-size", "dataset": "--dataset", "resume": "--resume"}
    assert in_options(message, flags | {"kinds": "--kinds", "width": "--width"}) == expected


def test_what_is_said_of_columns_is_read_whatever_they_are_called(tmp_path):
    """The remedy of an error, typed as it stands."""
    name = 'name, "first"=a'
    error = f"leave it out by `kinds={{{name!r}: 'identifier'}}`"
    typed = in_options(error, {"kinds": "--kinds"}).partition("`")[2].rstrip("`")
    _, kinds = shlex.split(typed)
    path = tmp_path / "names.csv"
    lines = [f"n{k},{k % 3},{k % 2}" for k in range(20)]
    path.write_text("\n".join(['"name, ""first""=a",b,"c,d"', *lines]))
    recipe = find_family("tabular_vae").load()
    with pytest.raises(ValueError, match="has another text in every row"):
        recipe(dataset=str(path)).open()
    assert recipe(dataset=str(path), kinds=kinds).open().names == ("b", "c,d")
    opened = recipe(dataset=str(path), columns='"c,d", b', kinds="b=categorical , ").open()
    assert opened.names == ("c,d", "b") and opened.columns[1].kind == "categorical"


@pytest.mark.parametrize("family", ["table_vae", "tabular_vae"])
def test_files_can_be_said_to_be_read_in_another_way(family, tmp_path):
    path = tmp_path / "numbers.csv"
    path.write_text("\n".join(["a|b", *(f"1,{100 + k}|{k % 3}" for k in range(12))]))
    recipe = find_family(family).load()
    for decimal, low in ((",", 1.1), (".", 1100.0)):
        said = recipe(dataset=str(path), separator="|", decimal=decimal)
        opened = said.open()
        assert opened.names == ("a", "b") and opened.columns[0].low == low
        assert said.reopen(said.kept_of(opened)).rows.tolist() == opened.rows.tolist()
        kept = recipe(dataset=str(path), separator="|").reopen(said.kept_of(opened))
        assert kept.rows.tolist() == opened.rows.tolist()
    with pytest.raises(ValueError, match=r"`decimal` must be given"):
        recipe(dataset=str(path), separator="|").open()
    settings = {k: v for k, v in said.to_settings().items() if k not in ("separator", "decimal")}
    assert recipe.from_settings(settings).decimal is None


@pytest.mark.one_backend
@pytest.mark.parametrize("family", ["table_vae", "tabular_vae"])
def test_files_are_evaluated_as_they_were_read_in_training(family, run, tmp_path):
    path = tmp_path / "numbers.csv"
    path.write_text("\n".join(["a|b", *(f"{1 + k % 2},{100 + k}|{k % 3}" for k in range(40))]))
    tiny = ["--width", 8, "--latent-dim", 2, "--batch-size", 10, "--steps", 4, "--output", "run"]
    tiny = ["train", family, "--dataset", path, *tiny]
    assert run(*tiny, "--separator", "|", "--decimal", ",")[0] == 0
    evaluated = {}
    for dataset in ([], ["--dataset", path, "--separator", "|", "--decimal", ","]):
        code, out, err = run("evaluate", "run", *dataset, "--json", "-")
        assert code == 0, err
        evaluated[bool(dataset)] = json.loads(out)["scores"]
    assert evaluated[True] == evaluated[False]
    code, _, err = run("evaluate", "run", "--dataset", path, "--separator", "|")
    assert code == 2 and "`--decimal` must be given" in err
    code, out, _ = run("evaluate", "run", "--decimal", ".", "--json", "-")
    assert code == 0 and json.loads(out)["scores"] != evaluated[True]


def test_rows_that_are_filled_can_be_read_in_another_way(run, tmp_path):
    path = tmp_path / "numbers.csv"
    path.write_text("\n".join(["a|b", *(f"1,{100 + k}|{k % 3}" for k in range(40))]))
    opened = keras_gen.data.open_mixed_table(path, separator="|", decimal=",")
    build_table_vae(opened.columns).save(tmp_path / "model.keras")
    (tmp_path / "given.csv").write_text("a|b\n1,101|\n|2\n")
    filled = ["generate", "model.keras", "--given", "given.csv", "--output", "filled.csv"]
    assert run(*filled, "--separator", "|", "--decimal", ",")[0] == 0
    _, first, second = (tmp_path / "filled.csv").read_text().splitlines()
    assert first.startswith("1.101,") and second.endswith(",2")
    code, _, err = run(*filled, "--separator", "|")
    assert code == 2 and "`--decimal` must be given" in err
    code, _, err = run(*filled, "--decimal", "?")
    assert code == 2 and "`--decimal` must be '.' or ','. Received" in err
    code, _, err = run("generate", "model.keras", "--decimal", ",")
    assert code == 2 and "`--given` must be the file that is read so" in err


def test_pictures_have_no_decimal_sign(run, tmp_path):
    build_gan().save(tmp_path / "gan.keras")
    code, _, err = run("evaluate", "gan.keras", "--dataset", "digits", "--decimal", ",")
    assert code == 2 and "`--decimal` is not how images are read. Received: --decimal ," in err


def test_a_folder_that_is_not_there_is_named_by_its_option(run, tmp_path):
    code, _, err = run("train", "vae", "--dataset", "./none", "--output", "run")
    assert code == 2 and "`--dataset` must be a folder that exists. Received: './none'" in err
    code, _, err = run("train", "vae", "--dataset", "digits", "--output", "new", "--resume")
    assert code == 2 and "`--output` must hold a training to resume" in err


def test_a_missing_size_is_asked_for_by_its_option(run, tmp_path):
    from tests.app.conftest import write_pictures

    write_pictures(tmp_path / "mixed", range(3))
    from PIL import Image

    Image.new("L", (20, 12)).save(tmp_path / "mixed" / "wide.png")
    code, _, err = run("train", "vae", "--dataset", "mixed", "--batch-size", "2")
    assert code == 2 and "`--image-size` must be given" in err and "no --image-size" in err


# TensorFlow's notices


@pytest.mark.slow
def test_a_start_is_quiet(tmp_path, pictures):
    options = ["--base-filters", "4", "--epochs", "1", "--batch-size", "4"]
    result = keras_gen_command(
        "train", "vae", "--dataset", str(pictures), *options, "--output", str(tmp_path / "run")
    )
    assert result.returncode == 0, result.stderr
    assert result.stderr == ""
    assert [line.split()[0] for line in result.stdout.splitlines()] == ["Epoch", "Wrote"]


@pytest.mark.parametrize(
    ("ending", "shown"),
    [("pass", False), ("raise ValueError", True), ("os.abort()", True), ("os._exit(3)", True)],
)
def test_what_was_kept_back_is_shown_if_the_start_fails(ending, shown):
    script = (
        "import os, sys\n"
        "from keras_gen.app.quiet import kept_back\n"
        "with kept_back():\n"
        "    os.write(2, b'I0000 notice of native code\\n')\n"
        "    print('of Python', file=sys.stderr)\n"
        f"    {ending}\n"
        "os.write(2, b'later\\n')\n"
    )
    script = "import sys; sys.argv[0] = 'keras-gen'\n" + script
    environment = {k: v for k, v in os.environ.items() if k != "TF_CPP_MIN_LOG_LEVEL"}
    result = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, env=environment
    )
    assert ("notice of native code" in result.stderr) is shown
    assert "of Python" in result.stderr
    assert ("later" in result.stderr) is not shown


def test_notices_are_shown_to_who_asks_for_them():
    script = (
        "import os, sys; sys.argv[0] = 'keras-gen'\n"
        "from keras_gen.app.quiet import kept_back\n"
        "with kept_back(): os.write(2, b'notice\\n')\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "0"},
    )
    assert result.stderr == "notice\n"


def test_networks_that_are_each_traced_once_are_no_alarm():
    import tensorflow as tf

    class Heard(logging.Handler):
        def emit(self, record):
            heard.append(record.getMessage())

    def networks():
        """As `predict` of several networks: functions of one code."""
        code = compile("lambda x: x + 1", "network", "eval")
        for _ in range(8):
            tf.function(eval(code), autograph=False)(tf.ones(()))
        tf.get_logger().warning("another")

    heard = []
    logger, handler = tf.get_logger(), Heard()
    logger.addHandler(handler)
    before = [*logger.filters]
    logger.filters.clear()  # A command that ran here has one.
    try:
        networks()
        assert "triggered tf.function retracing" in heard[0]
        heard.clear()
        ignore_retracing()
        networks()
        assert heard == ["another"]
    finally:
        logger.removeHandler(handler)
        logger.filters[:] = before


def test_an_unknown_backend_is_one_line():
    result = keras_gen_command("info", KERAS_BACKEND="theano")
    assert result.returncode == 2
    (line,) = result.stderr.strip().splitlines()
    assert line.startswith("keras-gen: KERAS_BACKEND must be tensorflow, jax or torch")


# Scores of a run


@pytest.mark.slow
def test_a_run_is_evaluated_on_its_own_data_and_two_are_compared(run, tmp_path):
    options = ["--dataset", "digits", "--epochs", "1", "--batch-size", "700", "--base-filters", "4"]
    for name in ("a", "b"):
        seed = ["--seed", "1"] if name == "b" else []
        assert run("train", "gan", *options, *seed, "--output", f"runs/{name}")[0] == 0
    code, out, err = run("evaluate", "runs/a", "-n", "40", "--json", "a.json")
    assert code == 0, err
    assert "Data of runs/a/settings.json: digits, split test." in err
    one = json.loads((tmp_path / "a.json").read_text())
    assert (one["dataset"], one["split"]) == ("digits", "test")
    code, out, err = run(
        "evaluate", "runs/a", "runs/b/model.keras", "-n", "40", "--json", "two.json"
    )
    assert code == 0, err
    two = json.loads((tmp_path / "two.json").read_text())
    assert list(two) == ["runs/a", "runs/b/model.keras"]
    assert two["runs/a"]["scores"] == pytest.approx(one["scores"])
    fid = "FID (digits classifier features)"
    (row,) = [line for line in out.splitlines() if line.strip().startswith("FID")]
    for report in two.values():
        assert f"{report['scores'][fid]:.4g}" in row
    assert f"{one['floor'][fid]:.4g}" in row
    # A card says how many samples it was measured with: as many as by default.
    assert run("evaluate", "runs/a", "vae_digits")[0] == 0


def test_a_file_of_unknown_data_needs_them_named(run, tmp_path):
    build_gan().save(tmp_path / "model.keras")
    code, _, err = run("evaluate", "model.keras")
    assert code == 2 and "`--dataset` must be given" in err


def test_models_of_different_data_are_not_compared_unasked(run, training, tmp_path):
    training("runs/a", epochs=1)
    code, _, err = run("evaluate", "runs/a", "gan_digits")
    assert code == 2 and "`--dataset` must be one for all models that are compared" in err


@pytest.mark.slow
def test_arguments_are_called_as_in_the_help():
    result = keras_gen_command("export", "gan_digits", "out.onx", KERAS_BACKEND="tensorflow")
    assert result.returncode == 2 and "`OUTPUT` must end in '.onnx'" in result.stderr
