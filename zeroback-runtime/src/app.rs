//! An app: the functions, tables and migrations of an author's crates, checked against each other.

use std::any::TypeId;
use std::collections::BTreeMap;
use std::fmt;

use crate::registry::{FunctionDef, MigrationEntry, RouteEntry, TableEntry};
use crate::routes::Routes;
use crate::schedule::Schedule;
use crate::system;

/// The functions, tables and migrations of one or more crates, ready to be served.
///
/// `zeroback::app!()` makes a function that returns it.
#[derive(Clone, Debug)]
pub struct App {
    functions: BTreeMap<&'static str, FunctionDef>,
    tables: BTreeMap<&'static str, TableEntry>,
    /// The runtime's own.
    system_tables: &'static [TableEntry],
    has_accounts: bool,
    migrations: BTreeMap<&'static str, MigrationEntry>,
    routes: Routes,
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
            system_tables: system::TABLES,
            has_accounts: false,
            migrations: BTreeMap::new(),
            routes: Routes::default(),
            errors: Vec::new(),
        };
        for function in inventory::iter::<FunctionDef> {
            if crate_names.contains(&function.meta.crate_name) {
                app.add_function(function);
            }
        }
        let mut types = BTreeMap::new();
        for table in inventory::iter::<TableEntry> {
            let is_system = system::is_table(table.def.name);
            if !is_system && crate_names.contains(&table.def.crate_name) {
                app.add_table(table, &mut types);
            }
        }
        for migration in inventory::iter::<MigrationEntry> {
            if crate_names.contains(&migration.crate_name) {
                app.add_migration(migration);
            }
        }
        app.add_routes(crate_names);
        app
    }

    /// Has the app keep accounts, with which people sign in: their tables, functions and routes are
    /// there.
    #[doc(hidden)]
    #[must_use]
    pub fn with_accounts(mut self) -> Self {
        self.has_accounts = true;
        self.system_tables = system::TABLES_WITH_ACCOUNTS;
        self.errors.extend(self.routes.add_accounts());
        self
    }

    /// Tells whether the app keeps accounts.
    pub(crate) fn has_accounts(&self) -> bool {
        self.has_accounts
    }

    /// Checks that the app can be served.
    ///
    /// # Errors
    ///
    /// Fails where two functions or two migrations have one path, two tables one name (case is
    /// ignored, as SQLite ignores it), or two routes would take the same requests, naming where both
    /// stand; and where a route has a path of the server's own.
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

    /// Returns a function of the author's, or one of the runtime's own.
    pub(crate) fn function(&self, path: &str) -> Option<&FunctionDef> {
        let own = || system::function(path, self.has_accounts);
        self.functions.get(path).or_else(own)
    }

    pub(crate) fn routes(&self) -> &Routes {
        &self.routes
    }

    #[cfg(not(target_family = "wasm"))]
    pub(crate) fn functions(&self) -> impl Iterator<Item = &FunctionDef> {
        self.functions.values()
    }

    /// Returns the functions that are called by the clock, by what names each of their schedules.
    pub(crate) fn crons(&self) -> BTreeMap<String, (&FunctionDef, Schedule)> {
        let crons = self.functions.values().flat_map(|function| {
            let schedules = function.schedules.iter();
            schedules.map(move |schedule| {
                (
                    format!("{} {schedule}", function.path),
                    (function, *schedule),
                )
            })
        });
        crons.collect()
    }

    /// Tells whether a function is called by the clock.
    pub(crate) fn has_crons(&self) -> bool {
        let mut functions = self.functions.values();
        functions.any(|function| !function.schedules.is_empty())
    }

    /// Returns all tables that the database has: those of the runtime, and the author's.
    pub(crate) fn table_entries(&self) -> impl Iterator<Item = &TableEntry> {
        self.system_tables.iter().chain(self.author_tables())
    }

    /// Returns the tables that the author has declared.
    pub(crate) fn author_tables(&self) -> impl Iterator<Item = &TableEntry> {
        self.tables.values()
    }

    /// Makes an app of these, for tests of what one version makes of another's data. It has none of
    /// the runtime's own tables.
    #[cfg(test)]
    pub(crate) fn of(tables: &[TableEntry], migrations: &[MigrationEntry]) -> Self {
        let mut app = Self::collect(&[]);
        app.system_tables = &[];
        let mut types = BTreeMap::new();
        for table in tables {
            app.add_table(table, &mut types);
        }
        for migration in migrations {
            app.add_migration(migration);
        }
        app
    }

    /// Gives the app tables of the runtime's.
    #[cfg(test)]
    pub(crate) fn with_system_tables(mut self, tables: &'static [TableEntry]) -> Self {
        self.system_tables = tables;
        self
    }

    /// Gives one of the functions these schedules.
    #[cfg(test)]
    pub(crate) fn with_schedules(mut self, path: &str, schedules: &'static [Schedule]) -> Self {
        let function = self
            .functions
            .get_mut(path)
            .expect("it is one of the app's");
        function.schedules = schedules;
        self
    }

    /// Returns the migrations in the order in which they run: that of their paths.
    pub(crate) fn migrations(&self) -> impl Iterator<Item = &MigrationEntry> {
        self.migrations.values()
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

    /// In an order of their own, so that what is told of a conflict is always the same.
    fn add_routes(&mut self, crate_names: &[&str]) {
        let mut routes: Vec<_> = inventory::iter::<RouteEntry>
            .into_iter()
            .filter(|route| crate_names.contains(&route.crate_name))
            .collect();
        for route in crate::files::routes() {
            let added = self.routes.add(route);
            self.errors.extend(added.err());
        }
        routes.sort_by_key(|route| (route.path, route.method, route.file, route.line));
        for route in routes {
            let added = self.routes.add(*route);
            self.errors.extend(added.err());
        }
    }

    fn add_migration(&mut self, migration: &MigrationEntry) {
        if let Some(other) = self.migrations.insert(migration.path, *migration) {
            self.errors.push(format!(
                "two migrations have the path \"{}\": one in crate `{}` ({}:{}), one in crate `{}` ({}:{})",
                migration.path,
                other.crate_name,
                other.file,
                other.line,
                migration.crate_name,
                migration.file,
                migration.line,
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
