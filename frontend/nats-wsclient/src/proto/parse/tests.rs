use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use super::*;
use crate::proto::encode;

/// Everything that the parser makes of `bytes` when they arrive in pieces of the given lengths, the last of which
/// is repeated.
fn parse(bytes: &[u8], pieces: &[usize]) -> Result<Vec<ServerOp>, ProtocolError> {
    let mut parser = Parser::new(1_024);
    let mut ops = Vec::new();
    let mut rest = bytes;
    let mut pieces = pieces
        .iter()
        .copied()
        .chain(std::iter::repeat(*pieces.last().expect("a length")));
    while !rest.is_empty() {
        let length = pieces.next().expect("no end").clamp(1, rest.len());
        let (piece, later) = rest.split_at(length);
        rest = later;
        parser.push(piece);
        while let Some(op) = parser.next_op()? {
            ops.push(op);
        }
    }
    Ok(ops)
}

fn whole(bytes: &[u8]) -> Result<Vec<ServerOp>, ProtocolError> {
    parse(bytes, &[bytes.len().max(1)])
}

const STREAM: &[u8] = b"INFO {\"server_id\":\"S\",\"max_payload\":1024}\r\n\
        PING\r\n\
        MSG a.b 7 5\r\nhe\r\nl\r\n\
        MSG a.b 7 _INBOX.x.1 0\r\n\r\n\
        HMSG a.c 8 12 17\r\nNATS/1.0\r\n\r\nworld\r\n\
        HMSG a.c 8 r 26 26\r\nNATS/1.0 404 Not Found\r\n\r\n\r\n\
        +OK\r\n\
        -ERR 'Slow Consumer'\r\n\
        PONG\r\n";

#[test]
fn every_operation_of_the_server() {
    let ops = whole(STREAM).expect("valid");
    let [
        ServerOp::Info(info),
        ServerOp::Ping,
        ServerOp::Message {
            sid: 7,
            message: first,
        },
        ServerOp::Message {
            sid: 7,
            message: second,
        },
        ServerOp::Message {
            sid: 8,
            message: third,
        },
        ServerOp::Message {
            sid: 8,
            message: fourth,
        },
        ServerOp::Ok,
        ServerOp::Error(ServerError::SlowConsumer),
        ServerOp::Pong,
    ] = &ops[..]
    else {
        panic!("{ops:?}");
    };
    assert_eq!((&*info.server_id, info.max_payload), ("S", 1_024));
    assert_eq!(
        (&*first.subject, &first.reply, &*first.payload),
        ("a.b", &None, &b"he\r\nl"[..])
    );
    assert_eq!(
        (second.reply.as_deref(), &*second.payload),
        (Some("_INBOX.x.1"), &b""[..])
    );
    assert_eq!((&*third.subject, &*third.payload), ("a.c", &b"world"[..]));
    assert!(third.headers.is_empty());
    assert_eq!(
        (
            fourth.status().map(|status| status.as_u16()),
            fourth.headers.description()
        ),
        (Some(404), "Not Found")
    );
}

#[test]
fn the_same_at_every_split() {
    let expected = whole(STREAM);
    for first in 1..STREAM.len() {
        for second in [1, 2, 3, 17, STREAM.len()] {
            assert_eq!(
                parse(STREAM, &[first, second]),
                expected,
                "cut at {first}, then every {second}"
            );
        }
    }
    assert_eq!(parse(STREAM, &[1]), expected);
}

#[test]
fn blanks_between_words_may_be_many() {
    assert_eq!(
        whole(b"MSG  a\t1   2\r\nhi\r\n"),
        whole(b"MSG a 1 2\r\nhi\r\n")
    );
    assert_eq!(
        whole(b"MSG a 00000000000000000000001 2\r\nhi\r\n"),
        whole(b"MSG a 1 2\r\nhi\r\n"),
        "nor do zeros in front of a number mean anything"
    );
    assert_eq!(whole(b"PING \r\n"), Ok(vec![ServerOp::Ping]));
    assert_eq!(whole(b"PING\n"), Ok(vec![ServerOp::Ping]));
}

#[track_caller]
fn malformed(bytes: &[u8]) {
    let result = whole(bytes);
    assert!(
        matches!(result, Err(ProtocolError::MalformedMessage { .. })),
        "{result:?}"
    );
}

#[test]
fn a_message_announced_wrongly() {
    malformed(b"MSG\r\n");
    malformed(b"MSG \r\n");
    malformed(b"MSG a 1\r\n");
    malformed(b"MSG a 1 2\rx\n");
    malformed(b"MSG a\x01 1 2\r\n");
    malformed(b"MSG a x 2\r\n");
    malformed(b"MSG a 1 2x\r\n");
    malformed(b"MSG a 1 -2\r\n");
    malformed(b"MSG a 1 r 2 3\r\n");
    malformed(b"MSG a 1 r 2 3 4\r\n");
    malformed(b"MSG a 99999999999999999999 2\r\n");
    malformed(b"MSG a 1 r 2 3 4 5\r\n");
    malformed(b"HMSG \r\n");
    malformed(b"HMSG a 1 2\r\n");
    malformed(b"HMSG a 1 13 12\r\n");
    malformed(b"HMSG a 1 0 18446744073709551615\r\n");
}

#[test]
fn limits_and_lies() {
    let too_large = whole(b"MSG a 1 1025\r\n");
    assert_eq!(
        too_large,
        Err(ProtocolError::MessageTooLarge {
            size: 1_025,
            limit: 1_024
        })
    );
    assert_eq!(
        whole(b"MSG a 1 2\r\nhiPING\r\n"),
        Err(ProtocolError::MissingEnd)
    );
    assert_eq!(whole(b"MSG \xff 1 0\r\n\r\n"), Err(ProtocolError::NotUtf8));
    let endless = vec![b'x'; MAX_CONTROL_LINE + 1];
    assert_eq!(
        whole(&endless),
        Err(ProtocolError::LineTooLong {
            limit: MAX_CONTROL_LINE
        })
    );
    for (length, accepted) in [(MAX_CONTROL_LINE, true), (MAX_CONTROL_LINE + 1, false)] {
        let words = b"MSG a 1 0\r";
        let blanks = vec![b' '; length - words.len()];
        let line = [&words[..4], &blanks, &words[4..], b"\n\r\n"].concat();
        assert_eq!(whole(&line).is_ok(), accepted, "a line of {length} bytes");
    }
    let info = [b"INFO ", &vec![b' '; MAX_INFO][..]].concat();
    assert_eq!(
        parse(&info, &[4_096]),
        Err(ProtocolError::LineTooLong { limit: MAX_INFO })
    );
    let long = format!(
        "INFO {{\"server_id\":\"{}\"}}\r\n",
        "s".repeat(MAX_CONTROL_LINE)
    );
    assert!(matches!(
        whole(long.as_bytes()).as_deref(),
        Ok([ServerOp::Info(_)])
    ));
    assert!(matches!(
        whole(b"HTTP/1.1 400 Bad Request\r\n"),
        Err(ProtocolError::UnknownOperation { .. })
    ));
    assert!(matches!(
        whole(b"INFO nonsense\r\n"),
        Err(ProtocolError::MalformedInfo { .. })
    ));
    assert!(matches!(
        whole(b"HMSG a 1 3 3\r\nabc\r\n"),
        Err(ProtocolError::Headers(_))
    ));
}

#[test]
fn a_reset_parser_knows_nothing_of_before() {
    let mut parser = Parser::new(1_024);
    parser.push(b"MSG a 1 100\r\nhalf a mess");
    assert_eq!(parser.next_op(), Ok(None));
    parser.reset();
    parser.push(b"PING\r\n");
    assert_eq!(parser.next_op(), Ok(Some(ServerOp::Ping)));
}

proptest! {
    #![proptest_config(ProptestConfig {
        // The same input each time.
        rng_seed: RngSeed::Fixed(1),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn what_is_sent_is_received(
        messages in prop::collection::vec(
            ("[a-z]{1,9}(\\.[a-zA-Z0-9_]{1,9}){0,3}", prop::option::of("[a-z]{1,9}"), prop::collection::vec(any::<u8>(), 0..200), 0..u64::MAX),
            0..20,
        ),
        pieces in prop::collection::vec(1_usize..300, 1..20),
    ) {
        let mut bytes = Vec::new();
        for (subject, reply, payload, sid) in &messages {
            let reply = reply.as_ref().map(|reply| format!("{reply} ")).unwrap_or_default();
            bytes.extend(format!("MSG {subject} {sid} {reply}{}\r\n", payload.len()).into_bytes());
            bytes.extend(payload);
            bytes.extend(b"\r\n");
        }
        let ops = parse(&bytes, &pieces).expect("valid");
        prop_assert_eq!(ops.len(), messages.len());
        for (op, (subject, reply, payload, sid)) in ops.iter().zip(&messages) {
            let ServerOp::Message { sid: received, message } = op else {
                panic!("{op:?}");
            };
            prop_assert_eq!(received, sid);
            prop_assert_eq!(&*message.subject, &**subject);
            prop_assert_eq!(message.reply.as_deref(), reply.as_deref());
            prop_assert_eq!(&*message.payload, &**payload);
        }
    }

    #[test]
    fn headers_survive(
        entries in prop::collection::vec(("[A-Za-z][A-Za-z0-9-]{0,12}", "[^\\r\\n\\t ]?[^\\r\\n]{0,20}[^\\r\\n\\t ]?"), 0..8),
        payload in prop::collection::vec(any::<u8>(), 0..50),
        pieces in prop::collection::vec(1_usize..60, 1..9),
    ) {
        let mut headers = HeaderMap::new();
        for (name, value) in &entries {
            headers.append(name, value).expect("valid");
        }
        let mut published = Vec::new();
        encode::publish(&mut published, "a", None, &headers, &payload);
        // What a server does with it: HPUB becomes HMSG with a subscription's number, PUB becomes MSG.
        let text_end = published.iter().position(|&byte| byte == b'\n').expect("a line");
        let line = String::from_utf8(published[..text_end].to_vec()).expect("UTF-8");
        let line = line.replacen("PUB a", "MSG a 1", 1);
        let bytes = [line.as_bytes(), &published[text_end..]].concat();
        let ops = parse(&bytes, &pieces).expect("valid");
        let [ServerOp::Message { message, .. }] = &ops[..] else {
            panic!("{ops:?}");
        };
        prop_assert_eq!(&message.headers, &headers);
        prop_assert_eq!(&*message.payload, &*payload);
    }

    #[test]
    fn garbage_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..600), pieces in prop::collection::vec(1_usize..60, 1..9)) {
        let whole = whole(&bytes);
        prop_assert_eq!(parse(&bytes, &pieces).is_ok(), whole.is_ok());
    }

    #[test]
    fn damaged_streams_never_panic(at in 0..STREAM.len(), byte in any::<u8>(), pieces in prop::collection::vec(1_usize..60, 1..9)) {
        let mut bytes = STREAM.to_vec();
        bytes[at] = byte;
        prop_assert_eq!(parse(&bytes, &pieces).is_ok(), whole(&bytes).is_ok());
    }
}
