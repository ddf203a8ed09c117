"""Torch's loss kernels, called directly: `torch.nn.functional` broadcasts first, which takes as long as the kernel."""

from typing import Any

import torch

_nn: Any = torch._C._nn  # type: ignore[attr-defined]

# What the kernels call their reductions.
NONE, MEAN = 0, 1

mse_loss, l1_loss, huber_loss = _nn.mse_loss, _nn.l1_loss, _nn.huber_loss
