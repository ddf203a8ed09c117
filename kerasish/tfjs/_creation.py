"""Creation: how Tensors and Variables begin."""

import math
from typing import Any

import numpy as np
import torch

from kerasish.core import default_device, torch_dtype
from kerasish.tfjs._buffer import TensorBuffer
from kerasish.tfjs._strings import StringTensor, string_array
from kerasish.tfjs._tensor import HoldsStrings, Tensor, as_torch, methods, unwrapped, wrapped
from kerasish.tfjs._variable import Variable


def tensor(values: Any, shape: Any = None, dtype: str | None = None) -> Tensor:
    """Make a Tensor; whole numbers become float32 too, if no dtype is given.

    Args:
        values: a number, a string, nested lists, an array, a Tensor.
        shape: the sizes, for values in one row.
        dtype: float32, int32, bool, complex64 or string.

    Raises:
        ValueError: a shape that has not so many values.

    >>> tensor([-2, 1, 0, 5]).print()
    Tensor
        [-2, 1, 0, 5]
    """
    try:
        value = as_torch(values, dtype)
    except HoldsStrings:
        return _of_strings(values, shape, dtype)
    if shape is None:
        return Tensor(value)
    _check_size(shape, value.numel())
    return Tensor(value.reshape(tuple(shape)))


def _check_size(shape: Any, size: int) -> None:
    if math.prod(shape) != size:
        raise ValueError(f"`shape` {list(shape)} has {math.prod(shape)} values; received {size}.")


def _of_strings(values: Any, shape: Any, dtype: str | None) -> Tensor:
    if dtype not in (None, "string"):
        raise ValueError(f"`dtype` of strings must be 'string'; received {dtype!r}.")
    texts = string_array(values)
    if shape is not None:
        _check_size(shape, texts.size)
    return StringTensor.of(texts.reshape(-1), texts.shape if shape is None else shape)


def _of_rank(rank: int) -> Any:
    def make(values: Any, shape: Any = None, dtype: str | None = None) -> Tensor:
        made = tensor(values, shape, dtype)
        if made.rank != rank:
            raise ValueError(
                f"tensor{rank}d takes values of {rank} axes, or a flat list and `shape`; received shape {made.shape}."
            )
        return made

    make.__name__, make.__doc__ = f"tensor{rank}d", f"Make a Tensor of {rank} axes; see `tensor`."
    return make


tensor2d, tensor3d, tensor4d, tensor5d, tensor6d = (_of_rank(rank) for rank in range(2, 7))


def tensor1d(values: Any, dtype: str | None = None) -> Tensor:
    """Make a Tensor of one axis."""
    made = tensor(values, None, dtype)
    if made.rank != 1:
        raise ValueError(f"tensor1d takes values of one axis; received shape {made.shape}.")
    return made


def scalar(value: Any, dtype: str | None = None) -> Tensor:
    """Make a Tensor of no axes."""
    made = tensor(value, None, dtype)
    if made.rank != 0:
        raise ValueError(f"scalar takes one number; received shape {made.shape}.")
    return made


def variable(initial_value: Any, trainable: bool = True, name: str | None = None, dtype: str | None = None) -> Variable:
    """Make a Variable.

    >>> v = variable(tensor([1.0, 2.0]))
    >>> v.assign(tensor([3.0, 4.0])).arraySync()
    [3.0, 4.0]
    """
    return Variable(initial_value, trainable, name, dtype)


def zeros(shape: Any, dtype: str = "float32") -> Tensor:
    """Make a Tensor of zeros."""
    return Tensor(torch.zeros(tuple(shape), dtype=torch_dtype(dtype), device=default_device()))


def ones(shape: Any, dtype: str = "float32") -> Tensor:
    """Make a Tensor of ones."""
    return Tensor(torch.ones(tuple(shape), dtype=torch_dtype(dtype), device=default_device()))


def fill(shape: Any, value: Any, dtype: str | None = None) -> Tensor:
    """Make a Tensor that holds one value everywhere."""
    if isinstance(value, str):
        return StringTensor.of([value] * math.prod(shape), shape)
    kind = torch_dtype(dtype or ("bool" if isinstance(value, bool) else "float32"))
    return Tensor(torch.full(tuple(shape), value, dtype=kind, device=default_device()))


def linspace(start: float, stop: float, num: int) -> Tensor:
    """Make `num` evenly spaced numbers, both ends among them."""
    return Tensor(torch.linspace(start, stop, num, device=default_device()))


def range_(start: float, stop: float, step: float | None = None, dtype: str = "float32") -> Tensor:
    """Count from `start` to before `stop`; downwards if `stop` is less.

    Raises:
        ValueError: a step of 0.
    """
    if step == 0:
        raise ValueError("`step` must not be 0.")
    step = (1 if stop >= start else -1) if step is None else step
    if (stop - start) * step <= 0:
        return zeros([0], dtype)
    return Tensor(torch.arange(start, stop, step, dtype=torch_dtype(dtype), device=default_device()))


def eye(num_rows: int, num_columns: int | None = None, batch_shape: Any = None, dtype: str = "float32") -> Tensor:
    """Make an identity matrix, repeated over `batch_shape`."""
    made = torch.eye(num_rows, num_columns or num_rows, dtype=torch_dtype(dtype), device=default_device())
    return Tensor(made if batch_shape is None else made.expand(*batch_shape, *made.shape).clone())


def complex_(real: Any, imag: Any) -> Tensor:
    """Make a complex64 Tensor of its two parts."""
    return Tensor(torch.complex(as_torch(real), as_torch(imag)))


def buffer(shape: Any, dtype: str = "float32", values: Any = None) -> TensorBuffer:
    """Make a TensorBuffer."""
    return TensorBuffer(shape, dtype, values)


# Random numbers.


def _generator(seed: Any) -> torch.Generator | None:
    if seed is None:
        return None
    made = torch.Generator(device=default_device())
    return made.manual_seed(int(seed) if float(seed) == int(seed) else hash(float(seed)) % 2**31)


def random_normal(shape: Any, mean: float = 0, std_dev: float = 1, dtype: str = "float32", seed: Any = None) -> Tensor:
    """Draw numbers from a normal distribution."""
    drawn = torch.randn(tuple(shape), generator=_generator(seed), device=default_device())
    return Tensor((drawn * std_dev + mean).to(torch_dtype(dtype)))


def random_standard_normal(shape: Any, dtype: str = "float32", seed: Any = None) -> Tensor:
    """Draw numbers of mean 0 and deviation 1."""
    return random_normal(shape, 0, 1, dtype, seed)


def random_uniform(shape: Any, minval: float = 0, maxval: float = 1, dtype: str = "float32", seed: Any = None) -> Tensor:
    """Draw numbers from `minval` up to but without `maxval`."""
    drawn = torch.rand(tuple(shape), generator=_generator(seed), device=default_device())
    return Tensor((drawn * (maxval - minval) + minval).to(torch_dtype(dtype)))


def random_uniform_int(shape: Any, minval: int, maxval: int, seed: Any = None) -> Tensor:
    """Draw whole numbers from `minval` up to but without `maxval`."""
    drawn = torch.randint(int(minval), int(maxval), tuple(shape), generator=_generator(seed), device=default_device())
    return Tensor(drawn.to(torch.int32))


def truncated_normal(shape: Any, mean: float = 0, std_dev: float = 1, dtype: str = "float32", seed: Any = None) -> Tensor:
    """Draw numbers from a normal distribution, again where they are more than two deviations off."""
    made = torch.empty(tuple(shape), device=default_device())
    torch.nn.init.trunc_normal_(made, mean, std_dev, mean - 2 * std_dev, mean + 2 * std_dev, generator=_generator(seed))
    return Tensor(made.to(torch_dtype(dtype)))


def random_gamma(shape: Any, alpha: float, beta: float = 1, dtype: str = "float32", seed: Any = None) -> Tensor:
    """Draw numbers from a gamma distribution of this shape and rate."""
    entropy = int(torch.randint(2**62, (), device="cpu")) if seed is None else int(seed)
    return Tensor(as_torch(np.random.default_rng(entropy).gamma(alpha, 1 / beta, tuple(shape)), dtype))


def multinomial(logits: Any, num_samples: int, seed: Any = None, normalized: bool = False) -> Tensor:
    """Draw class numbers by their log chances, or by their chances if `normalized`. Shapes: (…, classes) → (…, samples)."""
    logits = as_torch(logits)
    chances = logits if normalized else torch.softmax(logits, dim=-1)
    return Tensor(torch.multinomial(chances, num_samples, replacement=True, generator=_generator(seed)).to(torch.int32))


def rand(shape: Any, rand_function: Any, dtype: str = "float32") -> Tensor:
    """Make a Tensor of what a function gives, called for each value."""
    values = [rand_function() for _ in range(math.prod(shape))]
    return Tensor(as_torch(values, dtype).reshape(tuple(shape)))


def one_hot(indices: Any, depth: int, on_value: float = 1, off_value: float = 0, dtype: str = "int32") -> Tensor:
    """Write class numbers as rows that are `on_value` at the class and `off_value` elsewhere; numbers out of range are off."""
    places = as_torch(indices).long().unsqueeze(-1) == torch.arange(depth, device=default_device())
    on, off = (torch.tensor(part, dtype=torch_dtype(dtype), device=default_device()) for part in (on_value, off_value))
    return wrapped(torch.where(places, on, off))


methods["onehot"] = one_hot


def print_(value: Any, verbose: bool = False) -> None:
    """Print a Tensor."""
    Tensor.print(value if isinstance(value, Tensor) else Tensor(as_torch(unwrapped(value))), verbose)


CREATIONS = {
    "tensor": tensor, "tensor1d": tensor1d, "tensor2d": tensor2d, "tensor3d": tensor3d, "tensor4d": tensor4d,
    "tensor5d": tensor5d, "tensor6d": tensor6d, "scalar": scalar, "variable": variable, "zeros": zeros, "ones": ones,
    "fill": fill, "linspace": linspace, "range": range_, "eye": eye, "complex": complex_, "buffer": buffer,
    "randomNormal": random_normal, "randomStandardNormal": random_standard_normal, "randomUniform": random_uniform,
    "randomUniformInt": random_uniform_int, "truncatedNormal": truncated_normal, "randomGamma": random_gamma,
    "multinomial": multinomial, "rand": rand, "oneHot": one_hot, "print": print_,
}  # fmt: skip
