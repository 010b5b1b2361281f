//! The routes of a hotel under its name.

use serde_json::{Value, json};

use crate::hotel::{Hotel, stay};

#[tokio::test]
async fn what_is_told_under_a_hotels_name_leads_to_more_of_it() {
    let hotel = Hotel::with_rooms(1).await;
    let put = |path: &str| {
        let url = format!("{}{path}", hotel.backend.http);
        let body = json!({"data": stay(1, 1, "2031-03-01", 1)});
        reqwest::Client::new().put(url).json(&body).send()
    };
    let accepted = put("/hotels/main/mutation/book-room").await.unwrap();
    assert_eq!(accepted.status(), 202);
    let location = accepted.headers()["location"].to_str().unwrap().to_owned();
    assert!(location.starts_with("/hotels/main/commands/"), "{location}");
    let told: Value = accepted.json().await.unwrap();
    assert_eq!(told["status"], *location);
    let events = told["events"].as_str().unwrap();
    assert!(events.starts_with("/hotels/main/events?"), "{events}");
    assert_eq!(hotel.backend.get(&location).await.status(), 200);

    let views: Value = hotel
        .backend
        .get("/hotels/main/views")
        .await
        .json()
        .await
        .unwrap();
    for view in views["views"].as_array().unwrap() {
        let url = view["url"].as_str().unwrap();
        assert_eq!(hotel.backend.get(url).await.status(), 200, "{url}");
        assert!(url.starts_with("/hotels/main/views/"), "{url}");
    }
    let page = "/hotels/main/views/vacancy?limit=1";
    let page: Value = hotel.backend.get(page).await.json().await.unwrap();
    let next = page["next"].as_str().unwrap();
    assert!(next.starts_with("/hotels/main/views/vacancy?"), "{next}");
    assert_eq!(
        hotel
            .backend
            .get("/hotels/main/health/ready")
            .await
            .status(),
        200
    );
}

#[tokio::test]
async fn there_is_nothing_under_other_names() {
    let hotel = Hotel::with_rooms(0).await;
    for path in [
        "/hotels",
        "/hotels/",
        "/hotels/sea/views",
        "/hotels/Main/views",
        "/hotels/main",
        "/hotels/main/nothing",
        "/hotels/main/hotels/main/views",
        "/hotels/%6dain/../sea/views",
    ] {
        let answer = hotel.backend.get(path).await;
        assert_eq!(answer.status(), 404, "{path}");
        let kind = &answer.headers()["content-type"];
        assert_eq!(kind, "application/problem+json", "{path}");
    }
}
