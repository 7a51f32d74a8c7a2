//! What bodies and requests to the world may take, unless they are told otherwise.

use super::BODY_BYTES_MAX;

/// What bodies and requests to the world may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WebLimits {
    /// How many bytes of a body `bytes`, `text` and `json` read, unless `with_bytes_max` says otherwise;
    /// beyond it `body_too_large`.
    pub body_bytes_max: usize,
    /// How long a client may neither send nor take anything of a body, in milliseconds: then it is given up,
    /// since what waits for it counts towards `actions_max`. A body that was being read fails with
    /// `bad_message`. A native server closes a connection too on which no head of a request comes for as long.
    pub body_stall_ms: u32,
    /// How long another server may be silent, in milliseconds, unless the request's
    /// [`FetchOptions`](super::FetchOptions) say otherwise; beyond it `fetch_timeout`.
    pub fetch_silence_ms: u32,
    /// How many redirects are followed, unless they do; beyond it `fetch_failed`.
    pub fetch_redirects_max: u32,
}

impl Default for WebLimits {
    fn default() -> Self {
        Self {
            body_bytes_max: BODY_BYTES_MAX,
            body_stall_ms: 60_000,
            fetch_silence_ms: 30_000,
            fetch_redirects_max: 10,
        }
    }
}
