//! One set of rules at every edge: what is wrong with a booking is said in the same words, of the same field, over HTTP and
//! over NATS. The board's form is tried with the same table (`frontend/src/model/booking_form.rs`).

use serde_json::{Value, json};

use crate::hotel::{Hotel, stay};

#[tokio::test]
async fn what_is_wrong_is_said_as_at_every_other_edge() {
    let hotel = Hotel::with_rooms(1).await;
    let cases = include_str!("../../../shared/tests/bad_bookings.json");
    let cases: Vec<Value> = serde_json::from_str(cases).unwrap();
    for case in &cases {
        let (path, message) = (case["path"].as_str().unwrap(), &case["message"]);
        let mut data = stay(1, 1, "2022-12-12", 1);
        *field(&mut data, path) = case["value"].clone();

        let refusal = hotel.refused("book-room", data.clone()).await;
        assert_eq!(refusal.code, "invalid");
        assert_eq!(refusal.field.as_deref(), Some(path));
        assert_eq!(refusal.message, *message);

        let url = format!("{}/mutation/book-room", hotel.backend.http);
        let request = reqwest::Client::new().put(url);
        let response = request.json(&json!({ "data": data })).send().await.unwrap();
        assert_eq!(response.status(), 422);
        let problem: Value = response.json().await.unwrap();
        let error = &problem["errors"][0];
        assert_eq!(error["field"], format!("data.{path}"));
        assert_eq!(
            error["pointer"],
            format!("#/data/{}", path.replace('.', "/"))
        );
        assert_eq!(error["detail"], *message);
    }
}

/// The field at `path`, made if it is not there.
fn field<'a>(data: &'a mut Value, path: &str) -> &'a mut Value {
    path.split('.').fold(data, |value, name| &mut value[name])
}
