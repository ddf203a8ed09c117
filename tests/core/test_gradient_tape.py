"""GradientTape: what it records, and what it gives."""

import gc

import pytest
import torch

from kerasish import GradientTape, Sequential, Variable, layers


def test_variables_are_watched_and_nested_sources_keep_their_nest():
    x, w, frozen = Variable(3.0), Variable(2.0), Variable(5.0, trainable=False)
    with GradientTape() as tape:
        y = x * x * w * frozen
    gradients = tape.gradient(y, {"x": x, "rest": [w, (frozen,)]})
    assert gradients["x"].item() == 60.0 and gradients["rest"][0].item() == 45.0
    assert gradients["rest"][1] == (None,)
    assert type(gradients["x"]) is torch.Tensor and not gradients["x"].requires_grad


def test_a_target_of_many_numbers_counts_as_their_sum_and_weights_may_be_given():
    x = Variable([1.0, 2.0, 3.0])
    with GradientTape(persistent=True) as tape:
        y = x * x
    assert tape.gradient(y, x).tolist() == [2.0, 4.0, 6.0]
    assert tape.gradient([y, y], x).tolist() == [4.0, 8.0, 12.0]
    assert tape.gradient(y, x, output_gradients=torch.tensor([1.0, 0.0, 10.0])).tolist() == [2.0, 0.0, 60.0]
    with pytest.raises(ValueError, match="shapes of `target`"):
        tape.gradient(y, x, output_gradients=torch.ones(2))


def test_a_watched_tensor_is_as_it_was_after_the_block():
    x = torch.tensor(3.0)
    with GradientTape() as tape:
        tape.watch(x)
        y = x * x
    assert not x.requires_grad and x.grad_fn is None
    assert tape.gradient(y, x).item() == 6.0
    x.add_(1.0)  # no leaf of anything any more
    assert (x * x).grad_fn is None


def test_a_watched_tensor_is_as_it_was_after_an_error():
    x = torch.tensor(3.0)
    with pytest.raises(ZeroDivisionError), GradientTape() as tape:
        tape.watch(x)
        1 / 0  # noqa: B018
    assert not x.requires_grad and torch.is_grad_enabled()


def test_watching_a_frozen_variable_holds_for_the_block_only():
    x = Variable(3.0, trainable=False)
    with GradientTape() as tape:
        tape.watch(x)
        y = x * x
    assert tape.gradient(y, x).item() == 6.0 and not x.trainable


def test_two_tapes_that_watch_one_tensor_give_it_back_when_both_have_ended():
    x = torch.tensor(2.0)
    with GradientTape() as outer:
        outer.watch(x)
        with GradientTape() as inner:
            inner.watch(x)
            y = x**4
        assert x.requires_grad
        slope = inner.gradient(y, x)
    assert not x.requires_grad
    assert slope.item() == 32.0 and outer.gradient(slope, x).item() == 48.0


def test_a_tape_does_not_see_what_only_another_one_watches():
    x = torch.tensor(2.0)
    with GradientTape() as outer:
        outer.watch(x)
        with GradientTape() as inner:
            y = x * x
        assert inner.gradient(y, x) is None
    assert outer.gradient(y, x).item() == 4.0


def test_what_was_computed_before_the_tape_is_a_constant():
    x = Variable(2.0)
    before = x * x
    with GradientTape(persistent=True) as tape:
        y = before * x
    assert tape.gradient(y, x).item() == 4.0  # not 12
    assert tape.gradient(before, x) is None and tape.gradient(y, before) is None
    y.backward()  # torch itself sees all of it
    assert x.grad is not None and x.grad.item() == 12.0


def test_a_constant_from_before_lets_no_nan_through():
    x = Variable(0.0)
    before = torch.sqrt(x)  # whose slope is infinite here
    with GradientTape() as tape:
        y = before * x + 3 * x
    assert tape.gradient(y, x).item() == 3.0


def test_a_result_from_before_can_be_watched():
    x = Variable(2.0)
    before = x * x
    with GradientTape() as tape:
        tape.watch(before)
        y = before * before * x
    slopes = tape.gradient(y, [before, x])
    assert [slope.item() for slope in slopes] == [16.0, 16.0]


def test_what_is_computed_after_the_block_is_not_recorded():
    x = Variable(2.0)
    with GradientTape(persistent=True) as tape:
        y = x * x
    assert tape.gradient(y * 2, x) is None
    assert tape.gradient(y, x).item() == 4.0


def test_stop_recording_makes_constants_for_this_tape_alone():
    x = Variable(2.0)
    with GradientTape(persistent=True) as outer, GradientTape(persistent=True) as inner:
        y = x * x
        with inner.stop_recording():
            z = y * x
            assert torch.is_grad_enabled()
        total = y + z
    assert inner.gradient(total, x).item() == 4.0
    assert outer.gradient(total, x).item() == 16.0
    with GradientTape() as tape:
        with tape.stop_recording():
            assert not torch.is_grad_enabled() and not (x * x).requires_grad
    with pytest.raises(ValueError, match="recording"), tape.stop_recording():
        pass


def test_reset_forgets():
    x = Variable(2.0)
    with GradientTape() as tape:
        y = x * x
        tape.reset()
        z = y * x
    assert tape.gradient(z, x).item() == 4.0


def test_a_tape_gives_gradients_once_unless_it_is_persistent():
    x = Variable(2.0)
    with GradientTape() as tape:
        y = x * x
    tape.gradient(y, x)
    with pytest.raises(RuntimeError, match="persistent=True"):
        tape.gradient(y, x)
    with GradientTape(persistent=True) as tape:
        y = x * x * x
    assert [tape.gradient(y, x).item() for _ in range(2)] == [12.0, 12.0]


def test_tapes_around_the_same_computation_do_not_take_it_from_each_other():
    x = Variable(2.0)
    with GradientTape() as first, GradientTape() as second:
        y = torch.exp(x) * x
    assert first.gradient(y, x).item() == second.gradient(y, x).item()


def test_a_tape_that_may_be_asked_once_keeps_nothing():
    x = Variable([2.0, 3.0])
    with GradientTape() as tape:
        y = x.exp()
    tape.gradient(y, x)
    with pytest.raises(RuntimeError, match="second time"):
        torch.autograd.grad(y.sum(), x)


def test_only_what_is_watched_counts_where_variables_are_not():
    x, w = Variable(3.0), Variable(2.0)
    with GradientTape(persistent=True, watch_accessed_variables=False) as tape:
        tape.watch(x)
        unseen = w * w
        y = x * w * unseen
    assert tape.gradient(y, x).item() == 8.0
    assert tape.gradient(y, w) is None and tape.gradient(y, unseen) is None
    assert tape.watched_variables() == (x,)


def test_unconnected_gradients_are_none_or_zero():
    x, other = Variable(2.0), Variable([1.0, 2.0])
    with GradientTape(persistent=True) as tape:
        y = x * x
    assert tape.gradient(y, other) is None
    assert tape.gradient(y, [x, other], unconnected_gradients="zero")[1].tolist() == [0.0, 0.0]
    assert tape.jacobian(y, other, unconnected_gradients="zero").tolist() == [0.0, 0.0]
    with pytest.raises(ValueError, match="'none' or 'zero'"):
        tape.gradient(y, x, unconnected_gradients="ones")


def test_whole_numbers_have_no_gradients():
    count = torch.tensor(3)
    with GradientTape() as tape:
        with pytest.warns(UserWarning, match="floating"):
            tape.watch(count)
        y = count * 2.0
    assert tape.gradient(y, count) is None
    with pytest.raises(ValueError, match="takes tensors"):
        GradientTape().watch(3.0)


def test_second_derivatives():
    x = Variable(2.0)
    with GradientTape() as outer:
        with GradientTape() as inner:
            y = x * x * x
        slope = inner.gradient(y, x)
        loss = slope * slope
    assert outer.gradient(loss, x).item() == 2 * 12.0 * 12.0


def test_a_scalar_has_a_jacobian_too():
    x = Variable(3.0)
    with GradientTape() as tape:
        y = x**2
    assert tape.jacobian(y, x).item() == 6.0


def test_jacobians_of_all_kinds_agree():
    x, w = torch.randn(4, 3), Variable(torch.randn(3, 2))
    with GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = torch.tanh(x @ w)
    by_x, by_w = tape.jacobian(y, [x, w])
    wanted = torch.autograd.functional.jacobian(lambda a, b: torch.tanh(a @ b), (x, w.detach()))
    torch.testing.assert_close(by_x, wanted[0])
    torch.testing.assert_close(by_w, wanted[1])
    torch.testing.assert_close(tape.jacobian(y, w, experimental_use_pfor=False), wanted[1])
    torch.testing.assert_close(tape.jacobian(y, w, parallel_iterations=3), wanted[1])
    rows = torch.stack([wanted[0][i, :, i] for i in range(4)])
    torch.testing.assert_close(tape.batch_jacobian(y, x), rows)
    torch.testing.assert_close(tape.batch_jacobian(y, x, experimental_use_pfor=False), rows)
    with pytest.raises(ValueError, match="batch axis of the same size"):
        tape.batch_jacobian(y, w)


def test_watched_variables_are_those_that_living_results_depend_on():
    gc.collect()
    a, b, c = (Variable(1.0, name=name) for name in "abc")
    with GradientTape() as tape:
        y = a * 2.0
        z = y * b
    assert {variable.name for variable in tape.watched_variables()} == {"a", "b"}
    assert tape.gradient(z, tape.watched_variables()) is not None and c.grad is None


def test_a_model_and_no_grad_around_it():
    model = Sequential([layers.Dense(3, activation="relu"), layers.Dense(1)])
    x = torch.randn(5, 4)
    model(x)
    with torch.no_grad(), GradientTape() as tape:
        loss = (model(x) ** 2).mean()
    mine = tape.gradient(loss, model.trainable_variables)
    wanted = torch.autograd.grad((model(x) ** 2).mean(), model.trainable_variables)
    for gradient, expected in zip(mine, wanted, strict=True):
        torch.testing.assert_close(gradient, expected)


def test_a_tape_recorded_in_inference_mode_is_refused():
    with torch.inference_mode(), pytest.raises(RuntimeError, match="inference_mode"), GradientTape():
        pass


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_second_derivatives_on_a_gpu_where_another_thread_numbers_operations():
    x = torch.tensor(2.0, device="cuda")
    _ = [x * 1.0 for _ in range(5)]
    with GradientTape() as outer:
        outer.watch(x)
        with GradientTape() as inner:
            inner.watch(x)
            y = x**4
        slope = inner.gradient(y, x)
        loss = slope * slope
    assert outer.gradient(loss, x).item() == 2 * 32.0 * 48.0


def test_a_persistent_tape_gives_gradients_while_it_records():
    x = Variable(3.0)
    with GradientTape(persistent=True) as tape:
        y = x * x
        slope = tape.gradient(y, x)
        z = slope * x
    assert slope.item() == 6.0 and tape.gradient(z, x).item() == 12.0  # z = 2 x²


def test_weights_of_one_target_may_be_a_list():
    x = Variable([2.0, 1.0])
    with GradientTape() as tape:
        y = x * x
    assert tape.gradient(y, x, output_gradients=[1.0, 10.0]).tolist() == [4.0, 20.0]
