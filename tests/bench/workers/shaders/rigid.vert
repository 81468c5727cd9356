#version 330
// Depth of what stands still: for the light's map, or to hide actors behind it.

uniform mat4 matrix;

in vec3 in_point;

void main() { gl_Position = matrix * vec4(in_point, 1.0); }
