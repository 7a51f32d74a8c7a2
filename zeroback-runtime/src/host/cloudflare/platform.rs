//! What the host asks of JavaScript: the class `Platform` of `glue.js`.
//!
//! Every call that may throw is declared with `catch`: an exception that passes through Rust frames
//! which do not expect it leaves them as they stand.

use std::fmt;
use std::panic::RefUnwindSafe;

use js_sys::Array;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use super::web::Web;

#[wasm_bindgen]
extern "C" {
    /// The calls of the platform.
    #[derive(Clone)]
    pub type Platform;

    /// Runs a statement to its end.
    #[wasm_bindgen(method, catch)]
    pub(super) fn execute(this: &Platform, sql: &str, params: &Array) -> Result<(), JsValue>;

    /// Runs a statement that changes one row or none; returns whether it has.
    #[wasm_bindgen(method, catch)]
    pub(super) fn update(this: &Platform, sql: &str, params: &Array) -> Result<bool, JsValue>;

    /// Returns the rows of a statement as the JSON of an array of arrays.
    #[wasm_bindgen(method, catch)]
    pub(super) fn rows(this: &Platform, sql: &str, params: &Array) -> Result<Vec<u8>, JsValue>;

    /// Returns the text in the first column of the first row.
    #[wasm_bindgen(method, catch)]
    pub(super) fn text(
        this: &Platform,
        sql: &str,
        params: &Array,
    ) -> Result<Option<Vec<u8>>, JsValue>;

    /// Returns the first column of all rows of `sql`, which are in `order`, with a line break
    /// between each two; it ends with the row that goes beyond `bytes_max`.
    #[wasm_bindgen(method, catch)]
    pub(super) fn documents(
        this: &Platform,
        sql: &str,
        order: &str,
        params: &Array,
        bytes_max: f64,
    ) -> Result<Vec<u8>, JsValue>;

    /// Runs `body` in a transaction, which is rolled back where it returns false.
    #[wasm_bindgen(method, catch)]
    pub(super) fn transaction(
        this: &Platform,
        body: &mut dyn FnMut() -> bool,
    ) -> Result<(), JsValue>;

    /// Sends a text frame.
    #[wasm_bindgen(method, catch)]
    pub(super) fn send(this: &Platform, connection: f64, frame: &str) -> Result<(), JsValue>;

    /// Sends the text frame that was sent last.
    #[wasm_bindgen(method, catch, js_name = sendAgain)]
    pub(super) fn send_again(this: &Platform, connection: f64) -> Result<(), JsValue>;

    /// Keeps a text with a socket, in the place of an earlier one.
    #[wasm_bindgen(method, catch)]
    pub(super) fn attach(this: &Platform, connection: f64, attachment: &str)
    -> Result<(), JsValue>;

    /// Returns the sockets that an earlier life of the object has left, each with its attachment:
    /// the JSON of pairs. Does not throw.
    #[wasm_bindgen(method, js_name = sleepingSockets)]
    pub(super) fn sleeping_sockets(this: &Platform) -> String;

    /// Closes a socket. Does not throw.
    #[wasm_bindgen(method, js_name = closeConnection)]
    pub(super) fn close(this: &Platform, connection: f64, code: u16, reason: &str);

    /// Answers a request, with what names the value. Does not throw.
    #[wasm_bindgen(method)]
    pub(super) fn reply(this: &Platform, ticket: f64, status: u16, body: &str, tag: Option<String>);

    /// Keeps a piece of the archive that a request will be answered with. Does not throw.
    #[wasm_bindgen(method, js_name = archivePiece)]
    pub(super) fn archive_piece(this: &Platform, ticket: f64, bytes: &[u8]);

    /// Answers a request with the pieces of its archive. Does not throw.
    #[wasm_bindgen(method, js_name = replyArchive)]
    pub(super) fn reply_archive(this: &Platform, ticket: f64);

    /// Returns the Worker's secret `ZEROBACK_ADMIN_KEY`. Does not throw.
    #[wasm_bindgen(method, js_name = adminKey)]
    pub(super) fn admin_key(this: &Platform) -> Option<String>;

    /// Returns a variable of the Worker's that is a setting in JSON: its text, or that of the object that it
    /// is. Does not throw.
    #[wasm_bindgen(method)]
    pub(super) fn setting(this: &Platform, name: &str) -> Option<String>;

    /// Gets a document, and hands it to [`Instance::keys_fetched`](super::Instance::keys_fetched). Does
    /// not throw.
    #[wasm_bindgen(method, js_name = fetchKeys)]
    pub(super) fn fetch_keys(this: &Platform, fetch: f64, url: &str);

    /// Has [`Instance::pump`](super::Instance::pump) called behind what runs now. Does not throw.
    #[wasm_bindgen(method, js_name = pumpSoon)]
    pub(super) fn pump_soon(this: &Platform);

    /// Keeps the object in memory until an action has ended. Does not throw.
    #[wasm_bindgen(method, js_name = keepAlive)]
    pub(super) fn keep_alive(this: &Platform, action: f64);

    /// Ends what [`Platform::keep_alive`] has begun. Does not throw.
    #[wasm_bindgen(method, js_name = letGo)]
    pub(super) fn let_go(this: &Platform, action: f64);

    /// Returns what requests and their bodies go through. Does not throw.
    #[wasm_bindgen(method)]
    pub(super) fn web(this: &Platform) -> Web;

    /// Returns a variable or a secret of the Worker's. Does not throw.
    #[wasm_bindgen(method)]
    pub(super) fn env(this: &Platform, name: &str) -> Option<String>;

    /// Says where it can be read, after a trap, what ran. Does not throw.
    #[wasm_bindgen(method)]
    pub(super) fn watch(this: &Platform, memory: JsValue, address: u32);

    /// Returns what [`Instance::trapped_query`](super::Instance::trapped_query) has returned last, in this
    /// life of the object. Does not throw.
    #[wasm_bindgen(method, js_name = trappedQueries)]
    pub(super) fn trapped_queries(this: &Platform) -> Vec<String>;

    /// Writes to the Worker's log. Does not throw.
    #[wasm_bindgen(method)]
    pub(super) fn log(this: &Platform, text: &str);

    #[wasm_bindgen(js_namespace = crypto, js_name = getRandomValues)]
    fn get_random_values(bytes: &mut [u8]);

    #[wasm_bindgen(js_namespace = console, js_name = error)]
    pub(super) fn log_panic(text: &str);
}

/// Returns 256 random bits of the platform's.
pub(super) fn entropy() -> [u8; 32] {
    let mut bytes = [0; 32];
    get_random_values(&mut bytes);
    bytes
}

impl RefUnwindSafe for Platform {}

impl fmt::Debug for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Platform")
    }
}
