// Stands in for what wasm-bindgen makes of a crate: an instance that says what it is asked.

let isTrapped = false;

export function __wbg_reset_state() {
  isTrapped = false;
}

export function functionPaths() {
  if (isTrapped) throw new Error("Module terminated");
  return "tasks:create\ntasks:list";
}

let lives = 0;

export class Instance {
  #platform;
  #waiting = [];
  #life = ++lives;

  constructor(platform) {
    if (isTrapped) throw new Error("Module terminated");
    this.#platform = platform;
  }

  open(connection) {
    this.#waiting.push([connection, `life ${this.#life}`]);
  }

  text(connection, bytes) {
    const text = new TextDecoder().decode(bytes);
    if (text === "break") throw new Error("broken by a test");
    this.#waiting.push([connection, text]);
  }

  binary(connection) {
    this.#waiting.push([connection, "binary"]);
  }

  closed() {}

  http(ticket, method, path, contentType, body) {
    isTrapped = path === "/trap";
    if (isTrapped || path === "/break") throw new Error("broken by a test");
    this.#platform.reply(ticket, 200, JSON.stringify([method, path, contentType, body.length]));
  }

  wantsFlush() {
    return this.#waiting.length > 0;
  }

  // Says how much came since the last flush, so that a test sees what was flushed together.
  flush() {
    const waiting = this.#waiting.splice(0);
    for (const [connection, text] of waiting) this.#platform.send(connection, `${text} of ${waiting.length}`);
  }
}
