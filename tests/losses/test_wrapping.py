"""Functions, names and torch losses made into a Loss."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from kerasish import losses
from kerasish.losses import as_loss
from kerasish.losses._registry import LOSSES

NUMBERS, LOGITS = torch.tensor([1, 0, 2]), torch.tensor([[1.0, 2.0, 0.0], [0.5, 0.0, -3.0], [0.0, 1.0, 1.0]])


@pytest.mark.parametrize("identifier", ["mse", losses.mean_squared_error, "MeanSquaredError", losses.MeanSquaredError])
def test_what_is_built_in_becomes_its_fused_class(identifier):
    assert type(as_loss(identifier)) is losses.MeanSquaredError


@pytest.mark.parametrize(
    ("identifier", "name"),
    [
        ("mse", "mse"),
        (losses.huber, "huber"),
        (losses.Huber(), "huber_loss"),
        (nn.CrossEntropyLoss(), "cross_entropy_loss"),
        (F.mse_loss, "mse_loss"),
    ],
)
def test_names(identifier, name):
    assert as_loss(identifier).name == name


@pytest.mark.parametrize("name", sorted({cls.__name__ for cls in LOSSES.functions.values()}))
def test_every_function_has_its_class(name):
    assert as_loss(name).name == name


@pytest.mark.parametrize("identifier", [None, 3, [1]])
def test_what_is_no_loss_is_refused(identifier):
    with pytest.raises(ValueError, match="Expected a name"):
        as_loss(identifier)


def test_function_is_cast_aligned_and_averaged():
    def distance(y_true, y_pred):
        assert y_true.shape == y_pred.shape == (2, 1) and y_true.dtype == torch.float32
        return (y_true - y_pred).abs().squeeze(-1)

    loss = as_loss(distance)
    assert loss.name == "distance"
    assert loss(torch.tensor([1, 2]), torch.tensor([[3.0], [8.0]])) == 4.0
    assert loss(torch.tensor([1, 2]), torch.tensor([[3.0], [8.0]]), torch.tensor([1.0, 0.0])) == 1.0


def test_function_that_gives_one_number_is_taken_as_it_is():
    assert as_loss(lambda y_true, y_pred: (y_true - y_pred).max())([5.0], [1.0]) == 4.0


def test_function_of_structures_is_aligned_leaf_by_leaf():
    def both(y_true, y_pred):
        return sum((a - b).abs().mean(-1) for a, b in zip(y_true, y_pred))

    y_true, y_pred = (torch.zeros(2), torch.zeros(2, 3)), (torch.ones(2, 1), torch.ones(2, 3))
    assert as_loss(both)(y_true, y_pred) == 2.0


def test_wrapper_hands_arguments_on_and_describes_them():
    loss = losses.LossFunctionWrapper(losses.huber, name="mine", reduction="sum", delta=2.0)
    assert loss([[0.0]], [[3.0]]) == 4.0
    again = losses.deserialize(losses.serialize(loss))
    assert again.get_config() == loss.get_config() and again([[0.0]], [[3.0]]) == 4.0


# Torch's losses.


@pytest.mark.parametrize("criterion", [nn.CrossEntropyLoss(), F.cross_entropy])
@pytest.mark.parametrize("labels", [NUMBERS, NUMBERS.int(), NUMBERS.float(), NUMBERS[:, None], NUMBERS.numpy()])
def test_torch_loss_gets_predictions_first_and_the_labels_that_it_wants(criterion, labels):
    assert as_loss(criterion)(labels, LOGITS) == F.cross_entropy(LOGITS, NUMBERS)


def test_torch_loss_gets_shares_of_classes():
    shares = LOGITS.softmax(-1)
    assert as_loss(nn.CrossEntropyLoss())(shares, LOGITS) == F.cross_entropy(LOGITS, shares)


@pytest.mark.parametrize("criterion", [nn.MSELoss(), nn.L1Loss(), nn.SmoothL1Loss(), nn.HuberLoss(), nn.BCEWithLogitsLoss()])
def test_torch_loss_of_values_gets_them_cast_and_aligned(criterion):
    y_pred = torch.tensor([[0.5], [0.0]])
    assert as_loss(criterion)(torch.tensor([1, 0]), y_pred) == criterion(y_pred, torch.tensor([[1.0], [0.0]]))


def test_torch_loss_keeps_its_own_reduction_and_arguments():
    criterion = nn.CrossEntropyLoss(weight=torch.tensor([1.0, 2.0, 3.0]), reduction="sum", label_smoothing=0.1)
    assert as_loss(criterion)(NUMBERS, LOGITS) == criterion(LOGITS, NUMBERS)


def test_unreduced_torch_loss_is_weighed_and_averaged_as_keras_losses_are():
    weight = torch.tensor([1.0, 0.0, 3.0])
    y_true = torch.zeros(3, 3)
    value = as_loss(nn.MSELoss(reduction="none"))(y_true, LOGITS, weight)
    assert value == losses.MeanSquaredError()(y_true, LOGITS, weight)


def test_weights_for_a_reduced_torch_loss_name_the_way_out():
    with pytest.raises(ValueError, match="`sample_weight` needs a loss for each sample.*reduction='none'"):
        as_loss(nn.MSELoss())(torch.zeros(3, 3), LOGITS, torch.ones(3))


def test_module_of_a_user_is_called_by_the_names_of_its_arguments():
    class TorchOrder(nn.Module):
        def forward(self, input, target):
            return (input - 2 * target).mean()

    class KerasOrder(nn.Module):
        def forward(self, y_true, y_pred):
            return (y_pred - 2 * y_true).mean()

    for module in (TorchOrder(), KerasOrder()):
        assert as_loss(module)(torch.ones(2), torch.full((2,), 5.0)) == 3.0


def test_torch_loss_of_three_tensors_is_refused():
    with pytest.raises(ValueError, match="TripletMarginLoss takes anchor, positive, negative. Write a function"):
        as_loss(nn.TripletMarginLoss())


def test_torch_loss_has_no_config():
    with pytest.raises(TypeError, match="cannot be described in a config"):
        losses.serialize(as_loss(nn.MSELoss()))


def test_gradient_flows_through_a_torch_loss():
    y_pred = LOGITS.clone().requires_grad_()
    ours = torch.autograd.grad(as_loss(nn.CrossEntropyLoss())(NUMBERS, y_pred), y_pred)[0]
    torch.testing.assert_close(ours, torch.autograd.grad(F.cross_entropy(y_pred, NUMBERS), y_pred)[0])


@pytest.mark.parametrize(
    ("y_true", "y_pred", "cls"),
    [
        (torch.tensor([0, 1]), torch.rand(2, 1), losses.BinaryCrossentropy),
        (torch.tensor([0, 1]), torch.rand(2, 3), losses.SparseCategoricalCrossentropy),
        (torch.tensor([[0], [1]]), torch.rand(2, 3), losses.SparseCategoricalCrossentropy),
        (torch.eye(3)[:2], torch.rand(2, 3), losses.CategoricalCrossentropy),
    ],
)
def test_crossentropy_is_chosen_by_the_shapes(y_true, y_pred, cls):
    for name in ("crossentropy", "ce"):
        assert as_loss(name)(y_true, y_pred) == cls()(y_true, y_pred)
