//! Debian packages, where there is apt and the right to use it.

use anyhow::{Result, bail};

use crate::command::{Cmd, on_path};
use crate::step::step;

/// Tells why packages cannot be installed here, if they cannot.
pub(crate) fn obstacle() -> Option<&'static str> {
    if on_path("apt-get").is_none() {
        Some("there is no apt-get")
    } else if !is_root() && on_path("sudo").is_none() {
        Some("apt-get needs root, and there is no sudo")
    } else {
        None
    }
}

/// Installs Debian packages, with new package lists if the old ones do not do.
///
/// # Errors
///
/// If there is no apt here, or it fails.
pub(crate) fn install(packages: &[&str]) -> Result<()> {
    if let Some(obstacle) = obstacle() {
        bail!("{obstacle}");
    }
    step(
        &format!("installing {} by apt", packages.join(", ")),
        || {
            if try_install(packages).is_ok() {
                return Ok(());
            }
            apt_get().arg("update").quiet()?;
            try_install(packages)
        },
    )
}

fn try_install(packages: &[&str]) -> Result<()> {
    apt_get()
        .args(["install", "-y", "--no-install-recommends"])
        .args(packages)
        .quiet()
}

fn apt_get() -> Cmd {
    let settings = ["DEBIAN_FRONTEND=noninteractive", "apt-get", "-q"];
    let program = if is_root() { "env" } else { "sudo" };
    Cmd::new(program).args(settings)
}

fn is_root() -> bool {
    Cmd::new("id")
        .arg("-u")
        .stdout()
        .is_ok_and(|id| id.trim() == "0")
}
