"""What a model of this face can do with files: save itself to a URL or a handler, describe itself in JSON."""

import json
import os
from collections.abc import Mapping
from typing import Any

from kerasish._base._serialization import deserialize
from kerasish.saving.tfjs import artifacts_of, topology_of
from kerasish.tfjs._io import handler_for_saving
from kerasish.tfjs._options import merged, spelled
from kerasish.tfjs._promises import settled
from kerasish.tfjs._records import Record, as_record

_OWN = (".keras",)


class ModelFiles:
    """The methods of a model that write files."""

    def save(self, handler_or_url: Any, config: Any = None, **options: Any) -> Any:
        """Save the model as TensorFlow.js does, which can load it, as `tf.loadLayersModel` can.

        Args:
            handler_or_url: `file://folder`, `localstorage://name`, `indexeddb://name`, `downloads://prefix`, `http://…`; or an
                object with a method `save(artifacts)`, as `tf.io` makes. A path that ends in ".keras" is saved as that.
            config: a dict of the options, or keyword arguments: `includeOptimizer`, whether loss, metrics, optimizer and what
                it remembers are saved too (by default where TensorFlow.js can read them), and `trainableOnly`, to leave out
                the weights that are not trained.

        Returns:
            what the handler gave: for URLs a record with `modelArtifactsInfo`: `dateSaved`, `modelTopologyType`,
            `modelTopologyBytes`, `weightSpecsBytes`, `weightDataBytes`. It can be waited for.

        Raises:
            ValueError: TensorFlow.js lacks a layer of the model, or an argument of one; the message names it. Or a URL of an
                unknown scheme.
            OSError: the file cannot be written; an old one is still whole.
        """
        if isinstance(handler_or_url, (str, os.PathLike)) and os.fspath(handler_or_url).endswith(_OWN):
            if "://" not in os.fspath(handler_or_url):
                return super().save(handler_or_url, **({} if config is None else {"overwrite": config}), **options)  # type: ignore[misc]
        given = spelled("save", merged("save", config, options), ("include_optimizer", "trainable_only"))
        handler = handler_for_saving(handler_or_url)
        artifacts = Record(artifacts_of(self, given.get("include_optimizer"), bool(given.get("trainable_only"))))
        metadata = self.__dict__.get("_user_defined_metadata")
        if metadata is not None:
            artifacts["userDefinedMetadata"] = metadata
        result = settled(handler.save(artifacts))
        return as_record(result) if isinstance(result, Mapping) else result

    def toJSON(self, unused: Any = None, return_string: bool = True) -> Any:  # noqa: N802 - TensorFlow.js's names, as below
        """Describe the architecture in TensorFlow.js's JSON, or as a dict; `tf.models.modelFromJSON` makes it again.

        Raises:
            ValueError: a layer that TensorFlow.js does not have; `to_json` gives Keras's description of any model.
        """
        topology = topology_of(self)
        return json.dumps(topology, separators=(",", ":")) if return_string else topology

    def setUserDefinedMetadata(self, metadata: Mapping[str, Any]) -> None:  # noqa: N802
        """Let files of the model hold a dict of your own.

        Raises:
            TypeError: no dict, or one that JSON cannot hold.
        """
        if not isinstance(metadata, Mapping):
            raise TypeError(f"Metadata is a dict; received {metadata!r:.80}.")
        self.__dict__["_user_defined_metadata"] = json.loads(json.dumps(metadata))

    def getUserDefinedMetadata(self) -> Any:  # noqa: N802
        """The dict that `setUserDefinedMetadata` was given, None without one."""
        return self.__dict__.get("_user_defined_metadata")

    def compile_from_config(self, config: Mapping[str, Any]) -> None:
        """Compile as a file says, and make the optimizer's variables."""
        known = ("loss", "loss_weights", "metrics", "weighted_metrics")
        given = {name: deserialize(config[name]) for name in known if config.get(name) is not None}
        rest = ("run_eagerly", "steps_per_execution", "jit_compile", "auto_scale_loss")
        given.update({name: config[name] for name in rest if name in config})
        self.compile(optimizer=deserialize(config.get("optimizer")), **given)  # type: ignore[attr-defined]
        if self.optimizer is not None and self.built:  # type: ignore[attr-defined]
            self.optimizer.build(self.trainable_variables)  # type: ignore[attr-defined]
