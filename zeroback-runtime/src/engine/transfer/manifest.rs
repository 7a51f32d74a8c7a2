//! The entry that tells what an archive is.

use serde::{Deserialize, Serialize};
use zeroback_protocol::{Timestamp, Version};

use super::TransferReport;

/// The entry's name: no table is called so.
pub(super) const MANIFEST: &str = "_zeroback.json";

/// The format of archives that is written, and the only one that is read.
pub(super) const FORMAT: u32 = 1;

/// What is written into the entry.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Manifest<'r> {
    pub(super) format: u32,
    pub(super) exported_at: i64,
    pub(super) version: Exported,
    #[serde(flatten)]
    pub(super) report: &'r TransferReport,
}

/// Where the database stood.
#[derive(Debug, Serialize)]
pub(super) struct Exported {
    epoch: u64,
    counter: u64,
}

/// What is read of the entry: the rest is for people.
#[derive(Debug, Deserialize)]
pub(super) struct Announced {
    pub(super) format: u32,
}

impl<'r> Manifest<'r> {
    pub(super) fn new(now: Timestamp, version: Version, report: &'r TransferReport) -> Self {
        Self {
            format: FORMAT,
            exported_at: now.unix_ms(),
            version: Exported {
                epoch: version.epoch,
                counter: version.counter,
            },
            report,
        }
    }
}
