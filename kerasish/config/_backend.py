"""The backend: there is one."""


def backend() -> str:
    """The name of the backend: always "torch".

    >>> backend()
    'torch'
    """
    return "torch"


def set_backend(backend: str) -> None:
    """Choose the backend: "torch" is the one there is.

    Raises:
        ValueError: another name.
    """
    if backend != "torch":
        raise ValueError(f"`backend` must be 'torch', the only one there is; received {backend!r}.")
