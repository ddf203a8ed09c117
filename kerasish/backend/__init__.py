"""Backend: the settings under the name that older Keras programs use, and `clear_session`."""

from kerasish._base._settings import epsilon, floatx, image_data_format, set_epsilon, set_floatx, set_image_data_format
from kerasish.backend._session import clear_session
from kerasish.config._backend import backend
from kerasish.core import is_float as is_float_dtype
from kerasish.core import is_int as is_int_dtype
from kerasish.core import standardize_dtype

__all__ = [
    "backend",
    "clear_session",
    "epsilon",
    "floatx",
    "image_data_format",
    "is_float_dtype",
    "is_int_dtype",
    "set_epsilon",
    "set_floatx",
    "set_image_data_format",
    "standardize_dtype",
]
