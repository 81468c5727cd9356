"""Pose service: a time range of a clip in, the worker's landmarks out."""
