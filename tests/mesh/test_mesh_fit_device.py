"""Laws of the one code path for all devices, as far as they hold without a GPU.

No GPU computes here. A stand-in does: torch's fake tensors, which have a shape, a
type and a device but no values, on a device that this machine does not have, and
which refuse operations on two devices at once as CUDA does. Whatever a fit asks of
values is answered with a made-up number.
"""

from collections.abc import Callable, Iterable
from itertools import count
from typing import Any

import numpy as np
import pytest
import torch
from torch._subclasses.fake_tensor import FakeTensor, FakeTensorMode
from torch.overrides import TorchFunctionMode
from typing_extensions import override

from ergomesh.mesh.core.body import BodyModel
from ergomesh.mesh.core.fit import fit
from ergomesh.mesh.core.settings import FitSettings
from mesh.mesh_synthetic import make_scene

ELSEWHERE = "lazy:0"
"""A device of torch that fake tensors can be on in any build."""

SETTINGS = FitSettings()


def as_numpy(tensor: torch.Tensor) -> np.ndarray[Any, Any]:
    """Return an array of a tensor's shape and type; square ones are identities."""
    assert tensor.device.type == "cpu", "an array was taken of what is elsewhere"
    shape = tuple(tensor.shape)
    kind = torch.empty(0, dtype=tensor.dtype, device="cpu")
    if len(shape) > 1 and shape[-1] == shape[-2]:
        return np.broadcast_to(np.eye(shape[-1]), shape).copy()
    return np.ones(shape, dtype=np.bool_ if kind.dtype == torch.bool else np.float64)


_asked = count(1)

ANSWERS: dict[str, Callable[[torch.Tensor], Any]] = {
    "__bool__": lambda _: False,
    "__float__": lambda _: 1 / next(_asked),  # costs fall
    "__int__": lambda _: 1,
    "item": lambda _: 1.0,
    "tolist": lambda tensor: np.ones(tuple(tensor.shape)).tolist(),
    "numpy": as_numpy,
}


class Asked(TorchFunctionMode):
    """Counts what values are asked of, and answers for tensors that have none."""

    def __init__(self) -> None:
        super().__init__()
        self.questions: list[str] = []

    @override
    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Iterable[type],
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        name = getattr(func, "__name__", "")
        if name in ANSWERS:
            self.questions.append(name)
            if isinstance(args[0], FakeTensor):
                return ANSWERS[name](args[0])
        return func(*args, **(kwargs or {}))


@pytest.mark.slow
def test_a_fit_stays_on_its_device(body: BodyModel) -> None:
    """A fit elsewhere mixes no devices and takes no array of what is there."""
    landmarks = make_scene(body, frames=6).landmarks
    settings = FitSettings(device=ELSEWHERE, max_iterations=1, chunk_frames=4)

    with Asked() as asked, FakeTensorMode(allow_non_fake_inputs=True):
        result = fit(landmarks, body, settings)

    assert all(len(stage.costs) > 1 for stage in result.report.stages)
    assert "numpy" in asked.questions


def test_mixed_devices_would_be_told(body: BodyModel) -> None:
    """The stand-in refuses what CUDA refuses."""
    with FakeTensorMode(allow_non_fake_inputs=True):
        there = torch.zeros(3, device=ELSEWHERE)
        with pytest.raises(RuntimeError, match="device"):
            there + torch.ones(3)


def test_no_tensor_is_made_without_saying_where(body: BodyModel) -> None:
    """With a default device where nothing can be read, a fit is what it always is."""
    landmarks = make_scene(body, frames=20).landmarks
    expected = fit(landmarks, body, SETTINGS).motion

    with torch.device("meta"):
        found = fit(landmarks, body, SETTINGS).motion

    assert np.array_equal(found.poses, expected.poses)
    assert np.array_equal(found.pose_covariance_rad2, expected.pose_covariance_rad2)


def test_longer_clips_ask_no_more_of_the_device(body: BodyModel) -> None:
    """How often a fit waits for values does not grow with the frames of a chunk."""
    settings = FitSettings(max_iterations=2, tolerance=0.0)
    waits = []
    for frames in (30, 60):
        landmarks = make_scene(body, frames=frames).landmarks
        with Asked() as asked:
            fit(landmarks, body, settings)
        waits.append(asked.questions)

    assert len(waits[0]) == len(waits[1])
