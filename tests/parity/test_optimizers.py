"""Optimizers and schedules against the real Keras: the same variables after the same gradients, and the same configs."""

import json

import keras
import numpy as np
import pytest
import torch

from kerasish import optimizers
from kerasish.core import Variable

SHAPES = {"kernel": (4, 3), "bias": (3,), "scale": (), "table": (2, 3, 5)}
OPTIONS = {
    "plain": {},
    "decay": {"weight_decay": 0.02},
    "clipnorm": {"clipnorm": 0.5},
    "clipvalue": {"clipvalue": 0.1},
    "global_clipnorm": {"global_clipnorm": 0.7},
    "ema": {"use_ema": True, "ema_momentum": 0.8, "ema_overwrite_frequency": 6},
    "accumulation": {"gradient_accumulation_steps": 3, "clipnorm": 1.0, "weight_decay": 0.01},
    "accumulated_ema": {"gradient_accumulation_steps": 2, "use_ema": True, "ema_overwrite_frequency": 3},
    "loss_scale": {"loss_scale_factor": 8.0},
    "schedule": {"learning_rate": ("CosineDecay", {"initial_learning_rate": 0.05, "decay_steps": 12, "alpha": 0.1})},
}
NAMES = ["SGD", "RMSprop", "Adam", "AdamW", "Adadelta", "Adagrad", "Adamax", "Adafactor", "Nadam", "Ftrl", "Lion", "Lamb", "Muon"]
OWN = [
    ("SGD", {"momentum": 0.9}),
    ("SGD", {"momentum": 0.9, "weight_decay": 0.01, "learning_rate": OPTIONS["schedule"]["learning_rate"]}),
    ("SGD", {"momentum": 0.9, "nesterov": True}),
    ("RMSprop", {"momentum": 0.7}),
    ("RMSprop", {"centered": True, "rho": 0.8}),
    ("RMSprop", {"centered": True, "momentum": 0.5, "epsilon": 1e-3}),
    ("Adam", {"amsgrad": True, "beta_1": 0.8, "beta_2": 0.9}),
    ("Adam", {"epsilon": 0.1}),
    ("AdamW", {"weight_decay": 0.3, "amsgrad": True}),
    ("Adadelta", {"learning_rate": 1.0, "rho": 0.7, "epsilon": 1e-3}),
    ("Adagrad", {"initial_accumulator_value": 0.0, "epsilon": 1e-2}),
    ("Adamax", {"beta_1": 0.5, "epsilon": 1e-2}),
    ("Adafactor", {"relative_step": False, "clip_threshold": 0.3, "beta_2_decay": -0.5}),
    ("Nadam", {"beta_1": 0.7, "epsilon": 1e-2}),
    ("Ftrl", {"learning_rate_power": -0.3, "l1_regularization_strength": 0.01, "l2_regularization_strength": 0.1}),
    ("Ftrl", {"l2_shrinkage_regularization_strength": 0.1, "beta": 0.3, "learning_rate_power": 0.0}),
    ("Lion", {"beta_1": 0.5, "beta_2": 0.7}),
    ("Lamb", {"beta_1": 0.5, "weight_decay": 0.05}),
    ("Muon", {"nesterov": False, "rms_rate": None, "adam_lr_ratio": 0.5}),
    ("Muon", {"exclude_layers": ["kernel"], "ns_steps": 3, "adam_weight_decay": None}),
]
CASES = [(name, options) for name in NAMES for options in OPTIONS.values()] + OWN


def label(value):
    return value if isinstance(value, str) else "-".join(value)


def make(module, name, options):
    options = dict(options)
    if isinstance(options.get("learning_rate"), tuple):
        schedule, arguments = options["learning_rate"]
        options["learning_rate"] = getattr(module.schedules, schedule)(**arguments)
    return getattr(module, name)(**{"learning_rate": 0.03, **options})


def start(rng):
    return {name: rng.normal(size=shape).astype("float32") for name, shape in SHAPES.items()}


@pytest.mark.parametrize("name, options", CASES, ids=label)
def test_variables_are_those_of_keras_after_20_steps(name, options, rng, agree):
    values = start(rng)
    ours = [Variable(value, name=key) for key, value in values.items()]
    theirs = [keras.Variable(value, name=key) for key, value in values.items()]
    our_optimizer, their_optimizer = make(optimizers, name, options), make(keras.optimizers, name, options)
    our_optimizer.exclude_from_weight_decay(var_names=["bias"])
    their_optimizer.exclude_from_weight_decay(var_names=["bias"])
    for _ in range(20):
        gradients = [rng.normal(size=shape).astype("float32") for shape in SHAPES.values()]
        our_optimizer.apply([torch.tensor(g) for g in gradients], ours)
        their_optimizer.apply([torch.tensor(g) for g in gradients], theirs)
    agree(ours, theirs)
    agree(our_optimizer.variables, their_optimizer.variables, rtol=2e-5, atol=2e-6)
    agree(our_optimizer.iterations, their_optimizer.iterations)
    our_optimizer.finalize_variable_values(ours)
    their_optimizer.finalize_variable_values(theirs)
    agree(ours, theirs)


@pytest.mark.parametrize("options", [{}, {"warmup_steps": 5, "beta_1": 0.8}])
def test_the_first_schedule_free_step_is_that_of_keras(options, rng, agree):
    # Later ones are not: on torch, Keras 3.15 overwrites the old iterate before it has used it.
    values, gradient = rng.normal(size=(3,)).astype("float32"), rng.normal(size=(3,)).astype("float32")
    ours, theirs = Variable(values), keras.Variable(values)
    make(optimizers, "ScheduleFreeAdamW", options).apply([torch.tensor(gradient)], [ours])
    make(keras.optimizers, "ScheduleFreeAdamW", options).apply([torch.tensor(gradient)], [theirs])
    agree(ours, theirs)


@pytest.mark.parametrize("name", NAMES + ["ScheduleFreeAdamW"])
def test_the_optimizers_variables_have_the_names_and_order_of_keras(name, rng):
    values = start(rng)
    options = {"use_ema": True, "gradient_accumulation_steps": 2}
    their_optimizer = make(keras.optimizers, name, {**options, "name": "it"})
    our_optimizer = make(optimizers, name, {**options, "name": "it"})
    their_optimizer.build([keras.Variable(value, name=key) for key, value in values.items()])
    our_optimizer.build([Variable(value, name=key) for key, value in values.items()])
    theirs = [(v.path, v.name, str(v.dtype), tuple(v.shape)) for v in their_optimizer.variables]
    ours = [(v.path, v.name, str(v.dtype)[6:], tuple(v.shape)) for v in our_optimizer.variables]
    if name in ("Nadam", "Adafactor"):  # their paths there are numbered by the session
        ours, theirs = [row[2:] for row in ours], [row[2:] for row in theirs]
    assert ours == theirs


@pytest.mark.parametrize("name, options", CASES[::7] + OWN, ids=label)
def test_configs_are_those_of_keras(name, options):
    ours = optimizers.serialize(make(optimizers, name, {**options, "name": "it"}))
    theirs = keras.optimizers.serialize(make(keras.optimizers, name, {**options, "name": "it"}))
    if isinstance(theirs["config"]["learning_rate"], float):
        assert ours["config"].pop("learning_rate") == pytest.approx(theirs["config"].pop("learning_rate"))
    assert ours["config"] == theirs["config"]
    assert (ours["module"], ours["class_name"], ours["registered_name"]) == ("keras.optimizers", name, None)


@pytest.mark.parametrize("name", NAMES + ["ScheduleFreeAdamW"])
def test_configs_go_both_ways(name):
    ours = getattr(optimizers, name)(learning_rate=0.125, weight_decay=0.1, name="it")
    theirs = keras.saving.deserialize_keras_object(json.loads(json.dumps(optimizers.serialize(ours))))
    assert type(theirs).__name__ == name
    back = optimizers.deserialize(json.loads(json.dumps(keras.optimizers.serialize(theirs))))
    assert back.get_config() == ours.get_config()


@pytest.mark.parametrize("name, options", CASES[::5] + OWN, ids=label)
def test_a_state_saved_by_keras_goes_on_here(name, options, rng, agree):
    values = start(rng)
    theirs = [keras.Variable(value, name=key) for key, value in values.items()]
    their_optimizer, our_optimizer = make(keras.optimizers, name, options), make(optimizers, name, options)
    gradients = [[torch.tensor(rng.normal(size=shape).astype("float32")) for shape in SHAPES.values()] for _ in range(9)]
    for step in gradients[:5]:
        their_optimizer.apply(step, theirs)
    store: dict[str, np.ndarray] = {}
    their_optimizer.save_own_variables(store)
    ours = [Variable(v.numpy(), name=key) for key, v in zip(values, theirs)]
    our_optimizer.build(ours)
    our_optimizer.load_own_variables(store)
    for step in gradients[5:]:
        their_optimizer.apply(step, theirs)
        our_optimizer.apply(step, ours)
    agree(ours, theirs)


def test_loss_scaling_is_that_of_keras(rng, agree):
    values = rng.normal(size=(5,)).astype("float32")
    ours, theirs = Variable(values, name="v"), keras.Variable(values, name="v")
    our_optimizer = optimizers.LossScaleOptimizer(optimizers.Adam(0.1), initial_scale=16.0, dynamic_growth_steps=3)
    their_optimizer = keras.optimizers.LossScaleOptimizer(keras.optimizers.Adam(0.1), initial_scale=16.0, dynamic_growth_steps=3)
    for step in range(12):
        gradient = rng.normal(size=(5,)).astype("float32")
        if step in (2, 7, 8):
            gradient[step % 5] = [np.inf, np.nan, -np.inf][step % 3]
        our_optimizer.apply([torch.tensor(gradient)], [ours])
        their_optimizer.apply([torch.tensor(gradient)], [theirs])
        agree(our_optimizer.variables, their_optimizer.variables)
    agree(ours, theirs)
    agree(our_optimizer.scale_loss(2.0), their_optimizer.scale_loss(2.0))


def test_several_optimizers_are_applied_as_in_keras(rng, agree):
    values = start(rng)
    ours = [Variable(value, name=key) for key, value in values.items()]
    theirs = [keras.Variable(value, name=key) for key, value in values.items()]

    def several(module):
        return module.MultiOptimizer(module.OptimizerMap(module.SGD(0.1), {"kernel|table": module.Adam(0.2)}))

    our_optimizer, their_optimizer = several(optimizers), several(keras.optimizers)
    for _ in range(4):
        gradients = [torch.tensor(rng.normal(size=shape).astype("float32")) for shape in SHAPES.values()]
        our_optimizer.apply(gradients, ours)
        their_optimizer.apply(gradients, theirs)
    agree(ours, theirs)
    agree(our_optimizer.variables, their_optimizer.variables)
    assert json.dumps(optimizers.serialize(our_optimizer)["config"]["optimizer_map"]).count("class_name") == 3


SCHEDULES = [
    ("ExponentialDecay", {"initial_learning_rate": 0.1, "decay_steps": 7, "decay_rate": 0.8}),
    ("ExponentialDecay", {"initial_learning_rate": 0.1, "decay_steps": 7, "decay_rate": 0.8, "staircase": True}),
    ("InverseTimeDecay", {"initial_learning_rate": 0.1, "decay_steps": 7, "decay_rate": 0.8}),
    ("InverseTimeDecay", {"initial_learning_rate": 0.1, "decay_steps": 7, "decay_rate": 0.8, "staircase": True}),
    ("PolynomialDecay", {"initial_learning_rate": 0.1, "decay_steps": 11}),
    ("PolynomialDecay", {"initial_learning_rate": 0.1, "decay_steps": 11, "end_learning_rate": 0.02, "power": 0.5}),
    ("PolynomialDecay", {"initial_learning_rate": 0.1, "decay_steps": 11, "power": 2.0, "cycle": True}),
    ("PiecewiseConstantDecay", {"boundaries": [3, 10, 12], "values": [1.0, 0.5, 0.25, 0.1]}),
    ("CosineDecay", {"initial_learning_rate": 0.1, "decay_steps": 20, "alpha": 0.1}),
    ("CosineDecay", {"initial_learning_rate": 0.0, "decay_steps": 20, "warmup_target": 0.3, "warmup_steps": 6}),
    ("CosineDecay", {"initial_learning_rate": 0.0, "decay_steps": 20, "warmup_target": 0.3, "warmup_steps": 0}),
    ("CosineDecayRestarts", {"initial_learning_rate": 0.1, "first_decay_steps": 5}),
    ("CosineDecayRestarts", {"initial_learning_rate": 0.1, "first_decay_steps": 5, "t_mul": 1.0, "m_mul": 0.9, "alpha": 0.1}),
    ("CosineDecayRestarts", {"initial_learning_rate": 0.1, "first_decay_steps": 4, "t_mul": 1.7, "m_mul": 1.1}),
]


@pytest.mark.parametrize("name, arguments", SCHEDULES, ids=lambda value: value if isinstance(value, str) else None)
def test_schedules_have_the_values_of_keras(name, arguments, agree):
    ours = getattr(optimizers.schedules, name)(**arguments)
    theirs = getattr(keras.optimizers.schedules, name)(**arguments)
    steps = [*range(40), 100, 333]
    expected = [float(theirs(step)) for step in steps]
    np.testing.assert_allclose([ours(step) for step in steps], expected, rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose([float(ours(torch.tensor(step))) for step in steps], expected, rtol=1e-5, atol=1e-7)
    assert optimizers.schedules.serialize(ours) == keras.optimizers.schedules.serialize(theirs)
