use zeroback::prelude::*;

#[query]
pub struct List;

fn main() {}
