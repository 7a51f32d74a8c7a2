use zeroback::prelude::*;

#[derive(Table)]
#[index(by_tags(tags))]
pub struct Task {
    pub tags: Vec<String>,
}

fn main() {}
