"""Peers: what is measured, one small file each. To add one, write its class and name it here."""

from benchmarks.peers._hand_loop import HandLoop
from benchmarks.peers._keras import KerasJax, KerasJax16, KerasTensorFlow, KerasTensorFlow16, KerasTorch, KerasTorchJit
from benchmarks.peers._kerasish import KerasishAuto, KerasishCompiled, KerasishEager
from benchmarks.peers._lightning import Lightning
from benchmarks.peers._peer import Peer
from benchmarks.peers._skorch import Skorch
from benchmarks.peers._torch_loop import TorchLoop

PEERS: dict[str, type[Peer]] = {
    "hand": HandLoop,
    "kerasish": KerasishEager,
    "kerasish_compiled": KerasishCompiled,
    "kerasish_auto": KerasishAuto,
    "torch": TorchLoop,
    "keras_torch": KerasTorch,
    "keras_torch_jit": KerasTorchJit,
    "keras_jax": KerasJax,
    "keras_jax_16": KerasJax16,
    "keras_tf": KerasTensorFlow,
    "keras_tf_16": KerasTensorFlow16,
    "lightning": Lightning,
    "skorch": Skorch,
}

__all__ = ["PEERS", "Peer"]
