//! Why nothing went out, or nothing came in.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::io;

use zeroback_protocol::{ErrorCode, RawJson, WireError, encode};

use crate::engine::store::StoreError;

/// Why an export or an import did not come about. The database is as before then.
#[derive(Debug)]
#[non_exhaustive]
pub enum TransferError {
    /// The archive is not one that can be imported.
    Archive(String),
    /// Lines of the archive are not right: the first of them, and how many there are.
    Lines {
        /// The first faults, in the order of the archive.
        first: Vec<Fault>,
        /// How many faults there are.
        count: u64,
    },
    /// The archive holds more than can be imported here.
    ImportTooLarge(String),
    /// The database holds more than can be exported here.
    ExportTooLarge(String),
    /// There is an import already, or the one that is meant has ended.
    Conflict(&'static str),
    /// The engine takes no calls, because of its schema.
    Refused(WireError),
    /// The server stopped in the midst of it. What it was doing then has happened, or has not.
    Lost,
    /// The store failed.
    Store(StoreError),
    /// The archive could not be written or read.
    Io(io::Error),
}

/// A line that is not right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The archive's entry.
    pub file: String,
    /// The line's number in it, from 1.
    pub line: u64,
    /// What is wrong.
    pub message: String,
}

impl TransferError {
    /// Returns what whoever asked is told.
    #[must_use]
    pub fn to_wire(&self) -> WireError {
        let code = match self {
            Self::Archive(_) => ErrorCode::IMPORT_FAILED,
            Self::Lines { first, count } => {
                return WireError {
                    data: faults_data(first, *count),
                    ..WireError::new(ErrorCode::IMPORT_FAILED, self.to_string())
                };
            }
            Self::ImportTooLarge(_) => ErrorCode::IMPORT_TOO_LARGE,
            Self::ExportTooLarge(_) => ErrorCode::EXPORT_TOO_LARGE,
            Self::Conflict(_) => ErrorCode::CONFLICT,
            Self::Refused(error) => return error.clone(),
            Self::Lost => ErrorCode::INTERNAL,
            Self::Store(_) | Self::Io(_) => {
                let text = "the server failed; nothing has changed";
                return WireError::new(ErrorCode::UNAVAILABLE, text);
            }
        };
        WireError::new(code, self.to_string())
    }

    /// Tells whether the server is at fault, so that its log has to say why.
    #[must_use]
    pub fn is_ours(&self) -> bool {
        matches!(self, Self::Store(_) | Self::Io(_))
    }
}

/// Returns the faults for programs.
fn faults_data(first: &[Fault], count: u64) -> Option<RawJson> {
    #[derive(serde::Serialize)]
    #[serde(untagged)]
    enum Member<'f> {
        Text(&'f str),
        Number(u64),
    }
    let faults: Vec<_> = first
        .iter()
        .map(|fault| {
            BTreeMap::from([
                ("file", Member::Text(&fault.file)),
                ("line", Member::Number(fault.line)),
                ("message", Member::Text(&fault.message)),
            ])
        })
        .collect();
    let faults = encode(&faults).ok()?;
    let data = format!("{{\"count\":{count},\"faults\":{faults}}}");
    Some(RawJson::from_encoded(data))
}

impl From<StoreError> for TransferError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.message)
    }
}

impl fmt::Display for TransferError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Archive(text) => write!(f, "{text}; nothing was imported"),
            Self::Lines { first, count } => {
                let mut text = String::new();
                for fault in first {
                    let _ = writeln!(text, "{fault}");
                }
                let unsaid = count.saturating_sub(first.len() as u64);
                if unsaid > 0 {
                    let _ = writeln!(text, "and {unsaid} more");
                }
                let lines = if *count == 1 { "line is" } else { "lines are" };
                write!(f, "{text}{count} {lines} not right; nothing was imported")
            }
            Self::ImportTooLarge(text) => write!(f, "{text}; nothing was imported"),
            Self::ExportTooLarge(text) => f.write_str(text),
            Self::Conflict(text) => f.write_str(text),
            Self::Refused(error) => f.write_str(&error.message),
            Self::Lost => f.write_str("the server stopped; whether this has happened is not known"),
            Self::Store(error) => error.fmt(f),
            Self::Io(error) => write!(f, "the archive could not be written or read: {error}"),
        }
    }
}

impl std::error::Error for TransferError {}
