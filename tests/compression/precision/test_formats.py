"""Rounding to 16 bits, bit for bit, and what it does to a training."""

from __future__ import annotations

import re

import numpy as np
import pytest

from paddle_workbench.compression.precision.formats import (
    BFLOAT16,
    FLOAT16,
    FLOAT32,
    FloatFormat,
    descend,
    dynamic_scales,
    rounded,
    rounding_loss,
    unscaled,
)
from paddle_workbench.errors import CompressionError


def all_kinds() -> np.ndarray:
    """Return every number of 16 bits as float32, the ties between them, and their neighbours."""
    patterns = np.arange(2**16, dtype=np.uint16)
    half = patterns.view(np.float16).astype(np.float32)
    brain = (patterns.astype(np.uint32) << 16).view(np.float32)
    random = np.random.default_rng(0).integers(2**32, size=100_000, dtype=np.uint32)
    ties = [np.ldexp(np.float32(1), range(-149, 128)) * odd for odd in (1, 1.5, 1.75)]
    between = brain.view(np.uint32) | np.uint32(0x8000)
    halves = np.ldexp(np.arange(1, 2**12, 2, dtype=np.float32), -25)  # ties of subnormal float16
    with np.errstate(over="ignore", invalid="ignore"):
        exact = [half, brain, between.view(np.float32), random.view(np.float32), *ties]
        near = np.concatenate([*exact, halves, 2**30 * halves]).astype(np.float32)
        return np.concatenate(
            [near, np.nextafter(near, np.float32(np.inf)), np.nextafter(near, np.float32(0))]
        )


def bits(values: np.ndarray) -> np.ndarray:
    """Return the bits of float32 numbers, those of NaN alike."""
    return np.where(np.isnan(values), np.float32(np.nan), values).view(np.uint32)


def test_float16_is_that_of_numpy() -> None:
    values = all_kinds()
    with np.errstate(over="ignore", invalid="ignore"):
        expected = values.astype(np.float16).astype(np.float32)
    assert (bits(rounded(values, FLOAT16)) == bits(expected)).all()
    assert np.isinf(expected).any()
    assert ((expected == 0) & (values != 0)).any()


@pytest.mark.paddle
def test_bfloat16_is_that_of_paddle(imported_paddle: None) -> None:
    import paddle

    values = all_kinds()
    expected = paddle.to_tensor(values).astype("bfloat16").numpy()  # its bits, as uint16
    is_number = ~np.isnan(values)
    result = rounded(values, BFLOAT16)
    assert np.isnan(result[~is_number]).all()
    assert not (result[is_number].view(np.uint32) & 0xFFFF).any()
    assert (result[is_number].view(np.uint32) >> 16 == expected[is_number]).all()


def test_float32_stays_as_it_is() -> None:
    values = all_kinds()
    assert (bits(rounded(values, FLOAT32)) == bits(values)).all()


@pytest.mark.parametrize(
    ("value", "number_format", "expected"),
    [
        (70_000, FLOAT16, np.inf),
        (70_000, BFLOAT16, 70_144),
        (65_519, FLOAT16, 65_504),
        (65_520, FLOAT16, np.inf),
        (-65_520, FLOAT16, -np.inf),
        (1.001, BFLOAT16, 1.0),
        (2049, FLOAT16, 2048),  # a tie, to the even one
        (2051, FLOAT16, 2052),
        (257, BFLOAT16, 256),
        (259, BFLOAT16, 260),
        (2.0**-25, FLOAT16, 0.0),  # half of the smallest number
        (1.5 * 2.0**-25, FLOAT16, 2.0**-24),
        (3e-8, BFLOAT16, 3.003515303134918e-08),
        (3.4e38, BFLOAT16, np.inf),
    ],
)
def test_rounds_known_values(value: float, number_format: FloatFormat, expected: float) -> None:
    assert rounded(value, number_format) == np.float32(expected)


def test_zero_keeps_its_sign() -> None:
    assert np.signbit(rounded([-0.0, -1e-30], FLOAT16)).all()


@pytest.mark.parametrize(("number_format", "dtype"), [(FLOAT16, np.float16), (FLOAT32, np.float32)])
def test_limits_are_those_of_numpy(number_format: FloatFormat, dtype: type) -> None:
    limits = np.finfo(dtype)
    assert number_format.bits == limits.bits
    assert number_format.largest == float(limits.max)
    assert number_format.smallest_normal == float(limits.tiny)
    assert number_format.smallest == float(limits.smallest_subnormal)
    assert number_format.epsilon == float(limits.eps)


def test_largest_bfloat16() -> None:
    assert BFLOAT16.largest == float(np.uint32(0x7F7F0000).view(np.float32))


def test_gradients_become_zero_unless_the_loss_is_scaled() -> None:
    gradients = np.random.default_rng(0).normal(size=10_000).astype(np.float32) * 3e-8
    lost = np.abs(gradients) <= 2.0**-25
    assert rounding_loss(gradients, FLOAT16).underflow == lost.mean() > 0.6
    scaled = rounding_loss(gradients, FLOAT16, scale=2.0**16)
    assert scaled.underflow == 0
    assert rounding_loss(gradients, BFLOAT16).underflow == 0
    assert rounding_loss(gradients, BFLOAT16).error <= BFLOAT16.epsilon / 2
    kept = unscaled(gradients, FLOAT16, scale=2.0**16)
    # Half a step, of a normal or of a subnormal number.
    assert (np.abs(kept - gradients) <= np.abs(gradients) * 2.0**-11 + 2.0**-41).all()


def test_a_scale_that_is_too_large_makes_gradients_infinite() -> None:
    loss = rounding_loss([1.0, 1e-4, np.inf], FLOAT16, scale=2.0**17)
    assert loss.overflow == 0.5  # of the finite ones
    assert loss.underflow == 0


def test_zeros_do_not_count_as_lost() -> None:
    loss = rounding_loss([0.0, 0.0], FLOAT16)
    assert (loss.underflow, loss.overflow, loss.error) == (0, 0, 0)


@pytest.mark.parametrize(("number_format", "end"), [(FLOAT16, 2.0**-2), (BFLOAT16, 2.0**-5)])
def test_small_updates_are_lost_without_a_master_copy(
    number_format: FloatFormat, end: float
) -> None:
    updates = np.full((3000, 2), 1e-4, np.float32)
    stuck = descend([1.0, 0.0], updates, number_format, has_master=False)
    moved = descend([1.0, 0.0], updates, number_format, has_master=True)
    assert stuck.shape == moved.shape == (3001, 2)
    # They stop where an update is less than half a step of the format.
    assert stuck[-1].tolist() == [1.0, end]
    assert np.abs(moved[-1] - [1.3, 0.3]).max() <= number_format.epsilon
    assert (moved == rounded(moved, number_format)).all()


@pytest.mark.paddle
def test_scale_is_that_of_paddle(imported_paddle: None, capsys: pytest.CaptureFixture[str]) -> None:
    import paddle

    settings = {"incr_every_n_steps": 4, "decr_every_n_nan_or_inf": 2, "incr_ratio": 2.0}
    with pytest.warns(UserWarning, match="makes no effect"):
        scaler = paddle.amp.GradScaler(init_loss_scaling=1024.0)
    # On a CPU it is off; what follows is its own rule.
    scaler._enable, scaler._scale = True, 1024.0
    scaler._incr_count = scaler._decr_count = 0
    scaler._decr_ratio = 0.5
    for name, value in settings.items():
        setattr(scaler, f"_{name}", value)
    random = np.random.default_rng(1)
    are_finite = random.random(200) < 0.8
    expected = [1024.0]
    for is_finite in are_finite:
        scaler._cache_found_inf = not is_finite
        scaler._update()
        expected.append(float(scaler._scale))
    capsys.readouterr()
    result = dynamic_scales(are_finite, start=1024.0, grow_after=4, shrink_after=2)
    assert result.tolist() == expected
    assert len(set(expected)) > 3


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: rounded(["a"], FLOAT16), "Expected an array of numbers, got ['a']."),
        (lambda: rounded([[1.0], [1.0, 2.0]], FLOAT16), "Expected an array of numbers"),
        (lambda: rounded([1.0], "float16"), "The format is 'float16', and not a FloatFormat."),  # type: ignore[arg-type]
        (lambda: FloatFormat("wide", 40, 3), "exponent_bits is 40."),
        (lambda: FloatFormat("half", 5, 9.5), "fraction_bits is 9.5."),  # type: ignore[arg-type]
        (lambda: unscaled([1.0], FLOAT16, scale=2.0**400), "The loss cannot be scaled by 2.58"),
        (lambda: unscaled([1.0], FLOAT16, scale="1"), "The loss cannot be scaled by 1."),  # type: ignore[arg-type]
        (lambda: unscaled([1.0], FLOAT16, scale=0), "The loss cannot be scaled by 0."),
        (lambda: unscaled([1.0], FLOAT16, scale=np.nan), "The loss cannot be scaled by nan."),
        (lambda: rounding_loss([np.nan], FLOAT16), "There are no finite values to round."),
        (lambda: rounding_loss([], FLOAT16), "There are no finite values to round."),
        (
            lambda: descend([1.0, 2.0], [1.0, 2.0], FLOAT16, has_master=True),
            "The weights have the shape (2,), and the updates (2,).",
        ),
        (lambda: dynamic_scales([True], growth=1.0), "growth=1.0, grow_after=2000"),
    ],
)
def test_explains_what_is_wrong(call: object, message: str) -> None:
    with pytest.raises(CompressionError, match=re.escape(message)):
        call()  # type: ignore[operator]
