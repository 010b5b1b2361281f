use super::*;

fn shell(script: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", script]);
    command
}

/// The first line says which process to look for.
async fn first_pid(member: &mut Member<'_>) -> Pid {
    let line = member.lines().recv().await.expect("a line with a pid");
    Pid::from_raw(line.trim().parse().expect("a number")).expect("a pid")
}

fn lives(pid: Pid) -> bool {
    // A zombie that waits for its new parent no longer lives.
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero()));
    stat.is_ok_and(|stat| !stat.contains(") Z "))
}

async fn gone(pid: Pid) {
    let deadline = Instant::now() + GRACE;
    while lives(pid) {
        assert!(Instant::now() < deadline, "{pid:?} still lives");
        sleep(GLANCE).await;
    }
}

#[tokio::test]
async fn ending_the_family_ends_descendants_too() {
    let family = Family::default();
    let mut member = family
        .spawn(piped(&mut shell("sleep 600 & echo $!; wait")))
        .expect("a shell");
    let grandchild = first_pid(&mut member).await;
    assert!(lives(grandchild));
    drop(member);
    family.end().await;
    gone(grandchild).await;
}

#[tokio::test]
async fn the_youngest_ends_first() {
    let folder = tempfile::tempdir().expect("a folder");
    let log = folder.path().join("log");
    let family = Family::default();
    let mut members = Vec::new();
    for name in ["old", "young"] {
        let script = format!(
            "trap 'echo {name} >> {}; exit' TERM; echo ready; while :; do sleep 0.02; done",
            log.display()
        );
        let mut member = family.spawn(piped(&mut shell(&script))).expect("a shell");
        assert_eq!(member.lines().recv().await.as_deref(), Some("ready"));
        members.push(member);
    }
    drop(members);
    family.end().await;
    assert_eq!(
        std::fs::read_to_string(log).expect("the log"),
        "young\nold\n"
    );
}

#[tokio::test]
async fn what_a_finished_process_leaves_behind_ends_with_it() {
    let family = Family::default();
    let mut member = family
        .spawn(piped(&mut shell("sleep 600 & echo $!")))
        .expect("a shell");
    let left_behind = first_pid(&mut member).await;
    assert!(member.wait().await.expect("a status").success());
    gone(left_behind).await;
    assert!(family.groups.borrow().is_empty());
}

#[tokio::test]
async fn dropping_the_family_kills_it() {
    let family = Family::default();
    let mut member = family
        .spawn(piped(&mut shell(
            "trap '' TERM; echo $$; while :; do sleep 0.02; done",
        )))
        .expect("a shell");
    let stubborn = first_pid(&mut member).await;
    drop(member);
    drop(family);
    gone(stubborn).await;
}

#[tokio::test]
async fn a_failure_carries_the_last_lines() {
    let family = Family::default();
    let mut seen = Vec::new();
    let error = family
        .watch(
            &mut shell("printf 'one\\rtwo\\n'; echo three >&2; exit 7"),
            |line| seen.push(line.to_owned()),
        )
        .await
        .expect_err("exit code 7");
    seen.sort_unstable();
    assert_eq!(seen, ["one", "three", "two"]);
    assert_eq!(error.last_lines().len(), 3);
    assert!(error.to_string().contains("exit status: 7"), "{error}");
}

#[tokio::test]
async fn a_program_that_does_not_exist_is_named() {
    let family = Family::default();
    let error = family
        .run(&mut Command::new("no-such-program-at-all"))
        .await
        .expect_err("nothing to start");
    assert!(
        error.to_string().contains("no-such-program-at-all"),
        "{error}"
    );
}
