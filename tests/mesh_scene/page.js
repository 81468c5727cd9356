// Loads /scene.glb as any three.js program does, and tells what it sees at a time.
import * as THREE from "three";
import { GLTFLoader } from "three/addons/loaders/GLTFLoader.js";

const WIDTH = 640;
const BACKGROUND = 0xffffff;

/** Loads the file; returns everything about it. */
async function load() {
  const gltf = await new GLTFLoader().loadAsync("/scene.glb");
  const mixer = new THREE.AnimationMixer(gltf.scene);
  const actions = gltf.animations.map((clip) => mixer.clipAction(clip));
  let mesh;
  gltf.scene.traverse((node) => {
    if (node.isSkinnedMesh) mesh = node;
  });
  mesh.frustumCulled = false;
  return { gltf, mixer, actions, mesh, renderer: renderer() };
}

function renderer() {
  const made = new THREE.WebGLRenderer({ antialias: false, preserveDrawingBuffer: true });
  document.body.append(made.domElement);
  return made;
}

/** Puts the scene at a time of its animation. */
function seek({ gltf, mixer, actions }, time_s) {
  for (const action of actions) {
    // The last key is a moment of the clip, not the start of the next round.
    action.reset().setLoop(THREE.LoopOnce);
    action.clampWhenFinished = true;
    action.play();
  }
  mixer.setTime(time_s);
  gltf.scene.updateMatrixWorld(true);
}

/** Returns the world positions of vertices, as three.js skins them. */
function vertices({ mesh }, numbers) {
  const point = new THREE.Vector3();
  return numbers.map((number) =>
    mesh.getVertexPosition(number, point).applyMatrix4(mesh.matrixWorld).toArray(),
  );
}

/** Returns the world positions of the bones, by name. */
function bones({ mesh }) {
  const point = new THREE.Vector3();
  return Object.fromEntries(
    mesh.skeleton.bones.map((bone) => [bone.name, bone.getWorldPosition(point).toArray()]),
  );
}

/** Draws the scene, through the clip's own camera or from a place; returns an image. */
function draw({ gltf, renderer }, from, ground) {
  const camera = from ? stranger(from) : gltf.cameras[0];
  const stage = new THREE.Scene();
  stage.background = new THREE.Color(BACKGROUND);
  const sun = new THREE.DirectionalLight(0xffffff, 2);
  sun.position.set(2, 4, 3);
  stage.add(gltf.scene, sun, new THREE.HemisphereLight(0xffffff, 0x666666, 1.5));
  if (ground) stage.add(new THREE.GridHelper(10, 20, 0x888888, 0xbbbbbb));
  renderer.setSize(WIDTH, Math.round(WIDTH / camera.aspect));
  renderer.render(stage, camera);
  return renderer.domElement.toDataURL("image/png");
}

function stranger({ position, target }) {
  const camera = new THREE.PerspectiveCamera(40, 16 / 9, 0.05, 100);
  camera.position.set(...position);
  camera.lookAt(...target);
  camera.updateMatrixWorld();
  return camera;
}

/** Returns how many pixels of the last drawing are not background. */
function drawnPixels({ renderer }) {
  const gl = renderer.getContext();
  const size = gl.drawingBufferWidth * gl.drawingBufferHeight;
  const rgba = new Uint8Array(4 * size);
  gl.readPixels(0, 0, gl.drawingBufferWidth, gl.drawingBufferHeight, gl.RGBA, gl.UNSIGNED_BYTE, rgba);
  let drawn = 0;
  for (let k = 0; k < rgba.length; k += 4) {
    if (rgba[k] + rgba[k + 1] + rgba[k + 2] < 3 * 255) drawn += 1;
  }
  return drawn;
}

/** Returns what the scene is like at each of the times. */
async function look({ times_s, vertex_numbers, from, ground, pictures }) {
  const loaded = await load();
  const [clip] = loaded.gltf.animations;
  const moments = times_s.map((time_s) => {
    seek(loaded, time_s);
    const picture = draw(loaded, from, ground);
    return {
      time_s,
      vertices: vertices(loaded, vertex_numbers),
      bones: bones(loaded),
      drawn_pixels: drawnPixels(loaded),
      picture: pictures ? picture : null,
    };
  });
  return { animations: loaded.gltf.animations.length, duration_s: clip.duration, moments };
}

window.look = look;
