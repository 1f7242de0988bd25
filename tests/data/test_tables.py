import numpy as np
import pytest

from keras_gen.data import open_table, table

ROWS = [[30.0, 1.75], [50.0, 1.65], [41.0, 1.8]]


def written(folder, text, name="rows.csv", encoding="utf-8"):
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


class Frame:
    """As much of a pandas data frame as is looked at."""

    def __init__(self, names, rows):
        self.columns = names
        self.rows = rows

    def to_numpy(self):
        return self.rows


FILES = {
    "commas": "age,height\n30,1.75\n50,1.65\n41,1.8\n",
    "semicolons and decimal commas": "age;height\n30;1,75\n50;1,65\n41;1,8\n",
    "tabs": "age\theight\n30\t1.75\n50\t1.65\n41\t1.8\n",
    "tabs and decimal commas": "age\theight\n30\t1,75\n50\t1,65\n41\t1,8\n",
    "quotes": '"age","height"\n"30","1.75"\n"50","1.65"\n"41","1.8"\n',
    "quoted decimal commas": 'age,height\n30,"1,75"\n50,"1,65"\n41,"1,8"\n',
    "blank lines": "\nage,height\n\n30,1.75\n50,1.65\n  \n41,1.8\n\n\n",
    "spaces": "age, height\n 30, 1.75\n50 , 1.65\n41,1.8 \n",
    "carriage returns": "age,height\r\n30,1.75\r\n50,1.65\r\n41,1.8\r\n",
    "separators at the end": "age;height;\n30;1.75;\n50;1.65;\n41;1.8;\n",
    "exponents": "age,height\n3e1,1.75\n+50,1.65\n4.1E1,1.8\n",
}


@pytest.mark.parametrize("text", FILES.values(), ids=FILES.keys())
def test_files_as_people_have_them(text, tmp_path):
    opened = open_table(written(tmp_path, text))
    assert opened.names == ("age", "height")
    assert opened.rows.tolist() == ROWS
    assert (opened.count, opened.shapes, opened.dtype) == (3, ((2,),), "float32")
    assert (opened.split, opened.splits, opened.class_names) == ("train", ("train",), None)
    assert opened.columns[1].decimals == 2


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1", "utf-16"])
def test_encodings(encoding, tmp_path):
    path = written(tmp_path, "größe,alter\n1.5,2\n2.5,3\n", encoding=encoding)
    assert open_table(path).names == ("größe", "alter")


def test_files_of_windows(tmp_path):
    """Of 0x80 to 0x9f Windows-1252 has signs, five excepted, of which Latin-1 has control characters."""
    path = written(tmp_path, "preis €,a…b\n1.5,2\n2.5,3\n", encoding="cp1252")
    assert open_table(path).names == ("preis €", "a…b")
    path.write_bytes(b"\x80\x81,b\n1,2\n3,4\n")
    assert open_table(path).names == ("\x80\x81", "b")


def test_a_file_without_header(tmp_path):
    path = written(tmp_path, "30,1.75\n50,1.65\n")
    assert open_table(path).names == ("column_1", "column_2")
    assert open_table(path, columns=["age", "height"]).names == ("age", "height")
    years = written(tmp_path, "2019,2020\n1,2\n3,4\n", "years.csv")
    assert open_table(years).count == 3
    assert open_table(years, header=True).names == ("2019", "2020")


def test_one_column(tmp_path):
    assert open_table(written(tmp_path, "height\n1.5\n2.5\n")).rows.tolist() == [[1.5], [2.5]]
    assert open_table(written(tmp_path, "height\n1,5\n2,5\n")).rows.tolist() == [[1.5], [2.5]]


def test_rows_without_any_value_are_left_out(tmp_path):
    path = written(tmp_path, "a,b\n1,2\n,\n3,4\n,\n\n")
    assert open_table(path).rows.tolist() == [[1, 2], [3, 4]]
    path = written(tmp_path, "a\n\n1\n\n2\n\n")
    assert open_table(path).rows.tolist() == [[1], [2]]
    path.write_text("a,b\n1,2\n,,\n3,4\n")  # as few or many separators as they have
    assert open_table(path).rows.tolist() == [[1, 2], [3, 4]]
    path.write_text("a,b\n,\n1,2\nx,3\n")
    with pytest.raises(ValueError, match="'x' in line 4"):
        open_table(path)


def test_thousands(tmp_path):
    german = written(tmp_path, "pay;share\n1.234,5;1\n12.345;2\n")
    assert open_table(german).rows[:, 0].tolist() == [1234.5, 12345.0]
    english = written(tmp_path, 'pay\tshare\n"1,234.5"\t1\n"12,345"\t2\n')
    assert open_table(english).rows[:, 0].tolist() == [1234.5, 12345.0]
    either = written(tmp_path, "pay\tshare\n1,234\t1\n12,345\t2\n")
    with pytest.raises(ValueError, match=r"`decimal` must be given.*'12,345'"):
        open_table(either)
    assert open_table(either, decimal=",").rows[0, 0] == 1.234
    assert open_table(either, decimal=".").rows[0, 0] == 1234


@pytest.mark.parametrize(
    ("rows", "first"),
    [
        ('"6,697,133",3.25|"1,234",1', [6697133.0, 3.25]),
        ('"1,234",3|"12,345,678",4', [1234.0, 3.0]),
        ('"1,234",0.703|"5,678",1.083', [1234.0, 0.703]),
        ('"1,234",.5|"5,678",1.083', [1234.0, 0.5]),
        ('"0,703",1|"1,083",2', [0.703, 1.0]),
        ("1.234.567;1,5|8;2", [1234567.0, 1.5]),
        ("1,234;1.75|5,678;2", [1234.0, 1.75]),
    ],
)
def test_the_decimal_sign_is_found_by_numbers_that_have_one_alone(rows, first, tmp_path):
    path = written(tmp_path, "\n".join(["a;b" if ";" in rows else "a,b", *rows.split("|")]))
    assert open_table(path).rows[0].tolist() == first


def test_text_says_nothing_of_the_decimal_sign(tmp_path):
    path = written(tmp_path, 'height,name\n1.75,"Smith, John"\n1.65,"Doe, Jane"\n')
    with pytest.raises(ValueError, match=r"'name' must be of numbers.*'Smith, John' in line 2"):
        open_table(path)


def test_other_splits_have_the_decimal_sign_that_was_found(tmp_path):
    written(tmp_path, "a,b\n1,0.5\n3,1.5\n", "train.csv")
    written(tmp_path, 'a,b\n"1,234",2\n', "test.csv")
    train = open_table(tmp_path)
    assert train.decimal == "." and train.at_split("test").rows.tolist() == [[1234.0, 2.0]]
    # Whole numbers tell none.
    written(tmp_path, "a;b\n1,5;2\n", "train.csv")
    written(tmp_path, "a;b\n1;2\n", "test.csv")
    test = open_table(tmp_path, "test")
    assert test.decimal is None and test.at_split("train").rows.tolist() == [[1.5, 2.0]]


def test_columns_are_chosen_by_name_and_text_is_left_out(tmp_path):
    path = written(tmp_path, "name,age,,height\nAda,30,0,1.75\nBob,50,1,1.65\n")
    opened = open_table(path, columns=["height", "age"])
    assert opened.names == ("height", "age")
    assert opened.rows.tolist() == [[1.75, 30.0], [1.65, 50.0]]


def test_a_model_s_own_columns_are_not_measured_anew(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("b,a\n1,2\n3,4\n")
    columns = open_table(path, columns=["a", "b"]).columns
    path.write_text("b,a\n5,6\n7,80\n")
    opened = open_table(path, columns=columns)
    assert opened.columns == columns and opened.names == ("a", "b")
    np.testing.assert_array_equal(opened.rows, [[6, 5], [80, 7]])
    path.write_text("b,c\n5,6\n")
    with pytest.raises(ValueError, match=r"the columns a, b\. Received: no a among b, c"):
        open_table(path, columns=columns)


def test_a_folder_of_files_has_splits(tmp_path):
    written(tmp_path, "a,b\n1,2\n3,4\n", "train.csv")
    written(tmp_path, "b,a\n6,5\n", "test.csv")
    opened = open_table(tmp_path)
    assert (opened.split, opened.splits) == ("train", ("train", "test"))
    held_out = opened.at_split("test")
    assert held_out.names == ("a", "b") and held_out.rows.tolist() == [[5.0, 6.0]]
    assert opened.at_split("train") is opened and held_out.at_split("train").count == 2
    for split in (opened.at_split, lambda name: open_table(tmp_path, name)):
        with pytest.raises(ValueError, match=r"`split` must be one of.*valid"):
            split("valid")


def test_arrays_and_data_frames(tmp_path):
    opened = open_table(np.array(ROWS), columns=["age", "height"])
    assert opened.names == ("age", "height") and opened.name == "arrays"
    assert open_table(np.array(ROWS)).names == ("column_1", "column_2")
    np.save(tmp_path / "rows.npy", np.array(ROWS))
    assert open_table(tmp_path / "rows.npy").rows.tolist() == ROWS
    frame = Frame(["age", "name"], np.array([[30, "Ada"], [50, "Bob"]], object))
    assert open_table(frame, columns=["age"]).rows.tolist() == [[30.0], [50.0]]
    with pytest.raises(ValueError, match=r"'name' must be of numbers.*'Ada' in row 0"):
        open_table(frame)


WRONG = {
    "text": ("a,b\n1,x\n", "'b' must be of numbers.*numeric columns only, for now.*'x' in line 2"),
    "dates": ("a,b\n1,2024-01-31\n", "'b' must be of numbers"),
    "missing": ("a,b\n1,2\n,3\nNA,4\n", "'a' must have a value.*2 missing values.*line 3"),
    "infinite": ("a,b\n1,2\ninf,3\n", "'a' must hold finite numbers.*1 infinite values.*line 3"),
    "underscores": ("a,b\n1_000,2\n", "'a' must be of numbers"),
    "two decimal signs": ("a;b\n1,5;2\n1.5;3\n", "`decimal` must be given, since '1,5'.*'1.5'"),
    "no rows": ("a,b\n", "must hold rows.*header alone"),
    "nothing": ("\n\n", "must hold rows.*empty"),
    "names twice": ("a,a\n1,2\n", "different names.*'a' 2 times"),
    "no name": (",a\n0,5\n1,6\n", "no name for column 1, beside a"),
    "ragged": ("a,b\n1,2\n1,2,3\n", "as many fields.*3 in line 3"),
}


@pytest.mark.parametrize(("text", "words"), WRONG.values(), ids=WRONG.keys())
def test_one_sentence_says_what_is_wrong_with_a_file(text, words, tmp_path):
    with pytest.raises(ValueError, match=words) as raised:
        open_table(written(tmp_path, text))
    assert "\n" not in str(raised.value) and "Received" in str(raised.value)


@pytest.mark.parametrize(
    ("source", "options", "words"),
    [
        (np.zeros(3), {}, r"shape \(n, columns\)"),
        (np.zeros((0, 2)), {}, "must hold rows"),
        (np.zeros((2, 2)), {"columns": ["a"]}, "name all 2 columns"),
        (np.zeros((2, 2)), {"columns": ["a", "a"]}, "different names"),
        (np.zeros((2, 2)), {"columns": "ab"}, "list of names"),
        (np.zeros((2, 2)), {"split": "test"}, "'train' for arrays"),
        (np.zeros((2, 2)), {"decimal": ";"}, "`decimal`"),
        (np.zeros((2, 2)), {"separator": "tab"}, "`separator` must be one character"),
        (np.array([[1.0, np.nan]]), {}, "'column_2'.*1 missing values, the first in row 0"),
        (np.array([[1.0, -np.inf]]), {}, "'column_2'.*infinite"),
        (np.array([[True, False]]), {}, "'column_1' must be of numbers.*'True'"),
        (Frame(["a", "a"], np.zeros((2, 2))), {}, "'a' 2 times"),
        (Frame(["a"], np.array([[None]])), {}, "'a'.*missing"),
        (Frame(["a"], np.zeros((2, 1))), {"columns": ["b"]}, "no b among a"),
    ],
)
def test_one_sentence_says_what_is_wrong_with_an_array(source, options, words):
    with pytest.raises(ValueError, match=words):
        open_table(source, **options)


def test_files_that_are_not_there(tmp_path):
    with pytest.raises(FileNotFoundError, match="CSV file that exists"):
        open_table(tmp_path / "nothing.csv")
    with pytest.raises(ValueError, match=r"CSV files in.*there are none"):
        open_table(tmp_path)
    path = written(tmp_path, "a\n1\n")
    with pytest.raises(ValueError, match="splits are the files of a folder"):
        open_table(path, "test")


# Pipelines


def numbered(n=20):
    return np.stack([np.arange(n), -np.arange(n)], axis=1).astype("float64")


def elements(dataset):
    return [batch.tolist() for batch in dataset.as_numpy_iterator()]


def test_a_pass_holds_every_row_once():
    batches = table(numbered(), batch_size=4)
    assert len(batches) == 5
    assert batches.element_spec.shape == (4, 2) and batches.element_spec.dtype == "float32"
    rows = np.concatenate(list(batches.as_numpy_iterator()))
    assert (rows[:, 0] == -rows[:, 1]).all()
    assert sorted(rows[:, 0].tolist()) == list(range(20)) and rows[0].tolist() != [0.0, 0.0]


def test_passes_are_functions_of_seed_and_number():
    batches = table(numbered(), batch_size=4, seed=1)
    first, second = elements(batches), elements(batches)
    assert first != second
    assert elements(table(numbered(), batch_size=4, seed=1)) == first
    assert elements(table(numbered(), batch_size=4, seed=1, first_epoch=1)) == second
    assert elements(table(numbered(), batch_size=4, seed=2)) != first


def test_shards_make_up_the_batches():
    whole = elements(table(numbered(), batch_size=4))
    parts = [elements(table(numbered(), batch_size=4, shard=(k, 2))) for k in range(2)]
    assert [a + b for a, b in zip(*parts, strict=True)] == whole


def test_order_and_remainder():
    opened = open_table(numbered(10))
    kept = list(
        opened.batches(batch_size=4, shuffle=False, drop_remainder=False).as_numpy_iterator()
    )
    assert [len(batch) for batch in kept] == [4, 4, 2]
    assert np.concatenate(kept)[:, 0].tolist() == list(range(10))
    assert opened.steps(4) == 2 and opened.steps(4, drop_remainder=False) == 3
    with pytest.raises(ValueError, match="`batch_size` must be at most the number of examples, 10"):
        opened.batches(batch_size=11)
