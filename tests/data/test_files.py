"""Text and CSV files as elements."""

import gzip

import pytest
import torch

from kerasish.data import CSVDataset, TensorSpec, TextLineDataset

ROWS = 'size,name,price,sold\n1,"a, b",2.5,0\n2,c,,1\n3,d,4,0\n'


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text(ROWS)
    return path


def test_lines_of_files_come_without_their_ends(tmp_path) -> None:
    (tmp_path / "a.txt").write_text("one\n\ntwo")
    with gzip.open(tmp_path / "b.gz", "wt") as file:
        file.write("three\n")
    lines = TextLineDataset(tmp_path / "a.txt")
    assert list(lines) == list(lines) == ["one", "", "two"]
    assert list(TextLineDataset([tmp_path / "b.gz"] * 2, "GZIP").map(len).batch(2).get_single_element()) == [5, 5]
    with pytest.raises(FileNotFoundError, match="nothing.txt"):
        TextLineDataset(tmp_path / "nothing.txt")
    with pytest.raises(ValueError, match="\"GZIP\"; received 'ZLIB'"):
        TextLineDataset(tmp_path / "a.txt", "ZLIB")


def test_columns_have_the_dtypes_of_their_values_and_defaults_where_fields_are_empty(table) -> None:
    dataset = CSVDataset(table, {"price": {"default": 0}})
    assert dataset.column_names == ["size", "name", "price", "sold"]
    rows = list(dataset)
    assert [row["name"] for row in rows] == ["a, b", "c", "d"]
    assert [row["price"].item() for row in rows] == [2.5, 0.0, 4.0]
    assert rows[0]["size"].dtype is torch.int32 and rows[0]["price"].dtype is torch.float32
    batch = next(iter(dataset.batch(3)))
    assert batch["size"].tolist() == [1, 2, 3] and batch["name"].tolist() == ["a, b", "c", "d"]


def test_labels_stand_beside_the_columns(table) -> None:
    one = CSVDataset(table, {"sold": {"label": True, "dtype": "bool"}, "size": {}}, configured_columns_only=True)
    assert [(x["size"].item(), y.item()) for x, y in one] == [(1, False), (2, True), (3, False)]
    assert one.element_spec == ({"size": TensorSpec((), "int32")}, TensorSpec((), "bool"))
    two = CSVDataset(table, {"sold": {"label": True}, "size": {"label": True}}, configured_columns_only=True)
    assert [{k: v.item() for k, v in y.items()} for x, y in two][1] == {"size": 2, "sold": 1}


def test_files_without_a_header_and_with_another_delimiter(tmp_path) -> None:
    for name in "ab":
        (tmp_path / name).write_text("1;2\n3;4\n")
    dataset = CSVDataset([tmp_path / "a", tmp_path / "b"], has_header=False, delimiter=";")
    assert [row["column1"].item() for row in dataset] == [2, 4, 2, 4]
    named = CSVDataset(tmp_path / "a", column_names=["x", "y"], has_header=False, delimiter=";")
    assert next(iter(named)) == {"x": 1, "y": 2}


def test_what_does_not_fit_is_told_by_file_line_and_column(table) -> None:
    for columns, message in (
        ({"price": {"dtype": "float32"}}, r"table.csv, line 3: column 'price' is of float32; received ''. Give .* `default`"),
        ({"name": {"dtype": "int32"}}, r"line 2: column 'name' is of int32; received 'a, b'"),
        ({"price": {"dtype": "int32", "default": 0}}, r"line 2: column 'price' is of int32; received '2.5'"),
    ):
        with pytest.raises(ValueError, match=message):
            list(CSVDataset(table, columns))
    with pytest.raises(ValueError, match="must name columns of the file"):
        CSVDataset(table, {"cost": {}})
    with pytest.raises(ValueError, match="dict of default, dtype, label"):
        CSVDataset(table, {"price": {"type": "int"}})
    table.write_text(ROWS + "1,2\n")
    with pytest.raises(ValueError, match="line 5: expected 4 fields, received 2"):
        list(CSVDataset(table, {"price": {"default": 0}}))
    table.write_text("n\n" + "1\n" * 5 + "1.5\n")
    with pytest.raises(ValueError, match="line 7: column 'n' is of int32; received '1.5'"):
        list(CSVDataset(table, num_rows_for_inference=5))
