"""MultiHeadAttention: what each head looks at, masks, dropout, and one kernel for all."""

import copy

import pytest
import torch
from torch.nn import functional as F

from kerasish.layers import Input, MultiHeadAttention

X = torch.linspace(-1, 1, 2 * 5 * 6).view(2, 5, 6)


def test_it_is_the_formula():
    layer = MultiHeadAttention(2, 3, value_dim=4, bias_initializer="random_normal")
    output, scores = layer(X, X, return_attention_scores=True)
    q, k, v = (
        torch.einsum("btd,dhk->bhtk", X, part.kernel) + part.bias[:, None]
        for part in (layer.query_dense, layer.key_dense, layer.value_dense)
    )
    torch.testing.assert_close(scores, (q @ k.transpose(-1, -2) / 3**0.5).softmax(-1))
    wanted = torch.einsum("bhtk,hkd->btd", scores @ v, layer.output_dense.kernel) + layer.output_dense.bias
    torch.testing.assert_close(output, wanted)
    torch.testing.assert_close(layer(X, X), wanted)


def test_it_equals_torchs_own():
    layer, peer = MultiHeadAttention(2, 3), torch.nn.MultiheadAttention(6, 2, batch_first=True)
    layer.build(X.shape, X.shape)
    kernels = [weight.t().reshape(6, 2, 3) for weight in peer.in_proj_weight.detach().chunk(3)]
    values = [value for kernel in kernels for value in (kernel, torch.zeros(2, 3))]
    layer.set_weights([*values, peer.out_proj.weight.detach().t().reshape(2, 3, 6), torch.zeros(6)])
    torch.testing.assert_close(layer(X, X), peer(X, X, X)[0])


@pytest.mark.parametrize("scores", [False, True])
@pytest.mark.parametrize(
    "arguments, given, allowed",
    [
        ({}, {"use_causal_mask": True}, lambda t, s: s <= t),
        ({"sliding_window": 2}, {}, lambda t, s: (s - t).abs() < 2),
        ({"sliding_window": 2}, {"use_causal_mask": True}, lambda t, s: (s <= t) & (t - s < 2)),
        ({}, {"value_mask": torch.tensor([[True, True, False, True, True]] * 2)}, lambda t, s: s != 2),
        ({}, {"attention_mask": torch.eye(5, dtype=torch.bool)[None]}, lambda t, s: s == t),
    ],
)
def test_masks_say_what_may_be_seen(scores, arguments, given, allowed):
    layer = MultiHeadAttention(2, 3, **arguments)
    plain = MultiHeadAttention(2, 3)
    layer.build(X.shape, X.shape), plain.build(X.shape, X.shape)
    plain.set_weights(layer.get_weights())
    steps = torch.arange(5)
    mask = allowed(steps[:, None], steps[None]).expand(2, 5, 5)
    output = layer(X, X, return_attention_scores=scores, **given)
    torch.testing.assert_close(output[0] if scores else output, plain(X, X, attention_mask=mask))
    if scores:
        assert (output[1] * ~mask[:, None]).abs().sum() == 0


def test_positions_that_see_nothing_stay_finite():
    layer = MultiHeadAttention(2, 3)
    x = X.clone().requires_grad_()
    output = layer(x, x, attention_mask=torch.zeros(2, 5, 5, dtype=torch.bool))
    output.sum().backward()
    assert output.isfinite().all() and x.grad.isfinite().all()


@pytest.mark.parametrize("seed", [None, 4])
def test_dropout_acts_in_training_only(seed):
    layer = MultiHeadAttention(2, 3, dropout=0.5, seed=seed)
    quiet = layer(X, X)
    torch.testing.assert_close(layer(X, X), quiet)
    assert not torch.allclose(layer(X, X, training=True), quiet)


def test_a_seed_repeats_the_dropout():
    outputs = []
    for _ in range(2):
        torch.manual_seed(0)
        outputs.append(MultiHeadAttention(2, 3, dropout=0.5, seed=4)(X, X, training=True))
        torch.rand(3)
    torch.testing.assert_close(*outputs)


def test_the_core_is_one_fused_kernel(monkeypatch):
    seen = []
    fused = F.scaled_dot_product_attention
    monkeypatch.setattr(
        F, "scaled_dot_product_attention", lambda *args, **kwargs: seen.append(args[3:6]) or fused(*args, **kwargs)
    )
    layer = MultiHeadAttention(2, 3, dropout=0.1)
    layer(X, X, use_causal_mask=True, training=True)
    assert seen == [(None, 0.1, True)]


def test_a_subclass_may_attend_in_its_own_way():
    class Mean(MultiHeadAttention):
        def _compute_attention(self, query, key, value, attention_mask=None, training=None, return_attention_scores=False):
            weights = attention_mask.float() / attention_mask.sum(-1, keepdim=True)
            return torch.einsum("bts,bshk->bthk", weights.expand(2, 5, 5), value), None

    layer = Mean(2, 3)
    output = layer(X, X, use_causal_mask=True)
    torch.testing.assert_close(output[:, 0], layer.output_dense(layer.value_dense(X))[:, 0])


def test_projections_have_keras_names():
    layer = MultiHeadAttention(2, 3, use_gate=True, name="attend")
    layer(X, X)
    parts = ["query", "key", "gate", "value", "attention_output"]
    assert [weight.path for weight in layer.weights] == [
        f"attend/{part}/{weight}" for part in parts for weight in ("kernel", "bias")
    ]


@pytest.mark.parametrize(
    "given, message",
    [
        ({"num_heads": 0}, "`num_heads` must be a positive integer; received 0"),
        ({"key_dim": 1.5}, "`key_dim` must be a positive integer"),
        ({"value_dim": -1}, "`value_dim` must be a positive integer"),
        ({"sliding_window": 0}, "`sliding_window` must be None or a positive integer"),
        ({"flash_attention": True, "dropout": 0.1}, "`flash_attention` has no dropout"),
    ],
)
def test_what_cannot_be_is_said(given, message):
    with pytest.raises(ValueError, match=message):
        MultiHeadAttention(**{"num_heads": 2, "key_dim": 3, **given})


def test_keys_and_values_have_the_same_positions():
    with pytest.raises(ValueError, match="must have the same positions"):
        MultiHeadAttention(2, 3)(X, X, torch.ones(2, 4, 6))


def test_shapes_on_symbols():
    query, value = Input((None, 6)), Input((7, 8))
    output, scores = MultiHeadAttention(2, 3, output_shape=4)(query, value, return_attention_scores=True)
    assert (output.shape, scores.shape) == ((None, None, 4), (None, 2, None, 7))


def test_mixed_precision_and_copies():
    layer = MultiHeadAttention(2, 3, dtype="mixed_bfloat16")
    output = layer(X, X)
    assert output.dtype is torch.bfloat16 and layer.query_dense.kernel.dtype is torch.float32
    torch.testing.assert_close(copy.deepcopy(layer)(X, X), output)


class SelfAttention(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.attend = MultiHeadAttention(2, 3)

    def forward(self, x):
        return self.attend(x, x, use_causal_mask=True)


@pytest.mark.parametrize("training", [True, False])
def test_it_compiles_in_one_graph(training):
    model = SelfAttention()
    model(X)
    torch._dynamo.reset()
    compiled = torch.compile(model.train(training), fullgraph=True, backend="eager")
    torch.testing.assert_close(compiled(X), model(X))
