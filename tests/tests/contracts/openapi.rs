//! The HTTP adapter is what its OpenAPI document says: Schemathesis sends what the document allows and what it does not, and
//! looks at what comes back.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use vacancy_tests::hotel::Hotel;
use vacancy_tests::tools;

use super::contracts;

/// The secret of the source `channel`, and of nobody outside of this test.
const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// How many requests of each kind are made of an operation, about: as many as a minute has room for.
const EXAMPLES: &str = "5";

/// Whoever wants to see other requests takes another one.
const SEED: &str = "20221212";

#[tokio::test(flavor = "multi_thread")]
async fn schemathesis_finds_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let hooks = folder.path().join("hooks.json");
    std::fs::write(&hooks, format!(r#"{{"channel":["{SECRET}"]}}"#)).expect("a file");
    std::fs::set_permissions(&hooks, std::fs::Permissions::from_mode(0o600)).expect("a mode");
    let hotel = Hotel::with_hooks(&hooks).await;
    hotel.backend.seed(10, 20).await;

    let ours = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemathesis");
    let output = tokio::process::Command::new(tools::schemathesis())
        .arg("--config-file")
        .arg(ours.join("schemathesis.toml"))
        .arg("run")
        .arg(contracts().join("openapi.json"))
        .args(["--url", &hotel.backend.url("")])
        .args(["--seed", SEED, "--max-examples", EXAMPLES])
        .current_dir(folder.path())
        .env("PYTHONPATH", &ours)
        .env("SCHEMATHESIS_HOOKS", "hooks")
        .env("HOOK_SECRET", SECRET)
        .kill_on_drop(true)
        .output()
        .await
        .expect("Schemathesis");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
}
