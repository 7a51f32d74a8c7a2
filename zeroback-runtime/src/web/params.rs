//! The parameters of a request: those in its path, and those behind the `?`.

use std::sync::Arc;

use serde::de::DeserializeOwned;
use zeroback_protocol::{ErrorCode, shortened};

use super::Request;
use crate::{Error, Result};

/// Reads the parameters of a request into a struct; each field is one that text can be parsed as.
///
/// It is in the prelude, so its methods are there without its name. Names are those of the struct's
/// fields outside: one that derives `Value` has them in camelCase.
///
/// ```ignore
/// #[derive(Value)]
/// struct Params { source: String }
///
/// #[derive(Value)]
/// struct Query { limit: Option<u32> }
///
/// #[http(POST, "/hooks/{source}")]
/// pub async fn hook(ctx: &ActionCtx, request: Request) -> Result<Response> {
///     let Params { source } = request.path_params()?;
///     let Query { limit } = request.query_params()?;
///     Response::from_json(&(source, limit))
/// }
/// ```
pub trait RequestParams {
    /// Returns the parameters of the route's path, such as the `source` of `/hooks/{source}`, without
    /// their percent-encoding.
    ///
    /// # Errors
    ///
    /// Fails with `bad_args`, and where the fault is.
    fn path_params<T: DeserializeOwned>(&self) -> Result<T>;

    /// Returns the parameters behind the `?`. One that comes several times is a `Vec`.
    ///
    /// # Errors
    ///
    /// As [`RequestParams::path_params`].
    fn query_params<T: DeserializeOwned>(&self) -> Result<T>;
}

/// The parameters of a route's path; an extension of its request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct PathParams(Arc<[(String, String)]>);

#[cfg(feature = "server")]
impl PathParams {
    pub(crate) fn new(params: Vec<(String, String)>) -> Self {
        Self(params.into())
    }
}

impl RequestParams for Request {
    fn path_params<T: DeserializeOwned>(&self) -> Result<T> {
        let none = PathParams::default();
        let PathParams(params) = self.extensions().get().unwrap_or(&none);
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.extend_pairs(params.iter());
        from_form(&form.finish(), "path")
    }

    fn query_params<T: DeserializeOwned>(&self) -> Result<T> {
        from_form(self.uri().query().unwrap_or_default(), "query")
    }
}

fn from_form<T: DeserializeOwned>(form: &str, root: &str) -> Result<T> {
    let deserializer = serde_html_form::Deserializer::from_bytes(form.as_bytes());
    serde_path_to_error::deserialize(deserializer).map_err(|error| {
        let text = error.inner().to_string();
        let path = match error.path().to_string().as_str() {
            "." => root.to_owned(),
            path => format!("{root}.{path}"),
        };
        let text = match missing_field(&text) {
            Some(field) => format!("{root}.{field}: is missing"),
            None => format!("{}: {}", shortened(&path), shortened(&text)),
        };
        Error::new(ErrorCode::BAD_ARGS, text)
    })
}

fn missing_field(text: &str) -> Option<&str> {
    text.strip_prefix("missing field `")?.strip_suffix('`')
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::super::Body;
    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    struct Query {
        limit: Option<u32>,
        #[serde(default)]
        tag: Vec<String>,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    struct Wanted {
        from: u8,
    }

    fn request(uri: &str) -> Request {
        let request = http::Request::get(uri).body(Body::empty());
        request.expect("a request")
    }

    #[test]
    fn what_stands_behind_the_question_mark_is_read() {
        #[track_caller]
        fn check(uri: &str, limit: Option<u32>, tag: &[&str]) {
            let read: Query = request(uri).query_params().unwrap();
            let tag = tag.iter().map(|&tag| tag.to_owned()).collect();
            assert_eq!(read, Query { limit, tag }, "{uri}");
        }
        check("/", None, &[]);
        check("/?limit=3&tag=a&tag=b+c%26", Some(3), &["a", "b c&"]);
        check("/?tag=sp%C3%A4ter&other=1", None, &["später"]);
    }

    #[test]
    fn a_fault_is_named() {
        #[track_caller]
        fn check<T: DeserializeOwned + std::fmt::Debug>(uri: &str, expected: &str) {
            let error = request(uri).query_params::<T>().unwrap_err();
            assert_eq!(error.code().as_str(), "bad_args");
            assert_eq!(error.message(), expected);
        }
        check::<Wanted>("/", "query.from: is missing");
        check::<Wanted>(
            "/?from=300",
            "query.from: number too large to fit in target type",
        );
        check::<Query>("/?limit=x", "query.limit: invalid digit found in string");
    }

    #[test]
    fn a_path_without_parameters_has_none() {
        let error = request("/").path_params::<Wanted>().unwrap_err();
        assert_eq!(error.message(), "path.from: is missing");
    }
}
