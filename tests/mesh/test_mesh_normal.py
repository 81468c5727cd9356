"""Laws of the Gauss-Newton equations and of the solver."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
import torch

from ergomesh.mesh.core.blocks import Room, Workspace
from ergomesh.mesh.core.body import UNKNOWNS, BodyModel, State
from ergomesh.mesh.core.normal import RIDGE, Problem, cost_of, linearise
from ergomesh.mesh.core.residuals import robust_cost, robust_weight
from ergomesh.mesh.core.settings import FitSettings
from ergomesh.mesh.core.shape import SHARED
from ergomesh.mesh.core.slabs import own_threads
from ergomesh.mesh.core.solver import eliminate, minimise, step_from, to_come
from mesh.mesh_synthetic import Scene, make_scene
from mesh.mesh_twin import autograd_system, dense_system, problem_near, residual_vector

SETTINGS = FitSettings()


@pytest.fixture(autouse=True)
def few_threads() -> Iterator[None]:
    """Work as a fit does: torch's own threads wait for each other here."""
    with own_threads("cpu"):
        yield


def alone(problem: Problem) -> Problem:
    """Return the problem without the coupling of frames."""
    return replace(problem, step_rate=torch.zeros_like(problem.step_rate))


def test_equations_are_those_of_autograd(scene: Scene) -> None:
    """The analytic Hessian and gradient are autograd's JᵀJ and Jᵀr."""
    problem, state = problem_near(scene, 2, SETTINGS)
    problem = alone(problem)

    matrix, gradient = dense_system(linearise(problem, state), RIDGE)
    expected, pull = autograd_system(problem, state)

    assert torch.allclose(
        matrix, expected, rtol=1e-5, atol=1e-5 * float(expected.max())
    )
    assert torch.allclose(
        gradient, pull, rtol=1e-5, atol=1e-5 * float(pull.abs().max())
    )


def test_coupled_gradient_is_exact_and_hessian_close(scene: Scene) -> None:
    """With the temporal term the gradient stays autograd's, the Hessian to θ²/12."""
    problem, state = problem_near(scene, 2, replace(SETTINGS, step_scale=0.05))

    matrix, gradient = dense_system(linearise(problem, state), RIDGE)
    expected, pull = autograd_system(problem, state)

    assert torch.allclose(
        gradient, pull, rtol=1e-5, atol=1e-6 * float(pull.abs().max())
    )
    off = torch.linalg.matrix_norm(matrix - expected)
    assert off < 0.05 * torch.linalg.matrix_norm(expected)


def test_cost_is_half_the_sum_of_squares(body: BodyModel) -> None:
    """Where the robust width is huge, the cost is half the residuals' squared norm."""
    problem, state = problem_near(make_scene(body, frames=4), 4, SETTINGS, 1e6)

    vector = residual_vector(problem, state, state)

    assert cost_of(problem, state) == pytest.approx(
        0.5 * float(vector @ vector), rel=1e-6
    )


def test_robust_weight_is_the_derivative_of_the_robust_cost() -> None:
    """The reweighting is the slope of the cost over the squared residual."""
    squared = torch.linspace(0.01, 50, 40, dtype=torch.float64)
    residual = squared.sqrt()[:, None].requires_grad_()

    (slope,) = torch.autograd.grad(robust_cost(residual, 3.0).sum(), residual)

    weight = robust_weight(residual, 3.0)
    assert torch.allclose(slope[:, 0], 2 * residual[:, 0] * weight)


def test_step_solves_the_dense_system(scene: Scene) -> None:
    """An undamped step is the dense Gauss-Newton step, shared unknowns included."""
    problem, state = problem_near(scene, 4, SETTINGS)
    normal = linearise(problem, state)

    parts = eliminate(normal, 0.0, Room.of(4, state.rotmats))
    assert parts is not None
    step = step_from(parts.corner, [parts.through])

    matrix, gradient = dense_system(normal, 0.0)
    expected = -torch.linalg.solve(matrix, gradient)
    assert step is not None
    found = torch.cat((step[0].flatten(), step[1]))
    assert torch.allclose(found, expected, rtol=1e-6, atol=1e-8)


def far_start(state: State, spread: float) -> State:
    """Return a state turned at random."""
    draw = torch.Generator().manual_seed(1)
    count = len(state.rotmats)
    turn = torch.randn(count, UNKNOWNS, generator=draw, dtype=torch.float64)
    shared = torch.zeros(SHARED, dtype=torch.float64)
    return state.moved(spread * turn, shared)


@pytest.mark.parametrize("spread", [0.05, 0.5, 3.0])
def test_cost_never_rises(scene: Scene, spread: float) -> None:
    """From near and from hopeless starts alike, each kept step lowers the cost."""
    problem, state = problem_near(scene, 12, SETTINGS)
    start = far_start(state, spread)

    found, trace = minimise(
        problem,
        start,
        Workspace.of(12, state.rotmats),
        max_iterations=15,
        tolerance=1e-4,
    )

    costs = torch.tensor(trace.costs)
    assert (costs.diff() < 0).all()
    assert len(costs) > 2
    assert trace.costs[0] == cost_of(problem, start)
    assert trace.costs[-1] == cost_of(problem, found)


def test_converged_means_stationary(scene: Scene) -> None:
    """Once converged, the gradient is a small part of what it was at the start."""
    problem, state = problem_near(scene, 5, SETTINGS)

    found, trace = minimise(
        problem,
        state,
        Workspace.of(5, state.rotmats),
        max_iterations=60,
        tolerance=1e-9,
    )

    start, end = (
        linearise(problem, each).blocks.right[..., SHARED] for each in (state, found)
    )
    assert trace.converged
    assert end.norm() < 1e-2 * start.norm()


def test_no_room_for_iterations_is_a_value(scene: Scene) -> None:
    """Out of iterations, the trace says so and the state is still finite."""
    problem, state = problem_near(scene, 6, SETTINGS)

    found, trace = minimise(
        problem,
        far_start(state, 0.5),
        Workspace.of(6, state.rotmats),
        max_iterations=1,
        tolerance=1e-6,
    )

    assert not trace.converged
    assert trace.solves == 1
    assert found.rotmats.isfinite().all()


@pytest.mark.parametrize("broken", ["points_px", "points_weight"])
def test_numbers_that_are_none_end_the_search(scene: Scene, broken: str) -> None:
    """A cost that is not a number ends in the start, not converged, not in an error."""
    problem, state = problem_near(scene, 6, SETTINGS)
    value = getattr(problem.evidence, broken).clone()
    value[3, 2] = torch.nan
    evidence = replace(problem.evidence, **{broken: value})

    found, trace = minimise(
        replace(problem, evidence=evidence),
        state,
        Workspace.of(6, state.rotmats),
        max_iterations=40,
        tolerance=1e-4,
    )

    assert not trace.converged
    assert trace.solves < 40
    assert torch.equal(found.rotmats, state.rotmats)


def test_equations_without_a_solution_are_a_value(scene: Scene) -> None:
    """A system that no damping makes positive ends the search, not converged."""
    problem, state = problem_near(scene, 6, SETTINGS)
    hollow = replace(problem, shared_precision=torch.full((SHARED,), -1e30))

    found, trace = minimise(
        hollow,
        state,
        Workspace.of(6, state.rotmats),
        max_iterations=40,
        tolerance=1e-4,
    )

    assert not trace.converged
    assert trace.solves < 40
    assert torch.equal(found.rotmats, state.rotmats)


def test_the_lowest_cost_is_converged(scene: Scene) -> None:
    """Where rounding leaves no step that lowers the cost, the search has converged."""
    problem, state = problem_near(scene, 4, SETTINGS)

    _, trace = minimise(
        problem,
        state,
        Workspace.of(4, state.rotmats),
        max_iterations=200,
        tolerance=0.0,
    )

    assert trace.converged
    assert trace.solves < 200


@pytest.mark.parametrize("ratio", [0.01, 0.3, 0.5])
def test_what_is_to_come_of_a_geometric_series_is_known(ratio: float) -> None:
    """Costs that fall geometrically are expected to fall by just what they will."""
    costs = [5 + 3 * ratio**k for k in range(4)]

    assert to_come(costs) == pytest.approx(costs[-1] - 5)


@pytest.mark.parametrize("costs", [(9.0, 4.0), (9.0, 8.0, 5.0), (9.0, 7.0, 5.0)])
def test_no_more_is_expected_than_the_last_step_gave(costs: tuple[float, ...]) -> None:
    """After one step, or where steps do not shrink, the last is expected once more."""
    assert to_come(costs) == pytest.approx(costs[-2] - costs[-1])


def test_threads_do_not_change_the_equations(body: BodyModel) -> None:
    """Slabs on two threads make the same equations and cost as on one."""
    scene = make_scene(body, frames=150)
    problem, state = problem_near(scene, 150, SETTINGS)

    one = linearise(problem, state, Room.of(150, state.rotmats, threads=1))
    two = linearise(problem, state, Room.of(150, state.rotmats, threads=2))

    assert torch.equal(one.blocks.diagonal, two.blocks.diagonal)
    assert torch.equal(one.blocks.right, two.blocks.right)
    assert cost_of(problem, state, 1) == cost_of(problem, state, 2)
