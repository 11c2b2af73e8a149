import init from "./anjangsana.js";
await init({ module_or_path: new URL("./anjangsana_bg.wasm", import.meta.url) });
