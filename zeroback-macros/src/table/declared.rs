//! Checks what a table's attributes declare over its fields: indexes and searches.

use proc_macro2::Ident;

use super::model::Column;
use super::parse::{Index, Options, Search};
use crate::syntax::{Faults, closest, plain_name};

/// SQLite takes 100 columns where a build of it was told to; a Durable Object's was.
const COLUMNS_MAX: usize = 90;

/// How many fields a search can look at.
const SEARCH_FIELDS_MAX: usize = 16;

/// How many fields a search can be narrowed by.
const SEARCH_FILTERS_MAX: usize = 16;

/// The indexes that every table has.
const BUILT_IN: &[&str] = &["by_creation_time", "by_id"];

/// Checks the names of indexes and searches, and that the fields they name exist.
pub(super) fn check(options: &Options, columns: &[Column], faults: &mut Faults) {
    let mut taken = Vec::new();
    let names = column_names(columns);
    let known: Vec<&str> = names.iter().map(String::as_str).collect();
    for Index { name, columns, .. } in &options.indexes {
        check_name(name, "index", &mut taken, faults);
        check_fields(
            columns,
            &known,
            "the index has the column",
            faults,
            unknown_column,
        );
    }
    for search in &options.searches {
        check_name(&search.name, "search", &mut taken, faults);
        check_fields(
            &search.fields,
            &known,
            "the search has the field",
            faults,
            unknown_field,
        );
        check_fields(
            &search.filters,
            &known,
            "the filter has the field",
            faults,
            unknown_field,
        );
        if let Some(beyond) = search.fields.get(SEARCH_FIELDS_MAX) {
            let message = format!("a search looks at {SEARCH_FIELDS_MAX} fields at most");
            faults.at(beyond, message);
        }
        if let Some(beyond) = search.filters.get(SEARCH_FILTERS_MAX) {
            let message =
                format!("a search can be narrowed by {SEARCH_FILTERS_MAX} fields at most");
            faults.at(beyond, message);
        }
    }
}

/// Finds the fields that are stored in a column of their own.
pub(super) fn typed_columns(
    options: &Options,
    columns: &[Column],
    faults: &mut Faults,
) -> Vec<usize> {
    let indexed = options.indexes.iter().flat_map(|index| &index.columns);
    let filters = options.searches.iter().flat_map(|search| &search.filters);
    let mut typed = Vec::new();
    for name in indexed.chain(filters) {
        let found = columns.iter().position(|column| column.ident == *name);
        match found {
            Some(at) if !typed.contains(&at) => typed.push(at),
            _ => continue,
        }
        if typed.len() > COLUMNS_MAX {
            let message = format!(
                "at most {COLUMNS_MAX} fields of a table can be in indexes and in the filters of \
                 searches"
            );
            faults.at(name, message);
            break;
        }
    }
    typed
}

/// The indexes and searches as they are probably meant, with nothing in them that there is not.
pub(super) fn repaired(options: Options, columns: &[Column]) -> Options {
    let names = column_names(columns);
    let known: Vec<&str> = names.iter().map(String::as_str).collect();
    let meant = |field: &Ident| -> Option<Ident> {
        let name = plain_name(field);
        let exact = known.iter().position(|known| *known == name);
        let close = || {
            let close = closest(&name, &known)?;
            known.iter().position(|known| *known == close)
        };
        Some(columns[exact.or_else(close)?].ident.clone())
    };
    let mut taken: Vec<String> = BUILT_IN.iter().map(ToString::to_string).collect();
    let mut is_first = |name: &Ident| {
        let name = plain_name(name);
        let first = !taken.contains(&name);
        taken.push(name);
        first
    };
    let mut repaired = Options {
        name: options.name,
        ..Options::default()
    };
    for index in options.indexes {
        if is_first(&index.name) {
            repaired.indexes.push(Index {
                columns: index.columns.iter().filter_map(meant).collect(),
                ..index
            });
        }
    }
    for search in options.searches {
        if is_first(&search.name) {
            let mut filters: Vec<Ident> = search.filters.iter().filter_map(meant).collect();
            // Each becomes a method, of which there cannot be two.
            let mut seen = Vec::new();
            filters.retain(|filter| {
                !seen.contains(filter) && {
                    seen.push(filter.clone());
                    true
                }
            });
            repaired.searches.push(Search {
                fields: search.fields.iter().filter_map(meant).collect(),
                filters,
                ..search
            });
        }
    }
    repaired
}

fn column_names(columns: &[Column]) -> Vec<String> {
    let names = columns.iter().map(|column| plain_name(&column.ident));
    names.collect()
}

/// Checks a name against those in `taken`: indexes and searches share their names, which SQLite
/// compares case-blind.
fn check_name(
    name: &Ident,
    word: &'static str,
    taken: &mut Vec<(String, &'static str)>,
    faults: &mut Faults,
) {
    let plain = plain_name(name);
    let folded = plain.to_lowercase();
    if BUILT_IN.contains(&folded.as_str()) {
        let message = format!("every table has an index `{plain}` already: remove this one");
        faults.at(name, message);
    } else if plain.starts_with('_') {
        let message = format!("names that start with `_` belong to the system: rename the {word}");
        faults.at(name, message);
    }
    let Some((_, other)) = taken.iter().find(|(taken, _)| *taken == folded) else {
        taken.push((folded, word));
        return;
    };
    let message = match (*other, word) {
        ("index", "index") => format!("there are two indexes `{plain}`: rename one"),
        ("search", "search") => format!("there are two searches `{plain}`: rename one"),
        _ => format!("there is an index `{plain}` already: rename the search"),
    };
    faults.at(name, message);
}

/// Checks that the fields exist, and that each is named once.
fn check_fields(
    fields: &[Ident],
    known: &[&str],
    has_it: &str,
    faults: &mut Faults,
    unknown: fn(&str, &[&str]) -> String,
) {
    for (at, field) in fields.iter().enumerate() {
        let name = plain_name(field);
        if !known.contains(&name.as_str()) {
            faults.at(field, unknown(&name, known));
        } else if fields[..at].contains(field) {
            faults.at(field, format!("{has_it} `{name}` already: remove one"));
        }
    }
}

fn unknown_column(name: &str, known: &[&str]) -> String {
    match name {
        "_id" | "id" => "the index `by_id` has the ids: remove this column".to_owned(),
        "_creation_time" | "creation_time" => {
            "every index ends in the creation time: remove this column".to_owned()
        }
        _ => unknown_field(name, known),
    }
}

fn unknown_field(name: &str, known: &[&str]) -> String {
    match closest(name, known) {
        Some(meant) => format!("the table has no field `{name}`: did you mean `{meant}`?"),
        None => format!(
            "the table has no field `{name}`: its fields are {}",
            known.join(", ")
        ),
    }
}
