//! The log of a Worker: each line is a JSON object on the console, where the platform's log indexes it.

use std::cell::RefCell;

use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event as Said, Level, Metadata, Subscriber};
use wasm_bindgen::prelude::wasm_bindgen;
use zeroback_protocol::{ServerRequestId, WireError};

use super::now;
use crate::engine::{CallLine, Noted};
use crate::host::log::{Entry, Event, Recent};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = console, js_name = error)]
    fn write_error(line: &str);

    #[wasm_bindgen(js_namespace = console, js_name = warn)]
    fn write_warning(line: &str);

    #[wasm_bindgen(js_namespace = console, js_name = log)]
    fn write(line: &str);

    #[wasm_bindgen(js_namespace = console, js_name = debug)]
    fn write_debug(line: &str);
}

thread_local! {
    static LOG: RefCell<Log> = RefCell::new(Log {
        level: LevelFilter::INFO,
        recent: Recent::default(),
    });
}

#[derive(Debug)]
struct Log {
    level: LevelFilter,
    recent: Recent,
}

/// What `tracing` hands its events to.
#[derive(Debug)]
struct Console;

/// Has what is said by `tracing` written, down to a level. Returns what is to be noted of calls.
pub(super) fn install(level: Option<&str>) -> Result<Noted, String> {
    let level = level.unwrap_or("info");
    let filter = level.parse::<LevelFilter>();
    let filter = filter.map_err(|_| format!("ZEROBACK_LOG: \"{level}\" is no level"))?;
    LOG.with_borrow_mut(|log| log.level = filter);
    // An earlier life of the object has installed it.
    let _ = tracing::subscriber::set_global_default(Console);
    Ok(if filter >= Level::DEBUG {
        Noted::Runs
    } else if filter >= Level::INFO {
        Noted::Calls
    } else {
        Noted::Nothing
    })
}

/// Writes lines of calls.
pub(super) fn calls(lines: Vec<CallLine>) {
    for line in lines {
        put(Entry::of_call(now(), line));
    }
}

/// Returns the newest lines behind a number, as the body of an answer.
pub(super) fn recent(after: u64) -> String {
    LOG.with_borrow(|log| log.recent.answer(after))
}

/// Names the request of an error that no engine has seen.
pub(super) fn named(error: WireError) -> WireError {
    let bits = || (js_sys::Math::random() * f64::from(u32::MAX)) as u64;
    error.of_request(ServerRequestId(bits() << 32 | bits()))
}

fn put(entry: Entry) {
    let line = entry.to_json(None);
    match entry.level() {
        Level::ERROR => write_error(&line),
        Level::WARN => write_warning(&line),
        Level::INFO => write(&line),
        Level::DEBUG | Level::TRACE => write_debug(&line),
    }
    LOG.with_borrow_mut(|log| log.recent.push(entry));
}

impl Subscriber for Console {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        LOG.with_borrow(|log| *metadata.level() <= log.level)
    }

    fn event(&self, said: &Said<'_>) {
        put(Entry::of_event(now(), Event::of(said)));
    }

    // Of spans nothing is written: what belongs together has the same request.
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}
