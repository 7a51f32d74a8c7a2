//! `ctx.storage` of an action.

use std::rc::Rc;

use zeroback_protocol::ErrorCode;

use super::calls::{Begin, Begun, Delete, Finish, Metadata, UploadUrl, Url};
use super::{FileId, FileMetadata, UploadOptions};
use crate::context::call_by;
use crate::web::{Body, Measured};
use crate::{Error, Result, World};

/// `ctx.storage` of an action: files that it stores itself, too.
///
/// An action is no transaction: what it has done stays, whatever becomes of it.
#[derive(Clone, Debug)]
pub struct ActionStorage {
    world: Rc<dyn World>,
}

impl ActionStorage {
    pub(crate) fn new(world: Rc<dyn World>) -> Self {
        Self { world }
    }

    /// Stores bytes, or a stream of them, as a file of a type, such as `image/png`.
    ///
    /// ```ignore
    /// let picture = ctx.fetch(request).await?.into_body();
    /// let id = ctx.storage.store("image/png", picture).await?;
    /// ```
    ///
    /// # Errors
    ///
    /// Fails as the body does, with `body_too_large` beyond the setting `file_bytes_max`, with
    /// `unavailable` where the host cannot store it, and with `bad_args` for what is no type.
    pub async fn store(
        &self,
        content_type: impl Into<String>,
        body: impl Into<Body>,
    ) -> Result<FileId> {
        let content_type = checked_type(content_type.into())?;
        let begun: Begun = call_by(&*self.world, &Begin { token: None }).await?;
        let stored = store(&*self.world, &begun, content_type, body.into(), None).await?;
        debug_assert!(stored, "nobody else has its id");
        Ok(begun.id)
    }

    /// As [`Storage::upload_url`](super::Storage::upload_url).
    ///
    /// # Errors
    ///
    /// Fails where the commit does.
    pub async fn upload_url(&self) -> Result<String> {
        self.upload_url_with(UploadOptions::default()).await
    }

    /// As [`Storage::upload_url_with`](super::Storage::upload_url_with).
    ///
    /// # Errors
    ///
    /// Fails where the commit does.
    pub async fn upload_url_with(&self, options: UploadOptions) -> Result<String> {
        Ok(call_by(&*self.world, &UploadUrl { options }).await?)
    }

    /// As [`FileReader::metadata`](super::FileReader::metadata).
    ///
    /// # Errors
    ///
    /// Fails where the database does.
    pub async fn metadata(&self, id: &FileId) -> Result<Option<FileMetadata>> {
        Ok(call_by(&*self.world, &Metadata { id: *id }).await?)
    }

    /// As [`FileReader::url`](super::FileReader::url).
    ///
    /// # Errors
    ///
    /// Fails where the database does.
    pub async fn url(&self, id: &FileId) -> Result<Option<String>> {
        Ok(call_by(&*self.world, &Url { id: *id }).await?)
    }

    /// Deletes a file. Returns whether it was there.
    ///
    /// # Errors
    ///
    /// Fails where the commit does.
    pub async fn delete(&self, id: &FileId) -> Result<bool> {
        Ok(call_by(&*self.world, &Delete { id: *id }).await?)
    }
}

/// The longest content type.
const CONTENT_TYPE_BYTES_MAX: usize = 255;

/// Checks that a text says of which type something is (RFC 9110, section 8.3).
///
/// # Errors
///
/// Fails with `bad_args`; also for a list: of several types a browser takes the last, and we would the first.
pub(crate) fn checked_type(text: String) -> Result<String> {
    let is_token = |name: &str| {
        let may_be = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
        !name.is_empty() && name.bytes().all(may_be)
    };
    let (mime, params) = text.split_once(';').unwrap_or((&text, ""));
    let is_mime = (mime.trim().split_once('/'))
        .is_some_and(|(family, kind)| is_token(family) && is_token(kind));
    let is_one = |byte: u8| byte != b',' && (byte == b' ' || byte.is_ascii_graphic());
    if is_mime && params.bytes().all(is_one) && text.len() <= CONTENT_TYPE_BYTES_MAX {
        return Ok(text);
    }
    let text = "content-type: is none, such as image/png";
    Err(Error::new(ErrorCode::BAD_ARGS, text))
}

/// Returns under which name the host keeps what an attempt has stored.
pub(crate) fn key_of(id: &FileId, attempt: u32) -> String {
    format!("{id}-{attempt}")
}

/// Stores a body, and notes that it is the file; returns false where another attempt has begun since.
/// What was stored in vain is taken away again.
pub(crate) async fn store(
    world: &dyn World,
    begun: &Begun,
    content_type: String,
    body: Body,
    sha256: Option<&str>,
) -> Result<bool> {
    let key = key_of(&begun.id, begun.attempt);
    let (body, measured) = Measured::of(body, begun.bytes_max);
    let stored = world.put_file(key.clone(), body).await;
    let metadata = stored.and_then(|()| measured.metadata(content_type, sha256));
    let finished = match metadata {
        Ok(metadata) => {
            let (id, attempt) = (begun.id, begun.attempt);
            let finish = Finish {
                id,
                attempt,
                metadata,
            };
            call_by(world, &finish).await.map_err(Into::into)
        }
        Err(error) => Err(measured.fault().unwrap_or(error)),
    };
    if !matches!(finished, Ok(true)) {
        // Where that fails too, it goes with the id, a day later.
        let _ = world.delete_file(key).await;
    }
    finished
}
