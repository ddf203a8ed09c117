"""Programs in files: torch.export's archives, of which only graphs of known operations are read.

`torch.export.load` alone unpickles what an archive holds, evaluates the conditions in it and loads libraries out of it. So an
archive is looked through, and torch gets another one of the parts that are known to be harmless.
"""

# pyright: reportPrivateImportUsage=false

import ast
import io
import json
import pickle
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from torch import nn

_SHAPES = {"size", "stride", "storage_offset", "isnan", "inf", "sym_max", "sym_min", "sym_not", "sym_float", "sym_int"}
_FUNCTIONS = set(
    """
    Symbol Integer Float Rational Add Mul Pow Max Min Mod PythonMod FloorDiv CleanDiv CeilDiv IntTrueDiv FloatTrueDiv
    ModularIndexing CeilToInt FloorToInt TruncToInt
    RoundToInt ToFloat PowByNatural Eq Ne Lt Le Gt Ge And Or Not Where max min abs int
    """.split()
)
_LOOPS = "cond|while_loop|scan|associative_scan|map_impl|wrap_with_set_grad_enabled|wrap_with_autocast"
_TARGET = re.compile(
    r"(_operator|math)\.\w+|torch\.(sym_\w+|_sym_sqrt)|torch\.ops\.(aten|prims|torchvision)\.(?!(from_file|save)\.)\w+\.\w+"
    rf"|torch\.ops\.higher_order\.({_LOOPS})"
)
_NAME = re.compile(r"[A-Za-z_][\w.]*|")
_TEXT = re.compile(r"[\w.+-]*")
_DATA = re.compile(r"(weights/weight|constants/tensor)_\d+")
_CONFIG = re.compile(r"(weights|constants)/model_\1_config\.json")
_LARGEST_EXPONENT = 16
_NODES = (
    ast.Expression, ast.BoolOp, ast.boolop, ast.UnaryOp, ast.unaryop, ast.BinOp, ast.operator, ast.Compare, ast.cmpop,
    ast.Load, ast.Subscript, ast.keyword,
)  # fmt: skip


def read_program(path: Path) -> nn.Module:
    """Give the graph in a file, as a module.

    Raises:
        OSError: the file is not there, or no program.
        ValueError: it holds something besides a graph of known operations.
    """
    return torch.export.load(_rewritten(path)).module()


def check_program(path: Path) -> None:
    """Check that a file can be read again.

    Raises:
        ValueError: it holds something besides a graph of known operations.
    """
    _rewritten(path)


def _rewritten(path: Path) -> io.BytesIO:
    """The parts of an archive that were looked through, as another archive."""
    made = io.BytesIO()
    try:
        with zipfile.ZipFile(path) as archive, zipfile.ZipFile(made, "w") as checked:
            for member in archive.infolist():
                root, _, name = member.filename.partition("/")
                if member.compress_type != zipfile.ZIP_STORED:
                    raise _refusal(path, f"{name} is packed")
                data = _checked_part(name, archive.read(member), path)
                if data is not None:
                    checked.writestr(f"{root}/{name}", data)
    except FileNotFoundError as error:
        raise FileNotFoundError(f"The program {str(path)!r} is missing.") from error
    except (zipfile.BadZipFile, UnicodeDecodeError, json.JSONDecodeError, EOFError) as error:
        raise OSError(f"{str(path)!r} cannot be read: it is no program, or broken ({error}).") from error
    made.seek(0)
    return made


def _checked_part(name: str, data: bytes, path: Path) -> bytes | None:
    """A part as torch may read it; None where it is not needed."""
    if name in ("archive_format", "archive_version", "byteorder", ".data/version", ".data/serialization_id", "version"):
        return data
    if name == "data/sample_inputs/model.pt":
        return _checked_inputs(data, path)
    if name == "models/model.json":
        return _checked_graph(json.loads(data), path)
    inner = name.removeprefix("data/")
    if inner != name and _DATA.fullmatch(inner):
        return data
    if inner != name and _CONFIG.fullmatch(inner):
        for about in json.loads(data)["config"].values():
            if about.get("use_pickle") is not False or not _DATA.fullmatch(f"{inner.split('/')[0]}/{about.get('path_name')}"):
                raise _refusal(path, f"{name} names an object that is no tensor")
        return data
    raise _refusal(path, f"it holds {name!r}")


def _checked_inputs(data: bytes, path: Path) -> bytes:
    """The example of inputs, without which torch checks no conditions; written anew, so that nothing but tensors is in it."""
    try:
        inputs = torch.load(io.BytesIO(data), weights_only=True, map_location="cpu")
    except (pickle.UnpicklingError, RuntimeError, EOFError) as error:
        raise _refusal(path, "its example of inputs holds an object that is no tensor") from error
    made = io.BytesIO()
    torch.save(inputs, made)
    return made.getvalue()


def _checked_graph(described: Any, path: Path) -> bytes:
    for key, value in _entries(described):
        if key in ("target", "as_operator") and isinstance(value, str) and not _TARGET.fullmatch(value):
            raise _refusal(path, f"it calls {value}")
        if key == "metadata" and isinstance(value, dict):
            value.clear()  # where the code once stood; nothing depends on it
        elif key is not None and key.endswith("name") and isinstance(value, str) and not _NAME.fullmatch(value):
            raise _refusal(path, f"{value!r:.80} is no name")
        elif key == "expr_str":
            _check_expression(value, path)
        elif key in ("as_custom_obj", "treespec_namedtuple_fields") and value:
            raise _refusal(path, f"it has {key}")
        elif key in ("in_spec", "out_spec") and value is not None:
            _check_structure(json.loads(value), key == "in_spec", path)
    for guard in described.get("guards_code") or ():
        _check_expression(guard, path)
    return json.dumps(described).encode()


def _entries(value: Any) -> Iterator[tuple[str | None, Any]]:
    """All keys and values of a tree of JSON."""
    if isinstance(value, dict):
        for key, part in value.items():
            yield key, part
            yield from _entries(part)
    elif isinstance(value, list):
        for part in value:
            yield None, part
            yield from _entries(part)


def _check_structure(described: Any, is_input: bool, path: Path) -> None:
    """Refuse structures of arguments that are not of tuples, lists and dicts: others are looked up in modules by their names."""
    for key, value in _entries(described):
        if key == "type" and value not in (None, "builtins.tuple", "builtins.list", "builtins.dict"):
            raise _refusal(path, f"its arguments or results are of the type {value!r:.80}")
        if key == "context" and value is not None:
            context = json.loads(value)
            if isinstance(context, dict) or is_input and context or any(isinstance(part, dict) for part in context or ()):
                raise _refusal(path, f"the structure of its arguments or results has {value!r:.80}")


def _check_expression(text: str, path: Path) -> None:
    """Refuse a condition, or a size, that is more than arithmetic on sizes: torch evaluates it as Python."""
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError) as error:
        raise _refusal(path, f"{text!r:.80} is no expression") from error
    if not all(_is_arithmetic(node) for node in ast.walk(tree)):
        raise _refusal(path, f"{text!r:.80} is not arithmetic on sizes")


def _is_arithmetic(node: ast.AST) -> bool:
    if isinstance(node, ast.Name):
        return "__" not in node.id
    if isinstance(node, ast.Constant):
        return isinstance(node.value, (int, float)) or isinstance(node.value, str) and bool(_TEXT.fullmatch(node.value))
    if isinstance(node, ast.Attribute):
        return node.attr in _SHAPES
    if isinstance(node, ast.Call):
        name = getattr(node.func, "id", None)
        return (isinstance(node.func, ast.Attribute) or name in _FUNCTIONS) and (
            "Pow" not in str(name) or _is_small(node.args[-1:])
        )
    if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Pow, ast.LShift)):
        return _is_small([node.right])
    return isinstance(node, _NODES)


def _is_small(exponents: list[ast.expr]) -> bool:
    """Whether an exponent lets numbers stay numbers that can be computed."""
    parts = [part for exponent in exponents for part in ast.walk(exponent)]
    numbers = [part.value for part in parts if isinstance(part, ast.Constant)]
    is_one = len(numbers) == 1 and not any(isinstance(part, ast.BinOp) for part in parts)
    return is_one and isinstance(numbers[0], int) and numbers[0] <= _LARGEST_EXPONENT


def _refusal(path: Path, why: str) -> ValueError:
    return ValueError(f"{path.name!r} cannot be read: {why}. Only graphs of torch's own operations on tensors are.")
