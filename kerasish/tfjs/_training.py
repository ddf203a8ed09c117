"""Training: `tf.train`'s optimizers and `tf.losses`."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import torch
from torch import Tensor as Plain

from kerasish import optimizers
from kerasish.optimizers import Optimizer
from kerasish.tfjs._gradients import loss_and_pairs, name_of, named, plain_variables, recording
from kerasish.tfjs._operations import at_edge
from kerasish.tfjs._options import Shelf, merged, spelled
from kerasish.tfjs._promises import promised
from kerasish.tfjs._records import Record
from kerasish.tfjs._tensor import Tensor, alive, unwrapped, wrapped
from kerasish.tfjs._variable import Variable


class EdgeOptimizer:
    """An optimizer of kerasish under TensorFlow.js's methods; `.optimizer` is the one of kerasish.

    Args:
        optimizer: an optimizer of kerasish.
        class_name: TensorFlow.js's name of it.
    """

    def __init__(self, optimizer: Optimizer, class_name: str):
        self.optimizer, self._class_name = optimizer, class_name

    def minimize(
        self, f: Callable[[], Any] | None = None, return_cost: bool = False, var_list: Any = None, **options: Any
    ) -> Any:
        """Make one step down the scalar that `f` gives.

        Args:
            f: a function without arguments; what it touches of Variables and layers is trained.
            return_cost: whether to give the scalar.
            var_list: the Variables to train; those that `f` touched by default.
            **options: the same in camelCase.

        Raises:
            ValueError: no scalar, or one that depends on nothing that can be trained.
        """
        given = spelled("minimize", options, ("return_cost", "var_list"))
        return_cost, var_list = given.get("return_cost", return_cost), given.get("var_list", var_list)
        if f is None:
            return lambda function: self.minimize(function, return_cost, var_list)
        variables = None if var_list is None else plain_variables(var_list)
        with recording():
            loss = self.optimizer.minimize(lambda: unwrapped(f()), variables)
        return Tensor(loss) if return_cost else None

    def compute_gradients(self, f: Callable[[], Any], var_list: Any = None) -> dict[str, Any]:
        """Compute the scalar that `f` gives, and its gradients: `{value, grads: {name: Tensor}}`."""
        loss, pairs = loss_and_pairs(f, var_list)
        given = var_list if isinstance(var_list, (list, tuple)) else None
        found = {name_of(variable, given): (gradient, variable) for gradient, variable in pairs if gradient is not None}
        gradients = EdgeGradients({name: Tensor(gradient) for name, (gradient, _) in found.items()})
        gradients.variables = {name: variable for name, (_, variable) in found.items()}
        return Record(value=Tensor(loss.detach()), grads=gradients)

    def apply_gradients(self, variable_gradients: Any) -> None:
        """Change variables by their gradients.

        Args:
            variable_gradients: what `computeGradients` gave as `grads`, or a list of `{name, tensor}`; or pairs of
                gradient and Variable.

        Raises:
            ValueError: names that belong to no living Variable.
        """
        from_names: Iterable[tuple[Any, Any]]
        if isinstance(variable_gradients, Mapping):
            from_names = variable_gradients.items()
        else:
            named = all(isinstance(part, Mapping) for part in variable_gradients)
            if not named:
                pairs = [(unwrapped(gradient), unwrapped(variable)) for gradient, variable in variable_gradients]
                return self._apply(pairs)
            from_names = [(part["name"], part["tensor"]) for part in variable_gradients]
        known = getattr(variable_gradients, "variables", None) or _living()
        pairs = []
        for name, gradient in from_names:
            if name not in known:
                raise ValueError(f"A gradient must have the name of a Variable; received {name!r}, which none has.")
            pairs.append((unwrapped(gradient), known[name]))
        return self._apply(pairs)

    def _apply(self, pairs: list[tuple[Any, Any]]) -> None:
        self.optimizer._take_on_new([variable for _, variable in pairs])
        self.optimizer.apply_gradients(pairs)

    @property
    def iterations(self) -> int:
        """The number of steps made; this reads from the device."""
        return int(self.optimizer.iterations)

    @property
    def learning_rate(self) -> float:
        """How far a step goes."""
        return float(self.optimizer.learning_rate)  # type: ignore[arg-type]

    def set_learning_rate(self, learning_rate: float) -> None:
        """Set how far a step goes."""
        self.optimizer.learning_rate = learning_rate  # type: ignore[assignment]

    def get_weights(self) -> Any:
        """The optimizer's variables as a list of `{name, tensor}`, which can be waited for."""
        return promised([{"name": variable.path, "tensor": wrapped(variable)} for variable in self.optimizer.variables])

    def set_weights(self, weight_values: Any) -> Any:
        """Overwrite the optimizer's variables by what `getWeights` gave."""
        own, given = self.optimizer.variables, [part["tensor"] for part in weight_values]
        if len(own) != len(given):
            raise ValueError(f"The optimizer has {len(own)} variables; `setWeights` received {len(given)}.")
        for variable, value in zip(own, given):
            self.optimizer.assign(variable, unwrapped(value).to(variable.dtype))
        return promised(None)

    def dispose(self) -> None:
        """Forget nothing: Python frees the optimizer's variables with it."""

    def get_config(self) -> dict[str, Any]:
        """The arguments that would make the optimizer again."""
        return self.optimizer.get_config()

    def get_class_name(self) -> str:
        """TensorFlow.js's name of the optimizer."""
        return self._class_name

    computeGradients, applyGradients = compute_gradients, apply_gradients  # noqa: N815
    learningRate, setLearningRate = learning_rate, set_learning_rate  # noqa: N815
    getWeights, setWeights = get_weights, set_weights  # noqa: N815
    getConfig, getClassName = get_config, get_class_name  # noqa: N815

    def __repr__(self) -> str:
        return repr(self.optimizer)


class EdgeGradients(dict):
    """Gradients by the names of variables, which remembers the variables."""

    variables: Any = None


def _living() -> dict[str, Any]:
    """The Variables that are alive at this edge, and the weights that gradients were given for, by name."""
    return {
        **named,
        **{tensor.name: tensor.torch for tensor in list(alive) if isinstance(tensor, Variable) and not tensor.isDisposed},
    }


def _class(class_name: str, base: type, cls: Any, renamed: Mapping[str, str], **defaults: Any) -> type:
    """Make the class of a TensorFlow.js optimizer.

    Args:
        class_name: its name in files.
        base: the class that it is one of.
        cls: kerasish's optimizer.
        renamed: its arguments' names in kerasish, where they are others.
        **defaults: its arguments, in their order.
    """
    order = list(defaults)

    def __init__(self: EdgeOptimizer, *args: Any, **options: Any) -> None:
        if len(args) > len(order):
            raise TypeError(f"tf.train: {class_name} takes {order}; received {len(args)} arguments.")
        if len(args) == 1 and isinstance(args[0], Mapping):
            options = merged(f"tf.train {class_name}", args[0], options)
        else:
            options = merged(f"tf.train {class_name}", dict(zip(order, args)), options)
        given = {**defaults, **spelled(f"tf.train {class_name}", options, order)}
        made = cls(**{renamed.get(name, name): value for name, value in given.items() if value is not None})
        EdgeOptimizer.__init__(self, made, class_name)

    members = {
        "__init__": __init__,
        "__module__": __name__,
        "className": class_name,
        "__doc__": f"{class_name}: {', '.join(order)}.",
    }
    return type(f"{class_name}Optimizer", (base,), members)


def _factory(cls: type) -> Callable:
    def make(*args: Any, **options: Any) -> Any:
        return cls(*args, **options)

    make.__name__, make.__doc__ = cls.className.lower(), f"Make the optimizer {cls.__doc__}"  # type: ignore[attr-defined]
    return make


_BETAS = {"beta1": "beta_1", "beta2": "beta_2"}

_SGD = _class("SGD", EdgeOptimizer, optimizers.SGD, {}, learning_rate=0.01)
_CLASSES = (
    _SGD,
    _class("Momentum", _SGD, optimizers.SGD, {"use_nesterov": "nesterov"},
           learning_rate=0.01, momentum=0.9, use_nesterov=False),
    _class("Adagrad", EdgeOptimizer, optimizers.Adagrad, {}, learning_rate=0.01, initial_accumulator_value=0.1),
    _class("Adadelta", EdgeOptimizer, optimizers.Adadelta, {}, learning_rate=0.001, rho=0.95, epsilon=None),
    _class("Adam", EdgeOptimizer, optimizers.Adam, _BETAS, learning_rate=0.001, beta1=0.9, beta2=0.999, epsilon=None),
    _class("Adamax", EdgeOptimizer, optimizers.Adamax, _BETAS, learning_rate=0.002, beta1=0.9, beta2=0.999, epsilon=None),
    _class("RMSProp", EdgeOptimizer, optimizers.RMSprop, {"decay": "rho"},
           learning_rate=0.001, decay=0.9, momentum=0.0, epsilon=None, centered=False),
)  # fmt: skip
# `tf.SGDOptimizer` and its like, for `isinstance`; programs make their objects by `tf.train`.
OPTIMIZER_CLASSES = {cls.__name__: cls for cls in _CLASSES}
TRAIN = Shelf("tf.train", {cls.className.lower(): _factory(cls) for cls in _CLASSES})  # type: ignore[attr-defined]


def as_optimizer(optimizer: Any) -> Any:
    """Give what `compile` takes: TensorFlow.js's seven names mean `tf.train`'s optimizers."""
    if isinstance(optimizer, EdgeOptimizer):
        return optimizer.optimizer
    if isinstance(optimizer, str) and optimizer.lower() in dir(TRAIN):
        return getattr(TRAIN, optimizer.lower())().optimizer
    return optimizer


# tf.losses: a loss for each value, weighed, and reduced to a scalar.

SUM_BY_NONZERO_WEIGHTS, MEAN, SUM, NONE = 3, 1, 2, 0
REDUCTIONS = {"NONE": NONE, "MEAN": MEAN, "SUM": SUM, "SUM_BY_NONZERO_WEIGHTS": SUM_BY_NONZERO_WEIGHTS}


def _weighed(losses: Plain, weights: Any = None, reduction: int = SUM_BY_NONZERO_WEIGHTS) -> Plain:
    if reduction not in REDUCTIONS.values():
        raise ValueError(f"`reduction` must be one of tf.Reduction; received {reduction!r}.")
    weights = None if weights is None else torch.as_tensor(weights, dtype=losses.dtype, device=losses.device)
    values = losses if weights is None else losses * weights
    if reduction == NONE:
        return values
    if reduction == SUM:
        return values.sum()
    if weights is None:
        return values.mean()
    spread = weights.expand(losses.shape)
    if reduction == MEAN:
        return values.sum() / spread.sum()
    return values.sum() / (spread != 0).sum().clamp(min=1)


def _same(labels: Plain, predictions: Plain, name: str) -> None:
    if labels.shape != predictions.shape:
        raise ValueError(
            f"tf.losses.{name}: labels and predictions must have one shape; "
            f"received {list(labels.shape)} and {list(predictions.shape)}."
        )


def _of_labels(name: str, function: Callable) -> Callable:
    def loss(labels: Plain, predictions: Plain, weights: Any = None, reduction: int = SUM_BY_NONZERO_WEIGHTS) -> Plain:
        _same(labels, predictions, name)
        return _weighed(function(labels, predictions), weights, reduction)

    return at_edge(f"losses.{name}", loss, 2)


def _hinge(labels: Plain, predictions: Plain) -> Plain:
    return torch.relu(1 - (2 * labels - 1) * predictions)


def _cosine_distance(
    labels: Plain, predictions: Plain, axis: int, weights: Any = None, reduction: int = SUM_BY_NONZERO_WEIGHTS
) -> Plain:
    _same(labels, predictions, "cosineDistance")
    return _weighed(1 - (labels * predictions).sum(axis, keepdim=True), weights, reduction)


def _huber(
    labels: Plain, predictions: Plain, weights: Any = None, delta: float = 1.0, reduction: int = SUM_BY_NONZERO_WEIGHTS
) -> Plain:
    _same(labels, predictions, "huberLoss")
    return _weighed(torch.nn.functional.huber_loss(predictions, labels, reduction="none", delta=delta), weights, reduction)


def _log(
    labels: Plain, predictions: Plain, weights: Any = None, epsilon: float = 1e-7, reduction: int = SUM_BY_NONZERO_WEIGHTS
) -> Plain:
    _same(labels, predictions, "logLoss")
    losses = -labels * torch.log(predictions + epsilon) - (1 - labels) * torch.log(1 - predictions + epsilon)
    return _weighed(losses, weights, reduction)


def _sigmoid_cross_entropy(
    multi_class_labels: Plain, logits: Plain, weights: Any = None, label_smoothing: float = 0,
    reduction: int = SUM_BY_NONZERO_WEIGHTS,
) -> Plain:  # fmt: skip
    _same(multi_class_labels, logits, "sigmoidCrossEntropy")
    labels = multi_class_labels * (1 - label_smoothing) + 0.5 * label_smoothing
    losses = torch.nn.functional.binary_cross_entropy_with_logits(logits, labels, reduction="none")
    return _weighed(losses, weights, reduction)


def _softmax_cross_entropy(
    onehot_labels: Plain, logits: Plain, weights: Any = None, label_smoothing: float = 0, reduction: int = SUM_BY_NONZERO_WEIGHTS
) -> Plain:
    _same(onehot_labels, logits, "softmaxCrossEntropy")
    labels = onehot_labels * (1 - label_smoothing) + label_smoothing / onehot_labels.shape[-1]
    return _weighed(-(labels * torch.log_softmax(logits, dim=-1)).sum(-1), weights, reduction)


LOSSES = Shelf(
    "tf.losses",
    {
        "absoluteDifference": _of_labels("absoluteDifference", lambda y, p: torch.abs(y - p)),
        "meanSquaredError": _of_labels("meanSquaredError", lambda y, p: torch.square(y - p)),
        "hingeLoss": _of_labels("hingeLoss", _hinge),
        "computeWeightedLoss": at_edge("losses.computeWeightedLoss", _weighed, 1),
        "cosineDistance": at_edge("losses.cosineDistance", _cosine_distance, 2),
        "huberLoss": at_edge("losses.huberLoss", _huber, 2),
        "logLoss": at_edge("losses.logLoss", _log, 2),
        "sigmoidCrossEntropy": at_edge("losses.sigmoidCrossEntropy", _sigmoid_cross_entropy, 2),
        "softmaxCrossEntropy": at_edge("losses.softmaxCrossEntropy", _softmax_cross_entropy, 2),
    },
)
