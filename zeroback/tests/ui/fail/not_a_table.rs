use zeroback::prelude::*;

#[derive(Table)]
pub struct Tuple(String);

#[derive(Table)]
pub enum Choice {
    One,
}

#[derive(Table)]
pub struct Generic<T> {
    pub value: T,
}

#[derive(Table)]
pub struct Lifetime<'a> {
    pub text: &'a str,
}

fn main() {}
