#version 330
// Leaves depth only: the colour stays as it was cleared.

out vec4 seen;

void main() { seen = vec4(0.0); }
