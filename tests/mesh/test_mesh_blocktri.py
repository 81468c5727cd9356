"""Laws of the block-tridiagonal systems, against dense ones."""

from dataclasses import dataclass, replace

import pytest
import torch
from torch import Tensor

from ergomesh.mesh.core.blocktri import Factor, factor
from mesh.mesh_twin import block_diagonal

LENGTHS = (1, 2, 3, 4, 7, 40)
SIZE = 5


@dataclass(frozen=True, kw_only=True)
class System:
    """A chain, and the dense matrix that it stands for."""

    blocks: Tensor
    extra: Tensor
    rate: Tensor
    unit: Tensor
    dense: Tensor

    def factor(self, threads: int = 1) -> Factor:
        """Eliminate the chain."""
        return factor(self.blocks, self.extra, self.rate, self.unit, threads=threads)


def system(length: int) -> System:
    """Return a positive definite chain with random blocks and couplings."""
    generator = torch.Generator().manual_seed(length)
    root = torch.randn(length, SIZE, SIZE, generator=generator, dtype=torch.float64)
    extra = 4 + torch.rand(length, SIZE, generator=generator, dtype=torch.float64)
    rate = torch.rand(length - 1, generator=generator, dtype=torch.float64)
    unit = 1 + 3 * torch.rand(SIZE, generator=generator, dtype=torch.float64)
    blocks = root @ root.mT
    dense = block_diagonal(blocks + torch.diag_embed(extra))
    for k, c in enumerate(rate[:, None] / unit**2):
        here, there = slice(k * SIZE, (k + 1) * SIZE), slice((k + 1) * SIZE, None)
        dense[here, there][:, :SIZE] -= torch.diag(c)
        dense[there, here][:SIZE] -= torch.diag(c)
    return System(blocks=blocks, extra=extra, rate=rate, unit=unit, dense=dense)


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("length", LENGTHS)
def test_solution_is_the_dense_one(length: int, threads: int) -> None:
    """Chains of any length have the dense system's solution, on any threads."""
    chain = system(length)
    right = torch.randn(length, SIZE, 3, dtype=torch.float64)

    solution = chain.factor(threads).solve(right)

    expected = torch.linalg.solve(chain.dense, right.flatten(0, 1))
    assert torch.allclose(solution.flatten(0, 1), expected, atol=1e-10)


@pytest.mark.parametrize("length", LENGTHS)
def test_inverse_blocks_are_those_of_the_dense_inverse(length: int) -> None:
    """The selected inverse has the diagonal blocks of the dense inverse."""
    chain = system(length)

    found = chain.factor().inverse_blocks()

    inverse = torch.linalg.inv(chain.dense).unflatten(0, (length, SIZE))
    for k, block in enumerate(found):
        expected = inverse[k][:, k * SIZE : (k + 1) * SIZE]
        assert torch.allclose(block, expected, atol=1e-10)


def test_only_upper_triangles_are_read() -> None:
    """What lies below the blocks' diagonals does not matter."""
    chain = system(5)
    right = torch.ones(5, SIZE, 1, dtype=torch.float64)

    full = chain.factor().solve(right)
    garbled = chain.blocks.triu() + 7 * chain.blocks.tril(-1)
    upper = replace(chain, blocks=garbled).factor().solve(right)

    assert torch.equal(full, upper)


def test_indefinite_systems_are_told() -> None:
    """A system that is not positive definite is said to be so, not solved."""
    chain = system(5)

    assert chain.factor().positive
    assert not replace(chain, extra=chain.extra - 100).factor().positive
    assert not replace(chain, rate=100 * chain.rate).factor().positive
