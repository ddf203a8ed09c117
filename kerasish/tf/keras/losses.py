"""The library's losses; functions among them take and give this face's tensors, and have their short names."""

# pyright: reportUnsupportedDunderAll=false

from kerasish import losses
from kerasish.tf import _absent
from kerasish.tf._calls import across

_SHORT = {
    "KLD": "kl_divergence",
    "MAE": "mean_absolute_error",
    "MAPE": "mean_absolute_percentage_error",
    "MSE": "mean_squared_error",
    "MSLE": "mean_squared_logarithmic_error",
    "bce": "binary_crossentropy",
    "kld": "kl_divergence",
    "kullback_leibler_divergence": "kl_divergence",
    "logcosh": "log_cosh",
    "mae": "mean_absolute_error",
    "mape": "mean_absolute_percentage_error",
    "mse": "mean_squared_error",
    "msle": "mean_squared_logarithmic_error",
}
_PLAIN = ("as_loss", "deserialize", "get", "serialize")

globals().update({name: getattr(losses, name) for name in losses.__all__})
globals().update(
    {
        name: across(getattr(losses, name))
        for name in losses.__all__
        if not isinstance(getattr(losses, name), type) and name not in _PLAIN
    }
)
globals().update({short: globals()[name] for short, name in _SHORT.items()})

__getattr__ = _absent.absent("tf.keras.losses")

__all__ = sorted({*losses.__all__, *_SHORT})
