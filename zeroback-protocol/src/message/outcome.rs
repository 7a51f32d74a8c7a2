//! Outcomes alone, as the answer over HTTP and as it is recorded.

use super::Outcome;
use super::object::Object;
use crate::fields::Fields;

impl Outcome {
    /// Writes the body of an answer over HTTP.
    #[must_use]
    pub fn encode(&self) -> String {
        Object::new().outcome(self).end()
    }

    /// Reads the body of an answer over HTTP.
    ///
    /// # Errors
    ///
    /// Fails for what is not an answer of this protocol; the text says where.
    pub fn parse(json: &str) -> Result<Self, String> {
        let body = Fields::parse(json).map_err(|fault| format!("body: {fault}"))?;
        body.outcome().map_err(|fault| format!("body.{fault}"))
    }
}
