import json

import numpy as np
import pytest

from keras_gen.metrics import (
    FeatureExtractor,
    FrechetDistance,
    KernelDistance,
    ReferenceStatistics,
    SampleScores,
    evaluate_samples,
    score_name,
)


@pytest.fixture
def images(rng):
    def draw(count, spread=1.0):
        return (spread * rng.uniform(-1, 1, (count, 6, 6, 1))).astype("float32")

    return draw


class CountingExtractor(FeatureExtractor):
    count = 0

    def __call__(self, images):
        self.count += len(images)
        return super().__call__(images)


def test_scores_are_the_metrics_own(classifier, images):
    real, generated = images(40), images(30, spread=0.6)
    scores = SampleScores(classifier, seed=5)
    scores.update_real(real)
    scores.update_generated(generated)
    result = scores.result()
    assert set(result) == {
        "frechet_distance",
        "kernel_distance",
        "kernel_distance_std",
        "inception_score",
        "inception_score_std",
        "precision",
        "recall",
        "density",
        "coverage",
    }
    for metric in (FrechetDistance(classifier), KernelDistance(classifier, seed=5)):
        metric.update_state(real, generated)
        single = metric.result()
        single = single if isinstance(single, dict) else {metric.name: single}
        assert {key: result[key] for key in single} == single


def test_extractor_that_is_no_classifier_gets_no_inception_score(pixels, rng):
    scores = SampleScores(pixels)
    scores.update_real(rng.uniform(-1, 1, (20, 2, 3, 1)))
    scores.update_generated(rng.uniform(-1, 1, (20, 2, 3, 1)))
    assert "inception_score" not in scores.result()


def test_reset_generated_keeps_the_real_side(classifier, images):
    scores = SampleScores(classifier, metrics=[FrechetDistance(classifier)])
    scores.update_real(images(20))
    scores.update_generated(images(20))
    scores.reset_generated()
    assert scores.counts == (20, 0)
    scores.reset_state()
    assert scores.counts == (0, 0)


def test_reference_statistics_stand_in_for_the_real_images(classifier, images):
    real, generated = images(40), images(30)
    direct, referenced = SampleScores(classifier), SampleScores(classifier)
    direct.update_real(real)
    referenced.set_reference(ReferenceStatistics.from_images(real, classifier))
    for scores in (direct, referenced):
        scores.update_generated(generated)
    assert referenced.counts == (40, 30)
    assert referenced.result() == pytest.approx(direct.result(), rel=1e-6)


def test_report_counts_names_and_embeds_every_image_once(classifier, images):
    extractor = CountingExtractor(classifier, name="squares classifier")
    report = evaluate_samples(images(41), images(30), extractor)
    assert extractor.count == 71
    assert report["extractor"] == "squares classifier"
    assert report["counts"] == {"real": 41, "generated": 30}
    assert report["floor_counts"] == {"real": 21, "generated": 20}
    assert set(report["scores"]) == set(report["floor"])
    assert "FID (squares classifier features)" in report["scores"]
    assert all(name.endswith("(squares classifier features)") for name in report["scores"])
    assert json.loads(json.dumps(report)) == report


@pytest.mark.parametrize("sizes", [[40], [7, 7, 7, 7, 7, 5], [1] * 40])
def test_floor_compares_every_other_real_image(classifier, images, sizes):
    real = images(40)
    metric = FrechetDistance(classifier)
    metric.update_state(real[::2], real[1::2])
    batches = np.split(real, np.cumsum(sizes)[:-1])
    report = evaluate_samples(batches, images(20), classifier)
    floor = report["floor"]["FID (tiny_classifier features)"]
    assert floor == pytest.approx(metric.result(), rel=1e-5)
    assert report["floor_counts"] == {"real": 20, "generated": 20}


def test_scores_that_there_are_too_few_real_images_for_a_floor_of_stay(classifier, images):
    report = evaluate_samples(images(15), images(15), classifier)
    assert len(report["scores"]) > 5 and not {"floor", "floor_counts"} & report.keys()


def test_floor_compares_the_holdout_where_there_is_one(classifier, images):
    real, holdout = images(30), images(25)
    metric = FrechetDistance(classifier)
    metric.update_state(real, holdout)
    report = evaluate_samples(real, images(20), classifier, holdout=holdout)
    assert report["floor"]["FID (tiny_classifier features)"] == pytest.approx(metric.result())
    assert report["floor_counts"] == {"real": 30, "generated": 25}


def test_limit_is_kept_on_every_side(classifier, images):
    def endless():
        while True:
            yield images(7)

    report = evaluate_samples(endless(), endless(), classifier, holdout=endless(), limit=24)
    assert report["counts"] == report["floor_counts"] == {"real": 24, "generated": 24}


def test_collapse_stands_out_from_the_floor(classifier, images):
    """One image again and again: precision holds, recall goes, and the distance is far off."""
    real = images(200)
    collapsed = np.repeat(real[:1], 100, axis=0)
    report = evaluate_samples(real, collapsed, classifier)
    scores, floor = (
        {key.split(" (")[0]: value for key, value in report[part].items()}
        for part in ("scores", "floor")
    )
    assert scores["precision"] == 1.0
    assert scores["recall"] < 0.02 < 0.8 < floor["recall"]
    assert scores["FID"] > 20 * floor["FID"]
    assert scores["IS"] == pytest.approx(1.0, abs=1e-6)


@pytest.mark.parametrize(
    ("score", "expected"),
    [
        ("frechet_distance", "FID (x features)"),
        ("kernel_distance_std", "KID standard deviation (x features)"),
        ("coverage", "coverage (x features)"),
        ("my_own", "my_own (x features)"),
    ],
)
def test_names_say_whose_features(score, expected, classifier):
    assert score_name(score, "x") == expected
    assert score_name(score, FeatureExtractor(classifier, name="x")) == expected


def test_holdout_is_as_many_as_the_real_images(classifier, images):
    report = evaluate_samples(images(30), images(20), classifier, holdout=images(45))
    assert report["counts"] == {"real": 30, "generated": 20}
    assert report["floor_counts"] == {"real": 30, "generated": 30}


def test_evaluating_again_forgets_what_was(classifier, images):
    real, generated = images(40), images(30, spread=0.5)
    scores = SampleScores(classifier)
    first = scores.evaluate(real, generated)
    assert (
        scores.evaluate(real, generated) == first == evaluate_samples(real, generated, classifier)
    )


def test_chosen_metrics_alone_are_in_scores_and_floor(classifier, images):
    metrics = [FrechetDistance(classifier), KernelDistance(classifier, subsets=2, subset_size=9)]
    report = SampleScores(classifier, metrics=metrics).evaluate(images(40), images(30))
    names = {"FID", "KID", "KID standard deviation"}
    for part in ("scores", "floor"):
        assert {name.split(" (")[0] for name in report[part]} == names
    assert report["scores"]["KID standard deviation (tiny_classifier features)"] > 0


@pytest.mark.parametrize(("num_classes", "known"), [(4, True), (3, False), (None, False)])
def test_class_accuracy_needs_a_classifier_of_as_many_classes(
    classifier, images, num_classes, known
):
    real, generated = images(40), images(40, spread=0.5)
    named = classifier.predict(generated, verbose=0).argmax(axis=1)
    labels = np.where(np.arange(40) < 30, named, (named + 1) % 4)  # right three times in four
    truth = classifier.predict(real, verbose=0).argmax(axis=1)
    report = SampleScores(classifier).evaluate(
        [(real, truth)], [(generated, labels)], num_classes=num_classes
    )
    name = "share of the class asked for (tiny_classifier features)"
    assert (name in report["scores"]) == (name in report["floor"]) == known
    if known:
        assert report["scores"][name] == 0.75
        assert report["floor"][name] == 1.0  # what the classifier makes of real images


def test_embeddings_keep_their_labels_when_cut(classifier, images):
    embedding = FeatureExtractor(classifier)(images(5)).with_labels([4, 3, 2, 1, 0])
    assert embedding[1::2].labels.tolist() == [3, 1]
    assert embedding.with_labels(None)[:2].labels is None


def test_an_empty_copy_shares_nothing_but_the_extractor(classifier, images):
    metric = KernelDistance(classifier, subset_size=7, seed=3)
    metric.update_state(images(20), images(20))
    copy = metric.empty_copy()
    assert (copy.subset_size, copy.seed, copy.counts) == (7, 3, (0, 0))
    assert copy.feature_extractor is metric.feature_extractor
    copy.update_state(images(5), images(6))
    assert metric.counts == (20, 20)
