"""The ergonomics service: body motion in, angles, scores and pictures out."""
