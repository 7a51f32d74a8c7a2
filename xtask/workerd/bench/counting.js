// The packaged Worker with its statements and its crossings counted: `GET /counted` tells them, and
// begins anew.

import { crossings } from "./crossings.js";
import { ZerobackObject as Plain } from "./index.js";

export { default } from "./index.js";

let statements = 0;

export class ZerobackObject extends Plain {
  constructor(ctx, env) {
    const { sql } = ctx.storage;
    const exec = sql.exec.bind(sql);
    sql.exec = (...args) => {
      statements += 1;
      return exec(...args);
    };
    super(ctx, env);
  }

  async fetch(request) {
    if (new URL(request.url).pathname !== "/counted") return super.fetch(request);
    const counted = { statements, ...crossings };
    statements = crossings.into = crossings.outOf = 0;
    return Response.json(counted);
  }
}
