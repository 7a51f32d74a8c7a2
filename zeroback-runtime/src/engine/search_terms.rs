//! What a search looks for: the typed text as words and phrases, for FTS5 and for the check on
//! written documents.
//!
//! Whatever a client types is taken apart into tokens, which hold nothing but letters and digits;
//! the match expression is put together from those. So no text can be a syntax error in it, or
//! mean something that the author did not want.

use std::collections::BTreeMap;
use std::ops::Bound;

use super::tokens::tokens;

/// Words and phrases beyond so many are not looked for, as tokens of one phrase are not.
const TERMS_MAX: usize = 32;

/// What all must stand in a document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct SearchTerms {
    phrases: Vec<Phrase>,
}

/// Tokens that stand side by side in one field.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Phrase {
    tokens: Vec<String>,
    /// Whether the last token is the beginning of one.
    is_prefix: bool,
}

/// The tokens of a field of a document, to be asked by many searches.
#[derive(Clone, Debug, Default)]
pub(super) struct FieldTokens {
    tokens: Vec<String>,
    /// Where each stands.
    places: BTreeMap<String, Vec<usize>>,
}

/// A token by which documents with all terms can be found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Lead<'t> {
    pub(super) token: &'t str,
    pub(super) is_prefix: bool,
}

impl SearchTerms {
    /// Reads a typed text: words, `"phrases"` in quotes, and `beginnings*`.
    pub(super) fn parse(text: &str) -> Self {
        let mut terms = Self::default();
        let mut parts = text.split('"').peekable();
        let mut is_quoted = false;
        while let Some(part) = parts.next() {
            if is_quoted {
                let is_prefix = parts.peek().is_some_and(|next| next.starts_with('*'));
                terms.add(part, is_prefix);
            } else {
                for word in part.split_whitespace() {
                    terms.add(word, word.ends_with('*'));
                }
            }
            is_quoted = !is_quoted;
        }
        terms
    }

    fn add(&mut self, text: &str, is_prefix: bool) {
        let mut tokens = tokens(text);
        let is_prefix = is_prefix && tokens.len() <= TERMS_MAX;
        tokens.truncate(TERMS_MAX);
        let phrase = Phrase { tokens, is_prefix };
        let is_new = !phrase.tokens.is_empty() && !self.phrases.contains(&phrase);
        if is_new && self.phrases.len() < TERMS_MAX {
            self.phrases.push(phrase);
        }
    }

    /// Tells whether there is nothing to look for.
    pub(super) fn is_empty(&self) -> bool {
        self.phrases.is_empty()
    }

    /// Writes them as an FTS5 expression.
    pub(super) fn match_expression(&self) -> String {
        let phrases: Vec<_> = self
            .phrases
            .iter()
            .map(|phrase| {
                let star = if phrase.is_prefix { " *" } else { "" };
                format!("\"{}\"{star}", phrase.tokens.join(" "))
            })
            .collect();
        phrases.join(" AND ")
    }

    /// Tells whether a document has all of them, given each field's tokens.
    pub(super) fn match_fields(&self, fields: &[FieldTokens]) -> bool {
        self.phrases
            .iter()
            .all(|phrase| fields.iter().any(|field| phrase.is_in(field)))
    }

    /// Returns the token that says most: whatever matches all terms has it.
    pub(super) fn lead(&self) -> Option<Lead<'_>> {
        let leads = self.phrases.iter().flat_map(|phrase| {
            let last = phrase.tokens.len() - 1;
            phrase
                .tokens
                .iter()
                .enumerate()
                .map(move |(at, token)| Lead {
                    token,
                    is_prefix: phrase.is_prefix && at == last,
                })
        });
        leads.max_by_key(|lead| (!lead.is_prefix, lead.token.len()))
    }
}

impl Phrase {
    fn is_in(&self, field: &FieldTokens) -> bool {
        let (first, rest) = self.tokens.split_first().expect("a phrase has a token");
        if rest.is_empty() && self.is_prefix {
            return field.has_prefix(first);
        }
        let places = field.places.get(first).into_iter().flatten();
        places.into_iter().any(|at| {
            let following = field.tokens.get(at + 1..).unwrap_or_default();
            self.go_on(rest, following)
        })
    }

    /// Tells whether these tokens begin with the rest of the phrase.
    fn go_on(&self, rest: &[String], tokens: &[String]) -> bool {
        let Some((last, before)) = rest.split_last() else {
            return true;
        };
        let Some((found, found_before)) = tokens.get(..rest.len()).and_then(<[_]>::split_last)
        else {
            return false;
        };
        let ends_so = match self.is_prefix {
            true => found.starts_with(last.as_str()),
            false => found == last,
        };
        ends_so && found_before == before
    }
}

impl FieldTokens {
    pub(super) fn new(tokens: Vec<String>) -> Self {
        let mut places = BTreeMap::<String, Vec<usize>>::new();
        for (at, token) in tokens.iter().enumerate() {
            places.entry(token.clone()).or_default().push(at);
        }
        Self { tokens, places }
    }

    /// Returns each distinct token.
    pub(super) fn distinct(&self) -> impl Iterator<Item = &str> {
        self.places.keys().map(String::as_str)
    }

    fn has_prefix(&self, prefix: &str) -> bool {
        let from = (Bound::Included(prefix), Bound::Unbounded);
        let next = self.places.range::<str, _>(from).next();
        next.is_some_and(|(token, _)| token.starts_with(prefix))
    }
}

#[cfg(test)]
mod tests {
    use super::{FieldTokens, SearchTerms};
    use crate::engine::tokens::tokens;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(SearchTerms::parse(text).match_expression(), expected);
    }

    #[test]
    fn typed_text_becomes_words_and_phrases() {
        check("Buy milk", r#""buy" AND "milk""#);
        check(
            r#"buy "fresh milk" now"#,
            r#""buy" AND "fresh milk" AND "now""#,
        );
        check("mil*", r#""mil" *"#);
        check(r#""fresh mil"*"#, r#""fresh mil" *"#);
        check("well-known", r#""well known""#);
        check("milk milk", r#""milk""#);
    }

    #[test]
    fn nothing_that_is_typed_means_anything_to_fts5() {
        check(
            r#"" OR c0:x NEAR(a b) ^a - NOT )("#,
            r#""or c0 x near a b a not""#,
        );
        check(
            "a AND b OR NOT c",
            r#""a" AND "and" AND "b" AND "or" AND "not" AND "c""#,
        );
        check("* \" \"\" *", "");
        check("c0:x", r#""c0 x""#);
    }

    #[test]
    fn all_terms_must_match_a_field() {
        let fields = ["Fresh milk from Bern", "for Ann"];
        let fields = fields.map(|text| FieldTokens::new(tokens(text)));
        let found = |text: &str| SearchTerms::parse(text).match_fields(&fields);
        assert!(found("milk ann"));
        assert!(found("\"fresh milk\""));
        assert!(!found("\"milk fresh\""));
        assert!(!found("\"bern for\""), "a phrase stands in one field");
        assert!(found("\"milk fr\"*"));
        assert!(found("mil* an*"));
        assert!(!found("\"from bern for\""));
        assert!(!found("\"bern x\"*"));
        assert!(!found("mil"));
    }

    #[test]
    fn the_lead_is_the_longest_whole_token() {
        let terms = SearchTerms::parse("a milk* fresh");
        let lead = terms.lead().unwrap();
        assert_eq!((lead.token, lead.is_prefix), ("fresh", false));
    }
}
