//! `GET /problems/<code>`: what a type of problems means, for a person who has followed the `type` of one.

use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::http::{HeaderName, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};

use super::super::spa::escape;
use super::{Kind, Problem};

/// Nothing in the page is to be loaded or run.
const POLICY: [(HeaderName, &str); 2] = [
    (header::CONTENT_SECURITY_POLICY, "default-src 'none'"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
];

/// Handles the request for what a problem means.
pub(in super::super) async fn get(
    code: Result<Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    let Path(code) = code?;
    let kind = Kind::find(&code)
        .ok_or_else(|| Problem::new(StatusCode::NOT_FOUND, "There is no problem of this type."))?;
    Ok((POLICY, Html(page(&kind))).into_response())
}

fn page(kind: &Kind) -> String {
    let Kind { code, status, .. } = kind;
    let [title, meaning, remedy] = [kind.title, kind.meaning, kind.remedy].map(escape);
    format!(
        "<!doctype html>\n\
         <html lang=\"en\">\n\
         <head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>{title}</title></head>\n\
         <body>\n\
         <h1>{title}</h1>\n\
         <p><code>/problems/{code}</code>, status {}</p>\n\
         <p>{meaning}</p>\n\
         <h2>What to do</h2>\n\
         <p>{remedy}</p>\n\
         </body>\n\
         </html>\n",
        status.as_u16()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn every_type_has_a_page_and_nothing_else_has() {
        for kind in Kind::all() {
            let response = get(Ok(Path(kind.code.to_owned()))).await.unwrap();
            assert_eq!(response.status(), StatusCode::OK);
            let text = page(&kind);
            for part in [kind.title, kind.meaning, kind.remedy] {
                assert!(text.contains(&escape(part)), "{text}");
            }
        }
        let problem = get(Ok(Path("about:blank".to_owned()))).await.unwrap_err();
        assert_eq!(problem.into_response().status(), StatusCode::NOT_FOUND);
    }
}
