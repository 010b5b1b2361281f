//! A circuit breaker that several instances share.

use std::time::Duration;

use jetstream_es::breaker::{BreakerError, Circuit, Pass};
use jetstream_es::declare;
use jetstream_es::testing::Server;
use jetstream_es::{Breaker, BreakerPolicy};

const POLICY: BreakerPolicy = BreakerPolicy {
    failures: 4,
    pause: Duration::from_millis(200),
    trial: Duration::from_secs(30),
};

#[tokio::test]
async fn instances_count_failures_together_and_try_one_at_a_time() {
    let server = Server::start().await;
    let (one, two) = (server.connect().await, server.connect().await);
    declare::bucket(&one.jetstream(), &Breaker::bucket())
        .await
        .unwrap();
    let one = Breaker::new(&one, "mail", POLICY).unwrap();
    let two = Breaker::new(&two, "mail", POLICY).unwrap();
    for instance in [&one, &two, &one] {
        let (pass, _) = instance.ask().await.unwrap();
        assert_eq!(pass, Pass::Free);
        instance.note(&pass, false).await.unwrap();
    }
    // The fourth is noted by both at the same time, and neither is lost.
    let (pass, _) = two.ask().await.unwrap();
    let (first, second) = tokio::join!(one.note(&pass, false), two.note(&pass, false));
    first.and(second).unwrap();
    let BreakerError::Open { wait, .. } = one.ask().await.unwrap_err() else {
        panic!("not open");
    };
    assert!(wait <= POLICY.pause, "{wait:?}");

    tokio::time::sleep(wait + Duration::from_millis(5)).await;
    let asked = futures_util::future::join_all((0..20).map(async |number| {
        let instance = if number % 2 == 0 { &one } else { &two };
        instance.ask().await
    }));
    let (trials, others): (Vec<_>, Vec<_>) = asked.await.into_iter().partition(Result::is_ok);
    assert_eq!((trials.len(), others.len()), (1, 19));
    let (trial, _) = trials.into_iter().next().unwrap().unwrap();
    two.note(&trial, true).await.unwrap();
    assert_eq!(one.ask().await.unwrap().0, Pass::Free);
    assert_eq!(one.read().await.unwrap().0, Circuit::default());

    let other = Breaker::new(&server.connect().await, "a destination", POLICY);
    assert!(matches!(other, Err(BreakerError::Name(_))));
}
