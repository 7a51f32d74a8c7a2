use zeroback::prelude::*;

fn half() -> Option<f64> {
    Some(0.5)
}

#[derive(Table)]
#[index(by_done(is_done, score))]
pub struct Task {
    #[serde(default)]
    pub is_done: bool,
    #[serde(default = "half")]
    pub score: Option<f64>,
    /// In no index.
    #[serde(default)]
    pub number: u32,
}

#[derive(Default, Table)]
#[serde(default)]
#[index(by_text(text, nick))]
pub struct Name {
    pub text: String,
    pub nick: Option<String>,
    pub number: u32,
}

fn main() {}
