//! The calls of the functions by which actions reach files; see `system/file_functions.rs`.

use super::{FileId, FileMetadata, UploadOptions};
use crate::job::calls::calls;

/// A file that is about to be stored.
#[derive(Debug, serde::Serialize, serde::Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Begun {
    pub(crate) id: FileId,
    /// Of its attempts: what the last one has stored counts.
    pub(crate) attempt: u32,
    #[ts(type = "number")]
    pub(crate) bytes_max: u64,
    pub(crate) content_types: Vec<String>,
}

/// A file that is there, and where.
#[cfg(feature = "server")]
#[derive(Debug, serde::Serialize, serde::Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Stored {
    pub(crate) key: String,
    pub(crate) metadata: FileMetadata,
}

calls! {
    /// Makes a place to upload a file to.
    UploadUrl { options: UploadOptions } = "_zeroback:upload_url", Mutation MutationCall -> String;
    /// Returns what is known of a file.
    Metadata { id: FileId } = "_zeroback:file_metadata", Query QueryCall -> Option<FileMetadata>;
    /// Returns where a file can be downloaded.
    Url { id: FileId } = "_zeroback:file_url", Query QueryCall -> Option<String>;
    /// Deletes a file.
    Delete { id: FileId } = "_zeroback:delete_file", Mutation MutationCall -> bool;
    /// Begins a file that an action stores, or, with a token, a client.
    Begin { token: Option<String> } = "_zeroback:begin_file", Mutation MutationCall -> Begun;
    /// Notes that what an attempt has stored is the file. Returns whether it is.
    Finish { id: FileId, attempt: u32, metadata: FileMetadata } =
        "_zeroback:finish_file", Mutation MutationCall -> bool;
}
