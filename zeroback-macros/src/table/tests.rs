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
fn indexes_name_at_most_ninety_fields() {
    let fields: Vec<_> = (0..91)
        .map(|at| quote::format_ident!("field_{at}"))
        .collect();
    let indexes = fields.chunks(13).map(|fields| {
        let name = quote::format_ident!("by_{}", fields[0]);
        quote!(#[index(#name(#(#fields),*))])
    });
    let item = quote! {
        #(#indexes)*
        struct Wide {
            #(#fields: u32,)*
        }
    };
    check_faults(
        expand(item),
        &["at most 90 fields of a table can be indexed"],
    );
}

#[test]
fn a_table_s_field_has_no_second_name() {
    let item = quote! {
        struct Task {
            #[serde(alias = "score", default)]
            rating: u32,
        }
    };
    let expected = "stored documents keep their field names, and a patch would store the field under \
                    both: rename the field by a migration, or keep `#[serde(rename = \"old\")]`";
    check_faults(expand(item), &[expected]);
}

#[test]
fn an_indexed_field_is_null_where_it_is_absent() {
    let item = quote! {
        #[serde(default)]
        #[index(by_done(is_done, r#type, score, text, nick))]
        struct Task {
            #[serde(default)]
            is_done: bool,
            #[serde(default)]
            r#type: std::option::Option<bool>,
            #[serde(default = "half")]
            score: Option<f64>,
            text: String,
            nick: Option<String>,
            #[serde(default)]
            number: u32,
        }
    };
    let expected = [
        "index columns take an absent field as null: make `is_done` an `Option`, or do not index it",
        "index columns take an absent field as null: write `default` alone, or do not index `score`",
        "index columns take an absent field as null: make `text` an `Option`, or do not index it",
    ];
    check_faults(expand(item), &expected);
}

#[test]
fn a_table_s_name_is_not_one_of_sqlite_s() {
    let message = "a table's name does not start with `sqlite_`, which SQLite keeps for itself";
    let named = quote! {
        #[table(name = "sqlite_tasks")]
        struct Task {
            text: String,
        }
    };
    check_faults(expand(named), &[message]);
    let unnamed = quote! {
        struct SqliteStat {
            text: String,
        }
    };
    let fix = "give it one with `#[table(name = \"…\")]`";
    check_faults(expand(unnamed), &[&format!("{message}: {fix}")]);
}
