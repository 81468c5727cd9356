// Prints the Khronos validator's report on a glTF file, as JSON.
//   node validate.mjs FILE
import { readFile } from "node:fs/promises";
import validator from "gltf-validator";

const [path] = process.argv.slice(2);
const report = await validator.validateBytes(new Uint8Array(await readFile(path)));
console.log(JSON.stringify(report));
