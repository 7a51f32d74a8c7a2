//! How long to wait before trying again.

use super::env::Env;

/// How waits grow.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Backoff {
    /// The first retry waits at most so long; each further one up to twice as long as the one before.
    pub(crate) base_ms: u64,
    /// The longest wait.
    pub(crate) max_ms: u64,
}

impl Backoff {
    /// Returns between half of and the whole exponential delay, so that a crowd does not come back at once.
    pub(crate) fn delay_ms(self, attempt: u32, env: &mut Env) -> u64 {
        let factor = 1_u64.checked_shl(attempt).unwrap_or(u64::MAX);
        let delay_ms = self.base_ms.saturating_mul(factor).min(self.max_ms);
        let share = 0.5 + env.luck() / 2.0;
        (delay_ms as f64 * share).round() as u64
    }
}
