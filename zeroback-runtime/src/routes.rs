//! Which route a request is for.
//!
//! The server's own paths come first, then routes, then the page. What a path says in letters comes before
//! a parameter, and all that before `{*rest}`.

use std::collections::{BTreeMap, BTreeSet};

use http::Method;
use matchit::{InsertError, Params, Router};
use percent_encoding::percent_decode_str;
use zeroback_protocol::{ErrorCode, WireError};

use crate::registry::RouteEntry;
use crate::web::PathParams;
use crate::{accounts, files};

/// What the hosts serve themselves.
const RESERVED: [&str; 2] = ["/ws", "/health"];

/// What the hosts serve themselves, with all that is below.
const RESERVED_FOLDERS: [&str; 1] = ["/api"];

/// The routes of an app.
///
/// Those that end in `{*rest}` have a router of their own: they are asked last.
#[derive(Clone, Debug)]
pub(crate) struct Routes {
    exact: Router<usize>,
    prefixes: Router<usize>,
    /// What the routers' values are the places of.
    paths: Vec<Methods>,
    /// Where only routes of the runtime's own are.
    own_folders: Vec<&'static str>,
}

/// The routes of one path, by their methods.
type Methods = BTreeMap<&'static str, RouteEntry>;

/// What a request is for.
#[derive(Debug)]
pub(crate) enum Found {
    /// A route, with what its path's parameters are.
    Route(RouteEntry, PathParams),
    /// Routes of other methods, which are these.
    OtherMethods(String),
    /// A route whose parameters are no text.
    Refused(WireError),
    /// None.
    Nothing,
}

impl Default for Routes {
    fn default() -> Self {
        Self {
            exact: Router::new(),
            prefixes: Router::new(),
            paths: Vec::new(),
            own_folders: vec![files::FOLDER],
        }
    }
}

impl Routes {
    /// Adds the routes of an app that keeps accounts, whose folder no others may be in.
    ///
    /// # Errors
    ///
    /// Fails where some are; says which, and where they stand.
    pub(crate) fn add_accounts(&mut self) -> Vec<String> {
        self.own_folders.push(accounts::FOLDER);
        let there = self.paths.iter().flat_map(Methods::values);
        let inside = there.filter(|route| is_below(route.path, accounts::FOLDER));
        let mut faults: Vec<_> = inside.map(|route| self.reserved(route)).collect();
        for route in accounts::routes() {
            faults.extend(self.add(route).err());
        }
        faults
    }

    /// Adds a route.
    ///
    /// # Errors
    ///
    /// Fails where it would never be asked, or instead of another one; says which, and where they
    /// stand.
    pub(crate) fn add(&mut self, route: RouteEntry) -> Result<(), String> {
        if self.is_reserved(route.path) && !is_own(&route) {
            return Err(self.reserved(&route));
        }
        let is_same = |other: &RouteEntry| other.path == route.path;
        let same = (self.paths.iter_mut()).find(|methods| methods.values().any(is_same));
        if let Some(methods) = same {
            return match methods.insert(route.method, route) {
                None => Ok(()),
                Some(other) => Err(format!(
                    "two routes are the same: {} and {}",
                    shown(&other),
                    shown(&route)
                )),
            };
        }
        let router = match route.path.contains("{*") {
            true => &mut self.prefixes,
            false => &mut self.exact,
        };
        match router.insert(route.path, self.paths.len()) {
            Ok(()) => {
                self.paths.push(BTreeMap::from([(route.method, route)]));
                Ok(())
            }
            Err(InsertError::Conflict { with }) => Err(self.conflict(&route, &with)),
            Err(error) => Err(format!("{} cannot be: {error}", shown(&route))),
        }
    }

    /// Finds what a request is for; `path` is percent-encoded. `GET` answers `HEAD` too.
    pub(crate) fn find(&self, method: &Method, path: &str) -> Found {
        // A client resolves dots before it asks.
        if is_host_s(path) || has_dot_segment(path) {
            return Found::Nothing;
        }
        let is_reserved = self.is_reserved(path);
        let mut others = BTreeSet::new();
        for router in [&self.exact, &self.prefixes] {
            let Ok(found) = router.at(path) else {
                continue;
            };
            let methods = &self.paths[*found.value];
            if is_reserved && !methods.values().any(is_own) {
                continue;
            }
            let get = methods.get("GET").filter(|_| *method == Method::HEAD);
            if let Some(route) = methods.get(method.as_str()).or(get) {
                return found_route(route, &found.params);
            }
            others.extend(methods.keys().copied());
        }
        if others.is_empty() {
            return Found::Nothing;
        }
        if others.contains("GET") {
            others.insert("HEAD");
        }
        let names: Vec<_> = others.into_iter().collect();
        Found::OtherMethods(names.join(", "))
    }

    /// Tells whether a path is one of the server's own, which no page and no route of an author's has.
    pub(crate) fn is_reserved(&self, path: &str) -> bool {
        let mut folders = self.own_folders.iter();
        is_host_s(path) || folders.any(|folder| is_below(path, folder))
    }

    fn reserved(&self, route: &RouteEntry) -> String {
        let folders = self.own_folders.iter().map(|folder| format!(", {folder}…"));
        format!(
            "the path of {} is one of the server's own: /ws, /health, /api/…{}",
            shown(route),
            folders.collect::<String>()
        )
    }

    fn conflict(&self, route: &RouteEntry, with: &str) -> String {
        let all = self.paths.iter().flat_map(Methods::values);
        let other = all.into_iter().find(|other| other.path == with);
        let other = other.map_or_else(|| format!("\"{with}\""), shown);
        format!(
            "two routes would take the same requests: {other} and {}; name their parameters alike, or \
             give one another path",
            shown(route)
        )
    }
}

fn found_route(route: &RouteEntry, params: &Params<'_, '_>) -> Found {
    let mut decoded = Vec::new();
    for (name, value) in params.iter() {
        let Ok(value) = percent_decode_str(value).decode_utf8() else {
            let text = format!("path.{name}: is not UTF-8");
            return Found::Refused(WireError::new(ErrorCode::BAD_ARGS, text));
        };
        decoded.push((name.to_owned(), value.into_owned()));
    }
    Found::Route(*route, PathParams::new(decoded))
}

/// Tells whether a path is one that the hosts serve themselves.
fn is_host_s(path: &str) -> bool {
    let mut folders = RESERVED_FOLDERS.iter();
    RESERVED.contains(&path) || folders.any(|folder| is_below(path, folder))
}

/// Tells whether a path is a folder, with a slash at its end or without, or below it.
fn is_below(path: &str, folder: &str) -> bool {
    let folder = folder.strip_suffix('/').unwrap_or(folder);
    let rest = path.strip_prefix(folder);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Tells whether a route is of the runtime's own.
fn is_own(route: &RouteEntry) -> bool {
    route.crate_name == env!("CARGO_CRATE_NAME")
}

/// Tells whether a segment is `.` or `..`, also percent-encoded.
fn has_dot_segment(path: &str) -> bool {
    path.split('/').any(|segment| {
        let is_short = segment.len() <= "%2e%2e".len();
        is_short
            && matches!(
                &*segment.to_ascii_lowercase().replace("%2e", "."),
                "." | ".."
            )
    })
}

fn shown(route: &RouteEntry) -> String {
    let RouteEntry {
        method,
        path,
        crate_name,
        file,
        line,
        ..
    } = route;
    format!("`{method} {path}` in crate `{crate_name}` ({file}:{line})")
}

#[cfg(test)]
mod tests;
