"""Building: from the graph of a step to machine code in a file, which torch's cache folder keeps for the next run."""

# pyright: reportPrivateImportUsage=false

import hashlib
import json
import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, fx

from kerasish.engine.programs import _passes
from kerasish.engine.programs._writing import WrittenStep

_FORMAT = 6  # raised when what is built of the same graph changes


def build(step: WrittenStep, threads: int, options: dict[str, Any]) -> tuple[str, bool]:
    """Make machine code of a step, or find it in the cache.

    Args:
        step: the step; its graph is improved in place.
        threads: on how many threads it will run.
        options: settings of Inductor, by name.

    Returns: the path of the library, and whether it was there already.
    """
    _passes.improve(step.graph, step.scalars)
    # With several, loops ask how many there are when they run: a child that checks them has one.
    options = {"cpp.threads": threads, "cpp.dynamic_threads": threads > 1, **options}
    entry = _entry(_key(step, options))
    known = _read(entry)
    if known is not None:
        return known, True
    with _settings(options), torch.no_grad():
        made: Any = torch._inductor.aot_compile(step.graph, tuple(step.inputs))  # type: ignore[attr-defined]
    path = made if isinstance(made, str) else next(part for part in made if str(part).endswith(".so"))
    entry.parent.mkdir(parents=True, exist_ok=True)
    scratch = entry.with_suffix(f".{os.getpid()}")
    scratch.write_text(json.dumps({"library": str(path)}))
    scratch.replace(entry)
    return str(path), False


def _entry(key: str) -> Path:
    from torch._inductor.runtime.cache_dir_utils import cache_dir

    return Path(cache_dir()) / "kerasish" / f"{key}.json"


def _read(entry: Path) -> str | None:
    try:
        path = json.loads(entry.read_text())["library"]
    except (OSError, ValueError, KeyError):
        return None
    return path if os.path.exists(path) else None


def _key(step: WrittenStep, options: dict[str, Any]) -> str:
    """What a library depends on: the graph, the forms of its inputs, the tensors in it, and what it runs on."""
    digest = hashlib.sha256()
    about = (
        _FORMAT,
        torch.__version__,
        platform.machine(),
        _processor(),
        sorted(map(str, options.items())),
    )
    digest.update(repr(about).encode())
    digest.update(step.graph.code.encode())
    for tensor in step.inputs:
        digest.update(repr((tuple(tensor.shape), tensor.stride(), tensor.dtype, tensor.device)).encode())
    for name, constant in sorted(_constants(step.graph)):
        digest.update(name.encode())
        digest.update(repr((tuple(constant.shape), constant.dtype)).encode())
        digest.update(constant.detach().contiguous().cpu().reshape(-1).view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()


def _constants(graph: fx.GraphModule) -> Iterator[tuple[str, Tensor]]:
    for node in graph.graph.nodes:
        if node.op == "get_attr":
            value = getattr(graph, node.target)
            if isinstance(value, Tensor):
                yield node.target, value


def _processor() -> str:
    return torch.backends.cpu.get_cpu_capability()


@contextmanager
def _settings(options: dict[str, Any]) -> Iterator[None]:
    """Set Inductor up for steps: random numbers as in an eager step, aten's own pooling, one library."""
    from torch._inductor import config, decomposition, lowering

    unknown = sorted(set(options) - set(config.get_config_copy()))
    if unknown:
        raise ValueError(f"`jit_options` must be settings of torch._inductor.config; it has none called {', '.join(unknown)}")
    _lower_operations()
    # Inductor's own loops for pooling are slower on a CPU; and dropout is to draw what an eager step draws.
    own = [
        torch.ops.aten.max_pool2d_with_indices.default,
        torch.ops.aten.max_pool2d_with_indices_backward.default,
        torch.ops.aten.bernoulli.p,
        torch.ops.aten.bernoulli.default,
    ]
    kept = [(table, op, table[op]) for table in (decomposition.decompositions, lowering.lowerings) for op in own if op in table]
    for table, op, _ in kept:
        del table[op]
    for op in own:
        lowering.make_fallback(op, warn=False)
    try:
        with config.patch({"fallback_random": True, "compile_threads": 1, **options}):
            yield
    finally:
        for op in own:
            lowering.lowerings.pop(op, None)
        for table, op, value in kept:
            table[op] = value


@cache
def _lower_operations() -> None:
    """Tell Inductor what the operations of steps mean."""
    from torch._inductor import ir, lowering

    operations = _passes.operations()

    @lowering.register_lowering(operations.keep.default, type_promotion_kind=None)
    def keep(x: Any) -> Any:
        copy = lowering.lowerings[torch.ops.aten.clone.default](x)
        copy.realize()
        return copy

    @lowering.register_lowering(operations.matmul.default, type_promotion_kind=None)
    def matmul(a: Any, b: Any, bias: Any) -> Any:
        from torch._inductor.mkldnn_ir import LinearUnary

        # As `LinearUnary.create`, but oneDNN takes the strides that there are.
        turned = lowering.lowerings[torch.ops.aten.permute.default](b, [1, 0])
        inputs = [ir.ExternKernel.realize_input(x) for x in (a, turned, bias) if x is not None]
        settings = ["none", [-1], ""]
        size = [a.get_size()[0], b.get_size()[1]]
        layout = ir.FixedLayout(a.get_device(), a.get_dtype(), size)
        made = LinearUnary(layout, inputs, settings if bias is not None else [None, *settings])
        return ir.TensorBox.create(made)
