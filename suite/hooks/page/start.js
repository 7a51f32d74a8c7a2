import init from "/hooks.js";

await init({ module_or_path: "/hooks_bg.wasm" });
