"""Keras 3, each backend as a peer."""

from typing import Any

from benchmarks.peers._keras_peer import KerasPeer


class _Keras(KerasPeer):
    def library(self) -> Any:
        import keras

        return keras


class KerasTorch(_Keras):
    """Keras on torch."""

    title, packages = "Keras on torch", ("keras", "torch")

    @staticmethod
    def environment(threads: int) -> dict[str, str]:
        return {"KERAS_BACKEND": "torch"}

    def load(self, threads: int) -> None:
        import torch

        torch.set_num_threads(threads)
        super().load(threads)


class KerasTorchJit(KerasTorch):
    """The same with `jit_compile=True`."""

    title, chosen, compile_options = "Keras on torch, jit", False, {"jit_compile": True}


class KerasJax(_Keras):
    """Keras on JAX, which compiles by default."""

    title, packages = "Keras on JAX", ("keras", "jax")

    @staticmethod
    def environment(threads: int) -> dict[str, str]:
        alone = {"XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false"} if threads == 1 else {}
        return {"KERAS_BACKEND": "jax", **alone}

    def call_one(self) -> Any:
        return self.model(self.one).block_until_ready()


class KerasJax16(KerasJax):
    """The same with sixteen steps in one program."""

    title, chosen, compile_options = "Keras on JAX, 16 steps", False, {"steps_per_execution": 16}


class KerasTensorFlow(_Keras):
    """Keras on TensorFlow, which compiles by default where it can."""

    title, packages = "Keras on TensorFlow", ("keras", "tensorflow")

    @staticmethod
    def environment(threads: int) -> dict[str, str]:
        return {"KERAS_BACKEND": "tensorflow"}

    def load(self, threads: int) -> None:
        import tensorflow

        tensorflow.config.threading.set_intra_op_parallelism_threads(threads)
        tensorflow.config.threading.set_inter_op_parallelism_threads(threads)
        super().load(threads)


class KerasTensorFlow16(KerasTensorFlow):
    """The same with sixteen steps in one program."""

    title, chosen, compile_options = "Keras on TensorFlow, 16 steps", False, {"steps_per_execution": 16}
