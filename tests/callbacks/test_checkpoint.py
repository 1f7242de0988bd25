import keras
import pytest

from keras_gen.callbacks import Checkpoint
from tests.cases import CASES, compiled


def test_the_file_is_of_the_last_epoch(tmp_path):
    case = CASES["vae"]
    model = compiled(case)
    model.fit(
        case.data(8),
        batch_size=4,
        epochs=3,
        callbacks=[Checkpoint(tmp_path / "model.keras", every=2)],
        verbose=0,
    )
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert int(loaded.optimizer.iterations) == 6
    assert [path.name for path in tmp_path.iterdir()] == ["model.keras"]


def test_a_failing_save_leaves_the_last_whole_file(tmp_path, monkeypatch):
    case = CASES["vae"]
    model = compiled(case)
    checkpoint = Checkpoint(tmp_path / "model.keras")
    model.fit(case.data(4), callbacks=[checkpoint], verbose=0)

    def save_half(self, path, *args, **kwargs):
        path.write_bytes(b"half")
        raise OSError("disk full")

    monkeypatch.setattr(type(model), "save", save_half)
    with pytest.raises(OSError, match="disk full"):
        model.fit(case.data(4), callbacks=[checkpoint], verbose=0)
    monkeypatch.undo()
    assert int(keras.saving.load_model(tmp_path / "model.keras").optimizer.iterations) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["model.keras"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [({"path": "model.h5"}, "end in '.keras'"), ({"path": "a.keras", "every": 0}, "`every`")],
)
def test_refuses(arguments, message):
    with pytest.raises(ValueError, match=message):
        Checkpoint(**arguments)
