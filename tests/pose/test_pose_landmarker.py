"""The real landmark models on a real clip."""

import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from clips import demo_clip
from ergomesh.contract.arrays import FloatArray, Landmarks
from ergomesh.contract.errors import FailureCode
from ergomesh.contract.job import Preset
from ergomesh.contract.skeleton import LANDMARK
from ergomesh.ingest.limits import Limits
from ergomesh.ingest.probe import probe_clip
from ergomesh.pose.analysis import analyse_clip, analyse_range, joined
from ergomesh.pose.crop import Beyond, cut
from ergomesh.pose.frames import decode_range
from ergomesh.pose.landmarker import (
    DETECTOR,
    LANDMARKS,
    Landmarker,
    Network,
    trimmed,
)
from ergomesh.pose.lookout import USUAL
from ergomesh.pose.models import model_paths
from ergomesh.pose.presets import PLANS
from ergomesh.pose.region import Region
from ergomesh.runtime.errors import Unusable
from ergomesh.runtime.file_digest import file_digest

MODELS = Path(__file__).parents[2] / "models"


def analysed(index: int, range_s: float = 2.0) -> Landmarks:
    """Return the landmarks of one range of the sample clip."""
    clip = probe_clip(demo_clip(), limits=Limits(), sha256="0" * 64, range_s=range_s)
    plan = PLANS[Preset.BALANCED]
    shares: list[float] = []
    view = analyse_range(
        str(demo_clip()),
        clip,
        clip.ranges[index],
        plan=plan,
        watch=USUAL,
        models=model_paths(plan, MODELS),
        progress=shares.append,
    )
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(1.0)
    return joined([view], clip, plan, None).landmarks


@pytest.mark.slow
def test_a_person_is_found_upright_from_the_first_picture() -> None:
    """On the sample clip's start every frame has the man, head above the feet.

    He is small, dark and against the light; MediaPipe alone finds leaves first.
    """
    found = analysed(0)

    assert found.detected.all()
    head = found.points_px[:, LANDMARK["nose"], 1]
    feet = found.points_px[:, LANDMARK["left_ankle"], 1]
    assert (feet > head + 50).all()
    hips = found.points_px[:, LANDMARK["left_hip"]]
    assert (np.abs(hips - (640, 250)) < (120, 100)).all()
    assert np.diff(found.time_s) == pytest.approx(1 / 15, abs=0.02)


@pytest.mark.slow
def test_the_one_who_walks_past_is_not_taken_for_the_worker() -> None:
    """When the man leaps out of sight, the woman below gets none of his frames."""
    clip = probe_clip(demo_clip(), limits=Limits(), sha256="0" * 64)
    plan = PLANS[Preset.BALANCED]

    found = analyse_clip(
        str(demo_clip()), clip, plan=plan, models=model_paths(plan, MODELS)
    )

    assert len(found.people.persons) >= 2
    marks = found.landmarks
    hips_px = marks.points_px[:, LANDMARK["right_hip"]]
    on_roof = (marks.time_s < 5.6) & marks.detected
    assert (hips_px[on_roof, 1] < 420).all()
    after = (marks.time_s > 5.6) & marks.detected
    assert (hips_px[after, 0] > 800).all()
    assert marks.detected.mean() > 0.85


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


def test_a_file_that_is_no_bundle_is_one_sentence(tmp_path: Path) -> None:
    """A damaged model fails with model_missing, its name, and what to do."""
    path = tmp_path / "pose_landmarker_full.task"
    path.write_bytes(b"no bundle")

    with pytest.raises(Unusable) as caught:
        Landmarker({"full": path})

    assert caught.value.code is FailureCode.MODEL_MISSING
    assert "pose_landmarker_full.task" in caught.value.message


@pytest.mark.slow
def test_our_own_run_of_the_networks_equals_mediapipe() -> None:
    """On real pictures landmarks are MediaPipe's own, to a pixel and a centimetre.

    The pictures are cut so that the person is large: on tiny people its detector's
    answer depends on each pixel's rounding.
    """
    errors_px, errors_m = zip(*_compared(), strict=True)

    assert len(errors_px) > 8
    assert np.median(errors_px) < 0.5
    assert np.max([np.median(each) for each in errors_px]) < 1.0
    assert np.median(errors_m) < 0.005
    assert np.max([np.median(each) for each in errors_m]) < 0.01


def _compared() -> Iterator[tuple[FloatArray, FloatArray]]:
    """Yield differences to MediaPipe in the picture and in space."""
    from mediapipe.tasks.python import vision
    from mediapipe.tasks.python.core.base_options import BaseOptions

    path = MODELS / "pose" / "pose_landmarker_full.task"
    options = vision.PoseLandmarkerOptions(
        base_options=BaseOptions(model_asset_path=str(path)),
        running_mode=vision.RunningMode.IMAGE,
    )
    with (
        Landmarker({"full": path}) as eyes,
        vision.PoseLandmarker.create_from_options(options) as theirs,
    ):
        for rgb in _pictures(eyes):
            compared = _difference(rgb, eyes, theirs)
            if compared:
                yield compared


def _pictures(eyes: Landmarker) -> Iterator[NDArray[np.uint8]]:
    """Yield cut-outs of the sample clip with one large person each."""
    clip = probe_clip(demo_clip(), limits=Limits(), sha256="0" * 64)
    wanted = range(60, 220, 10)
    for frame in decode_range(str(demo_clip()), clip, clip.ranges[0], wanted):
        whole = Region.whole(clip.width_px, clip.height_px)
        for found in eyes.finding(frame.rgb, whole).result()[:1]:
            around = replace(
                found.region, roll_rad=0.0, side_px=1.3 * found.region.side_px
            )
            yield cut(frame.rgb, around, 900, Beyond.BLACK)


def _difference(
    rgb: NDArray[np.uint8], eyes: Landmarker, theirs: Any
) -> tuple[FloatArray, FloatArray] | None:
    import mediapipe

    image = mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=rgb)
    answer = theirs.detect(image)
    found = eyes.finding(rgb, Region.whole(900, 900)).result()
    if not (answer.pose_landmarks and found):
        return None
    look = eyes.looking(rgb, found[0].region, "full").result()
    flat = np.array([(p.x * 900, p.y * 900) for p in answer.pose_landmarks[0]])
    deep = np.array([(p.x, p.y, p.z) for p in answer.pose_world_landmarks[0]])
    return (
        np.linalg.norm(look.points_px - flat, axis=1),
        np.linalg.norm(look.points_world_m - deep, axis=1),
    )


def test_leaving_out_an_output_changes_no_other() -> None:
    """A trimmed network's outputs are, bit for bit, those of the whole one."""
    with zipfile.ZipFile(MODELS / "pose" / "pose_landmarker_lite.task") as bundle:
        whole = bundle.read(LANDMARKS)
    pixels = np.random.default_rng(0).random((256, 256, 3), dtype=np.float32)
    wanted = (4, 0)

    outputs = Network(whole)(pixels)
    few = Network(trimmed(whole, wanted))(pixels)

    assert len(few) == len(wanted)
    for index, output in zip(wanted, few, strict=True):
        np.testing.assert_array_equal(output, outputs[index])


@pytest.mark.parametrize("content", [b"", b"PK", b"no network at all"])
def test_a_bundle_of_nonsense_is_one_sentence(tmp_path: Path, content: bytes) -> None:
    """Networks that cannot be read fail like a file that is no bundle."""
    path = tmp_path / "pose_landmarker_full.task"
    with zipfile.ZipFile(path, "w") as bundle:
        bundle.writestr(DETECTOR, content)

    with pytest.raises(Unusable, match="make setup"):
        Landmarker({"full": path})
