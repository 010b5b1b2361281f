use super::*;
use crate::{family::Family, workspace::Workspace};
use std::os::unix::fs::PermissionsExt;

/// A workspace of its own with an empty `.tools/`.
async fn context(folder: &Path) -> Context {
    Context {
        workspace: Workspace::find()
            .await
            .expect("cargo metadata")
            .moved_to(folder),
        family: Family::default(),
    }
}

fn program(path: &Path, says: &str) {
    fs::create_dir_all(path.parent().expect("a folder")).expect("the folder");
    fs::write(path, format!("#!/bin/sh\necho '{says}'\n")).expect("a script");
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("executable");
}

const NAME: &str = "vacancy-stand-in";

fn wanted(accepts: &dyn Fn(Version) -> bool) -> Wanted<'_> {
    Wanted {
        program: NAME,
        what: NAME,
        why: "is for this test",
        accepts,
    }
}

#[tokio::test]
async fn what_is_there_is_not_installed_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let context = context(folder.path()).await;
    let path = context.workspace.tools().join("bin").join(NAME);
    program(&path, "stand-in v1.2.3");
    let found = ensure(
        &context,
        wanted(&|version| version == Version(1, 2, 3)),
        async || panic!("installs what is there"),
    );
    assert_eq!(found.await.expect("found"), path);
}

#[tokio::test]
async fn what_is_too_old_is_replaced() {
    let folder = tempfile::tempdir().expect("a folder");
    let context = context(folder.path()).await;
    let path = context.workspace.tools().join("bin").join(NAME);
    program(&path, "stand-in v1.2.3");
    let install = async || {
        let new = NewFolder::begin(&context, "stand-in")?;
        program(&new.path().join(NAME), "stand-in v2.0.0");
        new.complete(&context, NAME)
    };
    let newer = |version| version >= Version(2, 0, 0);
    let found = ensure(&context, wanted(&newer), install)
        .await
        .expect("installed");
    assert_eq!(version(&context, &found).await, Some(Version(2, 0, 0)));
    assert_eq!(found, path);
}

#[tokio::test]
async fn an_installation_that_brings_nothing_is_an_error() {
    let folder = tempfile::tempdir().expect("a folder");
    let context = context(folder.path()).await;
    let error = ensure(&context, wanted(&|_| true), async || Ok(())).await;
    assert!(
        matches!(error, Err(Error::StillMissing { .. })),
        "{error:?}"
    );
}

#[tokio::test]
async fn an_interrupted_installation_leaves_nothing_that_counts() {
    let folder = tempfile::tempdir().expect("a folder");
    let context = context(folder.path()).await;
    let interrupted = NewFolder::begin(&context, "stand-in").expect("begun");
    program(&interrupted.path().join(NAME), "stand-in v2.0.0");
    let found = find(&context, &wanted(&|_| true)).await.expect("no error");
    assert_eq!(found, None);
    let again = NewFolder::begin(&context, "stand-in").expect("begun again");
    assert!(!again.path().join(NAME).exists());
}
