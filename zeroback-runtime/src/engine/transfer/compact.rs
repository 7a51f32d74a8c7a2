//! Valid JSON as text: its blanks taken out, its nesting measured.

use std::borrow::Cow;

use zeroback_protocol::DocumentLimits;

/// Takes out the blanks that are not part of strings.
pub(super) fn compact(json: &str) -> Cow<'_, str> {
    let mut out = String::new();
    let mut kept_to = 0;
    let mut in_string = false;
    let mut escaped = false;
    for (at, byte) in json.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => in_string = !in_string,
            b' ' | b'\t' | b'\r' | b'\n' if !in_string => {
                out.push_str(&json[kept_to..at]);
                kept_to = at + 1;
            }
            _ => {}
        }
    }
    if kept_to == 0 {
        return Cow::Borrowed(json);
    }
    out.push_str(&json[kept_to..]);
    Cow::Owned(out)
}

/// Checks a document without blanks against the limits, as the encoder does when one is written.
pub(super) fn check_limits(json: &str, limits: &DocumentLimits) -> Result<(), String> {
    let mut scan = Scan {
        limits,
        commas: Vec::new(),
    };
    let bytes = json.as_bytes();
    let mut in_string = false;
    let mut escaped = false;
    for (at, byte) in json.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => in_string = !in_string,
            _ if in_string => {}
            b'{' | b'[' => scan.open(&bytes[at..])?,
            b'}' | b']' => {
                scan.commas.pop();
            }
            b',' => scan.separate()?,
            _ => {}
        }
    }
    Ok(())
}

struct Scan<'l> {
    limits: &'l DocumentLimits,
    /// For each open level: how many commas it has had, or nothing where that does not matter.
    commas: Vec<Option<usize>>,
}

impl Scan<'_> {
    fn open(&mut self, from_here: &[u8]) -> Result<(), String> {
        self.commas.push(from_here.starts_with(b"[").then_some(0));
        // What stands for one value, such as `{"$bigint":"1"}`, is no level of its own.
        let is_one_value = from_here.starts_with(b"{\"$");
        let depth_max = self.limits.depth_max;
        if !is_one_value && self.commas.len() > depth_max as usize {
            return Err(format!("is nested over {depth_max} levels deep"));
        }
        Ok(())
    }

    fn separate(&mut self) -> Result<(), String> {
        if let Some(Some(commas)) = self.commas.last_mut() {
            *commas += 1;
            let elements_max = self.limits.array_elements_max;
            if *commas >= elements_max {
                return Err(format!("has an array of over {elements_max} elements"));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use zeroback_protocol::DocumentLimits;

    use super::{check_limits, compact};

    #[test]
    fn blanks_go_unless_they_are_in_a_string() {
        let json = "{ \"a b\\\" c\" :\t[ 1 , \" x \" ]\r}";
        assert_eq!(compact(json), r#"{"a b\" c":[1," x "]}"#);
        let tight = r#"{"a":"\\","b":" "}"#;
        assert!(matches!(compact(tight), std::borrow::Cow::Borrowed(_)));
    }

    #[test]
    fn depth_and_length_have_bounds() {
        let limits = DocumentLimits {
            depth_max: 3,
            array_elements_max: 2,
        };
        let check = |json: &str| check_limits(json, &limits);
        assert!(check(r#"{"a":[[]],"b":[1,2],"c":",,,[[[["}"#).is_ok());
        assert!(check(r#"{"a":[[{"$bigint":"1"}]]}"#).is_ok());
        assert!(check(r#"{"a":[[[]]]}"#).unwrap_err().contains("3 levels"));
        assert!(
            check(r#"{"a":[1,2,3]}"#)
                .unwrap_err()
                .contains("2 elements")
        );
        assert!(check(r#"{"a":1,"b":2,"c":3,"d":4}"#).is_ok());
    }
}
