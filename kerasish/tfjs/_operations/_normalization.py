"""Normalization by statistics and by neighbours."""

from typing import Any

import torch
from torch import Tensor as Plain

from kerasish.tfjs._operations._edge import OPERATIONS, operation


@operation("batchNorm", 5)
def _batch_norm(
    x: Plain, mean: Any, variance: Any, offset: Any = None, scale: Any = None, variance_epsilon: float = 0.001
) -> Plain:
    made = (x - mean) * torch.rsqrt(variance + variance_epsilon)
    made = made if scale is None else made * scale
    return made if offset is None else made + offset


OPERATIONS.update({f"batchNorm{_rank}d": OPERATIONS["batchNorm"] for _rank in (2, 3, 4)})


@operation("localResponseNormalization")
def _local_response(x: Plain, depth_radius: int = 5, bias: float = 1, alpha: float = 1, beta: float = 0.5) -> Plain:
    squares = torch.nn.functional.pad(torch.square(x), (depth_radius, depth_radius))
    sums = squares.unfold(-1, 2 * depth_radius + 1, 1).sum(-1)
    return x / (bias + alpha * sums) ** beta
