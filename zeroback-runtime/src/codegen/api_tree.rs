//! The object `api`: modules as nested objects, functions under camelCase names.

use std::collections::BTreeMap;
use std::fmt;

use super::layout::comment;

/// An object of functions and further objects.
#[derive(Debug, Default)]
pub(super) struct ApiTree {
    entries: BTreeMap<String, Entry>,
}

#[derive(Debug)]
enum Entry {
    Function {
        path: &'static str,
        docs: &'static str,
        reference: String,
    },
    Module(ApiTree),
}

impl ApiTree {
    /// Adds a function at its place, and returns what is wrong where the place is taken.
    pub(super) fn add(
        &mut self,
        path: &'static str,
        docs: &'static str,
        reference: String,
    ) -> Result<(), String> {
        let mut names: Vec<_> = path.split(['/', ':']).map(camel_case).collect();
        let name = names.pop().expect("a path has a last part");
        let mut tree = self;
        for module in names {
            let entry = tree
                .entries
                .entry(module)
                .or_insert_with(|| Entry::Module(Self::default()));
            match entry {
                Entry::Module(inner) => tree = inner,
                Entry::Function { path: other, .. } => return Err(clash(path, other)),
            }
        }
        let function = Entry::Function {
            path,
            docs,
            reference,
        };
        match tree.entries.insert(name, function) {
            None => Ok(()),
            Some(Entry::Function { path: other, .. }) => Err(clash(path, other)),
            Some(Entry::Module(_)) => Err(clash(path, "a module")),
        }
    }

    fn write(&self, f: &mut fmt::Formatter<'_>, depth: usize) -> fmt::Result {
        if self.entries.is_empty() {
            return f.write_str("{}");
        }
        f.write_str("{\n")?;
        let indent = "  ".repeat(depth + 1);
        for (name, entry) in &self.entries {
            match entry {
                Entry::Function {
                    docs, reference, ..
                } => {
                    write_docs(f, docs, depth + 1)?;
                    writeln!(f, "{indent}{name}: {reference},")?;
                }
                Entry::Module(tree) => {
                    write!(f, "{indent}{name}: ")?;
                    tree.write(f, depth + 1)?;
                    f.write_str(",\n")?;
                }
            }
        }
        write!(f, "{}}}", "  ".repeat(depth))
    }
}

impl fmt::Display for ApiTree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f, 0)
    }
}

fn write_docs(f: &mut fmt::Formatter<'_>, docs: &str, depth: usize) -> fmt::Result {
    if docs.trim().is_empty() {
        return Ok(());
    }
    let docs = comment(&docs.replace("*/", "* /"), depth);
    writeln!(f, "{}{docs}", "  ".repeat(depth))
}

fn clash(path: &str, other: &str) -> String {
    format!("\"{path}\" and \"{other}\" would have the same place in `api`")
}

/// Turns `task_stats` into `taskStats`, as serde's `camelCase` does.
fn camel_case(name: &str) -> String {
    let mut camel = String::with_capacity(name.len());
    let mut upper = false;
    for letter in name.chars() {
        if letter == '_' {
            upper = !camel.is_empty();
        } else if upper {
            camel.extend(letter.to_uppercase());
            upper = false;
        } else {
            camel.push(letter);
        }
    }
    camel
}

#[cfg(test)]
mod tests {
    use super::{ApiTree, camel_case};

    #[test]
    fn names_become_camel_case() {
        for (snake, camel) in [
            ("list", "list"),
            ("task_stats", "taskStats"),
            ("_x_y", "xY"),
        ] {
            assert_eq!(camel_case(snake), camel);
        }
    }

    #[test]
    fn modules_nest_and_clashes_are_faults() {
        let mut tree = ApiTree::default();
        tree.add("tasks:list_all", "Lists.", "a".into()).unwrap();
        tree.add("utils/stats:count", "One.\n\nTwo. */", "b".into())
            .unwrap();
        let expected = "{\n  tasks: {\n    /** Lists. */\n    listAll: a,\n  },\n  utils: {\n    stats: {\n      /**\n       * One.\n       *\n       * Two. * /\n       */\n      count: b,\n    },\n  },\n}";
        assert_eq!(tree.to_string(), expected);
        assert!(tree.add("tasks:listAll", "", "c".into()).is_err());
        assert!(tree.add("tasks", "", "c".into()).is_err());
        assert!(tree.add("tasks/list_all:x", "", "c".into()).is_err());
    }
}
