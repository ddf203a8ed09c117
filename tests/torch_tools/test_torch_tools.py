"""Torch's own tools on real models: a model is a module like any other."""

import copy

import pytest
import torch
from torch import fx, nn

import kerasish as keras
from kerasish import layers


def convnet() -> keras.Model:
    images = keras.Input((12, 12, 1))
    x = layers.Conv2D(4, 3, padding="same", activation="relu")(images)
    x = layers.BatchNormalization()(x)
    x = layers.MaxPooling2D()(x)
    x = layers.Flatten()(x)
    x = torch.cat([x, layers.Dense(5, activation="relu")(x)], dim=-1)
    return keras.Model(images, layers.Dense(3)(layers.Dropout(0.2)(x)))


class Subclassed(keras.Model):
    """Written as in Keras."""

    def __init__(self) -> None:
        super().__init__()
        self.blocks = [layers.Dense(8, activation="relu"), layers.LayerNormalization()]
        self.attention = layers.MultiHeadAttention(2, 4)
        self.head = layers.Dense(3)

    def call(self, inputs, training=False):
        x = inputs.reshape(inputs.shape[0], 12, 12)
        for block in self.blocks:
            x = block(x)
        return self.head(self.attention(x, x).mean(1))


def sequential() -> keras.Model:
    return keras.Sequential([layers.Flatten(), layers.Dense(6, activation="gelu"), layers.Dropout(0.1), layers.Dense(3)])


MODELS = [convnet, Subclassed, sequential]


@pytest.fixture(params=MODELS, ids=lambda make: make.__name__)
def model(request) -> keras.Model:
    made = request.param()
    made(torch.zeros(2, 12, 12, 1))
    return made


X = torch.linspace(-1, 1, 4 * 144).reshape(4, 12, 12, 1)


def test_torch_optim_trains_it(model: keras.Model) -> None:
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.01)
    labels = torch.tensor([0, 1, 2, 0])
    losses = []
    model.train()
    for _ in range(30):
        loss = nn.functional.cross_entropy(model(X), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0]


def test_torch_compile_takes_the_whole_graph(model: keras.Model) -> None:
    compiled = torch.compile(model, fullgraph=True, backend="eager")
    torch.testing.assert_close(compiled(X), model(X))


def test_torch_export_with_a_dynamic_batch(model: keras.Model) -> None:
    batch = torch.export.Dim("batch", min=1, max=64)
    program = torch.export.export(model, (X,), dynamic_shapes=({0: batch},))
    for rows in (1, 3):
        torch.testing.assert_close(program.module()(X[:rows]), model(X[:rows]))


def test_deepcopy_is_independent(model: keras.Model) -> None:
    expected = model(X).detach()
    twin = copy.deepcopy(model)
    with torch.no_grad():
        for weight in twin.parameters():
            weight.zero_()
    torch.testing.assert_close(model(X), expected)
    assert twin(X).abs().max() < expected.abs().max()


def test_state_dicts_load_and_modules_move(model: keras.Model) -> None:
    expected = model(X)
    state = {name: value.clone() for name, value in model.state_dict().items()}
    with torch.no_grad():
        for weight in model.parameters():
            weight.add_(1.0)
    model.load_state_dict(state)
    torch.testing.assert_close(model(X), expected)
    assert len(state) == len({*state}) == len(model.weights)
    model.to(torch.float32).to("cpu")
    torch.testing.assert_close(model(X), expected)
    assert model.to("meta") is model and all(p.is_meta for p in model.parameters())


def test_torch_func_and_per_sample_gradients(model: keras.Model) -> None:
    parameters = dict(model.named_parameters())
    out = torch.func.functional_call(model, {**parameters, **dict(model.named_buffers())}, (X,))
    torch.testing.assert_close(out, model(X))


def test_functional_models_are_fx_graphs() -> None:
    model = convnet()
    module = model.graph_module()
    assert isinstance(module, fx.GraphModule) and "conv2d" in str(model.graph)
    torch.testing.assert_close(module(X), model(X))


def test_plain_modules_hold_models_and_models_hold_plain_modules() -> None:
    whole = nn.Sequential(nn.Flatten(), nn.Linear(144, 6), sequential())
    assert whole(X).shape == (4, 3)
    whole.train()
    assert all(module.training for module in whole.modules())


def test_distributed_data_parallel_trains_it(tmp_path) -> None:
    torch.distributed.init_process_group("gloo", init_method=f"file://{tmp_path}/group", rank=0, world_size=1)
    try:
        model = convnet()
        parallel = nn.parallel.DistributedDataParallel(model)
        model.train()
        parallel(X).sum().backward()
        assert all(weight.grad is not None for weight in model.parameters())
    finally:
        torch.distributed.destroy_process_group()
