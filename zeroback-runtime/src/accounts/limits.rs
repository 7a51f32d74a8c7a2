//! What accounts may take: the member `limits` of the setting `ZEROBACK_ACCOUNTS`.

use serde::Deserialize;

/// What accounts may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct AccountLimits {
    /// How often a password may be tried at once for one e-mail, after a pause; beyond it `rate_limited`.
    pub(crate) tries_max: u32,
    /// After how many seconds one more may be.
    pub(crate) try_again_seconds: u32,
    /// How often anybody may sign in or up at once from one address, after a pause; beyond it
    /// `rate_limited`.
    pub(crate) peer_tries_max: u32,
    /// After how many seconds they may once more.
    pub(crate) peer_try_again_seconds: u32,
    /// How many sessions one user has; the oldest ends where another begins.
    pub(crate) sessions_max: u32,
    /// How many may be with providers at once; beyond it the oldest are forgotten.
    pub(crate) oauth_attempts_max: u32,
    /// How many passwords a native server hashes at once; each takes 19 MiB.
    pub(crate) hashes_max: u32,
    /// How many are hashed or wait for it there; beyond it `unavailable`.
    pub(crate) hashes_waiting_max: u32,
}

/// A limit beyond this is none, and could not be counted with.
const MOST: u32 = 1_000_000;

impl Default for AccountLimits {
    fn default() -> Self {
        Self {
            tries_max: 10,
            try_again_seconds: 30,
            peer_tries_max: 100,
            peer_try_again_seconds: 2,
            sessions_max: 100,
            oauth_attempts_max: 10_000,
            hashes_max: 2,
            hashes_waiting_max: 32,
        }
    }
}

impl AccountLimits {
    /// Checks that somebody could sign in; says what is wrong.
    pub(super) fn check(self) -> Result<(), String> {
        for (name, limit) in [
            ("triesMax", self.tries_max),
            ("tryAgainSeconds", self.try_again_seconds),
            ("peerTriesMax", self.peer_tries_max),
            ("peerTryAgainSeconds", self.peer_try_again_seconds),
            ("sessionsMax", self.sessions_max),
            ("oauthAttemptsMax", self.oauth_attempts_max),
            ("hashesMax", self.hashes_max),
            ("hashesWaitingMax", self.hashes_waiting_max),
        ] {
            if !(1..=MOST).contains(&limit) {
                return Err(format!("limits.{name}: must be 1 to {MOST}"));
            }
        }
        Ok(())
    }
}
