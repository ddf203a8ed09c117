"""Gradients of a function that has yet to be run, with respect to the variables that it turns out to touch."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from kerasish._base import _tree


def loss_of(fn: Callable[[], Any]) -> Tensor:
    """Run `fn` under autograd and check that it gave a loss.

    Raises:
        ValueError: it gave no scalar.
    """
    with torch.enable_grad():
        loss = fn() if callable(fn) else fn
    if not isinstance(loss, Tensor) or loss.numel() != 1:
        raise ValueError(
            "`fn` must return a scalar loss, such as the mean of the losses; "
            + (f"received shape {tuple(loss.shape)}." if isinstance(loss, Tensor) else f"received {loss!r}.")
        )
    return loss


def variables_for(loss: Tensor, var_list: Any) -> list[Any]:
    """The variables asked for, or else those that the loss depends on.

    Raises:
        ValueError: there are none.
    """
    variables = touched(loss) if var_list is None else _tree.flatten(list(var_list))
    if not variables:
        raise ValueError(
            "The loss depends on no trainable variable. Compute it inside `fn` from Variables, or from layers that are trainable."
        )
    return variables


def touched(loss: Tensor) -> list[nn.Parameter]:
    """The parameters that autograd would reach from a tensor, in the order of their first use."""
    if isinstance(loss, nn.Parameter):
        return [loss] if loss.requires_grad else []
    first_use: dict[Any, tuple[int, int]] = {}
    stack, seen = [loss.grad_fn], {loss.grad_fn}
    while stack:
        node = stack.pop()
        if node is None:
            continue
        number = node._sequence_nr()
        for i, (child, _) in enumerate(node.next_functions):
            if child is None:
                continue
            if hasattr(child, "variable"):
                first_use[child] = min(first_use.get(child, (number, i)), (number, i))
            elif child not in seen:
                seen.add(child)
                stack.append(child)
    leaves = [node.variable for node in sorted(first_use, key=first_use.__getitem__)]
    return [leaf for leaf in leaves if isinstance(leaf, nn.Parameter)]
