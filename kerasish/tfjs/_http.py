"""Models over HTTP: sent to a server as a form, loaded from a URL of a model.json."""

import json
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from kerasish.saving import tfjs as files
from kerasish.tfjs._promises import settled
from kerasish.tfjs._records import Record, artifacts_info


def is_http(url: Any) -> bool:
    """Say whether a URL, or each of a list, is of http or https."""
    if isinstance(url, (list, tuple)):
        return bool(url) and all(is_http(part) for part in url)
    return isinstance(url, str) and url.startswith(("http://", "https://"))


_SILENCE = 60.0  # seconds


class Response:
    """What a server answered.

    Args:
        status: the number of the state.
        body: the bytes.
        url: where it came from.
        headers: by name.
    """

    def __init__(self, status: int, body: bytes, url: str = "", headers: Mapping[str, str] | None = None):
        self.status, self._body, self.url, self.headers = status, body, url, dict(headers or {})
        self.ok = 200 <= status < 300

    def json(self) -> Any:
        """The body, which is JSON."""
        return json.loads(self._body)

    def text(self) -> str:
        """The body as text."""
        return self._body.decode()

    def arrayBuffer(self) -> bytes:  # noqa: N802 - JavaScript's name
        """The body as bytes."""
        return self._body


def fetch(url: str, init: Mapping[str, Any] | None = None) -> Response:
    """Ask a server.

    Args:
        url: of http or https; no other kind is opened.
        init: `method`, "GET" by default; `headers`; `body`, bytes; `timeout`, for how many seconds the server may be silent,
            60 by default.

    Raises:
        ConnectionError: no answer; TimeoutError none in time.
    """
    if not is_http(url):
        raise ValueError(f"Models are loaded from http:// and https://; received {url!r}.")
    init = init or {}
    asked = urllib.request.Request(  # noqa: S310 - the scheme is checked above
        url, init.get("body"), dict(init.get("headers") or {}), method=init.get("method") or "GET"
    )
    timeout = init.get("timeout") or _SILENCE
    try:
        with urllib.request.urlopen(asked, timeout=timeout) as answer:  # noqa: S310
            return Response(answer.status, answer.read(), answer.url, dict(answer.headers))
    except urllib.error.HTTPError as error:
        return Response(error.code, error.read(), url, dict(error.headers or {}))
    except (TimeoutError, urllib.error.URLError) as error:
        if isinstance(error, TimeoutError) or isinstance(error.reason, TimeoutError):
            raise TimeoutError(f"{url} was silent for {timeout} seconds; `requestInit` may have another `timeout`.") from error
        raise ConnectionError(f"{url} gave no answer: {error.reason}.") from error


class HTTPHandler:
    """Sends a model to a server, or loads one from a URL.

    Args:
        path: the URL; for loading also `[URL of model.json, URL whose folder has the weights]`.
        options: `request_init`, `fetch_func`, `weight_path_prefix`, `weight_url_converter`, `on_progress`. (With
            `stream_weights` the weights are the same: they are read whole.)

    Raises:
        ValueError: no URL, or a `request_init` that has a body already.
    """

    def __init__(self, path: Any, options: Mapping[str, Any]):
        if not is_http(path):
            raise ValueError(f"A URL of http:// or https:// is wanted; received {path!r}.")
        self._model_url, self._weight_url = path if isinstance(path, (list, tuple)) else (path, path)
        self.path = path
        self._init = dict(options.get("request_init") or {})
        if self._init.get("body") is not None:
            raise ValueError("`requestInit` must have no `body`: the model is it.")
        self._fetch: Callable = options.get("fetch_func") or fetch
        self._prefix, self._converter = options.get("weight_path_prefix"), options.get("weight_url_converter")
        self._on_progress = options.get("on_progress")

    def save(self, artifacts: Mapping[str, Any]) -> Any:
        """Send the model as a form with the files model.json and model.weights.bin; `responses` has the answer.

        Raises:
            ConnectionError: the server refused it, or gave no answer.
        """
        described = json.dumps(files.model_json(artifacts, ["./model.weights.bin"])).encode()
        parts = [("model.json", "application/json", described)]
        if artifacts.get("weightData") is not None:
            parts.append(("model.weights.bin", "application/octet-stream", files.joined(artifacts["weightData"])))
        kind, body = _form(parts)
        headers = {**(self._init.get("headers") or {}), "Content-Type": kind}
        answer = settled(self._fetch(self._model_url, {"method": "POST", **self._init, "headers": headers, "body": body}))
        if not answer.ok:
            raise ConnectionError(f"{self._model_url} refused the model: its answer has the status {answer.status}.")
        return Record(modelArtifactsInfo=artifacts_info(artifacts), responses=[answer])

    def load(self) -> Any:
        """Load the artifacts.

        Raises:
            ConnectionError: no answer, or one that says no.
            ValueError: what came is no model.json.
        """
        answer = self._asked(self._model_url)
        try:
            described = settled(answer.json())
        except ValueError as error:
            raise ValueError(f"{self._model_url} is no model.json: {error}.") from error
        if "modelTopology" not in described and "weightsManifest" not in described:
            raise ValueError(f"{self._model_url} is no model.json: it has neither a `modelTopology` nor a `weightsManifest`.")
        if described.get("weightsManifest") is None:
            return Record(files.artifacts_of_json(described, None))
        return Record(files.artifacts_of_json(described, b"".join(self.weights_of(described))))

    def weights_of(self, described: Mapping[str, Any]) -> list[bytes]:
        """Load the files of weights that a model.json names."""
        url, _, query = self._weight_url.partition("?")
        folder = self._prefix or url.rsplit("/", 1)[0] + "/"
        paths, parts = files.paths_of(described["weightsManifest"]), []
        for i, path in enumerate(paths):
            own = settled(self._converter(path)) if self._converter else f"{folder}{path}" + (f"?{query}" if query else "")
            parts.append(files.joined(settled(self._asked(own).arrayBuffer())))
            if self._on_progress is not None:
                self._on_progress((i + 1) / len(paths))
        return parts

    def _asked(self, url: str) -> Any:
        answer = settled(self._fetch(url, self._init))
        if not answer.ok:
            raise ConnectionError(f"{url} cannot be loaded: the answer has the status {answer.status}.")
        return answer


def _form(parts: list[tuple[str, str, bytes]]) -> tuple[str, bytes]:
    """A multipart form: the type of its content, and its bytes."""
    boundary = f"----kerasish{uuid.uuid4().hex}"
    lines = []
    for name, kind, data in parts:
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"; filename="{name}"\r\nContent-Type: {kind}\r\n\r\n'
        lines += [head.encode(), data, b"\r\n"]
    return f"multipart/form-data; boundary={boundary}", b"".join([*lines, f"--{boundary}--\r\n".encode()])
