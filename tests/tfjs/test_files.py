"""Files of models at this edge: URLs, stores, handlers, JSON. TensorFlow.js itself reads them in test_files_against_node."""

import asyncio
import datetime
import http.server
import json
import os
import threading
from email import message_from_bytes

import numpy as np
import pytest

import kerasish as keras
import kerasish.saving.tfjs._folder as folder_room
import kerasish.tfjs as tf


@pytest.fixture(autouse=True)
def own_store(tmp_path, monkeypatch):
    monkeypatch.setenv("KERASISH_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)


def dense_model(units=3):
    return tf.sequential(layers=[tf.layers.dense(units=units, inputShape=[4], activation="relu"), tf.layers.dense(units=2)])


def same(loaded, model):
    x = tf.randomNormal([5, 4])
    np.testing.assert_allclose(loaded.predict(x).numpy(), model.predict(x).numpy(), rtol=1e-6)
    return True


def test_51_a_folder_has_a_model_json_and_weights_bin(tmp_path):
    model = dense_model()
    result = model.save("file://./my-model")
    assert sorted(os.listdir("my-model")) == ["model.json", "weights.bin"]
    described = json.loads((tmp_path / "my-model/model.json").read_text())
    assert described["format"] == "layers-model" and described["generatedBy"].startswith("kerasish ")
    assert described["weightsManifest"] == [{"paths": ["weights.bin"], "weights": [
        {"name": "dense_Dense1/kernel", "shape": [4, 3], "dtype": "float32"} | {"name": model.weights[0].name},
        {"name": model.weights[1].name, "shape": [3], "dtype": "float32"},
        {"name": model.weights[2].name, "shape": [3, 2], "dtype": "float32"},
        {"name": model.weights[3].name, "shape": [2], "dtype": "float32"}]}]  # fmt: skip
    info = result.modelArtifactsInfo
    assert info.weightDataBytes == 4 * (12 + 3 + 6 + 2) == os.path.getsize("my-model/weights.bin")
    assert info["modelTopologyType"] == "JSON" and isinstance(info.dateSaved, datetime.datetime)
    assert info.modelTopologyBytes == len(json.dumps(described["modelTopology"], separators=(",", ":")))
    for url in (
        "file://./my-model/model.json",
        f"file://{tmp_path}/my-model/model.json",
        "file://my-model",
        "my-model/model.json",
    ):
        loaded = tf.loadLayersModel(url)
        assert same(loaded, model) and type(loaded) is tf.Sequential
    assert type(loaded.layers[0]) is type(model.layers[0]) and loaded.layers[0].name == model.layers[0].name


def test_51_saving_and_loading_can_be_waited_for():
    async def main():
        model = dense_model()
        result = await model.save("localstorage://waited")
        loaded = await tf.loadLayersModel("localstorage://waited")
        return same(loaded, model) and result.modelArtifactsInfo.weightDataBytes

    assert asyncio.run(main()) == 92
    seen = []
    dense_model().save("localstorage://then").then(lambda result: seen.append(result.modelArtifactsInfo.weightDataBytes))
    assert seen == [92]


def test_52_large_weights_are_shards_of_4_megabytes(tmp_path):
    model = tf.sequential(layers=[tf.layers.dense(units=1100, inputShape=[1000])])
    told = []
    model.save("file://big")
    assert sorted(os.listdir("big")) == ["group1-shard1of2.bin", "group1-shard2of2.bin", "model.json"]
    assert os.path.getsize("big/group1-shard1of2.bin") == 4 * 1024 * 1024
    loaded = tf.loadLayersModel("file://big/model.json", onProgress=told.append)
    np.testing.assert_array_equal(loaded.weights[0].numpy(), model.weights[0].numpy())
    assert told == [0.5, 1.0]
    dense_model().save("file://big")  # a smaller one in its place takes the old files away
    assert sorted(os.listdir("big")) == ["model.json", "weights.bin"]


@pytest.mark.parametrize("failing", ["model.json", "weights.bin"])
def test_a_save_that_fails_leaves_the_old_model_whole(tmp_path, monkeypatch, failing):
    old = dense_model()
    old.save("file://kept")
    real = os.replace

    def replace(source, target):
        if os.path.basename(target) == failing and ".kept." not in str(source):
            raise OSError("the disk is full")
        real(source, target)

    with monkeypatch.context() as patched:
        patched.setattr("kerasish.saving._atomic.os.replace", replace)
        with pytest.raises(OSError, match="the disk is full"):
            dense_model(units=7).save("file://kept")
    assert sorted(os.listdir("kept")) == ["model.json", "weights.bin"] and same(tf.loadLayersModel("file://kept"), old)


def test_a_first_save_that_fails_leaves_nothing(monkeypatch):
    monkeypatch.setattr(folder_room, "replacing", _failing)
    with pytest.raises(OSError, match="no space"):
        dense_model().save("file://new")
    assert os.listdir("new") == []


def _failing(path):
    raise OSError("no space")


def test_51_53_stores(tmp_path):
    model = dense_model()
    for url in ("localstorage://my-model-1", "indexeddb://a/b ..", "localstorage://.."):
        info = model.save(url).modelArtifactsInfo
        assert same(tf.loadLayersModel(url), model)
    listed = tf.io.listModels()
    assert sorted(listed) == ["indexeddb://a/b ..", "localstorage://..", "localstorage://my-model-1"]
    assert listed["localstorage://my-model-1"]["weightDataBytes"] == info["weightDataBytes"] == 92
    assert tf.io.copyModel("localstorage://my-model-1", "indexeddb://copy").weightDataBytes == 92
    assert tf.io.moveModel("localstorage://my-model-1", "file://moved")["weightDataBytes"] == 92
    assert "localstorage://my-model-1" not in tf.io.listModels() and same(tf.loadLayersModel("file://moved"), model)
    assert tf.io.removeModel("indexeddb://copy").weightDataBytes == 92
    assert sorted(tf.io.listModels()) == ["indexeddb://a/b ..", "localstorage://.."]
    assert {path.parent.parent for path in (tmp_path / "home").rglob("model.json")} == {
        tmp_path / "home/localstorage", tmp_path / "home/indexeddb"
    }  # fmt: skip
    with pytest.raises(FileNotFoundError, match="has no model 'my-model-1'"):
        tf.loadLayersModel("localstorage://my-model-1")
    with pytest.raises(FileNotFoundError, match="has no model"):
        tf.io.removeModel("localstorage://my-model-1")
    with pytest.raises(ValueError, match="Stores of models are"):
        tf.io.removeModel("file://moved")
    with pytest.raises(ValueError, match="to another place"):
        tf.io.copyModel("localstorage://a", "localstorage://a")


def test_51_downloads(tmp_path):
    model = dense_model()
    model.save("downloads://mine")
    assert {"mine.json", "mine.weights.bin"} <= set(os.listdir())
    assert same(tf.loadLayersModel(tf.io.browserFiles(["mine.json", "mine.weights.bin"])), model)
    assert same(tf.loadLayersModel("mine.json"), model)
    with pytest.raises(ValueError, match=r"names the files of weights \['mine.weights.bin'\]; received \['model.json'\]"):
        model.save("file://m")
        tf.loadLayersModel(tf.io.browserFiles(["mine.json", "m/model.json"]))
    with pytest.raises(ValueError, match="Nothing is known that could load"):
        tf.loadLayersModel("downloads://mine")


def test_51_handlers():
    model, kept = dense_model(), []

    async def keep(artifacts):
        kept.append(artifacts)
        return {"modelArtifactsInfo": {"dateSaved": None}}

    assert model.save(tf.io.withSaveHandler(keep))["modelArtifactsInfo"] == {"dateSaved": None}
    artifacts = kept[0]
    assert artifacts.format == "layers-model" and isinstance(artifacts.weightData, bytes)
    assert same(tf.loadLayersModel(tf.io.fromMemory(artifacts)), model)
    topology = tf.loadLayersModel(tf.io.fromMemory(artifacts.modelTopology, artifacts.weightSpecs, artifacts.weightData))
    assert same(topology, model)

    class Own:
        async def load(self):
            return dict(artifacts)

    assert same(tf.loadLayersModel(Own()), model)
    with pytest.raises(ValueError, match="must have the method `save`"):
        model.save(Own())
    with pytest.raises(ValueError, match="must have the method `load`"):
        tf.loadLayersModel(tf.io.withSaveHandler(keep))
    with pytest.raises(ValueError, match="Nothing is known that could save 'ftp://x'"):
        model.save("ftp://x")
    with pytest.raises(FileNotFoundError, match="no file or folder 'nowhere.json'"):
        tf.loadLayersModel("nowhere.json")


def test_routers_of_a_programs_own():
    kept = {}

    class Shelf:
        def __init__(self, name):
            self.name = name

        def save(self, artifacts):
            kept[self.name] = artifacts
            return {"modelArtifactsInfo": tf.io.getModelArtifactsInfoForJSON(artifacts)}

        def load(self):
            return kept[self.name]

    def route(url, options=None):
        return Shelf(url.removeprefix("shelf://")) if str(url).startswith("shelf://") else None

    tf.io.registerSaveRouter(route)
    tf.io.registerLoadRouter(route)
    model = dense_model()
    assert model.save("shelf://one").modelArtifactsInfo.weightDataBytes == 92
    assert same(tf.loadLayersModel("shelf://one"), model) and len(tf.io.getLoadHandlers("shelf://one")) == 1


class Server(http.server.BaseHTTPRequestHandler):
    files: dict = {}
    asked: list = []

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        form = message_from_bytes(f"Content-Type: {self.headers['Content-Type']}\r\n\r\n".encode() + body)
        for part in form.get_payload():
            self.files[part.get_param("filename", header="content-disposition")] = part.get_payload(decode=True)
        self.asked.append((self.command, dict(self.headers)))
        self.answer(200 if self.path != "/full" else 507)

    do_PUT = do_POST

    def do_GET(self):
        self.asked.append((self.path, dict(self.headers)))
        found = self.files.get(self.path.partition("?")[0].rsplit("/", 1)[-1])
        self.answer(404 if found is None else 200, found or b"")

    def answer(self, status, body=b""):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture
def server():
    Server.files, Server.asked = {}, []
    running = http.server.HTTPServer(("127.0.0.1", 0), Server)
    thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{running.server_port}"
    running.shutdown()
    thread.join()
    running.server_close()


def test_51_http(server):
    model = dense_model()
    result = model.save(f"{server}/upload")
    assert result.modelArtifactsInfo.weightDataBytes == 92 and result.responses[0].status == 200
    assert set(Server.files) == {"model.json", "model.weights.bin"} and len(Server.files["model.weights.bin"]) == 92
    told = []
    loaded = tf.loadLayersModel(f"{server}/models/model.json?key=1", onProgress=told.append)
    assert same(loaded, model) and told == [1.0]
    assert [path for path, _ in Server.asked[1:]] == ["/models/model.json?key=1", "/models/./model.weights.bin?key=1"]
    put = tf.io.browserHTTPRequest(f"{server}/upload", {"method": "PUT", "headers": {"X-Own": "yes"}})
    model.save(put)
    assert Server.asked[-1][0] == "PUT" and Server.asked[-1][1]["X-Own"] == "yes"
    assert same(tf.loadLayersModel(f"{server}/model.json", weightPathPrefix=f"{server}/elsewhere/"), model)
    assert Server.asked[-1][0] == "/elsewhere/./model.weights.bin"
    converted = tf.io.http(f"{server}/model.json", weightUrlConverter=lambda name: f"{server}/w/{name[2:]}")
    assert same(tf.loadLayersModel(converted), model)
    with pytest.raises(ConnectionError, match="refused the model: its answer has the status 507"):
        model.save(f"{server}/full")
    with pytest.raises(ConnectionError, match="nothing.json cannot be loaded: the answer has the status 404"):
        tf.loadLayersModel(f"{server}/nothing.json")


def test_http_with_a_fetch_of_ones_own():
    model, kept = dense_model(), []
    model.save(tf.io.withSaveHandler(kept.append))
    described = {**{k: v for k, v in kept[0].items() if not k.startswith("weight")},
                 "weightsManifest": [{"paths": ["w.bin"], "weights": kept[0]["weightSpecs"]}]}  # fmt: skip
    asked = []

    class Answer:
        ok, status = True, 200

        def __init__(self, url):
            self.url = url

        def json(self):
            return described

        def arrayBuffer(self):
            return kept[0]["weightData"]

    async def fetch(url, init):
        asked.append((url, init))
        return Answer(url)

    loaded = tf.loadLayersModel("https://example.invalid/m/model.json", {"fetchFunc": fetch, "requestInit": {"credentials": "x"}})
    assert same(loaded, model)
    assert asked == [(f"https://example.invalid/m/{name}", {"credentials": "x"}) for name in ("model.json", "w.bin")]
    with pytest.raises(ValueError, match="must have no `body`"):
        tf.io.http("http://x", requestInit={"body": b"x"})


def test_a_manifest_leads_nowhere_else(tmp_path):
    dense_model().save("file://m")
    described = json.loads((tmp_path / "m/model.json").read_text())
    for name in ("../weights.bin", "/etc/passwd", "C:\\weights.bin"):
        described["weightsManifest"][0]["paths"] = [name]
        (tmp_path / "m/model.json").write_text(json.dumps(described))
        with pytest.raises(ValueError, match="leads out of its folder"):
            tf.loadLayersModel("file://m")
    (tmp_path / "m/parts").mkdir()
    described["weightsManifest"][0]["paths"] = ["model.json", "parts", ".", "old.bin"]
    (tmp_path / "m/old.bin").write_bytes(b"old")
    (tmp_path / "m/model.json").write_text(json.dumps(described))
    dense_model().save("file://m")  # takes away files of weights, and nothing else
    assert sorted(path.name for path in (tmp_path / "m").iterdir()) == ["model.json", "parts", "weights.bin"]
    (tmp_path / "m/model.json").write_text("{")
    with pytest.raises(OSError, match="it is no JSON, or cut short"):
        tf.loadLayersModel("file://m")
    (tmp_path / "m/model.json").write_text("{}")
    with pytest.raises(OSError, match="is no model of TensorFlow.js"):
        tf.loadLayersModel("file://m")


def test_weights_as_bytes():
    tensors = {"a": tf.tensor([[1.5, 2]]), "b": tf.tensor([1, 0], dtype="bool")}
    made = tf.io.encodeWeights(tensors, "model")
    assert [spec["dtype"] for spec in made.specs] == ["float32", "bool"] and made.specs[0]["group"] == "model"
    again = tf.io.decodeWeights(made.data, made.specs)
    assert again["a"].arraySync() == [[1.5, 2]] and again.b.dtype == "bool"
    listed = [{"name": name, "tensor": tensor} for name, tensor in tensors.items()]
    assert tf.io.encodeWeights(listed).data == made.data == tf.io.concatenateArrayBuffers([made.data[:3], made.data[3:]])
    with open("w.bin", "wb") as file:
        file.write(made.data)
    manifest = [{"paths": ["w.bin"], "weights": made.specs}]
    assert list(tf.io.loadWeights(manifest, ".", ["b"])) == ["b"] and tf.io.getWeightSpecs(manifest) == made.specs
    with pytest.raises(ValueError, match="no weights c"):
        tf.io.loadWeights(manifest, ".", ["c"])
    with pytest.raises(NotImplementedError, match="bytes and memoryview"):
        tf.io.CompositeArrayBuffer([])


def test_50_a_loaded_model_trains_on():
    model = dense_model()
    model.compile(optimizer=tf.train.adam(0.05), loss="meanSquaredError", metrics=["mse"])
    x, y = tf.randomNormal([16, 4]), tf.randomNormal([16, 2])
    fit = {"epochs": 3, "shuffle": False}
    model.fit(x, y, fit)
    model.save("file://trained")
    loaded = tf.loadLayersModel("file://trained")
    assert loaded.metricsNames == model.metricsNames
    np.testing.assert_allclose(loaded.fit(x, y, fit).history["loss"], model.fit(x, y, fit).history["loss"], rtol=1e-5)
    model.save("file://bare", includeOptimizer=False)
    assert tf.loadLayersModel("file://bare").optimizer is None
    with pytest.raises(TypeError, match="save has no option `includeOptimiser`"):
        model.save("file://bare", {"includeOptimiser": False})


def test_51_strict_and_metadata():
    model, kept = dense_model(), []
    model.setUserDefinedMetadata({"by": "me"})
    model.save(tf.io.withSaveHandler(kept.append))
    artifacts = {**kept[0], "weightSpecs": [{**kept[0].weightSpecs[0], "name": "other/kernel"}, *kept[0].weightSpecs[1:]]}
    with pytest.raises(ValueError, match="other/kernel: the model does not have it"):
        tf.loadLayersModel(tf.io.fromMemory(artifacts))
    loaded = tf.loadLayersModel(tf.io.fromMemory(artifacts), strict=False)
    np.testing.assert_array_equal(loaded.weights[3].numpy(), model.weights[3].numpy())
    assert loaded.getUserDefinedMetadata() == {"by": "me"}
    with pytest.raises(TypeError, match="Metadata is a dict"):
        model.setUserDefinedMetadata([1])


def test_54_json_is_tensorflow_jss():
    model = dense_model()
    described = model.toJSON(None, False)
    assert described["class_name"] == "Sequential" and described["config"]["layers"][0]["config"]["batch_input_shape"] == [
        None,
        4,
    ]
    assert json.loads(model.toJSON()) == described
    for given in (described, model.toJSON(), {"modelTopology": described}, {"model_config": described}, model.to_json()):
        again = tf.models.modelFromJSON(given)
        assert type(again) is tf.Sequential and [w.shape for w in again.weights] == [[4, 3], [3], [3, 2], [2]]
    layer = tf.layers.dense(units=2, useBias=False)
    assert layer.getConfig()["use_bias"] is False and type(layer).fromConfig(layer.getConfig()).units == 2


def test_56_custom_layers_are_saved():
    class Cubed(tf.layers.Layer):
        className = "Cubed"

        def call(self, x, kwargs=None):
            return x.mul(x).mul(x)

    tf.serialization.registerClass(Cubed)
    x = tf.input(shape=[4])
    model = tf.model(inputs=x, outputs=Cubed().apply(tf.layers.dense(units=2).apply(x)))
    model.save("localstorage://cubed")
    assert same(tf.loadLayersModel("localstorage://cubed"), model)


class SquaredSum(tf.layers.Layer):
    def computeOutputShape(self, inputShape):
        return []

    def call(self, x, kwargs=None):
        return x.square().sum()

    def getClassName(self):
        return "SquaredSumOfJavaScript"


def test_56_custom_layers_of_a_module_are_saved_under_their_javascript_name(tmp_path):
    x = tf.input(shape=[4])
    model = tf.model(inputs=x, outputs=SquaredSum().apply(x))
    model.save("file://squared")
    layer = json.loads((tmp_path / "squared/model.json").read_text())["modelTopology"]["config"]["layers"][1]
    assert layer["class_name"] == "SquaredSumOfJavaScript" and layer["python_class"] == "SquaredSum"
    loaded = tf.loadLayersModel("file://squared")
    assert type(loaded.layers[1]) is SquaredSum and float(loaded.layers[1].apply([-2, 1, 0, 5]).arraySync()) == 30


def test_models_of_keras_save_as_before(tmp_path):
    model = dense_model()
    model.save(tmp_path / "model.keras")
    model.save(str(tmp_path / "again.keras"), overwrite=True)
    assert type(keras.saving.load_model(tmp_path / "model.keras")) is keras.Sequential


def test_tensorflow_jss_recurrent_layers_have_its_defaults():
    gru = tf.layers.gru(units=2)
    assert gru.cell.reset_after is False
    one = keras.ops.convert_to_tensor(1.0)
    for layer in (gru.cell, tf.layers.lstm(units=2).cell, tf.layers.convLstm2d(filters=1, kernelSize=1).cell):
        assert float(layer.recurrent_activation(one)) == pytest.approx(0.7)
    assert float(tf.layers.dense(units=1, activation="hardSigmoid").activation(one)) == pytest.approx(0.7)
    assert keras.layers.GRU(2).cell.reset_after is True
