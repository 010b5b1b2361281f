//! `/session`, `/link` and `/staff/<name>/link`: logging in and out.

use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Map, Value, json};

use super::{Paths, json_of, responses};
use crate::http::caller::COOKIE;
use crate::http::session::{Asked, LinkState, LogIn, NewLink, SessionState};
use shared::staff::StaffName;

/// What shows a session: all other operations may be asked with it, too.
pub(super) fn scheme() -> Value {
    json!({
        "type": "apiKey",
        "in": "cookie",
        "name": COOKIE,
        "description": "What `POST /session` sets. A program of the hotel's own machine needs none.",
    })
}

pub(super) fn describe(paths: &mut Paths, generator: &mut SchemaGenerator) {
    let who = || answer::<SessionState>("Who one is.");
    let state = Operation {
        ok: Some(who()),
        problems: &["TooMany", "Unavailable"],
        ..Operation::new("session", "Who is logged in; whoever is not is the guest")
    };
    let log_in = Operation {
        body: Some(json_of::<LogIn>),
        ok: Some(with_cookie(who())),
        problems: &[
            "BadRequest",
            "WrongPassword",
            "ForeignPage",
            "Timeout",
            "LinkOver",
            "TooLarge",
            "UnsupportedMediaType",
            "Invalid",
            "TooManyTries",
            "Unavailable",
        ],
        ..Operation::new(
            "log-in",
            "Logs in, by name and password, or once by a link and the password that is chosen with it",
        )
    };
    let log_out = Operation {
        problems: &["ForeignPage", "TooMany", "Unavailable"],
        ..Operation::new(
            "log-out",
            "Logs out, and cuts what was connected to NATS by this log-in",
        )
    };
    let session = json!({
        "get": state.described(generator),
        "post": log_in.described(generator),
        "delete": log_out.described(generator),
    });
    paths.insert("/session".to_owned(), session);

    let renew = Operation {
        ok: Some(with_cookie(who())),
        problems: &["NotLoggedIn", "ForeignPage", "TooMany", "Unavailable"],
        ..Operation::new("renew-session", "Another token for the same log-in")
    };
    let renew = json!({ "post": renew.described(generator) });
    paths.insert("/session/renewal".to_owned(), renew);

    let link = Operation {
        body: Some(json_of::<Asked>),
        ok: Some(answer::<LinkState>("Who chooses a password with it.")),
        problems: &[
            "BadRequest",
            "ForeignPage",
            "Timeout",
            "LinkOver",
            "TooLarge",
            "UnsupportedMediaType",
            "Invalid",
            "TooMany",
            "Unavailable",
        ],
        ..Operation::new("link", "Whom a link is for; it can be used afterwards")
    };
    let link = json!({ "post": link.described(generator) });
    paths.insert("/link".to_owned(), link);

    let new_link = Operation {
        ok: Some(answer::<NewLink>(
            "The link, which is told here and nowhere else.",
        )),
        problems: &[
            "BadRequest",
            "NotLoggedIn",
            "Forbidden",
            "NotFound",
            "Conflict",
            "Invalid",
            "TooMany",
            "Broken",
            "Unavailable",
        ],
        ..Operation::new(
            "new-link",
            "A link for somebody of the staff, by a manager: their password and sessions are worth nothing any more",
        )
    };
    let mut new_link = new_link.described(generator);
    new_link["parameters"] = json!([{
        "name": "name",
        "in": "path",
        "required": true,
        "description": "The log-in name.",
        "schema": generator.subschema_for::<StaffName>(),
    }]);
    paths.insert("/staff/{name}/link".to_owned(), json!({ "post": new_link }));
}

type Schema = fn(&mut SchemaGenerator) -> Value;

/// A successful response with a body.
struct Answer {
    description: &'static str,
    content: Schema,
    sets_cookie: bool,
}

fn answer<T: JsonSchema>(description: &'static str) -> Answer {
    Answer {
        description,
        content: json_of::<T>,
        sets_cookie: false,
    }
}

fn with_cookie(answer: Answer) -> Answer {
    Answer {
        sets_cookie: true,
        ..answer
    }
}

struct Operation {
    id: &'static str,
    summary: &'static str,
    body: Option<Schema>,
    /// What is answered with 200; without it 204 is.
    ok: Option<Answer>,
    problems: &'static [&'static str],
}

impl Operation {
    fn new(id: &'static str, summary: &'static str) -> Self {
        Self {
            id,
            summary,
            body: None,
            ok: None,
            problems: &[],
        }
    }

    fn described(self, generator: &mut SchemaGenerator) -> Value {
        let mut all: Map<String, Value> = responses::references(self.problems).collect();
        match self.ok {
            None => {
                all.insert("204".to_owned(), json!({ "description": "It is so." }));
            }
            Some(answer) => {
                let content = (answer.content)(generator);
                let mut response = json!({ "description": answer.description, "content": content });
                if answer.sets_cookie {
                    response["headers"] = json!({
                        "Set-Cookie": {
                            "description": "What shows the session: HttpOnly, Secure, SameSite=Strict.",
                            "required": true,
                            "schema": { "type": "string" },
                        },
                    });
                }
                all.insert("200".to_owned(), response);
            }
        }
        let mut operation = json!({
            "operationId": self.id,
            "summary": self.summary,
            "tags": ["session"],
            "responses": all,
        });
        if let Some(body) = self.body {
            let content = body(generator);
            operation["requestBody"] = json!({ "required": true, "content": content });
        }
        operation
    }
}
