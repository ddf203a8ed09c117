"""Optimizers: what changes a model's variables by the gradients of its loss. Learning rate schedules: `schedules`."""

from kerasish.optimizers import schedules
from kerasish.optimizers._adafactor import Adafactor
from kerasish.optimizers._adagrad import Adadelta, Adagrad
from kerasish.optimizers._adam import Adam, AdamW
from kerasish.optimizers._adamax import Adamax
from kerasish.optimizers._ftrl import Ftrl
from kerasish.optimizers._identify import as_optimizer, deserialize, get, serialize
from kerasish.optimizers._lamb import Lamb
from kerasish.optimizers._lion import Lion
from kerasish.optimizers._loss_scale import LossScaleOptimizer
from kerasish.optimizers._multi import MultiOptimizer, OptimizerMap
from kerasish.optimizers._muon import Muon
from kerasish.optimizers._nadam import Nadam
from kerasish.optimizers._optimizer import Optimizer
from kerasish.optimizers._rmsprop import RMSprop
from kerasish.optimizers._schedule_free import ScheduleFreeAdamW
from kerasish.optimizers._sgd import SGD
from kerasish.optimizers._torch_optimizer import TorchOptimizer

__all__ = [
    "Adadelta",
    "Adafactor",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "Ftrl",
    "Lamb",
    "Lion",
    "LossScaleOptimizer",
    "MultiOptimizer",
    "Muon",
    "Nadam",
    "Optimizer",
    "OptimizerMap",
    "RMSprop",
    "SGD",
    "ScheduleFreeAdamW",
    "TorchOptimizer",
    "as_optimizer",
    "deserialize",
    "get",
    "schedules",
    "serialize",
]
