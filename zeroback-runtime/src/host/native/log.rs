//! The log of this process: written by a thread of its own, so that nobody waits for a terminal or a
//! disk, to standard error.
//!
//! Lines that come faster than they can be written are dropped, and their number is said. Where a program
//! has a `tracing` subscriber of its own, that one gets the calls as events.

use std::fmt::{self, Write as _};
use std::hash::{BuildHasher as _, RandomState};
use std::io::Write as _;
use std::str::FromStr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

use tracing::Level;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};
use zeroback_protocol::{ServerRequestId, WireError};

use super::clock::now;
use crate::engine::{CallLine, Noted};
use crate::host::log::{Entry, Event, Recent};

/// How many batches of lines may wait to be written.
const BATCHES_MAX: usize = 4_096;

/// How many bytes are written at once.
const WRITTEN_AT_ONCE: usize = 64 << 10;

/// How lines of the log are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// Each as a JSON object.
    Json,
    /// Not at all: the newest are there for the operator.
    None,
}

/// Why the log could not be set up.
#[derive(Debug)]
pub struct LogError(String);

/// The log of the process.
#[derive(Clone, Debug)]
pub(super) struct Log {
    lines: SyncSender<Batch>,
    shared: Arc<Shared>,
}

/// What the thread is handed.
#[derive(Debug)]
enum Batch {
    Entries(Vec<Entry>),
    /// Say when what came before is written.
    Flush(SyncSender<()>),
}

#[derive(Debug, Default)]
struct Shared {
    recent: Mutex<Recent>,
    /// How many lines there was no room for.
    dropped: AtomicU64,
    /// Whether this log is the process's `tracing` subscriber.
    is_subscriber: AtomicBool,
    format: Mutex<LogFormat>,
    /// What is written of calls.
    written: Mutex<Noted>,
    /// How many requests were.
    refused: AtomicU64,
    hash: RandomState,
}

/// What `tracing` hands its events to.
#[derive(Debug)]
struct LogLayer(Log);

static LOG: LazyLock<Log> = LazyLock::new(Log::start);

/// Returns the log of the process.
pub(super) fn log() -> &'static Log {
    &LOG
}

/// Has the log written to standard error, by a thread of its own: what is said by `tracing` anywhere in the
/// process, and a line for each call. [`main`](super::main) does it for its program.
///
/// `filter` is a level, or a list of targets with a level each, such as `warn,my_backend=debug`; the target
/// of calls is `zeroback::call`. Returns what that needs in the engine's settings.
///
/// # Errors
///
/// Fails for what is no filter, and where the process has another `tracing` subscriber: then that one gets
/// the calls as events, and this need not be called.
pub fn init_log(filter: &str, format: LogFormat) -> Result<Noted, LogError> {
    let targets = targets(filter)?;
    let log = log();
    let shared = &log.shared;
    *locked(&shared.format) = format;
    let noted = noted_by(&targets);
    *locked(&shared.written) = noted;
    let layer = LogLayer(log.clone()).with_filter(targets);
    let subscriber = tracing_subscriber::registry().with(layer);
    let set = tracing::subscriber::set_global_default(subscriber);
    set.map_err(|error| LogError(error.to_string()))?;
    shared.is_subscriber.store(true, Ordering::Relaxed);
    Ok(noted)
}

/// Parses a filter. A word alone must be a level: as the name of a target, which it would be as well, a
/// mistyped level would leave out everything.
fn targets(filter: &str) -> Result<Targets, LogError> {
    let is_no_level = |word: &&str| !word.contains('=') && LevelFilter::from_str(word).is_err();
    if let Some(word) = filter.split(',').map(str::trim).find(is_no_level) {
        return Err(LogError(format!(
            "\"{word}\" is no level of the log: there are error, warn, info, debug, trace and off, also of one \
             target, as in {word}=debug"
        )));
    }
    let wrong = |error| LogError(format!("\"{filter}\" is no filter of the log: {error}"));
    Targets::from_str(filter).map_err(wrong)
}

/// Waits until everything is written that was said.
pub(super) fn flush() {
    let (written, is_written) = sync_channel(1);
    if log().lines.send(Batch::Flush(written)).is_ok() {
        // Where the thread is gone there is nothing to wait for.
        let _ = is_written.recv();
    }
}

fn noted_by(targets: &Targets) -> Noted {
    let enables = |level| targets.would_enable(Entry::CALL_TARGET, &level);
    match (enables(Level::DEBUG), enables(Level::INFO)) {
        (true, _) => Noted::Runs,
        (false, true) => Noted::Calls,
        (false, false) => Noted::Nothing,
    }
}

impl Log {
    fn start() -> Self {
        let (lines, waiting) = sync_channel(BATCHES_MAX);
        let shared = Arc::new(Shared::default());
        let log = Self {
            lines,
            shared: Arc::clone(&shared),
        };
        let writer = std::thread::Builder::new().name("zeroback-log".to_owned());
        // Without the thread there is no log, and everything else goes on.
        let _ = writer.spawn(move || shared.write(&waiting));
        log
    }

    /// Writes lines of calls.
    pub(super) fn calls(&self, lines: Vec<CallLine>) {
        let at = now();
        let entries = lines.into_iter().map(|line| Entry::of_call(at, line));
        self.take(entries.collect());
    }

    /// Has an error name a request that no engine has seen.
    pub(super) fn refused(&self, error: WireError) -> WireError {
        if error.request_id.is_some() {
            return error;
        }
        // Seeded at random, for this process.
        let number = self.shared.refused.fetch_add(1, Ordering::Relaxed);
        let request_id = ServerRequestId(self.shared.hash.hash_one(number));
        let line = CallLine::refused(request_id, error.code.clone());
        self.calls(vec![line]);
        error.of_request(request_id)
    }

    /// Returns the newest lines behind a number, as the body of an answer.
    pub(super) fn recent(&self, after: u64) -> String {
        locked(&self.shared.recent).answer(after)
    }

    fn take(&self, entries: Vec<Entry>) {
        let count = entries.len() as u64;
        if count > 0 && self.lines.try_send(Batch::Entries(entries)).is_err() {
            self.shared.dropped.fetch_add(count, Ordering::Relaxed);
        }
    }
}

impl Shared {
    fn write(&self, waiting: &Receiver<Batch>) {
        let mut text = String::new();
        while let Ok(batch) = waiting.recv() {
            let mut flushed = Vec::new();
            let mut next = Some(batch);
            while let Some(batch) = next {
                match batch {
                    Batch::Entries(entries) => self.put(entries, &mut text),
                    Batch::Flush(written) => flushed.push(written),
                }
                let has_room = text.len() < WRITTEN_AT_ONCE;
                next = has_room.then(|| waiting.try_recv().ok()).flatten();
            }
            let dropped = self.dropped.swap(0, Ordering::Relaxed);
            if dropped > 0 {
                let _ = writeln!(text, "{dropped} lines of the log were dropped");
            }
            // Whoever reads it may be gone.
            let _ = std::io::stderr().lock().write_all(text.as_bytes());
            text.clear();
            for written in flushed {
                let _ = written.send(());
            }
        }
    }

    fn put(&self, entries: Vec<Entry>, text: &mut String) {
        let is_subscriber = self.is_subscriber.load(Ordering::Relaxed);
        let format = *locked(&self.format);
        let written = *locked(&self.written);
        for entry in &entries {
            if entry.is_noted_by().is_some_and(|noted| noted > written) {
                if !is_subscriber {
                    entry.emit();
                }
                continue;
            }
            match format {
                LogFormat::Text => text.push_str(&entry.to_text()),
                LogFormat::Json => text.push_str(&entry.to_json(None)),
                LogFormat::None => continue,
            }
            text.push('\n');
        }
        let mut recent = locked(&self.recent);
        entries.into_iter().for_each(|entry| recent.push(entry));
    }
}

/// A line more or less is all that a panic can have left.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<S: tracing::Subscriber> Layer<S> for LogLayer {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        let entry = Entry::of_event(now(), Event::of(event));
        self.0.take(vec![entry]);
    }
}

impl FromStr for LogFormat {
    type Err = LogError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            "none" => Ok(Self::None),
            other => {
                let text =
                    format!("\"{other}\" is no format of the log: there are text, json and none");
                Err(LogError(text))
            }
        }
    }
}

impl fmt::Display for LogError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for LogError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_filter_says_what_is_noted_of_calls() {
        let noted = |filter: &str| noted_by(&Targets::from_str(filter).unwrap());
        assert_eq!(noted("info"), Noted::Calls);
        assert_eq!(noted("debug"), Noted::Runs);
        assert_eq!(noted("warn"), Noted::Nothing);
        assert_eq!(noted("warn,zeroback::call=debug"), Noted::Runs);
        assert_eq!(noted("info,zeroback::call=off"), Noted::Nothing);
    }

    #[test]
    fn a_mistyped_level_is_refused() {
        for filter in [
            "debug",
            "off",
            "",
            "warn,zeroback::call=info, my_backend=debug",
        ] {
            assert!(targets(filter).is_ok(), "{filter}");
        }
        for filter in ["inof", "warn,my_backend", "my_backend=loud"] {
            assert!(targets(filter).is_err(), "{filter}");
        }
    }
}
