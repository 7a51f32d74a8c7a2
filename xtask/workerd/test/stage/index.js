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
  // Those of a schema change that are left, and those that are made.
  #steps = 0;
  #stepsMade = 0;
  #isOutOfDate = false;
  #connections = new Set();
  #left = 0;
  // How often keeping something still fails, and for whom.
  #failures = 0;
  #failed;

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

  http(ticket, method, path, contentType, key, body) {
    isTrapped = path === "/trap";
    if (isTrapped || path === "/break") throw new Error("broken by a test");
    if (path === "/migrate") this.#steps = Number(new TextDecoder().decode(body));
    if (path === "/steps") return this.#platform.reply(ticket, 200, `${this.#stepsMade} ${this.#life}`);
    if (path === "/left") return this.#platform.reply(ticket, 200, JSON.stringify(this.#left));
    if (path === "/limits") return this.#platform.reply(ticket, 200, this.#platform.limits() ?? "none");
    if (path === "/overtaken") this.#isOutOfDate = true;
    if (path === "/documents") return this.#documents(ticket, JSON.parse(new TextDecoder().decode(body)));
    this.#platform.reply(ticket, 200, JSON.stringify([method, path, contentType, key ?? null, body.length]));
  }

  admin(ticket, method, path, contentType, authorization) {
    if (authorization === undefined) {
      this.#platform.reply(ticket, 401, JSON.stringify([method, path, contentType]));
      return false;
    }
    if (method === "POST") return true;
    const bytes = new TextEncoder().encode("first,second");
    this.#platform.archivePiece(ticket, bytes.subarray(0, 6));
    this.#platform.archivePiece(ticket, bytes.subarray(6));
    bytes.fill(0);
    this.#platform.replyArchive(ticket);
    return false;
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

  wantsFlushLater() {
    return this.#failures > 0;
  }

  // Says how much came since the last flush, so that a test sees what was flushed together.
  flush() {
    if (this.#failures > 0 && --this.#failures === 0) this.#waiting.push([this.#failed, "kept"]);
    const waiting = this.#waiting.splice(0);
    for (const [connection, text] of waiting) this.#platform.send(connection, `${text} of ${waiting.length}`);
  }
}
