"""Loss: what a subclass gets and gives, names, dtypes, masks, and how few kernels the mean takes."""

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from kerasish import losses
from kerasish.losses import Loss


class Distance(Loss):
    def call(self, y_true, y_pred):
        return (y_true - y_pred).abs().amax(-1)


def test_subclass_with_call_alone_is_reduced_and_named():
    loss = Distance()
    assert loss([[0.0, 0.0], [1.0, 1.0]], [[3.0, 4.0], [1.0, 3.0]]) == 3.0
    assert loss.name == "distance" and loss.get_config() == {"name": "distance", "reduction": "sum_over_batch_size"}
    assert Distance(name="mine").name == "mine"


def test_subclass_without_call_says_so():
    class Nothing(Loss):
        pass

    with pytest.raises(NotImplementedError, match="Nothing must define `call"):
        Nothing()([1.0], [1.0])


def test_subclass_with_its_own_init_gets_its_arguments_into_the_config():
    class Scaled(Loss):
        def __init__(self, factor, name="scaled"):
            super().__init__(name=name)
            self.factor = factor

        def call(self, y_true, y_pred):
            return self.factor * (y_true - y_pred).square().mean(-1)

    loss = Scaled(3.0)
    assert loss.get_config() == {"name": "scaled", "factor": 3.0}
    assert Scaled.from_config(loss.get_config())([[0.0]], [[2.0]]) == 12.0


def test_subclass_with_another_call_is_not_given_the_inherited_kernel():
    class Doubled(losses.MeanSquaredError):
        def call(self, y_true, y_pred):
            return 2 * super().call(y_true, y_pred)

    assert Doubled()([[0.0]], [[3.0]]) == 18.0


def test_subclass_gets_structures_of_tensors():
    class Both(Loss):
        def call(self, y_true, y_pred):
            assert y_true["b"].dtype == torch.float32
            return (y_true["a"] - y_pred[0]).abs() + (y_true["b"] - y_pred[1]).abs()

    y_true = {"a": torch.tensor([1.0, 2.0]), "b": torch.tensor([0, 1])}
    assert Both()(y_true, [torch.zeros(2), torch.zeros(2)]) == 2.0


def test_nested_lists_of_numbers_are_one_tensor():
    assert Distance()([[[0.0, 0.0]]], [[[3.0, 4.0]]]) == 4.0


def test_dict_for_a_loss_of_one_tensor_names_the_way_out():
    with pytest.raises(TypeError, match="received a dict with the keys 'a'.*a loss of its own"):
        losses.MeanSquaredError()({"a": torch.ones(2)}, {"a": torch.ones(2)})


def test_dtype_is_floatx_unless_told():
    assert losses.Hinge().dtype == "float32"
    assert losses.Hinge(dtype="mixed_bfloat16").dtype == "bfloat16"
    loss = losses.MeanSquaredError(dtype="float64")
    assert loss([[0.1]], [[0.3]]).dtype == torch.float64
    assert loss.get_config()["dtype"] == "float64"


def test_unknown_reduction_is_refused():
    with pytest.raises(ValueError, match="`reduction` must be one of .*; received 'avg'"):
        losses.MeanSquaredError(reduction="avg")


def test_mask_of_the_predictions_leaves_values_out():
    y_pred = torch.tensor([[1.0], [2.0], [5.0]])
    y_pred._keras_mask = torch.tensor([True, True, False])
    assert losses.MeanSquaredError()(torch.zeros(3, 1), y_pred) == 2.5
    assert losses.MeanSquaredError(reduction="sum")(torch.zeros(3, 1), y_pred) == 5.0
    assert losses.MeanSquaredError()(torch.zeros(3, 1), y_pred, torch.tensor([1.0, 0.5, 9.0])) == 1.5


def test_masks_of_predictions_and_values_both_count():
    y_pred = torch.zeros(3, 4)
    y_pred._keras_mask = torch.tensor([True, True, False])
    loss = losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=0, reduction="sum")
    torch.testing.assert_close(loss(torch.tensor([0, 1, 2]), y_pred), torch.tensor(4.0).log())


def test_weights_of_the_user_are_not_changed():
    y_pred, weight = torch.ones(2, 1), torch.tensor([2.0, 3.0])
    y_pred._keras_mask = torch.tensor([True, False])
    assert losses.MeanSquaredError()(torch.zeros(2, 1), y_pred, weight) == 2.0
    assert weight.tolist() == [2.0, 3.0]


def test_empty_batch_of_values_sums_to_nothing():
    assert losses.MeanSquaredError()(torch.zeros(0, 3, 2), torch.zeros(0, 3, 2)) == 0.0


class Kernels(TorchDispatchMode):
    """Note the kernels that run; views are none."""

    VIEWS = {"view", "detach", "squeeze", "unsqueeze", "expand"}

    def __init__(self):
        super().__init__()
        self.names = []

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        name = func._schema.name.split("::")[1]
        if name not in self.VIEWS:
            self.names.append(name)
        return func(*args, **(kwargs or {}))


NUMBERS, STEPS = torch.tensor([1, 0, 2]), torch.tensor([[0, 1], [1, 1], [2, 0]])
CASES = [
    (losses.MeanSquaredError(), torch.zeros(3, 4), ["mse_loss"]),
    (losses.MeanSquaredError(), torch.zeros(3, 4, dtype=torch.int32), ["_to_copy", "mse_loss"]),
    (losses.Huber(), torch.zeros(3, 4), ["huber_loss"]),
    (losses.MeanAbsoluteError(), torch.zeros(3, 4), ["sub", "abs", "mean"]),  # how the CPU does l1_loss
    (losses.BinaryCrossentropy(from_logits=True), torch.zeros(3, 4), ["binary_cross_entropy_with_logits"]),
    (losses.BinaryCrossentropy(), torch.zeros(3, 4), ["clamp", "binary_cross_entropy"]),
    (losses.SparseCategoricalCrossentropy(from_logits=True), NUMBERS, ["_log_softmax", "nll_loss_forward"]),
    (losses.SparseCategoricalCrossentropy(from_logits=True), NUMBERS[:, None], ["_log_softmax", "nll_loss_forward"]),
    (losses.SparseCategoricalCrossentropy(), NUMBERS, ["sum", "div", "clamp", "log", "nll_loss_forward"]),
    (losses.CategoricalCrossentropy(from_logits=True), torch.eye(4)[NUMBERS], ["_log_softmax", "mul", "sum", "neg", "div"]),
]


@pytest.mark.parametrize(("loss", "y_true", "expected"), CASES, ids=lambda case: getattr(case, "name", ""))
def test_mean_takes_no_kernel_more_than_it_must(loss, y_true, expected):
    y_pred = torch.rand(3, 4)
    with Kernels() as kernels:
        loss(y_true, y_pred)
    assert kernels.names == expected


def test_sequences_take_the_same_kernels_as_rows():
    y_pred = torch.rand(3, 2, 4)
    with Kernels() as kernels:
        losses.SparseCategoricalCrossentropy(from_logits=True)(STEPS, y_pred)
    assert kernels.names == ["_log_softmax", "nll_loss_forward"]
