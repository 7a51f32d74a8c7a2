use zeroback::prelude::*;

#[http(GET, "/a")]
pub fn not_async(_: &ActionCtx, _: Request) -> Result<Response> {
    Response::from_status(204)
}

#[http(GET, "/b")]
pub async fn without_a_request(_: &ActionCtx) -> Result<Response> {
    Response::from_status(204)
}

#[http(GET, "/c")]
pub async fn with_an_argument(_: &ActionCtx, _: Request, id: String) -> Result<Response> {
    Ok(Response::from_text(id))
}

#[http(GET, "/d")]
pub async fn with_a_database(_: &MutationCtx, _: Request) -> Result<Response> {
    Response::from_status(204)
}

#[http(GET, "/e")]
pub async fn without_a_result(_: &ActionCtx, _: Request) -> Response {
    Response::from_text("e")
}

#[http(GET, "/f")]
pub async fn with_a_value(_: &ActionCtx, _: Request) -> Result<String> {
    Ok("f".to_owned())
}

#[http(GET, "/g")]
pub async fn with_another_parameter(_: &ActionCtx, name: String) -> Result<Response> {
    Ok(Response::from_text(name))
}

#[http(GET, "/h")]
pub struct Route;

fn main() {}
