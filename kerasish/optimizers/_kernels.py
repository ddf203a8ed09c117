"""Updates of whole lists of tensors by few kernels, for numbers that are Python's or lie on the device."""

# pyright: reportPrivateImportUsage=false

import math
from functools import cache
from typing import Any

import numpy as np
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
        subtract(variables, list(torch._foreach_div(numerators, denominators)), rate)
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


def roots(squares: Tensors, epsilon: Scalar) -> Tensors:
    """`sqrt(squares) + epsilon`."""
    made = list(torch._foreach_sqrt(squares))
    add_number(made, epsilon)
    return made


def add_number(tensors: Tensors, number: Scalar) -> None:
    """`tensors += number`."""
    if isinstance(number, Tensor):
        torch.ops.aten._foreach_add_.Tensor(tensors, number)  # torch._foreach_add_ would read it on the host
    else:
        torch._foreach_add_(tensors, number)


def norms(tensors: Tensors) -> Tensor:
    """The Euclidean norm of each, as one tensor of shape (tensors,)."""
    return torch.stack(torch._foreach_norm(tensors))


def multiplied(tensors: Tensors, factors: Any, in_place: bool) -> Tensors:
    """The tensors times a number, a scalar tensor, or a list of scalar tensors."""
    if in_place:
        torch._foreach_mul_(tensors, factors)
        return tensors
    return list(torch._foreach_mul(tensors, factors))


def one_minus_power(base: float, exponent: Scalar, dtype: torch.dtype) -> Any:
    """`1 - base ** exponent` for variables of a dtype.

    Keras computes it in the variables' dtype, where 0.999 is 0.9989999533: that makes Adam's steps larger by 2 in 100,000,
    so the base is rounded here as well, to float32 at the coarsest. (In a tensor nothing else is lost to rounding.)
    """
    if dtype is not torch.float64:
        base = _in_float32(base)
    if isinstance(exponent, Tensor) and base > 0:
        return -torch.expm1(exponent * math.log(base))
    return 1 - base**exponent


@cache
def _in_float32(number: float) -> float:
    return float(np.float32(number))


def least(a: Any, b: Any) -> Any:
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
    if skip is None and _is_traced():
        _adam_by_formula(variables, gradients, momentums, velocities, velocity_hats, rate, beta_1, beta_2, epsilon, decay)
        return
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


def adam_rate(rate: Scalar, step: Scalar, beta_1: float, beta_2: float, dtype: torch.dtype) -> Any:
    """The learning rate corrected for moving averages that start at zero: `rate * sqrt(1 - beta_2**t) / (1 - beta_1**t)`."""
    return rate * one_minus_power(beta_2, step, dtype) ** 0.5 / one_minus_power(beta_1, step, dtype)


def sgd(
    variables: Tensors,
    gradients: Tensors,
    momentums: Tensors,
    *,
    rate: Scalar,
    momentum: float = 0.0,
    dampening: float = 0.0,
    nesterov: bool = False,
    divisor: Tensor | None = None,
    skip: Tensor | None = None,
) -> None:
    """`m = momentum * m + (1 - dampening) * gradients; variables -= rate * m`, by torch's fused kernel.

    With a divisor the gradients are divided by it first, in place. (On the CPU, torch 2.13's kernel computes nonsense for
    floats of 16 bits; these go another way, which knows no divisor and no flag to skip.)
    """
    short = variables[0].device.type == "cpu" and variables[0].dtype in (torch.bfloat16, torch.float16)
    if short and (divisor is not None or skip is not None):
        raise ValueError("On the CPU, floats of 16 bits are neither divided nor skipped by the kernel.")
    if short or _is_traced() and divisor is None and skip is None:
        _sgd_by_formula(variables, gradients, momentums, rate, momentum, dampening, nesterov)
        return
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
        grad_scale=divisor,
        found_inf=skip,
    )


def _sgd_by_formula(
    variables: Tensors, gradients: Tensors, momentums: Tensors, rate: Scalar, momentum: float, dampening: float, nesterov: bool
) -> None:
    updates = gradients
    if momentum:
        torch._foreach_mul_(momentums, momentum)
        torch._foreach_add_(momentums, gradients, alpha=1 - dampening)
        updates = list(torch._foreach_add(gradients, momentums, alpha=momentum)) if nesterov else momentums
    subtract(variables, updates, rate)


def adagrad(variables: Tensors, gradients: Tensors, accumulators: Tensors, *, rate: float, epsilon: float) -> None:
    """`a += gradients**2; variables -= rate * gradients / (sqrt(a) + epsilon)`, by torch's fused kernel."""
    if _is_traced():
        torch._foreach_addcmul_(accumulators, gradients, gradients)
        subtract_ratio(variables, gradients, roots(accumulators, epsilon), rate)
        return
    torch._fused_adagrad_(
        variables,
        gradients,
        accumulators,
        [_one(variables[0].device)] * len(variables),
        lr=rate,
        lr_decay=0.0,
        weight_decay=0.0,
        eps=epsilon,
        maximize=False,
        grad_scale=None,
        found_inf=None,
    )


def _adam_by_formula(
    variables: Tensors,
    gradients: Tensors,
    momentums: Tensors,
    velocities: Tensors,
    velocity_hats: Tensors | None,
    rate: Scalar,
    beta_1: float,
    beta_2: float,
    epsilon: float,
    decay: float,
) -> None:
    if decay:
        torch._foreach_mul_(variables, 1 - rate * decay)
    torch._foreach_lerp_(momentums, gradients, 1 - beta_1)
    average_square(velocities, gradients, 1 - beta_2)
    if velocity_hats:
        torch._foreach_maximum_(velocity_hats, velocities)
    subtract_ratio(variables, momentums, roots(velocity_hats or velocities, epsilon), rate)


def _is_traced() -> bool:
    """Say whether the step is being written down for a compiler, which fuses plain formulas better than it calls kernels."""
    return torch._C._len_torch_dispatch_stack() > 0


@cache
def _infinity(device: torch.device) -> Tensor:
    return torch.full((), math.inf, device=device)


@cache
def _one(device: torch.device) -> Tensor:
    return torch.ones((), device=device)
