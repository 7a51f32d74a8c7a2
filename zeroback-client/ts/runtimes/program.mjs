// Plays the story as a program of its own: URL and name are its arguments. Prints what has come of it.

import process from "node:process";
import { play } from "./story.mjs";

const [url, name] = process.argv.slice(2);
// Node 20 has none of its own.
const webSocket = globalThis.WebSocket === undefined ? (await import("ws")).WebSocket : undefined;
console.log(JSON.stringify(await play(url, name, webSocket)));
