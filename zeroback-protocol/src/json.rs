//! Reading JSON, as small as it gets.
//!
//! It is for clients, in whose modules for browsers serde_json would be a sixth of what hooks add: its tables for
//! floating-point numbers alone are more than all of this, though every browser can read those itself. Servers, which
//! tell their callers where a fault is, read by [`decode`](crate::decode).

mod decoder;
mod float;
mod nested;
mod scanner;

use std::fmt;

use serde::de::{DeserializeOwned, Expected, Unexpected};

use decoder::Decoder;
pub(crate) use scanner::Scanner;

/// Why JSON cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JsonError(Box<str>);

/// Reads a value.
///
/// ```
/// let sizes: Vec<f64> = zeroback_protocol::read_json("[1, 0.5, 2e3]").unwrap();
/// assert_eq!(sizes, [1.0, 0.5, 2_000.0]);
/// ```
///
/// # Errors
///
/// Fails where the text is not JSON or not of the type.
pub fn read_json<T: DeserializeOwned>(json: &str) -> Result<T, JsonError> {
    let mut decoder = Decoder::new(json);
    let value = T::deserialize(&mut decoder)?;
    decoder.end()?;
    Ok(value)
}

/// Tells whether a text is one JSON value.
#[must_use]
pub fn is_json(text: &str) -> bool {
    let mut scanner = Scanner::new(text);
    scanner.skip().and_then(|()| scanner.end()).is_ok()
}

impl JsonError {
    pub(crate) fn new(message: &str) -> Self {
        Self(message.into())
    }
}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for JsonError {}

impl serde::de::Error for JsonError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self(message.to_string().into())
    }

    // Without what there was instead, which may be a floating-point number: to write those takes tables too.

    fn invalid_type(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self(format!("invalid type, expected {expected}").into())
    }

    fn invalid_value(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self(format!("invalid value, expected {expected}").into())
    }
}

#[cfg(test)]
mod tests;
