// Stands in for what wasm-bindgen makes of a crate: an instance that says what it is asked.

const encoder = new TextEncoder();

let isTrapped = false;

export function __wbg_reset_state() {
  isTrapped = false;
}

export function functionPaths() {
  if (isTrapped) throw new Error("Module terminated");
  return "tasks:create\ntasks:list";
}

// Lets `https://app.example` in, and nobody else.
export function admit(origins, origin, host, path, cookies, isPreflight) {
  if (isTrapped) throw new Error("Module terminated");
  if (origin !== "https://app.example") return JSON.stringify({ refused: "not let in", headers: [], answered: false });
  const headers = [["access-control-allow-origin", origin], ["vary", "origin"], ["x-asked", `${origins} ${path} ${cookies}`]];
  return JSON.stringify({ headers, answered: isPreflight });
}

let lives = 0;

export class Instance {
  #platform;
  #waiting = [];
  #life = ++lives;
  // Those of a schema change that are left, and those that are made.
  #steps = 0;
  #stepsMade = 0;
  #isOutOfDate = false;
  #connections = new Set();
  #left = 0;
  // How often keeping something still fails, and for whom.
  #failures = 0;
  #failed;
  // Of each body that is sent back: where to, what has come of it, and whether there is room.
  #echoes = new Map();
  #pieces = new Map();
  #room = new Set();
  // How many jobs are left, and when the next is due.
  #jobs = 0;
  #dueAt = 0;

  constructor(platform) {
    if (isTrapped) throw new Error("Module terminated");
    this.#platform = platform;
    for (const [connection, attachment] of JSON.parse(platform.sleepingSockets())) {
      if (attachment === "broken") throw new Error("broken by a test");
      this.#connections.add(connection);
      this.#waiting.push([connection, `slept as ${attachment}`]);
    }
  }

  status() {
    if (this.#isOutOfDate) return 3;
    return this.#steps > 0 ? 1 : 0;
  }

  migrate() {
    this.#steps -= 1;
    this.#stepsMade += 1;
    if (this.#stepsMade === 66) throw new Error("broken by a test");
    return this.#steps > 0;
  }

  open(connection) {
    this.#connections.add(connection);
    this.#waiting.push([connection, `life ${this.#life}`]);
  }

  text(connection, bytes) {
    const text = new TextDecoder().decode(bytes);
    if (text === "break") throw new Error("broken by a test");
    if (text === "leave") return this.#platform.closeConnection(connection, 4000, "as it was asked");
    if (text === "tell all") return this.#tellAll();
    if (text.startsWith("fail ")) {
      this.#failures = Number(text.slice("fail ".length));
      this.#failed = connection;
      return;
    }
    if (text.startsWith("attach ")) return this.#attach(connection, text.slice("attach ".length));
    this.#waiting.push([connection, text]);
  }

  binary(connection) {
    this.#waiting.push([connection, "binary"]);
  }

  closed(connection) {
    this.#connections.delete(connection);
    this.#left += 1;
  }

  #attach(connection, text) {
    try {
      this.#platform.attach(connection, text);
      this.#waiting.push([connection, "attached"]);
    } catch {
      this.#waiting.push([connection, "not attached"]);
    }
  }

  #tellAll() {
    const [first, ...others] = this.#connections;
    this.#platform.send(first, `${this.#connections.size} are told`);
    for (const other of others) this.#platform.sendAgain(other);
  }

  http(ticket, method, path, headers, body) {
    const { contentType, idempotencyKey } = JSON.parse(headers);
    isTrapped = path === "/api/trap";
    if (isTrapped || path === "/api/break") throw new Error("broken by a test");
    if (path === "/api/migrate") this.#steps = Number(new TextDecoder().decode(body));
    if (path === "/api/steps") return this.#platform.reply(ticket, 200, `${this.#stepsMade} ${this.#life}`);
    if (path === "/api/jobs") {
      const [jobs, afterMs = 5] = new TextDecoder().decode(body).split(" after ").map(Number);
      this.#jobs = jobs;
      this.#dueAt = Date.now() + afterMs;
    }
    if (path === "/api/jobs-left") return this.#platform.reply(ticket, 200, JSON.stringify(this.#jobs));
    if (path === "/api/left") return this.#platform.reply(ticket, 200, JSON.stringify(this.#left));
    if (path.startsWith("/api/setting/")) {
      const name = path.slice("/api/setting/".length);
      return this.#platform.reply(ticket, 200, this.#platform.setting(name) ?? "none");
    }
    if (path === "/api/overtaken") this.#isOutOfDate = true;
    if (path === "/api/documents") return this.#documents(ticket, JSON.parse(new TextDecoder().decode(body)));
    this.#platform.reply(ticket, 200, JSON.stringify([method, path, contentType ?? "", idempotencyKey, body.length]));
  }

  // Under /echo a body comes back piece by piece; under /hold nothing comes; under /trap the instance
  // breaks in the middle of the body.
  route(number, method, path, headers, hasBody) {
    const web = this.#platform.web();
    if (path === "/hold") return;
    if (path !== "/echo" && path !== "/trap") {
      const text = JSON.stringify([method, path, headers.includes("x-own"), hasBody]);
      return web.respond(number, 201, ["set-cookie", "a=1", "set-cookie", "b=2"], encoder.encode(text), undefined);
    }
    const out = web.number();
    this.#echoes.set(number, { out, traps: path === "/trap" });
    web.open(out);
    web.respond(number, 200, [], new Uint8Array(), out);
    web.read(number, 10_000);
  }

  piece(number, how, bytes) {
    const { out, traps } = this.#echoes.get(number);
    if (traps) throw new Error("broken by a test");
    const web = this.#platform.web();
    if (how === 1) return web.end(out);
    if (how !== 0) return;
    this.#pieces.set(out, { number, bytes });
    this.#passOn(out);
  }

  wanted(out, isWanted) {
    if (isWanted) this.#room.add(out);
    this.#passOn(out);
  }

  #passOn(out) {
    const piece = this.#pieces.get(out);
    if (piece === undefined || !this.#room.has(out)) return;
    this.#room.delete(out);
    this.#pieces.delete(out);
    const copy = piece.bytes.slice();
    this.#platform.web().write(out, copy);
    // As the module does with its memory.
    copy.fill(0);
    this.#platform.web().read(piece.number, 10_000);
  }

  pump() {}

  admin(ticket, method, path, contentType, authorization) {
    if (authorization === undefined) {
      this.#platform.reply(ticket, 401, JSON.stringify([method, path, contentType]));
      return 0;
    }
    if (method === "POST") return path.endsWith("/import") ? 1 : 2;
    const bytes = new TextEncoder().encode("first,second");
    this.#platform.archivePiece(ticket, bytes.subarray(0, 6));
    this.#platform.archivePiece(ticket, bytes.subarray(6));
    bytes.fill(0);
    this.#platform.replyArchive(ticket);
    return 0;
  }

  operate(ticket, body) {
    this.#platform.reply(ticket, 200, JSON.stringify(["operated", body.length]));
  }

  import(ticket, archive) {
    this.#platform.reply(ticket, 200, JSON.stringify([archive.length, this.#platform.adminKey()]));
  }

  // Answers with the lengths of the documents that come of `count` ones of `bytes` bytes.
  #documents(ticket, { count, bytes, bytesMax }) {
    const rows = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${count})
      SELECT replace(hex(zeroblob(${bytes} / 2)), '0', 'x') AS doc, i AS k0 FROM n`;
    const lines = new TextDecoder().decode(this.#platform.documents(rows, "k0 ASC", [], bytesMax));
    this.#platform.reply(ticket, 200, JSON.stringify(lines.split("\n").map((line) => line.length)));
  }

  wantsFlush() {
    return this.#waiting.length > 0;
  }

  wantsFlushIn() {
    return undefined;
  }

  wantsFlushLater() {
    return this.#failures > 0;
  }

  nextWake() {
    return this.#jobs > 0 ? this.#dueAt : undefined;
  }

  // Runs one job where it is due.
  #runJob() {
    if (this.#jobs === 0 || Date.now() < this.#dueAt) return;
    this.#jobs -= 1;
    this.#dueAt = Date.now() + 5;
  }

  // Says how much came since the last flush, so that a test sees what was flushed together.
  flush() {
    this.#runJob();
    if (this.#failures > 0 && --this.#failures === 0) this.#waiting.push([this.#failed, "kept"]);
    const waiting = this.#waiting.splice(0);
    for (const [connection, text] of waiting) this.#platform.send(connection, `${text} of ${waiting.length}`);
  }
}
