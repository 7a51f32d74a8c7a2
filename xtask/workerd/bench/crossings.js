// Counts what crosses the boundary of wasm; imported before the module is made.

export const crossings = { into: 0, outOf: 0 };

const Plain = WebAssembly.Instance;

WebAssembly.Instance = function (module, imports) {
  const counted = {};
  for (const [name, functions] of Object.entries(imports)) {
    counted[name] = {};
    for (const [key, value] of Object.entries(functions)) {
      counted[name][key] = typeof value !== "function" ? value : counting("outOf", value);
    }
  }
  const { exports } = new Plain(module, counted);
  const wrapped = {};
  for (const [key, value] of Object.entries(exports)) {
    wrapped[key] = typeof value !== "function" ? value : counting("into", value);
  }
  return { exports: wrapped };
};

function counting(direction, call) {
  return function (...args) {
    crossings[direction] += 1;
    return Reflect.apply(call, this, args);
  };
}
