"""The two guides' programs in TensorFlow.js's spelling, and what they print."""

import re
import subprocess
import sys

TRAIN = """
import kerasish.tfjs as tf

model = tf.sequential(layers=[
    tf.layers.dense(inputShape=[784], units=32, activation='relu'),
    tf.layers.dense(units=10, activation='softmax'),
])
for w in model.weights:
    print(w.name, w.shape)
model.summary()
for w in model.weights:
    w.val.assign(tf.randomNormal(w.shape))
model.compile(optimizer='sgd', loss='categoricalCrossentropy', metrics=['accuracy'])

def onBatchEnd(batch, logs):
    print('Accuracy', logs['acc'])

info = model.fit(tf.randomNormal([100, 784]), tf.randomUniform([100, 10]), epochs=5, batchSize=32,
                 callbacks={'onBatchEnd': onBatchEnd})
print('Final accuracy', info.history['acc'])

def data():
    for i in range(100):
        yield tf.randomNormal([784])

def labels():
    for i in range(100):
        yield tf.randomUniform([10])

ds = tf.data.zip({'xs': tf.data.generator(data), 'ys': tf.data.generator(labels)}).shuffle(100).batch(32)
info = model.fitDataset(ds, epochs=5)
print('Accuracy', info.history['acc'])
model.predict(tf.randomNormal([3, 784])).print()

w1, b1 = tf.variable(tf.randomNormal([784, 32])), tf.variable(tf.randomNormal([32]))
w2, b2 = tf.variable(tf.randomNormal([32, 10])), tf.variable(tf.randomNormal([10]))
optimizer = tf.train.sgd(0.1)

def step(batch):
    def f():
        predYs = batch['xs'].matMul(w1).add(b1).relu().matMul(w2).add(b2)
        loss = tf.losses.softmaxCrossEntropy(batch['ys'], predYs)
        loss.data().then(lambda l: print('Loss', l))
        return loss
    optimizer.minimize(f)

for epoch in range(5):
    ds.forEachAsync(step)
    print('Epoch', epoch)
"""

MODELS = """
import kerasish.tfjs as tf

model = tf.sequential()
model.add(tf.layers.dense(inputShape=[784], units=32, activation='relu'))
model.add(tf.layers.dense(units=10, activation='softmax'))

input = tf.input(shape=[784])
dense1 = tf.layers.dense(units=32, activation='relu').apply(input)
dense2 = tf.layers.dense(units=10, activation='softmax').apply(dense1)
functional = tf.model(inputs=input, outputs=dense2)
print(list(dense1.shape), len(functional.layers), functional.countParams(), model.countParams())

tf.layers.activation(activation='relu').apply(tf.tensor([-2, 1, 0, 5])).print()

class SquaredSumLayer(tf.layers.Layer):
    def __init__(self):
        super().__init__()

    def computeOutputShape(self, inputShape):
        return []

    def call(self, input, kwargs=None):
        return input.square().sum()

    def getClassName(self):
        return 'SquaredSum'

SquaredSumLayer().apply(tf.tensor([-2, 1, 0, 5])).print()
"""


def run(program: str, folder) -> str:
    """Run a program in a process of its own, and give what it printed."""
    done = subprocess.run([sys.executable, "-c", program], cwd=folder, capture_output=True, text=True, env=environment())
    assert done.returncode == 0, done.stderr
    return done.stdout


def environment() -> dict[str, str]:
    import os
    from pathlib import Path

    import kerasish

    return {**os.environ, "PYTHONPATH": str(Path(kerasish.__file__).parents[1]), "OMP_NUM_THREADS": "1"}


def test_training_models_prints_what_the_guide_promises(tmp_path):
    printed = run(TRAIN, tmp_path)
    assert printed.startswith(
        "dense_Dense1/kernel [784, 32]\ndense_Dense1/bias [32]\ndense_Dense2/kernel [32, 10]\ndense_Dense2/bias [10]\n"
    )
    for line in (
        "dense_Dense1 (Dense)        [[null,784]]              [null,32]                 25120     ",
        "dense_Dense2 (Dense)        [[null,32]]               [null,10]                 330       ",
        "Total params: 25450", "Trainable params: 25450", "Non-trainable params: 0",
    ):  # fmt: skip
        assert f"\n{line}\n" in printed
    number = r"\d[\d.e-]*"
    assert len(re.findall(rf"^Accuracy {number}$", printed, re.M)) == 20
    five = rf"\[{number}(?:, {number}){{4}}\]"
    assert re.search(rf"^Final accuracy {five}$", printed, re.M) and re.search(rf"^Accuracy {five}$", printed, re.M)
    assert re.search(r"^Tensor\n    \[\[[^\]]*\],\n     \[[^\]]*\],\n     \[[^\]]*\]\]$", printed, re.M)
    epochs = printed[printed.index("Loss") :].split("\n")
    assert [line.split(" ")[0] for line in epochs if line] == ["Loss", "Loss", "Loss", "Loss", "Epoch"] * 5
    assert re.fullmatch(r"Loss \[\d+\.\d+\]", epochs[0])


def test_models_and_layers_prints_what_the_guide_promises(tmp_path):
    assert run(MODELS, tmp_path) == "[None, 32] 3 25450 25450\nTensor\n    [0, 1, 0, 5]\nTensor\n    30\n"
