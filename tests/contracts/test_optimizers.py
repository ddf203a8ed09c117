"""What holds for every registered optimizer."""

import copy
import functools
import json
import pickle

import numpy as np
import pytest
import torch
from torch.fx.experimental.proxy_tensor import make_fx
from torch.utils._python_dispatch import TorchDispatchMode

from kerasish import optimizers
from kerasish.core import Variable
from kerasish.optimizers._registry import OPTIMIZERS, SCHEDULES

SPECIAL = {
    "LossScaleOptimizer": lambda **options: optimizers.LossScaleOptimizer(optimizers.Adam(**options), initial_scale=4.0),
    "MultiOptimizer": lambda **options: optimizers.MultiOptimizer(
        optimizers.OptimizerMap(optimizers.Adam(**options), {"b.*": optimizers.SGD(**options)})
    ),
    "TorchOptimizer": lambda learning_rate=0.001, **options: optimizers.TorchOptimizer(
        functools.partial(torch.optim.Adam, lr=learning_rate), **options
    ),
}
ALL = sorted(set(OPTIMIZERS.names()) - {"Optimizer", "OptimizerMap"})
PLAIN = sorted(set(ALL) - set(SPECIAL))
# Far larger steps than the default where the method is slow by nature.
RATES = {"Adadelta": 30.0, "Ftrl": 0.5, "Adagrad": 0.3, "Adafactor": 0.1, "SGD": 0.1}


def make(name, **options):
    return SPECIAL[name](**options) if name in SPECIAL else getattr(optimizers, name)(**options)


def variables_of(dtype=torch.float32, strided=False):
    generator = torch.Generator().manual_seed(7)
    shapes = {"a": (4, 3), "b_1": (3,), "c": (), "d": (2, 3, 5)}
    orders = {"a": (1, 0), "d": (2, 0, 1)} if strided else {}
    return [
        Variable(torch.randn(shape, generator=generator).to(dtype), name=name, memory_order=orders.get(name))
        for name, shape in shapes.items()
    ]


def gradients_of(variables, count, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return [[torch.randn(v.shape, generator=generator).to(v.dtype) for v in variables] for _ in range(count)]


def run(optimizer, variables, steps):
    for gradients in steps:
        optimizer.apply(gradients, variables)


def same(ours, theirs, **tolerance):
    for a, b in zip(ours, theirs, strict=True):
        torch.testing.assert_close(a.detach(), b.detach(), **tolerance)


def test_every_concrete_optimizer_of_keras_is_here():
    expected = (
        "SGD RMSprop Adam AdamW Adadelta Adagrad Adamax Adafactor Nadam Ftrl Lion Lamb LossScaleOptimizer Muon "
        "MultiOptimizer ScheduleFreeAdamW"
    )
    assert set(expected.split()) <= set(ALL)


@pytest.mark.parametrize("name", ALL)
def test_a_config_makes_the_same_optimizer_again(name):
    optimizer = make(name, learning_rate=0.125)
    described = json.loads(json.dumps(optimizers.serialize(optimizer)))
    again = optimizers.deserialize(described)
    assert type(again) is type(optimizer)
    assert optimizers.serialize(again) == optimizers.serialize(optimizer)
    assert (described["module"], described["class_name"]) == ("keras.optimizers", name)


@pytest.mark.parametrize("name", ALL)
def test_it_finds_the_minimum_of_a_quadratic(name):
    target = torch.tensor([[1.0, -2.0], [0.5, 3.0]])
    x = Variable(torch.zeros(2, 2), name="x")
    optimizer = make(name, learning_rate=RATES.get(name, 0.05))
    losses = [float(optimizer.minimize(lambda: ((x - target) ** 2).sum())) for _ in range(400)]
    assert losses[0] == pytest.approx(14.25)
    assert losses[-1] < 0.15


@pytest.mark.parametrize("name", ALL)
def test_a_saved_state_resumes_exactly(name):
    variables = variables_of()
    steps = gradients_of(variables, 7)
    optimizer = make(name, learning_rate=0.05)
    run(optimizer, variables, steps[:4])
    store: dict[str, np.ndarray] = {}
    optimizer.save_own_variables(store)
    assert all(isinstance(value, np.ndarray) for value in store.values())
    resumed, copies = make(name, learning_rate=0.5), [Variable(v, name=v.name) for v in variables]
    resumed.build(copies)
    resumed.load_own_variables(store)
    run(optimizer, variables, steps[4:])
    run(resumed, copies, steps[4:])
    same(copies, variables, rtol=0, atol=0)
    assert int(resumed.iterations) == int(optimizer.iterations) == 7


@pytest.mark.parametrize("name", PLAIN)
def test_weights_are_got_and_set(name):
    variables = variables_of()
    first, second = make(name), make(name)
    run(first, variables, gradients_of(variables, 2))
    with pytest.raises(ValueError, match=r"You are calling `set_weights\(\)`"):
        second.set_weights(first.get_weights())
    second.build(variables)
    second.set_weights(first.variables)
    same(second.variables, first.variables, rtol=0, atol=0)


class HostReads(TorchDispatchMode):
    """Counts the tensors that are read as Python numbers, apart from some."""

    def __init__(self, allowed):
        super().__init__()
        self.allowed, self.count = {v.data_ptr() for v in allowed}, 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        if "_local_scalar_dense" in str(function) and args[0].data_ptr() not in self.allowed:
            self.count += 1
        return function(*args, **(kwargs or {}))


@pytest.mark.parametrize("options", [{}, {"global_clipnorm": 1.0}, {"clipnorm": 1.0}, {"use_ema": True}])
@pytest.mark.parametrize("name", PLAIN)
def test_a_step_reads_no_number_from_the_variables_or_gradients(name, options):
    variables = variables_of()
    optimizer = make(name, **options)
    steps = gradients_of(variables, 3)
    run(optimizer, variables, steps[:1])
    numbers = [v for v in optimizer.variables if v.ndim == 0 and v.name in ("iteration", "learning_rate", "variable")]
    with HostReads(numbers) as reads:
        run(optimizer, variables, steps[1:])
    assert reads.count == 0


def test_a_read_of_a_variable_would_be_counted():
    with HostReads([]) as reads:
        torch.ones(()).item()
    assert reads.count == 1


@pytest.mark.parametrize("name", PLAIN)
def test_a_capturable_optimizer_makes_the_same_steps_without_any_read(name):
    variables, copies = variables_of(), variables_of()
    schedule = optimizers.schedules.CosineDecay(0.05, 10)
    usual, captured = make(name, learning_rate=schedule), make(name, learning_rate=schedule, use_ema=True)
    captured.build(copies)
    captured.make_capturable()
    steps = gradients_of(variables, 5)
    run(usual, variables, steps)
    with HostReads([]) as reads:
        run(captured, copies, steps)
    same(copies, variables, rtol=1e-5, atol=1e-6)
    # `alpha=` and fused kernels read 0-d tensors only where those are on the CPU, below what is counted.
    assert reads.count == 0


@pytest.mark.parametrize("name", ALL)
def test_gradients_are_left_as_they_are(name):
    variables = variables_of()
    steps = gradients_of(variables, 3)
    before = copy.deepcopy(steps)
    options = {} if name in ("LossScaleOptimizer", "MultiOptimizer") else {"clipnorm": 0.1, "loss_scale_factor": 4.0}
    run(make(name, **options), variables, steps)
    for now, then in zip(steps, before):
        same(now, then, rtol=0, atol=0)


@pytest.mark.parametrize("options", [{}, {"clipvalue": 0.1}, {"global_clipnorm": 0.5, "loss_scale_factor": 2.0}])
@pytest.mark.parametrize("name", PLAIN)
def test_owning_the_gradients_gives_the_same_numbers(name, options):
    variables, copies = variables_of(), variables_of()
    usual, owner = make(name, **options), make(name, **options)
    owner.owns_gradients = True
    run(usual, variables, gradients_of(variables, 4))
    run(owner, copies, gradients_of(variables, 4))
    same(copies, variables, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("name", ALL)
def test_memory_layouts_do_not_matter(name):
    variables, strided = variables_of(), variables_of(strided=True)
    assert strided[0].stride() == (1, 4) and variables[0].stride() == (3, 1)
    steps = gradients_of(variables, 4)
    usual, other = make(name, learning_rate=0.05), make(name, learning_rate=0.05)
    run(usual, variables, steps)
    run(other, strided, steps)
    same(strided, variables, rtol=1e-5, atol=1e-6)
    momentums = [v for v in other.variables if v.shape == (4, 3)]
    assert all(m.stride() == (1, 4) for m in momentums)


@pytest.mark.parametrize("name", PLAIN)
def test_a_variable_with_gaps_in_memory_is_updated_alone(name):
    whole = torch.randn(6, 4)
    part = torch.nn.Parameter(whole[::2, :3])
    twin = Variable(whole[::2, :3].contiguous(), name="parameter")
    rest = whole[1::2].clone()
    usual, other = make(name), make(name)
    for gradient in (torch.randn(3, 3), torch.randn(3, 3)):
        usual.apply([gradient], [twin])
        other.apply([gradient], [part])
    same([part], [twin], rtol=1e-6, atol=1e-7)
    torch.testing.assert_close(whole[1::2], rest, rtol=0, atol=0)


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("dtype, tolerance", [(torch.float64, 1e-5), (torch.bfloat16, 0.05)])
def test_other_floats_work(name, dtype, tolerance):
    variables = variables_of()
    others = [Variable(v.detach().to(dtype), name=v.name) for v in variables]
    for v, o in zip(variables, others):
        v.assign(o.detach().float())
    steps = [[g.to(torch.bfloat16).float() for g in step] for step in gradients_of(variables, 3)]
    usual, other = make(name, learning_rate=0.05), make(name, learning_rate=0.05)
    run(usual, variables, steps)
    run(other, others, [[g.to(dtype) for g in step] for step in steps])
    same([o.float() for o in others], variables, rtol=tolerance, atol=tolerance)
    assert all(o.dtype is dtype for o in others)


@pytest.mark.parametrize("name", PLAIN)
def test_variables_of_several_dtypes_are_updated_together(name):
    pair = [Variable(torch.ones(3), name="x"), Variable(torch.ones(3, dtype=torch.float64), name="y")]
    gradients = [torch.tensor([1.0, -2.0, 0.5]), torch.tensor([1.0, -2.0, 0.5], dtype=torch.float64)]
    optimizer = make(name, global_clipnorm=2.0)
    run(optimizer, pair, [gradients, gradients])
    assert not torch.equal(pair[0].detach(), torch.ones(3))
    torch.testing.assert_close(pair[0].detach().double(), pair[1].detach(), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", PLAIN)
def test_empty_variables_and_columns_work(name):
    variables = [Variable(torch.zeros(0, 3), name="e"), Variable(torch.ones(4, 1), name="column")]
    optimizer = make(name, learning_rate=0.1)
    for stride in ((1, 1), (1, 7)):
        gradient = torch.empty_strided((4, 1), stride).fill_(1.0)
        optimizer.apply([torch.zeros(0, 3), gradient], variables)
    assert (variables[1].detach() < 1).all() and variables[0].shape == (0, 3)


@pytest.mark.parametrize("name", PLAIN)
def test_plain_parameters_are_trained_as_variables_are(name):
    layer = torch.nn.Linear(3, 2)
    variables = [Variable(p.detach(), name="parameter") for p in layer.parameters()]
    usual, other = make(name), make(name)
    run(usual, variables, gradients_of(variables, 2))
    run(other, list(layer.parameters()), gradients_of(variables, 2))
    same(layer.parameters(), variables, rtol=0, atol=0)


@pytest.mark.parametrize("copier", [copy.deepcopy, lambda thing: pickle.loads(pickle.dumps(thing))])
@pytest.mark.parametrize("name", ALL)
def test_a_copy_goes_on_with_its_own_variables(name, copier):
    variables = variables_of()
    steps = gradients_of(variables, 5)
    optimizer = make(name, learning_rate=0.05)
    run(optimizer, variables, steps[:2])
    twin, twins = copier((optimizer, variables))
    frozen = [v.detach().clone() for v in variables]
    run(twin, twins, steps[2:])
    same(variables, frozen, rtol=0, atol=0)
    run(optimizer, variables, steps[2:])
    same(twins, variables, rtol=0, atol=0)
    assert twin.get_config() == optimizer.get_config()


@pytest.mark.parametrize("name", sorted(set(ALL) - {"TorchOptimizer"}))
def test_stateless_apply_gives_what_apply_would_make(name):
    variables = variables_of()
    optimizer = make(name, learning_rate=0.05)
    steps = gradients_of(variables, 2)
    run(optimizer, variables, steps[:1])
    before = [v.detach().clone() for v in [*variables, *optimizer.variables]]
    trained, own = optimizer.stateless_apply([v.detach() for v in optimizer.variables], steps[1], [v.detach() for v in variables])
    same([*variables, *optimizer.variables], before, rtol=0, atol=0)
    run(optimizer, variables, steps[1:])
    same(trained, variables, rtol=0, atol=0)
    same(own, optimizer.variables, rtol=0, atol=0)


@pytest.mark.parametrize("options", [{}, {"global_clipnorm": 1.0, "weight_decay": 0.1, "use_ema": True}])
@pytest.mark.parametrize("name", PLAIN)
def test_a_capturable_step_can_be_traced(name, options):
    variables = variables_of(strided=True)
    variables[1].constraint = lambda value: value.clamp(min=0.1)
    optimizer = make(name, learning_rate=optimizers.schedules.CosineDecay(0.05, 10), **options)
    optimizer.exclude_from_weight_decay(var_names=["c"])
    optimizer.build(variables)
    optimizer.make_capturable()
    first, second = gradients_of(variables, 2)
    own, trained = [v.detach() for v in optimizer.variables], [v.detach() for v in variables]
    traced = make_fx(lambda *given: optimizer.stateless_apply(*given), tracing_mode="fake")(own, first, trained)
    run(optimizer, variables, [first])
    own, trained = [v.detach() for v in optimizer.variables], [v.detach() for v in variables]
    now_trained, now_own = traced(own, second, trained)
    run(optimizer, variables, [second])
    same(now_trained, variables, rtol=1e-5, atol=1e-6)
    same(now_own, optimizer.variables, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", PLAIN)
def test_no_gradient_at_all_is_an_error_and_one_missing_a_warning(name):
    x, y = Variable([1.0, 2.0], name="x"), Variable([3.0], name="y")
    optimizer = make(name)
    with pytest.raises(ValueError, match="No gradients provided for any variable"):
        optimizer.apply([None, None], [x, y])
    with pytest.raises(ValueError, match="No gradients provided for any variable"):
        optimizer.apply_gradients([])
    with pytest.warns(UserWarning, match=r"Gradients do not exist for variables \['y'\]"):
        optimizer.apply([torch.ones(2), None], [x, y])
    assert y.numpy().tolist() == [3.0] and x.numpy()[0] < 1
    assert int(optimizer.iterations) == 1


@pytest.mark.parametrize("name", ALL)
def test_a_name_in_any_spelling_finds_it(name):
    if name in SPECIAL:
        pytest.skip("has required arguments")
    assert type(optimizers.get(name)) is type(optimizers.get(name.lower())) is getattr(optimizers, name)


def test_every_schedule_of_keras_is_here():
    expected = "ExponentialDecay PiecewiseConstantDecay PolynomialDecay InverseTimeDecay CosineDecay CosineDecayRestarts"
    assert set(expected.split()) <= set(SCHEDULES.names())
