import numpy as np
import pytest

from keras_gen.metrics import FeatureExtractor, ReferenceStatistics, cached_reference_statistics


@pytest.fixture
def images(rng):
    return rng.uniform(-1, 1, (20, 2, 3, 1)).astype("float32")


def test_holds_the_moments_of_all_and_the_first_features(images, pixels):
    batches = [images[:9], images[9:]]
    statistics = ReferenceStatistics.from_images(batches, pixels, max_features=12)
    features = images.reshape(20, 6)
    assert statistics.count == 20
    np.testing.assert_allclose(statistics.mean, features.mean(axis=0), rtol=1e-6)
    expected = np.cov(features.astype("float64"), rowvar=False)
    np.testing.assert_allclose(statistics.covariance, expected, rtol=1e-9)
    np.testing.assert_array_equal(statistics.features, features[:12])


def test_file_holds_everything_exactly(images, pixels, tmp_path):
    statistics = ReferenceStatistics.from_images(images, pixels)
    path = tmp_path / "folder" / "statistics.npz"
    statistics.save(path)
    loaded = ReferenceStatistics.load(path)
    assert vars(loaded).keys() == vars(statistics).keys()
    for name, value in vars(statistics).items():
        np.testing.assert_array_equal(getattr(loaded, name), value)
        assert type(getattr(loaded, name)) is type(value)
    assert [file.name for file in path.parent.iterdir()] == ["statistics.npz"]
    loaded.check_extractor(pixels)


@pytest.fixture
def cached(images, pixels, tmp_path):
    """Asks the cache, and says whether the images were fetched."""

    def ask(dataset="squares", split="test", image_size=(2, 3), extractor=pixels):
        fetched = []

        def fetch():
            fetched.append(True)
            return images

        statistics = cached_reference_statistics(
            dataset, split, image_size, extractor, fetch, directory=tmp_path
        )
        assert statistics.count == 20
        return bool(fetched)

    return ask


def test_cache_is_asked_first(cached, tmp_path):
    assert cached()
    assert not cached()
    (file,) = tmp_path.iterdir()
    assert file.name.startswith("squares-test-2x3-pixel-")


@pytest.mark.parametrize("change", [{"dataset": "circles"}, {"split": "train"}, {"image_size": 28}])
def test_cache_goes_by_data_set_split_and_size(cached, change):
    cached()
    assert cached(**change)
    assert not cached(**change)


def test_cache_goes_by_the_extractors_weights(cached, classifier):
    extractor = FeatureExtractor(classifier)
    assert cached(extractor=extractor)
    assert not cached(extractor=extractor)
    classifier.set_weights([weight + 0.1 for weight in classifier.get_weights()])
    assert cached(extractor=extractor)


def test_cache_is_under_keras_home(images, pixels, tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    cached_reference_statistics("squares", "test", 3, pixels, lambda: images)
    (file,) = (tmp_path / "keras_gen" / "reference_statistics").iterdir()
    assert file.name.startswith("squares-test-3x3-pixel-")
