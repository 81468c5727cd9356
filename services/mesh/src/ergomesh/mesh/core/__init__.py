"""The pure core of the mesh service: no I/O, no logging, no clock, no globals.

Everything takes and returns frozen values or tensors; one code path serves CPU
and CUDA, in float64. Start reading at :func:`ergomesh.mesh.core.fit.fit`.

Conventions used throughout:

* ``T`` frames, ``J`` = 22 moved joints, ``P`` = 27 sites (points of the body
  that a landmark shows), ``N`` = 69 unknowns of a frame, ``G`` = 12 shared ones.
* ``rotmat_a_b`` takes coordinates in ``b`` to coordinates in ``a``.
* Radians and metres; camera frame x right, y down, z forward.
"""
