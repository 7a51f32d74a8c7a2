//! Random results and random changes of them.

use proptest::prelude::*;

use super::delta;
use crate::engine::delta::diff;

/// JSON in which members have an order.
#[derive(Clone, Debug)]
enum Tree {
    Leaf(&'static str),
    List(Vec<Tree>),
    Object(Vec<(&'static str, Tree)>),
}

/// What happens somewhere in a tree: the numbers say where, each taken modulo what there is.
#[derive(Clone, Debug)]
struct Edit {
    path: Vec<usize>,
    act: Act,
    from: usize,
    to: usize,
}

#[derive(Clone, Debug)]
enum Act {
    Put(Tree),
    Insert(Tree),
    Remove,
    Move,
    Rotate,
}

/// What a scanner may trip over, short and long.
const LEAVES: &[&str] = &[
    "null",
    "0",
    "1",
    "12",
    "-1.5e-7",
    "true",
    r#""""#,
    r#""a""#,
    r#""\"""#,
    r#""\\""#,
    r#""\\\\\"]},{""#,
    r#""],[{}""#,
    r#""\u0000\n ключ 👩‍👩‍👧""#,
    r#""a text that is long enough for a delta to pay, with an end""#,
    r#""a text that is long enough for a delta to pay, with an \"end\"""#,
    r#"{"$bigint":"9007199254740993"}"#,
    r#"{"$bytes":"APv/"}"#,
];

const KEYS: &[&str] = &["a", "b", "ab", r#"\"q"#, "_id", "ключ", "list", "set"];

const IDS: &[&str] = &[
    r#""t_1""#,
    r#""t_2""#,
    r#""t_3""#,
    r#""t_4""#,
    r#""t_5""#,
    r#""t_6""#,
    r#""t_7""#,
    r#""t_\"""#,
];

impl Tree {
    fn text(&self) -> String {
        match self {
            Self::Leaf(text) => (*text).to_owned(),
            Self::List(elements) => {
                let elements: Vec<String> = elements.iter().map(Self::text).collect();
                format!("[{}]", elements.join(","))
            }
            Self::Object(members) => {
                let members: Vec<String> = members
                    .iter()
                    .map(|(key, value)| format!(r#""{key}":{}"#, value.text()))
                    .collect();
                format!("{{{}}}", members.join(","))
            }
        }
    }

    fn edit(&mut self, edit: &Edit, path: &[usize]) {
        match (self, path) {
            (Self::List(elements), [at, path @ ..]) if !elements.is_empty() => {
                let len = elements.len();
                elements[at % len].edit(edit, path);
            }
            (Self::Object(members), [at, path @ ..]) if !members.is_empty() => {
                let len = members.len();
                members[at % len].1.edit(edit, path);
            }
            (Self::List(elements), _) => edit.edit_list(elements),
            (Self::Object(members), _) => edit.edit_object(members),
            (leaf, _) => {
                if let Act::Put(tree) | Act::Insert(tree) = &edit.act {
                    *leaf = tree.clone();
                }
            }
        }
    }
}

impl Edit {
    fn edit_list(&self, elements: &mut Vec<Tree>) {
        let len = elements.len();
        match &self.act {
            Act::Insert(tree) => elements.insert(self.from % (len + 1), tree.clone()),
            _ if len == 0 => {}
            Act::Put(tree) => elements[self.from % len] = tree.clone(),
            Act::Remove => drop(elements.remove(self.from % len)),
            Act::Move => {
                let element = elements.remove(self.from % len);
                elements.insert(self.to % len, element);
            }
            Act::Rotate => elements.rotate_left(self.from % len),
        }
    }

    fn edit_object(&self, members: &mut Vec<(&'static str, Tree)>) {
        let len = members.len();
        match &self.act {
            Act::Put(tree) | Act::Insert(tree) => {
                let key = KEYS[self.from % KEYS.len()];
                match members.iter_mut().find(|(other, _)| *other == key) {
                    Some((_, value)) => *value = tree.clone(),
                    None => members.insert(self.to % (len + 1), (key, tree.clone())),
                }
            }
            _ if len == 0 => {}
            Act::Remove => drop(members.remove(self.from % len)),
            Act::Move | Act::Rotate => members.rotate_left(self.from % len),
        }
    }
}

fn trees() -> impl Strategy<Value = Tree> {
    let leaf = prop::sample::select(LEAVES).prop_map(Tree::Leaf);
    leaf.prop_recursive(5, 60, 8, |inner| {
        let members = prop::collection::vec(inner.clone(), KEYS.len());
        let keys = prop::sample::subsequence(KEYS, 0..=KEYS.len()).prop_shuffle();
        let object = (keys, members).prop_map(|(keys, values)| keys.into_iter().zip(values));
        let object = object.prop_map(|members| Tree::Object(members.collect()));
        let ids = prop::sample::subsequence(IDS, 0..=IDS.len()).prop_shuffle();
        let documents = (ids, prop::collection::vec(inner.clone(), IDS.len()));
        let documents = documents.prop_map(|(ids, values)| {
            let documents = ids.into_iter().zip(values);
            let document = |(id, value)| Tree::Object(vec![("_id", Tree::Leaf(id)), ("a", value)]);
            Tree::List(documents.map(document).collect())
        });
        prop_oneof![
            prop::collection::vec(inner, 0..8).prop_map(Tree::List),
            object,
            documents,
        ]
    })
}

fn edits() -> impl Strategy<Value = Vec<Edit>> {
    let act = prop_oneof![
        trees().prop_map(Act::Put),
        trees().prop_map(Act::Insert),
        Just(Act::Remove),
        Just(Act::Move),
        Just(Act::Rotate),
    ];
    let path = prop::collection::vec(0_usize..8, 0..5);
    let edit = (path, act, 0_usize..8, 0_usize..8);
    let edit = edit.prop_map(|(path, act, from, to)| Edit {
        path,
        act,
        from,
        to,
    });
    prop::collection::vec(edit, 1..6)
}

/// A list of documents as (id, rank) pairs, alone or within a page, or one of two lists.
fn feed(documents: &[(u32, u32)], form: usize) -> String {
    let document = |(id, rank): &(u32, u32)| {
        let text = "x".repeat(20 + *id as usize % 7);
        format!(r#"{{"_id":"t_{id}","rank":{rank},"tags":["{text}"],"in":{{"n":{rank}}}}}"#)
    };
    let list = |documents: &[(u32, u32)]| {
        let documents: Vec<String> = documents.iter().map(document).collect();
        format!("[{}]", documents.join(","))
    };
    let (one, other) = documents.split_at(documents.len() / 3);
    match form {
        0 => list(documents),
        1 => format!(
            r#"{{"items":{},"end":{}}}"#,
            list(documents),
            documents.len()
        ),
        2 => format!("[{},{}]", list(one), list(other)),
        _ => format!(r#"{{"one":{},"other":{}}}"#, list(one), list(other)),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn a_delta_leads_to_the_new_result_and_is_smaller(old in trees(), edits in edits()) {
        let mut new = old.clone();
        for edit in &edits {
            new.edit(edit, &edit.path);
        }
        let (old, new) = (old.text(), new.text());
        if old != new {
            delta(&old, &new);
            delta(&new, &old);
        }
    }

    #[test]
    fn feeds_are_followed(
        len in 0_u32..50,
        acts in prop::collection::vec((0_usize..5, 0_usize..50, 0_usize..50), 1..6),
        form in 0_usize..4,
    ) {
        let before: Vec<(u32, u32)> = (0..len).map(|id| (id, 0)).collect();
        let mut after = before.clone();
        for (n, (act, from, to)) in (1_u32..).zip(acts) {
            match (act, after.len()) {
                (0 | 1, count) => after.insert(from % (count + 1), (100 + n, 0)),
                (_, 0) => {}
                (2, count) => drop(after.remove(from % count)),
                (3, count) => after[from % count].1 = n,
                (_, count) => {
                    let document = after.remove(from % count);
                    after.insert(to % count, document);
                }
            }
        }
        let (old, new) = (feed(&before, form), feed(&after, form));
        if old != new {
            delta(&old, &new);
            delta(&new, &old);
        }
    }

    #[test]
    fn nothing_panics_on_what_is_no_json(old in r#"[\[\]{},:"\\ a1ä]{0,40}"#, new in r#"[\[{]([\[\]{},:"\\a1ä]|\{"_id":"a"){0,20}"#) {
        diff(&old, &new);
        diff(&new, &old);
    }
}
