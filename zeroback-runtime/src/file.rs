//! Files as an author sees them: `ctx.storage`, and what is known of a file.
//!
//! What is known is a document of the engine's own, so it is live and part of the mutation that changes
//! it. What is in a file lies beside the database, with the host.

mod action;
pub(crate) mod calls;

use std::rc::Rc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;
use zeroback_protocol::{Id, TableName};

use crate::Result;
use crate::db::Database;

pub use action::ActionStorage;
#[cfg(feature = "server")]
pub(crate) use action::{checked_type, key_of, store};

/// How many bytes a file may have, unless the setting `file_bytes_max` or [`UploadOptions`] says otherwise: what
/// Cloudflare lets through.
pub const FILE_BYTES_MAX: u64 = 100 << 20;

/// Names a file; see [`FileId`].
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct File;

#[diagnostic::do_not_recommend]
impl TableName for File {
    const TABLE_NAME: &'static str = "_zeroback_files";
}

/// The id of a file. It is a value: a file is kept once a document has it, and is collected otherwise a
/// day after it was begun.
pub type FileId = Id<File>;

/// What is known of a file that is there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[ts(rename_all = "camelCase")]
pub struct FileMetadata {
    /// How many bytes it has.
    #[ts(type = "number")]
    pub size: u64,
    /// The SHA-256 of them, in hexadecimal digits.
    pub sha256: String,
    /// Of which type they are said to be.
    pub content_type: String,
}

/// What may be uploaded.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[ts(rename_all = "camelCase")]
pub struct UploadOptions {
    /// How many bytes it may have; the setting `file_bytes_max` where nothing is said. Beyond it
    /// `body_too_large`.
    #[ts(type = "number | null")]
    pub bytes_max: Option<u64>,
    /// Of which types it may be, such as `image/png`, or `image/*`; none are all.
    pub content_types: Vec<String>,
}

/// `ctx.storage` of a query: what is known of files.
#[derive(Debug)]
pub struct FileReader {
    database: Rc<dyn Database>,
}

/// `ctx.storage` of a mutation: files that clients may bring, and that go.
///
/// What is done is part of the mutation: where it fails, nothing is.
#[derive(Debug)]
pub struct Storage {
    reader: FileReader,
}

impl FileReader {
    pub(crate) fn new(database: Rc<dyn Database>) -> Self {
        Self { database }
    }

    /// Returns what is known of a file, or nothing where it is not there (any more, or yet). A query that
    /// asks is live.
    ///
    /// # Errors
    ///
    /// Fails where the store does.
    pub fn metadata(&self, id: &FileId) -> Result<Option<FileMetadata>> {
        self.database.file_metadata(id.raw())
    }

    /// Returns a path below the server's address at which whoever has it can download the file, for one
    /// to two hours; nothing where there is no such file. For an hour it is the same.
    ///
    /// # Errors
    ///
    /// As [`FileReader::metadata`].
    pub fn url(&self, id: &FileId) -> Result<Option<String>> {
        self.database.file_url(id.raw())
    }
}

impl Storage {
    pub(crate) fn new(database: Rc<dyn Database>) -> Self {
        Self {
            reader: FileReader::new(database),
        }
    }

    /// Returns a path below the server's address to which a client can `POST` one file within an hour.
    /// The answer is `{"fileId":"…"}`.
    ///
    /// # Errors
    ///
    /// Fails as writing does.
    pub fn upload_url(&self) -> Result<String> {
        self.upload_url_with(UploadOptions::default())
    }

    /// As [`Storage::upload_url`], for files of a size and of types.
    ///
    /// # Errors
    ///
    /// As [`Storage::upload_url`].
    pub fn upload_url_with(&self, options: UploadOptions) -> Result<String> {
        self.reader.database.new_upload(options)
    }

    /// Deletes a file. Returns whether it was there.
    ///
    /// # Errors
    ///
    /// As [`Storage::upload_url`].
    pub fn delete(&self, id: &FileId) -> Result<bool> {
        self.reader.database.delete_file(id.raw())
    }

    /// As [`FileReader::metadata`].
    ///
    /// # Errors
    ///
    /// As [`FileReader::metadata`].
    pub fn metadata(&self, id: &FileId) -> Result<Option<FileMetadata>> {
        self.reader.metadata(id)
    }

    /// As [`FileReader::url`].
    ///
    /// # Errors
    ///
    /// As [`FileReader::metadata`].
    pub fn url(&self, id: &FileId) -> Result<Option<String>> {
        self.reader.url(id)
    }
}
