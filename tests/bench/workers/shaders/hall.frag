#version 330
// Patterns, two lights and the sky, one shadow. Heavy, but drawn once.

uniform vec3 sun;            // towards the light that throws the shadow
uniform vec3 fill;           // towards the second light
uniform vec3 sun_colour;
uniform vec3 fill_colour;
uniform vec3 sky_colour;
uniform vec3 ground_colour;
uniform float grid_m;        // size of the floor's tiles
uniform sampler2DShadow shadow;

in vec3 place;
in vec3 normal;
in vec3 colour;
in vec4 lit;
flat in int pattern;

out vec4 seen;

float hash(vec3 p) {
    p = fract(p * 0.3183099 + vec3(0.71, 0.113, 0.419));
    p *= 17.0;
    return fract(p.x * p.y * p.z * (p.x + p.y + p.z));
}

float noise(vec3 p) {
    vec3 i = floor(p), f = fract(p);
    f = f * f * (3.0 - 2.0 * f);
    return mix(mix(mix(hash(i), hash(i + vec3(1, 0, 0)), f.x),
                   mix(hash(i + vec3(0, 1, 0)), hash(i + vec3(1, 1, 0)), f.x), f.y),
               mix(mix(hash(i + vec3(0, 0, 1)), hash(i + vec3(1, 0, 1)), f.x),
                   mix(hash(i + vec3(0, 1, 1)), hash(i + vec3(1, 1, 1)), f.x), f.y), f.z);
}

// 1 on a joint of a grid, 0 between, without shimmer far away.
float joints(vec2 uv, float width) {
    vec2 texel = fwidth(uv);
    vec2 off = abs(fract(uv - 0.5) - 0.5);
    vec2 on = 1.0 - smoothstep(vec2(width) - texel, vec2(width) + texel, off);
    on *= clamp(0.5 / max(texel, 1e-4), 0.0, 1.0);
    return max(on.x, on.y);
}

vec2 flat_uv(vec3 n) {
    vec3 a = abs(n);
    if (a.y > a.x && a.y > a.z) return place.xz;
    return a.x > a.z ? place.zy : place.xy;
}

vec3 tiles(vec2 uv) {
    float each = hash(floor(vec3(uv / grid_m, 1.0)));
    return mix(colour * (0.94 + 0.1 * each), colour * 0.5, joints(uv / grid_m, 0.012));
}

vec3 bricks(vec2 uv) {
    vec2 brick = uv / vec2(0.25, 0.08);
    brick.x += 0.5 * mod(floor(brick.y), 2.0);
    float each = hash(floor(vec3(brick, 2.0)));
    return mix(colour * (0.82 + 0.3 * each), vec3(0.55), joints(brick, 0.06));
}

vec3 planks(vec2 uv) {
    vec2 plank = uv / vec2(0.18, 2.4);
    float each = hash(floor(vec3(plank, 3.0)));
    float grain = noise(vec3(uv * vec2(40.0, 3.0), each));
    return mix(colour * (0.8 + 0.2 * each + 0.2 * grain), colour * 0.45, joints(plank, 0.02));
}

vec3 specks() {
    return colour * (0.8 + 0.25 * noise(place * 2.3) + 0.15 * noise(place * 19.0));
}

vec3 painted(vec3 n) {
    vec2 uv = flat_uv(n);
    if (pattern == 1) return tiles(uv);
    if (pattern == 2) return bricks(uv);
    if (pattern == 3) return planks(uv);
    if (pattern == 4) return specks();
    return colour;
}

float sunlight() {
    vec3 at = lit.xyz / lit.w * 0.5 + 0.5;
    if (any(lessThan(at, vec3(0.0))) || any(greaterThan(at, vec3(1.0)))) return 1.0;
    float open = 0.0;
    vec2 texel = 1.5 / vec2(textureSize(shadow, 0));
    for (int i = 0; i < 9; ++i) {
        vec2 off = vec2(i % 3 - 1, i / 3 - 1) * texel;
        open += texture(shadow, vec3(at.xy + off, at.z - 0.002));
    }
    return open / 9.0;
}

void main() {
    vec3 n = normalize(normal);
    vec3 light = mix(ground_colour, sky_colour, 0.5 + 0.5 * n.y)
               + fill_colour * max(dot(n, fill), 0.0)
               + sun_colour * max(dot(n, sun), 0.0) * sunlight();
    seen = vec4(pow(clamp(painted(n) * light, 0.0, 1.0), vec3(1.0 / 2.2)), 1.0);
}
