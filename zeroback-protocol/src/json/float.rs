//! Numbers that are no integers, or too large for one.

/// Returns the number that is nearest to a text of JSON, which may be infinite.
#[cfg(all(target_family = "wasm", feature = "browser"))]
pub(super) fn float(text: &str) -> f64 {
    use wasm_bindgen::prelude::wasm_bindgen;

    #[wasm_bindgen]
    extern "C" {
        #[wasm_bindgen(js_name = parseFloat)]
        fn parse_float(text: &str) -> f64;
    }
    parse_float(text)
}

/// Returns the number that is nearest to a text of JSON, which may be infinite.
#[cfg(not(all(target_family = "wasm", feature = "browser")))]
pub(super) fn float(text: &str) -> f64 {
    text.parse().expect("what JSON calls a number is one")
}
