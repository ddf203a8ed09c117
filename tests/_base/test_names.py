"""Names: one key for all spellings, snake case, numbering."""

import pytest

from kerasish._base._names import auto_name, fold, reset_names, to_snake_case


@pytest.mark.parametrize("spelling", ["MeanSquaredError", "mean_squared_error", "meanSquaredError", "Mean_Squared_Error"])
def test_all_spellings_have_one_key(spelling: str) -> None:
    assert fold(spelling) == "meansquarederror"


@pytest.mark.parametrize(
    ("name", "snake"),
    [
        ("Dense", "dense"),
        ("Conv2D", "conv2d"),
        ("Conv2DTranspose", "conv2d_transpose"),
        ("LSTM", "lstm"),
        ("MyRNNCell", "my_rnn_cell"),
    ],
)
def test_snake_case_is_spelled_as_keras_spells_layer_names(name: str, snake: str) -> None:
    assert to_snake_case(name) == snake


def test_names_are_numbered_from_the_second_on_and_start_again_after_a_reset() -> None:
    reset_names()
    assert [auto_name("dense"), auto_name("dense"), auto_name("conv2d"), auto_name("dense")] == [
        "dense",
        "dense_1",
        "conv2d",
        "dense_2",
    ]
    reset_names()
    assert auto_name("dense") == "dense"
