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
try {
  await app;
} catch (reason) {
  // In a worker nobody reads a message: the page that made it gets the error.
  if (page) say("Anjangsana belum bisa dibuka", reason);
  throw reason;
}
