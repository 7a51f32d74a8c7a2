//! Where files are kept, as an operator says it: the variable `ZEROBACK_FILES`.

use std::fmt;

use super::Files;

/// Where a native server keeps files, if not in its data folder.
#[derive(Clone)]
pub struct FilesPlace(pub(in super::super) Files);

/// Why files cannot be kept there. It repeats no setting's value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilesPlaceError(pub(super) String);

impl FilesPlace {
    /// Reads a URL such as `s3://my-bucket/my-app`: a bucket, and what the names of its files begin with.
    /// The settings are variables as the tools of AWS name them, of which those are looked at that begin
    /// with `AWS_`: `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_REGION`, and `AWS_ENDPOINT` for
    /// another service than Amazon's.
    ///
    /// # Errors
    ///
    /// Fails for any other URL, for settings that cannot be, and where the program was built without the
    /// feature `s3`. Nobody is asked: a wrong key is told of by the first file.
    pub fn parse(
        url: &str,
        settings: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, FilesPlaceError> {
        let Some(path) = url.strip_prefix("s3://") else {
            return Err(FilesPlaceError(
                "it must begin with s3://, as in s3://my-bucket/my-app".to_owned(),
            ));
        };
        let (bucket, prefix) = path.split_once('/').unwrap_or((path, ""));
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
        if bucket.is_empty() || !bucket.bytes().all(is_name) {
            return Err(FilesPlaceError("it names no bucket".to_owned()));
        }
        let settings = settings.into_iter();
        bucket_of(bucket, prefix, settings).map(Self)
    }
}

#[cfg(feature = "s3")]
use super::s3::bucket_of;

#[cfg(not(feature = "s3"))]
fn bucket_of(
    _bucket: &str,
    _prefix: &str,
    _settings: impl Iterator<Item = (String, String)>,
) -> Result<Files, FilesPlaceError> {
    let text = "this program was built without the feature `s3` of zeroback";
    Err(FilesPlaceError(text.to_owned()))
}

/// It says no more than which bucket it is.
impl fmt::Debug for FilesPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = format_args!("{}", self.0.0);
        f.debug_tuple("FilesPlace").field(&name).finish()
    }
}

impl fmt::Display for FilesPlaceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ZEROBACK_FILES: {}", self.0)
    }
}

impl std::error::Error for FilesPlaceError {}
