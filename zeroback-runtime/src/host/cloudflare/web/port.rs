//! What the host asks of JavaScript for HTTP: the class `Web` of `web.js`. Nothing of it throws.

use std::fmt;
use std::panic::RefUnwindSafe;

use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen]
extern "C" {
    /// Requests and their bodies.
    #[derive(Clone)]
    pub type Web;

    /// Returns a number that the object has not used before.
    #[wasm_bindgen(method)]
    pub(in super::super) fn number(this: &Web) -> f64;

    /// Returns what a `location` means, seen from a URL.
    #[wasm_bindgen(method)]
    pub(in super::super) fn resolve(this: &Web, location: &str, base: &str) -> Option<String>;

    /// Answers a request; the body is bytes, or a stream that `open` has begun.
    #[wasm_bindgen(method)]
    pub(super) fn respond(
        this: &Web,
        number: f64,
        status: u16,
        headers: Vec<String>,
        bytes: &[u8],
        stream: Option<f64>,
    );

    /// Has `Instance::piece` called with the next piece of a body.
    #[wasm_bindgen(method)]
    pub(super) fn read(this: &Web, number: f64, silence_ms: f64);

    /// Ends a body that nobody wants any more.
    #[wasm_bindgen(method)]
    pub(super) fn cancel(this: &Web, number: f64);

    /// Begins a body that goes out; it is given up where none of it is taken for so long.
    #[wasm_bindgen(method)]
    pub(super) fn open(this: &Web, number: f64, stall_ms: f64);

    /// Sends a piece of it.
    #[wasm_bindgen(method)]
    pub(super) fn write(this: &Web, number: f64, bytes: &[u8]);

    /// Ends it.
    #[wasm_bindgen(method)]
    pub(super) fn end(this: &Web, number: f64);

    /// Breaks it off.
    #[wasm_bindgen(method)]
    pub(super) fn fail(this: &Web, number: f64);

    /// Makes a request to the world: `Instance::fetched` or `Instance::fetch_failed` is called.
    #[wasm_bindgen(method)]
    pub(super) fn fetch(
        this: &Web,
        number: f64,
        method: &str,
        url: &str,
        headers: Vec<String>,
        bytes: &[u8],
        stream: Option<f64>,
        silence_ms: f64,
    );

    /// Stores a body that `open` has begun under a name; told of as a request to the world is.
    #[wasm_bindgen(method, js_name = putFile)]
    pub(super) fn put_file(this: &Web, number: f64, key: &str, stream: f64);

    /// Gets a part of what is stored under a name.
    #[wasm_bindgen(method, js_name = getFile)]
    pub(super) fn get_file(this: &Web, number: f64, key: &str, offset: f64, length: f64);

    /// Takes away what is stored under a name.
    #[wasm_bindgen(method, js_name = deleteFile)]
    pub(super) fn delete_file(this: &Web, number: f64, key: &str);

    /// Gives it up.
    #[wasm_bindgen(method)]
    pub(super) fn abort(this: &Web, number: f64);
}

impl RefUnwindSafe for Web {}

impl fmt::Debug for Web {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Web")
    }
}
