//! A list of the catalogue for a behaviour that knows what it wants: products are told apart by
//! their numbers, in the order in which they were added.

use serde_json::Value;
use suite_fixture::catalogue::{
    Bounds, Change, Condition, Direction, Kind, Part, Plan, Product, ProductPatch, Shape, Source,
    Target, Want, add, read, write,
};
use zeroback::{BigInt, Bytes, Id, Timestamp};
use zeroback_protocol::{QueryId, WireError, encode};

use crate::client::Client;
use crate::world::World;

/// A list, and a client that reads and writes it.
#[expect(missing_debug_implementations, reason = "a client need not be")]
pub struct Shop {
    /// The client.
    pub client: Client,
    /// The list.
    pub list: String,
    /// The ids of what was added.
    pub ids: Vec<Id<Product>>,
}

impl Shop {
    /// Opens an empty list.
    pub fn open(world: &mut World<'_>) -> Self {
        Self::named(world, "")
    }

    /// Opens an empty list, one of several.
    pub fn named(world: &mut World<'_>, name: &str) -> Self {
        Self {
            list: format!("{}{name}", world.list()),
            client: world.client(),
            ids: Vec::new(),
        }
    }

    /// Returns a product of the list in which nothing is special.
    #[must_use]
    pub fn product(&self) -> Product {
        Product {
            list: self.list.clone(),
            text: String::new(),
            rank: 0,
            price: 0.0,
            flag: false,
            nick: None,
            stock: None,
            weight: None,
            parent: None,
            since: Timestamp::from_unix_ms(0),
            shape: Shape::Square,
            big: BigInt(0),
            big_maybe: None,
            code: Bytes::from([]),
            part: part(),
            spare: None,
            tags: Vec::new(),
            sizes: Vec::new(),
            slug: self.ids.len().to_string(),
            badge: None,
            aisle: None,
            place: 0,
            title: String::new(),
            summary: None,
        }
    }

    /// Adds a product.
    pub fn add(&mut self, change: impl FnOnce(&mut Product)) -> Id<Product> {
        let mut product = self.product();
        change(&mut product);
        let args = args(&add::Args { product });
        let id = self.client.mutate("catalogue:add", args);
        let id = id.as_str().and_then(|id| id.parse().ok());
        let id = id.expect("an id");
        self.ids.push(id);
        id
    }

    /// Adds a product for each of these.
    pub fn add_all<V: Clone>(&mut self, values: &[V], set: impl Fn(&mut Product, V)) {
        for value in values {
            self.add(|product| set(product, value.clone()));
        }
    }

    /// Changes a product.
    pub fn patch(&mut self, number: usize, patch: ProductPatch) {
        let target = self.target(number);
        self.write(vec![must(Kind::Patch(target, Box::new(patch)))]);
    }

    /// Removes a product.
    pub fn delete(&mut self, number: usize) {
        let target = self.target(number);
        self.write(vec![must(Kind::Delete(target))]);
    }

    /// Names a product in a change.
    #[must_use]
    pub fn target(&self, number: usize) -> Target {
        Target::Known(self.ids[number])
    }

    /// Makes changes in one mutation.
    pub fn write(&mut self, changes: Vec<Change>) -> Value {
        self.client
            .mutate("catalogue:write", args(&write::Args { changes }))
    }

    /// Makes changes in one mutation that fails.
    pub fn write_in_vain(&mut self, changes: Vec<Change>) -> WireError {
        let args = args(&write::Args { changes });
        self.client.mutate_in_vain("catalogue:write", args)
    }

    /// Plans to read all that is found there.
    #[must_use]
    pub fn plan(&self, source: Source) -> Plan {
        Plan {
            label: 0,
            list: self.list.clone(),
            source,
            filter: None,
            direction: Direction::Ascending,
        }
    }

    /// Plans to read what a filter leaves.
    #[must_use]
    pub fn filtered(&self, filter: Condition) -> Plan {
        Plan {
            filter: Some(filter),
            ..self.plan(Source::ByRank(Bounds::All))
        }
    }

    /// Plans to search.
    #[must_use]
    pub fn search(&self, text: &str) -> Plan {
        self.plan(Source::Search {
            text: text.to_owned(),
            flag: None,
            nicks: Vec::new(),
        })
    }

    /// Reads, and returns the numbers of what was found.
    pub fn read(&mut self, plan: Plan, want: Want) -> Vec<usize> {
        let args = args(&read::Args { plan, want });
        let answer = self.client.query("catalogue:read", args);
        self.numbers(&answer)
    }

    /// Counts.
    pub fn count(&mut self, plan: Plan) -> u64 {
        let want = Want::Count;
        let args = args(&read::Args { plan, want });
        let answer = self.client.query("catalogue:read", args);
        answer["count"].as_u64().expect("a number")
    }

    /// Reads in vain.
    pub fn read_in_vain(&mut self, plan: Plan, want: Want) -> WireError {
        let args = args(&read::Args { plan, want });
        self.client.query_in_vain("catalogue:read", args)
    }

    /// Subscribes to a read.
    pub fn watch(&mut self, plan: Plan, want: Want) -> QueryId {
        let args = args(&read::Args { plan, want });
        self.client.subscribe("catalogue:read", args)
    }

    /// Returns the numbers of what a live read holds.
    pub fn held(&mut self, query: QueryId) -> Vec<usize> {
        let answer = self.client.result(query);
        self.numbers(&answer)
    }

    /// Returns the numbers of products.
    #[must_use]
    pub fn numbers(&self, answer: &Value) -> Vec<usize> {
        let products = match answer {
            Value::Array(products) => products.clone(),
            Value::Object(answer) => match answer.values().next() {
                Some(Value::Array(many)) => many.clone(),
                Some(Value::Null) | None => Vec::new(),
                Some(one) => vec![one.clone()],
            },
            other => panic!("{other} is no answer"),
        };
        let number = |product: &Value| {
            let id = product["_id"].as_str().expect("an id");
            let known = self.ids.iter().position(|known| known.to_string() == id);
            known.expect("it was added here")
        };
        products.iter().map(number).collect()
    }

    /// Shows that a plan finds these, in this order, and in the other direction the other way round.
    #[track_caller]
    pub fn check(&mut self, source: &Source, expected: &[usize]) {
        let plan = self.plan(source.clone());
        assert_eq!(self.read(plan.clone(), Want::All), expected, "{source:?}");
        let direction = Direction::Descending;
        let mut found = self.read(Plan { direction, ..plan }, Want::All);
        found.reverse();
        assert_eq!(found, expected, "{source:?}, descending");
    }

    /// Shows that a filter leaves these, in any order, and its opposite the others.
    #[track_caller]
    pub fn check_filter(&mut self, condition: Condition, expected: &[usize]) {
        let mut found = self.read(self.filtered(condition.clone()), Want::All);
        found.sort_unstable();
        assert_eq!(found, expected, "{condition:?}");
        let count = self.count(self.filtered(condition.clone()));
        assert_eq!(count, expected.len() as u64, "{condition:?}");
        let others: Vec<_> = (0..self.ids.len())
            .filter(|at| !expected.contains(at))
            .collect();
        let not = Condition::Not(Box::new(condition));
        let mut found = self.read(self.filtered(not.clone()), Want::All);
        found.sort_unstable();
        assert_eq!(found, others, "{not:?}");
    }

    /// Shows that a search finds these, in any order.
    #[track_caller]
    pub fn check_search(&mut self, text: &str, expected: &[usize]) {
        let mut found = self.read(self.search(text), Want::All);
        found.sort_unstable();
        assert_eq!(found, expected, "{text:?}");
        assert_eq!(
            self.count(self.search(text)),
            expected.len() as u64,
            "{text:?}"
        );
    }
}

/// Returns a part in which nothing is special.
#[must_use]
pub fn part() -> Part {
    Part {
        color: String::new(),
        size: 0,
        note: None,
        inner: None,
    }
}

/// A change with which the mutation fails if it does.
#[must_use]
pub fn must(kind: Kind) -> Change {
    Change {
        kind,
        is_attempt: false,
    }
}

/// A change that may fail.
#[must_use]
pub fn attempt(kind: Kind) -> Change {
    Change {
        kind,
        is_attempt: true,
    }
}

/// The change that adds a product.
#[must_use]
pub fn insert(product: Product) -> Change {
    must(Kind::Insert(Box::new(product)))
}

/// Encodes arguments.
pub fn args(args: &impl serde::Serialize) -> Value {
    let text = encode(args).expect("arguments can be encoded");
    serde_json::from_str(&text).expect("what is encoded is JSON")
}
