use expect_test::expect_file;
use quote::quote;

use super::expand;
use crate::test_expand::{check, check_faults};

#[test]
fn a_table_gets_a_patch_a_mirror_and_indexes() {
    let item = quote! {
        /// A task.
        #[table(name = "tasks")]
        #[index(by_project(project_id, is_completed))]
        pub struct Task {
            /// Whose.
            pub project_id: Id<Project>,
            is_completed: bool,
            #[serde(rename = "nick", default)]
            pub name: Option<Status>,
        }
    };
    check(expand(item), expect_file!["../../expansions/table.rs"]);
}

#[test]
fn all_mistakes_are_told() {
    let item = quote! {
        #[table(name = "Tasks")]
        #[index(by_id(colour))]
        #[index(by_text(txet))]
        #[search(text)]
        struct Task {
            text: String,
            _hidden: u32,
        }
    };
    let expected = [
        "`#[search]` is not supported yet",
        "names that start with `_` or `$` belong to the system: rename the field",
        "a table's name starts with a letter from a to z and goes on with those, digits and `_`",
        "every table has an index `by_id` already: remove this one",
        "the table has no field `colour`: its fields are text, _hidden",
        "the table has no field `txet`: did you mean `text`?",
    ];
    check_faults(expand(item), &expected);
}

#[test]
fn an_index_names_at_most_ninety_fields() {
    let fields: Vec<_> = (0..91)
        .map(|at| quote::format_ident!("field_{at}"))
        .collect();
    let item = quote! {
        #[index(by_all(#(#fields),*))]
        struct Wide {
            #(#fields: u32,)*
        }
    };
    check_faults(
        expand(item),
        &["at most 90 fields of a table can be indexed"],
    );
}
