//! What the macros accept, and what they say about mistakes.

#[test]
fn mistakes_get_one_error_with_the_fix_in_it() {
    trybuild::TestCases::new().compile_fail("tests/ui/fail/*.rs");
}

#[test]
fn what_the_documentation_promises_compiles_without_warnings() {
    trybuild::TestCases::new().pass("tests/ui/pass/*.rs");
}
