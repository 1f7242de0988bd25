"""What `keras-gen evaluate` measures."""

import io
import json

import keras
import numpy as np
import pytest
from PIL import Image
from rich.console import Console

import keras_gen
from keras_gen import data, metrics
from keras_gen.evaluation import evaluate, render
from keras_gen.tasks import reporting
from tests.cases import CASES, build_gan, build_vae

DIGITS_FID = "FID (digits classifier features)"
DIGITS_KID = "KID (digits classifier features)"


def digits(split):
    options = {"shuffle": False, "drop_remainder": False, "labels": True}
    batches = data.images("digits", split=split, **options)
    return [np.concatenate(part) for part in zip(*batches.as_numpy_iterator(), strict=True)]


def conditional_gan(num_classes=10):
    networks, shape = keras_gen.networks, (8, 8, 1)
    return keras_gen.ConditionalGAN(
        networks.conditional_dcgan_generator(shape, num_classes, 3, base_filters=4),
        networks.conditional_dcgan_discriminator(shape, num_classes, base_filters=4),
        latent_dim=3,
        num_classes=num_classes,
    )


def fid(real, generated, features="classifier_digits"):
    metric = metrics.FrechetDistance(features)
    metric.update_state(real, generated)
    return metric.result()


def test_samples_are_scored_beside_the_train_split():
    model = build_gan()
    report = evaluate(model, "digits", n=50, seed=3)
    assert json.loads(json.dumps(report)) == report
    assert (report["model"], report["dataset"], report["split"]) == ("GAN", "digits", "test")
    assert report["extractor"] == "digits classifier"  # the data set's own
    assert set(report["losses"]) == {"discriminator_loss", "generator_loss"}
    assert report["counts"] == report["floor_counts"] == {"real": 50, "generated": 50}
    (test, _), (train, _) = digits("test"), digits("train")
    real = test[5::6]  # 50 of 300, evenly
    assert report["scores"][DIGITS_FID] == pytest.approx(
        fid(real, model.generate(50, seed=3)), rel=1e-3
    )
    count = np.arange(len(train))
    chosen = train[(count + 1) * 50 // len(train) > count * 50 // len(train)]
    assert report["floor"][DIGITS_FID] == pytest.approx(fid(real, chosen), rel=1e-3)
    assert report["scores"][DIGITS_FID] > 5 * report["floor"][DIGITS_FID]


def test_the_train_split_itself_is_halved():
    report = evaluate(build_gan(), "digits", split="train", n=60)
    assert report["counts"] == {"real": 60, "generated": 60}
    assert report["floor_counts"] == {"real": 30, "generated": 30}


def test_fewer_images_than_asked_are_all_taken():
    report = evaluate(build_gan(), "digits")
    assert report["counts"] == {"real": 300, "generated": 300}
    assert report["floor_counts"] == {"real": 300, "generated": 300}


def test_losses_are_those_of_the_models_own_evaluate():
    model = build_vae()
    model.compile()
    images, _ = digits("test")
    report = evaluate(model, "digits", iwae=3)
    losses = report["losses"]
    expected = model.evaluate(images, batch_size=100, verbose=0, return_dict=True)
    assert losses["kl_loss"] == pytest.approx(expected["kl_loss"], rel=1e-4)
    assert losses["elbo"] == pytest.approx(expected["elbo"], abs=1.0)  # other draws
    bound = model.importance_weighted_bound(images, 3).mean()
    assert losses["importance_weighted_bound"] == pytest.approx(bound, rel=1e-4)
    assert report["bound"] == {"samples": 3, "images": 300}
    assert report["latent_dim"] == model.latent_dim
    assert losses["active_units"] == len(model.active_units(images))
    assert losses["reconstruction_error"] == pytest.approx(
        model.reconstruction_errors(images).mean(), rel=1e-4
    )
    assert "recall (digits classifier features)" in report["scores"]


def test_a_log_likelihood_is_of_pictures_drawn_black_and_white():
    model = build_vae()
    with pytest.raises(ValueError, match="`images` must be black and white"):
        evaluate(model, "digits", n=30, log_likelihood=4)
    report = evaluate(model, "digits", n=30, log_likelihood=4, binarize="static")
    options = {"shuffle": False, "drop_remainder": False, "batch_size": 300}
    images = next(iter(data.images("digits", split="test", binarize="static", **options)))
    expected = model.log_likelihood(images.numpy()[9::10], 4).mean()  # 30 of 300, evenly
    name = "log_likelihood (4 samples)"
    assert report["losses"][name] == pytest.approx(expected, rel=1e-5)
    console = Console(file=io.StringIO(), width=200)
    console.print(render(report))
    assert name in console.file.getvalue()


def test_a_conditional_gan_is_asked_for_the_datas_classes():
    report = evaluate(conditional_gan(), "digits", n=100)
    name = "share of the class asked for (digits classifier features)"
    assert report["scores"][name] < 0.5 < 0.95 < report["floor"][name]


def test_data_of_other_classes_or_of_another_order_are_refused():
    model = conditional_gan(3)
    model.class_names = ["7", "1", "3"]
    model.open_data("digits", "test", classes=["7", "1", "3"])
    with pytest.raises(ValueError, match=r"in their order: 7, 1, 3\. Received: 1, 7, 3"):
        model.open_data("digits", "test", classes=["1", "7", "3"])
    # Numbers may stand for names.
    model.class_names = ["bag", "cap", "shoe"]
    assert model.open_data("digits", "test", classes=["1", "7", "3"]).num_classes == 3


@pytest.fixture
def folder(tmp_path):
    """A folder of 40 PNG files for testing, with an image in each of two colours' domains."""
    random = np.random.default_rng(0)
    for name in ("test", "testA", "testB"):
        (tmp_path / name).mkdir()
        for number in range(40):
            values = random.integers(0, 256, (8, 8, 3), dtype="uint8")
            Image.fromarray(values).save(tmp_path / name / f"{number}.png")
    return tmp_path


@pytest.fixture
def features(tmp_path_factory):
    """A preset that is no classifier."""
    tmp_path = tmp_path_factory.mktemp("features")
    model = keras.Sequential(
        [keras.Input((8, 8, 1)), keras.layers.AveragePooling2D(4), keras.layers.Flatten()]
    )
    keras_gen.save_to_preset(model, tmp_path / "patches")
    return tmp_path / "patches"


def test_a_folder_without_a_train_folder_is_halved(folder, features):
    report = evaluate(build_gan(), folder, features=features)
    assert report["extractor"] == "patches"
    assert report["counts"] == {"real": 40, "generated": 40}
    assert report["floor_counts"] == {"real": 20, "generated": 20}
    assert not any(name.startswith("IS") for name in report["scores"])


def test_a_folder_with_a_train_folder_is_not(folder, features):
    (folder / "testA").rename(folder / "train")
    report = evaluate(build_gan(), folder, features=features)
    assert report["floor_counts"] == {"real": 40, "generated": 40}


def pix2pix(generator=None):
    networks = keras_gen.networks
    return keras_gen.Pix2Pix(
        generator or networks.unet_generator((8, 8, 1), 1, base_filters=4),
        networks.patch_discriminator((8, 8, 1), (8, 8, 1), base_filters=4),
    )


def test_a_translator_is_measured_beside_copying():
    model = pix2pix()
    report = evaluate(model, "digits", input="edges", target="image")
    pairs = data.paired("digits", "edges", "image", split="test", shuffle=False, batch_size=300)
    ((edges, images),) = pairs.as_numpy_iterator()
    assert report["counts"] == {"real": 300}
    assert report["floor_counts"] == {"real": 300, "generated": 300}
    for part, outputs in {"losses": model.translate(edges), "copying": edges}.items():
        psnr, ssim = metrics.PeakSignalToNoiseRatio(), metrics.StructuralSimilarity(filter_size=7)
        psnr.update_state(images, outputs)
        ssim.update_state(images, outputs)
        expected = {
            "l1": np.abs(images - outputs).mean(),
            "psnr": psnr.result(),
            "ssim": ssim.result(),
        }
        measured = {name: report[part][name] for name in expected}
        assert measured == pytest.approx(expected, rel=1e-3, abs=1e-4)
    assert set(report["scores"]) == set(report["floor"]) == {DIGITS_FID, DIGITS_KID}
    assert report["extractor"] == "digits classifier"
    for part, outputs in {"scores": model.translate(edges), "copying": edges}.items():
        assert report[part][DIGITS_FID] == pytest.approx(fid(images, outputs), rel=1e-3)
    assert report["floor"][DIGITS_FID] < report["copying"][DIGITS_FID]
    assert json.loads(json.dumps(report)) == report


def test_a_translator_that_copies_scores_as_copying_does():
    image = keras.Input((8, 8, 1))
    convolution = keras.layers.Conv2D(1, 1, use_bias=False, kernel_initializer="ones")
    model = pix2pix(keras.Model(image, convolution(image)))
    report = evaluate(model, "digits", n=40, input="edges")
    assert report["losses"] | report["scores"] == pytest.approx(report["copying"], rel=1e-4)


def test_a_grey_input_is_copied_into_all_channels():
    options = {"dataset": "digits", "n": 10, "input": "edges", "target": "image"}
    colour = evaluate(CASES["pix2pix"].build(), **options)
    assert colour["copying"] == pytest.approx(evaluate(pix2pix(), **options)["copying"], rel=1e-4)
    assert colour["counts"] == {"real": 10}


def test_no_copying_of_colour_to_grey():
    networks = keras_gen.networks
    model = keras_gen.Pix2Pix(
        networks.unet_generator((8, 8, 3), 1, base_filters=4),
        networks.patch_discriminator((8, 8, 3), (8, 8, 1), base_filters=4),
    )
    assert "copying" not in evaluate(model, "digits", n=10, input="image", target="image")


def test_cycles_of_a_cycle_gan(folder):
    model = CASES["cycle_gan"].build()
    report = evaluate(model, folder, n=30)
    assert report["counts"] == {"real": 30}
    assert set(report["losses"]) == {"cycle_error_a", "cycle_error_b"}
    assert report["copying"] == {"cycle_error_a": 0.0, "cycle_error_b": 0.0}
    assert min(report["losses"].values()) > 0.01
    # No classifier knows these images, and they are of no pairs.
    assert not {"scores", "extractor", "floor", "floor_counts"} & set(report)


def test_both_directions_of_a_cycle_gan_are_scored(folder, features):
    model = CASES["cycle_gan"].build()
    report = evaluate(model, folder, features=features)
    pairs = data.unpaired(folder, split="test", shuffle=False, batch_size=40)
    ((a, b),) = pairs.as_numpy_iterator()
    for direction, source, target in (("ab", a, b), ("ba", b, a)):
        name = f"{direction[0]} to {direction[1]}: FID (patches features)"
        translated = model.translate(source, direction)
        expected = {"scores": translated, "copying": source}
        for part, images in expected.items():
            assert report[part][name] == pytest.approx(fid(target, images, features), rel=1e-3)
        assert report["scores"][name] != report["copying"][name]
    assert "floor" not in report  # there is no train folder
    assert not any("l1" in name for name in report["scores"])


def test_no_image_of_a_smaller_domain_counts_twice(folder, features):
    for number in range(10, 40):
        (folder / "testA" / f"{number}.png").unlink()
    for number, path in enumerate(sorted((folder / "testB").iterdir())):
        Image.new("RGB", (8, 8), (6 * number,) * 3).save(path)
    model = CASES["cycle_gan"].build()
    report = evaluate(model, folder, features=features)
    assert report["counts"] == {"real": 10}
    # Of the larger one they lie evenly over the whole, one in four.
    opened, specs = model.open_data(folder, "test"), tuple(model.takes.values())
    chosen, _ = reporting.chosen_examples(opened, specs, 100, 100, once=True)
    ((_, b),) = chosen.as_numpy_iterator()
    shades = np.rint((b[:, 0, 0, 0] + 1) * 127.5 / 6).astype(int).tolist()
    assert sorted(np.array(shades) // 4) == list(range(10))


def test_a_cycle_gan_is_held_against_true_counterparts():
    model = CASES["cycle_gan"].build()
    report = evaluate(model, "digits", n=40, input="image", target="image")
    height, width, channels = model.shape_a
    images = data.images(
        "digits", (height, width), channels=channels, split="test", batch_size=300, shuffle=False
    )
    (images,) = images.as_numpy_iterator()
    chosen = images[[i for i in range(300) if (i + 1) * 40 // 300 > i * 40 // 300]]
    for direction in ("ab", "ba"):
        name = f"{direction[0]} to {direction[1]}: "
        error = np.abs(model.translate(chosen, direction) - chosen).mean()
        assert report["scores"][f"{name}l1"] == pytest.approx(error, rel=1e-3)
        assert report["copying"][f"{name}l1"] == 0.0
        assert report["copying"][name + DIGITS_FID] == pytest.approx(0.0, abs=1e-6)
        assert report["copying"][f"{name}ssim"] == pytest.approx(1.0)
        assert report["floor"][name + DIGITS_FID] > 0.0
    text = printed(report)
    assert "copied input" in text and "floor" in text
    assert "40 images of each kind. Floor: 40 real against 40 other real" in text


def test_images_that_were_brought_to_the_models_size_are_said_to_be(folder, features):
    assert "fitted" not in evaluate(build_gan(), "digits", n=20)
    colour = keras_gen.GAN(
        keras_gen.networks.dcgan_generator((16, 8, 3), 4, base_filters=4),
        keras_gen.networks.dcgan_discriminator((16, 8, 3), base_filters=4),
        latent_dim=4,
    )
    report = evaluate(colour, "digits", n=20)
    assert report["fitted"] == [{"from": [8, 8, 1], "to": [16, 8, 3]}]
    said = " ".join(printed(report).split())
    assert "converted from 8 x 8 x 1 to 16 x 8 x 3" in said
    Image.new("RGB", (12, 12)).save(folder / "test" / "larger.png")
    report = evaluate(build_gan(), folder, features=features)
    assert report["fitted"] == [{"from": [None, None, 3], "to": [8, 8, 1]}]
    assert "Images that were not 8 x 8 x 1 were" in " ".join(printed(report).split())


def test_pairs_that_were_brought_to_the_models_size_are_said_to_be(folder):
    assert "fitted" not in evaluate(pix2pix(), "digits", n=10, input="edges")
    assert "fitted" not in evaluate(CASES["cycle_gan"].build(), folder)
    Image.new("RGB", (12, 12)).save(folder / "testA" / "larger.png")
    report = evaluate(CASES["cycle_gan"].build(), folder)
    assert {tuple(shapes["from"]) for shapes in report["fitted"]} == {(None, None, None)}


def printed(report, width=120):
    console = Console(width=width, file=io.StringIO())
    console.print(render(report))
    return console.file.getvalue()


def test_the_table_has_scores_floor_and_counts():
    report = evaluate(build_gan(), "digits", n=40)
    text = printed(report)
    (row,) = [line for line in text.splitlines() if DIGITS_FID in line]
    for part in ("scores", "floor"):
        assert f"{report[part][DIGITS_FID]:.4g}" in row
    assert "40 generated against 40 real" in text
    assert "40 real against 40 other real" in text
    assert "GAN on digits (test)" in text
    assert any("generator_loss" in line for line in text.splitlines())
    assert len(printed(report, width=60).splitlines()) > len(text.splitlines())  # folded, not cut


def test_the_table_of_a_translator():
    report = evaluate(pix2pix(), "digits", n=20, input="edges")
    text = printed(report)
    assert "copied input" in text and f"{report['copying']['psnr']:.4g}" in text
    assert f"{report['floor'][DIGITS_FID]:.4g}" in text
    del report["copying"]
    assert "copied input" not in printed(report)


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("gan", {"n": 0}, r"`n` must be an integer above 0\. Received: n=0"),
        ("gan", {"split": "nosuch"}, "`split` must be one of"),
        ("gan", {"input": "edges"}, "`input` is no option for a GAN"),
        ("gan", {"iwae": 5}, "`iwae` is no option for a GAN"),
        ("gan", {"features": "nosuch"}, "`feature_extractor` must be"),
        ("pix2pix", {"iwae": 5}, "`iwae` is no option for a Pix2Pix"),
        (
            "pix2pix",
            {"features": "nosuch", "input": "edges"},
            "`feature_extractor` must be",
        ),
        ("pix2pix", {}, "`input` and `target` must be"),
        ("pix2pix", {"binarize": "static"}, "`binarize` is no option for a Pix2Pix"),
        ("gan", {"log_likelihood": 4}, "`log_likelihood` is no option for a GAN"),
        ("gan", {"binarize": "twice"}, "`binarize` must be one of"),
        ("pix2pix", {"classes": "7"}, "`classes` is no option for a Pix2Pix"),
        ("gan", {"side_by_side": True}, "`side_by_side` is no option for a GAN"),
        ("cycle_gan", {"side_by_side": True}, "`side_by_side` is no option for a CycleGAN"),
    ],
)
def test_refuses(name, arguments, message):
    with pytest.raises(ValueError, match=message):
        evaluate(CASES[name].build(), "digits", **arguments)


def test_without_a_network_it_says_what_features_to_choose(monkeypatch):
    def no_network(**arguments):
        raise Exception("URL fetch failure")

    monkeypatch.setattr(keras.applications, "InceptionV3", no_network)
    with pytest.raises(ValueError, match=r"`features` must be had.*'inception_v3' \(URL fetch"):
        evaluate(build_gan(), "digits", n=20, features="inception_v3")


@pytest.mark.slow
def test_without_a_network_the_nearest_classifier_stands_in_and_is_named(folder, monkeypatch):
    def no_network(**arguments):
        raise Exception("URL fetch failure")

    monkeypatch.setattr(keras.applications, "InceptionV3", no_network)
    with pytest.warns(UserWarning, match=r"'inception_v3' can't be had.*'classifier_digits'.*URL"):
        report = evaluate(build_gan(), folder, n=20)
    assert report["extractor"] == "digits classifier" and DIGITS_FID in report["scores"]
    # It knows as many classes as this model makes: others.
    extractor = metrics.get_feature_extractor("classifier_digits")
    assert reporting.stands_in(extractor, build_gan().gives, "mine")
    assert not reporting.stands_in(extractor, build_gan().gives, "digits")
    for shape, nearest in {
        (28, 28, 3): "fashion_mnist",
        (256, 256, 3): "imagenet_lite0",
        (80, 80, 3): "emoji",
        (9, 9, 1): "digits",
    }.items():
        assert reporting.nearest_classifier(shape) == f"classifier_{nearest}"


@pytest.fixture
def flat_folder(folder):
    """Pictures in one folder, of no splits."""
    return folder / "test"


def test_a_folder_without_a_test_part_is_evaluated_as_it_is_and_says_so(flat_folder, features):
    report = evaluate(build_gan(), flat_folder, features=features)
    assert report["split"] == "train" and report["counts"] == {"real": 40, "generated": 40}
    assert report["floor_counts"] == {"real": 20, "generated": 20}
    assert json.loads(json.dumps(report)) == report
    text = " ".join(printed(report).split())
    assert "(train)" in text and "There is no test split: these are the images of the train" in text
    with pytest.raises(ValueError, match="`split` must be 'train' or the name of a subfolder"):
        evaluate(build_gan(), flat_folder, split="test", features=features)


def test_domains_without_a_test_part(folder):
    for name in "AB":
        (folder / f"test{name}").rename(folder / name)
    report = evaluate(CASES["cycle_gan"].build(), folder)
    assert report["split"] == "train" and "no test split" in report["notes"][0]
    with pytest.raises(ValueError, match="a subfolder for each domain"):
        evaluate(CASES["cycle_gan"].build(), folder, split="test")


@pytest.mark.filterwarnings("ignore:Skipped")
def test_a_test_part_that_can_t_be_read_is_no_reason_to_take_another(folder):
    (folder / "train").mkdir()
    Image.new("RGB", (8, 8)).save(folder / "train" / "0.png")
    for path in (folder / "test").iterdir():
        path.write_bytes(b"no picture")
    with (
        pytest.warns(UserWarning, match="Skipped 40 of 40 pictures as unreadable"),
        pytest.raises(ValueError, match="no readable picture"),
    ):
        evaluate(build_gan(), folder)


def test_a_folder_s_train_part_is_the_floor_of_pairs_too(folder, features):
    random = np.random.default_rng(1)
    for part in ("train", "test"):
        for name in ("input", "target"):
            (folder / part / name).mkdir(parents=True, exist_ok=True)
            for number in range(6):
                values = random.integers(0, 256, (8, 8, 1 if name == "input" else 3), "uint8")
                image = Image.fromarray(values.squeeze())
                image.save(folder / part / name / f"{number}.png")
    options = {"input": "input", "target": "target", "features": features}
    report = evaluate(CASES["pix2pix"].build(), folder, **options)
    assert report["split"] == "test"
    assert report["floor_counts"] == {"real": 6, "generated": 6}
    assert report["floor"].keys() == {"FID (patches features)", "KID (patches features)"}


def test_arrays_are_evaluated():
    images, _ = digits("test")
    report = evaluate(build_gan(), images[:30], features="classifier_digits")
    assert (report["dataset"], report["split"]) == ("arrays", "train")
    assert report["counts"] == {"real": 30, "generated": 30} and "notes" not in report


@pytest.mark.parametrize(
    "model", [keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Flatten()]), "gan_digits"]
)
def test_what_has_no_task_is_refused(model):
    with pytest.raises(ValueError, match=r"`model` must be one that generates or translates"):
        evaluate(model, "digits")


def test_what_is_held_out_may_be_called_val(tmp_path, features):
    for split, count in (("train", 24), ("val", 20)):
        (tmp_path / "mine" / split).mkdir(parents=True)
        for number in range(count):
            values = np.random.default_rng(number).integers(0, 256, (8, 8), dtype="uint8")
            Image.fromarray(values).save(tmp_path / "mine" / split / f"{number}.png")
    report = evaluate(build_gan(), tmp_path / "mine", features=features)
    assert report["split"] == "val" and report["counts"]["real"] == 20
    assert not report.get("notes")
