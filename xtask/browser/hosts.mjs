// The hosts that a page is tried on: how each is started on a folder of data, stopped, and killed.
//
//   ZEROBACK_SERVER_BIN       an app's native program
//   ZEROBACK_WORKER_DIR       its packaged Worker, with
//   ZEROBACK_WORKERD_HARNESS  the program that serves it on workerd

import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

const START_MS_MAX = 60_000;
const STOP_MS_MAX = 15_000;

/** Returns every host, and for those that cannot run the reason. `settings` are variables that the app reads. */
export function hosts(env, assets, settings = {}) {
  const { ZEROBACK_SERVER_BIN: binary, ZEROBACK_WORKER_DIR: worker, ZEROBACK_WORKERD_HARNESS: harness } = env;
  return [
    {
      name: "native",
      skipped: binary ? undefined : "ZEROBACK_SERVER_BIN names no server",
      command: (data, port) => [binary, "serve", "--port", port, "--data", data, "--assets", assets],
      settings,
    },
    {
      name: "workerd",
      skipped: !worker
        ? "ZEROBACK_WORKER_DIR names no packaged Worker"
        : !harness
          ? "ZEROBACK_WORKERD_HARNESS names no program that serves it"
          : undefined,
      command: (data, port) => [
        ...[process.execPath, harness, "--worker", worker],
        ...["--data", data, "--assets", assets, "--port", port],
        ...Object.entries(settings).flatMap(([name, value]) => ["--var", `${name}=${value}`]),
      ],
      settings: {},
      // The program has workerd as its child, which would outlive it. With its input closed it ends by itself.
      isGroup: true,
    },
  ];
}

/** Starts a host on a port, or on any free one, and waits until it answers. */
export async function start(host, data, port = 0) {
  const [program, ...args] = host.command(data, String(port));
  const env = { ...process.env, ...host.settings };
  const child = spawn(program, args, { stdio: ["pipe", "pipe", "pipe"], env, detached: host.isGroup === true });
  const output = [];
  const lines = (stream) => createInterface({ input: stream });

  const ended = new Promise((resolve) => {
    child.on("error", (error) => resolve(`could not be started: ${error.message}`));
    child.on("exit", (code, signal) => resolve(`ended with ${signal ?? code}`));
  });
  const address = new Promise((resolve) => {
    for (const stream of [child.stdout, child.stderr]) {
      lines(stream).on("line", (line) => {
        output.push(line);
        const url = /https?:\/\/[^\s"'/]+:\d+/.exec(line)?.[0];
        if (url !== undefined) resolve(new URL(url));
      });
    }
  });
  const failed = ended.then((how) => {
    throw new Error(`the ${host.name} host ${how}:\n${output.join("\n")}`);
  });
  failed.catch(() => {});

  const url = await within(START_MS_MAX, `the ${host.name} host to print its address`, Promise.race([address, failed])).catch((error) => {
    child.kill("SIGKILL");
    throw error;
  });
  return {
    port: Number(url.port),
    // A browser may take `localhost` to an address that the host does not listen on.
    origin: `http://127.0.0.1:${url.port}`,
    output,
    /** Ends it as a deployment would. */
    async stop() {
      child.kill("SIGTERM");
      await within(STOP_MS_MAX, `the ${host.name} host to stop`, ended).catch((error) => {
        child.kill("SIGKILL");
        throw error;
      });
    },
    /** Ends it in the midst of whatever it does. */
    async kill() {
      process.kill(host.isGroup ? -child.pid : child.pid, "SIGKILL");
      await within(STOP_MS_MAX, `the ${host.name} host to be gone`, ended);
    },
  };
}

/** Gives what the promise gives, unless that takes too long. */
export async function within(ms, what, promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`waited ${ms} ms for ${what}`)), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
