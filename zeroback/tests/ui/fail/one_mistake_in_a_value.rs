//! Those who use a value do not hear of the mistake in it.

use zeroback::prelude::*;

#[derive(Value)]
pub struct Address {
    pub city: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<String>,
    pub country: &'static str,
}

#[derive(Clone, Copy, Value)]
#[serde(rename_all = "cameCase")]
pub enum Priority {
    Low,
    High,
}

#[derive(Value)]
pub enum Failure {
    Full { places: u32 },
    #[value(sytem)]
    System(Error),
}

#[derive(Value)]
pub enum OtherFailure {
    #[value(system)]
    System,
}

#[derive(Table)]
#[index(by_priority(priority))]
pub struct Person {
    pub address: Option<Address>,
    pub priority: Priority,
}

#[mutation]
pub fn create(ctx: &MutationCtx, address: Address) -> Result<Id<Person>, Failure> {
    let persons = ctx.db.query::<Person>();
    let persons = persons.with_index(|ix| ix.by_priority.eq(&Priority::High));
    let persons = persons.filter(|t| t.address.city.eq("Bern") & t.priority.ne(Priority::Low));
    if persons.count()? > 3 {
        return Err(Failure::Full { places: 3 });
    }
    Ok(ctx.db.insert(Person {
        address: Some(address),
        priority: Priority::High,
    })?)
}

#[query]
pub fn fails(_: &QueryCtx) -> Result<Address, OtherFailure> {
    Err(OtherFailure::System)
}

fn main() {}
