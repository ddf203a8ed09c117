"""Samples of every layer: its arguments and the shapes of its inputs, for the battery and for parity with Keras."""

from typing import Any, NamedTuple

import numpy as np
import torch

from kerasish import layers


class Sample(NamedTuple):
    """A layer by name, what it is made with, and the shape of its input, or a list of the shapes of several."""

    name: str
    shape: Any
    arguments: dict[str, Any]
    below: int = 0  # inputs are integers below this; floats if 0
    in_keras: bool = True  # whether Keras takes the same arguments

    @property
    def label(self) -> str:
        """What pytest calls it."""
        return f"{self.name}({', '.join(f'{key}={_short(value)}' for key, value in self.arguments.items())})"

    def inputs(self, rng: np.random.Generator) -> Any:
        """Arrays of these shapes; several as a list."""
        if isinstance(self.shape, list):
            return [self._array(shape, rng) for shape in self.shape]
        return self._array(self.shape, rng)

    def _array(self, shape: tuple, rng: np.random.Generator) -> np.ndarray:
        return rng.integers(0, self.below, size=shape) if self.below else rng.normal(size=shape).astype("float32")


def _short(value: Any) -> str:
    return getattr(value, "__name__", None) or repr(value)[:30]


def sample(name: str, shape: Any, **arguments: Any) -> Sample:
    return Sample(name, shape, arguments)


def tokens(name: str, shape: Any, below: int, **arguments: Any) -> Sample:
    return Sample(name, shape, arguments, below)


def ours(name: str, shape: Any, **arguments: Any) -> Sample:
    return Sample(name, shape, arguments, in_keras=False)


def halve(x):
    return x / 2


SEQUENCE, IMAGE, VOLUME = (2, 9, 4), (2, 8, 9, 4), (2, 5, 6, 7, 2)
FIRST1, FIRST2, FIRST3 = (2, 4, 9), (2, 4, 8, 9), (2, 2, 5, 6, 7)
CF = {"data_format": "channels_first"}

SAMPLES = [
    sample("Activation", (2, 5), activation="tanh"),
    sample("ActivityRegularization", (2, 5), l1=0.1, l2=0.2),
    sample("AdaptiveAveragePooling1D", SEQUENCE, output_size=4),
    sample("AdaptiveAveragePooling2D", IMAGE, output_size=(3, 4)),
    sample("AdaptiveAveragePooling3D", VOLUME, output_size=2),
    sample("AdaptiveMaxPooling1D", SEQUENCE, output_size=4),
    sample("AdaptiveMaxPooling2D", IMAGE, output_size=(3, 4)),
    sample("AdaptiveMaxPooling2D", FIRST2, output_size=(3, 4), **CF),
    sample("AdaptiveMaxPooling3D", VOLUME, output_size=2),
    sample("Add", [(2, 5), (2, 5)]),
    sample("Add", [(2, 3, 5), (2, 5), (2, 1, 5)]),
    sample("AdditiveAttention", [(2, 3, 4), (2, 5, 4)]),
    sample("AlphaDropout", (2, 5), rate=0.3, seed=1),
    sample("Attention", [(2, 3, 4), (2, 5, 4)], use_scale=True),
    sample("Attention", [(2, 3, 4), (2, 5, 6), (2, 5, 4)], score_mode="concat"),
    sample("Average", [(2, 5), (2, 5), (2, 5)]),
    sample("AveragePooling1D", SEQUENCE, pool_size=2),
    sample("AveragePooling1D", FIRST1, pool_size=2, padding="same", **CF),
    sample("AveragePooling2D", IMAGE, pool_size=(2, 3), strides=2),
    sample("AveragePooling2D", IMAGE, pool_size=2, padding="same"),
    sample("AveragePooling2D", IMAGE, pool_size=3, strides=1, padding="same"),
    sample("AveragePooling3D", VOLUME, pool_size=2, padding="same"),
    sample("BatchNormalization", IMAGE),
    sample("BatchNormalization", (4, 3)),
    sample("BatchNormalization", SEQUENCE, momentum=0.7, epsilon=0.01),
    sample("BatchNormalization", VOLUME, center=False),
    sample("BatchNormalization", FIRST2, axis=1, scale=False),
    sample("BatchNormalization", IMAGE, axis=2),
    sample("BatchNormalization", IMAGE, renorm=True, renorm_clipping={"rmax": 1.1, "rmin": 0.9, "dmax": 0.1}),
    ours("Bidirectional", SEQUENCE, layer=layers.LSTM(3, return_sequences=True, name="inner")),
    ours("Bidirectional", SEQUENCE, layer=layers.GRU(3, name="inner"), merge_mode="sum"),
    tokens("CategoryEncoding", (2, 5), below=4, num_tokens=4),
    tokens("CategoryEncoding", (2, 5), below=5, num_tokens=5, output_mode="one_hot"),
    tokens("CategoryEncoding", (2, 1), below=4, num_tokens=4, output_mode="one_hot"),
    tokens("CategoryEncoding", (2, 5), below=4, num_tokens=4, output_mode="count"),
    sample("CenterCrop", IMAGE, height=5, width=4),
    sample("CenterCrop", FIRST2, height=9, width=4, **CF),
    sample("Concatenate", [(2, 3), (2, 4)]),
    sample("Concatenate", [(2, 3, 1), (2, 4, 1)], axis=1),
    sample("Conv1D", SEQUENCE, filters=6, kernel_size=3, activation="relu"),
    sample("Conv1D", SEQUENCE, filters=6, kernel_size=2, padding="same", strides=2),
    sample("Conv1D", SEQUENCE, filters=6, kernel_size=3, padding="causal", dilation_rate=2),
    sample("Conv1D", FIRST1, filters=6, kernel_size=3, padding="same", groups=2, **CF),
    sample("Conv1DTranspose", SEQUENCE, filters=3, kernel_size=3, strides=2),
    sample("Conv1DTranspose", SEQUENCE, filters=3, kernel_size=3, strides=2, padding="same"),
    sample("Conv2D", IMAGE, filters=6, kernel_size=3, activation="relu"),
    sample("Conv2D", IMAGE, filters=6, kernel_size=3, padding="same"),
    sample("Conv2D", IMAGE, filters=6, kernel_size=(2, 4), padding="same"),
    sample("Conv2D", IMAGE, filters=6, kernel_size=3, padding="same", strides=2, use_bias=False),
    sample("Conv2D", IMAGE, filters=6, kernel_size=3, dilation_rate=(2, 1), groups=2),
    sample("Conv2D", FIRST2, filters=6, kernel_size=3, padding="same", strides=(2, 1), **CF),
    sample("Conv2DTranspose", IMAGE, filters=3, kernel_size=3, strides=2, padding="same"),
    sample("Conv2DTranspose", IMAGE, filters=3, kernel_size=(4, 2), strides=2, padding="same", output_padding=1),
    sample("Conv2DTranspose", IMAGE, filters=3, kernel_size=2, strides=3),
    sample("Conv2DTranspose", FIRST2, filters=3, kernel_size=3, dilation_rate=2, activation="tanh", **CF),
    sample("Conv3D", VOLUME, filters=3, kernel_size=2, padding="same"),
    sample("Conv3D", FIRST3, filters=3, kernel_size=2, strides=2, **CF),
    sample("Conv3DTranspose", VOLUME, filters=3, kernel_size=2, strides=2, padding="same"),
    sample("ConvLSTM1D", (2, 3, 7, 2), filters=3, kernel_size=3, strides=2, padding="same", return_sequences=True),
    sample("ConvLSTM2D", (2, 3, 6, 5, 2), filters=3, kernel_size=(3, 2), return_sequences=True, recurrent_activation="tanh"),
    sample("ConvLSTM2D", (2, 3, 2, 6, 5), filters=3, kernel_size=3, dilation_rate=2, go_backwards=True, **CF),
    sample("ConvLSTM2D", (2, 3, 6, 5, 2), filters=3, kernel_size=2, dropout=0.2, recurrent_dropout=0.3, seed=1),
    sample("ConvLSTM3D", (2, 3, 4, 3, 4, 2), filters=2, kernel_size=2, padding="same", use_bias=False),
    sample("Cropping1D", SEQUENCE, cropping=(1, 2)),
    sample("Cropping2D", IMAGE, cropping=((1, 0), (2, 1))),
    sample("Cropping2D", FIRST2, cropping=(1, 2), **CF),
    sample("Cropping3D", VOLUME, cropping=1),
    sample("Dense", (2, 5), units=3, activation="relu"),
    sample("Dense", (2, 4, 5), units=3, use_bias=False),
    sample("DepthwiseConv1D", SEQUENCE, kernel_size=3, depth_multiplier=2),
    sample("DepthwiseConv1D", FIRST1, kernel_size=3, padding="same", **CF),
    sample("DepthwiseConv2D", IMAGE, kernel_size=3, strides=2, depth_multiplier=2, padding="same"),
    sample("DepthwiseConv2D", FIRST2, kernel_size=3, dilation_rate=2, **CF),
    ours("Discretization", (2, 5), bin_boundaries=[-0.5, 0.0, 1.0], output_mode="one_hot"),
    sample("Dot", [(2, 3, 4), (2, 3, 5)], axes=1),
    sample("Dot", [(2, 4), (2, 3, 4)], axes=(1, 2), normalize=True),
    sample("Dot", [(2, 4), (2, 4)], axes=-1),
    sample("Dropout", (2, 5), rate=0.3),
    sample("Dropout", (2, 3, 5), rate=0.3, noise_shape=(None, 1, 5), seed=1),
    sample("ELU", (2, 5), alpha=0.7),
    tokens("Embedding", (2, 5), below=7, input_dim=7, output_dim=3),
    tokens("Embedding", (2, 5), below=7, input_dim=7, output_dim=3, mask_zero=True),
    sample("EinsumDense", (2, 4, 5), equation="abc,cde->abde", output_shape=(None, 2, 3), bias_axes="de"),
    sample("EinsumDense", (2, 4, 5), equation="...x,xy->...y", output_shape=6, bias_axes="y", activation="relu"),
    sample("EinsumDense", (2, 4, 5), equation="abc,bcd->ad", output_shape=3, bias_axes="d"),
    sample("Flatten", IMAGE),
    sample("Flatten", FIRST2, **CF),
    sample("Flatten", (3,)),
    sample("GRU", SEQUENCE, units=3, return_sequences=True),
    sample("GRU", SEQUENCE, units=3, reset_after=False, activation="relu", go_backwards=True),
    sample("GaussianDropout", (2, 5), rate=0.3),
    sample("GaussianNoise", (2, 5), stddev=0.3, seed=3),
    sample("GlobalAveragePooling1D", SEQUENCE),
    sample("GlobalAveragePooling2D", IMAGE),
    sample("GlobalAveragePooling2D", FIRST2, keepdims=True, **CF),
    sample("GlobalAveragePooling3D", VOLUME),
    sample("GlobalMaxPooling1D", SEQUENCE, keepdims=True),
    sample("GlobalMaxPooling2D", IMAGE),
    sample("GlobalMaxPooling3D", VOLUME),
    sample("GroupNormalization", IMAGE, groups=2),
    sample("GroupNormalization", SEQUENCE, groups=-1, scale=False),
    sample("GroupNormalization", FIRST2, groups=2, axis=1),
    sample("GroupNormalization", (2, 4), groups=2),
    sample("Identity", (2, 5)),
    Sample("IntegerLookup", (2, 5), {"vocabulary": [4, 2, 9], "output_mode": "multi_hot"}, below=6, in_keras=False),
    ours("Lambda", (2, 5), function=halve),
    sample("LayerNormalization", (2, 4, 5)),
    sample("LayerNormalization", (2, 4, 5), axis=[1, 2], center=False),
    sample("LayerNormalization", (2, 4, 5), rms_scaling=True),
    ours("LayerNormalization", (2, 4, 5), axis=1, epsilon=0.1, scale=False),  # Keras on torch fails
    sample("LeakyReLU", (2, 5), negative_slope=0.2),
    sample("LSTM", SEQUENCE, units=3),
    sample("LSTM", SEQUENCE, units=3, return_sequences=True, recurrent_dropout=0.2, go_backwards=True, seed=1),
    sample("LSTM", SEQUENCE, units=3, activation="relu", use_bias=False, unroll=True),
    sample("Masking", SEQUENCE, mask_value=0.5),
    sample("MaxPooling1D", SEQUENCE),
    sample("MaxPooling1D", FIRST1, pool_size=3, strides=2, padding="same", **CF),
    sample("MaxPooling2D", IMAGE),
    sample("MaxPooling2D", IMAGE, pool_size=3, strides=2, padding="same"),
    sample("MaxPooling2D", FIRST2, pool_size=(2, 3), **CF),
    sample("MaxPooling3D", VOLUME, padding="same"),
    sample("Maximum", [(2, 5), (2, 5)]),
    sample("Minimum", [(2, 5), (2, 1)]),
    sample("Multiply", [(2, 5), (2, 5), (2, 5)]),
    sample("Normalization", (2, 3, 4), mean=[0.5, 1.0, 0.0, 2.0], variance=[1.0, 4.0, 0.5, 0.0]),
    sample("Normalization", (2, 3, 4), axis=(1, 2), mean=3.0, variance=2.0, invert=True),
    sample("PReLU", (2, 3, 5), alpha_initializer="ones"),
    sample("PReLU", IMAGE, shared_axes=[1, 2]),
    sample("Permute", (2, 3, 4, 5), dims=(3, 1, 2)),
    sample("RMSNormalization", (2, 4, 5)),
    sample("RMSNormalization", (2, 4, 5), axis=[1, 2], epsilon=0.1),
    sample("ReLU", (2, 5)),
    sample("ReLU", (2, 5), max_value=1.0, negative_slope=0.1, threshold=0.2),
    ours("RNN", SEQUENCE, cell=[layers.LSTMCell(3, name="a"), layers.GRUCell(2, name="b")], return_sequences=True),
    sample("RepeatVector", (2, 5), n=3),
    Sample("RandomBrightness", IMAGE, {"factor": 0.3, "value_range": (-2, 2), "seed": 1}, in_keras=False),
    Sample("RandomContrast", IMAGE, {"factor": 0.3, "value_range": (-2, 2), "seed": 1}, in_keras=False),
    Sample("RandomCrop", IMAGE, {"height": 5, "width": 4, "seed": 1}, in_keras=False),
    Sample("RandomFlip", IMAGE, {"seed": 1}, in_keras=False),
    Sample("RandomGrayscale", (2, 3, 8, 9), {"seed": 1, **CF}, in_keras=False),
    Sample("RandomRotation", FIRST2, {"factor": 0.2, "seed": 1, **CF}, in_keras=False),
    Sample("RandomZoom", IMAGE, {"height_factor": 0.2, "fill_mode": "wrap", "seed": 1}, in_keras=False),
    # (Keras's is at work unless training=False is passed, where ours follows the mode of the model.)
    Sample("RandomTranslation", IMAGE, {"height_factor": 0.2, "width_factor": (-0.1, 0.2), "seed": 1}, in_keras=False),
    sample("Rescaling", IMAGE, scale=0.5, offset=-1.0),
    sample("Rescaling", IMAGE, scale=[1.0, 2.0, 3.0, 4.0], offset=[0.0, 1.0, 0.0, 1.0]),
    sample("Reshape", (2, 6), target_shape=(-1, 3)),
    sample("Resizing", IMAGE, height=5, width=12),
    sample("Resizing", FIRST2, height=5, width=4, interpolation="bicubic", antialias=True, crop_to_aspect_ratio=True, **CF),
    sample("Resizing", IMAGE, height=11, width=4, interpolation="nearest", pad_to_aspect_ratio=True, fill_value=0.5),
    ours("Resizing", IMAGE, height=5, width=12, interpolation="lanczos3"),  # Keras on torch has none
    sample("SeparableConv1D", SEQUENCE, filters=3, kernel_size=3, padding="same", strides=2),
    sample("SeparableConv2D", IMAGE, filters=3, kernel_size=3, depth_multiplier=2, activation="relu"),
    sample("SeparableConv2D", FIRST2, filters=3, kernel_size=3, padding="same", **CF),
    sample("SimpleRNN", SEQUENCE, units=3, return_sequences=True),
    sample("Softmax", (2, 5)),
    sample("Softmax", (2, 3, 5), axis=[1, 2]),
    sample("SpatialDropout1D", SEQUENCE, rate=0.3),
    sample("SpatialDropout2D", IMAGE, rate=0.3, seed=2),
    sample("SpatialDropout3D", VOLUME, rate=0.3),
    sample("Subtract", [(2, 5), (2, 5)]),
    ours("ThresholdedReLU", (2, 5), theta=0.5),  # a layer of TensorFlow.js
    ours("TimeDistributed", IMAGE, layer=layers.Conv1D(3, 2, name="inner")),
    ours("TorchModuleWrapper", (2, 5), module=torch.nn.Linear(5, 3)),
    sample("UnitNormalization", (2, 5)),
    sample("UnitNormalization", (2, 3, 5), axis=[1, 2]),
    sample("UpSampling1D", SEQUENCE, size=3),
    sample("UpSampling2D", IMAGE, size=(2, 3)),
    sample("UpSampling2D", FIRST2, size=2, interpolation="bilinear", **CF),
    sample("UpSampling2D", IMAGE, size=2, interpolation="bicubic"),
    sample("UpSampling3D", VOLUME, size=(1, 2, 3)),
    sample("ZeroPadding1D", SEQUENCE, padding=(1, 2)),
    sample("ZeroPadding2D", IMAGE, padding=((1, 0), (2, 1))),
    sample("ZeroPadding2D", FIRST2, padding=2, **CF),
    sample("ZeroPadding3D", VOLUME, padding=1),
]
