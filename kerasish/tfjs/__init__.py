"""TensorFlow.js's spelling: `import kerasish.tfjs as tf`.

Factories, options and methods go by TensorFlow.js's names, in camelCase or snake_case. Models and layers are kerasish's own.

>>> import kerasish.tfjs as tf
>>> model = tf.sequential(layers=[tf.layers.dense(inputShape=[4], units=2)])
>>> model.predict(tf.ones([3, 4])).shape
[3, 2]
"""

from kerasish.tfjs._names import NAMES as _NAMES
from kerasish.tfjs._names import find as _find

__all__ = sorted(_NAMES)  # pyright: ignore[reportUnsupportedDunderAll]


def __getattr__(name: str) -> object:
    return _find(name)


def __dir__() -> list[str]:
    return __all__
