"""What cannot be here, in one table: names of TensorFlow.js that belong to browsers, to WebGL, or to kernels of its own."""

from typing import Any

from kerasish._base._names import fold

# The reason, and the names that it holds for. A namespace stands for all that is in it.
_REASONS: dict[str, str] = {
    "there is no browser. Pillow and numpy read and write images, and tf.tensor takes their arrays.": (
        "browser.draw browser.fromPixels browser.fromPixelsAsync browser.toPixels test_util.createVideoElement test_util.play "
        "device_util.mockIsMobile"
    ),
    "it is a browser's device. Give frames or samples by tf.data.generator, e.g. of OpenCV or sounddevice.": (
        "data.webcam data.microphone"
    ),
    "tf.data.csv and tf.data.TextLineDataset take the path or the URL itself.": "data.FileDataSource data.URLDataSource",
    "there is no WebGL. tf.setBackend('webgl') computes on the GPU that torch has.": (
        "webgl version_webgl webgl_util gpgpu_util GPGPUContext MathBackendWebGL forceHalfFloat setWebGLContext"
    ),
    "backends are torch's devices, chosen by tf.setBackend, and there are no others to register.": (
        "backend findBackend findBackendFactory registerBackend removeBackend KernelBackend MathBackendCPU DataStorage "
        "setPlatform"
    ),
    "kernels and their gradients are torch's. tf.customGrad gives a function its own gradient; torch.library has kernels.": (
        "copyRegisteredKernels getGradient getKernel getKernelsForBackend registerGradient registerKernel "
        "unregisterGradient unregisterKernel kernel_impls shared backend_util slice_util scatter_util gather_util"
    ),
    "graph models are run by TensorFlow.js's own kernels. Save a layers model, or load the SavedModel in Python.": (
        "loadGraphModel loadGraphModelSync GraphModel registerOp deregisterOp"
    ),
    "there are no registered kernels that have this name. torch.ops has torch's.": (
        "Abs Acos Acosh Add AddN All Any ArgMax ArgMin Asin Asinh Atan Atan2 Atanh AvgPool AvgPool3D AvgPool3DGrad "
        "AvgPoolGrad BatchMatMul BatchToSpaceND Bincount BitwiseAnd BroadcastArgs BroadcastTo Cast Ceil ClipByValue "
        "Complex ComplexAbs Concat Conv2D Conv2DBackpropFilter Conv2DBackpropInput Conv3D Conv3DBackpropFilterV2 "
        "Conv3DBackpropInputV2 Cos Cosh CropAndResize Cumprod Cumsum DenseBincount DepthToSpace DepthwiseConv2dNative "
        "DepthwiseConv2dNativeBackpropFilter DepthwiseConv2dNativeBackpropInput Diag Dilation2D Dilation2DBackpropFilter "
        "Dilation2DBackpropInput Draw Einsum Elu EluGrad Equal Erf Exp ExpandDims Expm1 FFT Fill FlipLeftRight Floor "
        "FloorDiv FromPixels FusedBatchNorm FusedConv2D FusedDepthwiseConv2D GatherNd GatherV2 Greater GreaterEqual IFFT "
        "Identity Imag IsFinite IsInf IsNan LRN LRNGrad LeakyRelu Less LessEqual LinSpace Log Log1p LogSoftmax LogicalAnd "
        "LogicalNot LogicalOr LogicalXor LowerBound MatrixBandPart Max MaxPool MaxPool3D MaxPool3DGrad MaxPoolGrad "
        "MaxPoolWithArgmax Maximum Mean Min Minimum MirrorPad Mod Multinomial Multiply Neg NonMaxSuppressionV3 "
        "NonMaxSuppressionV4 NonMaxSuppressionV5 NotEqual OP_SCOPE_SUFFIX OneHot OnesLike Pack PadV2 Pool Pow Prelu Prod "
        "RaggedGather RaggedRange RaggedTensorToTensor Range Real RealDiv Reciprocal Relu Relu6 Reshape ResizeBilinear "
        "ResizeBilinearGrad ResizeNearestNeighbor ResizeNearestNeighborGrad Reverse RotateWithOffset Round Rsqrt ScatterNd "
        "SearchSorted Select Selu Sigmoid Sign Sin Sinh Slice Softmax Softplus SpaceToBatchND SparseFillEmptyRows "
        "SparseReshape SparseSegmentMean SparseSegmentSum SparseToDense SplitV Sqrt Square SquaredDifference "
        "StaticRegexReplace Step StridedSlice StringNGrams StringSplit StringToHashBucketFast Sub Sum Tan Tanh "
        "TensorScatterUpdate Tile TopK Transform Transpose Unique Unpack UnsortedSegmentSum UpperBound ZerosLike "
        "_FusedMatMul"
    ),
    "Python has its own: urllib.request fetches, and the values of a Tensor are numpy's arrays.": (
        "util.fetch util.convertBackendValuesAndArrayBuffer util.createScalarValue util.hexToLong"
    ),
}


class Absent:
    """A name that cannot be here: a call, or a look into it, says why.

    Args:
        name: TensorFlow.js's name.
        why: the reason, and what to do.
    """

    def __init__(self, name: str, why: str):
        self._name, self._why = name, why
        self.__name__ = name.rpartition(".")[2]
        self.__doc__ = f"Say that it cannot be here: {why}"

    def __call__(self, *_: Any, **__: Any) -> Any:
        raise NotImplementedError(f"tf.{self._name} cannot be here: {self._why}")

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        raise NotImplementedError(f"tf.{self._name}.{name} cannot be here: {self._why}")

    def __repr__(self) -> str:
        return f"<tf.{self._name} cannot be here: {self._why}>"


ABSENT: dict[str, Absent] = {name: Absent(name, why) for why, names in _REASONS.items() for name in names.split()}
_folded = {fold(name): thing for name, thing in ABSENT.items() if name[:1].islower()}


def absent(name: str) -> Absent | None:
    """Give what stands for a name that cannot be here, or None. Functions and namespaces go by any spelling."""
    return ABSENT.get(name) or (_folded.get(fold(name)) if name[:1].islower() else None)


def absent_from(namespace: str) -> dict[str, Absent]:
    """Give what cannot be in a namespace, by its names there."""
    return {name.rpartition(".")[2]: thing for name, thing in ABSENT.items() if name.rpartition(".")[0] == namespace}
