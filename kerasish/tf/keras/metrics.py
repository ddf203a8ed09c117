"""The library's metrics, whose results are this face's tensors once they have measured such; and short names of losses."""

# pyright: reportUnsupportedDunderAll=false

from kerasish import metrics
from kerasish.tf import _absent
from kerasish.tf._calls import across
from kerasish.tf.keras import losses

_SHORT = ("KLD", "MAE", "MAPE", "MSE", "MSLE", "kld", "kullback_leibler_divergence", "logcosh", "mae", "mape", "mse", "msle")
_PLAIN = ("deserialize", "get", "serialize")

globals().update({name: getattr(metrics, name) for name in metrics.__all__})
globals().update(
    {
        name: across(getattr(metrics, name))
        for name in metrics.__all__
        if not isinstance(getattr(metrics, name), type) and callable(getattr(metrics, name)) and name not in _PLAIN
    }
)
globals().update({name: getattr(losses, name) for name in _SHORT})

__getattr__ = _absent.absent("tf.keras.metrics")

__all__ = sorted({*metrics.__all__, *_SHORT})
