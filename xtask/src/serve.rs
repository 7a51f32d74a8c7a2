//! Waiting for a server that was started to say where it listens.

use std::io::{BufRead as _, BufReader};
use std::process::Child;

use anyhow::{Context as _, Result, bail};

/// Returns the address that a server prints once it is ready; what it prints later is passed on.
///
/// # Errors
///
/// If the server ends before it has said so.
pub(crate) fn address(server: &mut Child) -> Result<String> {
    let output = server.stdout.take().context("the server's output")?;
    let mut lines = BufReader::new(output).lines();
    for line in lines.by_ref() {
        let line = line.context("the server's output")?;
        if let Some(address) = address_in(&line) {
            let address = address.to_owned();
            std::thread::spawn(move || {
                for line in lines.map_while(Result::ok) {
                    println!("{line}");
                }
            });
            return Ok(address);
        }
        println!("{line}");
    }
    let status = server.wait().context("the server")?;
    bail!("the server ended at its start with {status}")
}

fn address_in(line: &str) -> Option<&str> {
    let address = &line[line.find("http://")?..];
    address.split_whitespace().next()
}

#[cfg(test)]
mod tests {
    use super::address_in;

    #[test]
    fn an_address_is_found_in_a_line() {
        let line = "Zeroback listens on http://127.0.0.1:41234";
        assert_eq!(address_in(line), Some("http://127.0.0.1:41234"));
        assert_eq!(
            address_in("http://localhost:1/ (ready)"),
            Some("http://localhost:1/")
        );
        assert_eq!(address_in("building"), None);
    }
}
