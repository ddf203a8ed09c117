"""Flash attention: torch's own switch. Which kernel runs is torch's choice among those that are allowed and fit the inputs."""

import torch


def enable_flash_attention() -> None:
    """Allow the flash kernel for attention, as it is from the start; it runs on a GPU, in half precision."""
    torch.backends.cuda.enable_flash_sdp(True)


def disable_flash_attention() -> None:
    """Forbid the flash kernel for attention; another one computes the same."""
    torch.backends.cuda.enable_flash_sdp(False)


def is_flash_attention_enabled() -> bool:
    """Say whether the flash kernel for attention is allowed.

    >>> is_flash_attention_enabled()
    True
    """
    return torch.backends.cuda.flash_sdp_enabled()
