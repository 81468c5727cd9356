"""Pose service: a time range of a clip in, pose landmarks out."""
