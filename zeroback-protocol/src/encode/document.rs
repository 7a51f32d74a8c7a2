//! Documents and patches: objects whose fields' names must not look like system fields.

use std::fmt::Write as _;

use serde::Serialize;

use super::map::ObjectForm;
use super::room::Room;
use super::serializer::{Encoder, write_string};
use super::{DocumentLimits, EncodeError};

/// Writes `{"_id":…,"_creationTime":…` and the fields behind them.
pub(super) fn write_document<T: Serialize + ?Sized>(
    out: &mut String,
    id: &str,
    creation_time_ms: i64,
    fields: &T,
    limits: &DocumentLimits,
) -> Result<(), EncodeError> {
    out.push_str("{\"_id\":");
    write_string(out, id);
    let _ = write!(out, ",\"_creationTime\":{creation_time_ms}");
    let fields_start = out.len();
    fields.serialize(Encoder {
        out: &mut *out,
        room: Room::for_document(limits),
        form: ObjectForm::DocumentFields,
    })?;
    if out[fields_start..].starts_with([',', '}']) {
        Ok(())
    } else {
        Err(EncodeError::new("a table's document must be an object"))
    }
}

/// Writes the object of a patch.
pub(super) fn write_patch<T: Serialize + ?Sized>(
    out: &mut String,
    fields: &T,
    limits: &DocumentLimits,
) -> Result<(), EncodeError> {
    fields.serialize(Encoder {
        out: &mut *out,
        room: Room::for_document(limits),
        form: ObjectForm::PatchFields,
    })?;
    if out.starts_with('{') {
        Ok(())
    } else {
        Err(EncodeError::new("a patch must be an object"))
    }
}
