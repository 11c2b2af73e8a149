// What `leaving.rs` does in the page, so that a screen is left exactly so many milliseconds after an edit.

const WAYS = ["back", "link", "up"];
const SEARCHES = ["nelayan", "bahari", "sadai", "nelayan sadai"];

const at = (id) => document.getElementById(id);
const one = (css) => document.querySelector(css);
const tick = (millis) => new Promise((done) => setTimeout(done, millis));
const picture = (alt) => one(`img[alt="${alt}"]`);

// Waits until a check gives something, and gives that. An app that stopped will never do it.
async function until(what, check) {
  const begun = performance.now();
  for (;;) {
    const words = document.body.innerText;
    if (/Anjangsana berhenti|Aplikasi berhenti|unreachable/.test(words)) throw new Error(`the app stopped before: ${what}\n${words.slice(-500)}`);
    const found = check();
    if (found) return found;
    if (performance.now() - begun > 20000) throw new Error(`still not: ${what}\n${words.slice(0, 1500)}`);
    await tick(5);
  }
}

// As if an address was chosen.
function go(path) {
  history.pushState(null, "", path);
  dispatchEvent(new PopStateEvent("popstate"));
}

// A button or a link by its name.
function named(name, within = document) {
  const all = [...(within?.querySelectorAll("button, a") ?? [])];
  return all.find((it) => !it.disabled && (it.textContent.trim() === name || it.getAttribute("aria-label") === name));
}

async function tap(name, within = () => document) {
  (await until(`there is "${name}"`, () => named(name, within()))).click();
}

function puts(id, value) {
  const field = at(id);
  field.value = value;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.dispatchEvent(new Event("change", { bubbles: true }));
}

// Only typed: the field still has the focus.
function types(id, text) {
  const field = at(id);
  field.focus();
  field.value = text;
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

function draws(id) {
  const pad = at(id);
  pad.scrollIntoView();
  const { left, top } = pad.getBoundingClientRect();
  const point = (kind, x, y) => pad.dispatchEvent(new PointerEvent(kind, { bubbles: true, clientX: left + x, clientY: top + y, buttons: 1, isPrimary: true }));
  point("pointerdown", 20, 20);
  for (let n = 0; n < 20; n++) point("pointermove", 20 + 5 * n, 20 + (n * 37) % 60);
}

// A photo of that width, too large to be kept as it is.
async function photo(width) {
  const canvas = Object.assign(document.createElement("canvas"), { width, height: 1400 });
  const paper = canvas.getContext("2d");
  for (let n = 0; n < 1500; n++) {
    paper.fillStyle = `hsl(${(n * 37) % 360} 70% ${30 + (n % 50)}%)`;
    paper.fillRect((n * 7919) % width, (n * 104729) % 1400, 20 + (n % 90), 20 + (n % 70));
  }
  const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.95));
  return new File([blob], "foto.jpg", { type: "image/jpeg" });
}

function gives(id, file) {
  const given = new DataTransfer();
  given.items.add(file);
  at(id).files = given.files;
  at(id).dispatchEvent(new Event("change", { bubbles: true }));
}

async function leave(way) {
  const up = one("a.head-back");
  if (way === "back") {
    const gone = new Promise((done) => addEventListener("popstate", done, { once: true }));
    history.back();
    return gone;
  }
  (way === "up" && up ? up : one('nav a[href="/"]')).click();
}

// Opens a screen, edits, leaves it after so many milliseconds, comes back, and waits until what was done is there.
async function round({ what = "", path, screen, back = path, edit, holds }, n, delay) {
  go("/");
  await until("the first screen", () => one(".home"));
  go(path);
  await until(`${path} is open`, () => one(screen));
  await edit(n);
  await tick(delay);
  const left = one(screen);
  await leave(WAYS[n % WAYS.length]);
  await until(`${path} is left`, () => !left?.isConnected);
  go(back);
  await until(`${what} is there: ${path} was left after ${delay} ms by ${WAYS[n % WAYS.length]}`, () => holds(n));
}

// A turn: once every fifty milliseconds, each in another way than in the turn before.
async function leaves(what, turn, delays) {
  for (let n = 0; n < delays; n++) await round(what, turn * (delays + 1) + n, n * 50);
}
