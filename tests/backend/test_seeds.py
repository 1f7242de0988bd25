import keras
import numpy as np

from keras_gen.backend.seeds import ReplicaSeedGenerator
from tests.core.toys import array


def test_alone_it_is_keras_own():
    ours, theirs = ReplicaSeedGenerator(seed=7), keras.random.SeedGenerator(seed=7)
    for _ in range(3):
        np.testing.assert_array_equal(array(ours.next()), array(theirs.next()))
        draws = [array(keras.random.normal((4,), seed=seed)) for seed in (ours, theirs)]
        np.testing.assert_array_equal(*draws)


def test_replicas_draw_apart(monkeypatch):
    draws = []
    for replica in range(3):
        monkeypatch.setattr(
            "keras_gen.backend.seeds.replica_id",
            lambda replica=replica: replica,
        )
        draws.append(array(keras.random.normal((64,), seed=ReplicaSeedGenerator(seed=7))))
    for a, b in [(0, 1), (0, 2), (1, 2)]:
        assert abs(np.corrcoef(draws[a], draws[b])[0, 1]) < 0.5


def test_config_round_trip():
    again = ReplicaSeedGenerator.from_config(ReplicaSeedGenerator(seed=7).get_config())
    assert isinstance(again, ReplicaSeedGenerator)
    np.testing.assert_array_equal(array(again.next()), [7, 0])
