//! What a client sends, as bytes. Subjects were checked before they come here.

use super::HeaderMap;

pub(crate) const PING: &[u8] = b"PING\r\n";
pub(crate) const PONG: &[u8] = b"PONG\r\n";

/// `CONNECT {…}`.
pub(crate) fn connect(out: &mut Vec<u8>, json: &[u8]) {
    out.extend_from_slice(b"CONNECT ");
    out.extend_from_slice(json);
    end(out);
}

/// `PUB subject [reply] size`, or `HPUB` if there are headers, and the payload.
pub(crate) fn publish(
    out: &mut Vec<u8>,
    subject: &str,
    reply: Option<&str>,
    headers: &HeaderMap,
    payload: &[u8],
) {
    let headers = (!headers.is_empty()).then_some(headers);
    let word: &[u8] = if headers.is_some() { b"HPUB " } else { b"PUB " };
    out.extend_from_slice(word);
    out.extend_from_slice(subject.as_bytes());
    out.push(b' ');
    if let Some(reply) = reply {
        out.extend_from_slice(reply.as_bytes());
        out.push(b' ');
    }
    if let Some(headers) = headers {
        let length = headers.encoded_len();
        number(out, length as u64);
        out.push(b' ');
        number(out, (length + payload.len()) as u64);
        end(out);
        headers.encode(out);
    } else {
        number(out, payload.len() as u64);
        end(out);
    }
    out.extend_from_slice(payload);
    end(out);
}

/// `SUB subject [queue] sid`.
pub(crate) fn subscribe(out: &mut Vec<u8>, subject: &str, queue: Option<&str>, sid: u64) {
    out.extend_from_slice(b"SUB ");
    out.extend_from_slice(subject.as_bytes());
    out.push(b' ');
    if let Some(queue) = queue {
        out.extend_from_slice(queue.as_bytes());
        out.push(b' ');
    }
    number(out, sid);
    end(out);
}

/// `UNSUB sid [max]`: at once, or after so many messages in all.
pub(crate) fn unsubscribe(out: &mut Vec<u8>, sid: u64, max: Option<u64>) {
    out.extend_from_slice(b"UNSUB ");
    number(out, sid);
    if let Some(max) = max {
        out.push(b' ');
        number(out, max);
    }
    end(out);
}

fn end(out: &mut Vec<u8>) {
    out.extend_from_slice(b"\r\n");
}

/// Decimal digits, without the machinery (and the kilobytes) of `format!`.
fn number(out: &mut Vec<u8>, mut value: u64) {
    let start = out.len();
    loop {
        out.push(b'0' + (value % 10) as u8);
        value /= 10;
        if value == 0 {
            break;
        }
    }
    out[start..].reverse();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(write: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
        let mut out = Vec::new();
        write(&mut out);
        out
    }

    #[test]
    fn exact_bytes() {
        let none = HeaderMap::new();
        let mut some = HeaderMap::new();
        some.insert("A", "b").expect("valid");
        assert_eq!(written(|out| connect(out, b"{}")), b"CONNECT {}\r\n");
        assert_eq!(
            written(|out| publish(out, "a.b", None, &none, b"hi")),
            b"PUB a.b 2\r\nhi\r\n"
        );
        assert_eq!(
            written(|out| publish(out, "a", Some("r"), &none, b"")),
            b"PUB a r 0\r\n\r\n"
        );
        assert_eq!(
            written(|out| publish(out, "a", Some("r"), &some, b"0123456789")),
            b"HPUB a r 18 28\r\nNATS/1.0\r\nA: b\r\n\r\n0123456789\r\n"
        );
        assert_eq!(
            written(|out| subscribe(out, "a.>", None, 1)),
            b"SUB a.> 1\r\n"
        );
        assert_eq!(
            written(|out| subscribe(out, "a.>", Some("q"), 1_203)),
            b"SUB a.> q 1203\r\n"
        );
        assert_eq!(
            written(|out| unsubscribe(out, u64::MAX, None)),
            b"UNSUB 18446744073709551615\r\n"
        );
        assert_eq!(
            written(|out| unsubscribe(out, 7, Some(12))),
            b"UNSUB 7 12\r\n"
        );
    }
}
