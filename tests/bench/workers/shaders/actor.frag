#version 330
// Two lights and the sky; alpha says how much of the pixel is covered.

uniform vec3 sun;
uniform vec3 fill;
uniform vec3 sun_colour;
uniform vec3 fill_colour;
uniform vec3 sky_colour;
uniform vec3 ground_colour;

in vec3 normal;
in vec3 colour;

out vec4 seen;

void main() {
    vec3 n = normalize(normal);
    float direct = 0.8 * max(dot(n, sun), 0.0) + 0.1 * (dot(n, sun) + 1.0);
    vec3 light = mix(ground_colour, sky_colour, 0.5 + 0.5 * n.y)
               + fill_colour * max(dot(n, fill), 0.0)
               + sun_colour * direct;
    seen = vec4(pow(clamp(colour * light, 0.0, 1.0), vec3(1.0 / 2.2)), 1.0);
}
