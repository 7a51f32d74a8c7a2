//! What several messages of a server have in common, read from their members.

use super::{Outcome, RequestId};
use crate::encode::INTEGER_MAX;
use crate::fields::{Fault, Fields, expected, required};
use crate::{ErrorCode, ServerRequestId, Tag, WireError};

impl Fields<'_> {
    pub(super) fn tag(&self, name: &str) -> Result<Option<Tag>, Fault> {
        let Some(text) = self.text(name)? else {
            return Ok(None);
        };
        let tag = Tag::from_text(&text);
        tag.map(Some).ok_or_else(|| expected(name, "a tag"))
    }

    pub(super) fn id(&self, name: &str) -> Result<Option<u64>, Fault> {
        let id = self.number(name)?;
        if id.is_some_and(|id| id > INTEGER_MAX) {
            return Err(format!("{name}: an id must be at most 2^53 − 1"));
        }
        Ok(id)
    }

    pub(super) fn request_id(&self) -> Result<Option<RequestId>, Fault> {
        Ok(self.id("requestId")?.map(RequestId))
    }

    pub(super) fn outcome(&self) -> Result<Outcome, Fault> {
        match self.text("status")?.unwrap_or_default().as_str() {
            "success" => Ok(Outcome::Success(required("value", self.json("value")?)?)),
            "error" => Ok(Outcome::Error(self.error()?)),
            _ => Err(expected("status", "\"success\" or \"error\"")),
        }
    }

    pub(super) fn error(&self) -> Result<WireError, Fault> {
        let code = required("errorCode", self.text("errorCode")?)?;
        let request_id = match self.text("errorRequestId")? {
            Some(text) => Some(
                ServerRequestId::from_text(&text)
                    .ok_or_else(|| expected("errorRequestId", "16 hexadecimal digits"))?,
            ),
            None => None,
        };
        Ok(WireError {
            code: ErrorCode::new(code),
            message: self.text("errorMessage")?.unwrap_or_default(),
            data: self.json("errorData")?,
            resend: self.is_set("resend")?,
            request_id,
        })
    }
}
