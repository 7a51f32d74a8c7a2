//! Error codes, and an error as the wire carries it.

use std::borrow::Cow;
use std::fmt;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::fields::Fields;
use crate::{FunctionKind, RawJson, ServerRequestId, read_json};

/// What went wrong, for programs to branch on.
///
/// The framework's own codes are constants here; an author's error type brings its own.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ErrorCode(Cow<'static, str>);

/// An error as a client sees it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WireError {
    /// What went wrong, for programs.
    #[serde(rename = "errorCode")]
    pub code: ErrorCode,
    /// What went wrong, for people.
    #[serde(rename = "errorMessage")]
    pub message: String,
    /// What the function's author attached.
    #[serde(rename = "errorData", default, skip_serializing_if = "Option::is_none")]
    pub data: Option<RawJson>,
    /// Whether the server has refused a mutation, made nothing of it and recorded nothing, so that
    /// its client sends the same again. The error of a function that has run never says so.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub resend: bool,
    /// Under what the server's log has it.
    #[serde(
        rename = "errorRequestId",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub request_id: Option<ServerRequestId>,
}

/// An error as a function's type tells it, made again of what a caller was told.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a function's error",
    label = "not a function's error",
    note = "add `#[derive(zeroback::Value)]` to the enum"
)]
pub trait TypedError: Sized + 'static {
    /// Returns the error, where what was told is one of these.
    fn from_told(told: &WireError) -> Option<Self>;
}

/// Makes an error again of its data, where the code is one of its own.
#[doc(hidden)]
#[must_use]
pub fn error_of_data<E: DeserializeOwned>(told: &WireError, codes: &[&str]) -> Option<E> {
    let data = told.data.as_ref()?;
    let is_own = codes.contains(&told.code.as_str());
    is_own.then(|| read_json(data.as_str()).ok()).flatten()
}

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $code:literal;)*) => {
        impl ErrorCode {
            $($(#[$doc])* pub const $name: Self = Self(Cow::Borrowed($code));)*
        }

        #[cfg(test)]
        const CODES: &[&str] = &[$($code),*];
    };
}

codes! {
    /// The frame is not a message of the protocol.
    BAD_MESSAGE = "bad_message";
    /// The message is larger than the server takes.
    MESSAGE_TOO_LARGE = "message_too_large";
    /// The client speaks a version of the protocol that the server does not.
    UNSUPPORTED_PROTOCOL = "unsupported_protocol";
    /// The first message was not `connect`.
    NOT_CONNECTED = "not_connected";
    /// No public function has this path.
    FUNCTION_NOT_FOUND = "function_not_found";
    /// A mutation was named where a query is meant, or the reverse.
    WRONG_KIND = "wrong_kind";
    /// An argument is missing, unknown or of the wrong type.
    BAD_ARGS = "bad_args";
    /// A query id that is in use, or a request id that is still in flight.
    DUPLICATE_ID = "duplicate_id";
    /// The connection has as many live queries as it may.
    TOO_MANY_QUERIES = "too_many_queries";
    /// As many jobs wait as may.
    TOO_MANY_JOBS = "too_many_jobs";
    /// The function did more work than it may.
    LIMIT_EXCEEDED = "limit_exceeded";
    /// A mutation returned more than can be recorded; it was undone.
    RESULT_TOO_LARGE = "result_too_large";
    /// A mutation of a queue came before those before it; nothing was done.
    OUT_OF_ORDER = "out_of_order";
    /// A mutation that was sent before, and of which there is no record any more.
    OUTCOME_UNKNOWN = "outcome_unknown";
    /// Another mutation has this sequence, or this `Idempotency-Key`.
    KEY_REUSED = "key_reused";
    /// A document would have the values of another one where no two may have the same.
    UNIQUE_VIOLATION = "unique_violation";
    /// A cursor that is not one of the query that it was sent to.
    BAD_CURSOR = "bad_cursor";
    /// A document has more bytes than it may.
    DOCUMENT_TOO_LARGE = "document_too_large";
    /// A document is nested deeper than it may be.
    DOCUMENT_TOO_DEEP = "document_too_deep";
    /// An array in a document has more elements than it may.
    ARRAY_TOO_LONG = "array_too_long";
    /// An archive, or a line of it, cannot be imported; nothing of it was.
    IMPORT_FAILED = "import_failed";
    /// An archive holds more than can be imported; nothing of it was.
    IMPORT_TOO_LARGE = "import_too_large";
    /// The database holds more than can be exported at once.
    EXPORT_TOO_LARGE = "export_too_large";
    /// A body is larger than what it is read with.
    BODY_TOO_LARGE = "body_too_large";
    /// A server that an action has asked could not be reached, or has not answered as it should.
    FETCH_FAILED = "fetch_failed";
    /// A server that an action has asked was silent for too long.
    FETCH_TIMEOUT = "fetch_timeout";
    /// What was asked for does not exist.
    NOT_FOUND = "not_found";
    /// The request contradicts the state it meets.
    CONFLICT = "conflict";
    /// The request makes no sense.
    INVALID = "invalid";
    /// A token that does not say who somebody is, or not to this server; the message says why.
    INVALID_TOKEN = "invalid_token";
    /// A token that has expired.
    TOKEN_EXPIRED = "token_expired";
    /// There is nobody with this e-mail and this password.
    WRONG_CREDENTIALS = "wrong_credentials";
    /// Another account has this e-mail.
    EMAIL_TAKEN = "email_taken";
    /// Nobody is signed in.
    UNAUTHENTICATED = "unauthenticated";
    /// Whoever is signed in may not do this.
    FORBIDDEN = "forbidden";
    /// The client calls more often than it may; its data says when to try again.
    RATE_LIMITED = "rate_limited";
    /// Nothing was written; trying again may help.
    UNAVAILABLE = "unavailable";
    /// The database does not fit the schema of the server's version; the message says where.
    SCHEMA_CONFLICT = "schema_conflict";
    /// The database is being brought in line with a new version; trying again helps.
    MIGRATING = "migrating";
    /// The function or the server failed; the details are in the server's log.
    INTERNAL = "internal";
}

impl ErrorCode {
    /// Makes a code of an author's own.
    #[must_use]
    pub fn new(code: impl Into<Cow<'static, str>>) -> Self {
        Self(code.into())
    }

    /// Returns the code's text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the HTTP status that an answer with this code has.
    #[must_use]
    pub fn http_status(&self) -> u16 {
        match self.as_str() {
            "invalid_token" | "token_expired" | "unauthenticated" | "wrong_credentials" => 401,
            "forbidden" => 403,
            "function_not_found" | "not_found" => 404,
            "conflict" | "email_taken" | "unique_violation" | "out_of_order"
            | "outcome_unknown" => 409,
            "message_too_large" | "import_too_large" | "body_too_large" => 413,
            "key_reused" | "limit_exceeded" | "result_too_large" | "document_too_large"
            | "document_too_deep" | "too_many_jobs" | "array_too_long" | "import_failed"
            | "export_too_large" => 422,
            "rate_limited" => 429,
            "internal" => 500,
            "fetch_failed" => 502,
            "fetch_timeout" => 504,
            "unavailable" | "schema_conflict" | "migrating" => 503,
            _ => 400,
        }
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl WireError {
    /// Makes an error without data.
    #[must_use]
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            data: None,
            resend: false,
            request_id: None,
        }
    }

    /// Says under what the server's log has it, where it does not say so yet.
    #[must_use]
    pub fn of_request(self, id: ServerRequestId) -> Self {
        Self {
            request_id: self.request_id.or(Some(id)),
            ..self
        }
    }

    /// Leaves out under what the server's log has it: the same error of another request.
    #[must_use]
    pub fn of_any_request(self) -> Self {
        Self {
            request_id: None,
            ..self
        }
    }

    /// Has the client send its mutation again: nothing was made of it, and nothing is recorded.
    #[must_use]
    pub fn to_be_resent(self) -> Self {
        Self {
            resend: true,
            ..self
        }
    }

    /// Returns how long whoever was refused is to wait, where the error says so.
    #[must_use]
    pub fn retry_after_ms(&self) -> Option<u64> {
        let data = Fields::parse(self.data.as_ref()?.as_str()).ok()?;
        let told_ms = data.present("retryAfterMs").ok()??;
        let (whole, fraction) = told_ms.split_once('.').unwrap_or((told_ms, ""));
        let whole: u64 = whole.parse().ok()?;
        Some(whole.saturating_add((!fraction.is_empty()).into()))
    }

    /// Marks why a call was refused of which nothing was made: a mutation or an action is to be sent
    /// again.
    #[must_use]
    pub fn refusing(self, kind: FunctionKind) -> Self {
        match kind {
            FunctionKind::Mutation | FunctionKind::Action => self.to_be_resent(),
            FunctionKind::Query => self,
        }
    }
}

impl fmt::Display for WireError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

impl std::error::Error for WireError {}

#[cfg(test)]
mod tests {
    use super::{CODES, ErrorCode, WireError};
    use crate::RawJson;

    const PROTOCOL: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../PROTOCOL.md"));
    const CLIENT: &str = include_str!(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../zeroback-client/ts/src/error.ts"
    ));

    #[test]
    fn each_code_is_in_the_protocol_and_in_the_client() {
        for code in CODES {
            assert!(
                PROTOCOL.contains(&format!("`{code}`")),
                "PROTOCOL.md: {code}"
            );
            assert!(
                CLIENT.contains(&format!("| \"{code}\"")),
                "error.ts: {code}"
            );
        }
    }

    #[test]
    fn an_error_says_how_long_to_wait_in_its_data_or_not_at_all() {
        for (data, expected) in [
            (Some(r#"{"retryAfterMs":1500}"#), Some(1_500)),
            (Some(r#"{"other":null,"retryAfterMs":1.5}"#), Some(2)),
            (Some(r#"{"retryAfterMs":-1}"#), None),
            (Some(r#"{"retryAfterMs":"1"}"#), None),
            (Some("{}"), None),
            (Some("[]"), None),
            (None, None),
        ] {
            let error = WireError {
                data: data.map(RawJson::from_encoded),
                ..WireError::new(ErrorCode::RATE_LIMITED, "")
            };
            assert_eq!(error.retry_after_ms(), expected, "{data:?}");
        }
    }
}
