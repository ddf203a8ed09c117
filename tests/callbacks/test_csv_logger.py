import numpy as np

from kerasish.callbacks import CSVLogger


def table(path, epochs, **options):
    log = CSVLogger(path, **options)
    log.on_train_begin()
    for epoch, logs in enumerate(epochs):
        log.on_epoch_end(epoch, logs)
    log.on_train_end()
    return path.read_text()


def test_columns_are_sorted_and_validation_has_its_place(tmp_path):
    text = table(tmp_path / "log.csv", [{"loss": 1.0, "acc": 0.5}, {"loss": 0.5, "acc": 0.6, "val_loss": 2.0}])
    assert text == "epoch,acc,loss,val_acc,val_loss\n0,0.5,1.0,NA,NA\n1,0.6,0.5,NA,2.0\n"


def test_a_separator(tmp_path):
    assert table(tmp_path / "log.csv", [{"loss": 1.0, "val_loss": 2.0}], separator=";") == "epoch;loss;val_loss\n0;1.0;2.0\n"


def test_a_file_is_overwritten_or_appended_to_without_a_second_header(tmp_path):
    rows = [{"loss": 1.0, "val_loss": 2.0}]
    first = table(tmp_path / "log.csv", rows)
    assert table(tmp_path / "log.csv", rows) == first
    assert table(tmp_path / "log.csv", rows, append=True) == first + "0,1.0,2.0\n"


def test_an_array_is_a_cell(tmp_path):
    text = table(tmp_path / "log.csv", [{"f": np.array([1, 2]), "val_f": np.array(3)}])
    assert text.splitlines()[1] == '0,"""[1, 2]""",3'


def test_fit_writes_a_line_an_epoch(model, data, tmp_path):
    losses = model.fit(*data, epochs=2, verbose=0, callbacks=[CSVLogger(tmp_path / "log.csv")]).history["loss"]
    lines = (tmp_path / "log.csv").read_text().splitlines()
    assert [float(line.split(",")[1]) for line in lines[1:]] == losses
