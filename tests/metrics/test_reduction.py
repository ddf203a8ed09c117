"""Sum and Mean: numbers, weights and what does not fit."""

import pytest
import torch

from kerasish import metrics


def test_mean_of_losses_weighs_each_with_its_batch_size():
    mean = metrics.Mean(name="loss")
    mean.update_state(torch.tensor(1.0), sample_weight=32)
    mean.update_state(torch.tensor(4.0), sample_weight=16)
    assert mean.result().item() == 2.0
    assert [v.item() for v in mean.variables] == [96.0, 48.0]


def test_count_is_up_to_date_however_it_is_looked_at():
    mean = metrics.Mean()
    mean.update_state(torch.ones(3))
    assert mean.count.item() == 3
    mean.update_state(torch.ones(3), torch.ones(3))
    mean.update_state(torch.ones(3))
    assert mean.variables[1].item() == 9
    mean.count.assign(1.0)
    mean.update_state(torch.ones(3))
    assert mean.count.item() == 4


def test_host_and_device_weights_mix():
    mean = metrics.Mean()
    mean.update_state(torch.tensor([1.0, 2.0]))
    mean.update_state(torch.tensor([4.0]), torch.tensor([0.5]))
    mean.update_state(6.0, 1.5)
    assert mean.result().item() == pytest.approx((1 + 2 + 2 + 9) / 4)


def test_the_sum_of_many_halves_does_not_overflow():
    mean = metrics.Mean()
    mean.update_state(torch.full((100,), 6e4, dtype=torch.float16))
    assert mean.result().item() == pytest.approx(6e4, rel=1e-3)


def test_nan_is_shown():
    mean = metrics.Mean()
    mean.update_state(torch.tensor(float("nan")), 4)
    assert torch.isnan(mean.result())


def test_a_mean_of_nothing_is_zero_and_of_empty_samples_is_nan():
    mean = metrics.Mean()
    mean.update_state(torch.zeros(0, 3))
    assert mean.result().item() == 0
    mean.update_state(torch.zeros(2, 0))
    assert torch.isnan(mean.result())


def test_sums_of_integers_stay_integers():
    total = metrics.Sum(dtype="int32")
    total.update_state(torch.tensor([2**24, 1], dtype=torch.int32))
    assert total.result().item() == 2**24 + 1 and total.result().dtype == torch.int32


def test_a_mean_of_integers_is_refused():
    with pytest.raises(ValueError, match="`dtype` of a mean must be a floating one, such as 'float32'; received 'int32'"):
        metrics.Mean(dtype="int32")


@pytest.mark.parametrize("metric", [metrics.Mean, metrics.Sum])
def test_weights_that_do_not_fit_are_named(metric):
    with pytest.raises(ValueError, match=r"`sample_weight` must have a shape that broadcasts to \(4,\).*received \(3,\)"):
        metric().update_state(torch.ones(4, 2), torch.ones(3))


def test_subclasses_may_change_what_is_averaged():
    class Root(metrics.Mean):
        def __init__(self, power=2, name="root", **kwargs):
            super().__init__(name=name, **kwargs)
            self.power = power

        def update_state(self, y_true, y_pred, sample_weight=None):
            super().update_state((y_true - y_pred).abs() ** self.power, sample_weight)

        def result(self):
            return super().result() ** (1 / self.power)

    root = Root(power=2)
    root.update_state(torch.tensor([3.0, 4.0]), torch.zeros(2))
    assert root.result().item() == pytest.approx(12.5**0.5)
    assert (root.total / root.count).item() == 12.5
    assert root.get_config() == {"power": 2, "name": "root", "dtype": "float32"}
