#version 330
// Moves a vertex with up to four bones.

const int MOST_BONES = 80;

uniform mat4 bones[MOST_BONES];
uniform mat4 view;        // camera from world: x right, y down, z forward
uniform mat4 projection;  // the part of the picture that is drawn

in vec3 in_point;
in vec3 in_normal;
in vec3 in_colour;
in float in_pattern;
in vec4 in_bones;
in vec4 in_weights;

out vec3 normal;
out vec3 colour;

void main() {
    mat4 moved = in_weights.x * bones[int(in_bones.x)]
               + in_weights.y * bones[int(in_bones.y)]
               + in_weights.z * bones[int(in_bones.z)]
               + in_weights.w * bones[int(in_bones.w)];
    normal = mat3(moved) * in_normal;
    colour = in_colour;
    gl_Position = projection * (view * (moved * vec4(in_point, 1.0)));
}
