"""The mesh service: landmarks in, an SMPL-X body in motion out."""
