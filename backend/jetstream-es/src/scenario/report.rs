//! A scenario that ended otherwise, told so that whoever knows the business can read it.

use serde_json::Value;

/// The name of a command's type, without the modules it is in.
pub(super) fn name_of<C>() -> &'static str {
    let name = std::any::type_name::<C>();
    // Of `a::B<c::D>`, only what is before the parameters has modules to be left out.
    let start = name.split('<').next().unwrap_or(name);
    start.rsplit("::").next().unwrap_or(start)
}

/// All of a scenario, and what is different at its end.
pub(super) fn difference(
    place: &str,
    given: &[Value],
    (name, command): &(&'static str, Value),
    expected: &[Value],
    found: &[Value],
) -> String {
    let mut text = format!("something else happened {place}\n\ngiven\n");
    text.push_str(&indented(&lines_of(given), "    "));
    text.push_str(&format!("when\n    {name}\n"));
    let mut lines = Vec::new();
    members("", command, &mut lines);
    text.push_str(&indented(&lines, "      "));
    text.push_str("then (- expected, + happened)\n");
    for (mark, line) in diff(&lines_of(expected), &lines_of(found)) {
        text.push_str(&format!("  {mark} {line}\n"));
    }
    text
}

/// An event or a refusal, a line for its type and one for each member of its data.
pub(super) fn text(value: &Value) -> String {
    indented(&lines_of(std::slice::from_ref(value)), "    ")
}

fn indented(lines: &[String], indent: &str) -> String {
    let lines = lines.iter().map(|line| format!("{indent}{line}\n"));
    lines.collect()
}

fn lines_of(values: &[Value]) -> Vec<String> {
    let mut lines = Vec::new();
    if values.is_empty() {
        lines.push("nothing".to_owned());
    }
    for value in values {
        let data = match (value.get("type"), value.get("refused")) {
            (Some(Value::String(event_type)), _) => {
                lines.push(event_type.clone());
                value.get("data").unwrap_or(&Value::Null)
            }
            (_, Some(refusal)) => {
                lines.push("refused".to_owned());
                refusal
            }
            _ => value,
        };
        let mut inner = Vec::new();
        members("", data, &mut inner);
        lines.extend(inner.into_iter().map(|line| format!("  {line}")));
    }
    lines
}

/// A line for each member of a value, with its path.
fn members(path: &str, value: &Value, lines: &mut Vec<String>) {
    let under = |name: &str| match path {
        "" => name.to_owned(),
        path => format!("{path}.{name}"),
    };
    let colon = if path.is_empty() { "" } else { ": " };
    match value {
        Value::Null if path.is_empty() => {}
        Value::Object(object) if !object.is_empty() => {
            // By name: whether an object keeps its own order is a feature of serde_json that any dependency may turn on.
            let mut fields: Vec<_> = object.iter().collect();
            fields.sort_unstable_by_key(|(name, _)| *name);
            for (name, value) in fields {
                members(&under(name), value, lines);
            }
        }
        Value::Array(values) if !values.is_empty() => {
            for (number, value) in (1..).zip(values) {
                members(&under(&format!("{number}")), value, lines);
            }
        }
        Value::String(text) => lines.push(format!("{path}{colon}{text}")),
        value => lines.push(format!("{path}{colon}{value}")),
    }
}

/// The lines of both, in order; `-` is in the first one only, `+` in the second one.
fn diff<'a>(expected: &'a [String], found: &'a [String]) -> Vec<(char, &'a str)> {
    // How many lines the two have in common from each pair of places on.
    let mut common = vec![vec![0_usize; found.len() + 1]; expected.len() + 1];
    for (i, left) in expected.iter().enumerate().rev() {
        for (j, right) in found.iter().enumerate().rev() {
            common[i][j] = if left == right {
                common[i + 1][j + 1] + 1
            } else {
                common[i + 1][j].max(common[i][j + 1])
            };
        }
    }
    let (mut i, mut j, mut lines) = (0, 0, Vec::new());
    loop {
        match (expected.get(i), found.get(j)) {
            (Some(left), Some(right)) if left == right => {
                lines.push((' ', left.as_str()));
                (i, j) = (i + 1, j + 1);
            }
            (Some(left), right) if right.is_none() || common[i + 1][j] >= common[i][j + 1] => {
                lines.push(('-', left.as_str()));
                i += 1;
            }
            (_, Some(right)) => {
                lines.push(('+', right.as_str()));
                j += 1;
            }
            // The guard above takes a line on the left whenever there is none on the right.
            (_, None) => return lines,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{difference, name_of};

    struct Book;

    #[test]
    fn a_difference_reads_like_the_scenario() {
        let booked = |nights: u8| json!({"type": "booked.v1", "data": {"room": {"id": 1}, "nights": nights}});
        let text = difference(
            "in memory",
            &[],
            &(name_of::<Book>(), json!({"room": {"id": 1}})),
            &[booked(2)],
            &[booked(3), booked(4)],
        );
        let expected = "something else happened in memory

given
    nothing
when
    Book
      room.id: 1
then (- expected, + happened)
    booked.v1
  -   nights: 2
  +   nights: 3
      room.id: 1
  + booked.v1
  +   nights: 4
  +   room.id: 1
";
        assert_eq!(text, expected);
        let text = difference(
            "in memory",
            &[booked(1)],
            &(name_of::<Book>(), json!(null)),
            &[],
            &[json!({"refused": {"code": "taken"}})],
        );
        assert!(
            text.ends_with("  - nothing\n  + refused\n  +   code: taken\n"),
            "{text}"
        );
    }
}
