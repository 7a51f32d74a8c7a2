//! Which route a request is for.
//!
//! The server's own paths come first, then routes, then the page. What a path says in letters comes before
//! a parameter, and all that before `{*rest}`.

use std::collections::{BTreeMap, BTreeSet};

use http::Method;
use matchit::{InsertError, Params, Router};
use percent_encoding::percent_decode_str;
use zeroback_protocol::{ErrorCode, WireError};

use crate::files::FOLDER;
use crate::registry::RouteEntry;
use crate::web::PathParams;

/// What the hosts serve themselves.
const RESERVED: [&str; 2] = ["/ws", "/health"];

/// What the hosts serve themselves, with all that is below.
const RESERVED_FOLDERS: [&str; 2] = ["/api", "/storage"];

/// The routes of an app.
///
/// Those that end in `{*rest}` have a router of their own: they are asked last.
#[derive(Clone, Debug, Default)]
pub(crate) struct Routes {
    exact: Router<usize>,
    prefixes: Router<usize>,
    /// What the routers' values are the places of.
    paths: Vec<Methods>,
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

impl Routes {
    /// Adds a route.
    ///
    /// # Errors
    ///
    /// Fails where it would never be asked, or instead of another one; says which, and where they
    /// stand.
    pub(crate) fn add(&mut self, route: RouteEntry) -> Result<(), String> {
        let is_own = route.path.starts_with(FOLDER) && route.crate_name == env!("CARGO_CRATE_NAME");
        if is_reserved(route.path) && !is_own {
            return Err(format!(
                "the path of {} is one of the server's own: /ws, /health, /api/… and /storage/…",
                shown(&route)
            ));
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
        let is_storage = path.starts_with(FOLDER);
        if is_reserved(path) && !is_storage || has_dot_segment(path) {
            return Found::Nothing;
        }
        let mut others = BTreeSet::new();
        for router in [&self.exact, &self.prefixes] {
            let Ok(found) = router.at(path) else {
                continue;
            };
            let methods = &self.paths[*found.value];
            let is_of_storage = |route: &RouteEntry| route.path.starts_with(FOLDER);
            if is_storage && !methods.values().any(is_of_storage) {
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

/// Tells whether a path is one of the hosts' own, which no page and no route of an author's has.
pub(crate) fn is_reserved(path: &str) -> bool {
    let below = |folder: &&str| {
        let rest = path.strip_prefix(*folder);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    RESERVED.contains(&path) || RESERVED_FOLDERS.iter().any(below)
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
