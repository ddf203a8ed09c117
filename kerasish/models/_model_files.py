"""What a model can do with files: save itself, save and load its weights."""

from typing import Any

from kerasish.saving import load_weights, save_model, save_weights


class ModelFiles:
    """The methods of a model that write and read files."""

    def _see_whether_built(self) -> None:
        """Take note where all weights there will ever be were made in `__init__`."""

    def save(self, filepath: Any, overwrite: bool = True, zipped: bool | None = None, **kwargs: Any) -> None:
        """Save the whole model: `kerasish.saving.load_model` makes it again.

        Args:
            filepath: ends in ".keras".
            overwrite: False raises where the file is there already.
            zipped: True or None; a folder instead of a file is not supported.
            **kwargs: `include_optimizer`, False to leave the optimizer's state and the compilation out.

        Raises:
            ValueError: another ending, or a part of the model that no config can describe.
            OSError: the file cannot be written; an old one is still whole.
        """
        save_model(self, filepath, overwrite=overwrite, zipped=zipped, **kwargs)

    def save_weights(self, filepath: Any, overwrite: bool = True, max_shard_size: float | None = None) -> None:
        """Save the weights alone.

        Args:
            filepath: ends in ".weights.h5" (Keras's layout, with the optimizer's state) or ".safetensors" (the `state_dict`).
            overwrite: False raises where the file is there already.
            max_shard_size: only None; files are not split.

        Raises:
            ValueError: another ending, or the model is not built.
            OSError: the file cannot be written; an old one is still whole.
        """
        self._see_whether_built()
        save_weights(self, filepath, overwrite=overwrite, max_shard_size=max_shard_size)

    def load_weights(self, filepath: Any, skip_mismatch: bool = False, **kwargs: Any) -> None:
        """Load weights; if anything does not fit, the model stays as it is.

        Args:
            filepath: a ".weights.h5", ".keras" or ".safetensors" file, Keras's or ours.
            skip_mismatch: load what fits, with a warning.
            **kwargs: `objects_to_skip`, layers that keep their weights.

        Raises:
            ValueError: the weights do not fit; the message names the layer, what it expected, and what the file has.
            OSError: the file is not there, or broken.
        """
        self._see_whether_built()
        load_weights(self, filepath, skip_mismatch=skip_mismatch, **kwargs)

    def export(self, filepath: Any, format: str = "tf_saved_model", verbose: Any = None, **kwargs: Any) -> None:
        """Say what to use instead: a model is a torch module, so torch's own tools export it.

        Raises:
            NotImplementedError: always.
        """
        raise NotImplementedError(
            f"`export` to {format!r} is not here. The model is a torch module: use torch.export.export(model, (x,)), "
            "torch.onnx.export(model, (x,), path), or torch.jit.trace(model, x)."
        )
