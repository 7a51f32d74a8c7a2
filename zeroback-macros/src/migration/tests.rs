use expect_test::expect_file;
use quote::quote;

use super::expand;
use crate::test_expand::{check, check_faults};

#[test]
fn a_migration_registers_itself() {
    let item = quote! {
        /// Splits names in two.
        #[cfg(unix)]
        pub fn m0001_split_names(ctx: &MigrationCtx) -> Result<()> { Ok(()) }
    };
    check(
        expand(quote!(), item),
        expect_file!["../../expansions/migration.rs"],
    );
}

#[test]
fn all_mistakes_are_told_and_the_function_stays() {
    let item = quote! {
        const async unsafe extern "C" fn m0001<T>(ctx: &mut MutationCtx, text: String) -> Result<u32> { 1 }
    };
    let expansion = expand(quote!(once), item);
    assert!(expansion.to_string().contains("fn m0001"));
    let expected = [
        "a migration has no options: write `#[migration]`",
        "a migration is a plain `fn`: the database answers at once, so there is nothing to await. \
         Remove `async`",
        "a migration is a plain `fn`: remove `const`",
        "a migration is called by the framework and must be safe: remove `unsafe`",
        "a migration is a plain `fn`: remove `extern`",
        "a migration runs once, and there is nobody to choose its types: remove the generics",
        "the context is borrowed shared, also for writing: write `&MigrationCtx`",
        "a migration runs before the tables are as their structs say, on the documents as they \
         are stored: take `&MigrationCtx`",
        "a migration takes its context and nothing else: put what it needs into the body",
        "a migration can fail and returns nothing else: write `-> Result<()>`",
    ];
    check_faults(expansion, &expected);
}

#[test]
fn a_migration_takes_its_context_and_returns_a_result() {
    let context = "a migration takes its context: `ctx: &MigrationCtx`";
    let output = "a migration can fail and returns nothing else: write `-> Result<()>`";
    let check = |item, expected: &[&str]| check_faults(expand(quote!(), item), expected);
    check(
        quote!(
            fn a() {}
        ),
        &[context, output],
    );
    check(
        quote!(
            fn a(text: String) -> Result<()> {}
        ),
        &[context],
    );
    check(
        quote!(
            fn a(_: &MigrationCtx) -> Option<()> {}
        ),
        &[output],
    );
    check(
        quote!(
            fn a(_: &MigrationCtx) -> Result<(), Failed> {}
        ),
        &[],
    );
    check(
        quote!(
            fn a(_: &MigrationCtx) -> Outcome {}
        ),
        &[],
    );
    check(
        quote!(
            struct A;
        ),
        &["`#[migration]` stands on a function: \
           `fn m0001_name(ctx: &MigrationCtx) -> Result<()>`"],
    );
}
