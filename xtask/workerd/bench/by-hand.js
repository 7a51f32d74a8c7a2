// What someone would write by hand for the same: rows with an index, a record of each mutation in its
// transaction, and the newest row of a topic pushed to whoever subscribes to it. As much of the protocol
// as the driver speaks.

import { DurableObject } from "cloudflare:workers";

const AWAKE_INTERVAL_MS = 5_000;

export default {
  fetch: (request, env) => env.OBJECT.getByName("main").fetch(request),
};

export class ByHand extends DurableObject {
  sql = this.ctx.storage.sql;
  /** By topic: the sockets that subscribe to it, each with its query's id. */
  subscribers = new Map();
  acknowledged = new Map();
  answers = new Map();
  changed = new Set();
  flushing = false;
  version = 0;
  number = 0;

  constructor(ctx, env) {
    super(ctx, env);
    this.sql.exec(`
      CREATE TABLE IF NOT EXISTS rows (_key INTEGER PRIMARY KEY, _id TEXT NOT NULL UNIQUE,
        _creation_time INTEGER NOT NULL, doc TEXT NOT NULL, f_0 TEXT) STRICT;
      CREATE INDEX IF NOT EXISTS by_topic ON rows (f_0, _id);
      CREATE TABLE IF NOT EXISTS records (number INTEGER PRIMARY KEY, queue TEXT NOT NULL,
        sequence INTEGER NOT NULL, fingerprint TEXT NOT NULL, recorded_at INTEGER NOT NULL,
        outcome TEXT NOT NULL, UNIQUE (queue, sequence)) STRICT;
      CREATE TABLE IF NOT EXISTS state (only INTEGER PRIMARY KEY, counter INTEGER NOT NULL) STRICT;
      INSERT OR IGNORE INTO state VALUES (0, 0);`);
    setInterval(() => {}, AWAKE_INTERVAL_MS);
  }

  fetch() {
    const [client, server] = Object.values(new WebSocketPair());
    this.ctx.acceptWebSocket(server);
    return new Response(null, { status: 101, webSocket: client });
  }

  webSocketMessage(socket, text) {
    const message = JSON.parse(text);
    if (message.type === "connect") socket.send('{"type":"connected","protocol":1}');
    else if (message.type === "querySet") this.subscribe(socket, message.add);
    else if (message.type === "mutation") this.mutate(socket, message);
  }

  subscribe(socket, add) {
    const queries = add.map(({ queryId, args: { topic } }) => {
      if (!this.subscribers.has(topic)) this.subscribers.set(topic, []);
      this.subscribers.get(topic).push({ socket, queryId });
      return `{"queryId":${queryId},${this.newest(topic)}`;
    });
    socket.send(`{"type":"transition","version":[1,${this.version}],"queries":[${queries}]}`);
  }

  mutate(socket, { requestId, path, args, queue, sequence, ackedThrough }) {
    let answer;
    this.ctx.storage.transactionSync(() => {
      const value = path === "rows:add" ? this.add(args.topic, args.text) : this.addToTopics(args);
      answer = `"status":"success","value":${JSON.stringify(value)}}`;
      this.version += 1;
      this.sql.exec("UPDATE state SET counter = ? WHERE only = 0", this.version);
      if ((this.acknowledged.get(queue) ?? 0) < ackedThrough) {
        this.sql.exec("DELETE FROM records WHERE queue = ? AND sequence <= ?", queue, ackedThrough);
        this.acknowledged.set(queue, ackedThrough);
      }
      this.sql.exec(
        "INSERT INTO records (queue, sequence, fingerprint, recorded_at, outcome) VALUES (?, ?, ?, ?, ?)",
        queue,
        sequence,
        path,
        Date.now(),
        answer,
      );
    });
    if (!this.answers.has(socket)) this.answers.set(socket, []);
    this.answers.get(socket).push(`{"requestId":${requestId},${answer}`);
    this.flushSoon();
  }

  add(topic, text) {
    const time = Date.now();
    const id = `rows_${String((this.number += 1)).padStart(26, "0")}`;
    const doc = JSON.stringify({ _id: id, _creationTime: time, topic, text, isDone: false });
    this.sql.exec("INSERT INTO rows (_id, _creation_time, doc, f_0) VALUES (?, ?, ?, ?)", id, time, doc, topic);
    this.changed.add(topic);
    return id;
  }

  addToTopics({ from, count }) {
    const says = (number) => `the row with the number ${String(number).padStart(8, "0")}, which says nothing else`;
    for (let number = from; number < from + count; number += 1) this.add(`topic ${number}`, says(number));
    return null;
  }

  newest(topic) {
    const newest = "SELECT doc FROM rows WHERE f_0 = ? ORDER BY _id DESC LIMIT 1";
    const [row] = [...this.sql.exec(newest, topic).raw()];
    return `"status":"success","value":${row === undefined ? "null" : row[0]}}`;
  }

  flushSoon() {
    if (this.flushing) return;
    this.flushing = true;
    setTimeout(() => {
      this.flushing = false;
      this.flush();
    }, 0);
  }

  flush() {
    const told = new Map();
    for (const topic of this.changed) {
      const subscribers = this.subscribers.get(topic);
      if (subscribers === undefined) continue;
      const newest = this.newest(topic);
      // Equal texts are made once.
      let last = {};
      for (const { socket, queryId } of subscribers) {
        if (last.queryId !== queryId) last = { queryId, query: `{"queryId":${queryId},${newest}` };
        if (told.has(socket)) told.get(socket).push(last.query);
        else told.set(socket, [last.query]);
      }
    }
    this.changed.clear();
    const head = `{"type":"transition","version":[1,${this.version}]`;
    for (const [socket, answers] of this.answers) {
      const queries = told.get(socket);
      told.delete(socket);
      socket.send(`${head},"answers":[${answers}]${queries === undefined ? "" : `,"queries":[${queries}]`}}`);
    }
    this.answers.clear();
    for (const [socket, queries] of told) socket.send(`${head},"queries":[${queries}]}`);
  }
}
