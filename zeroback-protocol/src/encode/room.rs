//! How much a value may still hold: levels of nesting, and elements of an array.

use super::{DEPTH_MAX, DocumentLimits, EncodeError, EncodeErrorKind};

/// The levels that are open around a value, and what it may hold below them.
#[derive(Clone, Copy)]
pub(super) struct Room {
    depth: u32,
    /// For documents; other values are bounded by what serde_json reads.
    limits: Option<DocumentLimits>,
}

impl Room {
    /// The room of an argument or a result.
    pub(super) fn for_value() -> Self {
        Self {
            depth: 0,
            limits: None,
        }
    }

    /// The room of a document, of which no level is open yet.
    pub(super) fn for_document(limits: &DocumentLimits) -> Self {
        Self {
            depth: 0,
            limits: Some(*limits),
        }
    }

    /// Opens an array or an object.
    pub(super) fn deeper(self) -> Result<Self, EncodeError> {
        let depth_max = self.limits.map_or(DEPTH_MAX, |limits| limits.depth_max);
        if self.depth < depth_max.min(DEPTH_MAX) {
            return Ok(Self {
                depth: self.depth + 1,
                ..self
            });
        }
        Err(match self.limits {
            Some(_) => EncodeError::of_kind(
                EncodeErrorKind::DocumentTooDeep,
                format!("the document is nested over {depth_max} levels deep"),
            ),
            None => EncodeError::new(format!("the value is nested over {DEPTH_MAX} levels deep")),
        })
    }

    /// Checks that an array may have one more element than `len`.
    pub(super) fn check_element(&self, len: usize) -> Result<(), EncodeError> {
        match self.limits {
            Some(limits) if len >= limits.array_elements_max => Err(EncodeError::of_kind(
                EncodeErrorKind::ArrayTooLong,
                format!(
                    "the array has over {} elements; keep a long list as documents of a table of its own",
                    limits.array_elements_max
                ),
            )),
            _ => Ok(()),
        }
    }
}
