"""What TensorFlow has and this face has not: each name says so, and what serves in its place."""

from collections.abc import Callable
from typing import Any, NoReturn

_TEXT = "tensors hold no text: use Python's str and re, NumPy's arrays of strings, or layers.StringLookup"
_TF1 = "it belongs to TensorFlow 1's graphs and sessions: call functions at once, or put them under tf.function"
_RAGGED = "all tensors are dense: pad rows to one length with a mask (tf.sequence_mask), or use torch.nested"
_SPARSE = "all tensors are dense: use torch.sparse_coo_tensor and torch's own functions"
_RECORDS = "protocol buffers are not read here: make the rows with tf.data.Dataset.from_generator"
_WORKERS = "start one process for each GPU with torchrun, and wrap the model in torch.nn.parallel.DistributedDataParallel"
_COMPILED = "tf.function(jit_compile=True) lets Inductor compile a function"
_EXPORT = "the model is a torch module: use torch.export or torch.onnx"

_INSTEAD = {
    "tf.Graph": _TF1,
    "tf.Operation": _TF1,
    "tf.Session": _TF1,
    "tf.placeholder": _TF1,
    "tf.compat": _TF1,
    "tf.gradients": "use tf.GradientTape",
    "tf.hessians": "use two nested tf.GradientTapes, or `tape.jacobian`",
    "tf.IndexedSlices": "gradients are dense",
    "tf.RaggedTensor": _RAGGED,
    "tf.RaggedTensorSpec": _RAGGED,
    "tf.ragged": _RAGGED,
    "tf.SparseTensor": _SPARSE,
    "tf.SparseTensorSpec": _SPARSE,
    "tf.sparse": _SPARSE,
    "tf.string": _TEXT,
    "tf.strings": _TEXT,
    "tf.as_string": _TEXT,
    "tf.edit_distance": _TEXT,
    "tf.audio": "decode with the package soundfile or torchaudio",
    "tf.lookup": "use layers.StringLookup, layers.IntegerLookup, or a Python dict",
    "tf.feature_column": "use the layers of tf.keras.layers: Normalization, StringLookup, CategoryEncoding",
    "tf.estimator": "use a tf.keras.Model and its `fit`",
    "tf.lite": _EXPORT,
    "tf.tpu": "TPUs are not supported",
    "tf.xla": _COMPILED,
    "tf.raw_ops": "use the functions of tf, or torch.ops.aten",
    "tf.quantization": "use torch.ao.quantization on the model, which is a torch module",
    "tf.profiler": "use callbacks.Profiler, `fit(profile=True)` or torch.profiler",
    "tf.dtensor": "use torch.distributed.tensor",
    "tf.experimental": "NumPy's own functions take tensors; torch.func has jvp, vjp and vmap",
    "tf.sets": "use tf.unique, torch.isin, or Python's sets",
    "tf.queue": "use tf.data.Dataset",
    "tf.load_op_library": "use torch.library",
    "tf.VariableAggregation": "Variables are not spread over replicas",
    "tf.VariableSynchronization": "Variables are not spread over replicas",
    "tf.autodiff.ForwardAccumulator": "use torch.func.jvp",
    "tf.data.TFRecordDataset": _RECORDS,
    "tf.io.TFRecordWriter": _RECORDS,
    "tf.io.TFRecordOptions": _RECORDS,
    "tf.io.parse_example": _RECORDS,
    "tf.io.parse_single_example": _RECORDS,
    "tf.io.FixedLenFeature": _RECORDS,
    "tf.io.VarLenFeature": _RECORDS,
    "tf.io.serialize_tensor": "use np.save, torch.save or safetensors",
    "tf.io.parse_tensor": "use np.load, torch.load or safetensors",
    "tf.io.decode_csv": "use kerasish.data.CSVDataset, or pandas",
    "tf.train.Example": _RECORDS,
    "tf.train.Feature": _RECORDS,
    "tf.train.Features": _RECORDS,
    "tf.train.BytesList": _RECORDS,
    "tf.train.FloatList": _RECORDS,
    "tf.train.Int64List": _RECORDS,
    "tf.train.ExponentialMovingAverage": "optimizers have `use_ema`, and callbacks.SwapEMAWeights uses the averages",
    "tf.train.load_checkpoint": "tf.train.Checkpoint(...).restore(path) reads what `save` wrote",
    "tf.data.Options": "a Dataset has no options: `map` and `prefetch` take what they need",
    "tf.debugging.enable_check_numerics": "use torch.autograd.set_detect_anomaly(True), or tf.debugging.check_numerics",
    "tf.train.ClusterSpec": _WORKERS,
    "tf.train.Coordinator": _WORKERS,
    "tf.distribute.MultiWorkerMirroredStrategy": _WORKERS,
    "tf.distribute.ParameterServerStrategy": _WORKERS,
    "tf.distribute.TPUStrategy": "TPUs are not supported",
    "tf.distribute.cluster_resolver": _WORKERS,
    "tf.distribute.experimental": _WORKERS,
    "tf.math.special": "use torch.special",
    "tf.math.betainc": "SciPy has it: scipy.special.betainc",
    "tf.math.sobol_sample": "use torch.quasirandom.SobolEngine",
    "tf.nn.nce_loss": "use tf.nn.softmax_cross_entropy_with_logits on the classes that are drawn",
    "tf.nn.sampled_softmax_loss": "use tf.nn.softmax_cross_entropy_with_logits on the classes that are drawn",
    "tf.nn.ctc_greedy_decoder": "use tf.keras.ops.ctc_decode",
    "tf.nn.ctc_beam_search_decoder": "use tf.keras.ops.ctc_decode(strategy='beam_search')",
    "tf.nn.embedding_lookup_sparse": _SPARSE,
    "tf.linalg.LinearOperator": "write the product as a function, or use tf.linalg on the whole matrix",
    "tf.saved_model.SaveOptions": "a saved module is a folder of torch.export programs, which needs none",
    "tf.saved_model.LoadOptions": "a saved module is a folder of torch.export programs, which needs none",
    "tf.keras.estimator": "use a tf.keras.Model and its `fit`",
    "tf.keras.optimizers.legacy": "use the classes of tf.keras.optimizers",
    "tf.config.optimizer": _COMPILED,
    "tf.config.experimental_connect_to_cluster": _WORKERS,
}


def absent(namespace: str) -> Callable[[str], NoReturn]:
    """Make the `__getattr__` of a module of this face: it says that a name is not there, and what to use, where that is known."""

    def __getattr__(name: str) -> Any:  # noqa: N807 - it is that of a module
        told = _INSTEAD.get(f"{namespace}.{name}")
        raise AttributeError(f"{namespace}.{name} is not in kerasish.tf{f': {told}' if told else ''}.")

    return __getattr__
