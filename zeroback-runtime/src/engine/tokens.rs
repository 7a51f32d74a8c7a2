//! Text as tokens: what a search index stores, and what a search looks for.
//!
//! Tokens are made here and nowhere else. FTS5 gets them joined by blanks and is told to split at
//! nothing else, so that the index and the check on a written document never disagree, on whatever
//! version of SQLite.

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// Goes up whenever equal text becomes other tokens: search indexes are then built anew.
pub(super) const TOKENS_VERSION: u32 = 1;

/// A longer token is cut: FTS5 would cut one too, elsewhere.
const TOKEN_CHARS_MAX: usize = 128;

/// Splits a text into tokens.
///
/// A token is a run of letters and digits of any script, in lower case and compatibility
/// decomposition (NFKD, UAX #15), without the accents of Latin, Greek and Cyrillic: "Crème" is
/// found by "creme". Chinese characters and Japanese syllables are a token each, since their words
/// are not set apart.
pub(super) fn tokens(text: &str) -> Vec<String> {
    let mut splitter = Splitter::default();
    for c in text.nfkd() {
        splitter.push(c);
    }
    splitter.finish()
}

#[derive(Default)]
struct Splitter {
    done: Vec<String>,
    token: String,
    chars: usize,
    /// The token is one that takes no further letters.
    is_whole: bool,
}

impl Splitter {
    fn push(&mut self, c: char) {
        if is_accent(c) {
            return;
        }
        if is_combining_mark(c) {
            // It belongs to the letter before it.
            if !self.token.is_empty() {
                self.add(c);
            }
            return;
        }
        if !c.is_alphanumeric() {
            self.end();
            return;
        }
        let stands_alone = is_word_by_itself(c);
        if stands_alone || self.is_whole {
            self.end();
        }
        self.is_whole = stands_alone;
        for lower in c.to_lowercase().filter(|lower| !is_accent(*lower)) {
            // The form of a sigma at a word's end is the same letter.
            self.add(if lower == 'ς' { 'σ' } else { lower });
        }
    }

    fn add(&mut self, c: char) {
        if self.chars < TOKEN_CHARS_MAX {
            self.token.push(c);
            self.chars += 1;
        }
    }

    fn end(&mut self) {
        if !self.token.is_empty() {
            self.done.push(std::mem::take(&mut self.token));
        }
        self.chars = 0;
        self.is_whole = false;
    }

    fn finish(mut self) -> Vec<String> {
        self.end();
        self.done
    }
}

/// Tells whether a character is of the block "Combining Diacritical Marks".
fn is_accent(c: char) -> bool {
    ('\u{300}'..='\u{36f}').contains(&c)
}

/// Tells whether a character is a Chinese one, or a Japanese syllable.
fn is_word_by_itself(c: char) -> bool {
    matches!(c,
        '\u{3040}'..='\u{30ff}'
        | '\u{3400}'..='\u{4dbf}'
        | '\u{4e00}'..='\u{9fff}'
        | '\u{f900}'..='\u{faff}'
        | '\u{20000}'..='\u{323af}')
}

#[cfg(test)]
mod tests {
    use super::tokens;

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        assert_eq!(tokens(text), expected);
    }

    #[test]
    fn words_are_runs_of_letters_and_digits_in_lower_case() {
        check("Buy 3 Milk-Bottles!", &["buy", "3", "milk", "bottles"]);
        check("", &[]);
        check(" '\"*(): \0 ", &[]);
        check("ΟΔΟΣ οδός", &["οδοσ", "οδοσ"]);
    }

    #[test]
    fn composed_and_decomposed_text_is_the_same() {
        check("Crème brûlée", &["creme", "brulee"]);
        check("Cre\u{300}me", &["creme"]);
        check("İstanbul ﬁne ①", &["istanbul", "fine", "1"]);
    }

    #[test]
    fn scripts_without_blanks_are_split_by_character() {
        check("東京タワー", &["東", "京", "タ", "ワ", "ー"]);
        check("が", &["か\u{3099}"]);
        check("हिन्दी", &["हिन्दी"]);
    }

    #[test]
    fn every_token_is_one_that_blanks_separate() {
        for c in '\0'..=char::MAX {
            for token in tokens(&format!("a{c}b")) {
                assert!(!token.contains(|c: char| c.is_whitespace() || c == '"' || c == '\0'));
                assert!(
                    token
                        .bytes()
                        .all(|b| b >= 0x80 || b.is_ascii_lowercase() || b.is_ascii_digit())
                );
            }
        }
    }

    #[test]
    fn a_token_has_an_end() {
        let long = "x".repeat(1_000);
        assert_eq!(tokens(&long)[0].len(), super::TOKEN_CHARS_MAX);
    }
}
