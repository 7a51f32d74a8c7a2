//! Redirects: followed here, in one way on all hosts, and so that no secret follows to where it was
//! not meant for.

use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use zeroback_protocol::ErrorCode;

use super::{Body, FetchOptions, Request, Response};
use crate::{Error, Result, World};

/// What is sent to the origin that it was meant for, and to no other.
const OF_ONE_ORIGIN: [HeaderName; 4] = [
    header::AUTHORIZATION,
    header::COOKIE,
    header::PROXY_AUTHORIZATION,
    header::WWW_AUTHENTICATE,
];

/// What says something of a body that is not there any more.
const OF_A_BODY: [HeaderName; 4] = [
    header::CONTENT_TYPE,
    header::CONTENT_ENCODING,
    header::CONTENT_LANGUAGE,
    header::CONTENT_LOCATION,
];

/// What says how a message is sent, which is the host's part.
const OF_THE_HOST: [HeaderName; 6] = [
    header::CONNECTION,
    header::CONTENT_LENGTH,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    header::TE,
    header::TRAILER,
];

/// Makes a request, and follows where it leads.
pub(crate) async fn follow(world: &dyn World, request: Request) -> Result<Response> {
    let options = request.extensions().get().copied();
    let limits = world.web_limits();
    let options = options.unwrap_or_else(|| FetchOptions::within(&limits));
    let response = follow_with(world, request, options).await?;
    Ok(response.map(|body| body.with_bytes_max(limits.body_bytes_max)))
}

async fn follow_with(
    world: &dyn World,
    request: Request,
    options: FetchOptions,
) -> Result<Response> {
    let mut request = checked(request)?;
    for _ in 0..options.redirects_max {
        let again = copy(&request);
        let uri = request.uri().to_string();
        let response = world.fetch(request, options).await?;
        let Some(location) = location(&response) else {
            return Ok(response);
        };
        let to: Uri = world
            .resolve(&uri, location)
            .and_then(|to| to.parse().ok())
            .ok_or_else(|| failed("was redirected to what is no URL"))?;
        if !is_of_the_web(&to) {
            return Err(failed("was redirected to what is no URL of the web"));
        }
        request = redirected(again, response.status(), to)?;
    }
    let response = world.fetch(request, options).await?;
    if options.redirects_max > 0 && location(&response).is_some() {
        let max = options.redirects_max;
        return Err(failed(&format!("was redirected more than {max} times")));
    }
    Ok(response)
}

fn failed(what: &str) -> Error {
    Error::new(ErrorCode::FETCH_FAILED, format!("the request {what}"))
}

/// Refuses what is no absolute URL of the web, or has a password in it, and completes the headers.
fn checked(mut request: Request) -> Result<Request> {
    let uri = request.uri();
    let authority = uri.authority().map_or("", |authority| authority.as_str());
    if !is_of_the_web(uri) || authority.is_empty() {
        return Err(Error::internal("fetch takes an absolute http or https URL"));
    }
    if authority.contains('@') {
        let text = "fetch takes no URL with a name and a password: send an `authorization` header";
        return Err(Error::internal(text));
    }
    let mut headers = std::mem::take(request.headers_mut());
    request.body().label(&mut headers);
    OF_THE_HOST
        .iter()
        .for_each(|name| drop(headers.remove(name)));
    *request.headers_mut() = headers;
    Ok(request)
}

fn is_of_the_web(uri: &Uri) -> bool {
    matches!(uri.scheme_str(), Some("http" | "https"))
}

/// Returns where a response redirects to.
fn location(response: &Response) -> Option<&str> {
    let is_redirect = matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308);
    let location = response.headers().get(header::LOCATION);
    location
        .filter(|_| is_redirect)
        .and_then(|location| location.to_str().ok())
}

/// What is needed to make a request again.
struct Again {
    method: Method,
    uri: Uri,
    headers: HeaderMap<HeaderValue>,
    body: Option<Body>,
}

fn copy(request: &Request) -> Again {
    Again {
        method: request.method().clone(),
        uri: request.uri().clone(),
        headers: request.headers().clone(),
        body: request.body().copy(),
    }
}

fn redirected(again: Again, status: StatusCode, to: Uri) -> Result<Request> {
    let Again {
        mut method,
        uri,
        mut headers,
        mut body,
    } = again;
    // As browsers do it.
    let becomes_get = match status.as_u16() {
        303 => method != Method::HEAD,
        301 | 302 => method == Method::POST,
        _ => false,
    };
    if becomes_get {
        method = Method::GET;
        body = Some(Body::empty());
        OF_A_BODY.iter().for_each(|name| drop(headers.remove(name)));
    }
    if origin(&uri) != origin(&to) {
        if uri.scheme_str() == Some("https") && to.scheme_str() != Some("https") {
            return Err(failed("was redirected from https to what is not"));
        }
        OF_ONE_ORIGIN
            .iter()
            .for_each(|name| drop(headers.remove(name)));
    }
    headers.remove(header::HOST);
    let body = body.ok_or_else(|| failed("was redirected, and its body, a stream, is gone"))?;
    let mut request = Request::new(body);
    *request.method_mut() = method;
    *request.uri_mut() = to;
    *request.headers_mut() = headers;
    checked(request)
}

fn origin(uri: &Uri) -> (Option<&str>, Option<&str>, u16) {
    let default = if uri.scheme_str() == Some("https") {
        443
    } else {
        80
    };
    (
        uri.scheme_str(),
        uri.host(),
        uri.port_u16().unwrap_or(default),
    )
}

#[cfg(test)]
mod tests;
