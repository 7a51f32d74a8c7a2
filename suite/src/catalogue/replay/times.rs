//! When rows were created, which a script cannot know: it has their numbers in the place of times.

use std::collections::BTreeMap;

use suite_fixture::catalogue::{Bounds, Change, Condition, Is, Kind, Plan, Product, Source};
use zeroback::{Id, Timestamp};

use super::super::names;

/// When each row was created.
#[derive(Debug, Default)]
pub(super) struct Times {
    times: BTreeMap<Id<Product>, Timestamp>,
}

impl Times {
    pub(super) fn note(&mut self, row: Id<Product>, created: Timestamp) {
        self.times.insert(row, created);
    }

    pub(super) fn in_changes(&self, changes: &[Change]) -> Vec<Change> {
        let mut changes = changes.to_vec();
        for change in &mut changes {
            if let Kind::Read(plan) = &mut change.kind {
                **plan = self.in_plan(plan);
            }
        }
        changes
    }

    pub(super) fn in_plan(&self, plan: &Plan) -> Plan {
        let mut plan = plan.clone();
        if let Source::ByCreationTime(bounds) = &mut plan.source {
            match bounds {
                Bounds::All => {}
                Bounds::Equal(time) | Bounds::From(time, _) | Bounds::To(time, _) => {
                    self.set(time);
                }
                Bounds::Between(from, _, to, _) => {
                    self.set(from);
                    self.set(to);
                }
            }
        }
        plan.filter
            .iter_mut()
            .for_each(|filter| self.in_condition(filter));
        plan
    }

    fn in_condition(&self, condition: &mut Condition) {
        match condition {
            Condition::CreationTime(is) => match is {
                Is::Eq(time)
                | Is::Ne(time)
                | Is::Lt(time)
                | Is::Le(time)
                | Is::Gt(time)
                | Is::Ge(time) => self.set(time),
                Is::InList(times) => times.iter_mut().for_each(|time| self.set(time)),
            },
            Condition::All(all) | Condition::Any(all) => {
                all.iter_mut().for_each(|one| self.in_condition(one));
            }
            Condition::Not(one) => self.in_condition(one),
            _ => {}
        }
    }

    fn set(&self, time: &mut Timestamp) {
        let row = u128::try_from(time.unix_ms()).map(names::row);
        if let Some(created) = row.ok().and_then(|row| self.times.get(&row)) {
            *time = *created;
        }
    }
}
