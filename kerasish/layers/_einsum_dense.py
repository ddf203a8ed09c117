"""EinsumDense: a dense layer over any axes, told by an einsum equation."""

import math
from typing import Any

import torch
from torch import Tensor

from kerasish.activations._registry import ActivationLike
from kerasish.constraints._registry import ConstraintLike
from kerasish.core import linear
from kerasish.initializers._registry import InitializerLike
from kerasish.layers._einsum_equation import EinsumEquation
from kerasish.layers._input_spec import InputSpec
from kerasish.layers._layer import Layer
from kerasish.regularizers._registry import RegularizerLike


class EinsumDense(Layer):
    """Weigh any axes of the inputs: `activation(einsum(equation, inputs, kernel) + bias)`.

    Equations that are one matmul, as those of attention are, run as torch's linear on a view of the kernel.

    Args:
        equation: "ab,bc->ac", "...ab,bc->...ac" or "ab...,bc->ac...", with any letters.
        output_shape: the sizes of the output axes without the batch axis and what `...` stands for; None where the
            input has the axis too.
        activation: applied to the result; none by default.
        bias_axes: the letters of the output axes that the bias has; no bias by default.
        kernel_initializer, bias_initializer: what the weights start as.
        kernel_regularizer, bias_regularizer, activity_regularizer: losses on the weights and on the outputs.
        kernel_constraint, bias_constraint: what the weights are projected on after each step.
        lora_rank, lora_alpha, quantization_config, gptq_unpacked_column_size: only None; not supported.

    Shapes:
        as the equation says; the kernel has the axes that the equation gives it.

    >>> EinsumDense("abc,cd->abd", (None, 2), kernel_initializer="ones")(torch.ones(1, 2, 3)).tolist()
    [[[3.0, 3.0], [3.0, 3.0]]]
    """

    equation: str
    output_shape: Any
    activation: ActivationLike = None  # type: ignore[valid-type]
    bias_axes: str | None = None
    kernel_initializer: InitializerLike = "glorot_uniform"  # type: ignore[valid-type]
    bias_initializer: InitializerLike = "zeros"  # type: ignore[valid-type]
    kernel_regularizer: RegularizerLike = None  # type: ignore[valid-type]
    bias_regularizer: RegularizerLike = None  # type: ignore[valid-type]
    kernel_constraint: ConstraintLike = None  # type: ignore[valid-type]
    bias_constraint: ConstraintLike = None  # type: ignore[valid-type]
    lora_rank: None = None
    lora_alpha: None = None
    gptq_unpacked_column_size: None = None
    quantization_config: None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("lora_rank", "lora_alpha", "quantization_config", "gptq_unpacked_column_size"):
            if getattr(self, name) is not None:
                raise ValueError(f"`{name}` is not supported: only None; received {getattr(self, name)!r}.")
        self.output_shape = (self.output_shape,) if isinstance(self.output_shape, int) else tuple(self.output_shape)
        self._parsed = EinsumEquation(self.equation)
        self._order: tuple[int, ...] | None = None  # of the kernel's axes in torch's weight, where one matmul does it all

    def build(self, input_shape: Any) -> None:
        """Make `kernel` and `bias` in the shapes that the equation asks for."""
        shapes = self._parsed.shapes(tuple(input_shape), self.output_shape, self.bias_axes)
        self.input_spec = InputSpec(ndim=len(input_shape))
        self._order = self._parsed.matmul_order()
        self.kernel = self.add_weight(
            shapes.kernel,
            _with_axes(self.kernel_initializer, shapes.input_axes, shapes.output_axes),
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
            name="kernel",
            memory_order=self._order,
        )
        self.bias = None
        if shapes.bias is not None:
            self.bias = self.add_weight(
                shapes.bias,
                self.bias_initializer,
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
                name="bias",
            )
        if self._order is not None:
            made = len(shapes.output_axes)
            sizes = [shapes.kernel[axis] for axis in self._order]
            self._made = tuple(sizes[:made])
            self._weight_shape = (math.prod(sizes[:made]), math.prod(sizes[made:]))
            self._summed = len(sizes) - made
            self._bias_inside = shapes.bias is None or shapes.bias == self._made

    def call(self, inputs: Tensor) -> Tensor:
        """Compute `activation(einsum(equation, inputs, kernel) + bias)`."""
        kernel, bias = self.kernel, self.bias
        if self._order is None:
            outputs = torch.einsum(self.equation, inputs, kernel)
            return self.activation(outputs if bias is None else outputs + bias)
        weight = kernel.permute(self._order).reshape(self._weight_shape)
        if self._summed > 1:
            inputs = inputs.flatten(-self._summed)
        if self._bias_inside:
            outputs = linear(inputs, weight, bias if bias is None or len(self._made) == 1 else bias.view(-1))
        else:
            outputs = linear(inputs, weight)
        if len(self._made) > 1:
            outputs = outputs.view(*outputs.shape[:-1], *self._made)
        return self.activation(outputs if self._bias_inside or bias is None else outputs + bias)

    def get_config(self) -> dict[str, Any]:
        """The arguments that would make this layer again."""
        config = super().get_config()
        for name in ("lora_rank", "lora_alpha", "gptq_unpacked_column_size"):
            del config[name]
        return {**config, "activity_regularizer": config.get("activity_regularizer")}


def _with_axes(initializer: Any, input_axes: list[int], output_axes: list[int]) -> Any:
    """The initializer told which axes are summed over, if it scales by their sizes and does not know them."""
    if getattr(initializer, "input_axes", 0) is None and getattr(initializer, "output_axes", 0) is None:
        return type(initializer).from_config(
            {**initializer.get_config(), "input_axes": input_axes, "output_axes": output_axes, "seed": initializer.seed}
        )
    return initializer
