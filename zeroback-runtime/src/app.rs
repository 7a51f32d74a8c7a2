//! An app: the functions and tables of an author's crates, checked against each other.

use std::any::TypeId;
use std::collections::BTreeMap;
use std::fmt;

use crate::TableDef;
use crate::registry::{FunctionDef, TableEntry};

/// The functions and tables of one or more crates, ready to be served.
///
/// `zeroback::app!()` makes a function that returns it.
#[derive(Clone, Debug)]
pub struct App {
    functions: BTreeMap<&'static str, FunctionDef>,
    tables: BTreeMap<&'static str, TableEntry>,
    errors: Vec<String>,
}

/// Why an app cannot be served: what its crates contradict each other in.
#[derive(Clone, Debug)]
pub struct AppError {
    faults: Vec<String>,
}

impl App {
    /// Collects what the named crates have registered.
    #[doc(hidden)]
    #[must_use]
    pub fn collect(crate_names: &[&str]) -> Self {
        let mut app = Self {
            functions: BTreeMap::new(),
            tables: BTreeMap::new(),
            errors: Vec::new(),
        };
        for function in inventory::iter::<FunctionDef> {
            if crate_names.contains(&function.meta.crate_name) {
                app.add_function(function);
            }
        }
        let mut types = BTreeMap::new();
        for table in inventory::iter::<TableEntry> {
            if crate_names.contains(&table.def.crate_name) {
                app.add_table(table, &mut types);
            }
        }
        app
    }

    /// Checks that the app can be served.
    ///
    /// # Errors
    ///
    /// Fails where two functions have one path, or two tables one name (case is ignored, as SQLite
    /// ignores it), naming where both stand.
    pub fn check(&self) -> Result<(), AppError> {
        if self.errors.is_empty() {
            return Ok(());
        }
        Err(AppError {
            faults: self.errors.clone(),
        })
    }

    /// Returns the paths of all functions, internal ones included, in order.
    pub fn function_paths(&self) -> impl Iterator<Item = &'static str> {
        self.functions.keys().copied()
    }

    pub(crate) fn function(&self, path: &str) -> Option<&FunctionDef> {
        self.functions.get(path)
    }

    #[cfg(not(target_family = "wasm"))]
    pub(crate) fn functions(&self) -> impl Iterator<Item = &FunctionDef> {
        self.functions.values()
    }

    #[cfg(not(target_family = "wasm"))]
    pub(crate) fn table_entries(&self) -> impl Iterator<Item = &TableEntry> {
        self.tables.values()
    }

    pub(crate) fn tables(&self) -> impl Iterator<Item = &TableDef> {
        self.tables.values().map(|entry| &entry.def)
    }

    fn add_function(&mut self, function: &FunctionDef) {
        if let Some(other) = self.functions.insert(function.path, *function) {
            self.errors.push(format!(
                "two functions have the path \"{}\": one in crate `{}` ({}:{}), one in crate `{}` ({}:{})",
                function.path,
                other.meta.crate_name,
                other.meta.file,
                other.meta.line,
                function.meta.crate_name,
                function.meta.file,
                function.meta.line,
            ));
        }
    }

    fn add_table(
        &mut self,
        table: &TableEntry,
        declared: &mut BTreeMap<String, (TypeId, &'static str)>,
    ) {
        let entry = ((table.type_id)(), table.def.crate_name);
        let folded = table.def.name.to_ascii_lowercase();
        if let Some((other, other_crate)) = declared.insert(folded, entry)
            && other != entry.0
        {
            self.errors.push(format!(
                "two structs declare the table \"{}\" (SQLite ignores case): one in crate `{other_crate}`, one in crate `{}`",
                table.def.name, table.def.crate_name,
            ));
        }
        self.tables.insert(table.def.name, *table);
    }
}

impl fmt::Display for AppError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the app cannot be served: {}", self.faults.join("; "))
    }
}

impl std::error::Error for AppError {}
