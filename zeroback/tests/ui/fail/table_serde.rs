use zeroback::prelude::*;

#[derive(Table)]
#[serde(tag = "type")]
pub struct Task {
    #[serde(flatten)]
    pub text: String,
}

fn main() {}
