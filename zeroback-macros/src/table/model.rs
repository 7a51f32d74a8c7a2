//! Checks a table and keeps what the expansion needs of it.

use proc_macro2::{Ident, TokenStream};
use syn::{Attribute, Data, DeriveInput, Field, Fields, Generics, Type, Visibility};

use super::declared;
use super::parse::{self, Index, Options, Search};
use crate::syntax::{
    Faults, Leaves, RenameRule, SerdeItem, kept_for_wire, plain_name, refuse_unordered,
    replace_self, serde_items, snake_case,
};

/// A table's name is the prefix of its ids, which are 27 bytes longer.
const NAME_BYTES_MAX: usize = 48;

/// What the names of the runtime's own tables begin with; no author's begins so.
const SYSTEM_PREFIX: &str = "_zeroback_";

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
    pub(crate) searches: Vec<Search>,
    /// Positions of the fields that are stored in a column of their own, in order of first use.
    pub(crate) typed: Vec<usize>,
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
            declared::check(&options, &columns, faults);
        }
        let mut typed = declared::typed_columns(&options, &columns, faults);
        let sound = faults.is_empty();
        let mut declared = options;
        if !sound {
            columns.retain(|column| !matches!(column.ty, Type::Reference(_)));
            declared = declared::repaired(declared, &columns);
            // The engine, which would ask that these can be sorted, gets to see none of them.
            typed.clear();
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
            indexes: declared.indexes,
            searches: declared.searches,
            typed,
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
        column.expect("indexes and searches name only fields that exist")
    }

    /// The outside names of columns.
    pub(crate) fn outside_names<'a>(
        &'a self,
        idents: &'a [Ident],
    ) -> impl Iterator<Item = &'a String> {
        idents.iter().map(|ident| &self.column(ident).outside)
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
    if name.starts_with(SYSTEM_PREFIX) && is_in_runtime() {
        return None;
    }
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

/// Tells whether the crate that is compiled is the runtime, which alone has tables of its own.
fn is_in_runtime() -> bool {
    std::env::var("CARGO_CRATE_NAME").is_ok_and(|name| name == "zeroback_runtime")
}
