//! Words: a search is held against a list of those that are used, and of what they are looked up
//! as; the model takes no text apart by itself.

/// Words as they are written, and what they are found by.
pub(super) const WORDS: [(&str, &[&str]); 25] = [
    ("milk", &["milk"]),
    ("Milk", &["milk"]),
    ("MILKY", &["milky"]),
    ("milk-bottle", &["milk", "bottle"]),
    ("bottle", &["bottle"]),
    ("buy", &["buy"]),
    ("mil", &["mil"]),
    ("bot", &["bot"]),
    ("b", &["b"]),
    ("Cr", &["cr"]),
    ("ο", &["ο"]),
    ("Crème", &["creme"]),
    ("Cre\u{300}me", &["creme"]),
    ("creme", &["creme"]),
    ("東京", &["東", "京"]),
    ("京", &["京"]),
    ("ΟΔΟΣ", &["οδοσ"]),
    ("οδός", &["οδοσ"]),
    ("don't", &["don", "t"]),
    ("a1", &["a1"]),
    ("NEAR(", &["near"]),
    ("😀", &[]),
    ("%_\u{0}", &[]),
    ("c0:", &["c0"]),
    ("AND", &["and"]),
];

/// Tells whether texts have all that is looked for: words, `beginnings*`, `"words side by side"`;
/// where nothing is looked for, they have not.
pub(super) fn matches(wanted: &str, texts: &[Option<&str>]) -> bool {
    let texts: Vec<_> = texts.iter().flatten().map(|text| tokens(text)).collect();
    let mut rest = wanted.trim_start();
    let mut looked_for = false;
    while !rest.is_empty() {
        let (words, behind) = match rest.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
            None => rest.split_at(rest.find([' ', '*']).unwrap_or(rest.len())),
        };
        let (is_beginning, behind) = match behind.strip_prefix('*') {
            Some(behind) => (true, behind),
            None => (false, behind),
        };
        rest = behind.trim_start();
        let words = tokens(words);
        if words.is_empty() {
            continue;
        }
        looked_for = true;
        let is_in = |text: &Vec<&str>| stands_in(&words, is_beginning, text);
        if !texts.iter().any(is_in) {
            return false;
        }
    }
    looked_for
}

fn tokens(text: &str) -> Vec<&'static str> {
    let words = text.split(' ').filter(|word| !word.is_empty());
    let found = words.flat_map(|word| {
        let known = WORDS.iter().find(|(written, _)| *written == word);
        let (_, tokens) = known.unwrap_or_else(|| panic!("{word:?} is not in the list"));
        tokens.iter().copied()
    });
    found.collect()
}

fn stands_in(words: &[&str], is_beginning: bool, text: &[&str]) -> bool {
    let last = words.len() - 1;
    text.windows(words.len()).any(|window| {
        let mut pairs = window.iter().zip(words).enumerate();
        pairs.all(|(at, (found, word))| {
            found == word || is_beginning && at == last && found.starts_with(word)
        })
    })
}
