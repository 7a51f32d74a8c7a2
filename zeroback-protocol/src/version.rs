//! The version of a database: how many commits it has seen, and in which epoch.

use serde::{Deserialize, Serialize};

/// A point in a database's history, as `[epoch, counter]` on the wire.
///
/// The counter goes up by one for each commit that wrote something and never goes backwards. The
/// epoch changes when a database is restored from a backup, which is the one event after which a
/// lower counter may be newer.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(from = "(u64, u64)", into = "(u64, u64)")]
pub struct Version {
    /// Changes when the database is restored.
    pub epoch: u64,
    /// Commits since the epoch began.
    pub counter: u64,
}

impl Version {
    /// Returns the version that the next commit makes.
    #[must_use]
    pub fn next(self) -> Self {
        Self {
            counter: self.counter + 1,
            ..self
        }
    }
}

impl From<(u64, u64)> for Version {
    fn from((epoch, counter): (u64, u64)) -> Self {
        Self { epoch, counter }
    }
}

impl From<Version> for (u64, u64) {
    fn from(version: Version) -> Self {
        (version.epoch, version.counter)
    }
}
