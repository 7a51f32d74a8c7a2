use zeroback::prelude::*;

#[derive(Table)]
#[serde(tag = "type")]
pub struct Task {
    #[serde(flatten)]
    pub text: String,
    #[serde(alias = "mark", default)]
    pub score: u32,
}

fn main() {}
