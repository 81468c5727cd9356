"""Laws of the block-tridiagonal systems, against dense ones."""

import pytest
import torch
from torch import Tensor

from ergomesh.mesh.core.blocktri import factor
from mesh.mesh_twin import block_diagonal

LENGTHS = (1, 2, 3, 4, 7, 40)
SIZE = 5


def system(length: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Return blocks, extra diagonal, couplings, and the dense matrix they make."""
    generator = torch.Generator().manual_seed(length)
    root = torch.randn(length, SIZE, SIZE, generator=generator, dtype=torch.float64)
    extra = 4 + torch.rand(length, SIZE, generator=generator, dtype=torch.float64)
    coupling = torch.rand(length - 1, SIZE, generator=generator, dtype=torch.float64)
    blocks = root @ root.mT
    dense = block_diagonal(blocks + torch.diag_embed(extra))
    for k, c in enumerate(coupling):
        here, there = slice(k * SIZE, (k + 1) * SIZE), slice((k + 1) * SIZE, None)
        dense[here, there][:, :SIZE] -= torch.diag(c)
        dense[there, here][:SIZE] -= torch.diag(c)
    return blocks, extra, coupling, dense


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("length", LENGTHS)
def test_solution_is_the_dense_one(length: int, threads: int) -> None:
    """Chains of any length have the dense system's solution, on any threads."""
    blocks, extra, coupling, dense = system(length)
    right = torch.randn(length, SIZE, 3, dtype=torch.float64)

    solution = factor(blocks, extra, coupling, threads=threads).solve(right)

    expected = torch.linalg.solve(dense, right.flatten(0, 1))
    assert torch.allclose(solution.flatten(0, 1), expected, atol=1e-10)


@pytest.mark.parametrize("length", LENGTHS)
def test_inverse_blocks_are_those_of_the_dense_inverse(length: int) -> None:
    """The selected inverse has the diagonal blocks of the dense inverse."""
    blocks, extra, coupling, dense = system(length)

    found = factor(blocks, extra, coupling).inverse_blocks()

    inverse = torch.linalg.inv(dense).unflatten(0, (length, SIZE))
    for k, block in enumerate(found):
        expected = inverse[k][:, k * SIZE : (k + 1) * SIZE]
        assert torch.allclose(block, expected, atol=1e-10)


def test_only_upper_triangles_are_read() -> None:
    """What lies below the blocks' diagonals does not matter."""
    blocks, extra, coupling, _ = system(5)
    right = torch.ones(5, SIZE, 1, dtype=torch.float64)

    full = factor(blocks, extra, coupling).solve(right)
    upper = factor(blocks.triu() + 7 * blocks.tril(-1), extra, coupling).solve(right)

    assert torch.equal(full, upper)


def test_indefinite_systems_are_told() -> None:
    """A system that is not positive definite is said to be so, not solved."""
    blocks, extra, coupling, _ = system(5)

    assert factor(blocks, extra, coupling).positive
    assert not factor(blocks, extra - 100, coupling).positive
    assert not factor(blocks, extra, 100 * coupling).positive
