use expect_test::expect_file;
use quote::quote;

use super::expand;
use crate::test_expand::{check, check_faults};

#[test]
fn an_error_enum_tells_its_codes_and_passes_on_the_system_s() {
    let item = quote! {
        pub enum BookingError {
            SlotTaken { taken_by: String },
            #[value(system)]
            System(Error),
        }
    };
    check(expand(item), expect_file!["../../expansions/error_enum.rs"]);
}

#[test]
fn a_generic_struct_has_the_conditions_of_its_derives() {
    let item = quote! {
        #[serde(rename_all = "snake_case")]
        struct Page<T> {
            page_items: Vec<T>,
        }
    };
    check(
        expand(item),
        expect_file!["../../expansions/generic_struct.rs"],
    );
}

#[test]
fn a_filter_finds_the_fields_that_are_stored_as_they_are() {
    let item = quote! {
        pub struct Address {
            pub street_name: String,
            /// Recursive.
            r#else: Option<Box<Self>>,
            #[serde(flatten)]
            pub(crate) place: Place,
            #[serde(skip)]
            hidden: Secret,
            #[serde(default, skip_serializing_if = "is_zero")]
            count: u32,
            #[serde(with = "hex")]
            code: Vec<u8>,
            #[serde(default, skip_serializing_if = "Vec::is_empty")]
            tags: Vec<String>,
        }
    };
    check(
        expand(item),
        expect_file!["../../expansions/nested_fields.rs"],
    );
    let item = quote! {
        #[serde(into = "String", try_from = "String")]
        struct Dotted {
            parts: Vec<String>,
        }
    };
    assert!(!expand(item).to_string().contains("HasFields"));
}

#[test]
fn a_field_that_may_be_absent_can_be_read_then() {
    let item = quote! {
        struct Filter {
            #[serde(skip_serializing_if = "Option::is_none")]
            name: Option<String>,
            #[serde(skip_serializing_if = "Vec::is_empty", default)]
            tags: Vec<String>,
            #[serde(skip_serializing_if = "Vec::is_empty")]
            words: Vec<String>,
            #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "positive")]
            limit: Option<f64>,
        }
    };
    let unreadable = "a value that was written without this field could not be read: add \
                      `#[serde(default)]`, or make the field an `Option`";
    check_faults(expand(item), &[unreadable, unreadable]);
    let item = quote! {
        struct Pair(#[serde(skip_serializing_if = "Option::is_none")] Option<u8>, u8);
    };
    let moved = "without this element those after it would move: give the fields names, or \
                 remove this";
    check_faults(expand(item), &[moved]);
    let item = quote! {
        #[serde(default)]
        struct Filter {
            #[serde(skip_serializing_if = "Vec::is_empty")]
            words: Vec<String>,
        }
    };
    check_faults(expand(item), &[]);
}
