"""From landmarks to a body in motion: the order of things.

1. Keep the frames with a person and the short gaps between them.
2. Start from the 3D landmarks (``init``), then fit all frames, the shape and the
   focal length together (``solver``), once per robust width.
3. Find the vertical, place the world on the floor, and say how sure it all is.
"""

from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from ergomesh.contract.arrays import BoolArray, FloatArray, Landmarks, Motion
from ergomesh.contract.skeleton import JOINT, LANDMARK, SIDES, SMPLX_JOINTS
from ergomesh.mesh.core import shape
from ergomesh.mesh.core.body import MOVED, BodyModel, Placed, Rig, State, chain, place
from ergomesh.mesh.core.camera import WorldFrame, focal_from_view, project, world_axes
from ergomesh.mesh.core.evidence import Evidence, gather
from ergomesh.mesh.core.gravity import Gravity, gravity_from
from ergomesh.mesh.core.init import NEAREST_M, start_state
from ergomesh.mesh.core.normal import linearise, problem_of
from ergomesh.mesh.core.observability import (
    detected_frames,
    kept_frames,
    observed_joints,
    seen_landmarks,
)
from ergomesh.mesh.core.settings import (
    FitReport,
    FitResult,
    FitSettings,
    NoPersonError,
    StageTrace,
)
from ergomesh.mesh.core.solver import minimise
