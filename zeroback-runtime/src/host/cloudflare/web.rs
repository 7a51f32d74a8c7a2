//! HTTP on a Durable Object: requests to routes, and those that actions make.
//!
//! Bodies cross the boundary to JavaScript (`web.js`) piece by piece, each when it is wanted. What JavaScript
//! tells is kept here, and the future that waits for it is polled behind that.

mod fetch;
mod files;
mod port;
mod route;
mod streams;

use http::{HeaderMap, HeaderName, HeaderValue};
use wasm_bindgen::prelude::wasm_bindgen;

use super::Instance;
use streams::Told;

pub(super) use fetch::fetch;
pub(super) use files::{delete_file, get_file, put_file};
pub(super) use port::Web;
pub(super) use route::{Asked, go_on};
pub(super) use streams::Streams;

#[wasm_bindgen]
impl Instance {
    /// Takes in a request that is not for a path of the server's own; `headers` are names and values in
    /// turns. Its body, where there is one, is read under the same number, and so it is answered.
    pub fn route(
        &mut self,
        number: f64,
        method: &str,
        path: &str,
        headers: Vec<String>,
        has_body: bool,
    ) {
        route::begin(self, number, (method, path), headers, has_body);
        self.carry_out();
    }

    /// Takes in what has become of the next piece of a body: 0 it is there, 1 the body has ended, 2 it
    /// has broken off, 3 nothing came for too long.
    pub fn piece(&mut self, number: f64, how: u8, bytes: Option<Vec<u8>>) {
        let told = match how {
            0 => Told::Piece(bytes.unwrap_or_default().into()),
            1 => Told::End,
            2 => Told::BrokenOff,
            _ => Told::Silent,
        };
        self.streams.tell(number, told);
        self.carry_out();
    }

    /// Takes in that there is room for a piece of a body, or that nobody takes it any more.
    pub fn wanted(&mut self, number: f64, is_wanted: bool) {
        self.streams.want(number, is_wanted);
        self.carry_out();
    }

    /// Takes in the answer to a request that an action has made; its body has the same number.
    pub fn fetched(&mut self, number: f64, status: u16, headers: Vec<String>, has_body: bool) {
        let told = Told::Head {
            status,
            headers: header_map(headers),
            has_body,
        };
        self.streams.tell(number, told);
        self.carry_out();
    }

    /// Takes in that a request of an action's has no answer; `how` is as in [`Instance::piece`].
    #[wasm_bindgen(js_name = fetchFailed)]
    pub fn fetch_failed(&mut self, number: f64, how: u8, text: String) {
        let told = match how {
            3 => Told::Silent,
            _ => Told::Unreachable(text),
        };
        self.streams.tell(number, told);
        self.carry_out();
    }
}

/// Reads names and values in turns. A value's characters are its bytes.
fn header_map(flat: Vec<String>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for pair in flat.chunks_exact(2) {
        let bytes: Option<Vec<u8>> = pair[1]
            .chars()
            .map(|char| u8::try_from(char).ok())
            .collect();
        let name = HeaderName::from_bytes(pair[0].as_bytes()).ok();
        let value = bytes.and_then(|bytes| HeaderValue::from_bytes(&bytes).ok());
        if let (Some(name), Some(value)) = (name, value) {
            headers.append(name, value);
        }
    }
    headers
}

/// Writes names and values in turns.
fn flat(headers: &HeaderMap) -> Vec<String> {
    let text = |value: &HeaderValue| {
        value
            .as_bytes()
            .iter()
            .map(|byte| char::from(*byte))
            .collect()
    };
    let pairs = headers.iter();
    pairs
        .flat_map(|(name, value)| [name.as_str().to_owned(), text(value)])
        .collect()
}
