//! Why a schema is refused: what in which documents does not fit it.

use std::fmt;

use serde::{Deserialize, Serialize};
use zeroback_protocol::{ErrorCode, WireError};

/// How many documents of a fault are named.
const IDS_NAMED: usize = 5;

/// How many faults of a table are told apart.
const FAULTS_PER_TABLE: usize = 20;

/// How many faults a client is told.
const FAULTS_TOLD: usize = 3;

/// Why a schema is refused; nothing has been written, but by migrations of a large database.
///
/// It names tables, fields and ids, and nothing that a document holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SchemaReport {
    faults: Vec<Fault>,
    /// The migration that failed, and why.
    migration: Option<(String, String)>,
}

/// The same thing wrong with one or more documents of a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Fault {
    table: String,
    what: String,
    count: u64,
    /// The first few of them.
    ids: Vec<String>,
}

impl SchemaReport {
    /// Reports a migration that failed.
    pub(in crate::engine) fn of_migration(path: &str, message: String) -> Self {
        Self {
            faults: Vec::new(),
            migration: Some((path.to_owned(), message)),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.faults.is_empty() && self.migration.is_none()
    }

    /// Notes a document with a fault.
    pub(super) fn add(&mut self, table: &str, what: &str, id: &str) {
        let of_table = |fault: &&mut Fault| fault.table == table;
        let told_apart = self
            .faults
            .iter()
            .filter(|fault| fault.table == table)
            .count();
        let known = self
            .faults
            .iter_mut()
            .filter(of_table)
            .find(|fault| fault.what == what);
        let what = match known {
            Some(fault) => return fault.note(id),
            None if told_apart < FAULTS_PER_TABLE => what,
            None => "other faults",
        };
        let others = self.faults.iter_mut().filter(of_table);
        match { others }.find(|fault| fault.what == what) {
            Some(fault) => fault.note(id),
            None => {
                let mut fault = Fault {
                    table: table.to_owned(),
                    what: what.to_owned(),
                    count: 0,
                    ids: Vec::new(),
                };
                fault.note(id);
                self.faults.push(fault);
            }
        }
    }

    /// Returns what every caller is told.
    #[must_use]
    pub fn to_wire(&self) -> WireError {
        let text = match &self.migration {
            Some((path, _)) => format!("the migration \"{path}\" failed"),
            None => {
                let told: Vec<_> = self
                    .faults
                    .iter()
                    .take(FAULTS_TOLD)
                    .map(Fault::line)
                    .collect();
                format!(
                    "the database does not fit the schema of this version: {}{}",
                    told.join("; "),
                    if self.faults.len() > FAULTS_TOLD {
                        "; …"
                    } else {
                        ""
                    }
                )
            }
        };
        WireError::new(ErrorCode::SCHEMA_CONFLICT, text)
    }
}

impl Fault {
    fn note(&mut self, id: &str) {
        self.count += 1;
        if self.ids.len() < IDS_NAMED {
            self.ids.push(id.to_owned());
        }
    }

    fn line(&self) -> String {
        let first = self.ids.first().map_or("", String::as_str);
        match self.count {
            1 => format!("table \"{}\": {} ({first})", self.table, self.what),
            count => format!(
                "table \"{}\": {} ({count} documents, the first is {first})",
                self.table, self.what
            ),
        }
    }
}

impl fmt::Display for SchemaReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((path, message)) = &self.migration {
            return write!(
                f,
                "the migration \"{path}\" failed, and the database is as it was before\n\n  {message}"
            );
        }
        f.write_str("the database does not fit the schema of this version\n")?;
        for fault in &self.faults {
            let more = if fault.count > fault.ids.len() as u64 {
                ", …"
            } else {
                ""
            };
            let documents = if fault.count == 1 {
                "document"
            } else {
                "documents"
            };
            write!(
                f,
                "\n  table \"{}\": {}\n    {} {documents}: {}{more}",
                fault.table,
                fault.what,
                fault.count,
                fault.ids.join(", ")
            )?;
        }
        f.write_str(
            "\n\nGive new fields an `Option` or a `#[serde(default)]`, bring the documents in line with \
             a `#[migration]`, or correct them with the version before.",
        )
    }
}

/// Takes out of serde's words what a document holds: the same fault has the same words in every
/// document then, and no client reads another one's data in them.
pub(super) fn reason(message: &str) -> String {
    let (path, words) = match message.rsplit_once(": ") {
        // What serde found may hold a colon itself.
        Some(_) if message.starts_with("invalid ") || message.starts_with("unknown ") => {
            ("", message)
        }
        Some(_) => match message.split_once(": ") {
            Some((path, words)) => (path, words),
            None => ("", message),
        },
        None => ("", message),
    };
    let words = plain_words(words);
    match path {
        "" => words,
        path => format!("{}: {words}", without_positions(path)),
    }
}

fn plain_words(words: &str) -> String {
    let expected = words.rfind(", expected ").map(|at| &words[at + 2..]);
    for start in ["invalid type: ", "invalid value: ", "invalid length "] {
        if let (Some(found), Some(expected)) = (words.strip_prefix(start), expected) {
            let kind: String = found
                .chars()
                .take_while(|c| c.is_ascii_alphabetic() || *c == ' ')
                .collect();
            return match (start, kind.trim()) {
                ("invalid type: ", kind) => format!("{expected}, found {kind}"),
                ("invalid value: ", kind) => format!("{expected}, found another {kind}"),
                _ => format!("{expected}, found another length"),
            };
        }
    }
    if words.starts_with("unknown variant ") {
        return format!(
            "unknown variant, {}",
            expected.unwrap_or("expected another one")
        );
    }
    let is_known = [
        "is missing",
        "is not known here",
        "duplicate field `",
        "expected an id of table ",
    ]
    .iter()
    .any(|known| words.starts_with(known));
    match is_known {
        true => words.to_owned(),
        false => "does not decode".to_owned(),
    }
}

/// Turns `tags[3].name` into `tags[].name`.
fn without_positions(path: &str) -> String {
    let mut plain = String::new();
    for (at, part) in path.split('[').enumerate() {
        match part.split_once(']') {
            Some((_, rest)) if at > 0 => {
                plain.push_str("[]");
                plain.push_str(rest);
            }
            _ => plain.push_str(part),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(message: &str, expected: &str) {
        assert_eq!(reason(message), expected);
    }

    #[test]
    fn reasons_hold_nothing_of_the_document() {
        check("email: is missing", "email: is missing");
        check("tags[3].name: is missing", "tags[].name: is missing");
        check(
            "age: invalid type: string \"sec: ret, expected x\", expected u8",
            "age: expected u8, found string",
        );
        check(
            "age: invalid value: integer `300`, expected u8",
            "age: expected u8, found another integer",
        );
        check(
            "invalid type: null, expected struct Note",
            "expected struct Note, found null",
        );
        check(
            "at: unknown variant `secret`, expected `a` or `b`",
            "at: unknown variant, expected `a` or `b`",
        );
        check(
            "user: expected an id of table \"users\"",
            "user: expected an id of table \"users\"",
        );
        check("when: cannot parse secret", "when: does not decode");
        check("cannot parse secret", "does not decode");
    }

    #[test]
    fn a_fault_counts_all_documents_and_names_the_first() {
        let mut report = SchemaReport::default();
        for at in 0..7 {
            report.add("notes", "text: is missing", &format!("notes_{at}"));
        }
        report.add(
            "users",
            "unique index \"by_email\": has the values of another document",
            "users_1",
        );
        expect_test::expect![[r#"
            the database does not fit the schema of this version

              table "notes": text: is missing
                7 documents: notes_0, notes_1, notes_2, notes_3, notes_4, …
              table "users": unique index "by_email": has the values of another document
                1 document: users_1

            Give new fields an `Option` or a `#[serde(default)]`, bring the documents in line with a `#[migration]`, or correct them with the version before.

            schema_conflict: the database does not fit the schema of this version: table "notes": text: is missing (7 documents, the first is notes_0); table "users": unique index "by_email": has the values of another document (users_1)
        "#]].assert_eq(&format!("{report}\n\n{}\n", report.to_wire()));
    }

    #[test]
    fn faults_without_end_are_not_all_told_apart() {
        let mut report = SchemaReport::default();
        for at in 0..50 {
            report.add("notes", &format!("m.k{at}: is missing"), "notes_1");
        }
        assert_eq!(report.faults.len(), FAULTS_PER_TABLE + 1);
        assert_eq!(report.faults[FAULTS_PER_TABLE].count, 30);
    }
}
