import pytest

from kerasish import layers
from kerasish.layers import Input
from kerasish.models import Model, Sequential
from kerasish.models._summary import readable_size
from kerasish.models._table import Table, wrapped


@pytest.fixture
def model():
    return Sequential([Input((4,)), layers.Dense(2, name="wide"), layers.Dense(1, name="thin")], name="mine")


def test_the_summary_of_a_small_model(model, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    model.summary(line_length=50)
    assert capsys.readouterr().out == (
        'Model: "mine"\n'
        "┏━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━┳━━━━━━━━━┓\n"
        "┃ Layer (type)        ┃ Output Shape   ┃ Param # ┃\n"
        "┡━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━╇━━━━━━━━━┩\n"
        "│ wide (Dense)        │ (None, 2)      │      10 │\n"
        "├─────────────────────┼────────────────┼─────────┤\n"
        "│ thin (Dense)        │ (None, 1)      │       3 │\n"
        "└─────────────────────┴────────────────┴─────────┘\n"
        " Total params: 13 (52.00 B)\n"
        " Trainable params: 13 (52.00 B)\n"
        " Non-trainable params: 0 (0.00 B)\n"
    )


def test_print_fn_gets_the_whole_text_at_once(model, capsys):
    told = []
    model.summary(print_fn=told.append)
    assert len(told) == 1 and told[0].startswith('Model: "mine"\n') and capsys.readouterr().out == ""


def test_a_line_wider_than_the_terminal_is_not_cut_when_it_was_asked_for(model, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    told = []
    model.summary(line_length=120, print_fn=told.append)
    assert len(told[0].splitlines()[1]) == 120


def test_a_torch_function_has_a_row(monkeypatch):
    monkeypatch.setenv("COLUMNS", "120")
    symbol, told = Input((4,), name="x"), []
    Model(symbol, symbol.exp() + symbol).summary(print_fn=told.append)
    assert "(Exp)" in told[0] and "x[0][0]" in told[0]


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"line_length": 5}, "too short"),
        ({"positions": [0.5, 1.0]}, "`positions` must have 3 numbers"),
        ({"layer_range": ("wide",)}, "`layer_range` must be two names"),
        ({"layer_range": ("wide", "deep")}, "matches none of wide, thin"),
    ],
)
def test_wrong_arguments(options, complaint, model):
    with pytest.raises(ValueError, match=complaint):
        model.summary(**options)


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("abc", ["abc"]),
        ("abc def", ["abc", "def"]),
        ("ab cd ef", ["ab cd", "ef"]),
        ("abcdefgh", ["abcd…"]),
        ("a bcdefgh i", ["a", "bcde…", "i"]),
        ("", [""]),
    ],
)
def test_text_wraps_at_spaces_and_long_words_are_cut(text, lines):
    assert wrapped(text, 5) == lines


def test_a_header_of_two_lines_stands_at_the_bottom():
    table = Table(["a", "b c"], ["left", "right"], [3, 1], 11)
    assert table.text() == "┏━━━━━┳━━━┓\n┃     ┃ b ┃\n┃ a   ┃ c ┃\n└─────┴───┘\n"


@pytest.mark.parametrize(("size", "told"), [(0, "0.00 B"), (1536, "1.50 KB"), (3 * 2**40, "3.00 TB"), (2**51, "2.00 PB")])
def test_sizes_are_readable(size, told):
    assert readable_size(size) == told
