//! What is in files, by the crate `object_store`: in a folder, in memory, or in a bucket.

mod place;
#[cfg(feature = "s3")]
mod s3;

use std::fs::{create_dir_all, read_dir, remove_file};
use std::io;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use bytes::BytesMut;
use futures_util::StreamExt as _;
use object_store::local::LocalFileSystem;
use object_store::memory::InMemory;
use object_store::path::Path as Key;
use object_store::{GetOptions, GetRange, MultipartUpload, ObjectStore, ObjectStoreExt as _};
use zeroback_protocol::ErrorCode;

use crate::web::Body;
use crate::{Error, Result};

pub use place::{FilesPlace, FilesPlaceError};

/// How much of a file is handed over at a time. Some buckets want parts that are all alike but the last.
const PART_BYTES: usize = 8 << 20;

/// Where files are kept.
#[derive(Clone, Debug)]
pub(crate) struct Files(Arc<dyn ObjectStore>);

impl Files {
    /// Keeps them in a folder, which is made where it is not there, and which nobody else uses.
    pub(crate) fn in_folder(folder: &Path) -> io::Result<Self> {
        create_dir_all(folder)?;
        remove_begun(folder)?;
        let store = LocalFileSystem::new_with_prefix(folder).map_err(io::Error::other)?;
        // What is answered outlives a power cut, as a commit does.
        Ok(Self(Arc::new(store.with_fsync(true))))
    }

    pub(crate) fn in_memory() -> Self {
        Self(Arc::new(InMemory::new()))
    }

    /// Stores a body, or nothing where it breaks off.
    pub(crate) async fn put(self, key: String, mut body: Body) -> Result<()> {
        let key = Key::from(key);
        let mut part = BytesMut::new();
        let mut upload: Option<Box<dyn MultipartUpload>> = None;
        let stored = async {
            while let Some(piece) = body.chunk().await? {
                part.extend_from_slice(&piece);
                while part.len() > PART_BYTES {
                    let upload = match &mut upload {
                        Some(upload) => upload,
                        none => none.insert(self.0.put_multipart(&key).await.map_err(failed)?),
                    };
                    let bytes = part.split_to(PART_BYTES).freeze();
                    upload.put_part(bytes.into()).await.map_err(failed)?;
                }
            }
            // There is always something left, unless the file is empty.
            let bytes = part.freeze();
            match &mut upload {
                Some(upload) => {
                    upload.put_part(bytes.into()).await.map_err(failed)?;
                    upload.complete().await.map_err(failed)?;
                }
                None => {
                    self.0.put(&key, bytes.into()).await.map_err(failed)?;
                }
            }
            Ok(())
        };
        let stored = stored.await;
        if let (Err(_), Some(upload)) = (&stored, &mut upload) {
            // What is left of it has another name than any file.
            let _ = upload.abort().await;
        }
        stored
    }

    /// Returns a part of a file.
    pub(crate) async fn get(self, key: String, range: Range<u64>) -> Result<Body> {
        let options = GetOptions {
            range: Some(GetRange::Bounded(range)),
            ..GetOptions::default()
        };
        let found = self.0.get_opts(&Key::from(key), options).await;
        let pieces = found.map_err(failed)?.into_stream();
        Ok(Body::stream(pieces.map(|piece| piece.map_err(failed))))
    }

    /// Takes a file away, where there is one.
    pub(crate) async fn delete(self, key: String) -> Result<()> {
        match self.0.delete(&Key::from(key)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(failed(error)),
        }
    }
}

/// Takes away what a server that was killed has left of uploads. `object_store` calls a file `<key>#<number>`
/// until it is whole.
fn remove_begun(folder: &Path) -> io::Result<()> {
    for entry in read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let number = name
            .to_str()
            .and_then(|name| Some(name.rsplit_once('#')?.1));
        if number.is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit())) {
            remove_file(entry.path())?;
        }
    }
    Ok(())
}

fn failed(error: object_store::Error) -> Error {
    let text = "the server cannot reach its files";
    Error::new(ErrorCode::UNAVAILABLE, text).caused_by(error)
}

#[cfg(test)]
mod tests;
