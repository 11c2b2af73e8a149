// Starts the app. The page and its worker both run this file: the wasm looks where it is.
import init from "./anjangsana.js";

const page = globalThis.document;
// The screens behind the first ones; empty in a development build, which is in one piece.
const FOLLOWING = "./following.wasm";

// The waiting sign is shown as long as nothing stands before it (css/base.css).
function say(title, reason) {
  page.getElementById("main")?.remove();
  const wait = page.getElementById("wait");
  const line = (tag, text) => Object.assign(page.createElement(tag), { textContent: text });
  const again = line("button", "Muat ulang");
  again.addEventListener("click", () => location.reload());
  wait.setAttribute("role", "alert");
  wait.replaceChildren(
    line("h1", title),
    line("p", "Data yang sudah tersimpan di perangkat ini tidak hilang. Muat ulang halaman ini; bila masih gagal, perbarui peramban Anda."),
    line("p", `Penyebab: ${reason}`),
    again,
  );
}

// A panic in the wasm is a bare trap, and the wasm is dead from then on: the page says so. A worker's error reaches its page by
// itself, but not when it came out of a promise.
function trapped(error) {
  if (error instanceof WebAssembly.RuntimeError) say("Anjangsana berhenti", error.message);
}

if (page) addEventListener("error", (event) => trapped(event.error));
addEventListener("unhandledrejection", (event) => {
  if (page) trapped(event.reason);
  else if (event.reason instanceof WebAssembly.RuntimeError) setTimeout(() => { throw event.reason; });
});
const app = init({ module_or_path: new URL("./anjangsana_bg.wasm", import.meta.url) });
let following;
// Brings those screens; says whether they are there. After a failure it may be asked again.
globalThis.follow = () => following ??= app
  .then((first) => FOLLOWING && WebAssembly.instantiateStreaming(
    fetch(new URL(FOLLOWING, import.meta.url), { priority: "low" }),
    { w: first },
  ))
  .then(() => true, () => {
    following = undefined;
    return false;
  });

// Keeps the app on the device (sw.js), and tries again by itself for as long as that fails: after a pause that grows, when the
// network comes, and when the page is opened next. Calls back with "missing" while the app cannot start without a network, with
// "ready" once it can, and with "update" when a newer build waits.
const FIRST_PAUSE = 5_000;
const LONGEST_PAUSE = 300_000;
globalThis.install = async (tell) => {
  const workers = navigator.serviceWorker;
  // A development build's files have no lasting names.
  if (!workers || page.documentElement.dataset.build === "dev") return;
  if (!workers.controller) tell("missing");
  let watched;
  for (let pause = FIRST_PAUSE; ; pause = Math.min(2 * pause, LONGEST_PAUSE)) {
    let ready = false;
    try {
      const registration = await workers.register("/sw.js");
      if (watched !== registration) watchForUpdates(watched = registration, workers, tell);
      ready = await isWhole(registration);
    } catch {
      // No network, or a server that is busy: tried again.
    }
    tell(ready ? "ready" : "missing");
    if (ready) return;
    await new Promise((again) => {
      setTimeout(again, pause);
      addEventListener("online", again, { once: true });
    });
  }
};

function watchForUpdates(registration, workers, tell) {
  // The very first installation is no update.
  const look = (worker) => worker?.state === "installed" && workers.controller && tell("update");
  look(registration.waiting);
  registration.addEventListener("updatefound", () => {
    const worker = registration.installing;
    worker?.addEventListener("statechange", () => look(worker));
  });
}

// Whether a service worker has the whole build.
async function isWhole({ active, waiting, installing }) {
  const worker = active ?? waiting ?? installing;
  await new Promise((settled) => {
    const look = () => (worker.state === "activated" || worker.state === "redundant") && settled();
    worker.addEventListener("statechange", look);
    look();
  });
  if (worker.state === "redundant") return false;
  return new Promise((answer) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = ({ data }) => answer(data);
    worker.postMessage("whole", [port2]);
    // One of an older build does not know the question. It was whole when it was installed.
    setTimeout(answer, 60_000, true);
  });
}

try {
  await app;
} catch (reason) {
  // In a worker nobody reads a message: the page that made it gets the error.
  if (page) say("Anjangsana belum bisa dibuka", reason);
  throw reason;
}
