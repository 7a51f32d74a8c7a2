// Requests of both directions, and their bodies piece by piece: those that come to routes, and those that
// actions make. Bodies are read when they are wanted and not before, so the slower side is waited for.
//
// What is begun here is told of by a number that is not used again in the life of the object, also not by
// an instance that has taken the place of another. Nothing here calls into the instance while it runs.

/** What `Instance.piece` and `Instance.fetchFailed` are told. */
const PIECE = 0;
const END = 1;
const BROKEN_OFF = 2;
const SILENT = 3;

const SILENCE = Symbol("silence");

/** How much of a file is handed over at a time. */
const PART_BYTES = 8 * 1024 * 1024;

export class Web {
  // Runs an event in the instance, if there is one, and does not throw.
  #tell;
  // The R2 bucket, if there is one.
  #files;
  #last = 0;
  // Of each request that was not answered yet: what answers it.
  #answers = new Map();
  // Of each body that comes in: its reader.
  #readers = new Map();
  // Of each body that goes out: its stream, until it is taken, and its controller.
  #streams = new Map();
  #controllers = new Map();
  // Of each request that was not answered by the world: what gives it up.
  #aborts = new Map();

  constructor(tell, files) {
    this.#tell = tell;
    this.#files = files;
  }

  // --- What the glue calls. ---

  /** Notes a request to a route, which the instance is to be told of under this number. */
  expect(request) {
    const number = this.number();
    if (request.body !== null) this.#readers.set(number, request.body.getReader());
    const answered = new Promise((resolve, reject) => this.#answers.set(number, { resolve, reject }));
    // It may fail before anyone waits for it.
    answered.catch(() => {});
    return { number, answered };
  }

  /** Gives up all that an instance has begun which is no more. */
  giveUp(fault) {
    for (const { reject } of this.#answers.values()) reject(fault);
    for (const reader of this.#readers.values()) reader.cancel(fault).catch(() => {});
    for (const { controller, timer } of this.#controllers.values()) {
      clearTimeout(timer);
      controller.error(fault);
    }
    for (const abort of this.#aborts.values()) abort.abort(fault);
    for (const all of [this.#answers, this.#readers, this.#streams, this.#controllers, this.#aborts]) all.clear();
  }

  // --- What follows is called from Rust, see web/port.rs. None of it throws. ---

  number() {
    return ++this.#last;
  }

  resolve(location, base) {
    try {
      return new URL(location, base).href;
    } catch {
      return undefined;
    }
  }

  /** Answers a request, with bytes or with a stream that `open` has made. */
  respond(number, status, headers, bytes, stream) {
    const answer = this.#answers.get(number);
    this.#answers.delete(number);
    const told = pairs(headers);
    try {
      const body = sized(this.#bodyOf(bytes, stream), told.get("content-length"));
      answer?.resolve(new Response(body, { status, headers: told }));
    } catch (fault) {
      answer?.reject(fault);
    }
  }

  /** Reads the next piece of a body, which is told of by `piece`. */
  read(number, silenceMs) {
    const reader = this.#readers.get(number);
    // A body that was given up has no pieces.
    if (reader === undefined) return;
    within(silenceMs, reader.read()).then(
      ({ done, value }) => {
        if (done) this.#readers.delete(number);
        this.#tell((instance) => instance.piece(number, done ? END : PIECE, done ? undefined : bytesOf(value)));
      },
      (fault) => {
        this.#readers.delete(number);
        reader.cancel(fault).catch(() => {});
        this.#tell((instance) => instance.piece(number, fault === SILENCE ? SILENT : BROKEN_OFF, undefined));
      },
    );
  }

  /** Ends a body that nobody wants any more. */
  cancel(number) {
    this.#readers.get(number)?.cancel().catch(() => {});
    this.#readers.delete(number);
  }

  /**
   * Begins a body that goes out. `wanted` is told each time that there is room for a piece. Where there is none
   * for so long, the body is given up: what waits for it would do so for ever.
   */
  open(number, stallMs) {
    const stream = new ReadableStream({
      start: (controller) => {
        this.#controllers.set(number, { controller, stallMs, timer: undefined });
      },
      // It may be called from within `write`.
      pull: () => {
        clearTimeout(this.#controllers.get(number)?.timer);
        queueMicrotask(() => this.#tell((instance) => instance.wanted(number, true)));
      },
      cancel: () => {
        this.#takeController(number);
        this.#tell((instance) => instance.wanted(number, false));
      },
    });
    this.#streams.set(number, stream);
  }

  write(number, bytes) {
    const body = this.#controllers.get(number);
    if (body === undefined) return;
    clearTimeout(body.timer);
    body.timer = setTimeout(() => {
      this.fail(number);
      this.#tell((instance) => instance.wanted(number, false));
    }, body.stallMs);
    // The bytes are the module's own, and another piece comes to the same place.
    body.controller.enqueue(bytes.slice());
  }

  end(number) {
    this.#takeController(number)?.close();
  }

  fail(number) {
    this.#takeController(number)?.error(new Error("the body broke off"));
  }

  #takeController(number) {
    const body = this.#controllers.get(number);
    clearTimeout(body?.timer);
    this.#controllers.delete(number);
    return body?.controller;
  }

  /** Makes a request, which is told of by `fetched` or `fetchFailed`. */
  fetch(number, method, url, headers, bytes, stream, silenceMs) {
    const abort = new AbortController();
    this.#aborts.set(number, abort);
    const body = this.#bodyOf(bytes, stream);
    const asked = (async () => {
      const init = { method, headers: pairs(headers), redirect: "manual", signal: abort.signal };
      return await fetch(url, body === null ? init : { ...init, body });
    })();
    within(silenceMs, asked).then(
      (response) => {
        this.#aborts.delete(number);
        const hasBody = response.body !== null;
        if (hasBody) this.#readers.set(number, response.body.getReader());
        const flat = [...response.headers].flat();
        this.#tell((instance) => instance.fetched(number, response.status, flat, hasBody));
      },
      (fault) => {
        this.#aborts.delete(number);
        abort.abort();
        const how = fault === SILENCE ? SILENT : BROKEN_OFF;
        this.#tell((instance) => instance.fetchFailed(number, how, String(fault?.message ?? "")));
      },
    );
  }

  // The three that follow are told of by `fetched` or `fetchFailed` too: where there is none of that name,
  // the status is 404.

  /** Stores a body under a name, or nothing where it breaks off. */
  putFile(number, key, stream) {
    this.#settle(number, putWhole(this.#files, key, this.#bodyOf(undefined, stream)));
  }

  /** Gets a part of what is stored under a name. */
  getFile(number, key, offset, length) {
    this.#settle(number, (async () => this.#bucket().get(key, { range: { offset, length } }))());
  }

  deleteFile(number, key) {
    this.#settle(number, (async () => this.#bucket().delete(key))());
  }

  #settle(number, asked) {
    asked.then(
      (found) => {
        const body = found?.body;
        if (body !== undefined) this.#readers.set(number, body.getReader());
        this.#tell((instance) => instance.fetched(number, found === null ? 404 : 200, [], body !== undefined));
      },
      (fault) => this.#tell((instance) => instance.fetchFailed(number, BROKEN_OFF, String(fault?.message ?? ""))),
    );
  }

  #bucket() {
    return bucketOf(this.#files);
  }

  /** Gives up a request to the world that nobody waits for any more. */
  abort(number) {
    this.#aborts.get(number)?.abort();
    this.#aborts.delete(number);
  }

  #bodyOf(bytes, stream) {
    if (stream === undefined) return bytes.length === 0 ? null : bytes.slice();
    const body = this.#streams.get(stream);
    this.#streams.delete(stream);
    return body ?? null;
  }
}

// The platform drops the length of a stream from the headers, unless the stream itself knows it.
function sized(body, length) {
  if (length === null || !(body instanceof ReadableStream)) return body;
  const { readable, writable } = new FixedLengthStream(Number(length));
  // Where it breaks off, so does what is read of it.
  body.pipeTo(writable).catch(() => {});
  return readable;
}

// Names and values take turns, as pairs would be many small arrays.
function pairs(flat) {
  const headers = new Headers();
  for (let at = 0; at < flat.length; at += 2) headers.append(flat[at], flat[at + 1]);
  return headers;
}

function bucketOf(files) {
  if (files === undefined) throw new Error("there is no R2 bucket bound as ZEROBACK_FILES");
  return files;
}

// R2 takes what it knows the length of, or parts that are all alike but the last. A file is there when
// all of it is.
async function putWhole(files, key, body) {
  const bucket = bucketOf(files);
  let upload;
  let parts = [];
  let pending = [];
  let length = 0;
  const cut = () => {
    const whole = new Uint8Array(length);
    let at = 0;
    for (const piece of pending) {
      whole.set(piece, at);
      at += piece.length;
    }
    const part = whole.subarray(0, PART_BYTES);
    pending = [whole.subarray(PART_BYTES)];
    length -= part.length;
    return part;
  };
  try {
    for await (const piece of body ?? []) {
      pending.push(piece);
      length += piece.length;
      while (length > PART_BYTES) {
        upload ??= await bucket.createMultipartUpload(key);
        parts.push(await upload.uploadPart(parts.length + 1, cut()));
      }
    }
    if (upload === undefined) await bucket.put(key, cut());
    else {
      parts.push(await upload.uploadPart(parts.length + 1, cut()));
      await upload.complete(parts);
    }
  } catch (fault) {
    await upload?.abort().catch(() => {});
    throw fault;
  }
}

function bytesOf(value) {
  return typeof value === "string" ? new TextEncoder().encode(value) : value;
}

function within(ms, promise) {
  let timer;
  const silence = new Promise((_, reject) => {
    timer = setTimeout(() => reject(SILENCE), ms);
  });
  return Promise.race([promise, silence]).finally(() => clearTimeout(timer));
}
