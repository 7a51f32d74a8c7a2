//! What the runtime and the clients of Zeroback share: the one encoder, ids, calls as values, wire
//! messages and error codes.
//!
//! There is no I/O here, no clock and no entropy. The wire itself is described in `PROTOCOL.md`.

mod base64url;
mod big_int;
mod bytes;
mod call;
mod decode;
mod delta;
mod encode;
mod error;
mod fields;
mod function_path;
mod id;
mod json;
mod message;
mod page;
mod queue;
mod raw_json;
mod server_request_id;
mod shortened;
mod tag;
mod timestamp;
mod version;
mod wrapped;

pub use big_int::BigInt;
pub use bytes::Bytes;
pub use call::{ActionCall, FunctionCall, FunctionKind, MutationCall, QueryCall, ScheduledCall};
pub use decode::{DecodeError, decode};
pub use delta::{DeltaMismatch, apply_delta, changed_by_delta};
#[doc(hidden)]
pub use encode::{DOCUMENT, encode_operand};
pub use encode::{
    DocumentLimits, EncodeError, EncodeErrorKind, INTEGER_MAX, encode, encode_document,
    encode_patch,
};
#[doc(hidden)]
pub use error::error_of_data;
pub use error::{ErrorCode, TypedError, WireError};
#[doc(hidden)]
pub use function_path::{function_path_bytes, function_path_len};
pub use id::{Id, IdError, RawId, TableName};
pub use json::{JsonError, is_json, read_json};
pub use message::{
    Answer, Authentication, BadMessage, Call, ClientMessage, EncodedUpdate, Limits, Outcome,
    PROTOCOL_VERSION, QueryId, QueryResult, QueryUpdate, RequestId, ServerMessage, SubscribedQuery,
    Transition, encode_transition, request_id_of,
};
pub use page::{Cursor, Page, PageOpts, page_in};
pub use queue::{ActionKey, QueueId, QueuePlace};
pub use raw_json::RawJson;
pub use server_request_id::ServerRequestId;
#[doc(hidden)]
pub use shortened::shortened;
pub use tag::Tag;
pub use timestamp::Timestamp;
pub use version::Version;
