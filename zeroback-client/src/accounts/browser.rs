//! Requests by the browser, with its cookies.

use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Headers, RequestCredentials, RequestInit, Response};
use zeroback_protocol::WireError;

use super::unavailable;

/// Returns the body of the answer, whatever its status.
pub(super) async fn ask(url: &str, body: Option<String>) -> Result<String, WireError> {
    let asked = request(url, body).await;
    asked.map_err(|_| unavailable("the server cannot be reached"))
}

async fn request(url: &str, body: Option<String>) -> Result<String, JsValue> {
    let window = web_sys::window().ok_or(JsValue::NULL)?;
    let init = RequestInit::new();
    init.set_credentials(RequestCredentials::Include);
    if let Some(body) = body {
        let headers = Headers::new()?;
        headers.set("content-type", "application/json")?;
        init.set_method("POST");
        init.set_headers(&headers);
        init.set_body(&JsValue::from(body));
    }
    let response = JsFuture::from(window.fetch_with_str_and_init(url, &init)).await?;
    let text = JsFuture::from(response.unchecked_into::<Response>().text()?).await?;
    text.as_string().ok_or(JsValue::NULL)
}
