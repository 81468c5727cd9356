"""The real landmark models on a real clip."""

from pathlib import Path

import numpy as np
import pytest

from clips import demo_clip
from ergomesh.contract.errors import FailureCode
from ergomesh.contract.job import Preset
from ergomesh.contract.skeleton import LANDMARK
from ergomesh.ingest.limits import Limits
from ergomesh.ingest.probe import probe_clip
from ergomesh.pose.analysis import analyse_range
from ergomesh.pose.models import model_paths
from ergomesh.pose.presets import PLANS
from ergomesh.runtime.errors import Unusable
from ergomesh.runtime.file_digest import file_digest

MODELS = Path(__file__).parents[2] / "models"


@pytest.mark.slow
def test_a_walking_person_is_found_upright() -> None:
    """On the sample clip nearly every frame has a person, head above the feet."""
    clip = probe_clip(demo_clip(), limits=Limits(), sha256="0" * 64, range_s=2.0)
    plan = PLANS[Preset.BALANCED]
    shares: list[float] = []

    found = analyse_range(
        str(demo_clip()),
        clip,
        clip.ranges[1],
        plan=plan,
        models=model_paths(plan, MODELS),
        progress=shares.append,
    )

    assert found.detected.mean() > 0.9
    head = found.points_px[found.detected, LANDMARK["nose"], 1]
    feet = found.points_px[found.detected, LANDMARK["left_ankle"], 1]
    assert (feet > head + 50).all()
    assert found.time_s[0] >= clip.ranges[1].start_s
    assert found.time_s[-1] < clip.ranges[1].end_s
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(1.0)
    assert np.diff(found.time_s) == pytest.approx(1 / 15, abs=0.02)


def test_a_missing_model_is_one_sentence(tmp_path: Path) -> None:
    """Without the model file the job fails with model_missing and what to do."""
    with pytest.raises(Unusable) as caught:
        model_paths(PLANS[Preset.BEST], tmp_path)

    assert caught.value.code is FailureCode.MODEL_MISSING
    assert "make setup" in caught.value.message
    assert "heavy" in caught.value.message


def test_a_models_digest_follows_its_bytes(tmp_path: Path) -> None:
    """Replacing a model file changes the digest that goes into result keys."""
    path = tmp_path / "m.task"
    path.write_bytes(b"one")
    before = file_digest(path)
    path.write_bytes(b"three")

    assert file_digest(path) != before
