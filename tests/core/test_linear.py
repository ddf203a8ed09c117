"""linear: the same numbers as torch's, by whichever library is faster; and torch's own where anything else is wanted."""

import contextlib
import math
from collections.abc import Iterator
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.autograd import forward_ad
from torch.func import functional_call
from torch.fx.experimental.proxy_tensor import make_fx
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.checkpoint import checkpoint

import kerasish as keras
from kerasish.core import _linear
from kerasish.core._linear import linear

pytestmark = pytest.mark.skipif(not _linear.has_onednn(), reason="this torch has no oneDNN")

calls: list[tuple[int, ...]] = []


@pytest.fixture(autouse=True)
def onednn_for_all(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Take oneDNN to be faster for every product that may be its own, and count what it multiplies."""
    multiply = _linear._multiply

    def counted(x: Tensor, *args: Any) -> Tensor:
        calls.append(tuple(x.shape))
        return multiply(x, *args)

    calls.clear()
    monkeypatch.setattr(_linear, "_smallest", 0)
    monkeypatch.setattr(_linear, "_settled", True)
    monkeypatch.setattr(_linear, "_multiply", counted)
    yield
    calls.clear()


def made(*shape: int, grad: bool = False) -> Tensor:
    return torch.randn(shape).requires_grad_(grad)


def exactly(x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    return F.linear(x.double(), weight.double(), None if bias is None else bias.double())


# Numbers.

FORMS = {
    "rows": lambda: (made(6, 5), made(4, 5)),
    "more axes": lambda: (made(2, 3, 4, 5), made(7, 5)),
    "columns": lambda: (made(5, 6).t(), made(5, 4).t()),
    "every other column": lambda: (made(6, 10)[:, ::2], made(4, 10)[:, ::2]),
    "every other row": lambda: (made(12, 5)[::2], made(8, 5)[::2]),
    "one row for all": lambda: (made(1, 5).expand(6, 5), made(4, 5)),
    "one column for all": lambda: (made(6, 1).expand(6, 5), made(4, 1).expand(4, 5)),
    "overlapping windows": lambda: (made(12).unfold(0, 5, 1), made(4, 5)),
    "axes swapped": lambda: (made(3, 5, 4).transpose(1, 2), made(4, 5)),
    "a part": lambda: (made(8, 9)[1:7, 2:7], made(6, 8)[1:5, 1:6]),
    "large": lambda: (made(130, 257), made(65, 257)),
}


@pytest.mark.parametrize("with_bias", [True, False])
@pytest.mark.parametrize("form", FORMS)
def test_products_and_gradients_are_right_in_any_memory(form: str, with_bias: bool) -> None:
    x, weight = (part.detach().requires_grad_() for part in FORMS[form]())
    bias = made(weight.shape[0], grad=True) if with_bias else None
    inputs = [x, weight, bias] if bias is not None else [x, weight]
    y, expected = linear(x, weight, bias), exactly(x, weight, bias)
    by_y = torch.randn_like(y)
    torch.testing.assert_close(y, expected.float(), rtol=1e-5, atol=1e-5)
    found = torch.autograd.grad(y, inputs, by_y)
    for ours, right in zip(found, torch.autograd.grad(expected, inputs, by_y.double()), strict=True):
        torch.testing.assert_close(ours, right, rtol=1e-5, atol=2e-5)
    assert len(calls) == 3
    with torch.no_grad():
        torch.testing.assert_close(linear(x, weight, bias), y.detach(), rtol=0, atol=0)
    assert len(calls) == 4


@pytest.mark.parametrize("shape", [(0, 8), (3, 0, 8), (8,), (1, 8), (3, 1, 8)])
def test_empty_batches_and_single_rows_are_torchs(shape: tuple[int, ...]) -> None:
    x, weight = made(*shape, grad=True), made(5, 8, grad=True)
    y = linear(x, weight)
    assert not calls and torch.equal(y, F.linear(x, weight))
    y.sum().backward()
    assert x.grad is not None and x.grad.shape == x.shape


def test_a_gradient_that_is_one_number_spread_out_is_taken() -> None:
    x, weight, bias = made(6, 5, grad=True), made(4, 5, grad=True), made(4, grad=True)
    linear(x, weight, bias).sum().backward()
    assert x.grad is not None and weight.grad is not None and bias.grad is not None
    torch.testing.assert_close(x.grad, weight.detach().sum(0).expand(6, 5))
    torch.testing.assert_close(weight.grad, x.detach().sum(0).expand(4, 5))
    assert bias.grad.tolist() == [6.0] * 4 and len(calls) == 3


@pytest.mark.parametrize("wanted", [(True, False, False), (False, True, False), (False, False, True), (False, False, False)])
def test_only_the_gradients_that_are_wanted_are_computed(wanted: tuple[bool, bool, bool]) -> None:
    x, weight, bias = (made(*shape, grad=grad) for shape, grad in zip(((6, 5), (4, 5), (4,)), wanted, strict=True))
    y = linear(x, weight, bias)
    assert y.requires_grad == any(wanted)
    if any(wanted):
        y.sum().backward()
    assert [part.grad is not None for part in (x, weight, bias)] == list(wanted)
    assert len(calls) == 1 + sum(wanted[:2])


def test_what_is_not_a_number_stays_so() -> None:
    x = torch.ones(4, 4)
    x[1, 1] = math.nan
    x[2, 2] = math.inf
    y = linear(x, torch.eye(4))
    assert y[1].isnan().all() and not y[0].isnan().any() and y[2, 2] == math.inf and len(calls) == 1


def test_gradients_of_gradients_are_right() -> None:
    x, weight, bias = made(6, 5, grad=True), made(4, 5, grad=True), made(4, grad=True)

    def penalty(product: Any, *inputs: Tensor) -> list[Tensor]:
        (by_x,) = torch.autograd.grad(product(*inputs).pow(3).sum(), inputs[0], create_graph=True)
        return list(torch.autograd.grad(by_x.pow(2).sum(), inputs))

    doubles = [part.detach().double().requires_grad_() for part in (x, weight, bias)]
    for ours, right in zip(penalty(linear, x, weight, bias), penalty(F.linear, *doubles), strict=True):
        torch.testing.assert_close(ours.double(), right, rtol=1e-3, atol=1e-3)
    # The product, and its gradients when the last gradients come back through it; those that have gradients are torch's.
    assert sorted(calls) == [(4, 6), (6, 4), (6, 5)]


@pytest.mark.parametrize("shape", [(6, 5), (2, 3, 5)])
def test_many_gradients_at_once(shape: tuple[int, ...]) -> None:
    x, weight = made(*shape, grad=True), made(4, 5, grad=True)
    y = linear(x, weight)
    directions = torch.eye(24).view(24, *y.shape)
    found = torch.autograd.grad(y, (x, weight), directions, is_grads_batched=True, retain_graph=True)
    assert len(calls) == 1
    one_by_one = [torch.autograd.grad(y, (x, weight), direction, retain_graph=True) for direction in directions]
    for ours, parts in zip(found, zip(*one_by_one, strict=True), strict=True):
        torch.testing.assert_close(ours, torch.stack(parts))


def test_the_output_may_be_changed_in_place() -> None:
    x, weight = made(2, 3, 5, grad=True), made(4, 5, grad=True)
    linear(x, weight).relu_().sum().backward()
    expected = torch.autograd.grad(F.linear(x, weight).relu().sum(), (x, weight))
    assert x.grad is not None and weight.grad is not None and len(calls) == 3
    torch.testing.assert_close(x.grad, expected[0])
    torch.testing.assert_close(weight.grad, expected[1])


def test_a_weight_that_was_changed_before_the_gradients_is_told() -> None:
    x, weight = made(6, 5, grad=True), made(4, 5)
    y = linear(x, weight).sum()
    weight.add_(1.0)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.backward()


def test_nothing_is_kept_for_gradients_that_nobody_wants() -> None:
    x, weight = made(6, 5), made(4, 5)
    kept: list[Tensor] = []
    with torch.autograd.graph.saved_tensors_hooks(lambda part: kept.append(part) or part, lambda part: part):
        linear(x, weight.requires_grad_()).sum().backward()
        linear(made(2, 3, 5, grad=True), weight.detach()).sum().backward()
        linear(x, weight.detach(), made(4, grad=True))
    assert [part.shape for part in kept] == [(6, 5), (4, 5)] and len(calls) == 5


def test_a_checkpoint_computes_it_again() -> None:
    x, weight = made(6, 5, grad=True), made(4, 5, grad=True)
    checkpoint(lambda part: linear(part, weight).tanh(), x, use_reentrant=False).sum().backward()
    expected = torch.autograd.grad(F.linear(x, weight).tanh().sum(), (x, weight))
    assert x.grad is not None and weight.grad is not None
    torch.testing.assert_close(x.grad, expected[0])
    torch.testing.assert_close(weight.grad, expected[1])
    assert len(calls) == 4


# Where torch's own product runs.


class _Seen(TorchDispatchMode):
    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: tuple = (), kwargs: Any = None) -> Any:
        self.names.append(str(func))
        return func(*args, **(kwargs or {}))


class _Functions(TorchFunctionMode):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[Any] = []

    def __torch_function__(self, func: Any, types: Any, args: tuple = (), kwargs: Any = None) -> Any:
        self.seen.append(func)
        return func(*args, **(kwargs or {}))


@contextlib.contextmanager
def _deterministic() -> Iterator[None]:
    torch.use_deterministic_algorithms(True)
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(False)


WITHIN = {
    "a dispatch mode": _Seen,
    "a function mode": _Functions,
    "autocast": lambda: torch.autocast("cpu", torch.bfloat16),
    "forward-mode differentiation": forward_ad.dual_level,
    "deterministic algorithms": _deterministic,
    "oneDNN switched off": lambda: torch.backends.mkldnn.flags(enabled=False),
}


@pytest.mark.parametrize("within", WITHIN)
def test_it_is_torchs_own_within(within: str) -> None:
    x, weight, bias = made(6, 5, grad=True), made(4, 5, grad=True), made(4, grad=True)
    with WITHIN[within]():
        y, expected = linear(x, weight, bias), F.linear(x, weight, bias)
    assert not calls and y.dtype is expected.dtype and torch.equal(y, expected)
    assert type(y.grad_fn) is type(expected.grad_fn)


class _Mine(Tensor):
    pass


@pytest.mark.parametrize(
    "change",
    [
        lambda part: part.double(),
        lambda part: part.to(torch.bfloat16),
        lambda part: part.to("meta"),
        lambda part: part.as_subclass(_Mine),
    ],
    ids=["float64", "bfloat16", "meta", "a subclass"],
)
def test_it_is_torchs_own_for_other_tensors(change: Any) -> None:
    x, weight = change(made(6, 5)), change(made(4, 5))
    y = linear(x, weight)
    assert not calls and y.dtype is x.dtype and type(y) is type(x) and y.device == x.device


def test_a_tangent_comes_through() -> None:
    x, weight, tangent = made(6, 5), made(4, 5), made(6, 5)
    _, found = torch.func.jvp(lambda part: linear(part, weight), (x,), (tangent,))
    torch.testing.assert_close(found, tangent @ weight.t())
    assert not calls


def test_transforms_of_functions_go_through() -> None:
    x, weights = made(6, 5), made(3, 4, 5)
    torch.testing.assert_close(torch.vmap(linear, (None, 0))(x, weights), torch.einsum("bi,noi->nbo", x, weights))
    found = torch.func.grad(lambda part: linear(part, weights[0]).sum())(x)
    torch.testing.assert_close(found, weights[0].sum(0).expand(6, 5))
    assert not calls


def test_wrong_shapes_are_told_by_torch() -> None:
    for weight in (made(4, 6), made(4, 2, 5)):
        with pytest.raises(RuntimeError):
            linear(made(6, 5), weight)
    assert not calls


class _Product(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.weight, self.bias = nn.Parameter(made(4, 5)), nn.Parameter(made(4))

    def forward(self, x: Tensor) -> Tensor:
        return linear(x, self.weight, self.bias)


def test_torchs_tools_see_one_linear() -> None:
    module, x = _Product(), made(6, 5)
    expected = F.linear(x, module.weight, module.bias)
    compiled = torch.compile(module, backend="eager", fullgraph=True, dynamic=True)
    for rows in (6, 4, 5):
        torch.testing.assert_close(compiled(x[:rows]), expected[:rows])
    exported = torch.export.export(module, (x,), dynamic_shapes=({0: torch.export.Dim("batch", min=1)},))
    for rows in (1, 6):
        torch.testing.assert_close(exported.module()(x[:rows]), expected[:rows])
    traced = torch.jit.trace(module, x, check_trace=False)
    torch.testing.assert_close(traced(x[:2]), expected[:2])
    symbolic = torch.fx.symbolic_trace(module)
    torch.testing.assert_close(symbolic(x[:2]), expected[:2])
    for mode in ("real", "fake", "symbolic"):
        graph = make_fx(lambda x, w: linear(x, w), tracing_mode=mode)(x, module.weight.detach())
        torch.testing.assert_close(graph(x, module.weight), F.linear(x, module.weight))
    assert not calls
    torch.testing.assert_close(functional_call(module, {"weight": torch.zeros(4, 5)}, x), module.bias.expand(6, 4))
    assert len(calls) == 1


# Layers.


def test_layers_take_it_and_train() -> None:
    inputs = keras.Input((6, 8))
    x = keras.layers.MultiHeadAttention(2, 4)(inputs, inputs)
    x = keras.layers.SimpleRNN(8, unroll=True)(keras.layers.EinsumDense("abc,cd->abd", (None, 8), bias_axes="d")(x))
    model = keras.Model(inputs, keras.layers.Dense(4)(x))
    data = made(10, 6, 8)
    expected = model.predict(data, verbose=0)
    assert len(calls) >= 7
    with torch.backends.mkldnn.flags(enabled=False):
        torch.testing.assert_close(torch.as_tensor(model.predict(data, verbose=0)), torch.as_tensor(expected))
    calls.clear()
    model.compile("sgd", "mse")
    before = [weight.detach().clone() for weight in model.weights]
    model.fit(data, made(10, 4), batch_size=10, verbose=0)
    assert len(calls) >= 3 * 6
    assert all(not torch.equal(weight, old) for weight, old in zip(model.weights, before, strict=True))
    assert all(weight.grad is None or weight.grad.stride() == weight.stride() for weight in model.weights)


# The measurement.


@pytest.mark.parametrize(("gain", "smallest"), [(2.0, 3 * _linear._WORTH), (1.1, math.inf)])
def test_what_was_measured_decides(monkeypatch: pytest.MonkeyPatch, gain: float, smallest: float) -> None:
    monkeypatch.setattr(_linear, "_settled", False)
    monkeypatch.setattr(_linear, "_smallest", 100)
    measured = []
    monkeypatch.setattr(_linear, "_gain", lambda threads: measured.append(threads) or gain)
    monkeypatch.setattr(torch, "get_num_threads", lambda: 3)
    x = made(8, 1 << 10)
    linear(made(4, 4), made(4, 4))
    assert measured == []
    for units in (8, 1 << 10):
        weight = made(units, 1 << 10)
        torch.testing.assert_close(linear(x, weight), F.linear(x, weight), rtol=1e-4, atol=1e-4)
    assert measured == [3] and _linear._smallest == smallest
    assert calls == ([(8, 1 << 10)] if gain > 1.2 else [])


def test_the_measurement_is_short_and_leaves_random_numbers_alone() -> None:
    state = torch.get_rng_state()
    _linear._gain(1)
    assert 0.05 < _linear._gain(1) < 50 and torch.equal(state, torch.get_rng_state())
    assert len(calls) <= 2 * 3 * _linear._RUNS[1]
