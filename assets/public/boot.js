// Starts the app. The page and its worker both run this file: the wasm looks where it is.
import init from "./anjangsana.js";

const page = globalThis.document;

// Takes the waiting sign away once the app has drawn something.
function watch() {
  const main = page.getElementById("main");
  const done = new MutationObserver(() => {
    if (!main.hasChildNodes()) return;
    done.disconnect();
    page.getElementById("wait")?.remove();
  });
  done.observe(main, { childList: true });
}

function say(reason) {
  const wait = page.getElementById("wait");
  if (!wait) return;
  const line = (tag, text) => Object.assign(page.createElement(tag), { textContent: text });
  const again = line("button", "Muat ulang");
  again.addEventListener("click", () => location.reload());
  wait.setAttribute("role", "alert");
  wait.replaceChildren(
    line("h1", "Anjangsana belum bisa dibuka"),
    line("p", "Data yang sudah tersimpan di perangkat ini tidak hilang. Muat ulang halaman ini; bila masih gagal, perbarui peramban Anda."),
    line("p", `Penyebab: ${reason}`),
    again,
  );
}

if (page) watch();
try {
  await init({ module_or_path: new URL("./anjangsana_bg.wasm", import.meta.url) });
} catch (reason) {
  // In a worker nobody reads a message: the page that made it gets the error.
  if (page) say(reason);
  throw reason;
}
