// Wraps a packaged Worker so that a test can look at its object from outside, and have it dropped
// from memory as the platform drops one that is silent. The wrapper has the module scope of the
// isolate, which outlives the object, and answers without waking it.

export const OBSERVED = `
import { ZerobackObject as Plain } from "./index.js";
import worker from "./index.js";
import unsafe from "workerd:unsafe";

let lives = 0;
let statements = [];
let alarms = [];

export class ZerobackObject extends Plain {
  constructor(ctx, env) {
    lives += 1;
    const { sql } = ctx.storage;
    const exec = sql.exec.bind(sql);
    sql.exec = (text, ...params) => {
      statements.push(text);
      return exec(text, ...params);
    };
    const transact = ctx.storage.transactionSync.bind(ctx.storage);
    ctx.storage.transactionSync = (body) => {
      statements.push("BEGIN");
      return transact(body);
    };
    const setAlarm = ctx.storage.setAlarm.bind(ctx.storage);
    ctx.storage.setAlarm = (at) => {
      alarms.push(at);
      return setAlarm(at);
    };
    super(ctx, env);
  }
}

export default {
  async fetch(request, env) {
    switch (new URL(request.url).pathname) {
      // What the object was asked for is done before, and its sockets stay.
      case "/observe/evict":
        await unsafe.evict(env.ZEROBACK.getByName("main"));
        return Response.json(null);
      case "/observe/lives":
        return Response.json(lives);
      // Those since the last time.
      case "/observe/statements":
        return Response.json(statements.splice(0));
      // When the object has asked to be woken.
      case "/observe/alarms":
        return Response.json(alarms);
      default:
        return worker.fetch(request, env);
    }
  },
};
`;
