"""Every fenced block of README.md and CONTRIBUTING.md runs, from the first to the last.

A block of Python stands by itself: it has the files that those before it left, and none of their names.
Trainings are cut to a few steps of narrow networks, on small data sets and folders. Commands that set up an
environment are taken apart and checked against what they name. A block that no rule covers fails.
"""

import configparser
import importlib.metadata
import os
import pathlib
import re
import shlex
import subprocess
import sys
import venv

import numpy as np
import pytest
from PIL import Image

import keras_gen
from keras_gen import cli
from tests.models.tabular import orders

ROOT = pathlib.Path(keras_gen.__file__).parents[1]
FENCED = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NOT_CODE = ("bibtex", "text")
SHORTER = {r"\bepochs=\d+": "epochs=1", r"\bevery=\d+": "every=1"}
FOLDERS = {"photos": 128, "maps": 2, "horses": 2, "zebras": 3, "my_drawings": 2}


def read(document):
    return (ROOT / document).read_text(encoding="utf-8")


def blocks(document):
    return [match.groups() for match in FENCED.finditer(read(document))]


def commands(document):
    """Commands that stand in the text itself: one argument or more, no placeholder."""
    text = re.sub(FENCED, "", read(document))
    inline = (" ".join(code.split()) for code in re.findall(r"`([^`]+)`", text))
    names = ("pip ", "python ", "keras-gen ", "mkdocs ", "git ", "cd ", "source ")
    return [code for code in inline if code.startswith(names) and not re.search(r"<|\.\.\. ", code)]


@pytest.fixture
def workplace(tmp_path, monkeypatch, miniature_data_sets):
    """A folder as a reader may have it: pictures and a table of their own, and nothing else."""
    random = np.random.default_rng(0)
    for name, count in FOLDERS.items():
        (tmp_path / name).mkdir()
        size = (80, 160, 3) if name == "maps" else (80, 72, 3)
        for number in range(count):
            picture = random.integers(0, 256, size, dtype="uint8")
            Image.fromarray(picture).save(tmp_path / name / f"{number}.png")
    orders().to_csv(tmp_path / "orders.csv", index=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run_python(source, title):
    for pattern, shorter in SHORTER.items():
        source = re.sub(pattern, shorter, source)
    exec(compile(source, title, "exec"), {"__name__": "__main__"})


def run_powershell(line, document):
    """Checks that a line for Windows is one of the document's lines for a Unix shell."""
    line = line.replace("; ", " && ").replace(
        ".venv\\Scripts\\Activate.ps1", "source .venv/bin/activate"
    )
    line = line.replace(".venv\\Scripts\\", ".venv/bin/")
    # Windows has `python` alone, Debian and Ubuntu `python3` alone.
    line = re.sub(r"^python -m venv ", "python3 -m venv ", line)
    lines = [
        text
        for language, source in blocks(document)
        if language == "bash"
        for text in source.splitlines()
    ]
    assert line in lines, f"Only in PowerShell: {line}"


def run_shell(line):
    """Runs or checks a line of commands; one that is not known fails the test."""
    for part in line.split(" && "):
        words = shlex.split(part, comments=True)
        program, arguments = words[0].removeprefix(".venv/bin/"), words[1:]
        rule = RULES.get(program)
        if rule is None:
            pytest.fail(f"There is no rule for running this: {part}")
        rule(arguments)


def run_keras_gen(arguments):
    if arguments[0] == "train" and "--help" not in arguments:
        narrow = "--width" if arguments[1].startswith("tab") else "--base-filters"
        arguments = [*without_length(arguments), "--steps", "8", narrow, "4"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["keras-gen", *arguments])
        patch.setattr("uvicorn.run", lambda *application, **options: None)  # All but the waiting.
        with pytest.raises(SystemExit) as stop:
            cli.main()
    assert not stop.value.code, f"keras-gen {' '.join(arguments)}"


def without_length(arguments):
    """Arguments of a training without what says its length."""
    words = iter(arguments)
    return [
        word
        for word in words
        if word not in ("--minutes", "--epochs", "--steps") or not next(words)
    ]


def run_git(arguments):
    """Checks a clone from an address that the reader fills in; this folder is what it leaves."""
    assert arguments[:1] == ["clone"] and arguments[-1] == "keras_gen", arguments
    address = " ".join(arguments[1:-1])
    assert re.fullmatch(r"<[a-z ]+>", address), f"No address is known: {address}"


def run_cd(arguments):
    assert arguments == ["keras_gen"], arguments


def run_source(arguments):
    """Checks that the environment which an earlier line made can be activated."""
    assert arguments == [".venv/bin/activate"] and pathlib.Path(arguments[0]).is_file(), arguments


def run_pip(arguments):
    """Checks an installation of this folder, with extras that it has."""
    install, editable, target = arguments
    assert (install, editable) == ("install", "-e")
    found = re.fullmatch(r"\.(?:\[([\w,]+)\])?", target)
    assert found, f"pip can't install {target}"
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg")
    extras = set(found[1].split(",")) if found[1] else set()
    assert extras <= set(setup["options.extras_require"]), target


def run_python_program(arguments):
    if arguments[:2] == ["-m", "venv"]:
        venv.main(["--without-pip", *arguments[2:]])
        assert (pathlib.Path(arguments[2]) / "bin" / "python").exists()
    elif arguments[:2] == ["-m", "tests"]:
        # It is what runs this test, and what the script for continuous integration calls.
        assert (ROOT / "tests" / "__main__.py").is_file()
        assert ".venv/bin/python -m tests" in (ROOT / ".ci" / "run").read_text().splitlines()
    elif arguments[:2] == ["-m", "pytest"]:
        assert all((ROOT / path).exists() for path in arguments[2:])
    elif arguments[0] == "-m":
        module = ROOT.joinpath(*arguments[1].split("."))
        assert (module / "__main__.py").is_file() or module.with_suffix(".py").is_file(), arguments
    else:
        # A script of the repository, which has tests of its own.
        assert arguments[0].endswith(".py") and (ROOT / arguments[0]).is_file(), arguments


def run_mkdocs(arguments):
    """Checks what another test builds the site with."""
    assert arguments == ["serve"] and (ROOT / "mkdocs.yml").is_file()
    assert "mkdocs" in importlib.metadata.entry_points(group="console_scripts").names


def run_mypy(arguments):
    """Checks what `python -m tests` runs."""
    assert arguments == [] and "[tool.mypy]" in (ROOT / "pyproject.toml").read_text()
    assert "mypy" in importlib.metadata.entry_points(group="console_scripts").names


def run_ruff(arguments):
    subprocess.run([sys.executable, "-m", "ruff", *arguments], check=True, capture_output=True)


RULES = {
    "cd": run_cd,
    "git": run_git,
    "keras-gen": run_keras_gen,
    "mkdocs": run_mkdocs,
    "mypy": run_mypy,
    "pip": run_pip,
    "python": run_python_program,
    "python3": run_python_program,
    "ruff": run_ruff,
    "source": run_source,
}


@pytest.mark.slow
@pytest.mark.parametrize("document", ["README.md", "CONTRIBUTING.md"])
def test_every_block_runs(document, workplace):
    for number, (language, source) in enumerate(blocks(document)):
        title = f"{document}, block {number + 1}"
        try:
            if language == "python":
                run_python(source, title)
            elif language == "powershell":
                for line in source.splitlines():
                    run_powershell(line, document)
            elif language == "bash":
                for line in filter(None, source.splitlines()):
                    run_shell(line)
            elif language not in NOT_CODE:
                pytest.fail(f"There is no rule for a block of {language or 'no language'}")
        except BaseException as error:
            error.add_note(f"In {title}:\n{source}")
            raise
    if document == "README.md":
        made = ["runs/digits/samples.png", "runs/digits/model.keras", "runs/digits/history.csv"]
        made += ["samples", "gan.keras", "my_preset/model.weights.h5", "best.keras", "scores.json"]
        made += ["grid.png", "digits.png", "photo_samples", "out/0.png", "runs/emoji/samples.png"]
        made += ["pictures/8/1796.png", "runs/pictures/model.keras", "classes.png"]
        assert [path for path in made if not (workplace / path).exists()] == []


@pytest.mark.parametrize("document", ["README.md", "CONTRIBUTING.md"])
def test_every_command_in_the_text_is_known(document, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for command in commands(document):
        run_shell(f"{command} --help" if re.fullmatch(r"keras-gen \w+", command) else command)


def test_an_unknown_command_fails(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(pytest.fail.Exception, match="no rule"):
        run_shell("conda install keras_gen")
    with pytest.raises(AssertionError):
        run_shell('pip install -e ".[nothing]"')
    with pytest.raises(AssertionError):
        run_shell("keras-gen train gan --dataset digits --no-such-option 1")
    with pytest.raises(AssertionError):
        run_shell("python tutorials/none.py")
    with pytest.raises(AssertionError, match="No address"):
        run_shell("git clone https://example.com/somebody/keras_gen keras_gen")
    with pytest.raises(AssertionError):
        run_shell("source .venv/bin/activate")  # nothing has made it here
    with pytest.raises(AssertionError, match="Only in PowerShell"):
        run_powershell(".venv\\Scripts\\keras-gen train gan --dataset digits", "README.md")


def test_a_block_of_python_has_no_names_of_another():
    run_python("gan = 1", "first")
    with pytest.raises(NameError):
        run_python("print(gan)", "second")


def test_the_command_line_is_installed_under_its_name():
    entry_points = importlib.metadata.entry_points(group="console_scripts")
    assert entry_points["keras-gen"].load() is cli.main


@pytest.mark.parametrize("document", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"])
def test_every_link_leads_to_a_file_or_a_heading(document):
    text = re.sub(FENCED, "", read(document))
    headings = {
        re.sub(r"[^\w -]", "", heading.lower()).strip().replace(" ", "-")
        for heading in re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    }
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        if link.startswith("#"):
            assert link[1:] in headings, link
        elif not link.startswith("https://"):
            assert os.path.exists(ROOT / link), link


def test_the_picture_of_the_zoo_shows_todays_samples(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "zoo" / "tools")
    import draw_overview

    assert draw_overview.is_current(), "Draw it again: python zoo/tools/draw_overview.py"
    assert draw_overview.PICTURE.stat().st_size < 400_000


def test_the_citation_is_of_this_version():
    assert f"version = {{{keras_gen.__version__}}}" in read("README.md")
    assert f"\nversion: {keras_gen.__version__}\n" in read("CITATION.cff")
