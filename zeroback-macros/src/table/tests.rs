use expect_test::expect_file;
use quote::quote;

use super::expand;
use crate::test_expand::{check, check_faults};

#[test]
fn a_table_gets_a_patch_a_mirror_and_handles() {
    let item = quote! {
        /// A task.
        #[table(name = "tasks")]
        #[index(by_project(project_id, is_completed))]
        #[unique(by_name(name))]
        #[search(search_text(text, title), filter(project_id, r#type))]
        pub struct Task {
            /// Whose.
            pub project_id: Id<Project>,
            is_completed: bool,
            #[serde(rename = "nick", default)]
            pub name: Option<Status>,
            pub text: String,
            pub title: Option<String>,
            pub(crate) r#type: Kind,
            #[serde(rename = "\"quoted\"")]
            pub quoted: u32,
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
        "a search has a name and the fields whose text is searched, and perhaps fields to narrow it \
         by: `#[search(search_text(text), filter(project_id))]`",
        "names that start with `_` or `$` belong to the system: rename the field",
        "a table's name starts with a letter from a to z and goes on with those, digits and `_`",
        "every table has an index `by_id` already: remove this one",
        "the table has no field `colour`: its fields are text, _hidden",
        "the table has no field `txet`: did you mean `text`?",
    ];
    check_faults(expand(item), &expected);
}

#[test]
fn indexes_and_searches_share_their_names() {
    let item = quote! {
        #[index(by_text(text))]
        #[unique(By_Text(text))]
        #[search(by_text(text))]
        #[search(find(text))]
        #[search(find(text))]
        #[search(by_id(text))]
        #[search(_find(text))]
        struct Task {
            text: String,
        }
    };
    let expected = [
        "there are two indexes `By_Text`: rename one",
        "there is an index `by_text` already: rename the search",
        "there are two searches `find`: rename one",
        "every table has an index `by_id` already: remove this one",
        "names that start with `_` belong to the system: rename the search",
    ];
    check_faults(expand(item), &expected);
}

#[test]
fn a_search_has_fields_and_one_filter() {
    let item = quote! {
        #[search(a(text), fitler(done))]
        #[search(b(text), c(text))]
        #[search(d(text), filter(done), filter(kind))]
        #[search(e(text, text), filter(done, knid, done))]
        #[search(f(text, filter(done)), filter(kind))]
        #[search(g(text, h(done)))]
        #[search(i(filter(done)))]
        #[search(j(text "kind"))]
        #[search]
        struct Task {
            text: String,
            done: bool,
            kind: u32,
        }
    };
    let expected = [
        "unknown part of a search: did you mean `filter`?",
        "each search has an attribute of its own: write another `#[search(…)]` for this",
        "the search has a `filter` already: name all its fields in one",
        "the search has a `filter` already: name all its fields in one",
        "each search has an attribute of its own: write another `#[search(…)]` for this",
        "a search has a name and the fields whose text is searched, and perhaps fields to narrow it \
         by: `#[search(search_text(text), filter(project_id))]`",
        "expected `,`",
        "expected attribute arguments in parentheses: #[search(...)]",
        "the search has the field `text` already: remove one",
        "the table has no field `knid`: did you mean `kind`?",
        "the filter has the field `done` already: remove one",
    ];
    check_faults(expand(item), &expected);
}

#[test]
fn at_most_ninety_fields_are_stored_in_columns() {
    // Seventy columns are as many levels of types, which a thread of a test has not room for with every set of
    // features that the workspace may give to syn.
    let roomy = std::thread::Builder::new().stack_size(16 << 20);
    let refused = roomy.spawn(refuse_ninety_one_fields);
    refused.expect("a thread").join().expect("it is refused");
}

fn refuse_ninety_one_fields() {
    let fields: Vec<_> = (0..91)
        .map(|at| quote::format_ident!("field_{at}"))
        .collect();
    let (indexed, rest) = fields.split_at(70);
    let (unique, filters) = rest.split_at(10);
    let (filters, more) = filters.split_at(8);
    let item = quote! {
        #[index(by_many(#(#indexed),*))]
        #[unique(by_ten(#(#unique),*))]
        #[search(search_text(text), filter(#(#filters),*))]
        #[search(search_more(text), filter(field_0, #(#more),*))]
        struct Wide {
            text: String,
            #(#fields: u32,)*
        }
    };
    let expected = "at most 90 fields of a table can be in indexes and in the filters of searches";
    check_faults(expand(item), &[expected]);
}

#[test]
fn a_search_is_narrowed_by_at_most_sixteen_fields() {
    let fields: Vec<_> = (0..17)
        .map(|at| quote::format_ident!("field_{at}"))
        .collect();
    let item = quote! {
        #[search(search_text(text), filter(#(#fields),*))]
        struct Wide {
            text: String,
            #(#fields: u32,)*
        }
    };
    check_faults(
        expand(item),
        &["a search can be narrowed by 16 fields at most"],
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
fn an_indexed_field_may_have_a_default() {
    let item = quote! {
        #[serde(default)]
        #[index(by_done(is_done, score))]
        struct Task {
            #[serde(default)]
            is_done: bool,
            #[serde(default = "half")]
            score: f64,
        }
    };
    check_faults(expand(item), &[]);
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
