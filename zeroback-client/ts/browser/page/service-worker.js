// Keeps the app's shell, so that the page can be loaded when the server cannot be reached. What the app shows in
// it is kept by the client.

const SHELL = ["/", "/notes.js"];

addEventListener("install", (event) => {
  skipWaiting();
  event.waitUntil(keep());
});

addEventListener("fetch", (event) => {
  const { request } = event;
  const isVisit = request.mode === "navigate";
  const path = isVisit ? "/" : new URL(request.url).pathname;
  if (SHELL.includes(path)) event.respondWith(fetch(request).catch(() => caches.match(path)));
  // A visit brings what the next one may need: all of it, or nothing.
  if (isVisit) event.waitUntil(keep().catch(() => {}));
});

async function keep() {
  const shell = await caches.open("shell");
  await shell.addAll(SHELL);
}
