//! Outcomes on the wire: in a transition beside their id, and alone as the answer over HTTP.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Answer, Outcome, RequestId};
use crate::{ErrorCode, RawJson, ServerRequestId, WireError, decode, encode};

impl Outcome {
    /// Writes the body of an answer over HTTP.
    #[must_use]
    pub fn encode(&self) -> String {
        encode(&OutcomeForm::from(self)).expect("outcomes hold nothing that cannot be encoded")
    }

    /// Reads the body of an answer over HTTP.
    ///
    /// # Errors
    ///
    /// Fails for what is not an answer of this protocol; the text says where.
    pub fn parse(json: &str) -> Result<Self, String> {
        let form: OutcomeForm =
            decode(json.as_bytes()).map_err(|error| error.at("body").to_string())?;
        form.into_outcome()
    }
}

/// An outcome together with the id it belongs to.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct OutcomeForm {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) request_id: Option<RequestId>,
    pub(super) status: String,
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "present"
    )]
    pub(super) value: Option<RawJson>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) error_code: Option<ErrorCode>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) error_message: Option<String>,
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "present"
    )]
    pub(super) error_data: Option<RawJson>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) resend: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) error_request_id: Option<ServerRequestId>,
}

/// Reads a field that is there, `null` included.
pub(super) fn present<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<RawJson>, D::Error> {
    RawJson::deserialize(deserializer).map(Some)
}

impl From<&Outcome> for OutcomeForm {
    fn from(outcome: &Outcome) -> Self {
        let (value, error) = match outcome {
            Outcome::Success(value) => (Some(value.clone()), None),
            Outcome::Error(error) => (None, Some(error.clone())),
        };
        let status = if error.is_none() { "success" } else { "error" };
        let resend = error.as_ref().is_some_and(|error| error.resend);
        let error_request_id = error.as_ref().and_then(|error| error.request_id);
        let (code, message, data) = match error {
            Some(error) => (Some(error.code), Some(error.message), error.data),
            None => (None, None, None),
        };
        Self {
            request_id: None,
            status: status.to_owned(),
            value,
            error_code: code,
            error_message: message,
            error_data: data,
            resend,
            error_request_id,
        }
    }
}

impl OutcomeForm {
    pub(super) fn into_outcome(self) -> Result<Outcome, String> {
        match self.status.as_str() {
            "success" => Ok(Outcome::Success(self.value.ok_or("value is missing")?)),
            "error" => Ok(Outcome::Error(WireError {
                code: self.error_code.ok_or("errorCode is missing")?,
                message: self.error_message.unwrap_or_default(),
                data: self.error_data,
                resend: self.resend,
                request_id: self.error_request_id,
            })),
            other => Err(format!("status \"{other}\" is neither success nor error")),
        }
    }
}

impl Serialize for Answer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        OutcomeForm {
            request_id: Some(self.request_id),
            ..OutcomeForm::from(&self.outcome)
        }
        .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Answer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let form = OutcomeForm::deserialize(deserializer)?;
        Ok(Self {
            request_id: form
                .request_id
                .ok_or_else(|| D::Error::missing_field("requestId"))?,
            outcome: form.into_outcome().map_err(D::Error::custom)?,
        })
    }
}
