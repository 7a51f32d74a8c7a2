use expect_test::expect_file;
use proc_macro2::TokenStream;
use quote::quote;

use super::expand;
use crate::test_expand::{check, check_faults};

fn hook() -> TokenStream {
    quote! {
        /// Takes what another service tells.
        #[cfg(unix)]
        pub async fn hook(ctx: &ActionCtx, request: Request) -> Result<Response> { todo!() }
    }
}

#[test]
fn a_route_registers_itself() {
    let expansion = expand(quote!(POST, "/hooks/{source}"), hook());
    check(expansion, expect_file!["../../expansions/http.rs"]);
}

#[test]
fn all_mistakes_are_told_and_the_function_stays() {
    let item = quote! {
        const unsafe extern "C" fn hook<T>(ctx: &mut MutationCtx, request: &Request, text: String) -> Response { 1 }
    };
    let expansion = expand(quote!(Pots, "hooks"), item);
    assert!(expansion.to_string().contains("fn hook"));
    let expected = [
        "there is no such method: did you mean `POST`?",
        "a path begins with `/`",
        "a route waits for what it calls: make it an `async fn`",
        "a route is an `async fn`: remove `const`",
        "a route is called by clients and must be safe: remove `unsafe`",
        "a route is an `async fn`: remove `extern`",
        "a route is called by clients, and there is nobody to choose its types: remove the generics",
        "the context is borrowed shared: write `&ActionCtx`",
        "a route runs outside of transactions and has no database of its own: take `&ActionCtx`, and \
         call queries and mutations through it",
        "a route owns its request, to read its body: write `request: Request`",
        "a route takes its context and its request: take what else it needs by \
         `request.path_params()` and `request.query_params()`",
        "a route answers or fails: write `-> Result<Response>`",
    ];
    check_faults(expansion, &expected);
}

#[test]
fn a_route_has_a_method_and_a_path() {
    const USAGE: &str = "a route has a method and a path: `#[http(GET, \"/path/{param}\")]`, or \
                         `{*rest}` at its end";
    for args in [
        quote!(),
        quote!(GET),
        quote!("/path"),
        quote!("/path", GET),
        quote!(GET "/path"),
        quote!(GET, "/path", 3),
        quote!(GET, path),
    ] {
        check_faults(expand(args, hook()), &[USAGE]);
    }
    check_faults(expand(quote!(GET, "/path",), hook()), &[]);
    check_faults(
        expand(quote!(BREW, "/"), hook()),
        &["there is no such method: it is one of GET, POST, PUT, PATCH, DELETE, HEAD, OPTIONS"],
    );
}

#[test]
fn a_path_that_no_request_can_have_is_refused() {
    #[track_caller]
    fn check(path: &str, expected: &[&str]) {
        check_faults(expand(quote!(GET, #path), hook()), expected);
    }
    for path in [
        "/",
        "/a",
        "/a/",
        "/{id}/b",
        "/a/{*rest}",
        "/img-{id}.png",
        "/{type}",
        "/%20",
        "/@a:b",
    ] {
        check(path, &[]);
    }
    const BRACES: &str =
        "a segment has one parameter at most, such as `{id}`, and `{*rest}` stands alone";
    for path in ["/{a}{b}", "/{a", "/a}", "/}a{", "/a{*rest}", "/{{a}}"] {
        check(path, &[BRACES]);
    }
    for (path, segment, meant) in [
        ("/a/:id", ":id", "{id}"),
        ("/a/*", "*", "{*rest}"),
        ("/*rest", "*rest", "{*rest}"),
    ] {
        let told =
            format!("`{segment}` would be these letters alone: write `{meant}` for a parameter");
        check(path, &[&told]);
    }
    check("", &["a path begins with `/`"]);
    check("/a//b", &["a path has no `//`"]);
    check(
        "/a/../b",
        &["a path has no `.` and no `..`: clients resolve them before they ask"],
    );
    check(
        "/{*rest}/a",
        &["`{*rest}` takes all that follows: it stands at the end"],
    );
    check("/{a}/{a}", &["two parameters are called `a`: rename one"]);
    check(
        "/{}",
        &["`{}` needs a name as a field has it, such as `{id}`"],
    );
    check(
        "/{a-b}",
        &["`{a-b}` needs a name as a field has it, such as `{id}`"],
    );
    for (path, char) in [
        ("/a b", "' '"),
        ("/a?b", "'?'"),
        ("/a#b", "'#'"),
        ("/ä", "'ä'"),
        ("/a\r\nb", "'\\r'"),
    ] {
        let fault = format!(
            "{char} cannot stand in a path: write it percent-encoded, and take what follows a `?` by \
             `request.query_params()`"
        );
        check(path, &[&fault]);
    }
}

#[test]
fn a_route_takes_its_context_and_its_request() {
    const PARAMETERS: &str =
        "a route takes its context and its request: `ctx: &ActionCtx, request: Request`";
    let check = |item, expected: &[&str]| check_faults(expand(quote!(GET, "/"), item), expected);
    check(
        quote!(
            async fn a() -> Result<Response> {}
        ),
        &[PARAMETERS],
    );
    check(
        quote!(
            async fn a(ctx: &ActionCtx) -> Result<Response> {}
        ),
        &[PARAMETERS],
    );
    check(
        quote!(
            async fn a(request: Request) -> Result<Response> {}
        ),
        &[PARAMETERS],
    );
    check(
        quote!(
            async fn a(_: &ActionCtx, _: http::Request<Body>) -> Result<Response, Failed> {}
        ),
        &[],
    );
    check(
        quote!(
            struct A;
        ),
        &["`#[http(…)]` stands on a function: \
           `async fn name(ctx: &ActionCtx, request: Request) -> Result<Response>`"],
    );
}
