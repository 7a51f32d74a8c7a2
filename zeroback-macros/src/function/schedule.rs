//! `#[cron("…")]` and `#[every(…)]`: when a function is called without anyone asking.
//!
//! They stand above or below `#[mutation(internal)]` or `#[action(internal)]`, which take them off.
//! The parser is the one that finds the times when the function runs.

use chrono::DateTime;
use croner::parser::{CronParser, Seconds, Year};
use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use syn::parse::ParseStream;
use syn::{Attribute, LitInt, LitStr, Token};

use super::model::Argument;
use super::parse::Options;
use crate::syntax::{Faults, FunctionKind, closest, function_item, zb};

const CRON: &str = "a cron expression has five fields, in UTC: minute, hour, day of the month, month, \
                    day of the week: `#[cron(\"0 9 * * MON-FRI\")]`";

const EVERY: &str = "an interval is whole seconds, minutes or hours: `#[every(minutes = 5)]`";

/// The longest interval, in seconds: a year.
const EVERY_SECONDS_MAX: u64 = 366 * 24 * 60 * 60;

/// When a function is called.
#[derive(Debug)]
pub(crate) enum Schedule {
    Cron(String),
    Every { seconds: u64 },
}

/// Expands an attribute that stands above the one of the function: moves it below that.
pub(crate) fn expand(word: &str, args: &TokenStream, item: TokenStream) -> TokenStream {
    let usage = format!(
        "`#[{word}]` stands on a function with `#[mutation(internal)]` or `#[action(internal)]`"
    );
    let function = match function_item(item.clone(), &usage) {
        Ok(function) => function,
        Err(error) => return [item, error.into_compile_error()].into_iter().collect(),
    };
    let is_function = |attr: &Attribute| {
        ["query", "mutation", "action"]
            .iter()
            .any(|word| is_called(attr, word))
    };
    if !function.attrs.iter().any(is_function) {
        let error = syn::Error::new_spanned(&function.sig.ident, usage);
        return [item, error.into_compile_error()].into_iter().collect();
    }
    let name = Ident::new(word, Span::call_site());
    let (attrs, vis, sig, body) = (
        &function.attrs,
        &function.vis,
        &function.sig,
        &function.body,
    );
    quote!(#(#attrs)* #[#name(#args)] #vis #sig #body)
}

/// Takes the schedules off a function.
pub(crate) fn take(attrs: &mut Vec<Attribute>, faults: &mut Faults) -> Vec<(Attribute, Schedule)> {
    let (own, others) = std::mem::take(attrs)
        .into_iter()
        .partition(|attr| is_called(attr, "cron") || is_called(attr, "every"));
    *attrs = others;
    let own: Vec<Attribute> = own;
    let parsed = own.into_iter().filter_map(|attr| {
        let schedule = if is_called(&attr, "cron") {
            attr.parse_args_with(cron)
        } else {
            attr.parse_args_with(every)
        };
        let schedule = faults.take(schedule)?;
        Some((attr, schedule))
    });
    parsed.collect()
}

/// Checks that the function can be called by nobody.
pub(crate) fn check(
    schedules: &[(Attribute, Schedule)],
    (kind, options): (FunctionKind, Options),
    arguments: &[Argument],
    faults: &mut Faults,
) {
    let Some((attr, _)) = schedules.first() else {
        return;
    };
    if kind == FunctionKind::Query {
        let message = "nobody would get what a query returns: schedule a mutation or an action";
        return faults.at(attr, message);
    }
    let word = kind.word();
    if !options.internal {
        let message = format!(
            "what runs by the clock is not for clients: write `#[{word}(internal)]`, and call it \
             from another function where they need it too"
        );
        faults.at(attr, message);
    }
    for argument in arguments {
        let message = "what runs by the clock has no arguments: nobody would give them";
        faults.at(&argument.field, message);
    }
}

impl Schedule {
    /// The runtime's value of it.
    pub(crate) fn value(&self) -> TokenStream {
        let zb = zb();
        match self {
            Self::Cron(expression) => quote!(#zb::Schedule::Cron(#expression)),
            Self::Every { seconds } => quote!(#zb::Schedule::Every { seconds: #seconds }),
        }
    }
}

fn is_called(attr: &Attribute, word: &str) -> bool {
    let last = attr.path().segments.last();
    last.is_some_and(|segment| segment.ident == word)
}

fn cron(input: ParseStream<'_>) -> syn::Result<Schedule> {
    let text: LitStr = input
        .parse()
        .map_err(|error| syn::Error::new(error.span(), CRON))?;
    if !input.is_empty() {
        return Err(input.error(CRON));
    }
    let expression = text.value();
    if expression.split_whitespace().count() != 5 {
        return Err(syn::Error::new_spanned(text, CRON));
    }
    let parser = CronParser::builder()
        .seconds(Seconds::Disallowed)
        .year(Year::Disallowed)
        .build();
    let parsed = parser.parse(&expression).map_err(|error| {
        // Behind the kind of the error stands what it is.
        let text_of = error.to_string();
        let reason = text_of.rsplit(": ").next().unwrap_or_default();
        let reason = reason.trim_end_matches('.').to_lowercase();
        syn::Error::new_spanned(&text, format!("{reason}; {CRON}"))
    })?;
    if parsed
        .find_next_occurrence(&DateTime::UNIX_EPOCH, false)
        .is_err()
    {
        return Err(syn::Error::new_spanned(text, "there is no such day"));
    }
    Ok(Schedule::Cron(expression))
}

fn every(input: ParseStream<'_>) -> syn::Result<Schedule> {
    let start = input.span();
    let mut seconds = 0_u64;
    let mut said = Vec::new();
    while !input.is_empty() {
        let unit: Ident = input
            .parse()
            .map_err(|error| syn::Error::new(error.span(), EVERY))?;
        let name = unit.to_string();
        let unit_seconds = match &*name {
            "seconds" => 1,
            "minutes" => 60,
            "hours" => 60 * 60,
            _ => {
                let meant = closest(&name, &["seconds", "minutes", "hours"]);
                let message = match meant {
                    Some(meant) => format!("unknown unit: did you mean `{meant}`?"),
                    None => EVERY.to_owned(),
                };
                return Err(syn::Error::new_spanned(unit, message));
            }
        };
        if said.contains(&name) {
            return Err(syn::Error::new_spanned(
                unit,
                "the unit is said twice: remove one",
            ));
        }
        said.push(name);
        input.parse::<Token![=]>()?;
        let count: LitInt = input
            .parse()
            .map_err(|error| syn::Error::new(error.span(), EVERY))?;
        let more = count.base10_parse::<u64>()?.checked_mul(unit_seconds);
        let sum = more.and_then(|more| seconds.checked_add(more));
        seconds = sum
            .filter(|sum| *sum <= EVERY_SECONDS_MAX)
            .ok_or_else(|| syn::Error::new_spanned(&count, "an interval is a year at most"))?;
        if !input.is_empty() {
            input.parse::<Token![,]>()?;
        }
    }
    if seconds == 0 {
        return Err(syn::Error::new(start, EVERY));
    }
    Ok(Schedule::Every { seconds })
}
