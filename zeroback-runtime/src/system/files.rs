//! The files: what is known of each, and what of it counts.

use zeroback_macros::Table;

use crate::file::FileMetadata;

/// A file that is there, or that is about to be.
#[derive(Table)]
#[table(name = "_zeroback_files")]
pub(crate) struct File {
    /// How often somebody has begun to store it; what the last one has stored counts.
    pub(crate) attempts: u32,
    /// Once it is there.
    pub(crate) size: Option<u64>,
    pub(crate) sha256: Option<String>,
    pub(crate) content_type: Option<String>,
    /// Which of the attempts has stored it.
    pub(crate) stored_by: Option<u32>,
    /// Whether a document has had its id.
    pub(crate) is_referenced: bool,
    pub(crate) bytes_max: u64,
    pub(crate) content_types: Vec<String>,
}

impl File {
    /// Makes one that is not there yet.
    pub(crate) fn new(bytes_max: u64, content_types: Vec<String>) -> Self {
        Self {
            attempts: 0,
            size: None,
            sha256: None,
            content_type: None,
            stored_by: None,
            is_referenced: false,
            bytes_max,
            content_types,
        }
    }

    /// Returns what is known of it, once it is there.
    pub(crate) fn metadata(&self) -> Option<FileMetadata> {
        Some(FileMetadata {
            size: self.size?,
            sha256: self.sha256.clone()?,
            content_type: self.content_type.clone()?,
        })
    }
}
