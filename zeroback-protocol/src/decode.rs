//! Typed decoding that says where a fault is.

use std::fmt;

use serde::de::DeserializeOwned;

use crate::shortened;

/// Why JSON is not a value of the type that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecodeError {
    path: String,
    message: String,
}

/// Decodes JSON into a typed value.
///
/// ```
/// let error = zeroback_protocol::decode::<Vec<u8>>(b"[1,2,300]").unwrap_err();
/// assert_eq!(error.at("args").to_string(), "args[2]: invalid value: integer `300`, expected u8");
/// ```
///
/// # Errors
///
/// Fails where the text is not JSON or not of the type; the error names the path to the fault.
pub fn decode<T: DeserializeOwned>(json: &[u8]) -> Result<T, DecodeError> {
    let json = std::str::from_utf8(json).map_err(|error| DecodeError {
        path: String::new(),
        message: error.to_string(),
    })?;
    // Finding the path costs; only a fault needs it.
    if let Ok(value) = serde_json::from_str(json) {
        return Ok(value);
    }
    let mut deserializer = serde_json::Deserializer::from_str(json);
    let value = serde_path_to_error::deserialize(&mut deserializer)
        .map_err(|error| DecodeError::new(error.path(), error.inner()))?;
    deserializer.end().map_err(|error| DecodeError {
        path: String::new(),
        message: without_position(&error.to_string()).to_owned(),
    })?;
    Ok(value)
}

impl DecodeError {
    fn new(path: &serde_path_to_error::Path, error: &serde_json::Error) -> Self {
        use serde_path_to_error::Segment;
        let mut rendered = String::new();
        for segment in path {
            match segment {
                Segment::Seq { index } => rendered.push_str(&format!("[{index}]")),
                Segment::Map { key } => push_field(&mut rendered, key),
                Segment::Enum { variant } => push_field(&mut rendered, variant),
                Segment::Unknown => {}
            }
        }
        let text = error.to_string();
        let text = without_position(&text);
        if let Some(field) = quoted_after(text, "missing field ") {
            push_field(&mut rendered, field);
            return Self {
                path: shortened(&rendered).into_owned(),
                message: "is missing".to_owned(),
            };
        }
        if let Some(field) = quoted_after(text, "unknown field ") {
            if rendered.rsplit('.').next() != Some(field) {
                push_field(&mut rendered, field);
            }
            let known = text.split_once(", ").map_or("", |(_, known)| known);
            return Self {
                path: shortened(&rendered).into_owned(),
                message: format!("is not known here ({})", shortened(known)),
            };
        }
        Self {
            path: shortened(&rendered).into_owned(),
            message: shortened(text).into_owned(),
        }
    }

    /// Returns the error with its path standing below `root`.
    #[must_use]
    pub fn at(mut self, root: &str) -> Self {
        let below = self.path.trim_start_matches('.').to_owned();
        let separator = if below.is_empty() || below.starts_with('[') {
            ""
        } else {
            "."
        };
        self.path = format!("{root}{separator}{below}");
        self
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.path.trim_start_matches('.') {
            "" => f.write_str(&self.message),
            path => write!(f, "{path}: {}", self.message),
        }
    }
}

impl std::error::Error for DecodeError {}

fn push_field(path: &mut String, field: &str) {
    path.push('.');
    path.push_str(field);
}

/// Cuts serde_json's " at line 1 column 5": a client sees its value, not a text with lines.
fn without_position(message: &str) -> &str {
    message
        .rsplit_once(" at line ")
        .map_or(message, |(text, _)| text)
}

fn quoted_after<'m>(message: &'m str, start: &str) -> Option<&'m str> {
    let rest = message.strip_prefix(start)?.strip_prefix('`')?;
    rest.split_once('`').map(|(field, _)| field)
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "camelCase", deny_unknown_fields)]
    struct Args {
        #[expect(dead_code, reason = "only decoded")]
        project_id: String,
        #[expect(dead_code, reason = "only decoded")]
        tags: Option<Vec<u32>>,
    }

    #[track_caller]
    fn check(json: &str, expected: &str) {
        let error = decode::<Args>(json.as_bytes()).unwrap_err();
        assert_eq!(error.at("args").to_string(), expected);
    }

    #[test]
    fn faults_are_named_by_their_path() {
        check("{}", "args.projectId: is missing");
        check(
            r#"{"projectId":5}"#,
            "args.projectId: invalid type: integer `5`, expected a string",
        );
        check(
            r#"{"projectId":"x","tags":[1,-2]}"#,
            "args.tags[1]: invalid value: integer `-2`, expected u32",
        );
        check(
            r#"{"projectId":"x","foo":1}"#,
            "args.foo: is not known here (expected `projectId` or `tags`)",
        );
        check("[", "args: EOF while parsing a list");
        check("7", "args: invalid type: integer `7`, expected struct Args");
        check(r#"{"projectId":"x"} x"#, "args: trailing characters");
    }

    #[test]
    fn a_fault_is_no_longer_than_it_takes_to_find_it() {
        let long = "x".repeat(1_000_000);
        for json in [
            format!(r#"{{"{long}":1}}"#),
            format!(r#"{{"projectId":"x","tags":"{long}"}}"#),
            format!(r#"{{"projectId":"x","tags":{{"{long}":1}}}}"#),
        ] {
            let error = decode::<Args>(json.as_bytes()).unwrap_err().to_string();
            assert!(error.len() < 1_000, "{} bytes", error.len());
        }
    }
}
