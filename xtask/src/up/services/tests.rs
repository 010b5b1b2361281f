use super::*;
use crate::{family::Family, workspace::Workspace};
use tokio::{io::AsyncWriteExt, net::TcpListener};

async fn context() -> Context {
    Context {
        workspace: Workspace::find().await.expect("cargo metadata"),
        family: Family::default(),
    }
}

fn service<'a>(context: &'a Context, name: &'static str, script: &str) -> Service<'a> {
    let mut command = context.workspace.command("sh");
    command.args(["-c", script]);
    Service::start(context, name, Colour::Cyan, &mut command).expect("a shell")
}

fn readiness(port: u16) -> Readiness {
    Readiness {
        port,
        sign: Sign::Answers("/"),
        trust: None,
        within: Duration::from_millis(300),
        hopeless: None,
    }
}

/// A port on which nobody listens.
async fn silent_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    listener.local_addr().expect("an address").port()
}

#[tokio::test]
async fn a_service_that_ends_before_it_is_ready_is_named_with_its_last_lines() {
    let context = context().await;
    let mut services = Services::default();
    let dying = service(&context, "dying", "echo 'no such file'; exit 3");
    let patient = Readiness {
        within: Duration::from_secs(60),
        ..readiness(silent_port().await)
    };
    let error = services.add(dying, patient).await.expect_err("it ended");
    assert!(
        error.to_string().contains("dying has ended by itself"),
        "{error}"
    );
    assert_eq!(error.last_lines(), ["no such file"]);
}

#[tokio::test]
async fn a_service_that_is_never_ready_is_named_with_its_last_answer() {
    let context = context().await;
    let mut services = Services::default();
    let idle = service(&context, "idle", "echo starting; sleep 600");
    let error = services.add(idle, readiness(silent_port().await)).await;
    let error = error.expect_err("never ready");
    assert!(
        matches!(
            error,
            Error::NotReady {
                service: "idle",
                ..
            }
        ),
        "{error:?}"
    );
    assert!(error.to_string().contains("cannot be reached"), "{error}");
    context.family.end().await;
}

#[tokio::test]
async fn nobody_waits_for_the_hopeless() {
    let context = context().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let mut services = Services::default();
    let service = service(&context, "hopeless", "sleep 600");
    let answering = async {
        let (mut stream, _) = listener.accept().await.expect("a connection");
        let answer = stream.write_all(b"HTTP/1.1 404 Not Found\r\n\r\n");
        answer.await.expect("written");
    };
    let readiness = Readiness {
        within: Duration::from_secs(60),
        hopeless: Some(404),
        ..readiness(port)
    };
    let (result, ()) = tokio::join!(services.add(service, readiness), answering);
    let error = result.expect_err("hopeless");
    assert!(error.to_string().contains("answers 404"), "{error}");
    context.family.end().await;
}

#[tokio::test]
async fn whoever_greets_is_ready() {
    let context = context().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let mut services = Services::default();
    let service = service(&context, "greeting", "sleep 600");
    let greeting = async {
        let (mut stream, _) = listener.accept().await.expect("a connection");
        stream.write_all(b"INFO {}\r\n").await.expect("written");
    };
    let readiness = Readiness {
        sign: Sign::Greets,
        within: Duration::from_secs(60),
        ..readiness(port)
    };
    let (result, ()) = tokio::join!(services.add(service, readiness), greeting);
    result.expect("ready");
    context.family.end().await;
}

#[tokio::test]
async fn another_service_that_ends_meanwhile_is_noticed_too() {
    let context = context().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let mut services = Services::default();
    let first = service(&context, "first", "read line; exit 0");
    let second = service(&context, "second", "sleep 600");
    // Standard input is empty, so the first one ends at once, although the port of the second never answers well.
    services.running.push(first);
    let answering = async {
        loop {
            let (mut stream, _) = listener.accept().await.expect("a connection");
            stream
                .write_all(b"HTTP/1.1 503 Not yet\r\n\r\n")
                .await
                .expect("written");
        }
    };
    let patient = Readiness {
        within: Duration::from_secs(60),
        ..readiness(port)
    };
    let error = tokio::select! {
        result = services.add(second, patient) => result.expect_err("the first ended"),
        () = answering => unreachable!("it answers for ever"),
    };
    assert!(
        matches!(
            error,
            Error::Died {
                service: "first",
                ..
            }
        ),
        "{error:?}"
    );
    context.family.end().await;
}

#[tokio::test]
async fn a_task_that_fails_is_an_error_and_one_that_does_not_is_none() {
    let context = context().await;
    let mut services = Services::default();
    services
        .running
        .push(service(&context, "idle", "sleep 600"));
    services
        .run(service(&context, "good", "exit 0"))
        .await
        .expect("good");
    let error = services
        .run(service(&context, "bad", "echo oh; exit 1"))
        .await;
    assert_eq!(error.expect_err("bad").last_lines(), ["oh"]);
    context.family.end().await;
}
