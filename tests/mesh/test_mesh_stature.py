"""Laws of a known body height."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from ergomesh.contract.job import JobSettings, WorkerFacts
from ergomesh.mesh.core.body import BodyModel
from ergomesh.mesh.core.choices import SOLES_M, settings_for
from ergomesh.mesh.core.fit import fit
from ergomesh.mesh.core.settings import FitSettings
from mesh.mesh_synthetic import Scene

STATURES_M = [1.5, 1.7, 1.95]


def stature_m(body: BodyModel, betas: torch.Tensor) -> float:
    """Return the height of a shape."""
    return float(body.stature_m + body.stature_dirs_m @ betas)


@pytest.mark.parametrize("height_m", STATURES_M)
def test_no_shape_leaves_the_stature(body: BodyModel, height_m: float) -> None:
    """Whatever shape components a fit picks, the body keeps its stature."""
    standing = body.of_stature(height_m)
    rng = np.random.default_rng(0)
    for betas in rng.normal(0, 2, (20, 10)):
        own = torch.from_numpy(standing.betas_of(betas))
        assert stature_m(body, own) == pytest.approx(height_m)
        assert stature_m(standing.body, torch.from_numpy(betas)) == pytest.approx(
            height_m
        )


def test_components_mean_the_same_body(body: BodyModel) -> None:
    """Components of a stature, taken to the model's own, place the same joints."""
    standing = body.of_stature(1.82)
    betas = np.random.default_rng(1).normal(size=10)
    own = torch.from_numpy(standing.betas_of(betas))
    assert torch.allclose(
        standing.body.rest_joints_m(torch.from_numpy(betas)), body.rest_joints_m(own)
    )


def test_the_mean_stature_changes_no_mean(body: BodyModel) -> None:
    """A person as tall as the mean shape has the mean shape."""
    standing = body.of_stature(float(body.stature_m))
    assert torch.allclose(standing.mean, torch.zeros(10, dtype=torch.float64))


@pytest.mark.parametrize("height_m", STATURES_M)
def test_a_fit_has_the_height_it_was_told(scene: Scene, height_m: float) -> None:
    """The motion's shape components make a body of the told height."""
    told = replace(FitSettings(), stature_m=height_m, max_iterations=3)
    betas = torch.from_numpy(fit(scene.landmarks, scene.body, told).motion.betas)
    assert stature_m(scene.body, betas) == pytest.approx(height_m)


def test_height_is_told_in_shoes() -> None:
    """A job's body height counts from the floor the soles stand on."""
    job = JobSettings(worker=WorkerFacts(height_m=1.8))
    assert settings_for(job).stature_m == pytest.approx(1.8 - SOLES_M)
    assert settings_for(JobSettings()).stature_m is None
