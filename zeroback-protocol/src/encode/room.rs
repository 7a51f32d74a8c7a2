//! What a value may hold: levels of nesting, elements of an array, and which numbers.

use super::{DEPTH_MAX, DocumentLimits, EncodeError, EncodeErrorKind};

/// The levels that are open around a value, and what it may hold below them.
#[derive(Clone, Copy)]
pub(super) struct Room {
    depth: u32,
    purpose: Purpose,
}

/// What a value is encoded for.
#[derive(Clone, Copy)]
enum Purpose {
    /// An argument or a result: bounded by what serde_json reads.
    Message,
    Document(DocumentLimits),
    /// To be compared with what is stored.
    Operand,
}

impl Room {
    pub(super) fn for_message() -> Self {
        Self::new(Purpose::Message)
    }

    pub(super) fn for_document(limits: &DocumentLimits) -> Self {
        Self::new(Purpose::Document(*limits))
    }

    pub(super) fn for_operand() -> Self {
        Self::new(Purpose::Operand)
    }

    /// No level is open yet.
    fn new(purpose: Purpose) -> Self {
        Self { depth: 0, purpose }
    }

    /// Tells whether numbers that cannot be stored can be compared with.
    pub(super) fn is_operand(self) -> bool {
        matches!(self.purpose, Purpose::Operand)
    }

    /// Opens an array or an object.
    pub(super) fn deeper(self) -> Result<Self, EncodeError> {
        let depth_max = match self.purpose {
            Purpose::Document(limits) => limits.depth_max.min(DEPTH_MAX),
            Purpose::Message | Purpose::Operand => DEPTH_MAX,
        };
        if self.depth < depth_max {
            return Ok(Self {
                depth: self.depth + 1,
                ..self
            });
        }
        Err(match self.purpose {
            Purpose::Document(_) => EncodeError::of_kind(
                EncodeErrorKind::DocumentTooDeep,
                format!("the document is nested over {depth_max} levels deep"),
            ),
            Purpose::Message | Purpose::Operand => {
                EncodeError::new(format!("the value is nested over {depth_max} levels deep"))
            }
        })
    }

    /// Checks that an array may have one more element than `len`.
    pub(super) fn check_element(&self, len: usize) -> Result<(), EncodeError> {
        match self.purpose {
            Purpose::Document(limits) if len >= limits.array_elements_max => {
                Err(EncodeError::of_kind(
                    EncodeErrorKind::ArrayTooLong,
                    format!(
                        "the array has over {} elements; keep a long list as documents of a table of its own",
                        limits.array_elements_max
                    ),
                ))
            }
            _ => Ok(()),
        }
    }
}
