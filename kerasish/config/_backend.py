"""The backend: there is one."""


def backend() -> str:
    """The name of the backend: always "torch".

    >>> backend()
    'torch'
    """
    return "torch"
