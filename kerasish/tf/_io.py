"""Files: whole files as bytes, images in them, and TensorFlow's names for what a file system can do."""

import base64
import glob as _glob
import io
import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch

from kerasish.tf._calls import entered, left
from kerasish.tf._dtypes import real_dtype
from kerasish.tf._image import convert_image_dtype


def read_file(filename: Any, name: str | None = None) -> bytes:
    """Give what a file holds, as bytes."""
    with open(os.fspath(filename), "rb") as file:
        return file.read()


def write_file(filename: Any, contents: bytes | str, name: str | None = None) -> None:
    """Write bytes or a text to a file, and make its folder where it is not there."""
    folder = os.path.dirname(os.fspath(filename))
    if folder:
        os.makedirs(folder, exist_ok=True)
    with open(os.fspath(filename), "wb") as file:
        file.write(contents.encode() if isinstance(contents, str) else contents)


def matching_files(pattern: Any, name: str | None = None) -> list[str]:
    """List the files that match a pattern, or one of several, in order."""
    patterns = [pattern] if isinstance(pattern, (str, os.PathLike)) else list(pattern)
    return sorted({path for part in patterns for path in _glob.glob(os.fspath(part))})


def decode_image(
    contents: bytes, channels: int | None = None, dtype: Any = "uint8", name: str | None = None, expand_animations: bool = True
) -> Any:
    """Make a tensor (height, width, channels) of a PNG, JPEG, GIF or BMP file; an animation has its frames before.

    Args:
        contents: what the file holds, as `read_file` gives it.
        channels: 1 grey, 3 colours, 4 with transparency; None or 0 as in the file.
        dtype: uint8, uint16, or a floating dtype, from 0 to 1.
        name: a label.
        expand_animations: False gives the first frame alone.

    Raises:
        ImportError: Pillow is not installed.
        ValueError: another number of channels, or no image.
    """
    modes = {None: None, 0: None, 1: "L", 3: "RGB", 4: "RGBA"}
    if channels not in modes:
        raise ValueError(f"`channels` must be 0, 1, 3 or 4; received {channels}.")
    try:
        from PIL import Image, ImageSequence, UnidentifiedImageError
    except ImportError as error:
        raise ImportError("Decoding images needs the package Pillow: pip install kerasish[pillow].") from error
    try:
        image = Image.open(io.BytesIO(contents))
    except UnidentifiedImageError as error:
        raise ValueError("`contents` must be the bytes of an image file.") from error
    mode = modes[channels] or {"1": "L", "P": "RGB", "L": "L", "RGBA": "RGBA"}.get(image.mode, "RGB")
    animated = expand_animations and getattr(image, "n_frames", 1) > 1
    frames = [np.array(part.convert(mode)) for part in (ImageSequence.Iterator(image) if animated else [image])]
    made = torch.from_numpy(np.stack(frames) if animated else frames[0])
    made = made.unsqueeze(-1) if mode == "L" else made
    return left(convert_image_dtype(made, real_dtype(dtype)).clone())


def _decoding(kind: str) -> Callable:
    def decode(contents: bytes, channels: int | None = 0, dtype: Any = "uint8", name: str | None = None) -> Any:
        return decode_image(contents, channels, dtype, expand_animations=kind == "gif")

    decode.__name__ = f"decode_{kind}"
    decode.__doc__ = f"Make a tensor (height, width, channels) of a {kind.upper()} file; see `decode_image`."
    return decode


def encode_png(image: Any, compression: int = -1, name: str | None = None) -> bytes:
    """Make a PNG file of a uint8 image, as bytes; `compression` is 0 to 9, or -1."""
    return _encoded(image, "PNG", {} if compression < 0 else {"compress_level": compression})


def encode_jpeg(image: Any, format: str = "", quality: int = 95, name: str | None = None) -> bytes:
    """Make a JPEG file of a uint8 image, as bytes; `format` has no say."""
    return _encoded(image, "JPEG", {"quality": quality})


def _encoded(image: Any, kind: str, options: dict[str, Any]) -> bytes:
    array = np.asarray(entered(image).cpu() if isinstance(image, torch.Tensor) else image)
    if array.dtype != np.uint8 or array.ndim != 3:
        raise ValueError(f"`image` must be uint8 of shape (height, width, channels); received {array.dtype} of {array.shape}.")
    try:
        from PIL import Image
    except ImportError as error:
        raise ImportError("Encoding images needs the package Pillow: pip install kerasish[pillow].") from error
    written = io.BytesIO()
    Image.fromarray(array[..., 0] if array.shape[-1] == 1 else array).save(written, kind, **options)
    return written.getvalue()


def decode_raw(input_bytes: bytes, out_type: Any, little_endian: bool = True, name: str | None = None) -> Any:
    """Read the numbers that bytes hold."""
    kind = np.dtype(str(real_dtype(out_type)).removeprefix("torch.")).newbyteorder("<" if little_endian else ">")
    return left(torch.from_numpy(np.frombuffer(input_bytes, kind).astype(kind.newbyteorder("="))))


def encode_base64(input: bytes | str, pad: bool = False, name: str | None = None) -> bytes:
    """Write bytes in base64 that URLs may hold."""
    made = base64.urlsafe_b64encode(input.encode() if isinstance(input, str) else input)
    return made if pad else made.rstrip(b"=")


def decode_base64(input: bytes | str, name: str | None = None) -> bytes:
    """Read base64 that URLs may hold."""
    given = input.encode() if isinstance(input, str) else input
    return base64.urlsafe_b64decode(given + b"=" * (-len(given) % 4))


class gfile:  # noqa: N801 - TensorFlow's own spelling of a namespace
    """What a file system can do. Paths are local."""

    @staticmethod
    def GFile(name: Any, mode: str = "r") -> Any:  # noqa: N802
        """Open a file."""
        return open(os.fspath(name), mode)

    exists = staticmethod(os.path.exists)
    isdir = staticmethod(os.path.isdir)
    makedirs = staticmethod(lambda path: os.makedirs(path, exist_ok=True))
    mkdir = staticmethod(os.mkdir)
    listdir = staticmethod(os.listdir)
    remove = staticmethod(os.remove)
    rmtree = staticmethod(shutil.rmtree)
    stat = staticmethod(os.stat)
    join = staticmethod(os.path.join)
    glob = staticmethod(matching_files)

    @staticmethod
    def copy(src: Any, dst: Any, overwrite: bool = False) -> None:
        """Copy a file.

        Raises:
            FileExistsError: `dst` is there, and `overwrite` is False.
        """
        _see_whether_free(dst, overwrite)
        shutil.copyfile(src, dst)

    @staticmethod
    def rename(src: Any, dst: Any, overwrite: bool = False) -> None:
        """Move a file.

        Raises:
            FileExistsError: `dst` is there, and `overwrite` is False.
        """
        _see_whether_free(dst, overwrite)
        os.replace(src, dst)

    @staticmethod
    def walk(top: Any, topdown: bool = True) -> Iterator[tuple[str, list[str], list[str]]]:
        """Walk through folders."""
        return os.walk(top, topdown)


def match_filenames_once(pattern: Any, name: str | None = None) -> list[str]:
    """List the files that match a pattern."""
    return matching_files(pattern)


def is_jpeg(contents: bytes, name: str | None = None) -> bool:
    """Say whether bytes are those of a JPEG file."""
    return contents[:3] == b"\xff\xd8\xff"


DECODING: dict[str, Callable] = {f"decode_{kind}": _decoding(kind) for kind in ("png", "jpeg", "bmp", "gif", "webp")}
DECODING |= {"decode_image": decode_image, "encode_png": encode_png, "encode_jpeg": encode_jpeg, "is_jpeg": is_jpeg}
FILES: dict[str, Any] = DECODING | {"gfile": gfile}
FILES |= {
    function.__name__: function
    for function in (read_file, write_file, matching_files, match_filenames_once, decode_raw, encode_base64, decode_base64)
}


def _see_whether_free(path: Any, overwrite: bool) -> None:
    if not overwrite and os.path.exists(path):
        raise FileExistsError(f"{os.fspath(path)!r} is there already; pass overwrite=True to replace it.")
