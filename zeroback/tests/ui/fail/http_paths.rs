use zeroback::prelude::*;

#[http]
pub async fn nothing(_: &ActionCtx, _: Request) -> Result<Response> {
    Response::from_status(204)
}

#[http("/a")]
pub async fn no_method(_: &ActionCtx, _: Request) -> Result<Response> {
    Response::from_status(204)
}

#[http(post, "/b")]
pub async fn small_letters(_: &ActionCtx, _: Request) -> Result<Response> {
    Response::from_status(204)
}

#[http(GET, "c")]
pub async fn no_slash(_: &ActionCtx, _: Request) -> Result<Response> {
    Response::from_status(204)
}

#[http(GET, "/d/{*rest}/e")]
pub async fn rest_in_the_middle(_: &ActionCtx, _: Request) -> Result<Response> {
    Response::from_status(204)
}

#[http(GET, "/f/{id}/{id}")]
pub async fn one_name_twice(_: &ActionCtx, _: Request) -> Result<Response> {
    Response::from_status(204)
}

#[http(GET, "/g?x=1")]
pub async fn with_a_query(_: &ActionCtx, _: Request) -> Result<Response> {
    Response::from_status(204)
}

fn main() {}
