"""GradientTape, Module and function against the real TensorFlow."""

import numpy as np
import pytest
import torch

import kerasish as keras

tf = pytest.importorskip("tensorflow")


def both(program):
    """Run a program in both spellings: `program(tape class, variable, constant, tanh)`."""
    mine = program(keras.GradientTape, keras.Variable, torch.tensor, torch.tanh)
    theirs = program(tf.GradientTape, tf.Variable, tf.constant, tf.tanh)
    return mine, theirs


def assert_same(mine, theirs):
    if isinstance(theirs, dict):
        mine, theirs = [mine[key] for key in theirs], list(theirs.values())
    if isinstance(theirs, (list, tuple)):
        for one, other in zip(mine, theirs, strict=True):
            assert_same(one, other)
    elif theirs is None:
        assert mine is None
    else:
        np.testing.assert_allclose(np.asarray(mine.detach()), theirs.numpy(), rtol=1e-4)


def nests(tape_of, variable, constant, tanh):
    x, w, other = variable([1.0, 2.0]), variable(3.0), variable(1.0)
    with tape_of() as tape:
        y = tanh(x * w) * w
    return tape.gradient(y, {"x": x, "rest": [w, other]})


def constants(tape_of, variable, constant, tanh):
    x, c, watched = variable(2.0), constant(3.0), constant(4.0)
    before = x * x
    with tape_of(persistent=True) as tape:
        tape.watch(watched)
        y = before * x + c * watched
        with tape.stop_recording():
            z = x * y
        total = y + z
    after = total * 2.0
    return [tape.gradient(t, s) for t in (y, z, total, after) for s in (x, c, watched, before, y)]


def second(tape_of, variable, constant, tanh):
    x = variable(1.5)
    with tape_of(persistent=True) as outer:
        with tape_of() as inner:
            y = tanh(x) * x
        slope = inner.gradient(y, x)
        loss = slope * slope + y
    return [slope, outer.gradient(slope, x), outer.gradient(loss, x), outer.gradient(loss, y)]


def only_watched(tape_of, variable, constant, tanh):
    x, w = variable(2.0), variable(3.0)
    with tape_of(persistent=True, watch_accessed_variables=False) as tape:
        tape.watch(x)
        inner = w * w
        y = x * inner * w
    return [tape.gradient(y, x), tape.gradient(y, w), tape.gradient(y, inner)]


def inner_watches(tape_of, variable, constant, tanh):
    x = constant(2.0)
    with tape_of(persistent=True) as outer:
        outer.watch(x)
        y = x * x
        with tape_of(persistent=True) as inner:
            inner.watch(y)
            z = y * x
            u = z * y
        grads = [inner.gradient(u, y), inner.gradient(u, x), inner.gradient(u, z)]
    return [*grads, outer.gradient(u, x), outer.gradient(u, y)]


def weights(tape_of, variable, constant, tanh):
    x = variable([[1.0, 2.0], [3.0, 4.0]])
    with tape_of(persistent=True) as tape:
        y = tanh(x) * x
        z = y * y
    w = constant([[1.0, 0.0], [2.0, 3.0]])
    zeros = variable([1.0])
    return [
        tape.gradient(y, x, output_gradients=w),
        tape.gradient([y, z], [x, y], output_gradients=[w, w]),
        tape.gradient(y, zeros, unconnected_gradients="zero" if tape_of is keras.GradientTape else tf.UnconnectedGradients.ZERO),
        tape.gradient(x, x),
    ]


def jacobians(tape_of, variable, constant, tanh):
    x = variable([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    with tape_of(persistent=True) as tape:
        y = tanh(x) * x
    return [tape.jacobian(y, x), tape.batch_jacobian(y, x), tape.jacobian(y, [x])[0]]


def reset(tape_of, variable, constant, tanh):
    x = variable(2.0)
    with tape_of() as tape:
        y = x * x
        tape.reset()
        z = y * x
    return tape.gradient(z, x)


PROGRAMS = [nests, constants, second, only_watched, inner_watches, weights, jacobians, reset]


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)
def test_gradients_are_tensorflows(program):
    assert_same(*both(program))


def test_variables_of_a_module_come_in_tensorflows_order():
    def names(module, variable):
        class Part(module):
            def __init__(self):
                super().__init__()
                self.z, self.a = variable(1.0), variable(2.0)

        class Whole(module):
            def __init__(self):
                super().__init__()
                self.w = variable(3.0)
                self.part = Part()
                self.list = [variable(4.0), Part(), {"y": variable(5.0), "x": variable(6.0)}]
                self.fixed = variable(7.0, trainable=False)
                self.bias = variable(8.0)
                self.tuple = (variable(9.0), 3)

        whole = Whole()
        return [[float(v) for v in group] for group in (whole.variables, whole.trainable_variables)], len(whole.submodules)

    mine = names(keras.Module, lambda value, trainable=True: keras.Variable(value, trainable=trainable))
    theirs = names(tf.Module, lambda value, trainable=True: tf.Variable(value, trainable=trainable))
    assert mine == theirs


def test_functions_run_their_python_as_often_as_tensorflows():
    calls = [((1, 2, 3), "int32"), ((10, 9, 8), "int32"), ((10.0, 9.1, 8.2), "float32"), ((1.0,), "float32"), ((2.0,), "float32")]

    def program(function, tensor):
        runs = []

        @function
        def total(x, by=2):
            runs.append(by)
            return x * by

        values = [total(tensor(value, dtype), *rest) for value, dtype in calls for rest in ((), (2,), (3,))]
        return runs, [np.asarray(value) for value in values]

    mine = program(keras.function, lambda value, dtype: torch.tensor(value, dtype=getattr(torch, dtype)))
    theirs = program(tf.function, lambda value, dtype: tf.constant(value, dtype))
    assert mine[0] == theirs[0]
    for one, other in zip(mine[1], theirs[1], strict=True):
        np.testing.assert_allclose(one, other)
        assert one.dtype == other.dtype
