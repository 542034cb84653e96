import numpy as np
import pytest
import torch

from glsmed.shared.protocol.precision import GROUP, from_bf16, from_int8, group_count, to_bf16, to_int8

RANDOM = np.random.default_rng(0)
VALUES = (RANDOM.normal(size=3 * GROUP + 7) * RANDOM.choice([1e-30, 1e-3, 1, 1e20], 3 * GROUP + 7)).astype(np.float32)


def test_bf16_rounds_as_torch_does() -> None:
    edge = np.array([0, -0.0, 1.0, 1.00390625, 1.01171875, 3.3895314e38, 1e-40], dtype=np.float32)
    for values in (VALUES, edge):
        expected = torch.from_numpy(values).bfloat16().float().numpy()
        assert np.array_equal(from_bf16(to_bf16(values)), expected)


def test_bf16_of_bf16_loses_nothing_more() -> None:
    once = from_bf16(to_bf16(VALUES))
    assert np.array_equal(from_bf16(to_bf16(once)), once)


def test_int8_is_within_half_a_step_of_each_groups_largest() -> None:
    values = RANDOM.normal(size=2 * GROUP + 3).astype(np.float32)
    values[:GROUP] *= 1000
    steps, scales = to_int8(values)
    assert (steps.size, scales.size) == (values.size, group_count(values.size))
    largest = [np.abs(values[at : at + GROUP]).max() for at in range(0, values.size, GROUP)]
    assert scales == pytest.approx(np.array(largest) / 127, rel=1e-6)
    error = np.abs(from_int8(steps, scales) - values)
    assert (error <= np.repeat(scales, GROUP)[: values.size] * 0.5001).all()


def test_a_group_of_zeros_stays_zero() -> None:
    steps, scales = to_int8(np.zeros(5, dtype=np.float32))
    assert from_int8(steps, scales).tolist() == [0] * 5
