//! HTTP as functions see it: requests and responses with the types of the crate `http`, and their
//! bodies, which may be streams. Compiles without the feature `server`.
//!
//! How requests reach the world and routes is the hosts' part.

mod body;
mod limits;
mod measured;
mod options;
mod params;
mod read;
mod redirect;
mod response;

#[cfg(feature = "server")]
mod checked;

pub use body::{BODY_BYTES_MAX, Body};
#[cfg(feature = "server")]
pub(crate) use body::{BodyStream, Content, next_piece};
pub use limits::WebLimits;
pub(crate) use measured::Measured;
pub use options::FetchOptions;
#[cfg(feature = "server")]
pub(crate) use params::PathParams;
pub use params::RequestParams;
pub use read::ReadBody;
pub(crate) use redirect::follow;
pub use response::MakeResponse;

#[cfg(feature = "server")]
pub(crate) use checked::{Answer, checked};

/// A request, as a route is given it and as `ctx.fetch` takes it.
pub type Request = http::Request<Body>;

/// A response, as a route returns it and as `ctx.fetch` does.
pub type Response = http::Response<Body>;
