//! Changes of the model's rows.

use suite_fixture::catalogue::{Change, Kind, Product, ProductPatch, Step, Target};
use zeroback::{Id, Timestamp};

use super::super::names;
use super::{Model, Row};

/// What a change is to tell.
#[derive(Clone, Debug, PartialEq)]
pub enum Done {
    /// The row as it is then, if there is one.
    Row(Option<Box<Row>>),
    /// Why it failed, in a mutation that goes on.
    Failed(Failure),
    /// The ids that were read.
    Read(Vec<Id<Product>>),
}

/// Why a change fails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// There is no such row.
    NotFound,
    /// It was to fail.
    Planned,
    /// An integer is beyond those that JavaScript holds exactly.
    TooLarge,
    /// Other rows have the same values in these unique indexes.
    Taken(Vec<&'static str>),
}

/// The largest integer that JavaScript holds exactly.
const INTEGER_MAX: u64 = (1 << 53) - 1;

impl Failure {
    /// Returns the error's code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "not_found",
            Self::Planned => "conflict",
            Self::TooLarge => "invalid",
            Self::Taken(_) => "unique_violation",
        }
    }
}

impl Model {
    /// Makes the changes of one mutation, all or none. The steps that the target told say when its
    /// rows were created.
    ///
    /// # Errors
    ///
    /// Fails where one of them does that is not an attempt.
    pub fn write(&mut self, changes: &[Change], told: &[Step]) -> Result<Vec<Done>, Failure> {
        let before = self.clone();
        let (mut new, mut done) = (Vec::new(), Vec::new());
        for (at, change) in changes.iter().enumerate() {
            let created = match told.get(at) {
                Some(Step::Done(Some(row))) => row.creation_time(),
                _ => Timestamp::from_unix_ms(0),
            };
            match self.make(&change.kind, created, &mut new) {
                Ok(one) => done.push(one),
                Err(failure) if change.is_attempt => done.push(Done::Failed(failure)),
                Err(failure) => {
                    let inserted = self.inserted;
                    *self = Self { inserted, ..before };
                    return Err(failure);
                }
            }
        }
        Ok(done)
    }

    fn make(
        &mut self,
        kind: &Kind,
        created: Timestamp,
        new: &mut Vec<Id<Product>>,
    ) -> Result<Done, Failure> {
        let known = |target: &Target, new: &[Id<Product>]| match target {
            Target::Known(id) => Ok(*id),
            Target::New(at) => new.get(*at as usize).copied().ok_or(Failure::NotFound),
        };
        let (id, product) = match kind {
            Kind::Insert(product) => {
                let id = names::row(self.inserted);
                self.inserted += 1;
                let row = Row {
                    id,
                    created,
                    product: *product.clone(),
                };
                self.put(row.clone())?;
                new.push(id);
                return Ok(Done::Row(Some(Box::new(row))));
            }
            Kind::Patch(target, patch) => {
                let id = known(target, new)?;
                let mut product = self.existing(id)?;
                apply(patch, &mut product);
                (id, product)
            }
            Kind::Replace(target, product) => {
                let id = known(target, new)?;
                self.existing(id)?;
                (id, *product.clone())
            }
            Kind::Update(target, by, more) => {
                let id = known(target, new)?;
                let mut product = self.existing(id)?;
                product.rank += by;
                product.text.push_str(more);
                (id, product)
            }
            Kind::Delete(target) => {
                let id = known(target, new)?;
                self.existing(id)?;
                self.rows.remove(&id);
                return Ok(Done::Row(None));
            }
            Kind::Read(plan) => {
                let found = self.select(plan);
                return Ok(Done::Read(found.iter().map(|row| row.id).collect()));
            }
            Kind::Fail => return Err(Failure::Planned),
        };
        let row = Row {
            id,
            created: self.rows[&id].created,
            product,
        };
        self.put(row.clone())?;
        Ok(Done::Row(Some(Box::new(row))))
    }

    fn existing(&self, id: Id<Product>) -> Result<Product, Failure> {
        let row = self.rows.get(&id).ok_or(Failure::NotFound)?;
        Ok(row.product.clone())
    }

    fn put(&mut self, row: Row) -> Result<(), Failure> {
        let own = &row.product;
        if own.rank.unsigned_abs() > INTEGER_MAX {
            return Err(Failure::TooLarge);
        }
        let mut taken = Vec::new();
        for other in self.rows.values().filter(|other| other.id != row.id) {
            let other = &other.product;
            if other.list != own.list {
                continue;
            }
            if other.slug == own.slug {
                taken.push("by_slug");
            }
            if own.badge.is_some() && other.badge == own.badge {
                taken.push("by_badge");
            }
            if own.aisle.is_some() && other.aisle == own.aisle && other.place == own.place {
                taken.push("by_shelf");
            }
        }
        if !taken.is_empty() {
            return Err(Failure::Taken(taken));
        }
        self.rows.insert(row.id, row);
        Ok(())
    }
}

fn apply(patch: &ProductPatch, product: &mut Product) {
    macro_rules! set {
        ($($field:ident)*) => {
            $(if let Some(value) = &patch.$field {
                product.$field.clone_from(value);
            })*
        };
    }
    set!(list text rank price flag nick stock weight parent since shape big big_maybe code part);
    set!(spare tags sizes slug badge aisle place title summary);
}
