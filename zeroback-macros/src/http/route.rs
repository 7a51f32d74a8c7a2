//! Reads the attribute's arguments: the method and the path.

use proc_macro2::TokenStream;
use syn::parse::{Parse, ParseStream, Parser};
use syn::{Ident, LitStr, Token};

use crate::syntax::{Faults, closest};

const METHODS: [&str; 7] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];

const USAGE: &str =
    "a route has a method and a path: `#[http(GET, \"/path/{param}\")]`, or `{*rest}` at its end";

/// What the function answers.
pub(crate) struct Route {
    pub(crate) method: String,
    pub(crate) path: LitStr,
}

struct Arguments {
    method: Ident,
    path: LitStr,
}

impl Parse for Arguments {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let method = input.parse()?;
        input.parse::<Token![,]>()?;
        let path = input.parse()?;
        let _: Option<Token![,]> = input.parse()?;
        Ok(Self { method, path })
    }
}

impl Route {
    /// Reads `GET, "/path"`; `None` where there is a mistake.
    pub(crate) fn parse(args: TokenStream, faults: &mut Faults) -> Option<Self> {
        let parsed = Arguments::parse.parse2(args);
        let Ok(Arguments { method, path }) = parsed else {
            // At the attribute, or at what is wrong in it.
            let error = parsed
                .err()
                .map_or_else(proc_macro2::Span::call_site, |error| error.span());
            faults.push(syn::Error::new(error, USAGE));
            return None;
        };
        let mut found = Faults::default();
        check_method(&method, &mut found);
        if let Some(fault) = fault_of(&path.value()) {
            found.at(&path, fault);
        }
        let sound = found.is_empty();
        faults.append(found);
        sound.then(|| Self {
            method: method.to_string(),
            path,
        })
    }
}

fn check_method(method: &Ident, faults: &mut Faults) {
    let written = method.to_string();
    if METHODS.contains(&&*written) {
        return;
    }
    let message = match closest(&written.to_ascii_uppercase(), &METHODS) {
        Some(meant) => format!("there is no such method: did you mean `{meant}`?"),
        None => format!(
            "there is no such method: it is one of {}",
            METHODS.join(", ")
        ),
    };
    faults.at(method, message);
}

/// Says what is wrong with a path, if anything.
fn fault_of(path: &str) -> Option<String> {
    let Some(rest) = path.strip_prefix('/') else {
        return Some("a path begins with `/`".to_owned());
    };
    if let Some(other) = path.chars().find(|char| !may_stand_in_a_path(*char)) {
        return Some(format!(
            "{other:?} cannot stand in a path: write it percent-encoded, and take what follows a `?` by \
             `request.query_params()`"
        ));
    }
    let segments: Vec<_> = rest.split('/').collect();
    let mut names = Vec::new();
    for (at, segment) in segments.iter().enumerate() {
        let is_last = at + 1 == segments.len();
        if segment.is_empty() && !is_last {
            return Some("a path has no `//`".to_owned());
        }
        if matches!(*segment, "." | "..") {
            return Some(
                "a path has no `.` and no `..`: clients resolve them before they ask".to_owned(),
            );
        }
        let name = match parameter(segment) {
            Ok(None) => continue,
            Ok(Some(name)) => name,
            Err(fault) => return Some(fault),
        };
        if name.starts_with('*') && !is_last {
            return Some(format!(
                "`{{{name}}}` takes all that follows: it stands at the end"
            ));
        }
        let name = name.trim_start_matches('*');
        if names.contains(&name) {
            return Some(format!("two parameters are called `{name}`: rename one"));
        }
        names.push(name);
    }
    None
}

fn may_stand_in_a_path(char: char) -> bool {
    char.is_ascii_alphanumeric() || "/-._~!$&'()*+,;=:@%{}".contains(char)
}

/// Returns the parameter that whoever knows another router means by a segment, as it is written here.
fn meant_by(segment: &str) -> Option<String> {
    let is_name = |name: &&str| syn::parse_str::<Ident>(name).is_ok();
    match (segment.strip_prefix(':'), segment.strip_prefix('*')) {
        (Some(name), _) => Some(name).filter(is_name).map(|name| format!("{{{name}}}")),
        (_, Some("")) => Some("{*rest}".to_owned()),
        (_, Some(name)) => Some(name)
            .filter(is_name)
            .map(|name| format!("{{*{name}}}")),
        (None, None) => None,
    }
}

/// Returns what stands in the braces of a segment, if it has any.
fn parameter(segment: &str) -> Result<Option<&str>, String> {
    const BRACES: &str =
        "a segment has one parameter at most, such as `{id}`, and `{*rest}` stands alone";
    if let Some(meant) = meant_by(segment) {
        return Err(format!(
            "`{segment}` would be these letters alone: write `{meant}` for a parameter"
        ));
    }
    let Some((before, rest)) = segment.split_once('{') else {
        return match segment.contains('}') {
            true => Err(BRACES.to_owned()),
            false => Ok(None),
        };
    };
    let Some((name, after)) = rest.split_once('}') else {
        return Err(BRACES.to_owned());
    };
    let is_alone = before.is_empty() && after.is_empty();
    if before.contains('}') || after.contains(['{', '}']) || (name.starts_with('*') && !is_alone) {
        return Err(BRACES.to_owned());
    }
    let plain = name.strip_prefix('*').unwrap_or(name);
    if syn::parse_str::<Ident>(plain).is_err()
        && syn::parse_str::<Ident>(&format!("r#{plain}")).is_err()
    {
        return Err(format!(
            "`{{{name}}}` needs a name as a field has it, such as `{{id}}`"
        ));
    }
    Ok(Some(name))
}
