//! Names outside of Rust. They are worked out here and written out in full, because serde, ts-rs
//! and schemars have each their own idea of camelCase where a name holds digits or underscores.

use proc_macro2::Ident;

/// How a name is written outside; serde's `rename_all`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RenameRule {
    Lower,
    Upper,
    Pascal,
    Camel,
    Snake,
    ScreamingSnake,
    Kebab,
    ScreamingKebab,
}

impl RenameRule {
    /// What to write for a rule that is not one.
    pub(crate) const USAGE: &str = "names are the same both ways, by one of serde's rules: \
                                    `rename_all = \"camelCase\"`, `\"snake_case\"` and so on";

    /// Reads the text of a `rename_all`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "lowercase" => Self::Lower,
            "UPPERCASE" => Self::Upper,
            "PascalCase" => Self::Pascal,
            "camelCase" => Self::Camel,
            "snake_case" => Self::Snake,
            "SCREAMING_SNAKE_CASE" => Self::ScreamingSnake,
            "kebab-case" => Self::Kebab,
            "SCREAMING-KEBAB-CASE" => Self::ScreamingKebab,
            _ => return None,
        })
    }

    /// Writes a field's name, which is snake_case in Rust.
    pub(crate) fn field(self, name: &str) -> String {
        match self {
            Self::Lower | Self::Snake => name.to_owned(),
            Self::Upper | Self::ScreamingSnake => name.to_uppercase(),
            Self::Pascal => pascal_case(name),
            Self::Camel => lower_first(&pascal_case(name)),
            Self::Kebab => name.replace('_', "-"),
            Self::ScreamingKebab => name.to_uppercase().replace('_', "-"),
        }
    }

    /// Writes a variant's name, which is PascalCase in Rust.
    pub(crate) fn variant(self, name: &str) -> String {
        match self {
            Self::Pascal => name.to_owned(),
            Self::Lower => name.to_lowercase(),
            Self::Upper => name.to_uppercase(),
            Self::Camel => lower_first(name),
            Self::Snake => snake_case(name),
            Self::ScreamingSnake => snake_case(name).to_uppercase(),
            Self::Kebab => snake_case(name).replace('_', "-"),
            Self::ScreamingKebab => snake_case(name).to_uppercase().replace('_', "-"),
        }
    }
}

/// The identifier without `r#`.
pub(crate) fn plain_name(ident: &Ident) -> String {
    let text = ident.to_string();
    text.strip_prefix("r#").map(str::to_owned).unwrap_or(text)
}

/// A field's or an argument's name outside: `project_id` is `projectId`.
pub(crate) fn outside_name(ident: &Ident) -> String {
    camel_case(&plain_name(ident))
}

/// `project_id` and `_project_id` are `projectId`.
pub(crate) fn camel_case(name: &str) -> String {
    RenameRule::Camel.field(name)
}

/// `ProjectMember` is `project_member`, as serde writes it.
pub(crate) fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    for (at, letter) in name.char_indices() {
        if at > 0 && letter.is_uppercase() {
            snake.push('_');
        }
        snake.extend(letter.to_lowercase());
    }
    snake
}

fn pascal_case(name: &str) -> String {
    name.split('_').map(upper_first).collect()
}

fn upper_first(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

fn lower_first(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_lowercase().chain(letters).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::{RenameRule, camel_case, snake_case};

    #[test]
    fn names_outside_are_camel_case() {
        for (inside, outside) in [
            ("project_id", "projectId"),
            ("text", "text"),
            ("_limit", "limit"),
            ("line_2", "line2"),
            ("a_b_c", "aBC"),
        ] {
            assert_eq!(camel_case(inside), outside);
        }
    }

    #[test]
    fn every_rule_of_serde_writes_variants() {
        for (rule, outside) in [
            ("lowercase", "inprogress"),
            ("UPPERCASE", "INPROGRESS"),
            ("PascalCase", "InProgress"),
            ("camelCase", "inProgress"),
            ("snake_case", "in_progress"),
            ("SCREAMING_SNAKE_CASE", "IN_PROGRESS"),
            ("kebab-case", "in-progress"),
            ("SCREAMING-KEBAB-CASE", "IN-PROGRESS"),
        ] {
            let rule = RenameRule::parse(rule).expect("a rule of serde's");
            assert_eq!(rule.variant("InProgress"), outside);
        }
        assert_eq!(snake_case("Task"), "task");
    }
}
