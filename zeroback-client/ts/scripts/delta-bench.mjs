// Prints what a delta of one row costs a client, beside reading the whole list again. Needs `build`.

import { applyDelta } from "../dist/delta.js";

const ROWS = 10_000;
const RUNS = 200;

const rows = Array.from({ length: ROWS }, (_, n) => ({
  _id: `tasks_01kaq3v9${String(n).padStart(18, "0")}`,
  _creationTime: 1_700_000_000_000 + n,
  title: `Task number ${n}`,
  done: n % 3 === 0,
  owner: `users_01kaq3v9${String(n % 50).padStart(18, "0")}`,
  note: "some text of a common length",
}));
const whole = JSON.stringify(rows);
const { _id } = rows[ROWS / 2];
const changed = JSON.stringify({ list: [[ROWS / 2, _id, { set: { done: true } }]] });
const first = JSON.stringify({ list: [[0, rows[0]._id, 0, [{ ...rows[0], _id: "tasks_new" }]]] });

function medianMicros(run) {
  const times = [];
  for (let n = 0; n < RUNS; n += 1) {
    const start = performance.now();
    run();
    times.push(performance.now() - start);
  }
  return 1000 * times.sort((a, b) => a - b)[RUNS / 2];
}

const parse = medianMicros(() => JSON.parse(whole));
console.log(`${ROWS} rows, ${whole.length} bytes: JSON.parse ${parse.toFixed(0)} µs`);
for (const [name, delta] of Object.entries({ "one field": changed, "one row before all": first })) {
  const apply = medianMicros(() => applyDelta(rows, JSON.parse(delta)));
  console.log(`a delta of ${name}: ${delta.length} bytes, ${apply.toFixed(0)} µs, 1/${(parse / apply).toFixed(0)} of it`);
}
