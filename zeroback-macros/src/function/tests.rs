use expect_test::expect_file;
use quote::quote;

use super::expand;
use crate::syntax::FunctionKind;
use crate::test_expand::{check, check_faults};

#[test]
fn a_query_gets_a_call_and_a_registration() {
    let item = quote! {
        /// The newest tasks.
        pub fn list(ctx: &QueryCtx, #[doc = " Whose."] project_id: Id<Project>, status: Option<Status>) -> Result<u32> {
            Ok(1)
        }
    };
    check(
        expand(FunctionKind::Query, quote!(), item),
        expect_file!["../../expansions/query.rs"],
    );
}

#[test]
fn a_function_without_arguments_has_a_unit_call() {
    let item = quote! {
        #[cfg(unix)]
        pub(in super::super) fn sweep(_: &MutationCtx) -> Result<()> { Ok(()) }
    };
    check(
        expand(FunctionKind::Mutation, quote!(internal), item),
        expect_file!["../../expansions/mutation_without_arguments.rs"],
    );
}

#[test]
fn all_mistakes_are_told_and_the_function_stays() {
    let item = quote! {
        pub async unsafe fn list<T>(ctx: &MutationCtx, (a, b): (u32, u32), text: &str) -> u32 { a }
    };
    let expansion = expand(FunctionKind::Query, quote!(intrenal), item);
    assert!(expansion.to_string().contains("async unsafe fn list"));
    let expected = [
        "unknown argument of `#[query]`: did you mean `internal`?",
        "a query is a plain `fn`: the database answers at once, so there is nothing to await and \
         nothing may run in between. Remove `async`",
        "a query is called by clients and must be safe: remove `unsafe`",
        "clients call this function, so its types must be known: write the type out, and keep \
         what is generic in a function of its own",
        "a query only reads: take `&QueryCtx`, or make the function a `#[mutation]`",
        "clients name this argument: take it by a plain name and match on it in the body",
        "an argument is owned by the call: take `String`",
        "a query can fail, so it returns a `Result`: write `Result<u32>`",
    ];
    check_faults(expansion, &expected);
}

#[test]
fn a_body_that_does_not_parse_costs_nothing() {
    let item = quote! {
        fn list(ctx: &QueryCtx) -> Result<u32> { let x = ; ctx. }
    };
    let expansion = expand(FunctionKind::Query, quote!(), item).to_string();
    assert!(expansion.contains("mod list") && !expansion.contains("compile_error"));
}
