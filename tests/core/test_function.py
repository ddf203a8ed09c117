"""function: when the Python runs, what the graph does, and what is refused."""

import copy
import shutil

import numpy as np
import pytest
import torch

import kerasish as keras
from kerasish import GradientTape, Variable, config, function
from kerasish.core import CaptureError, is_capturing


def test_python_runs_once_for_each_kind_of_arguments():
    runs = []

    @function
    def scaled(x, by=2):
        runs.append(by)
        return x * by

    assert scaled(torch.tensor([1, 2, 3])).tolist() == [2, 4, 6]
    assert scaled(torch.tensor([4, 5, 6]), 2).tolist() == [8, 10, 12]
    assert scaled(x=torch.tensor([4, 5, 6])).tolist() == [8, 10, 12]
    assert scaled(np.array([4, 5, 6])).tolist() == [8, 10, 12]
    assert runs == [2]
    scaled(torch.tensor([1.0, 2.0]))
    scaled(torch.tensor([1.0, 2.0, 3.0]))
    scaled(torch.tensor([1, 2, 3]), 3)
    assert runs == [2, 2, 2, 3] and scaled.experimental_get_tracing_count() == 4


def test_numbers_of_different_types_are_different_kinds():
    halved = function(lambda x, by: x // by)
    assert halved(torch.tensor(7), 2).dtype is torch.int64
    assert halved(torch.tensor(7), 2.0).dtype is torch.float32
    assert halved(torch.tensor(7), True).item() == 7


def test_results_keep_their_nest_and_python_values():
    made = function(lambda pair, **names: {"sum": pair[0] + pair[1], "rest": [names["a"] * 2, 5, "text", None]})
    result = made((torch.tensor(1.0), torch.tensor(2.0)), a=torch.tensor(4.0))
    assert result["sum"].item() == 3.0 and result["rest"][0].item() == 8.0 and result["rest"][1:] == [5, "text", None]


def test_variables_are_seen_as_they_are_and_changed():
    v, calls = Variable([1.0, 2.0]), Variable(0, trainable=False)

    @function
    def step(x):
        calls.assign_add(1)
        v.assign_sub(x)
        return v * 2

    assert step(torch.ones(2)).tolist() == [0.0, 2.0]
    v.assign([10.0, 20.0])
    assert step(torch.ones(2)).tolist() == [18.0, 38.0]
    assert calls.numpy() == 2 and v.numpy().tolist() == [9.0, 19.0]


def test_the_first_call_changes_things_once():
    v = Variable(0.0)
    function(lambda: v.assign_add(1.0) * 1)()
    assert v.numpy() == 1.0


def test_gradients_go_through_also_twice():
    v = Variable(3.0)
    cubed = function(lambda x: x * v * v * v)
    x = torch.tensor(2.0)
    with GradientTape() as outer:
        with GradientTape(persistent=True) as tape:
            tape.watch(x)
            y = cubed(x)
        by_v, by_x = tape.gradient(y, [v, x])
    assert (by_v.item(), by_x.item(), outer.gradient(by_v, v).item()) == (54.0, 27.0, 36.0)


def test_a_captured_under_no_grad_has_gradients_later():
    v = Variable(3.0)
    squared = function(lambda: v * v)
    with torch.no_grad():
        assert not squared().requires_grad
    assert torch.autograd.grad(squared(), v)[0].item() == 6.0


def test_parts_without_gradients_stay_so():
    v = Variable(3.0)

    @function
    def product():
        with torch.no_grad():
            constant = v * v
        return constant * v + v.detach()

    with GradientTape() as tape:
        y = product()
    assert tape.gradient(y, v).item() == 9.0


def test_a_tape_inside_has_the_gradient_it_has_in_python():
    v = Variable(3.0)

    def slope():
        with GradientTape() as tape:
            y = v**3
        return tape.gradient(y, v)

    captured = function(slope)
    assert captured().item() == 27.0
    with GradientTape() as tape:
        y = captured()
    assert tape.gradient(y, v).item() == 18.0


OPTIMIZERS = {
    "sgd": lambda: keras.optimizers.SGD(0.1, momentum=0.9),
    "adam": lambda: keras.optimizers.Adam(0.01, clipnorm=1.0),
    "scheduled": lambda: keras.optimizers.Adam(keras.optimizers.schedules.ExponentialDecay(0.01, 2, 0.5)),
    "averaged": lambda: keras.optimizers.RMSprop(0.01, use_ema=True),
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_whole_training_step_with_what_it_builds_does_what_python_does(name):
    x = torch.randn(16, 4)
    y = x.sum(1, keepdim=True)

    def train(wrap):
        keras.utils.set_random_seed(5)
        model = keras.Sequential(
            [keras.layers.Dense(8, activation="relu"), keras.layers.BatchNormalization(), keras.layers.Dense(1)]
        )
        optimizer, mean, loss_of = OPTIMIZERS[name](), keras.metrics.Mean(), keras.losses.MeanSquaredError()
        mean.update_state(4.0)

        @wrap
        def step(x, y):
            with GradientTape() as tape:
                loss = loss_of(y, model(x, training=True))
            gradients = tape.gradient(loss, model.trainable_variables)
            optimizer.apply_gradients(zip(gradients, model.trainable_variables))
            mean.update_state(loss)
            return loss.detach(), mean.result()

        results = []
        for i in range(4):
            if i == 3 and name != "scheduled":
                optimizer.learning_rate = 0.5
            results.append([float(part) for part in step(x, y)])
        mean.update_state(2.0)
        return results, float(mean.result()), int(optimizer.iterations), model.get_weights()

    mine, wanted = train(function), train(lambda step: step)
    np.testing.assert_allclose(mine[0], wanted[0], rtol=1e-4)
    assert mine[1] == pytest.approx(wanted[1], rel=1e-5) and mine[2] == wanted[2] == 4
    for weight, expected in zip(mine[3], wanted[3], strict=True):
        np.testing.assert_allclose(weight, expected, atol=1e-5)


def test_minimize_inside():
    x, optimizer = Variable(3.0), keras.optimizers.SGD(0.1)
    step = function(lambda: optimizer.minimize(lambda: x * x))
    assert [round(step().item(), 2) for _ in range(3)] == [9.0, 5.76, 3.69]
    assert int(optimizer.iterations) == 3


def test_random_numbers_are_drawn_anew():
    dropout = keras.layers.Dropout(0.5)
    dropped = function(lambda x: dropout(x, training=True))
    x = torch.ones(100)
    first, second = dropped(x), dropped(x)
    assert dropped.experimental_get_tracing_count() == 1 and not torch.equal(first, second)


def test_each_object_has_graphs_of_its_own_and_copies_too():
    class Scale:
        def __init__(self, by):
            self.by = Variable(by)

        @function
        def __call__(self, x):
            return x * self.by

    two, three = Scale(2.0), Scale(3.0)
    copied = copy.deepcopy(two)
    two.by.assign(5.0)
    assert [scale(torch.tensor(1.0)).item() for scale in (two, three, copied)] == [5.0, 3.0, 2.0]


def test_a_variable_that_was_unfrozen_is_followed():
    v = Variable(2.0)
    v.trainable = False
    squared = function(lambda: v * v)
    assert not squared().requires_grad
    v.trainable = True
    with GradientTape() as tape:
        y = squared()
    assert tape.gradient(y, v).item() == 4.0


def test_results_of_variables_that_the_function_changes_have_no_gradient():
    v = Variable(2.0)

    @function
    def step():
        y = v * v
        v.assign_sub(1.0)
        return y

    assert not step().requires_grad


@pytest.mark.parametrize(
    "look",
    [
        lambda x, v: x if x.sum() > 0 else -x,
        lambda x, v: float(v.sum()),
        lambda x, v: v.numpy(),
        lambda x, v: v.tolist(),
        lambda x, v: np.asarray(x),
        lambda x, v: x[: int(x[0])],
        lambda x, v: x[x > 0],
        lambda x, v: torch.nonzero(x),
    ],
)
def test_looking_at_numbers_is_refused_with_the_line(look):
    v = Variable([1.0, 2.0])
    with pytest.raises(CaptureError, match="test_function.py"):
        function(lambda x: look(x, v))(torch.ones(2))
    assert not is_capturing() and v.numpy().tolist() == [1.0, 2.0]


def test_backward_inside_is_refused_and_leaves_no_gradient():
    v = Variable(2.0)
    with pytest.raises(CaptureError, match="GradientTape"):
        function(lambda: (v * v).backward())()
    assert v.grad is None


def test_seeded_draws_are_refused():
    with pytest.raises(CaptureError, match="seed"):
        function(lambda: keras.random.normal((2,), seed=3))()


def test_variables_may_be_made_inside_but_not_of_results():
    with pytest.raises(CaptureError, match="Variable"):
        function(lambda x: Variable(x * 2) + 1)(torch.ones(2))


def test_gradients_of_functions_with_own_gradients_are_refused():
    class Double(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return 2 * x

        @staticmethod
        def backward(ctx, gradient):
            return 100 * gradient

    v = Variable(1.0)
    doubled = function(lambda: Double.apply(v * 1.0))
    with torch.no_grad():
        assert doubled().item() == 2.0
    with pytest.raises(CaptureError, match="own gradient"):
        doubled()


def test_input_signature_holds_arguments_to_it():
    spec = torch.zeros(0, 3)

    class Any3:
        shape, dtype = (None, 3), "float32"

    doubled = function(lambda x: x * 2, input_signature=[Any3()])
    assert doubled(torch.ones(2, 3)).shape == (2, 3) and doubled([[1, 2, 3]]).tolist() == [[2.0, 4.0, 6.0]]
    for wrong in (torch.ones(2, 4), torch.ones(2, 3, dtype=torch.int32)):
        with pytest.raises(TypeError, match="input_signature"):
            doubled(wrong)
    with pytest.raises(TypeError, match="1 tensors"):
        doubled(spec, spec)


def test_a_concrete_function_is_for_one_form():
    v = Variable(3.0, name="v")
    concrete = function(lambda x: x * v).get_concrete_function(torch.zeros(2))
    assert concrete(torch.ones(2)).tolist() == [3.0, 3.0]
    assert [variable.name for variable in concrete.trainable_variables] == ["v"]
    assert any(node.target is torch.ops.aten.mul.Tensor for node in concrete.graph.nodes)
    with pytest.raises(ValueError, match="shapes and dtypes"):
        concrete(torch.ones(3))


def test_run_functions_eagerly():
    runs = []
    noted = function(lambda x: runs.append(1) or x * 2)
    config.run_functions_eagerly(True)
    try:
        noted(torch.ones(1)), noted(torch.ones(1))
    finally:
        config.run_functions_eagerly(False)
    assert len(runs) == 2 and not config.functions_run_eagerly()


def test_a_function_in_a_function_is_part_of_it():
    inner = function(lambda x: x + 1)
    assert function(lambda x: inner(x) * 2)(torch.ones(1)).item() == 4.0
    assert inner.experimental_get_tracing_count() == 0


def test_parameters_as_arguments_are_used_themselves():
    def step(v, x):
        with GradientTape() as tape:
            y = (v * x).sum()
        v.data.sub_(0.0)
        with torch.no_grad():
            v.sub_(tape.gradient(y, v))
        return y.detach()

    captured = function(step)
    for parameter in (Variable([1.0, 2.0]), torch.nn.Parameter(torch.tensor([1.0, 2.0]))):
        assert captured(parameter, torch.ones(2)).item() == 3.0
        assert parameter.tolist() == [0.0, 1.0]
        with pytest.raises(CaptureError, match="tolist"):
            function(lambda v: v.tolist())(Variable([1.0]))


def test_large_products_are_those_of_linear():
    kernel = Variable(torch.randn(256, 256))
    x = torch.randn(64, 256)
    with torch.no_grad():
        product = function(lambda x: torch.addmm(torch.ones(256), x, kernel) @ kernel)
        torch.testing.assert_close(product(x), torch.addmm(torch.ones(256), x, kernel) @ kernel, rtol=1e-4, atol=1e-3)
    with GradientTape() as tape:
        y = product(x).sum()
    torch.testing.assert_close(
        tape.gradient(y, kernel),
        torch.autograd.grad((torch.addmm(torch.ones(256), x, kernel) @ kernel).sum(), kernel)[0],
        rtol=1e-3,
        atol=1e-1,
    )


@pytest.mark.skipif(not any(map(shutil.which, ("g++", "c++", "clang++"))), reason="needs a C++ compiler")
def test_jit_compile_gives_the_same():
    v = Variable([1.0, 2.0])

    @function(jit_compile=True)
    def step(x):
        v.assign_add(x)
        return torch.tanh(v) * x

    assert step(torch.ones(2)).tolist() == pytest.approx(torch.tanh(torch.tensor([2.0, 3.0])).tolist())
    assert step(torch.ones(2)).tolist() == pytest.approx(torch.tanh(torch.tensor([3.0, 4.0])).tolist())
    squared = function(lambda: (v * v).sum(), jit_compile=True)
    with GradientTape() as tape:
        y = squared()
    assert tape.gradient(y, v).tolist() == [6.0, 8.0]


def test_many_graphs_are_warned_of():
    scaled = function(lambda x, by: x * by)
    with pytest.warns(UserWarning, match="12 times"):
        for by in range(12):
            scaled(torch.ones(1), by)


def test_a_symbol_goes_through_the_python():
    scaled = function(lambda x: torch.relu(x) * 2)
    inputs = keras.Input((3,))
    model = keras.Model(inputs, scaled(inputs))
    assert model(torch.ones(1, 3)).tolist() == [[2.0, 2.0, 2.0]]


def test_autocast_has_graphs_of_its_own():
    w = Variable(torch.ones(2, 2))
    product = function(lambda x: x @ w)
    assert product(torch.ones(2, 2)).dtype is torch.float32
    with torch.autocast("cpu", torch.bfloat16):
        assert product(torch.ones(2, 2)).dtype is torch.bfloat16


def test_arguments_that_would_do_nothing_are_refused():
    for wrong in ({"autograph": True}, {"reduce_retracing": True}):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            function(lambda: None, **wrong)
    with pytest.raises(ValueError, match="called"):
        function(3)
