"""What the user's ``result.json`` tells of a fit on a rented GPU."""

import json
from typing import Any

import msgspec
import pytest

from ergomesh.contract.arrays import Landmarks
from ergomesh.contract.clip import ClipInfo, TimeRange
from ergomesh.contract.fit import FitReport
from ergomesh.contract.job import JobSettings
from ergomesh.ergonomics.assessment import assess
from ergomesh.mesh.backends.runpod.collecting import with_cost
from ergomesh.mesh.stage import Fit
from mesh_runpod.runpod_rig import RATE_USD_S


def clip_of(landmarks: Landmarks) -> ClipInfo:
    """Return a clip of as many frames."""
    times_s = landmarks.time_s.tolist()
    end_s = times_s[-1] + times_s[1]
    return ClipInfo(
        sha256="a" * 64,
        size=1,
        container="mp4",
        codec="h264",
        pixel_format="yuv420p",
        width_px=1280,
        height_px=720,
        rotation_deg=0,
        duration_s=end_s,
        frame_rate_hz=15.0,
        variable_frame_rate=False,
        first_pts_s=0.0,
        frame_times_s=times_s,
        ranges=[TimeRange(index=0, start_s=0.0, end_s=end_s, warmup_start_s=0.0)],
    )


def result_json(landmarks: Landmarks, fit: Fit, report: FitReport) -> dict[str, Any]:
    """Return the result of a fit with a report."""
    assessment = assess(
        clip=clip_of(landmarks),
        landmarks=landmarks,
        motion=fit.motion,
        fit=report,
        people=None,
        settings=JobSettings(),
        version="test",
        timings_s={},
    )
    found: dict[str, Any] = json.loads(assessment.files["result.json"])
    return found


def test_the_result_tells_the_cost_to_the_hundredth_of_a_cent(
    landmarks: Landmarks, local_fit: Fit
) -> None:
    """Cost, price and times stand in result.json, unrounded to nothing."""
    report = msgspec.structs.replace(
        local_fit.report, backend="runpod", remote_job="abc-u1", queued_s=3.25
    )
    report = with_cost(report, executed_s=1.5, gpu_usd_per_s=RATE_USD_S)
    found = result_json(landmarks, local_fit, report)
    assert found["costs_usd"] == {"mesh": pytest.approx(1.5 * RATE_USD_S, rel=1e-3)}
    fit = found["fit"]
    assert fit["gpu_rate_usd_s"] == RATE_USD_S
    assert (fit["queued_s"], fit["executed_s"]) == (3.25, 1.5)
    assert (fit["backend"], fit["remote_job"]) == ("runpod", "abc-u1")


@pytest.mark.parametrize("rate", [None, RATE_USD_S])
def test_a_fit_here_costs_nothing_that_could_be_told(
    landmarks: Landmarks, local_fit: Fit, rate: float | None
) -> None:
    """A stage that rented nothing, or at an unknown price, is in no list of costs."""
    report = local_fit.report
    if rate is None:
        report = with_cost(report, executed_s=9.0, gpu_usd_per_s=None)
    assert result_json(landmarks, local_fit, report)["costs_usd"] == {}


def test_the_result_says_why_the_fit_ran_here(
    landmarks: Landmarks, local_fit: Fit
) -> None:
    """The reason of a fallback reaches the user word for word."""
    why = "RunPod had no worker for 601 s."
    report = msgspec.structs.replace(local_fit.report, fell_back=why)
    assert result_json(landmarks, local_fit, report)["fit"]["fell_back"] == why
