"""What attention layers with heads share: their projections, and the check of a window."""

from typing import Any

from kerasish.layers._einsum_dense import EinsumDense


def project(
    layer: Any, name: str, equation: str, output_shape: tuple, bias_axes: str, input_shape: Any, **arguments: Any
) -> EinsumDense:
    """Make a projection of an attention layer, with the arguments that the layer hands on, and build it."""
    names = ("kernel_regularizer", "bias_regularizer", "kernel_constraint", "bias_constraint")
    given = {name: getattr(layer, name) for name in names}
    given["activity_regularizer"] = getattr(layer, "_projection_regularizer", layer.activity_regularizer)
    for name_of_initializer in ("kernel_initializer", "bias_initializer"):
        # One of its own for each projection, in case an initializer repeats its values.
        initializer = getattr(layer, name_of_initializer)
        given[name_of_initializer] = initializer.clone() if hasattr(initializer, "clone") else initializer
    projection = EinsumDense(
        equation=equation,
        output_shape=output_shape,
        bias_axes=bias_axes if layer.use_bias else None,
        name=name,
        dtype=layer.dtype_policy,
        trainable=layer.trainable,
        **given,
        **arguments,
    )
    projection.build(input_shape)
    return projection


def check_positions(name: Any, value_shape: Any, key_shape: Any) -> None:
    """Check that keys and values belong together.

    Raises:
        ValueError: they have other positions.
    """
    if tuple(value_shape[1:-1]) != tuple(key_shape[1:-1]):
        raise ValueError(
            f"{name}: `value` and `key` must have the same positions; received shapes {value_shape} and {key_shape}."
        )


def check_window(window: Any) -> None:
    """Check an argument `sliding_window`.

    Raises:
        ValueError: neither None nor a positive integer.
    """
    if window is not None and (isinstance(window, bool) or not isinstance(window, int) or window <= 0):
        raise ValueError(f"`sliding_window` must be None or a positive integer; received {window!r}.")
