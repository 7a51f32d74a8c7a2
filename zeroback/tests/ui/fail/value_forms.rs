use zeroback::prelude::*;

#[derive(Value)]
pub struct Borrowed<'a> {
    pub text: &'a str,
}

#[derive(Value)]
#[serde(rename_all(serialize = "camelCase"))]
pub struct OneWay {
    pub text: String,
}

#[derive(Value)]
#[serde(default)]
pub struct Page<T> {
    pub items: Vec<T>,
}

#[derive(Value)]
pub enum Failure {
    #[value(sytem)]
    System(Error),
}

#[derive(Value)]
pub struct Absent {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
}

#[derive(Value)]
pub union Bits {
    pub number: u32,
}

fn main() {}
