import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.accuracy import metrics


def slow_kappa(a: list[int], b: list[int]) -> float:
    """Return the quadratic kappa from its definition, pair by pair."""
    pairs = [(x, y) for x, y in zip(a, b, strict=True) if x >= 0 and y >= 0]
    disagreed = sum((x - y) ** 2 for x, y in pairs) / len(pairs)
    by_chance = sum((x - y) ** 2 for x, _ in pairs for _, y in pairs) / len(pairs) ** 2
    return 1 - disagreed / by_chance


LEVEL_PAIRS = st.lists(
    st.tuples(st.integers(-1, 4), st.integers(-1, 4)), min_size=1, max_size=40
)


@given(LEVEL_PAIRS)
def test_kappa_is_its_definition(pairs: list[tuple[int, int]]) -> None:
    """Kappa equals the sum over all pairs, with unknown levels left out."""
    a, b = (list(side) for side in zip(*pairs, strict=True))
    known = {(x, y) for x, y in pairs if x >= 0 and y >= 0}
    kappa = metrics.quadratic_kappa(a, b)
    if not known or len({level for pair in known for level in pair}) == 1:
        assert math.isnan(kappa)
    else:
        assert kappa == pytest.approx(slow_kappa(a, b))


def test_kappa_of_a_published_table() -> None:
    """Two raters of 2x2 counts 20, 5, 10, 15 agree with kappa 0.4 (Wikipedia's)."""
    a = [0] * 25 + [1] * 25
    b = [0] * 20 + [1] * 5 + [0] * 10 + [1] * 15

    assert metrics.quadratic_kappa(a, b) == pytest.approx(0.4)


def test_kappa_punishes_far_levels_more() -> None:
    """Being two levels off costs more than being one off as often."""
    exact = [1, 2, 3, 4] * 5
    near = [2, *exact[1:]]
    far = [3, *exact[1:]]

    assert (
        1 > metrics.quadratic_kappa(near, exact) > metrics.quadratic_kappa(far, exact)
    )


def test_agreement_counts_equal_known_pairs() -> None:
    """Agreement is the share of equal levels among known pairs."""
    assert metrics.agreement([1, 2, -1, 4], [1, 3, 3, -1]) == 0.5
    assert math.isnan(metrics.agreement([-1], [2]))


@given(
    st.floats(-180, 180), st.floats(-100, 100), st.integers(-2, 2), st.floats(0.1, 50)
)
def test_constant_error_is_bias(
    exact: float, error: float, turns: int, sd: float
) -> None:
    """A constant error is all bias, whatever full turns lie between."""
    exact_deg = np.full(7, exact)
    stat = metrics.angle_stat(
        exact_deg + error + 360 * turns, exact_deg, np.full(7, sd)
    )

    assert stat.bias_deg == pytest.approx(error, abs=1e-9)
    assert stat.rmse_deg == pytest.approx(abs(error), abs=1e-9)
    assert stat.noise_deg == pytest.approx(0, abs=1e-4)
    assert stat.p95_deg == pytest.approx(abs(error), abs=1e-9)


def test_statistics_are_those_of_the_constructed_errors() -> None:
    """RMSE, bias and 95th percentile are those that a loop finds."""
    rng = np.random.default_rng(5)
    exact = rng.uniform(-170, 170, 400)
    errors = rng.normal(3, 8, 400)
    stat = metrics.angle_stat(exact + errors, exact)
    ordered = sorted(abs(e) for e in errors)

    assert stat.rmse_deg == pytest.approx(
        math.sqrt(math.fsum(e * e for e in errors) / 400)
    )
    assert stat.bias_deg == pytest.approx(math.fsum(errors) / 400)
    assert ordered[378] <= stat.p95_deg <= ordered[381]
    assert stat.noise_deg == pytest.approx(float(np.std(errors)))
    assert math.isnan(stat.inside_68)


def test_honest_gaussian_is_covered_as_stated() -> None:
    """Errors drawn from the stated deviations lie within 68 and 95 % intervals."""
    rng = np.random.default_rng(1)
    sd = rng.uniform(1, 9, 40_000)
    stat = metrics.angle_stat(sd * rng.normal(size=sd.size), np.zeros(sd.size), sd)

    assert stat.inside_68 == pytest.approx(0.68, abs=0.01)
    assert stat.inside_95 == pytest.approx(0.95, abs=0.005)


def test_overconfidence_is_seen() -> None:
    """Deviations that are stated half as large cover less."""
    rng = np.random.default_rng(2)
    stat = metrics.angle_stat(
        rng.normal(0, 2, 20_000), np.zeros(20_000), np.ones(20_000)
    )

    assert stat.inside_68 == pytest.approx(0.381, abs=0.02)


def test_missing_values_are_counted_and_enter_no_error() -> None:
    """The share is of the frames where the exact angle is defined."""
    found = np.array([1.0, np.nan, 5.0, np.nan])
    exact = np.array([0.0, 2.0, np.nan, np.nan])
    stat = metrics.angle_stat(found, exact, np.ones(4))

    assert (stat.frames, stat.share, stat.rmse_deg) == (2, 0.5, 1.0)


def test_nothing_to_judge_is_nan() -> None:
    """Without a found value there is a share and no error."""
    stat = metrics.angle_stat(np.full(3, np.nan), np.zeros(3), np.full(3, np.nan))

    assert (stat.frames, stat.share) == (3, 0.0)
    assert math.isnan(stat.rmse_deg)
    assert math.isnan(metrics.angle_stat(np.empty(0), np.empty(0)).share)


def test_acceleration_of_a_throw_is_gravity_at_uneven_times() -> None:
    """A parabola has the same acceleration at every frame, however they are spaced."""
    time_s = np.cumsum(np.random.default_rng(3).uniform(0.02, 0.1, 20))
    gravity = np.array([0.0, -9.81, 0.0])
    path = 0.5 * gravity * time_s[:, None] ** 2 + np.array([2.0, 1.0, 0.5])

    acceleration = metrics.acceleration_m_s2(path[:, None], time_s)

    np.testing.assert_allclose(acceleration[:, 0], np.tile(gravity, (18, 1)), atol=1e-9)


@given(st.floats(0, 180))
def test_angle_between_directions(angle: float) -> None:
    """Turning a direction by an angle puts that angle between the two."""
    turned = [3 * math.cos(math.radians(angle)), 3 * math.sin(math.radians(angle)), 0]

    assert metrics.between_deg([0.5, 0, 0], turned) == pytest.approx(angle, abs=1e-6)


def test_median_leaves_nan_out() -> None:
    """The median is of the finite values, NaN only where there are none."""
    assert metrics.median([3.0, math.nan, 1.0, 2.0]) == 2.0
    assert math.isnan(metrics.median([math.nan]))
