//! What must hold, by name.

use std::fmt;

/// A property of the whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Property {
    /// What a client sees is what the database holds at the version it is told.
    Fresh,
    /// A delta yields the true value, and nothing runs that could not have changed.
    Sound,
    /// Versions do not go back, a queue's mutations take effect in their order, and no answer
    /// comes before its effect.
    Ordered,
    /// No mutation takes effect twice, and one that was said to be lost not at all.
    Once,
    /// A mutation takes effect whole or not at all.
    Atomic,
    /// What was acknowledged is there, whatever crashes.
    Durable,
    /// What is kept stays within its limits, and is forgotten when nobody is there.
    Bounded,
    /// The database is brought in line with a version of the app whole, and code of another one
    /// writes no more.
    Migrated,
    /// What was asked is answered.
    Live,
}

/// A property that does not hold, and how that was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breach {
    /// The property.
    pub property: Property,
    text: String,
}

impl Breach {
    pub(super) fn new(property: Property, text: impl Into<String>) -> Self {
        Self {
            property,
            text: text.into(),
        }
    }

    /// Says where it was seen.
    pub(super) fn at(self, place: &str) -> Self {
        Self {
            text: format!("{}\n  at {place}", self.text),
            ..self
        }
    }
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.property, self.text)
    }
}
