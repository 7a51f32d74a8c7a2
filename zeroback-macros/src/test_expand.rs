//! Shows expansions as a person would read them.

use expect_test::ExpectFile;
use proc_macro2::TokenStream;

/// Compares an expansion with one in `expansions/`; `UPDATE_EXPECT=1` writes those anew.
///
/// `zb` stands there for `::zeroback::__private`.
#[expect(
    clippy::needless_pass_by_value,
    reason = "a test writes the expectation in place"
)]
pub(crate) fn check(expansion: TokenStream, expected: ExpectFile) {
    let file = syn::parse2(expansion).expect("an expansion is a list of items");
    let text = prettyplease::unparse(&file).replace("::zeroback::__private", "zb");
    expected.assert_eq(&text);
}

/// Compares the messages of the mistakes in an expansion with the expected ones.
pub(crate) fn check_faults(expansion: TokenStream, expected: &[&str]) {
    let file: syn::File = syn::parse2(expansion).expect("an expansion is a list of items");
    let messages = file.items.iter().filter_map(|item| match item {
        syn::Item::Macro(call) if call.mac.path.segments.last()?.ident == "compile_error" => {
            call.mac.parse_body::<syn::LitStr>().ok()
        }
        _ => None,
    });
    let messages: Vec<_> = messages.map(|message| message.value()).collect();
    assert_eq!(messages, expected);
}
