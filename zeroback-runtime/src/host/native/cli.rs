//! The program around an app: `serve`, `codegen`, `run`, `export`, `import`.

use std::env::VarError;
use std::ffi::OsString;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, bail};
use clap::{Args, Parser, Subcommand};

use super::actions::Surroundings;
use super::clock::{now, seed};
use super::engine_thread;
use super::files::FilesPlace;
use super::log::{self, LogFormat};
use super::server::{ServeError, ServeOptions, Server};
use super::store::{Durability, NativeStore};
use super::transfer::{export_to, import_from};
use crate::codegen::api_ts;
use crate::engine::Engine;
use crate::host::{AdminKey, Limits, Origins};
use crate::{AccountSettings, App, AuthSettings};

#[derive(Parser)]
#[command(about = "A Zeroback server", args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    /// Serving is what the program does unless told otherwise.
    #[command(flatten)]
    serve: Serve,
}

#[derive(Subcommand)]
enum Command {
    /// Serves the app (the default).
    Serve(Serve),
    /// Writes the TypeScript file with the app's functions and types.
    Codegen {
        /// The file to write; it is touched only where it changes.
        #[arg(long, default_value = "api.ts")]
        out: PathBuf,
        /// Writes nothing, and fails where the file is not up to date.
        #[arg(long)]
        check: bool,
    },
    /// Runs one function, internal ones included, on the data of a server that is not running.
    Run {
        /// The function's path, such as `tasks:list`.
        function: String,
        /// Its arguments, as a JSON object.
        #[arg(default_value = "{}")]
        args: String,
        /// The folder of the data.
        #[arg(long, default_value = ".zeroback")]
        data: PathBuf,
    },
    /// Writes all documents into a ZIP archive, while a server runs or not.
    Export {
        /// The folder of the data.
        #[arg(long, default_value = ".zeroback")]
        data: PathBuf,
        /// The archive to write; `-` is standard output.
        #[arg(long)]
        out: PathBuf,
    },
    /// Puts the documents of a ZIP archive in the place of those of its tables, all or none.
    Import {
        /// The folder of the data, of a server that is not running.
        #[arg(long, default_value = ".zeroback")]
        data: PathBuf,
        /// The archive: an export, or `<table>.jsonl` files that were written by hand.
        archive: PathBuf,
    },
    /// Prints the path of every function, one a line.
    #[command(hide = true)]
    Functions,
}

#[derive(Args)]
struct Serve {
    /// The port, 8788 by default; 0 takes a free one.
    #[arg(long)]
    port: Option<u16>,
    /// The address to listen on, 127.0.0.1 by default; 0.0.0.0 makes the server reachable from
    /// other machines.
    #[arg(long)]
    host: Option<IpAddr>,
    /// The folder of the data, `.zeroback` by default.
    #[arg(long)]
    data: Option<PathBuf>,
    /// A folder with a built page, served beside the API.
    #[arg(long)]
    assets: Option<PathBuf>,
    /// The key of `/api/admin/…` (run, logs, export, import), which is not there without one.
    /// Better given as the variable ZEROBACK_ADMIN_KEY, which other users do not see.
    #[arg(long)]
    admin_key: Option<String>,
    /// The origins whose pages may speak to the server, beside its own, with commas between them; or
    /// the variable ZEROBACK_ORIGINS.
    #[arg(long)]
    origins: Option<String>,
}

/// The variable that has the admin key.
const ADMIN_KEY_VARIABLE: &str = "ZEROBACK_ADMIN_KEY";

/// The variable that has the origins whose pages are let in.
const ORIGINS_VARIABLE: &str = "ZEROBACK_ORIGINS";

/// The variable that says where files are kept.
const FILES_VARIABLE: &str = "ZEROBACK_FILES";

/// The variable that says whose tokens are taken.
const AUTH_VARIABLE: &str = "ZEROBACK_AUTH";

/// The variable that says which lines the log has: a level, or a list of targets with a level each.
const LOG_VARIABLE: &str = "ZEROBACK_LOG";

/// The variable that says how they are written.
const LOG_FORMAT_VARIABLE: &str = "ZEROBACK_LOG_FORMAT";

/// The variable that says how the app's own accounts are kept.
const ACCOUNTS_VARIABLE: &str = "ZEROBACK_ACCOUNTS";

/// The variable that has limits of the engine, and how long a function may run.
const LIMITS_VARIABLE: &str = "ZEROBACK_LIMITS";

/// Runs the program of an app: what a backend's `main` returns.
///
/// ```ignore
/// fn main() -> std::process::ExitCode {
///     zeroback::native::main(my_backend::app())
/// }
/// ```
#[must_use]
pub fn main(app: App) -> ExitCode {
    main_with(app, ServeOptions::default())
}

/// Does what [`main`] does; what neither an option of the program nor a variable says is as in `defaults`.
///
/// ```ignore
/// fn main() -> std::process::ExitCode {
///     let defaults = ServeOptions { pages: Some(Pages::new(router)), ..ServeOptions::default() };
///     zeroback::native::main_with(my_backend::app(), defaults)
/// }
/// ```
#[must_use]
pub fn main_with(app: App, defaults: ServeOptions) -> ExitCode {
    let ended = run(app, defaults);
    log::flush();
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(app: App, defaults: ServeOptions) -> anyhow::Result<()> {
    app.check()?;
    let cli = Cli::parse();
    match cli.command.unwrap_or(Command::Serve(cli.serve)) {
        Command::Serve(options) => serve(app, options, defaults),
        Command::Codegen { out, check } => codegen(&app, &out, check),
        Command::Run {
            function,
            args,
            data,
        } => run_function(app, function, args, &data, defaults),
        Command::Export { data, out } => export_to(&data, &out),
        Command::Import { data, archive } => import_from(app, &data, &archive),
        Command::Functions => {
            for path in app.function_paths() {
                println!("{path}");
            }
            Ok(())
        }
    }
}

fn serve(app: App, options: Serve, defaults: ServeOptions) -> anyhow::Result<()> {
    let format = variable(LOG_FORMAT_VARIABLE)?.unwrap_or_else(|| "text".to_owned());
    let filter = variable(LOG_VARIABLE)?.unwrap_or_else(|| "info".to_owned());
    let noted = log::init_log(&filter, format.parse()?)
        .with_context(|| format!("{LOG_VARIABLE}={filter}"))?;
    let mut options = ServeOptions {
        address: SocketAddr::new(
            options.host.unwrap_or(defaults.address.ip()),
            options.port.unwrap_or(defaults.address.port()),
        ),
        data: options.data.unwrap_or(defaults.data),
        assets: options.assets.or(defaults.assets),
        admin_key: admin_key(options.admin_key)?.or(defaults.admin_key),
        origins: origins(options.origins)?.unwrap_or(defaults.origins),
        accounts: accounts()?.unwrap_or(defaults.accounts),
        files: files_place()?.or(defaults.files),
        ..defaults
    };
    if let Some(auth) = variable(AUTH_VARIABLE)? {
        options.auth = AuthSettings::parse(&auth)?;
    }
    if let Some(limits) = variable(LIMITS_VARIABLE)? {
        limit(&mut options, &limits)?;
    }
    options.engine.noted = noted;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let server = Server::start(app, options).await?;
        println!("Zeroback listens on http://{}", server.address());
        let stopped = tokio::select! {
            stopped = stop_signal() => stopped.map_err(anyhow::Error::from),
            () = server.failed() => Err(ServeError::Lost.into()),
        };
        server.stop().await?;
        stopped
    })
}

/// Returns how the operator wants accounts to be kept.
fn accounts() -> anyhow::Result<Option<AccountSettings>> {
    let settings = variable(ACCOUNTS_VARIABLE)?;
    let settings = settings.map(|json| AccountSettings::parse(&json));
    Ok(settings.transpose()?)
}

/// Returns the admin key, if the operator has given one. No error repeats it.
fn admin_key(option: Option<String>) -> anyhow::Result<Option<AdminKey>> {
    let key = match option {
        Some(key) => Some(key),
        None => variable(ADMIN_KEY_VARIABLE)?,
    };
    Ok(key.map(AdminKey::new).transpose()?)
}

/// Returns the origins that the operator lets in.
fn origins(option: Option<String>) -> anyhow::Result<Option<Origins>> {
    let origins = match option {
        Some(origins) => Some(origins),
        None => variable(ORIGINS_VARIABLE)?,
    };
    let origins = origins.map(|origins| Origins::parse(&origins));
    Ok(origins.transpose()?)
}

/// Returns where the operator wants files to be kept, if not in the data folder.
fn files_place() -> anyhow::Result<Option<FilesPlace>> {
    let Some(url) = variable(FILES_VARIABLE)? else {
        return Ok(None);
    };
    let texts = |(name, value): (OsString, OsString)| {
        Some((name.into_string().ok()?, value.into_string().ok()?))
    };
    let variables = std::env::vars_os().filter_map(texts);
    Ok(Some(FilesPlace::parse(&url, variables)?))
}

/// Sets the limits that the operator has given.
fn limit(options: &mut ServeOptions, limits: &str) -> anyhow::Result<()> {
    let limits = Limits::parse(limits)?;
    limits.set_in(&mut options.engine)?;
    options.function_ms_max = limits.function_ms_max().unwrap_or(options.function_ms_max);
    Ok(())
}

fn variable(name: &str) -> anyhow::Result<Option<String>> {
    match std::env::var(name) {
        Ok(value) => Ok(Some(value)),
        Err(VarError::NotPresent) => Ok(None),
        Err(VarError::NotUnicode(_)) => bail!("{name} is not UTF-8"),
    }
}

/// Waits until the operator wants the server to stop.
async fn stop_signal() -> std::io::Result<()> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminate = signal(SignalKind::terminate())?;
        tokio::select! {
            interrupted = tokio::signal::ctrl_c() => interrupted,
            _ = terminate.recv() => Ok(()),
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await
}

fn codegen(app: &App, out: &Path, check: bool) -> anyhow::Result<()> {
    let generated = api_ts(app)?;
    let present = std::fs::read_to_string(out).ok();
    if present.as_ref() == Some(&generated) {
        return Ok(());
    }
    if check {
        bail!(
            "{} is not up to date; write it anew with `codegen --out {}`",
            out.display(),
            out.display()
        );
    }
    std::fs::write(out, generated).with_context(|| format!("cannot write {}", out.display()))?;
    println!("wrote {}", out.display());
    Ok(())
}

fn run_function(
    app: App,
    path: String,
    args: String,
    data: &Path,
    defaults: ServeOptions,
) -> anyhow::Result<()> {
    let args: serde_json::Value =
        serde_json::from_str(&args).context("the arguments are not JSON")?;
    log::init_log("warn", LogFormat::Text)?;
    let lock = super::server::lock(data)?;
    let around = Surroundings {
        files: super::server::files(data, files_place()?.or(defaults.files))?,
        limits: defaults.engine.web,
        accounts: Arc::new(accounts()?.unwrap_or(defaults.accounts)),
    };
    let (file, config) = (data.join(super::server::DATABASE_FILE), defaults.engine);
    let call = serde_json::json!({ "path": path, "args": args }).to_string();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let reply = runtime.block_on(async {
        let (engine, thread) = engine_thread::start(lock, around, move || {
            let store = NativeStore::open(&file, Durability::Full)?;
            Engine::open_checked(store, app.clone(), config, now(), seed())
        })
        .await?;
        let reply = engine.operate(call).await;
        engine.stop().await;
        drop(engine);
        let _ = tokio::task::spawn_blocking(move || thread.join()).await;
        reply.map_err(|_| anyhow::anyhow!("the engine has failed; the log says why"))
    })?;
    println!("{}", reply.body);
    if reply.status != 200 {
        bail!("the function failed");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::{Cli, Command, ServeOptions, admin_key, limit};

    #[test]
    fn a_short_admin_key_is_refused_and_not_repeated() {
        let refused = admin_key(Some("short".to_owned())).unwrap_err().to_string();
        assert!(
            refused.contains("16") && !refused.contains("short"),
            "{refused}"
        );
        assert!(
            admin_key(Some("a key of the tests".to_owned()))
                .unwrap()
                .is_some()
        );
    }

    #[test]
    fn limits_of_the_engine_and_of_the_host_are_set_by_one_variable() {
        let mut options = ServeOptions::default();
        limit(&mut options, r#"{"function_ms_max":250,"queries_max":3}"#).unwrap();
        assert_eq!(
            (options.function_ms_max, options.engine.queries_max),
            (250, 3)
        );
        limit(&mut options, r#"{"queries_max":4}"#).unwrap();
        assert_eq!(options.function_ms_max, 250);
        assert!(limit(&mut options, r#"{"function_ms_max":0}"#).is_err());
    }

    #[test]
    fn serving_is_the_default_and_takes_its_options_either_way() {
        let bare = Cli::try_parse_from(["my-backend", "--port", "9001"]).unwrap();
        assert!(bare.command.is_none());
        assert_eq!(bare.serve.port, Some(9001));
        let named = Cli::try_parse_from(["my-backend", "serve", "--port", "9001"]).unwrap();
        assert!(matches!(named.command, Some(Command::Serve(serve)) if serve.port == Some(9001)));
        assert!(Cli::try_parse_from(["my-backend", "--port", "9001", "codegen"]).is_err());
    }
}
