// Opens a scene.glb with three.js in a headless Chromium and prints what it saw.
//   node view.mjs CHROMIUM FILE < questions.json > answers.json
// Nothing is served and no port opened: the browser's requests are answered here.
import { readFile } from "node:fs/promises";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { text } from "node:stream/consumers";
import { chromium } from "playwright-core";

const HERE = fileURLToPath(new URL(".", import.meta.url));
const ORIGIN = "http://scene.test";
const TYPES = { ".html": "text/html", ".js": "text/javascript", ".glb": "model/gltf-binary" };
const FLAGS = [
  "--no-sandbox",
  "--use-angle=swiftshader",
  "--enable-unsafe-swiftshader",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-quic",
  "--disable-sync",
  "--no-first-run",
];

const [executablePath, file] = process.argv.slice(2);
const questions = JSON.parse(await text(process.stdin));
const browser = await chromium.launch({ executablePath, args: FLAGS });
try {
  const page = await browser.newPage();
  const troubles = [];
  page.on("console", (line) => {
    if (["warning", "error"].includes(line.type())) troubles.push(line.text());
  });
  page.on("pageerror", (error) => troubles.push(String(error)));
  await page.route("**/*", answer);
  await page.goto(`${ORIGIN}/page.html`);
  await page.waitForFunction(() => "look" in window);
  const seen = await page.evaluate((asked) => window.look(asked), questions);
  process.stdout.write(JSON.stringify({ ...seen, troubles }));
} finally {
  await browser.close();
}

/** Answers a request of the page from the disk. */
async function answer(route) {
  const path = normalize(new URL(route.request().url()).pathname);
  if (path === "/favicon.ico") return route.fulfill({ status: 204 });
  const body = await readFile(path === "/scene.glb" ? file : join(HERE, path));
  return route.fulfill({ body, contentType: TYPES[extname(path)] });
}
