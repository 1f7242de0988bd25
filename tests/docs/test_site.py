"""The documentation site is built without a warning, and shows what it should."""

import json
import os
import pathlib
import re
import subprocess
import sys

import pytest

import keras_gen
from keras_gen.recipes import families

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


def led_to_by(site, word):
    """Pages that the search puts first for a word of the field: it is one of their tags."""
    sections = json.loads((site / "search" / "search_index.json").read_text(encoding="utf-8"))[
        "docs"
    ]
    return {s["location"].partition("#")[0] for s in sections if word in s.get("tags", ())}


@pytest.mark.slow
@pytest.mark.parametrize(
    "part", ["models", "networks", "losses", "layers", "metrics", "callbacks", "core", "engine"]
)
def test_every_public_name_has_a_page_and_a_place_in_the_index(site, part):
    index = read(site, "reference/a_to_z")
    for name in getattr(keras_gen, part).__all__:
        pages = [p for p in (f"{part}/{name}", f"{part}/{name}_") if f'href="../{p}/"' in index]
        assert pages, f"{part}.{name}"
        # A function's name may be its module's, too.
        anchor = re.compile(rf'id="keras_gen\.{part}\.({name}\.)?{name}"')
        assert any(anchor.search(read(site, f"reference/{page}")) for page in pages), (
            f"{part}.{name}"
        )


@pytest.mark.slow
def test_a_function_is_shown_where_a_module_has_its_name(site):
    page = read(site, "reference/data/images")
    assert "<b><code>image_size</code>" in page and "open_images</code>" not in page


@pytest.mark.slow
def test_a_models_page_shows_what_its_users_call_and_no_plumbing(site):
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    rows = re.findall(
        r"^\| \[`(\w+)`\]\(keras_gen/models.*?\| .*? \| (.*?) \|", readme, re.MULTILINE
    )
    assert len(rows) > 5
    for name, does in rows:
        page = read(site, f"reference/models/{name}")
        shown = set(re.findall(rf'id="keras_gen\.models\.{name}\.(\w+)"', page))
        assert set(re.findall(r"`(\w+)", does)) | {"compile", "fit", "save", "from_preset"} <= shown
        assert not shown & {"phases", "take", "golden_inputs", "measure", "run_train_step", "usage"}


@pytest.mark.slow
def test_inherited_plumbing_is_left_out_elsewhere(site):
    page = read(site, "reference/metrics/FrechetDistance")
    shown = set(re.findall(r'id="keras_gen\.metrics\.FrechetDistance\.(\w+)"', page))
    assert {"update_real", "update_generated", "result"} <= shown
    assert not shown & {"empty_copy", "check_counts", "new_side", "reference_side"}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("word", "page"),
    [
        ("FID", "reference/metrics/FrechetDistance/"),
        ("KID", "reference/metrics/KernelDistance/"),
        ("EMA", "reference/models/GAN/"),
        ("DCGAN", "reference/networks/dcgan_generator/"),
        ("critic", "reference/models/WGANGP/"),
        ("own pictures", "guide/your-own-pictures/"),
    ],
)
def test_the_search_and_the_index_find_the_words_of_the_field(site, word, page):
    assert led_to_by(site, word) == {page}
    link = os.path.relpath(page, "reference/a_to_z")
    assert re.search(rf'<a href="{link}/"><strong>{word}\b', read(site, "reference/a_to_z"))


@pytest.mark.slow
@pytest.mark.parametrize("family", ["gan", "cycle_gan", "table_vae"])
def test_every_family_has_a_table_of_its_options(site, family):
    page = read(site, f"reference/command_line/train_{family}")
    for option in families()[family].load().options():
        row = re.search(rf"<td><code>{option.flag}</code></td>\s*<td>(.*?)</td>", page)
        assert row and row[1] == option.default_in_words, option.flag


@pytest.mark.slow
def test_pages_show_the_version_and_lead_on(site):
    page = read(site, "guide/start")
    assert f"keras_gen {keras_gen.__version__}" in re.search(r"<title>(.*?)</title>", page)[1]
    assert (
        'href="../which-model-for-my-problem/" class="md-footer__link md-footer__link--next"'
        in page
    )
    assert "md-source__repository" not in page  # there is no address


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
def test_the_zoos_table_has_the_columns_that_its_filters_ask_for(site):
    page = read(site, "zoo")
    headings = re.findall(r"<th[^>]*>(.*?)</th>", page)
    script = (site / "zoo.js").read_text(encoding="utf-8")
    asked = json.loads(re.search(r"for \(const name of (\[.*?\])\)", script)[1])
    assert asked and set(asked) <= set(headings)
    column = headings.index("data")
    rows = re.findall(r"<tr>\s*<td.*?</tr>", page, re.DOTALL)
    data = [re.findall(r"<td[^>]*>(.*?)</td>", row, re.DOTALL)[column] for row in rows]
    assert len(rows) == len(keras_gen.list_presets())
    learnt_here = {
        "digits",
        "emoji",
        "fashion_mnist",
        "fluent_emoji",
        "mnist_10k",
        "moving_digits",
        "adult",
        "clothing_reviews",
    }
    assert set(data) == {*learnt_here, "ImageNet (ILSVRC 2012)"}


@pytest.mark.slow
def test_the_gallery_shows_every_presets_samples(site):
    page = read(site, "zoo/gallery")
    for path in (ROOT / "zoo").glob("*/samples.png"):
        assert f'src="../{path.parent.name}/samples.png"' in page


@pytest.mark.slow
def test_nothing_is_fetched_from_elsewhere(site):
    for path in site.glob("**/index.html"):
        page = path.read_text(encoding="utf-8")
        fetched = re.findall(r'<(?:script|img|link)[^>]+(?:src|href)="(https?://[^"]+)"', page)
        assert not [url for url in fetched if "canonical" not in url], path
