// Prints what a delta of one row costs a client, beside reading the whole list again, and fails where that is more
// than a twentieth. Both are measured turn by turn, so that a slow moment is one for both. Needs `build`.

import { applyDelta } from "../dist/delta.js";

const ROWS = 10_000;
const RUNS = 201;
const SHARE_MAX = 1 / 20;

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

const deltas = { "one field": changed, "one row before all": first };
const runs = [() => JSON.parse(whole), ...Object.values(deltas).map((delta) => () => applyDelta(rows, JSON.parse(delta)))];
const times = runs.map(() => []);
for (let n = 0; n < RUNS; n += 1) {
  for (const [at, run] of runs.entries()) {
    const start = performance.now();
    run();
    times[at].push(1000 * (performance.now() - start));
  }
}
const [parseMicros, ...applyMicros] = times.map((micros) => micros.sort((a, b) => a - b)[RUNS >> 1]);

console.log(`${ROWS} rows, ${whole.length} bytes: JSON.parse ${parseMicros.toFixed(0)} µs`);
for (const [at, [name, delta]] of Object.entries(deltas).entries()) {
  const share = applyMicros[at] / parseMicros;
  const verdict = share > SHARE_MAX ? "MORE THAN" : "of at most";
  console.log(
    `a delta of ${name}: ${delta.length} bytes, ${applyMicros[at].toFixed(0)} µs, 1/${(1 / share).toFixed(0)} of it, ${verdict} 1/${1 / SHARE_MAX}`,
  );
  if (share > SHARE_MAX) process.exitCode = 1;
}
