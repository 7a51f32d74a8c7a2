use expect_test::expect_file;
use quote::quote;

use super::expand;
use crate::test_expand::check;

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
