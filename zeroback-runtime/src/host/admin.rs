//! The operator's endpoints, `/api/admin/…`: which request is for which, and who may make it.

use zeroback_protocol::{ErrorCode, WireError};

use super::{Access, AdminKey};

/// What to do with a request.
#[derive(Debug)]
pub(crate) enum AdminRoute {
    /// Answer with an archive of the database.
    Export,
    /// Put the archive that is its body in the place of what its tables hold.
    Import,
    /// Run the function that its body names, also an internal one or one of the engine's own.
    Run,
    /// Answer with the newest lines of the log behind a number.
    Logs { after: u64 },
    /// Answer with a status and an error.
    Refuse(u16, WireError),
}

/// What a request says of itself, without its body.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AdminRequest<'r> {
    pub(crate) method: &'r str,
    pub(crate) path: &'r str,
    pub(crate) query: Option<&'r str>,
    pub(crate) content_type: &'r str,
    pub(crate) authorization: Option<&'r str>,
}

impl AdminRoute {
    /// Finds what a request is for; without a key it is for nothing. Of who does not have it nothing else
    /// is looked at.
    pub(crate) fn find(key: Option<&AdminKey>, request: AdminRequest<'_>) -> Self {
        let (method, content_type, route) = match request.path {
            "/api/admin/export" => ("GET", None, Self::Export),
            "/api/admin/import" => ("POST", Some("application/zip"), Self::Import),
            "/api/admin/run" => ("POST", Some("application/json"), Self::Run),
            "/api/admin/logs" => ("GET", None, request.logs()),
            _ => return Self::not_there(),
        };
        match AdminKey::access(key, request.authorization) {
            Access::NotThere => Self::not_there(),
            Access::Refused => {
                let text = "this needs the admin key, as `Authorization: Bearer <key>`";
                Self::Refuse(401, WireError::new(ErrorCode::UNAUTHENTICATED, text))
            }
            Access::Granted if request.method != method => {
                let text = "this path is for another method";
                Self::Refuse(405, WireError::new(ErrorCode::BAD_MESSAGE, text))
            }
            Access::Granted => match content_type {
                Some(expected) if !request.is(expected) => {
                    let text = format!("the content type must be {expected}");
                    Self::Refuse(415, WireError::new(ErrorCode::BAD_MESSAGE, text))
                }
                _ => route,
            },
        }
    }

    fn not_there() -> Self {
        let error = WireError::new(ErrorCode::NOT_FOUND, "there is nothing at this path");
        Self::Refuse(404, error)
    }
}

impl AdminRequest<'_> {
    /// Reads from where on the log is wanted.
    fn logs(&self) -> AdminRoute {
        let pairs = form_urlencoded::parse(self.query.unwrap_or_default().as_bytes());
        let mut after = 0;
        for (name, value) in pairs {
            match (&*name, value.parse()) {
                ("after", Ok(number)) => after = number,
                _ => {
                    let text = "expected nothing but `after`, the number of a line";
                    return AdminRoute::Refuse(400, WireError::new(ErrorCode::INVALID, text));
                }
            }
        }
        AdminRoute::Logs { after }
    }

    /// Tells whether the body is said to be of a type.
    fn is(&self, expected: &str) -> bool {
        let mime = self.content_type.split(';').next().unwrap_or_default();
        mime.trim().eq_ignore_ascii_case(expected)
    }
}
