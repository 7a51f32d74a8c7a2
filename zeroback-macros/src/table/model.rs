//! Checks a table and keeps what the expansion needs of it.

use std::collections::BTreeMap;

use proc_macro2::{Ident, TokenStream};
use syn::{Attribute, Data, DeriveInput, Field, Fields, Generics, Meta, Type, Visibility};

use super::parse::{self, Index, Options};
use crate::syntax::{
    Faults, Leaves, RenameRule, SerdeItem, closest, kept_for_wire, last_segment, plain_name,
    refuse_unordered, replace_self, serde_items, snake_case,
};

/// SQLite takes 100 columns where a build of it was told to; a Durable Object's was.
const COLUMNS_MAX: usize = 90;

/// A table's name is the prefix of its ids, which are 27 bytes longer.
const NAME_BYTES_MAX: usize = 48;

/// The indexes that every table has.
const BUILT_IN: &[&str] = &["by_creation_time", "by_id"];

/// A table that can be expanded.
pub(crate) struct Model {
    /// Whether there are no mistakes. If there are, the rest of the model is what of the table is
    /// clear: enough for the code that uses it to compile, and never run.
    pub(crate) sound: bool,
    pub(crate) ident: Ident,
    pub(crate) vis: Visibility,
    pub(crate) generics: Generics,
    pub(crate) name: String,
    pub(crate) columns: Vec<Column>,
    pub(crate) indexes: Vec<Index>,
    /// Positions of the columns that an index names, in order of first use.
    pub(crate) indexed: Vec<usize>,
    pub(crate) serde: Vec<SerdeItem>,
    pub(crate) attributes: TokenStream,
    pub(crate) leaves: Leaves,
}

/// A field of the struct.
pub(crate) struct Column {
    pub(crate) ident: Ident,
    pub(crate) vis: Visibility,
    pub(crate) ty: Type,
    /// The name outside, `projectId`.
    pub(crate) outside: String,
    /// Its serde items, without the name.
    pub(crate) serde: Vec<SerdeItem>,
    /// Attributes that the other derives read.
    pub(crate) attributes: TokenStream,
}

impl Model {
    /// Checks the struct; `None` where nothing sensible can be generated.
    pub(crate) fn new(input: DeriveInput, faults: &mut Faults) -> Option<Self> {
        let options = parse::options(&input.attrs, faults);
        let (rule, serde) = container_serde(&input.attrs, faults);
        let named = named_fields(&input, faults);
        let fields = named.as_deref().unwrap_or_default();
        if !input.generics.params.is_empty() {
            let message = "a table is one type with one name: remove the generics";
            faults.at(&input.generics, message);
            return None;
        }
        let attributes = kept_for_wire(&input.attrs);
        let mut columns = columns(fields, &input.ident, rule, faults);
        let name = table_name(&options, &input.ident, faults);
        if named.is_some() {
            check_indexes(&options.indexes, &columns, faults);
        }
        let mut indexed = indexed(&options.indexes, &columns, faults);
        for at in &indexed {
            check_default(&columns[*at], &serde, faults);
        }
        let mut indexes = options.indexes;
        let sound = faults.is_empty();
        if !sound {
            columns.retain(|column| !matches!(column.ty, Type::Reference(_)));
            indexes = repaired(indexes, &columns);
            // The engine, which would ask that these can be sorted, gets to see none of them.
            indexed.clear();
        }
        let mut leaves = Leaves::default();
        columns
            .iter()
            .for_each(|column| leaves.add(&column.ty, &[]));
        Some(Self {
            sound,
            attributes,
            name,
            columns,
            indexes,
            indexed,
            serde,
            leaves,
            ident: input.ident,
            vis: input.vis,
            generics: input.generics,
        })
    }

    /// The column of that name, which the checks have found.
    pub(crate) fn column(&self, ident: &Ident) -> &Column {
        let column = self.columns.iter().find(|column| column.ident == *ident);
        column.expect("an index names only columns that exist")
    }
}

fn named_fields(input: &DeriveInput, faults: &mut Faults) -> Option<Vec<Field>> {
    const USAGE: &str = "a table is a struct with named fields: `struct Task { text: String }`";
    match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(fields) => return Some(fields.named.iter().cloned().collect()),
            Fields::Unnamed(fields) => faults.at(fields, USAGE),
            Fields::Unit => faults.at(&input.ident, USAGE),
        },
        Data::Enum(data) => {
            let message =
                format!("{USAGE}; an enum can be the type of a field, with `#[derive(Value)]`");
            faults.at(data.enum_token, message);
        }
        Data::Union(data) => faults.at(data.union_token, USAGE),
    }
    None
}

/// The rule for the fields' names, and what else serde is told about the struct.
fn container_serde(attrs: &[Attribute], faults: &mut Faults) -> (RenameRule, Vec<SerdeItem>) {
    let mut rule = RenameRule::Camel;
    let mut kept = Vec::new();
    for item in serde_items(attrs, faults) {
        if item.is("rename_all") {
            match item.text().and_then(|text| RenameRule::parse(&text)) {
                Some(written) => rule = written,
                None => faults.at(&item.meta, RenameRule::USAGE),
            }
        } else if item.is("rename") || item.is("default") {
            kept.push(item);
        } else {
            let message = "a table's documents are objects with one member for each field: this \
                           has no place on a table, only `rename_all`, `rename` and `default` have";
            faults.at(&item.meta, message);
        }
    }
    (rule, kept)
}

fn columns(fields: &[Field], table: &Ident, rule: RenameRule, faults: &mut Faults) -> Vec<Column> {
    let this: Type = syn::parse_quote!(#table);
    let mut columns: Vec<Column> = Vec::new();
    for field in fields {
        let Some(ident) = &field.ident else { continue };
        parse::refuse_on_field(&field.attrs, faults);
        let (renamed, serde) = field_serde(&field.attrs, faults);
        let plain = plain_name(ident);
        let outside = renamed.unwrap_or_else(|| rule.field(&plain));
        if plain.starts_with('_') || outside.starts_with('_') || outside.starts_with('$') {
            faults.at(
                ident,
                "names that start with `_` or `$` belong to the system: rename the field",
            );
        } else if let Some(other) = columns.iter().find(|column| column.outside == outside) {
            let message = format!(
                "`{}` is called `{outside}` outside too: rename one",
                other.ident
            );
            faults.at(ident, message);
        }
        check_column_type(&field.ty, faults);
        columns.push(Column {
            ident: ident.clone(),
            vis: field.vis.clone(),
            ty: replace_self(&field.ty, &this),
            outside,
            serde,
            attributes: kept_for_wire(&field.attrs),
        });
    }
    columns
}

/// The field's name if it is given, and what else serde is told about it.
fn field_serde(attrs: &[Attribute], faults: &mut Faults) -> (Option<String>, Vec<SerdeItem>) {
    let mut name = None;
    let mut kept = Vec::new();
    for item in serde_items(attrs, faults) {
        if item.is("rename") {
            match item.text() {
                Some(text) => name = Some(text),
                None => faults.at(
                    &item.meta,
                    "a field has one name both ways: `rename = \"…\"`",
                ),
            }
        } else if item.is("default") {
            kept.push(item);
        } else if item.is("alias") {
            let message = "stored documents keep their field names, and a patch would store the \
                           field under both: rename the field by a migration, or keep \
                           `#[serde(rename = \"old\")]`";
            faults.at(&item.meta, message);
        } else {
            let message = "a table stores each field as its type writes it: only `rename` and \
                           `default` have a place here. Give the field a type of its own for \
                           anything else";
            faults.at(&item.meta, message);
        }
    }
    (name, kept)
}

fn check_column_type(ty: &Type, faults: &mut Faults) {
    refuse_unordered(ty, faults);
    if matches!(ty, Type::Reference(_)) {
        faults.at(
            ty,
            "a document owns what it holds: use an owned type, such as `String` for `&str`",
        );
    }
}

fn table_name(options: &Options, ident: &Ident, faults: &mut Faults) -> String {
    let Some(literal) = &options.name else {
        let name = snake_case(&plain_name(ident));
        if let Some(fault) = name_fault(&name) {
            faults.at(
                ident,
                format!("{fault}: give it one with `#[table(name = \"…\")]`"),
            );
        }
        return name;
    };
    let name = literal.value();
    if let Some(fault) = name_fault(&name) {
        faults.at(literal, fault);
    }
    name
}

fn name_fault(name: &str) -> Option<String> {
    let mut letters = name.chars();
    let starts_well = letters
        .next()
        .is_some_and(|first| first.is_ascii_lowercase());
    if !starts_well || !letters.all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_') {
        return Some(
            "a table's name starts with a letter from a to z and goes on with those, digits and `_`".into(),
        );
    }
    if name.starts_with("sqlite_") {
        return Some(
            "a table's name does not start with `sqlite_`, which SQLite keeps for itself".into(),
        );
    }
    (name.len() > NAME_BYTES_MAX).then(|| {
        format!(
            "a table's name has at most {NAME_BYTES_MAX} bytes, this has {}",
            name.len()
        )
    })
}

fn check_indexes(indexes: &[Index], columns: &[Column], faults: &mut Faults) {
    let mut seen = BTreeMap::new();
    let names: Vec<String> = columns
        .iter()
        .map(|column| plain_name(&column.ident))
        .collect();
    let known: Vec<&str> = names.iter().map(String::as_str).collect();
    for index in indexes {
        let name = plain_name(&index.name);
        if BUILT_IN.contains(&name.as_str()) {
            faults.at(
                &index.name,
                format!("every table has an index `{name}` already: remove this one"),
            );
        } else if name.starts_with('_') {
            faults.at(
                &index.name,
                "names that start with `_` belong to the system: rename the index",
            );
        }
        if seen.insert(name.clone(), ()).is_some() {
            faults.at(
                &index.name,
                format!("there are two indexes `{name}`: rename one"),
            );
        }
        for (at, column) in index.columns.iter().enumerate() {
            let name = plain_name(column);
            if !known.contains(&name.as_str()) {
                faults.at(column, unknown_column(&name, &known));
            } else if index.columns[..at].contains(column) {
                faults.at(
                    column,
                    format!("the index has the column `{name}` already: remove one"),
                );
            }
        }
    }
}

/// The indexes as they are probably meant, with nothing in them that there is not.
fn repaired(indexes: Vec<Index>, columns: &[Column]) -> Vec<Index> {
    let names: Vec<String> = columns
        .iter()
        .map(|column| plain_name(&column.ident))
        .collect();
    let known: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut seen: Vec<String> = BUILT_IN.iter().map(ToString::to_string).collect();
    let mut repaired = Vec::new();
    for index in indexes {
        let name = plain_name(&index.name);
        if seen.contains(&name) {
            continue;
        }
        seen.push(name);
        let mut meant = Vec::new();
        for column in &index.columns {
            let name = plain_name(column);
            let name = known.iter().find(|known| **known == name);
            let name = name
                .copied()
                .or_else(|| closest(&plain_name(column), &known));
            let found = columns
                .iter()
                .find(|column| name.is_some_and(|name| plain_name(&column.ident) == name));
            meant.extend(found.map(|column| column.ident.clone()));
        }
        repaired.push(Index {
            name: index.name,
            columns: meant,
        });
    }
    repaired
}

fn unknown_column(name: &str, known: &[&str]) -> String {
    match (name, closest(name, known)) {
        ("_id" | "id", _) => "the index `by_id` has the ids: remove this column".to_owned(),
        ("_creation_time" | "creation_time", _) => {
            "every index ends in the creation time: remove this column".to_owned()
        }
        (_, Some(meant)) => format!("the table has no field `{name}`: did you mean `{meant}`?"),
        (_, None) => format!(
            "the table has no field `{name}`: its fields are {}",
            known.join(", ")
        ),
    }
}

/// Refuses that an indexed column reads as one thing where it is absent, and is found as another.
fn check_default(column: &Column, container: &[SerdeItem], faults: &mut Faults) {
    let mut items = column.serde.iter().chain(container);
    let Some(item) = items.find(|item| item.is("default")) else {
        return;
    };
    let name = plain_name(&column.ident);
    let is_option = last_segment(&column.ty).is_some_and(|segment| segment.ident == "Option");
    let fix = match &item.meta {
        _ if !is_option => format!("make `{name}` an `Option`, or do not index it"),
        Meta::Path(_) => return,
        _ => format!("write `default` alone, or do not index `{name}`"),
    };
    let message = format!("index columns take an absent field as null: {fix}");
    faults.at(&item.meta, message);
}

fn indexed(indexes: &[Index], columns: &[Column], faults: &mut Faults) -> Vec<usize> {
    let mut indexed = Vec::new();
    for name in indexes.iter().flat_map(|index| &index.columns) {
        if let Some(at) = columns.iter().position(|column| column.ident == *name) {
            if !indexed.contains(&at) {
                indexed.push(at);
            }
            if indexed.len() == COLUMNS_MAX + 1 {
                let message = format!("at most {COLUMNS_MAX} fields of a table can be indexed");
                faults.at(name, message);
                break;
            }
        }
    }
    indexed
}
