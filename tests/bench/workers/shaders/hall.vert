#version 330
// What stands still: drawn once for each clip.

uniform mat4 view;        // camera from world: x right, y down, z forward
uniform mat4 projection;
uniform mat4 light;       // shadow map from world

in vec3 in_point;
in vec3 in_normal;
in vec3 in_colour;
in float in_pattern;

out vec3 place;
out vec3 normal;
out vec3 colour;
out vec4 lit;
flat out int pattern;

void main() {
    place = in_point;
    normal = in_normal;
    colour = in_colour;
    pattern = int(in_pattern + 0.5);
    lit = light * vec4(in_point, 1.0);
    gl_Position = projection * (view * vec4(in_point, 1.0));
}
