"""Updates of whole lists of tensors by few kernels, for numbers that are Python's or lie on the device."""

import math
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor

Scalar = float | Tensor
Tensors = list[Tensor]


def subtract(variables: Tensors, updates: Tensors, rate: Scalar) -> None:
    """`variables -= rate * updates`."""
    if isinstance(rate, Tensor):
        torch._foreach_sub_(variables, torch._foreach_mul(updates, rate))
    else:
        torch._foreach_add_(variables, updates, alpha=-rate)


def subtract_ratio(variables: Tensors, numerators: Tensors, denominators: Tensors, rate: Scalar) -> None:
    """`variables -= rate * numerators / denominators`."""
    if isinstance(rate, Tensor):
        subtract(variables, torch._foreach_div(numerators, denominators), rate)
    else:
        torch._foreach_addcdiv_(variables, numerators, denominators, value=-rate)


def average_square(averages: Tensors, values: Tensors, weight: float) -> None:
    """`averages = (1 - weight) * averages + weight * values**2`."""
    torch._foreach_mul_(averages, 1 - weight)
    torch._foreach_addcmul_(averages, values, values, value=weight)


def approach(averages: Tensors, values: Tensors, weight: Scalar) -> None:
    """`averages += weight * (values - averages)`."""
    if isinstance(weight, Tensor):
        torch._foreach_add_(averages, torch._foreach_mul(torch._foreach_sub(values, averages), weight))
    else:
        torch._foreach_lerp_(averages, values, weight)


def clamped(tensors: Tensors, bound: float, in_place: bool) -> Tensors:
    """The tensors with all numbers between `-bound` and `bound`."""
    above = tensors if in_place else list(torch._foreach_clamp_min(tensors, -bound))
    if in_place:
        torch._foreach_clamp_min_(above, -bound)
    torch._foreach_clamp_max_(above, bound)
    return above


def norms(tensors: Tensors) -> Tensor:
    """The Euclidean norm of each, as one tensor of shape (tensors,)."""
    return torch.stack(torch._foreach_norm(tensors))


def multiplied(tensors: Tensors, factors: Any, in_place: bool) -> Tensors:
    """The tensors times a number, a scalar tensor, or a list of scalar tensors."""
    if in_place:
        torch._foreach_mul_(tensors, factors)
        return tensors
    return list(torch._foreach_mul(tensors, factors))


def one_minus_power(base: float, exponent: Scalar) -> Any:
    """`1 - base ** exponent`; in a tensor without the rounding that a base near 1 would suffer in float32."""
    if isinstance(exponent, Tensor) and base > 0:
        return -torch.expm1(exponent * math.log(base))
    return 1 - base**exponent


def least(a: Scalar, b: Scalar) -> Any:
    """The smaller of two numbers; if one is a tensor, `a` is."""
    if not isinstance(a, Tensor):
        return min(a, b)
    return torch.minimum(a, b) if isinstance(b, Tensor) else a.clamp(max=b)


def root_mean_squares(tensors: Tensors) -> Tensor:
    """The root of the mean square of each, as one tensor of shape (tensors,)."""
    return torch.stack(torch._foreach_mul(torch._foreach_norm(tensors), [max(t.numel(), 1) ** -0.5 for t in tensors]))


def adam(
    variables: Tensors,
    gradients: Tensors,
    momentums: Tensors,
    velocities: Tensors,
    velocity_hats: Tensors | None = None,
    *,
    rate: Scalar,
    beta_1: float,
    beta_2: float,
    epsilon: float,
    decay: float = 0.0,
    skip: Tensor | None = None,
) -> None:
    """`variables -= rate * m / (sqrt(v) + epsilon)` with the moving averages `m` and `v`, by torch's fused kernel.

    The kernel would correct for the averages' start by its own step count, with epsilon at another place than Keras has it.
    At step infinity it corrects nothing; the rate comes corrected.
    """
    torch._fused_adamw_(
        variables,
        gradients,
        momentums,
        velocities,
        velocity_hats or [],
        [_infinity(variables[0].device)] * len(variables),
        amsgrad=velocity_hats is not None,
        lr=rate,  # type: ignore[arg-type]
        beta1=beta_1,
        beta2=beta_2,
        weight_decay=decay,
        eps=epsilon,
        maximize=False,
        grad_scale=None,
        found_inf=skip,
    )


def adam_rate(rate: Scalar, step: Scalar, beta_1: float, beta_2: float) -> Any:
    """The learning rate corrected for moving averages that start at zero: `rate * sqrt(1 - beta_2**t) / (1 - beta_1**t)`."""
    return rate * one_minus_power(beta_2, step) ** 0.5 / one_minus_power(beta_1, step)


def sgd(
    variables: Tensors,
    gradients: Tensors,
    momentums: Tensors,
    *,
    rate: Scalar,
    momentum: float = 0.0,
    dampening: float = 0.0,
    nesterov: bool = False,
    skip: Tensor | None = None,
) -> None:
    """`m = momentum * m + (1 - dampening) * gradients; variables -= rate * m`, by torch's fused kernel."""
    torch._fused_sgd_(
        variables,
        gradients,
        momentums,
        weight_decay=0.0,
        momentum=momentum,
        lr=rate,  # type: ignore[arg-type]
        dampening=dampening,
        nesterov=nesterov,
        maximize=False,
        is_first_step=False,
        grad_scale=None,
        found_inf=skip,
    )


@lru_cache(maxsize=None)
def _infinity(device: torch.device) -> Tensor:
    return torch.full((), math.inf, device=device)
