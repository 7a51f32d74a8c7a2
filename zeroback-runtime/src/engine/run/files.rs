//! `ctx.storage`: files are documents, written by the run that has to do with them.

use std::time::Duration;

use memchr::memmem::find_iter;
use zeroback_protocol::{ErrorCode, RawId, TableName as _, encode, encode_document, encode_patch};

use super::Run;
use crate::db::{Database as _, Doc};
use crate::engine::store::Store;
use crate::file::{File as FileName, FileId, FileMetadata, UploadOptions};
use crate::job::NewJob;
use crate::system::file_functions::{COLLECT, REMOVE};
use crate::system::files::{File, FilePatch};
use crate::{Error, Result, Table as _, TableDef};

/// What an id of a file begins with in a document.
const ID_BEGINS: &str = "\"_zeroback_files_";

impl<S: Store> Run<S> {
    /// Makes a file that is not there yet, and sees to it that it does not stay without a reference.
    pub(super) fn add_file(&self, options: UploadOptions) -> Result<RawId> {
        let bytes_max = options.bytes_max.unwrap_or(self.file_limits.file_bytes_max);
        let file = File::new(bytes_max, options.content_types);
        let id = self.insert(&File::DEF, &|id, creation_time, limits| {
            Ok(encode_document(id, creation_time, &file, limits)?)
        })?;
        let kept = Duration::from_millis(self.file_limits.file_unreferenced_ms.into());
        let due_at = self.now + kept;
        let job = NewJob {
            path: COLLECT.to_owned(),
            args: encode(&serde_json::json!({ "id": FileId::from_raw(id) }))?,
            is_action: false,
            due_at,
        };
        // Whoever may upload must not keep the app from scheduling.
        self.schedule_job_within(job, self.job_limits.jobs_waiting_max / 2)?;
        Ok(id)
    }

    pub(super) fn remove_file(&self, id: RawId) -> Result<bool> {
        let Some(file) = self.file(id)? else {
            return Ok(false);
        };
        self.delete(&File::DEF, id)?;
        if file.attempts > 0 {
            let args = serde_json::json!({
                "id": FileId::from_raw(id),
                "attempts": file.attempts,
            });
            self.schedule_job(NewJob {
                path: REMOVE.to_owned(),
                args: encode(&args)?,
                is_action: true,
                due_at: self.now,
            })?;
        }
        Ok(file.size.is_some())
    }

    pub(super) fn known_of_file(&self, id: RawId) -> Result<Option<FileMetadata>> {
        Ok(self.file(id)?.and_then(|file| file.metadata()))
    }

    pub(super) fn upload_path(&self, id: RawId) -> Result<String> {
        let expires = self.now.unix_ms() + i64::from(self.file_limits.file_upload_ms);
        let text = format!("{expires} {}", FileId::from_raw(id));
        let token = self.cursor_key.seal_text("upload", &text)?;
        Ok(format!("/storage/upload?token={token}"))
    }

    pub(super) fn opened_upload(&self, token: &str) -> Result<RawId> {
        let refused = || Error::forbidden("the URL of the upload is none, or has expired");
        let text = self.cursor_key.open_text("upload", token);
        let text = text.ok_or_else(refused)?;
        let (expires, id) = text.split_once(' ').ok_or_else(refused)?;
        let id: FileId = id.parse().map_err(|_| refused())?;
        let expires: i64 = expires.parse().map_err(|_| refused())?;
        if self.now.unix_ms() >= expires {
            return Err(refused());
        }
        // What each attempt may have left is looked for when the file goes.
        let attempts_max = self.file_limits.file_attempts_max;
        let file = self.file(id.raw())?;
        if file.is_some_and(|file| file.size.is_none() && file.attempts >= attempts_max) {
            let text = format!(
                "the URL was used {attempts_max} times, which is file_attempts_max; ask for another"
            );
            return Err(Error::new(ErrorCode::LIMIT_EXCEEDED, text));
        }
        Ok(id.raw())
    }

    pub(super) fn download_path(&self, id: RawId) -> Result<Option<String>> {
        if self.known_of_file(id)?.is_none() {
            return Ok(None);
        }
        let url_ms = i64::from(self.file_limits.file_url_ms.max(1));
        let expires = (self.now.unix_ms() / url_ms + 2) * url_ms;
        let id = FileId::from_raw(id);
        let purpose = format!("download {id}");
        let token = self.cursor_key.seal_text(&purpose, &expires.to_string())?;
        Ok(Some(format!("/storage/{id}?token={token}")))
    }

    pub(super) fn is_open_by(&self, id: RawId, token: &str) -> bool {
        let purpose = format!("download {}", FileId::from_raw(id));
        let expires = self.cursor_key.open_text(&purpose, token);
        let expires = expires.and_then(|expires| expires.parse::<i64>().ok());
        expires.is_some_and(|expires| self.now.unix_ms() < expires)
    }

    /// Notes that a document has the ids of files.
    pub(super) fn note_references(&self, table: &TableDef, document: &str) -> Result<()> {
        if crate::system::is_table(table.name) {
            return Ok(());
        }
        for at in find_iter(document.as_bytes(), ID_BEGINS) {
            let rest = &document[at + 1..];
            let Some((text, _)) = rest.split_once('"') else {
                continue;
            };
            let Ok(id) = text.parse::<FileId>() else {
                continue;
            };
            let file = self.file(id.raw())?;
            if file.is_some_and(|file| !file.is_referenced) {
                let patch = FilePatch {
                    is_referenced: Some(true),
                    ..FilePatch::default()
                };
                self.patch(&File::DEF, id.raw(), &|limits| {
                    Ok(encode_patch(&patch, limits)?)
                })?;
            }
        }
        Ok(())
    }

    fn file(&self, id: RawId) -> Result<Option<Doc<File>>> {
        debug_assert_eq!(File::DEF.name, FileName::TABLE_NAME);
        let stored = self.get(&File::DEF, id)?;
        stored.map(|json| Doc::from_stored(&json)).transpose()
    }
}

#[cfg(test)]
mod tests;
