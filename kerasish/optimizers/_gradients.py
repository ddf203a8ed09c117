"""Gradients of a function that has yet to be run, with respect to the variables that it turns out to touch."""

from collections.abc import Callable, Iterator, ValuesView
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

    Args:
        var_list: variables, one or lists and dicts of them, or a function that gives them now that `fn` has been run.

    Raises:
        ValueError: there are none, or some cannot be trained.
        TypeError: something else is asked for.
    """
    if callable(var_list) and not isinstance(var_list, nn.Module):
        var_list = var_list()
    if isinstance(var_list, Iterator) or isinstance(var_list, (ValuesView, set)):
        var_list = list(var_list)
    variables = touched(loss) if var_list is None else _tree.flatten(var_list)
    for variable in variables:
        if not isinstance(variable, Tensor):
            raise TypeError(
                f"`var_list` must hold variables, such as `model.trainable_variables`; received {type(variable).__name__}."
            )
        if not variable.requires_grad:
            raise ValueError(f"`var_list` must hold what can be trained; {variable!r} is frozen.")
    if not variables or not loss.requires_grad:
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
