"""The names that TensorFlow.js 4.22 has, read from it by `Object.keys`."""

FUNCTIONS = """
abs acos acosh add addN all any argMax argMin asin asinh atan atan2 atanh avgPool avgPool3d backend basicLSTMCell batchNorm
batchNorm2d batchNorm3d batchNorm4d batchToSpaceND bincount bitwiseAnd booleanMaskAsync broadcastArgs broadcastTo buffer
cast ceil clipByValue clone complex concat concat1d concat2d concat3d concat4d conv1d conv2d conv2dTranspose conv3d
conv3dTranspose copyRegisteredKernels cos cosh cosineWindow cumprod cumsum customGrad denseBincount deprecationWarn
depthToSpace depthwiseConv2d diag dilation2d disableDeprecationWarnings dispose disposeVariables div divNoNan dot dropout
einsum elu enableDebugMode enableProdMode enclosingPowerOfTwo engine ensureShape env equal erf euclideanNorm exp expandDims
expm1 eye fft fill findBackend findBackendFactory floor floorDiv gather gatherND getBackend getGradient getKernel
getKernelsForBackend grad grads greater greaterEqual ifft imag inTopKAsync irfft isFinite isInf isNaN keep leakyRelu less
lessEqual linspace localResponseNormalization log log1p logSigmoid logSoftmax logSumExp logicalAnd logicalNot logicalOr
logicalXor lowerBound matMul max maxPool maxPool3d maxPoolWithArgmax maximum mean memory meshgrid min minimum mirrorPad mod
moments movingAverage mul multiRNNCell multinomial neg nextFrame norm notEqual oneHot ones onesLike op outerProduct pad
pad1d pad2d pad3d pad4d pool pow prelu print prod profile raggedGather raggedRange raggedTensorToTensor rand randomGamma
randomNormal randomStandardNormal randomUniform randomUniformInt range ready real reciprocal registerBackend
registerGradient registerKernel relu relu6 removeBackend reshape reverse reverse1d reverse2d reverse3d reverse4d rfft round
rsqrt scalar scatterND searchSorted selu separableConv2d setBackend setPlatform setdiff1dAsync sigmoid sign sin sinh slice
slice1d slice2d slice3d slice4d softmax softplus spaceToBatchND sparseToDense split sqrt square squaredDifference squeeze
stack step stridedSlice sub sum sumOutType tan tanh tensor tensor1d tensor2d tensor3d tensor4d tensor5d tensor6d
tensorScatterUpdate tidy tile time topk train transpose truncatedNormal unique unregisterGradient unregisterKernel
unsortedSegmentSum unstack upcastType upperBound valueAndGrad valueAndGrads variable variableGrads where whereAsync zeros
zerosLike input loadLayersModel model registerCallbackConstructor sequential deregisterOp loadGraphModel loadGraphModelSync
registerOp forceHalfFloat setWebGLContext
""".split()
CLASSES = """
AdadeltaOptimizer AdagradOptimizer AdamOptimizer AdamaxOptimizer DataStorage Environment KernelBackend MomentumOptimizer
Optimizer OptimizerConstructors RMSPropOptimizer SGDOptimizer Tensor TensorBuffer Variable Callback CallbackList
CustomCallback EarlyStopping History InputSpec LayerVariable LayersModel RNN Sequential SymbolicTensor GraphModel
MathBackendCPU GPGPUContext MathBackendWebGL
""".split()
OBJECTS = """
data version ENV Rank Reduction backend_util broadcast_util browser device_util fused gather_util image io kernel_impls
linalg losses math scatter_util serialization signal slice_util sparse spectral string tensor_util test_util util callbacks
constraints initializers layers metrics models regularizers shared gpgpu_util webgl webgl_util
""".split()
VERSIONS = """
version_core version_layers version_converter version_cpu version_webgl
""".split()
# The names of kernels.
KERNELS = """
Abs Acos Acosh Add AddN All Any ArgMax ArgMin Asin Asinh Atan Atan2 Atanh AvgPool AvgPool3D AvgPool3DGrad AvgPoolGrad
BatchMatMul BatchToSpaceND Bincount BitwiseAnd BroadcastArgs BroadcastTo Cast Ceil ClipByValue Complex ComplexAbs Concat
Conv2D Conv2DBackpropFilter Conv2DBackpropInput Conv3D Conv3DBackpropFilterV2 Conv3DBackpropInputV2 Cos Cosh CropAndResize
Cumprod Cumsum DenseBincount DepthToSpace DepthwiseConv2dNative DepthwiseConv2dNativeBackpropFilter
DepthwiseConv2dNativeBackpropInput Diag Dilation2D Dilation2DBackpropFilter Dilation2DBackpropInput Draw Einsum Elu EluGrad
Equal Erf Exp ExpandDims Expm1 FFT Fill FlipLeftRight Floor FloorDiv FromPixels FusedBatchNorm FusedConv2D
FusedDepthwiseConv2D GatherNd GatherV2 Greater GreaterEqual IFFT Identity Imag IsFinite IsInf IsNan LRN LRNGrad LeakyRelu
Less LessEqual LinSpace Log Log1p LogSoftmax LogicalAnd LogicalNot LogicalOr LogicalXor LowerBound MatrixBandPart Max
MaxPool MaxPool3D MaxPool3DGrad MaxPoolGrad MaxPoolWithArgmax Maximum Mean Min Minimum MirrorPad Mod Multinomial Multiply
Neg NonMaxSuppressionV3 NonMaxSuppressionV4 NonMaxSuppressionV5 NotEqual OP_SCOPE_SUFFIX OneHot OnesLike Pack PadV2 Pool Pow
Prelu Prod RaggedGather RaggedRange RaggedTensorToTensor Range Real RealDiv Reciprocal Relu Relu6 Reshape ResizeBilinear
ResizeBilinearGrad ResizeNearestNeighbor ResizeNearestNeighborGrad Reverse RotateWithOffset Round Rsqrt ScatterNd
SearchSorted Select Selu Sigmoid Sign Sin Sinh Slice Softmax Softplus SpaceToBatchND SparseFillEmptyRows SparseReshape
SparseSegmentMean SparseSegmentSum SparseToDense SplitV Sqrt Square SquaredDifference StaticRegexReplace Step StridedSlice
StringNGrams StringSplit StringToHashBucketFast Sub Sum Tan Tanh TensorScatterUpdate Tile TopK Transform Transpose Unique
Unpack UnsortedSegmentSum UpperBound ZerosLike _FusedMatMul
""".split()
TOP_LEVEL = [*FUNCTIONS, *CLASSES, *OBJECTS, *VERSIONS, *KERNELS]
TENSOR_MEMBERS = """
rank buffer bufferSync array arraySync data dataToGPU dataSync bytes dispose isDisposed throwIfDisposed print clone toString
cast variable abs acos acosh add all any argMax argMin asScalar asType as1D as2D as3D as4D as5D asin asinh atan atan2 atanh
avgPool batchToSpaceND batchNorm broadcastTo ceil clipByValue concat conv1d conv2dTranspose conv2d cos cosh cumprod cumsum
depthToSpace depthwiseConv2d dilation2d divNoNan div dot elu equal erf euclideanNorm exp expandDims expm1 fft flatten floor
floorDiv gather greaterEqual greater ifft irfft isFinite isInf isNaN leakyRelu lessEqual less localResponseNormalization
logSigmoid logSoftmax logSumExp log log1p logicalAnd logicalNot logicalOr logicalXor matMul maxPool max maximum mean min
minimum mirrorPad mod mul neg norm notEqual oneHot onesLike pad pool pow prelu prod reciprocal relu relu6 reshapeAs reshape
resizeBilinear resizeNearestNeighbor reverse rfft round rsqrt selu separableConv2d sigmoid sign sin sinh slice softmax
softplus spaceToBatchND split sqrt square squaredDifference squeeze stack step stridedSlice sub sum tan tanh tile toBool
toFloat toInt topk transpose unique unsortedSegmentSum unstack where zerosLike
""".split()
NAMESPACES = {
    "browser": """
        draw fromPixels fromPixelsAsync toPixels
    """.split(),
    "device_util": """
        isBrowser isMobile mockIsMobile
    """.split(),
    "broadcast_util": """
        assertAndGetBroadcastShape getBroadcastDims getReductionAxes
    """.split(),
    "fused": """
        conv2d depthwiseConv2d matMul
    """.split(),
    "image": """
        flipLeftRight grayscaleToRGB resizeNearestNeighbor resizeBilinear rgbToGrayscale rotateWithOffset cropAndResize
        nonMaxSuppression nonMaxSuppressionAsync nonMaxSuppressionWithScore nonMaxSuppressionWithScoreAsync
        nonMaxSuppressionPadded nonMaxSuppressionPaddedAsync threshold transform
    """.split(),
    "io": """
        CompositeArrayBuffer browserFiles browserHTTPRequest concatenateArrayBuffers copyModel decodeWeights
        decodeWeightsStream encodeWeights fromMemory fromMemorySync getLoadHandlers getModelArtifactsForJSON
        getModelArtifactsForJSONSync getModelArtifactsInfoForJSON getSaveHandlers getWeightSpecs http isHTTPScheme
        listModels loadWeights moveModel registerLoadRouter registerSaveRouter removeModel weightsLoaderFactory
        withSaveHandler withSaveHandlerSync
    """.split(),
    "linalg": """
        bandPart gramSchmidt qr
    """.split(),
    "losses": """
        absoluteDifference computeWeightedLoss cosineDistance hingeLoss huberLoss logLoss meanSquaredError
        sigmoidCrossEntropy softmaxCrossEntropy
    """.split(),
    "math": """
        confusionMatrix
    """.split(),
    "signal": """
        hammingWindow hannWindow frame stft
    """.split(),
    "sparse": """
        sparseFillEmptyRows sparseReshape sparseSegmentMean sparseSegmentSum
    """.split(),
    "spectral": """
        fft ifft rfft irfft
    """.split(),
    "string": """
        stringNGrams stringSplit stringToHashBucketFast staticRegexReplace
    """.split(),
    "tensor_util": """
        assertTypesMatch getTensorsInContainer isTensorInList makeTypesMatch
    """.split(),
    "test_util": """
        TEST_EPSILON_FLOAT16 createVideoElement encodeStrings expectArrayBuffersEqual expectArraysClose
        expectArraysEqual expectNumbersClose expectPromiseToFail expectValuesInRange play testEpsilon
    """.split(),
    "util": """
        arraysEqual arraysEqualWithNull assert assertNonNegativeIntegerDimensions assertNonNull assertShapesMatch
        bytesFromStringArray bytesPerElement checkConversionForErrors clamp computeStrides
        convertBackendValuesAndArrayBuffer createScalarValue createShuffledIndices decodeString distSquared encodeString
        fetch fingerPrint64 flatten getArrayFromDType getTypedArrayFromDType hasEncodingLoss hexToLong indexToLoc
        inferDtype inferFromImplicitShape isBoolean isFunction isInt isNumber isPromise isScalarShape isString
        isTypedArray isValidDtype locToIndex makeOnesTypedArray makeZerosNestedTypedArray makeZerosTypedArray
        nearestDivisor nearestLargerEven now parseAxisParam randUniform repeatedTry rightPad shuffle shuffleCombo
        sizeFromShape sizeToSquarishShape squeezeShape sum swap tanh toNestedArray toTypedArray
    """.split(),
    "callbacks": """
        earlyStopping
    """.split(),
    "constraints": """
        maxNorm minMaxNorm nonNeg unitNorm
    """.split(),
    "initializers": """
        constant glorotNormal glorotUniform heNormal heUniform identity leCunNormal leCunUniform ones orthogonal
        randomNormal randomUniform truncatedNormal varianceScaling zeros
    """.split(),
    "layers": """
        Layer RNN RNNCell activation add alphaDropout average averagePooling1d averagePooling2d averagePooling3d
        avgPool1d avgPool2d avgPool3d avgPooling1d avgPooling2d avgPooling3d batchNormalization bidirectional
        categoryEncoding centerCrop concatenate conv1d conv2d conv2dTranspose conv3d conv3dTranspose convLstm2d
        convLstm2dCell cropping2D dense depthwiseConv2d dot dropout elu embedding flatten gaussianDropout gaussianNoise
        globalAveragePooling1d globalAveragePooling2d globalMaxPool1d globalMaxPool2d globalMaxPooling1d
        globalMaxPooling2d gru gruCell input inputLayer layerNormalization leakyReLU lstm lstmCell masking maxPool1d
        maxPool2d maxPooling1d maxPooling2d maxPooling3d maximum minimum multiply permute prelu randomWidth reLU
        repeatVector rescaling reshape resizing rnn separableConv2d simpleRNN simpleRNNCell softmax spatialDropout1d
        stackedRNNCells thresholdedReLU timeDistributed upSampling2d zeroPadding2d
    """.split(),
    "metrics": """
        MAPE MSE binaryAccuracy binaryCrossentropy categoricalAccuracy categoricalCrossentropy cosineProximity mape
        meanAbsoluteError meanAbsolutePercentageError meanSquaredError mse precision r2Score recall
        sparseCategoricalAccuracy
    """.split(),
    "models": """
        modelFromJSON
    """.split(),
    "regularizers": """
        l1 l1l2 l2
    """.split(),
}
