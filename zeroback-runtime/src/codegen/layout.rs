//! Lays out the types that ts-rs writes, so that a person can read the generated file.
//!
//! ts-rs puts every field with a doc comment on lines of its own and leaves the rest as it comes.
//! Here an object is one line where no field has a comment and it is short, and else a line for
//! each field; a comment of one line stays one line.

/// An object longer than this is broken into lines.
const LINE_CHARS_MAX: usize = 80;

/// Lays out a type, or a declaration with its doc comment, that stands at a depth of nesting.
pub(super) fn layout(text: &str, depth: usize) -> String {
    let mut out = String::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let (piece, after) = take_piece(rest);
        match piece {
            Piece::Object(inner) => out.push_str(&object(inner, depth)),
            Piece::Comment(inner) => {
                out.push_str(&comment(inner, depth));
                out.push('\n');
            }
            Piece::Other(text) => out.push_str(text),
        }
        rest = match piece {
            Piece::Comment(_) => after.trim_start(),
            _ => after,
        };
    }
    out
}

/// A piece of TypeScript, as far as its layout is concerned.
enum Piece<'t> {
    /// What stands between braces.
    Object(&'t str),
    /// What stands between `/*` and `*/`.
    Comment(&'t str),
    /// A string, or one character of anything else.
    Other(&'t str),
}

/// Takes the first piece off a text.
fn take_piece(text: &str) -> (Piece<'_>, &str) {
    if let Some(inside) = text.strip_prefix("/*") {
        let end = inside.find("*/").unwrap_or(inside.len());
        return (
            Piece::Comment(&inside[..end]),
            inside.get(end + 2..).unwrap_or_default(),
        );
    }
    if let Some(inside) = text.strip_prefix('{') {
        let end = matching_brace(inside);
        return (
            Piece::Object(&inside[..end]),
            inside.get(end + 1..).unwrap_or_default(),
        );
    }
    let len = if text.starts_with('"') {
        string_len(text)
    } else {
        text.chars().next().map_or(0, char::len_utf8)
    };
    let (piece, rest) = text.split_at(len);
    (Piece::Other(piece), rest)
}

/// Returns where the brace stands that closes the one before `text`.
fn matching_brace(text: &str) -> usize {
    let mut rest = text;
    while !rest.is_empty() && !rest.starts_with('}') {
        (_, rest) = take_piece(rest);
    }
    text.len() - rest.len()
}

/// Returns the length of the string literal that `text` begins with.
fn string_len(text: &str) -> usize {
    let mut is_escaped = false;
    text.char_indices()
        .skip(1)
        .find_map(|(at, letter)| {
            let closes = letter == '"' && !is_escaped;
            is_escaped = letter == '\\' && !is_escaped;
            closes.then_some(at + 1)
        })
        .unwrap_or(text.len())
}

/// Lays out an object.
fn object(inner: &str, depth: usize) -> String {
    let fields = fields(inner, depth + 1);
    if fields.is_empty() {
        return "{}".to_owned();
    }
    let line = format!("{{ {} }}", fields.join("; "));
    if line.len() <= LINE_CHARS_MAX && !line.contains('\n') && !line.contains("/*") {
        return line;
    }
    let indent = "  ".repeat(depth + 1);
    let lines: String = fields
        .iter()
        .map(|field| format!("{indent}{field};\n"))
        .collect();
    format!("{{\n{lines}{}}}", "  ".repeat(depth))
}

/// Splits what stands between braces into laid out fields, each with its comment.
fn fields(inner: &str, depth: usize) -> Vec<String> {
    let mut fields = Vec::new();
    let mut field = String::new();
    let (mut rest, mut brackets) = (inner, 0_i32);
    while !rest.is_empty() {
        let (piece, after) = take_piece(rest);
        match piece {
            Piece::Object(inside) => field.push_str(&object(inside, depth)),
            Piece::Comment(inside) => {
                field.push_str(&comment(inside, depth));
                field.push('\n');
                field.push_str(&"  ".repeat(depth));
            }
            Piece::Other("," | ";") if brackets == 0 => {
                fields.push(std::mem::take(&mut field));
            }
            Piece::Other(text) => {
                match text {
                    "<" | "[" | "(" => brackets += 1,
                    ">" | "]" | ")" => brackets -= 1,
                    _ => {}
                }
                let is_blank = text.trim().is_empty();
                if !is_blank {
                    field.push_str(text);
                } else if !field.is_empty() && !field.ends_with([' ', '\n']) {
                    field.push(' ');
                }
            }
        }
        rest = after;
    }
    fields.push(field);
    fields
        .iter_mut()
        .for_each(|field| *field = field.trim().to_owned());
    fields.retain(|field| !field.is_empty());
    fields
}

/// Lays out a doc comment; the line break behind it is the caller's.
pub(super) fn comment(inner: &str, depth: usize) -> String {
    let lines: Vec<_> = inner
        .lines()
        .map(|line| line.trim().trim_start_matches('*').trim())
        .collect();
    let first = lines.iter().position(|line| !line.is_empty());
    let last = lines.iter().rposition(|line| !line.is_empty());
    let (Some(first), Some(last)) = (first, last) else {
        return "/** */".to_owned();
    };
    if let [line] = lines[first..=last] {
        return format!("/** {line} */");
    }
    let indent = "  ".repeat(depth);
    let mut text = String::from("/**\n");
    for line in &lines[first..=last] {
        let gap = if line.is_empty() { "" } else { " " };
        text.push_str(&format!("{indent} *{gap}{line}\n"));
    }
    text.push_str(&format!("{indent} */"));
    text
}

#[cfg(test)]
mod tests {
    use super::layout;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(layout(text, 0), expected);
    }

    #[test]
    fn short_objects_are_one_line() {
        check(
            "{ a: string, b?: Array<{ c: number, }> | null, }",
            "{ a: string; b?: Array<{ c: number }> | null }",
        );
        check("{  }", "{}");
        check(
            r#"{ "kind": "a,{b}", } | null"#,
            r#"{ "kind": "a,{b}" } | null"#,
        );
        check(
            "{ [key in string]: Record<string, number> }",
            "{ [key in string]: Record<string, number> }",
        );
    }

    #[test]
    fn objects_with_comments_are_a_line_for_each_field() {
        check(
            "/**\n * A task.\n */\nexport type Task = { \n/**\n * What is to be done.\n */\ntext: string, \n/**\n * One.\n *\n * Two.\n */\ninner: { a: number, }, };",
            "/** A task. */\nexport type Task = {\n  /** What is to be done. */\n  text: string;\n  /**\n   * One.\n   *\n   * Two.\n   */\n  inner: { a: number };\n};",
        );
    }

    #[test]
    fn long_objects_are_broken() {
        let field = "a".repeat(50);
        check(
            &format!("{{ {field}: string, b{field}: string }}"),
            &format!("{{\n  {field}: string;\n  b{field}: string;\n}}"),
        );
    }
}
