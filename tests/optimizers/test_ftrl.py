"""FTRL and Lion: what they refuse."""

import pytest

from kerasish.optimizers import Ftrl, Lion


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"initial_accumulator_value": -0.1}, "`initial_accumulator_value` needs to be positive or zero"),
        ({"l1_regularization_strength": -0.1}, "`l1_regularization_strength` needs to be positive or zero"),
        ({"l2_regularization_strength": -0.1}, "`l2_regularization_strength` needs to be positive or zero"),
        ({"l2_shrinkage_regularization_strength": -1}, "`l2_shrinkage_regularization_strength` needs to be positive or zero"),
        ({"learning_rate_power": 0.1}, "`learning_rate_power` needs to be negative or zero"),
    ],
)
def test_ftrl_checks_its_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        Ftrl(**arguments)


@pytest.mark.parametrize("beta", [0.0, -0.5, 1.5])
def test_lion_needs_some_momentum(beta):
    with pytest.raises(ValueError, match="`beta_1` must be above 0 and at most 1"):
        Lion(beta_1=beta)
