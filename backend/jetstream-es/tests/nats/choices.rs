//! A command that could go to several places goes to one.

use futures_util::future::join_all;
use jetstream_es::decisions::DecisionError;
use jetstream_es::{Cause, Choices};

use crate::bank::{self, cause};

#[tokio::test]
async fn of_several_choices_of_a_command_the_first_one_counts() {
    let (_server, connection) = bank::open().await;
    let choices = [(); 4].map(|()| Choices::new(&connection, "decisions"));
    let abreast = choices.iter().zip(1..).map(|(choices, choice)| async move {
        let kept = choices.keep(&cause("a"), "account", choice).await;
        kept.unwrap()
    });
    let kept: Vec<u32> = join_all(abreast).await;
    assert!((1..=4).contains(&kept[0]));
    assert_eq!(kept, [kept[0]; 4]);
    // Another choice of the command, and that of another command, are others.
    let [mine, ..] = choices;
    assert_eq!(mine.keep(&cause("a"), "next", 7).await.unwrap(), 7);
    assert_eq!(mine.keep(&cause("b"), "account", 8).await.unwrap(), 8);
    assert_eq!(mine.keep(&cause("a"), "account", 9).await.unwrap(), kept[0]);
}

#[tokio::test]
async fn the_choice_of_somebody_elses_command_is_not_told() {
    let (_server, connection) = bank::open().await;
    let choices = Choices::new(&connection, "decisions");
    let of = |actor: &str| Cause {
        actor: Some(actor.to_owned()),
        ..cause("a")
    };
    assert_eq!(choices.keep(&of("ann"), "account", 1).await.unwrap(), 1);
    let by_bob = choices.keep(&of("bob"), "account", 2).await;
    assert!(
        matches!(by_bob, Err(DecisionError::OfAnother)),
        "{by_bob:?}"
    );
}

#[tokio::test]
async fn what_was_deleted_is_chosen_once_more() {
    let (_server, connection) = bank::open().await;
    let choices = Choices::new(&connection, "decisions");
    assert_eq!(choices.keep(&cause("a"), "account", 1).await.unwrap(), 1);
    let bucket = connection.jetstream().get_key_value("decisions").await;
    bucket.unwrap().delete("a.=choice.account").await.unwrap();
    let found = choices.find::<u32>(&cause("a"), "account").await.unwrap();
    assert_eq!(found, None);
    for choice in [2, 3] {
        let kept = choices.keep(&cause("a"), "account", choice).await;
        assert_eq!(kept.unwrap(), 2);
    }
}
