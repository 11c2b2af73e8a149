// The service worker: keeps one whole build of the app on the device and starts it without a network.
//
// - A build is used whole or not at all: every file is checked against the hash in /precache.json, which is kept last. What was
//   fetched before a failure stays, so that the next try fetches only the rest.
// - It answers GET requests for the app's own files. It never touches another method, /api, or another origin.
// - A new build waits until the page says "skip-waiting"; until then the old one stays complete.

const BUILD = "dev"; // the build driver writes the build id here, so that a new build is a new service worker
const PREFIX = "anjangsana-";
const CACHE = PREFIX + BUILD;
const LIST = "/precache.json";
const HOME = "/";
const NEVER = ["/api/", "/healthz", "/readyz", "/sw.js", LIST];

self.addEventListener("install", (event) => event.waitUntil(install()));
self.addEventListener("activate", (event) => event.waitUntil(activate()));
self.addEventListener("message", (event) => {
  if (event.data === "skip-waiting") self.skipWaiting();
  if (event.data === "build-id") event.ports[0]?.postMessage(BUILD);
  if (event.data === "whole") event.waitUntil(whole().then((is) => event.ports[0]?.postMessage(is)));
});
self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET") return;
  const url = new URL(request.url);
  if (url.origin !== location.origin) return;
  if (NEVER.some((path) => (url.pathname + "/").startsWith(path))) return;
  event.respondWith(answer(request, url));
});

async function install() {
  const reply = await fetch(LIST, { cache: "no-store" });
  if (!reply.ok) throw new Error(`${LIST}: ${reply.status}`);
  const list = await reply.clone().json();
  if (list.build !== BUILD) throw new Error(`${LIST} is of build ${list.build}, this is ${BUILD}`);

  const older = await olderBuild();
  const cache = await caches.open(CACHE);
  for (const { path, hash } of list.files) {
    if (await cache.match(path)) continue;
    await cache.put(path, (await kept(older, path, hash)) ?? (await fresh(path, hash)));
  }
  await cache.put(LIST, reply);
}

// Whether the build is here; what somebody cleared is fetched again.
async function whole() {
  try {
    if (!(await (await caches.open(CACHE)).match(LIST))) await install();
    return true;
  } catch {
    return false;
  }
}

// The newest complete build on the device other than this one: its cache, and the hash of each of its files.
async function olderBuild() {
  for (const name of (await caches.keys()).reverse()) {
    if (!name.startsWith(PREFIX) || name === CACHE) continue;
    const cache = await caches.open(name);
    const list = await (await cache.match(LIST))?.json();
    if (list) return { cache, hashes: new Map(list.files.map(({ path, hash }) => [path, hash])) };
  }
}

async function kept(older, path, hash) {
  return older?.hashes.get(path) === hash ? older.cache.match(path) : undefined;
}

async function fresh(path, hash) {
  // Names under /assets/ carry their hash, so what the browser has just loaded may be used; the rest must be asked for.
  const reply = await fetch(path, { cache: path.startsWith("/assets/") ? "default" : "no-cache" });
  if (!reply.ok || reply.redirected) throw new Error(`${path}: ${reply.status}`);
  const digest = await crypto.subtle.digest("SHA-256", await reply.clone().arrayBuffer());
  const found = Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
  if (!found.startsWith(hash)) throw new Error(`${path} is not the file of build ${BUILD}`);
  return reply;
}

async function activate() {
  for (const name of await caches.keys()) {
    if (name.startsWith(PREFIX) && name !== CACHE) await caches.delete(name);
  }
  await self.clients.claim();
}

async function answer(request, url) {
  const cache = await caches.open(CACHE);
  const held = await cache.match(request.mode === "navigate" ? HOME : url.pathname);
  return held ?? fetch(request);
}
