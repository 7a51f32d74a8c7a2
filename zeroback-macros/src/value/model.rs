//! Checks a type that is to be a value and keeps what the expansion needs of it.

use proc_macro2::{Ident, TokenStream, TokenTree};
use syn::{
    Attribute, Data, DataEnum, DeriveInput, Field, Fields, GenericParam, Generics, Meta, Type,
    Variant, Visibility,
};

use crate::syntax::{
    Faults, Leaves, RenameRule, SerdeItem, closest, kept_for_wire, last_segment, plain_name,
    refuse_unordered, replace_self, serde_items,
};

/// A value type that can be expanded.
pub(crate) struct Model {
    /// Whether there are no mistakes. If there are, the rest of the model is what of the type is
    /// clear: enough for the code that uses it to compile, and never run.
    pub(crate) sound: bool,
    pub(crate) ident: Ident,
    pub(crate) vis: Visibility,
    pub(crate) generics: Generics,
    pub(crate) serde: Vec<SerdeItem>,
    pub(crate) attributes: TokenStream,
    pub(crate) leaves: Leaves,
    pub(crate) body: Body,
}

pub(crate) enum Body {
    Struct(Vec<Member>),
    Tuple(Vec<Member>),
    Unit,
    Enum(Vec<Choice>),
}

/// A field, with a name unless it is one of a tuple's.
pub(crate) struct Member {
    pub(crate) ident: Option<Ident>,
    pub(crate) vis: Visibility,
    pub(crate) ty: Type,
    pub(crate) outside: Option<String>,
    /// Whether it is to be marked in TypeScript as one that may be absent.
    pub(crate) optional: bool,
    pub(crate) serde: Vec<SerdeItem>,
    pub(crate) attributes: TokenStream,
}

/// A variant.
pub(crate) struct Choice {
    pub(crate) ident: Ident,
    pub(crate) outside: String,
    pub(crate) serde: Vec<SerdeItem>,
    pub(crate) attributes: TokenStream,
    pub(crate) body: Body,
    /// `#[value(system)]`: carries an error of the framework's and stays inside.
    pub(crate) system: bool,
}

/// The names that a container gives to what is in it.
#[derive(Clone, Copy)]
struct Rules {
    members: RenameRule,
    choices: RenameRule,
}

impl Model {
    /// Checks the type; `None` where nothing sensible can be generated.
    pub(crate) fn new(input: DeriveInput, faults: &mut Faults) -> Option<Self> {
        check_generics(&input.generics, faults);
        for attr in input
            .attrs
            .iter()
            .filter(|attr| attr.path().is_ident("value"))
        {
            faults.at(
                attr,
                "`#[value(system)]` stands on a variant of an error enum",
            );
        }
        let is_enum = matches!(input.data, Data::Enum(_));
        let (rules, serde) = container_serde(&input.attrs, is_enum, faults);
        for item in &serde {
            let is_generic = !input.generics.params.is_empty();
            if is_generic && item.is("default") && item.text().is_none() {
                let message = "`default` on a value with type parameters is not supported yet: \
                               put it on the fields";
                faults.at(&item.meta, message);
            }
        }
        let mut parts = Parts {
            rules,
            leaves: Leaves::default(),
            generics: Vec::new(),
            has_default: serde.iter().any(|item| item.is("default")),
            this: this_type(&input),
            faults,
        };
        parts.generics = input
            .generics
            .type_params()
            .map(|param| param.ident.clone())
            .collect();
        let mut body = match &input.data {
            Data::Struct(data) => parts.body(&data.fields, rules.members),
            Data::Enum(data) => parts.choices(data),
            Data::Union(data) => {
                parts.faults.at(
                    data.union_token,
                    "a value is a struct or an enum, not a union",
                );
                return None;
            }
        };
        let leaves = parts.leaves;
        let sound = faults.is_empty();
        if !sound && !input.generics.params.is_empty() {
            return None;
        }
        if let (false, Body::Struct(members)) = (sound, &mut body) {
            members.retain(|member| !matches!(member.ty, Type::Reference(_)));
        }
        Some(Self {
            sound,
            attributes: kept_for_wire(&input.attrs),
            ident: input.ident,
            vis: input.vis,
            generics: input.generics,
            serde,
            leaves,
            body,
        })
    }

    /// Whether the encoding of a struct is made of its fields' encodings.
    pub(crate) fn is_made_of_its_fields(&self) -> bool {
        let converted = ["from", "try_from", "into"];
        let mut items = self.serde.iter();
        !items.any(|item| converted.iter().any(|name| item.is(name)))
    }

    /// The variants of an enum none of which has data and which serde writes as their names.
    pub(crate) fn is_plain_enum(&self) -> bool {
        let shaped = |item: &SerdeItem| {
            ["tag", "content", "untagged", "from", "try_from", "into"]
                .iter()
                .any(|name| item.is(name))
        };
        let plain = |choice: &Choice| matches!(choice.body, Body::Unit) && choice.serde.is_empty();
        match &self.body {
            Body::Enum(choices) => {
                !choices.is_empty() && choices.iter().all(plain) && !self.serde.iter().any(shaped)
            }
            _ => false,
        }
    }
}

impl Member {
    pub(crate) fn is_flattened(&self) -> bool {
        self.serde.iter().any(|item| item.is("flatten"))
    }

    /// Whether what is stored is what the type says, so that it can be compared with a value of it.
    ///
    /// A field that is left out at times reads as null then; that is right for an option, and for
    /// an array, which is only asked for its elements.
    pub(crate) fn is_stored_as_it_is(&self) -> bool {
        let has = |names: &[&str]| {
            let mut items = self.serde.iter();
            items.any(|item| names.iter().any(|name| item.is(name)))
        };
        let reads_null = last_segment(&self.ty)
            .is_some_and(|segment| segment.ident == "Option" || segment.ident == "Vec");
        !has(&["skip", "skip_serializing", "with", "serialize_with"])
            && (reads_null || !has(&["skip_serializing_if"]))
    }
}

fn this_type(input: &DeriveInput) -> Type {
    let ident = &input.ident;
    let (_, generics, _) = input.generics.split_for_impl();
    syn::parse_quote!(#ident #generics)
}

fn check_generics(generics: &Generics, faults: &mut Faults) {
    for param in &generics.params {
        match param {
            GenericParam::Type(param) if param.bounds.is_empty() && param.default.is_none() => {}
            GenericParam::Type(param) => {
                let message = "bounds and defaults of a value's type parameters are not supported \
                               yet: put the bounds on the functions that need them";
                faults.at(param, message);
            }
            GenericParam::Lifetime(param) => {
                let message =
                    "a value owns what it holds: remove the lifetime, and take `String` for `&str`";
                faults.at(param, message);
            }
            GenericParam::Const(param) => {
                faults.at(param, "const parameters of a value are not supported yet");
            }
        }
    }
    if let Some(clause) = &generics.where_clause {
        faults.at(clause, "`where` clauses of a value are not supported yet: put them on the functions that need them");
    }
}

/// The rules for names, and what else serde is told about the type.
fn container_serde(
    attrs: &[Attribute],
    is_enum: bool,
    faults: &mut Faults,
) -> (Rules, Vec<SerdeItem>) {
    let mut rules = Rules {
        members: RenameRule::Camel,
        choices: RenameRule::Camel,
    };
    let mut kept = Vec::new();
    for item in serde_items(attrs, faults) {
        if item.is("rename_all") || item.is("rename_all_fields") {
            let Some(rule) = item.text().and_then(|text| RenameRule::parse(&text)) else {
                faults.at(&item.meta, RenameRule::USAGE);
                continue;
            };
            if is_enum && item.is("rename_all") {
                rules.choices = rule;
            } else {
                rules.members = rule;
            }
        } else if ["remote", "crate", "bound"]
            .iter()
            .any(|name| item.is(name))
        {
            faults.at(
                &item.meta,
                "`#[derive(Value)]` sees to this itself: remove it",
            );
        } else {
            kept.push(item);
        }
    }
    (rules, kept)
}

struct Parts<'a> {
    rules: Rules,
    leaves: Leaves,
    generics: Vec<Ident>,
    /// Whether serde takes what is absent from a default of the whole type.
    has_default: bool,
    this: Type,
    faults: &'a mut Faults,
}

impl Parts<'_> {
    fn body(&mut self, fields: &Fields, rule: RenameRule) -> Body {
        match fields {
            Fields::Named(fields) => Body::Struct(
                fields
                    .named
                    .iter()
                    .map(|field| self.member(field, rule))
                    .collect(),
            ),
            Fields::Unnamed(fields) => Body::Tuple(
                fields
                    .unnamed
                    .iter()
                    .map(|field| self.member(field, rule))
                    .collect(),
            ),
            Fields::Unit => Body::Unit,
        }
    }

    fn member(&mut self, field: &Field, rule: RenameRule) -> Member {
        if let Type::Reference(_) = &field.ty {
            let message =
                "a value owns what it holds: use an owned type, such as `String` for `&str`";
            self.faults.at(&field.ty, message);
        }
        refuse_unordered(&field.ty, self.faults);
        let items = serde_items(&field.attrs, self.faults);
        // What serde does not write needs none of the traits.
        let written_otherwise = ["skip", "with", "serialize_with", "deserialize_with"];
        let unwritten = items
            .iter()
            .any(|item| written_otherwise.iter().any(|name| item.is(name)));
        let ty = replace_self(&field.ty, &self.this);
        let optional = self.may_be_absent(field, &items) && !says_optional(&field.attrs);
        let (renamed, serde) = self.renamed(items);
        if !unwritten {
            self.leaves.add(&ty, &self.generics);
        }
        Member {
            outside: field
                .ident
                .as_ref()
                .map(|ident| renamed.unwrap_or_else(|| rule.field(&plain_name(ident)))),
            ident: field.ident.clone(),
            vis: field.vis.clone(),
            ty,
            optional,
            serde,
            attributes: kept_for_wire(&field.attrs),
        }
    }

    /// Whether a field is left out at times, having checked that it can be read then.
    fn may_be_absent(&mut self, field: &Field, items: &[SerdeItem]) -> bool {
        let has = |names: &[&str]| {
            let mut names = names.iter();
            names.any(|name| items.iter().any(|item| item.is(name)))
        };
        let condition = items.iter().find(|item| item.is("skip_serializing_if"));
        let Some(condition) = condition.filter(|_| !has(&["flatten", "skip"])) else {
            return false;
        };
        let is_option = last_segment(&field.ty).is_some_and(|segment| segment.ident == "Option");
        let reads_none = is_option && !has(&["with", "deserialize_with"]);
        if field.ident.is_none() {
            let message = "without this element those after it would move: give the fields names, \
                           or remove this";
            self.faults.at(&condition.meta, message);
        } else if !reads_none && !self.has_default && !has(&["default"]) {
            let message = "a value that was written without this field could not be read: add \
                           `#[serde(default)]`, or make the field an `Option`";
            self.faults.at(&condition.meta, message);
        }
        true
    }

    fn choices(&mut self, data: &DataEnum) -> Body {
        Body::Enum(
            data.variants
                .iter()
                .map(|variant| self.choice(variant))
                .collect(),
        )
    }

    fn choice(&mut self, variant: &Variant) -> Choice {
        let system = self.is_system(variant);
        let (mut rule, mut serde) = (self.rules.members, Vec::new());
        let (renamed, items) = {
            let items = serde_items(&variant.attrs, self.faults);
            self.renamed(items)
        };
        for item in items {
            if item.is("rename_all") {
                match item.text().and_then(|text| RenameRule::parse(&text)) {
                    Some(written) => rule = written,
                    None => self.faults.at(&item.meta, RenameRule::USAGE),
                }
            } else {
                serde.push(item);
            }
        }
        let body = if system {
            self.system_body(variant)
        } else {
            self.body(&variant.fields, rule)
        };
        Choice {
            outside: renamed
                .unwrap_or_else(|| self.rules.choices.variant(&plain_name(&variant.ident))),
            ident: variant.ident.clone(),
            serde,
            attributes: kept_for_wire(&variant.attrs),
            body,
            system,
        }
    }

    /// Reads `#[value(system)]`.
    fn is_system(&mut self, variant: &Variant) -> bool {
        let mut system = false;
        for attr in variant
            .attrs
            .iter()
            .filter(|attr| attr.path().is_ident("value"))
        {
            match self.faults.take(attr.parse_args::<Ident>()) {
                Some(word) if word == "system" => system = true,
                Some(word) => {
                    let message = match closest(&word.to_string(), &["system"]) {
                        Some(meant) => {
                            system = true;
                            format!("unknown argument of `#[value]`: did you mean `{meant}`?")
                        }
                        None => "unknown argument of `#[value]`: there is only `#[value(system)]`"
                            .into(),
                    };
                    self.faults.at(word, message);
                }
                None => {}
            }
        }
        system
    }

    /// A system variant holds one error, which need not be a value.
    fn system_body(&mut self, variant: &Variant) -> Body {
        match &variant.fields {
            Fields::Unnamed(fields) if fields.unnamed.len() == 1 => {
                let field = &fields.unnamed[0];
                Body::Tuple(vec![Member {
                    ident: None,
                    vis: Visibility::Inherited,
                    ty: field.ty.clone(),
                    outside: None,
                    optional: false,
                    serde: Vec::new(),
                    attributes: TokenStream::new(),
                }])
            }
            _ => {
                let name = &variant.ident;
                let message =
                    format!("a system variant holds the error: `{name}(zeroback::Error)`");
                self.faults.at(name, message);
                Body::Unit
            }
        }
    }

    /// Takes the name out of the items.
    fn renamed(&mut self, items: Vec<SerdeItem>) -> (Option<String>, Vec<SerdeItem>) {
        let mut name = None;
        let mut kept = Vec::new();
        for item in items {
            if !item.is("rename") {
                kept.push(item);
            } else if let Some(text) = item.text() {
                name = Some(text);
            } else {
                self.faults.at(
                    &item.meta,
                    "a value has one name both ways: `rename = \"…\"`",
                );
            }
        }
        (name, kept)
    }
}

/// Whether the author tells ts-rs himself that the field may be absent, or that it may not.
fn says_optional(attrs: &[Attribute]) -> bool {
    let says = |meta: &Meta| match meta {
        Meta::List(list) => list.tokens.clone().into_iter().any(|tree| {
            let TokenTree::Ident(word) = tree else {
                return false;
            };
            word == "optional"
        }),
        _ => false,
    };
    let mut attrs = attrs.iter().filter(|attr| attr.path().is_ident("ts"));
    attrs.any(|attr| says(&attr.meta))
}
