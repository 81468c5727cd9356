#version 330

out vec4 seen;

void main() { seen = vec4(1.0); }
