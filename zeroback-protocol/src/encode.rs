//! The one encoder: storage, results, arguments and keys are all written by it.
//!
//! Equal values have equal bytes: maps are sorted by their keys' UTF-8 bytes, floats are printed as
//! ECMAScript prints them and `-0.0` as `0`, `f32` by its shortest decimal. What would not survive
//! the way to JavaScript and back is refused here, where the author can be told, and not rounded:
//! integers beyond ±(2^53 − 1), NaN and infinities, keys that begin with `$`. Those keys are the
//! form of what JSON has no form for: [`BigInt`](crate::BigInt) and [`Bytes`](crate::Bytes).

mod document;
mod map;
mod room;
mod sequence;
mod serializer;

use std::fmt;

use serde::Serialize;

use room::Room;
use serializer::Encoder;
pub(crate) use serializer::write_string;

/// The largest integer, and negated the smallest, that a JavaScript number holds exactly.
pub const INTEGER_MAX: u64 = (1 << 53) - 1;

/// How deeply arrays and objects may be nested: less than serde_json reads (127), by as much as a
/// message around a value takes.
const DEPTH_MAX: u32 = 100;

/// The newtype by which a document says that its fields are to be kept in their order, with the
/// system fields first.
pub const DOCUMENT: &str = "$zeroback::Document";

/// What one document may hold, beside its bytes.
///
/// Arguments and results are bounded by their bytes, and may be nested 100 levels deep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DocumentLimits {
    /// How deeply arrays and objects may be nested, the document itself counted; at most 100.
    pub depth_max: u32,
    /// How many elements each array may have.
    pub array_elements_max: usize,
}

/// Why a value cannot be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EncodeError {
    kind: EncodeErrorKind,
    /// Where in the value the fault is: `.rank`, `[2].name`.
    path: String,
    message: String,
}

/// What is wrong with a value that cannot be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EncodeErrorKind {
    /// It holds what JSON or JavaScript cannot, or its own `Serialize` refuses it.
    Invalid,
    /// It is a document nested deeper than [`DocumentLimits::depth_max`].
    DocumentTooDeep,
    /// It is a document with an array longer than [`DocumentLimits::array_elements_max`].
    ArrayTooLong,
}

/// Encodes a value as canonical JSON.
///
/// ```
/// use std::collections::HashMap;
///
/// let sizes = HashMap::from([("small", 0.5), ("big", 1e21), ("none", -0.0)]);
/// assert_eq!(zeroback_protocol::encode(&sizes).unwrap(), r#"{"big":1e+21,"none":0,"small":0.5}"#);
/// ```
///
/// # Errors
///
/// Fails for a value that JSON or JavaScript cannot hold: an integer beyond ±(2^53 − 1), NaN or an
/// infinity, a map whose keys are not strings or begin with `$`, nesting over 100 levels, and
/// whatever the value's own `Serialize` refuses.
pub fn encode<T: Serialize + ?Sized>(value: &T) -> Result<String, EncodeError> {
    let mut out = String::new();
    value.serialize(Encoder::new(&mut out))?;
    Ok(out)
}

/// Encodes a document: its system fields, then `fields` in the order of their declaration.
///
/// # Errors
///
/// As [`encode`], for fields that are not an object, or whose names begin with `_`, and for what
/// is beyond the limits.
pub fn encode_document<T: Serialize + ?Sized>(
    id: &str,
    creation_time_ms: i64,
    fields: &T,
    limits: &DocumentLimits,
) -> Result<String, EncodeError> {
    let mut out = String::with_capacity(128);
    document::write_document(&mut out, id, creation_time_ms, fields, limits)?;
    Ok(out)
}

/// Encodes the fields that are to be put over those of a document.
///
/// # Errors
///
/// As [`encode_document`].
pub fn encode_patch<T: Serialize + ?Sized>(
    fields: &T,
    limits: &DocumentLimits,
) -> Result<String, EncodeError> {
    let mut out = String::new();
    document::write_patch(&mut out, fields, limits)?;
    Ok(out)
}

/// Encodes a value that what is stored is compared with.
///
/// It differs from [`encode`] in the numbers that cannot be stored and yet have a place in the
/// order of those that can: integers beyond ±(2^53 − 1), as far as an `i64` goes, and infinities.
///
/// # Errors
///
/// As [`encode`] for everything else.
pub fn encode_operand<T: Serialize + ?Sized>(value: &T) -> Result<String, EncodeError> {
    let mut out = String::new();
    value.serialize(Encoder::within(Room::for_operand(), &mut out))?;
    Ok(out)
}

impl Default for DocumentLimits {
    fn default() -> Self {
        Self {
            depth_max: 16,
            array_elements_max: 8_192,
        }
    }
}

impl EncodeError {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self::of_kind(EncodeErrorKind::Invalid, message)
    }

    fn of_kind(kind: EncodeErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            path: String::new(),
            message: message.into(),
        }
    }

    /// Puts the fault below a field or an element.
    pub(crate) fn below(mut self, segment: &str) -> Self {
        self.path.insert_str(0, segment);
        self
    }

    /// Returns what is wrong, for programs.
    #[must_use]
    pub fn kind(&self) -> EncodeErrorKind {
        self.kind
    }

    /// Returns the error with its path standing below `root`.
    #[must_use]
    pub fn at(self, root: &str) -> Self {
        self.below(root)
    }
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.path.trim_start_matches('.') {
            "" => f.write_str(&self.message),
            path if path.len() > PATH_BYTES_SHOWN => {
                let shown: String = path.chars().take(PATH_BYTES_SHOWN).collect();
                write!(f, "{shown}…: {}", self.message)
            }
            path => write!(f, "{path}: {}", self.message),
        }
    }
}

/// A path longer than this is cut in messages: a value that is nested too deeply has such a one.
const PATH_BYTES_SHOWN: usize = 100;

impl std::error::Error for EncodeError {}

impl serde::ser::Error for EncodeError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::new(message.to_string())
    }
}

#[cfg(test)]
mod tests;
