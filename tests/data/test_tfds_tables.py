import numpy as np
import pytest
import tensorflow_datasets as tfds

from keras_gen.data import open_mixed_table

pytestmark = pytest.mark.one_backend
CABINS = ["C 85", "é", "", "B"]


class Passengers(tfds.core.GeneratorBasedBuilder):
    """Rows of each type, one of them nested, and with each row a picture."""

    VERSION = tfds.core.Version("1.0.0")

    def _info(self):
        told = {
            "age": np.float32,
            "cabin": tfds.features.Text(),
            "survived": np.bool_,
            "class": tfds.features.ClassLabel(names=["first", "second"]),
        }
        features = tfds.features.FeaturesDict(
            {
                "told": tfds.features.FeaturesDict(told),
                "siblings": np.int64,
                "age": np.int32,
                "photo": tfds.features.Image(shape=(2, 2, 1)),
            }
        )
        return self.dataset_info_from_configs(features=features)

    def _split_generators(self, dl_manager):
        return {"train": self._generate_examples(40), "test": self._generate_examples(12)}

    def _generate_examples(self, count):
        for k in range(count):
            told = {
                "age": np.nan if k % 4 == 0 else k % 4 + 0.5,
                "cabin": CABINS[k % 4],
                "survived": k % 2 == 0,
                "class": -1 if k % 4 == 3 else k % 2,
            }
            photo = np.zeros((2, 2, 1), "uint8")
            yield k, {"told": told, "siblings": k % 4, "age": 10 * (k % 4), "photo": photo}


COLUMNS = ["told/age", "age", "siblings", "cabin", "survived", "class"]


@pytest.fixture
def passengers(tmp_path, monkeypatch):
    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path))
    Passengers(data_dir=tmp_path).download_and_prepare()


@pytest.mark.usefixtures("passengers")
def test_values_types_and_splits():
    table = open_mixed_table("passengers", columns=COLUMNS)
    assert (table.name, table.count, table.splits) == ("passengers", 40, ("train", "test"))
    assert table.names == tuple(COLUMNS)
    kinds = ["continuous", "integer", "integer", "categorical", "boolean", "categorical"]
    assert [column.kind for column in table.columns] == kinds
    frame = table.frame()
    assert [str(dtype) for dtype in frame.dtypes[:3]] == ["float32", "int32", "int64"]
    rows = {tuple(row) for row in frame.astype(object).where(frame.notna(), None).to_numpy()}
    assert rows == {
        (None, 0, 0, "C 85", True, "first"),
        (1.5, 10, 1, "é", False, "second"),
        (2.5, 20, 2, "", True, "first"),
        (3.5, 30, 3, "B", False, None),
    }
    assert table.at_split("test").count == 12
    assert open_mixed_table("passengers", "train[:50%]", columns=COLUMNS).count == 20


@pytest.mark.usefixtures("passengers")
def test_what_is_no_row_of_single_values_is_refused():
    with pytest.raises(ValueError, match="of which photo is none"):
        open_mixed_table("passengers")
    with pytest.raises(ValueError, match="leave others out by `columns`"):
        open_mixed_table("passengers", columns=["siblings", "photo"])
    with pytest.raises(ValueError, match=r"must have a column 'sibling'.*siblings"):
        open_mixed_table("passengers", columns=["sibling"])
    with pytest.raises(
        ValueError, match=r"`split` must be one of \['test', 'train'\].*'validation'"
    ):
        open_mixed_table("passengers", "validation", columns=COLUMNS)
    with pytest.raises(FileNotFoundError, match="must be a CSV file that exists"):
        open_mixed_table("no_such_passengers")
