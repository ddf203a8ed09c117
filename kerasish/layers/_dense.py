"""Dense: the fully connected layer."""

from typing import Any

from torch import Tensor

from kerasish.activations._registry import ActivationLike
from kerasish.constraints._registry import ConstraintLike
from kerasish.core import linear
from kerasish.initializers._registry import InitializerLike
from kerasish.layers._input_spec import InputSpec
from kerasish.layers._layer import Layer
from kerasish.regularizers._registry import RegularizerLike


class Dense(Layer):
    """Weigh the last axis: `activation(inputs @ kernel + bias)`.

    Args:
        units: the size of the last axis of the outputs.
        activation: applied to the result; none by default.
        use_bias: whether a bias is added.
        kernel_initializer, bias_initializer: what the weights start as.
        kernel_regularizer, bias_regularizer, activity_regularizer: losses on the weights and on the outputs.
        kernel_constraint, bias_constraint: what the weights are projected on after each step.
        lora_rank, lora_alpha, quantization_config: only None; adapters and quantized weights are not supported.

    Shapes:
        (..., inputs) → (..., units); the kernel is (inputs, units).

    >>> Dense(2, kernel_initializer="ones")(np.ones((1, 3), "float32")).tolist()
    [[3.0, 3.0]]
    """

    _casts_ints = True

    units: int
    activation: ActivationLike = None  # type: ignore[valid-type]
    use_bias: bool = True
    kernel_initializer: InitializerLike = "glorot_uniform"  # type: ignore[valid-type]
    bias_initializer: InitializerLike = "zeros"  # type: ignore[valid-type]
    kernel_regularizer: RegularizerLike = None  # type: ignore[valid-type]
    bias_regularizer: RegularizerLike = None  # type: ignore[valid-type]
    activity_regularizer: RegularizerLike = None  # type: ignore[valid-type]
    kernel_constraint: ConstraintLike = None  # type: ignore[valid-type]
    bias_constraint: ConstraintLike = None  # type: ignore[valid-type]
    lora_rank: None = None
    lora_alpha: None = None
    quantization_config: None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if isinstance(self.units, bool) or not isinstance(self.units, int) or self.units <= 0:
            raise ValueError(f"`units` must be a positive integer; received {self.units!r}.")
        for name in ("lora_rank", "lora_alpha", "quantization_config"):
            if getattr(self, name) is not None:
                raise ValueError(f"`{name}` is not supported: only None; received {getattr(self, name)!r}.")
        self.input_spec = InputSpec(min_ndim=2)
        self.supports_masking = True

    def build(self, input_shape: Any) -> None:
        """Make `kernel` (inputs, units) and `bias` (units,)."""
        inputs = input_shape[-1]
        if inputs is None:
            raise ValueError(f"{self.name}: the last axis of the input must be known; received shape {input_shape}.")
        self.kernel = self.add_weight(
            (inputs, self.units),
            self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
            name="kernel",
            memory_order=(1, 0),
        )
        self.bias = None
        if self.use_bias:
            self.bias = self.add_weight(
                (self.units,),
                self.bias_initializer,
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
                name="bias",
            )
        self.input_spec = InputSpec(min_ndim=2, axes={-1: inputs})

    def call(self, inputs: Tensor) -> Tensor:
        """Compute `activation(inputs @ kernel + bias)`."""
        outputs = linear(inputs, self.kernel.t(), self.bias)
        return outputs if self.activation is None else self.activation(outputs)

    def get_config(self) -> dict[str, Any]:
        """The arguments that would make this layer again."""
        config = super().get_config()
        del config["lora_rank"], config["lora_alpha"]
        return config
