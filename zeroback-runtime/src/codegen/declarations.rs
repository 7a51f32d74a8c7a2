//! The named types that functions and tables use, each declared once.

use std::any::TypeId;
use std::collections::{BTreeMap, BTreeSet};

use ts_rs::{Config, TS, TypeVisitor};

/// Names that the generated file uses itself, or that TypeScript has a meaning for.
const RESERVED: &[&str] = &[
    "Array",
    "DataModel",
    "Doc",
    "FunctionReference",
    "Id",
    "Record",
    "Uint8Array",
    "ZerobackSystemError",
    "any",
    "api",
    "bigint",
    "boolean",
    "functionReference",
    "internal",
    "never",
    "null",
    "number",
    "string",
    "symbol",
    "undefined",
    "unknown",
    "void",
];

/// Collects declarations while types are visited.
pub(crate) struct Declarations {
    config: Config,
    seen: BTreeSet<TypeId>,
    by_name: BTreeMap<String, (TypeId, String)>,
    clashes: BTreeSet<String>,
}

impl Declarations {
    pub(super) fn new(config: Config) -> Self {
        Self {
            config,
            seen: BTreeSet::new(),
            by_name: BTreeMap::new(),
            clashes: BTreeSet::new(),
        }
    }

    /// Takes in a type, and the types it uses.
    pub(super) fn visit_type<T: TS + 'static + ?Sized>(&mut self) {
        TypeVisitor::visit::<T>(self);
    }

    /// Takes in the types that a type uses, and not itself: arguments are written inline.
    pub(super) fn visit_inside<T: TS + 'static + ?Sized>(&mut self) {
        T::visit_dependencies(self);
        T::visit_generics(self);
    }

    /// Returns the declarations in the order of their names, and the names that two types have.
    pub(super) fn finish(self) -> (Vec<String>, Vec<String>) {
        let declarations = self.by_name.into_values().map(|(_, text)| text).collect();
        (declarations, self.clashes.into_iter().collect())
    }

    fn declare<T: TS + 'static + ?Sized>(&mut self) {
        let name = T::ident(&self.config);
        if RESERVED.contains(&name.as_str()) {
            self.clashes.insert(format!(
                "a Rust type is called \"{name}\", which api.ts has a meaning for; give it another name with `#[serde(rename = \"…\")]`"
            ));
            return;
        }
        let type_id = TypeId::of::<T::WithoutGenerics>();
        if let Some((present, _)) = self.by_name.get(&name) {
            if *present != type_id {
                self.clashes.insert(format!(
                    "two Rust types are called \"{name}\"; give one another name with `#[serde(rename = \"…\")]`"
                ));
            }
            return;
        }
        let docs = T::docs().unwrap_or_default();
        let declaration = T::decl(&self.config);
        let text = format!("{docs}export {declaration}");
        self.by_name.insert(name, (type_id, text));
    }
}

impl TypeVisitor for Declarations {
    fn visit<T: TS + 'static + ?Sized>(&mut self) {
        if !self.seen.insert(TypeId::of::<T>()) {
            return;
        }
        // Types with a declaration of their own have a path that it could be written to.
        if T::output_path().is_some() {
            self.declare::<T>();
        }
        self.visit_inside::<T>();
    }
}
