"""History: numbers by log, a table, a figure."""

import numpy as np
import pytest

import kerasish as keras
from kerasish import layers

X, Y = np.ones((8, 3), "float32"), np.ones((8, 1), "float32")


def trained(**options):
    model = keras.Sequential([keras.Input((3,)), layers.Dense(1, kernel_initializer="zeros")])
    model.compile("sgd", "mse")
    return model.fit(X, Y, verbose=0, **options)


def test_there_is_a_number_for_each_epoch_and_log():
    history = trained(epochs=3, initial_epoch=1, validation_data=(X, Y))
    assert history.epoch == [1, 2] and history.params == {"verbose": 0, "epochs": 3, "steps": 1}
    assert {name: len(values) for name, values in history.history.items()} == {"loss": 2, "val_loss": 2}
    assert history.history["loss"][0] == 1 and history.history["loss"][1] == pytest.approx(history.history["val_loss"][0])


def test_the_table_has_a_row_for_each_epoch_and_gaps_where_nothing_was_measured():
    pytest.importorskip("pandas")
    history = trained(epochs=4, validation_data=(X, Y), validation_freq=2)
    table = history.to_pandas()
    assert list(table.columns) == ["loss", "val_loss"] and list(table.index) == [0, 1, 2, 3] and table.index.name == "epoch"
    assert list(table["loss"]) == history.history["loss"]
    assert list(table["val_loss"].isna()) == [True, False, True, False]
    assert list(table["val_loss"].dropna()) == history.history["val_loss"]


def test_the_figure_has_a_line_for_each_log():
    pytest.importorskip("matplotlib").use("Agg")
    from matplotlib import pyplot

    history = trained(epochs=4, validation_data=(X, Y), validation_freq=2)
    axes = history.plot()
    drawn = {line.get_label(): (list(line.get_xdata()), list(line.get_ydata())) for line in axes.lines}
    assert drawn == {"loss": ([0, 1, 2, 3], history.history["loss"]), "val_loss": ([1, 3], history.history["val_loss"])}
    pyplot.close(axes.figure)


@pytest.mark.parametrize(("package", "method"), [("pandas", "to_pandas"), ("matplotlib", "plot")])
def test_a_missing_package_is_named_with_its_extra(package, method, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, package, None)
    with pytest.raises(ImportError, match=rf"`{method}` needs {package}: pip install kerasish\[{package}\]"):
        getattr(trained(), method)()
