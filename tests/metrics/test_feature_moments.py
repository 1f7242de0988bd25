import numpy as np
import pytest

from keras_gen.metrics.feature_moments import FeatureMoments


@pytest.mark.parametrize("batch", [1, 7, 100])
@pytest.mark.parametrize("offset", [0.0, 1e6])  # naive sums of squares lose 12 digits at 1e6
def test_stream_has_the_moments_of_the_whole(rng, batch, offset):
    features = rng.normal(size=(100, 5)) + offset
    moments = FeatureMoments()
    for start in range(0, 100, batch):
        moments.update_features(features[start : start + batch])
    assert moments.count == 100
    np.testing.assert_allclose(moments.mean, features.mean(axis=0), rtol=1e-12)
    expected = np.cov(features, rowvar=False)
    np.testing.assert_allclose(moments.covariance, expected, rtol=1e-7, atol=1e-9)


def test_float32_features_are_summed_in_float64():
    features = np.full((1000, 1), 0.1, "float32")
    moments = FeatureMoments()
    for row in features:
        moments.update_features(row[None])
    assert moments.mean.dtype == "float64"
    assert moments.mean[0] == pytest.approx(np.float64(np.float32(0.1)), rel=1e-13)


def test_continues_from_given_moments(rng):
    features = rng.normal(size=(30, 3))
    head = features[:20]
    moments = FeatureMoments(20, head.mean(axis=0), np.cov(head, rowvar=False))
    moments.update_features(features[20:])
    np.testing.assert_allclose(moments.covariance, np.cov(features, rowvar=False), rtol=1e-10)


@pytest.mark.parametrize("count", [0, 1])
def test_covariance_of_fewer_than_two_is_refused(count):
    moments = FeatureMoments()
    if count:
        moments.update_features(np.zeros((1, 2)))
    with pytest.raises(ValueError, match=f"two samples or more. Received: {count}"):
        _ = moments.covariance
