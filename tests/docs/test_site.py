"""The documentation site is built without a warning, and shows what it should."""

import pathlib
import re
import subprocess
import sys

import pytest

import keras_gen

ROOT = pathlib.Path(keras_gen.__file__).parents[1]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    result = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert result.returncode == 0, result.stdout + result.stderr
    return folder


def read(site, page):
    return (site / page / "index.html").read_text(encoding="utf-8")


@pytest.mark.slow
def test_every_public_name_is_in_the_reference(site):
    pages = "".join(p.read_text(encoding="utf-8") for p in site.glob("reference/**/index.html"))
    for part in (
        "models",
        "networks",
        "losses",
        "layers",
        "metrics",
        "callbacks",
        "core",
        "engine",
    ):
        for name in getattr(keras_gen, part).__all__:
            assert f'id="keras_gen.{part}.{name}"' in pages, f"{part}.{name}"


@pytest.mark.slow
def test_examples_are_shown_as_code_and_arguments_as_lists(site):
    page = read(site, "reference/models/GAN")
    assert 'class="highlight"' in page
    assert "<blockquote>" not in page
    assert re.search(r"<li[^>]*>\s*<b><code>latent_dim</code>", page)


@pytest.mark.slow
def test_tutorials_have_their_pictures_and_formulas(site):
    page = read(site, "tutorials/01_quickstart")
    pictures = re.findall(r'src="([^"]+\.png)"', page)
    assert pictures
    for picture in pictures:
        assert (site / "tutorials" / "01_quickstart" / picture).resolve().is_file()
    assert "<math" in page
    assert "$" not in re.sub(r"<(pre|code)\b.*?</\1>", "", page, flags=re.DOTALL)


@pytest.mark.slow
def test_every_command_of_a_formula_is_drawn(site):
    for path in site.glob("tutorials/*/index.html"):
        formulas = re.findall(r"<math.*?</math>", path.read_text(encoding="utf-8"), re.DOTALL)
        assert [formula for formula in formulas if "\\" in formula] == [], path


@pytest.mark.slow
def test_the_zoo_has_every_card_with_its_samples(site):
    page = read(site, "zoo")
    for name in keras_gen.list_presets():
        assert f'href="{name}/"' in page
        assert name in read(site, f"zoo/{name}")
    assert (site / "zoo" / "gan_digits" / "samples.png").is_file()


@pytest.mark.slow
def test_nothing_is_fetched_from_elsewhere(site):
    for path in site.glob("**/index.html"):
        page = path.read_text(encoding="utf-8")
        fetched = re.findall(r'<(?:script|img|link)[^>]+(?:src|href)="(https?://[^"]+)"', page)
        assert not [url for url in fetched if "canonical" not in url], path
