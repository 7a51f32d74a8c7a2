//! Where a browser is sent when somebody has signed in: a path of the app, and nothing else.

use zeroback_protocol::ErrorCode;

use crate::{Error, Result};

/// The longest.
const BYTES_MAX: usize = 1_024;

/// A path of the app, with what may stand behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ReturnTo(String);

impl ReturnTo {
    /// Reads one that a request says.
    ///
    /// # Errors
    ///
    /// Fails with `bad_args` for what could lead a browser elsewhere.
    pub(super) fn parse(text: &str) -> Result<Self> {
        // Browsers take `//` and `/\` for the beginning of another host, and skip tabs and line breaks.
        let is_path = text.starts_with('/') && !text.starts_with("//");
        let is_plain = text
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && byte != b'\\');
        if is_path && is_plain && text.len() <= BYTES_MAX {
            return Ok(Self(text.to_owned()));
        }
        let text = format!(
            "query.returnTo: expected a path of this app, such as /inbox, of {BYTES_MAX} bytes at most"
        );
        Err(Error::new(ErrorCode::BAD_ARGS, text))
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the same with the code of an error.
    pub(super) fn with_error(&self, code: &str) -> String {
        let (path, fragment) = self.0.split_once('#').unwrap_or((&self.0, ""));
        let join = if path.contains('?') { '&' } else { '?' };
        let hash = if fragment.is_empty() { "" } else { "#" };
        format!("{path}{join}authError={code}{hash}{fragment}")
    }
}

impl From<ReturnTo> for String {
    fn from(path: ReturnTo) -> Self {
        path.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_of_the_app_are_taken() {
        for text in [
            "/",
            "/inbox",
            "/inbox?at=1#2",
            "/a//b",
            "/%2F%2Fevil.example",
            "/@evil",
        ] {
            assert!(ReturnTo::parse(text).is_ok(), "{text}");
        }
        let long = "/x".repeat(513);
        for text in [
            "",
            "inbox",
            "//evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "https://evil.example",
            "https:evil.example",
            "javascript:alert(1)",
            "/\t/evil.example",
            "/\n/evil.example",
            "/a\r\nset-cookie: x=y",
            " /inbox",
            "/in box",
            "/\u{e4}",
            "@evil.example",
            ".evil.example",
            &long,
        ] {
            let code = ReturnTo::parse(text).unwrap_err().code().clone();
            assert_eq!(code, ErrorCode::BAD_ARGS, "{text:?}");
        }
    }

    #[test]
    fn an_error_is_told_behind_it() {
        for (text, expected) in [
            ("/", "/?authError=forbidden"),
            ("/a?b=c", "/a?b=c&authError=forbidden"),
            ("/a#b", "/a?authError=forbidden#b"),
        ] {
            assert_eq!(
                ReturnTo::parse(text).unwrap().with_error("forbidden"),
                expected
            );
        }
    }
}
