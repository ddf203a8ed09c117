"""Layer: a torch module with Keras's contract. Its fast path is a comparison away from `nn.Module.__call__`."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from kerasish._base import _edges, _tree
from kerasish._base._names import auto_name, to_snake_case
from kerasish._base._serialization import deserialize, serialize
from kerasish.core import DTypePolicy, KerasTensor, convert_to_tensor, get_dtype_policy, is_capturing, is_symbolic, torch_dtype
from kerasish.core._infer import is_inferring
from kerasish.layers import _calling
from kerasish.layers._building import LayerBuilding, remembering_shapes
from kerasish.layers._calling import CallSignature, alive, forward_of, training_mode, with_own_mode
from kerasish.layers._input_spec import check_inputs
from kerasish.layers._registry import LAYERS
from kerasish.layers._symbolic_call import call_on_symbols, infer_output

_call_module = nn.Module.__call__


class Layer(LayerBuilding):
    """A piece of a model: weights and the computation that uses them. It is an `nn.Module`.

    A subclass declares its arguments as annotated fields, or writes `__init__` the usual way; makes its weights in
    `build(input_shape)` with `add_weight`; and computes in `call(inputs)`, which may also take `training` and `mask`.

    Args:
        activity_regularizer: makes a loss of what the layer gives.
        trainable: whether its weights are trained.
        dtype: a dtype's or policy's name, or a DTypePolicy; `keras.config.dtype_policy()` by default.
        autocast: whether floating inputs are cast to the policy's compute dtype.
        name: an automatic one by default.

    >>> class Scale(Layer):
    ...     factor: float = 2.0
    ...     def call(self, inputs):
    ...         return inputs * self.factor
    >>> Scale(3.0)(torch.ones(2)).tolist()
    [3.0, 3.0]
    """

    registry = LAYERS
    input_spec = None
    supports_masking = False

    _call_signature: ClassVar[CallSignature]
    _makes_mask = False  # the class has a `compute_mask` of its own
    _starts_mask = False  # … and it may make a mask of inputs that have none
    _casts_ints = False  # whole numbers come to `call` as floats too, for layers whose kernels take nothing else
    _built_at_once = False  # the class has no weights, so there is no need of a shape to be built
    _mixes_rows: ClassVar[Any] = False  # outside of training a row of the outputs may depend on other rows, or on batches before
    _trains_untold = False  # `call` has `training=True`: it holds where nobody says otherwise
    _repeatable = False  # `call` may be run again with other sizes where those of symbols are not known
    _own_output_shape = False  # the class has a `compute_output_shape` or `compute_output_spec` of its own

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        own = cls.__dict__
        if "call" in own:
            cls._call_signature = CallSignature(own["call"])
            cls.forward = forward_of(own["call"], cls._call_signature)
            cls._trains_untold = cls._call_signature.training_default is True
        if "build" in own:
            cls.build = remembering_shapes(own["build"])
        if "compute_mask" in own:
            cls._makes_mask, cls._starts_mask = True, own.get("_starts_mask", True)
        if "compute_output_shape" in own or "compute_output_spec" in own:
            cls._own_output_shape = True

    def __pre_init__(self) -> None:
        nn.Module.__init__(self)
        state = self.__dict__
        state.update(training=self._trains_untold, built=False)
        alive.own_modes |= self._trains_untold
        state.update(_ready=False, _ndim=-1, _dtype_in=None, _forms=None, _listed=False, _computes_in=None, _casts=False)
        state.update(_trainable=True, _in_build=False)
        state.update(_inbound_nodes=[], _added_losses=[], _build_shapes=None, _given_input_shape=None)

    def __post_init__(self) -> None:
        if self.name is None:
            self.name = auto_name(to_snake_case(type(self).__name__))
        if not isinstance(self.name, str):
            raise ValueError(f"`name` must be a string; received {self.name!r}.")
        if self._built_at_once and type(self).build is Layer.build:
            self.built = True

    def _take_argument(self, name: str, value: Any) -> tuple[str, Any] | None:
        if name in ("input_shape", "batch_input_shape", "batch_shape", "input_dim"):
            if value is not None:
                shape = (None, value) if name == "input_dim" else tuple(value)
                self.__dict__["_given_input_shape"] = shape if name != "input_shape" else (None, *shape)
            return None
        return super()._take_argument(name, value)

    # Dtypes.

    @property
    def dtype(self) -> str:
        """The dtype of the weights."""
        return self.dtype_policy.variable_dtype

    @dtype.setter
    def dtype(self, value: Any) -> None:
        self.dtype_policy = get_dtype_policy(value)

    @property
    def dtype_policy(self) -> DTypePolicy:
        """The policy that says in which dtype the layer computes and keeps its weights."""
        return self.__dict__["_dtype_policy"]

    @dtype_policy.setter
    def dtype_policy(self, value: Any) -> None:
        policy = get_dtype_policy(value)
        mixed = policy.compute_dtype != policy.variable_dtype
        self.__dict__.update(_dtype_policy=policy, _computes_in=torch_dtype(policy.compute_dtype), _mixed=mixed)
        self.__dict__.update(_ready=False, _ndim=-1, _forms=None)

    @property
    def compute_dtype(self) -> str:
        """The dtype that floating inputs are cast to."""
        return self.dtype_policy.compute_dtype

    @property
    def variable_dtype(self) -> str:
        """The dtype of the weights."""
        return self.dtype_policy.variable_dtype

    @property
    def input_dtype(self) -> str:
        """The dtype that floating inputs are cast to."""
        return self.dtype_policy.compute_dtype

    @property
    def quantization_mode(self) -> None:
        """Always None: there are no quantized layers."""

    @property
    def path(self) -> str:
        """The name, with those of the layers inside of which it was first called before it."""
        return self.__dict__.get("_path") or self.name

    def __getattr__(self, name: str) -> Any:
        state = self.__dict__
        value = state["_parameters"].get(name) if "_parameters" in state else None
        if value is None:
            if "_modules" in state and name in state["_modules"]:
                return state["_modules"][name]
            if isinstance(getattr(type(self), name, None), property):
                return getattr(type(self), name).fget(self)  # for the error that the property itself raises
            return nn.Module.__getattr__(self, name)
        # While a layer of mixed precision is called, its weights come in the dtype that it computes in.
        if state["_casts"] and value.is_floating_point() and getattr(value, "_autocast", True):
            return value.to(self._computes_in)
        return value

    # What a subclass writes.

    def build(self, input_shape: Any) -> None:
        """Make the weights; the shape has the batch axis, and None where a size is not known."""
        self.built = True

    def _build_at_once(self) -> None:
        # There is nothing to build, unless a subclass has something.
        self.built = type(self).build is Layer.build

    def call(self, *args: Any, **kwargs: Any) -> Any:
        """Compute the outputs."""
        raise NotImplementedError(f"{type(self).__name__} must define `call(self, inputs)`.")

    def compute_mask(self, inputs: Any, previous_mask: Any) -> Any:
        """The mask of the outputs: that of the inputs, unless a subclass says otherwise."""
        return previous_mask

    def compute_output_shape(self, *args: Any, **kwargs: Any) -> Any:
        """The shape of the output for an input shape, found by running `call` without values."""
        made = _symbols_of_shapes(args, self.compute_dtype)
        named = {key.removesuffix("_shape"): _symbols_of_shapes(value, self.compute_dtype) for key, value in kwargs.items()}
        return _tree.map_structure(lambda symbol: symbol.shape, infer_output(self, made, named))

    def compute_output_spec(self, *args: Any, **kwargs: Any) -> Any:
        """Symbols that stand for the outputs for such inputs; nothing is recorded."""
        return infer_output(self, args, kwargs)

    # Calling.

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if self._ready and len(args) == 1 and (not kwargs or len(kwargs) == 1 and kwargs.get("training") is self.training):
            x, dtype = args[0], self._dtype_in
            if type(x) is Tensor:
                known = x.dtype is dtype and x.dim() == self._ndim and not (alive.masks and hasattr(x, "_keras_mask"))
            else:
                known = type(x) is list and self._ndim is None and not alive.masks
                known = known and all(type(part) is Tensor and part.dtype is dtype for part in x)
            if known:
                try:
                    return _call_module(self, x)
                except (RuntimeError, IndexError) as error:
                    self._explain(error, args)
                    raise
        if self._ready and self._forms is not None and self._has_known_forms(args, kwargs):
            return self._call_known(args, kwargs)
        return self._call_in_steps(args, kwargs)

    def _has_known_forms(self, args: tuple, kwargs: dict[str, Any]) -> bool:
        """Say whether these are inputs like those of a call that was checked, and besides them nothing but True and False."""
        if self._listed and (len(args) != 1 or type(args[0]) is not list):
            return False
        forms, masks = self._forms, alive.masks
        given = args[0] if self._listed else args
        if len(given) != len(forms):
            return False
        for x, (ndim, dtype, _) in zip(given, forms):
            if type(x) is not Tensor or x.dtype is not dtype or x.dim() != ndim or masks and hasattr(x, "_keras_mask"):
                return False
        for name, value in kwargs.items():
            if value is not True and value is not False or name == "training" and value is not self.training:
                return False
        return True

    def _call_known(self, args: tuple, kwargs: dict[str, Any]) -> Any:
        """Call on inputs of known forms: they are cast if they must be, and so are the weights in mixed precision."""
        cast = [x if to is None else x.to(to) for x, (_, _, to) in zip(args[0] if self._listed else args, self._forms)]
        kwargs.pop("training", None)  # it is as the module is
        state = self.__dict__
        state["_casts"] = self._mixed
        try:
            return _call_module(self, cast, **kwargs) if self._listed else _call_module(self, *cast, **kwargs)
        except (RuntimeError, IndexError) as error:
            self._explain(error, args)
            raise
        finally:
            state["_casts"] = False

    def _call_in_steps(self, args: tuple, kwargs: dict[str, Any]) -> Any:
        """Everything a call can need: conversion, casts, building, checks, masks, training mode, losses."""
        edge = _edges.edge_among((args, kwargs))
        if edge is not None:
            self.__dict__["_edge"] = edge
            return edge.call(Layer.__call__, (self, *args), kwargs)  # plain tensors take the short way, if there is one by now
        if is_symbolic(args, kwargs):
            return call_on_symbols(self, args, kwargs)
        edge = _edges.edge_of_arrays((args, kwargs))
        if edge is None:
            return self._call_on_plain(args, kwargs)
        self.__dict__["_edge"] = edge
        return edge.leave(self._call_on_plain(args, kwargs), ())

    def _call_on_plain(self, args: tuple, kwargs: dict[str, Any]) -> Any:
        """Call on plain tensors, arrays and lists."""
        if args and _is_numbers(args[0]):
            args = (convert_to_tensor(args[0]), *args[1:])
        given = args
        args, kwargs = self._converted_inputs(args), {key: self._converted_inputs(value) for key, value in kwargs.items()}
        if not self.built:
            with self._naming_weights():
                self._build_for(args, kwargs)
                return self._call_checked(args, kwargs, given)
        return self._call_checked(args, kwargs, given)

    @contextmanager
    def _naming_weights(self) -> Iterator[None]:
        """While a layer is built and first called, its name stands before those of all that is made inside."""
        if self.__dict__.get("_names_weights"):
            yield
            return
        self.__dict__.update(_names_weights=True, _path="/".join([*_calling.scopes, self.name]))
        _calling.scopes.append(self.name)
        try:
            yield
        finally:
            _calling.scopes.pop()
            self.__dict__["_names_weights"] = False

    def symbolic_call(self, *args: Any, **kwargs: Any) -> Any:
        """Give the symbols for what the layer would return for these; nothing is recorded."""
        return self.compute_output_spec(*args, **kwargs)

    def _call_checked(self, args: tuple, kwargs: dict[str, Any], given: tuple) -> Any:
        """Call the layer, which is built, on converted inputs."""
        signature = self._call_signature
        if self.input_spec is not None and args:
            check_inputs(self.input_spec, args[0], self.name)
        if alive.masks:
            self._add_masks(args, kwargs)
        if self._added_losses and not _calling.depth:
            self._added_losses.clear()  # those of the call before
        training = kwargs.pop("training", None) if not signature.training else kwargs.get("training")
        if kwargs.get("mask", 0) is None and not signature.mask:
            del kwargs["mask"]
        self.__dict__["_casts"] = self._mixed
        try:
            if (training is None or bool(training) == self.training) and not self._must_tell(training):
                outputs = _call_module(self, *args, **kwargs)
            else:
                with training_mode(self, bool(training)):
                    outputs = _call_module(self, *args, **kwargs)
        except (RuntimeError, IndexError) as error:
            self._explain(error, args)
            raise
        finally:
            self.__dict__["_casts"] = False
        if alive.masks or self._starts_mask:
            self._mark_mask(args, kwargs, outputs)
        if self.activity_regularizer is not None:
            for output in _tree.flatten(outputs):
                self.add_loss(self.activity_regularizer(output) / max(output.shape[0], 1))
        elif not (self._ready or self._starts_mask or self._added_losses or self._holds_own_mode()):
            # What has been checked once need not be checked again for inputs of that rank.
            self.__dict__["_ready"] = self.built
        self._note_forms(given, args)
        return outputs

    def _must_tell(self, training: Any) -> bool:
        """Say whether layers inside that train where nobody says otherwise must be told that this call does not."""
        if not alive.own_modes or self.training or training is None and self._call_signature.training_default is not False:
            return False
        return any(part.training for part in with_own_mode(self))

    def _holds_own_mode(self) -> bool:
        """Say whether a call with `training=False` must look for layers inside that are in training mode nevertheless."""
        return any(part is not self for part in with_own_mode(self))

    def _note_forms(self, given: tuple, args: tuple) -> None:
        """Note which inputs need no steps: tensors of these ranks and dtypes; of a list only the dtype counts, without masks."""
        listed = len(given) == 1 and type(given[0]) is list
        if listed and self.input_spec is not None:
            return
        parts, made = (given[0], args[0]) if listed else (given, args)
        if not parts or type(made) is not type(parts) or not all(map(_is_cast_at_most, parts, made)):
            return  # a model may have put them into another structure or rank
        state, dtype = self.__dict__, parts[0].dtype
        if self._mixed or len(given) > 1 or listed and alive.masks or any(part is not new for part, new in zip(parts, made)):
            forms = tuple((part.dim(), part.dtype, None if part is new else new.dtype) for part, new in zip(parts, made))
            state.update(_ndim=-1, _forms=forms, _listed=listed)
        elif not listed:
            state.update(_ndim=parts[0].dim(), _dtype_in=dtype, _forms=None)
        elif all(part.dtype is dtype for part in parts):
            state.update(_ndim=None, _dtype_in=dtype, _forms=None)

    def _converted_inputs(self, value: Any) -> Any:
        """Arrays become tensors, and floating tensors get the compute dtype."""

        def convert(leaf: Any) -> Any:
            if isinstance(leaf, (np.ndarray, np.generic)):
                leaf = torch.as_tensor(leaf)
                if leaf.dtype is torch.float64:
                    leaf = leaf.to(torch.float32)
                leaf = leaf.to(self._device_of_weights())
            if isinstance(leaf, Tensor) and leaf.dtype is not self._computes_in and self.autocast:
                mask = _mask_of(leaf) if alive.masks else None
                leaf = leaf.to(self._computes_in) if leaf.is_floating_point() or self._casts_ints else leaf
                if mask is not None:
                    leaf._keras_mask = mask  # type: ignore[attr-defined]
            return leaf

        return (
            tuple(_tree.map_structure(convert, v) for v in value) if type(value) is tuple else _tree.map_structure(convert, value)
        )

    def _explain(self, error: RuntimeError | IndexError, args: tuple) -> None:
        """Raise torch's error about shapes again, told in terms of the layer, where that can be done."""
        if getattr(error, "explains_itself", False) or type(error) not in (RuntimeError, IndexError):
            return
        if self.input_spec is not None and args:
            check_inputs(self.input_spec, args[0], self.name)
        shapes = [tuple(leaf.shape) for leaf in _tree.flatten(args) if isinstance(leaf, Tensor)]
        told = type(error)(f"{error}\n  in {type(self).__name__} {self.name!r}, called with {', '.join(map(str, shapes))}")
        told.explains_itself = True  # type: ignore[attr-defined]
        raise told from error

    # Masks, outside of functional graphs: carried by the tensors themselves, as in Keras.

    def _add_masks(self, args: tuple, kwargs: dict[str, Any]) -> None:
        signature = self._call_signature
        if signature.mask and kwargs.get("mask") is None and args and len(args) <= len(signature.names):
            masks = _tree.map_structure(_mask_of, args[0])
            if any(mask is not None for mask in _tree.flatten(masks)) and "mask" not in signature.names[: len(args)]:
                kwargs["mask"] = masks
        for name in signature.mask_names:
            source = signature.bind(args, kwargs).get(name.removesuffix("_mask"))
            if kwargs.get(name) is None and isinstance(source, Tensor) and _mask_of(source) is not None:
                kwargs[name] = _mask_of(source)

    def _mark_mask(self, args: tuple, kwargs: dict[str, Any], outputs: Any) -> None:
        if not args or not (self._makes_mask or self.supports_masking):
            return
        previous = kwargs.get("mask")
        if previous is None:
            previous = _tree.map_structure(_mask_of, args[0])
        masks = self.compute_mask(args[0], previous)
        for output, mask in zip(_tree.flatten(outputs), _tree.flatten(masks), strict=False):
            if mask is not None and isinstance(output, Tensor) and not is_inferring():
                alive.masks = True
                output._keras_mask = mask  # type: ignore[attr-defined]

    # Configs and the graph.

    def get_config(self) -> dict[str, Any]:
        """The arguments that would make this layer again."""
        config = super().get_config()
        if "dtype" in config:
            config["dtype"] = serialize(self.dtype_policy)
        config.pop("autocast", None)
        if config.get("activity_regularizer", 0) is None:
            del config["activity_regularizer"]
        first = {key: config.pop(key) for key in ("name", "trainable", "dtype") if key in config}
        return {**first, **config}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """Make a layer from what `get_config` gave."""
        config = dict(config)
        if isinstance(config.get("dtype"), dict):
            config["dtype"] = deserialize(config["dtype"])
        return cls(**config)

    @property
    def input(self) -> Any:
        """The symbols that the layer was called with, the first time that it was called in a functional graph."""
        inputs = self._first_node("input").inputs
        return inputs[0] if len(inputs) == 1 else inputs

    @property
    def output(self) -> Any:
        """The symbols that the layer gave, the first time that it was called in a functional graph."""
        return self._first_node("output").structure

    def _first_node(self, what: str) -> Any:
        nodes = self.__dict__.get("_inbound_nodes")
        if not nodes:
            raise AttributeError(
                f"{self.name} has no `{what}`: it has never been called in a functional graph. Call it on a kerasish.Input(…)."
            )
        return nodes[0]

    @property
    def losses(self) -> list[Tensor]:
        """What `add_loss`, activity regularizers and weight regularizers ask for, of this layer and all inside it."""
        losses = [loss for layer in self._flatten_layers() for loss in layer._added_losses]
        losses += [w.regularizer(w) for w in self.trainable_weights if getattr(w, "regularizer", None) is not None]
        edge = self.__dict__.get("_edge")
        return losses if edge is None or is_capturing() else edge.leave(losses, losses)

    def add_loss(self, loss: Any) -> None:
        """Add to what training minimizes: a scalar, or several, made while the layer is called."""
        if is_inferring():
            return
        for value in loss if isinstance(loss, (list, tuple)) else [loss]:
            self._added_losses.append(value if isinstance(value, Tensor) else torch.as_tensor(float(value)))
        self.__dict__["_ready"] = False
        alive.losses += 1

    @property
    def torch_params(self) -> dict[str, Any]:
        """All variables by their paths."""
        return {variable.path: variable for variable in self.variables}

    def add_metric(self, *args: Any, **kwargs: Any) -> None:
        """Say what to use instead.

        Raises:
            NotImplementedError: always, as in Keras.
        """
        raise NotImplementedError(
            "`add_metric` is no more. Give the metric to compile(metrics=[…]), or set it as an attribute and update it in `call`."
        )

    def _clear_losses(self) -> None:
        for layer in self._flatten_layers():
            layer._added_losses.clear()

    def stateless_call(
        self, trainable_variables: Any, non_trainable_variables: Any, *args: Any, return_losses: bool = False, **kwargs: Any
    ) -> tuple:
        """Call the layer with these values for its variables, changing nothing: `(outputs, non_trainable_variables)`.

        Raises:
            ValueError: the layer is not built, or the values do not match its variables.
        """
        if not self.built:
            raise ValueError(f"{self.name} must be built before `stateless_call`; call it on data once.")
        tensors = self._named_for(self.trainable_variables, trainable_variables, "trainable_variables")
        kept = self._named_for(self.non_trainable_variables, non_trainable_variables, "non_trainable_variables")
        state = {**tensors, **{name: torch.as_tensor(value).detach().clone() for name, value in kept.items()}}
        seeds = [generator.state for generator in self._seed_generators]
        before = [seed.detach().clone() for seed in seeds]
        try:
            for seed, value in zip(seeds, list(non_trainable_variables)[len(kept) :]):
                seed.assign(value)
            outputs = torch.func.functional_call(self, state, args, kwargs)
            after = [*(state[name] for name in kept), *(seed.detach().clone() for seed in seeds)]
        finally:
            for seed, value in zip(seeds, before):
                seed.assign(value)
        return (outputs, after, self.losses) if return_losses else (outputs, after)

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        alive.own_modes |= self._trains_untold

    def __getstate__(self) -> dict[str, Any]:
        # Symbols belong to the original; a copy has been called in no graph.
        return {**self.__dict__, "_inbound_nodes": [], "_added_losses": []}

    def extra_repr(self) -> str:
        """What torch prints in the parentheses: the name, and whether the layer is built."""
        return f"name={self.name!r}" + ("" if self.built else ", built=False")

    __repr__ = nn.Module.__repr__


Layer._call_signature = CallSignature(Layer.call)
Layer.forward = Layer.call


def _is_numbers(value: Any) -> bool:
    """Say whether this is a list of numbers, or of such lists: rows written down by hand."""
    if not isinstance(value, (list, tuple)) or not value:
        return False
    return all(type(part) in (int, float, bool) or _is_numbers(part) for part in value)


def _is_cast_at_most(given: Any, made: Any) -> bool:
    """Say whether conversion left a plain tensor as it was, or changed no more of it than the dtype."""
    return type(given) is Tensor and (made is given or type(made) is Tensor and made.shape == given.shape)


def _mask_of(leaf: Any) -> Any:
    return getattr(leaf, "_keras_mask", None)


def _symbols_of_shapes(shapes: Any, dtype: str) -> Any:
    if isinstance(shapes, (list, tuple)) and all(size is None or isinstance(size, int) for size in shapes) and shapes:
        return KerasTensor(shapes, dtype)
    if isinstance(shapes, dict):
        return {key: _symbols_of_shapes(value, dtype) for key, value in shapes.items()}
    if isinstance(shapes, (list, tuple)):
        return type(shapes)(_symbols_of_shapes(value, dtype) for value in shapes)
    return shapes
