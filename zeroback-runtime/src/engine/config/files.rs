//! What files may take.

use crate::file::FILE_BYTES_MAX;

/// What files may take, and how long their URLs hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileLimits {
    /// How many bytes a file may have, unless `UploadOptions` say otherwise; beyond it `body_too_large`.
    pub file_bytes_max: u64,
    /// How long the URL of an upload holds, in milliseconds; beyond it `forbidden`.
    pub file_upload_ms: u32,
    /// How often the URL of an upload may be used until there is a file; beyond it `limit_exceeded`.
    pub file_attempts_max: u32,
    /// How long the URL of a download stays the same, in milliseconds; it holds for one to two of that, and
    /// is `not_found` beyond it.
    pub file_url_ms: u32,
    /// When a file is deleted that no document has had, in milliseconds after it was begun.
    pub file_unreferenced_ms: u32,
}

impl Default for FileLimits {
    fn default() -> Self {
        const HOUR_MS: u32 = 60 * 60 * 1_000;
        Self {
            file_bytes_max: FILE_BYTES_MAX,
            file_upload_ms: HOUR_MS,
            file_attempts_max: 100,
            file_url_ms: HOUR_MS,
            file_unreferenced_ms: 24 * HOUR_MS,
        }
    }
}
