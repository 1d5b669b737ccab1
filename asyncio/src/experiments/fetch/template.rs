//! Templates: a URL, headers and a body with `{column}` in them, which each row of a list fills.
//!
//! A value is encoded as its place needs it, so that no value can add a path segment, a header or a JSON key. `{{column}}` stands for the
//! text `{column}`; other braces stand for themselves.

use std::borrow::Cow;

use hyper::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use lab::lang::Text;
use lab::{Error, Result, text};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::request::{self, RequestPlan, is_credential};

/// What is encoded in a URL and in a form: all but the unreserved characters (RFC 3986, 2.3).
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The value of a row in a column.
#[derive(Clone, Copy, Debug)]
pub enum Cell<'a> {
    Text(&'a str),
    /// A JSON value as it is written.
    Json(&'a str),
}

#[derive(Clone, Debug)]
pub struct Template {
    url: Parts,
    /// As given, for messages.
    given: String,
    /// Method, headers and body; the headers and the body with columns are replaced for each row.
    request: RequestPlan,
    headers: Vec<(usize, Parts)>,
    body: Option<Parts>,
}

/// A template with the values of a row.
#[derive(Debug)]
pub struct Filled {
    pub url: String,
    pub request: RequestPlan,
    /// A checksum of the parts of headers and body that the row fills, without credentials; `None` if there are none.
    pub checksum: Option<u32>,
}

impl Template {
    /// `json` is whether the body is JSON; [`is_json`] has checked it.
    pub fn new(url: &str, request: RequestPlan, json: bool) -> Result<Template> {
        let has_column = |parts: &Parts| parts.0.iter().any(|piece| matches!(piece, Piece::Column(..)));
        let headers = request.headers.iter().map(|(_, value)| Parts::of(value.as_bytes(), |_| Place::Header));
        let headers: Vec<(usize, Parts)> = headers.enumerate().filter(|(_, parts)| has_column(parts)).collect();
        let is_form = |(name, value): &(HeaderName, HeaderValue)| {
            *name == CONTENT_TYPE && value.as_bytes().starts_with(b"application/x-www-form-urlencoded")
        };
        let body = match (json, request.headers.iter().any(is_form)) {
            (true, _) => json_parts(&request.body),
            (false, true) => Parts::of(&request.body, |_| Place::Form),
            (false, false) => Parts::of(&request.body, |_| Place::Plain),
        };
        let body = Some(body).filter(has_column);
        let mut place = Place::Start;
        let url_parts = Parts::of(url.as_bytes(), |literal| {
            place = place.after(literal);
            place
        });
        if !has_column(&url_parts) && headers.is_empty() && body.is_none() {
            return Err(Error::usage(text!(
                "--rows: 주소, 헤더, 본문 어디에도 {{열}}이 없습니다. http://호스트/{{id}}처럼 쓰십시오.",
                "--rows: no {{column}} is used in the URL, a header or the body. Write it like http://host/{{id}}."
            )));
        }
        Ok(Template { url: url_parts, given: url.to_owned(), request, headers, body })
    }

    pub fn url(&self) -> &str {
        &self.given
    }

    /// An error if a column is not known.
    pub fn check_columns(&self, known: impl Fn(&str) -> bool) -> Result<(), Text> {
        let headers = self.headers.iter().map(|(n, parts)| (parts, is_credential(&self.request.headers[*n].0)));
        let all =
            [Some(&self.url), self.body.as_ref()].into_iter().flatten().map(|parts| (parts, false)).chain(headers);
        for (parts, secret) in all {
            for piece in &parts.0 {
                if let Piece::Column(name, _) = piece
                    && !known(name)
                {
                    return Err(no_column(name, secret));
                }
            }
        }
        Ok(())
    }

    pub fn fill<'c>(&self, cell: impl Fn(&str) -> Option<Cell<'c>>) -> Result<Filled, Text> {
        let url = self.url.fill(&cell, false)?;
        let url = String::from_utf8(url).expect("the template and its values are text");
        let (mut request, mut checksum) = (self.request.clone(), None);
        for (n, parts) in &self.headers {
            let (name, value) = &mut request.headers[*n];
            let is_secret = is_credential(name);
            let bytes = parts.fill(&cell, is_secret)?;
            let mut filled = HeaderValue::from_bytes(&bytes).map_err(|_| {
                text!(
                    "{name} 헤더의 값에 줄바꿈이나 다른 제어 문자가 있습니다.",
                    "the value of the header {name} contains a line break or another control character."
                )
            })?;
            filled.set_sensitive(is_secret);
            *value = filled;
            if !is_secret {
                checksum = Some(add(checksum, &bytes));
            }
        }
        if let Some(parts) = &self.body {
            let body = parts.fill(&cell, false)?;
            checksum = Some(add(checksum, &body));
            request.body = body.into();
        }
        Ok(Filled { url, request, checksum })
    }
}

/// Whether the body of a template is JSON when it is filled.
pub fn is_json(body: &[u8]) -> bool {
    request::is_json(&example(body))
}

fn example(body: &[u8]) -> Vec<u8> {
    let piece = |piece: Piece| match piece {
        Piece::Literal(bytes) => bytes,
        Piece::Column(_, Place::JsonString) => b"x".to_vec(),
        Piece::Column(..) => b"null".to_vec(),
    };
    json_parts(body).0.into_iter().flat_map(piece).collect()
}

/// FNV-1a, 32 bits: the same in every version of the program. The separator keeps "a", "b" apart from "ab".
fn add(checksum: Option<u32>, bytes: &[u8]) -> u32 {
    let step = |sum: u32, byte: u8| (sum ^ u32::from(byte)).wrapping_mul(0x0100_0193);
    bytes.iter().copied().chain([0]).fold(checksum.unwrap_or(0x811c_9dc5), step)
}

/// Where a column stands, which decides how its value is encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// The start of a URL: the value is a URL or a scheme.
    Start,
    /// The host and the port of a URL.
    Authority,
    /// The path or the query of a URL.
    Path,
    Header,
    /// Between quotation marks.
    JsonString,
    /// Elsewhere in JSON: the value is a JSON value.
    JsonValue,
    Form,
    /// A body of another kind.
    Plain,
}

impl Place {
    /// The place in a URL after this text.
    fn after(self, literal: &[u8]) -> Place {
        let end = literal.iter().position(|byte| matches!(byte, b'/' | b'?' | b'#'));
        match (self, end) {
            (Place::Start, Some(end))
                if literal[end..].starts_with(b"//") && (end == 0 || literal[end - 1] == b':') =>
            {
                Place::Authority.after(&literal[end + 2..])
            }
            (Place::Start | Place::Authority, Some(_)) => Place::Path,
            (place, _) => place,
        }
    }
}

#[derive(Clone, Debug)]
enum Piece {
    Literal(Vec<u8>),
    Column(String, Place),
}

#[derive(Clone, Debug)]
struct Parts(Vec<Piece>);

impl Parts {
    /// Finds the columns; `place` gets the text before each one, since the last one.
    fn of(mut template: &[u8], mut place: impl FnMut(&[u8]) -> Place) -> Parts {
        let (mut pieces, mut literal) = (Vec::new(), Vec::new());
        while let Some(open) = template.iter().position(|byte| *byte == b'{') {
            literal.extend_from_slice(&template[..open]);
            template = &template[open..];
            if let Some(name) = template.strip_prefix(b"{").and_then(name).filter(|_| !template.starts_with(b"{{")) {
                let place = place(&literal);
                pieces.push(Piece::Literal(std::mem::take(&mut literal)));
                pieces.push(Piece::Column(name.to_owned(), place));
                template = &template[name.len() + 2..];
            } else if let Some(name) =
                template.strip_prefix(b"{{").and_then(name).filter(|name| template[name.len() + 2..].starts_with(b"}}"))
            {
                literal.extend_from_slice(&template[1..name.len() + 3]);
                template = &template[name.len() + 4..];
            } else {
                literal.push(b'{');
                template = &template[1..];
            }
        }
        literal.extend_from_slice(template);
        pieces.push(Piece::Literal(literal));
        Parts(pieces)
    }

    fn fill<'c>(&self, cell: &impl Fn(&str) -> Option<Cell<'c>>, secret: bool) -> Result<Vec<u8>, Text> {
        let mut filled = Vec::new();
        for piece in &self.0 {
            match piece {
                Piece::Literal(bytes) => filled.extend_from_slice(bytes),
                Piece::Column(name, place) => {
                    let cell = cell(name).ok_or_else(|| no_column(name, secret))?;
                    let value = cell.encoded(*place).map_err(|why| in_column(name, secret, &why))?;
                    filled.extend_from_slice(value.as_bytes());
                }
            }
        }
        Ok(filled)
    }
}

/// The columns of a JSON template.
fn json_parts(template: &[u8]) -> Parts {
    let (mut in_string, mut escaped) = (false, false);
    Parts::of(template, |literal| {
        for byte in literal {
            match byte {
                _ if escaped => escaped = false,
                b'\\' if in_string => escaped = true,
                b'"' => in_string = !in_string,
                _ => {}
            }
        }
        if in_string { Place::JsonString } else { Place::JsonValue }
    })
}

/// The name of a column at the start of this text, before a `}`. Names with characters that are syntax elsewhere are not found, so that
/// `{"a": 1}` and `{ name }` are no columns.
fn name(rest: &[u8]) -> Option<&str> {
    let end = rest.iter().position(|byte| *byte == b'}')?;
    let name = std::str::from_utf8(&rest[..end]).ok()?;
    let is_syntax = |c: char| matches!(c, '{' | '"' | '\'' | ':' | ',') || c.is_control();
    (!name.is_empty() && name.trim() == name && !name.contains(is_syntax)).then_some(name)
}

/// The names of columns in a header with credentials are not shown: they could be part of a password with braces.
fn no_column(name: &str, secret: bool) -> Text {
    if secret {
        return text!(
            "자격 증명 헤더에 쓴 열이 없습니다.",
            "a column is missing that a header with credentials names."
        );
    }
    text!(
        "'{name}' 열이 없습니다. 문자 그대로의 중괄호는 {{{{{name}}}}}으로 쓰십시오.",
        "there is no column '{name}'. For the text in braces, write {{{{{name}}}}}."
    )
}

fn in_column(name: &str, secret: bool, why: &Text) -> Text {
    let name = if secret { "…" } else { name };
    let (ko, en) = (&why.ko, &why.en);
    text!("'{name}' 열: {ko}", "column '{name}': {en}")
}

impl<'a> Cell<'a> {
    fn encoded(self, place: Place) -> Result<Cow<'a, str>, Text> {
        if place == Place::JsonValue {
            return self.json().map(Cow::Borrowed);
        }
        let value = self.text()?;
        let refuse = |why: Text| Err(why);
        match place {
            Place::Start | Place::Header | Place::Plain | Place::JsonValue => Ok(value),
            Place::Authority if value.contains(['/', '\\', '?', '#', '@', '%']) => refuse(text!(
                "호스트에 쓸 수 없는 글자가 있습니다.",
                "it contains a character that cannot stand in a host."
            )),
            Place::Authority => Ok(value),
            // Servers resolve these also when they are encoded: the request would go to another path.
            Place::Path if matches!(&*value, "." | "..") => {
                refuse(text!("값이 점뿐이어서 경로가 바뀝니다.", "a value of dots would change the path."))
            }
            Place::Path | Place::Form => Ok(utf8_percent_encode(&value, ENCODED).to_string().into()),
            Place::JsonString => {
                let quoted = serde_json::Value::from(&*value).to_string();
                Ok(quoted[1..quoted.len() - 1].to_owned().into())
            }
        }
    }

    /// The value as text.
    fn text(self) -> Result<Cow<'a, str>, Text> {
        match self {
            Cell::Text(value) => Ok(value.into()),
            Cell::Json(json) if json.starts_with('"') => {
                Ok(serde_json::from_str::<String>(json).expect("it has been parsed").into())
            }
            Cell::Json(json) if json.starts_with(['{', '[']) || json == "null" => Err(text!(
                "여기에는 문자열, 숫자, true, false만 쓸 수 있습니다.",
                "only a string, a number, true or false can stand here."
            )),
            Cell::Json(json) => Ok(json.into()),
        }
    }

    /// The value as JSON.
    fn json(self) -> Result<&'a str, Text> {
        match self {
            Cell::Json(json) => Ok(json),
            // CSV has no types, so that nothing is guessed.
            Cell::Text(value) if serde_json::from_str::<serde::de::IgnoredAny>(value).is_ok() => Ok(value),
            Cell::Text(_) => Err(text!(
                "값이 JSON이 아닙니다. 문자열이면 \"{{열}}\"처럼 따옴표 안에 쓰십시오.",
                "the value is not JSON. For a string, write \"{{column}}\" with the quotation marks."
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn template(url: &str, headers: &[(&'static str, &str)], body: &str, json: bool) -> Result<Template> {
        let header = |(name, value): &(&'static str, &str)| (HeaderName::from_static(name), value.parse().unwrap());
        let headers = headers.iter().map(header).collect();
        Template::new(url, RequestPlan { headers, body: body.to_owned().into(), ..RequestPlan::default() }, json)
    }

    fn url(url: &str, value: &str) -> Result<String, String> {
        let filled = template(url, &[], "", false).unwrap().fill(|name| (name == "v").then_some(Cell::Text(value)));
        filled.map(|filled| filled.url).map_err(|why| why.en)
    }

    fn body(body: &str, kind: Option<&str>, cell: Cell<'_>) -> Result<String, String> {
        let headers: Vec<_> = kind.map(|kind| ("content-type", kind)).into_iter().collect();
        let filled = template("http://a/", &headers, body, kind.is_none()).unwrap().fill(|_| Some(cell));
        filled.map(|filled| String::from_utf8(filled.request.body.to_vec()).unwrap()).map_err(|why| why.en)
    }

    #[test]
    fn a_value_is_encoded_as_its_place_in_the_url_needs_it() {
        for (given, value, filled) in [
            ("http://h/{v}/x", "a/b?c#d&e=한 %", "http://h/a%2Fb%3Fc%23d%26e%3D%ED%95%9C%20%25/x"),
            ("http://h/x?q={v}&r={v}", "1&2", "http://h/x?q=1%262&r=1%262"),
            ("http://h?q={v}", "a b", "http://h?q=a%20b"),
            ("http://{v}:80/", "www.example.org", "http://www.example.org:80/"),
            ("http://h:{v}/", "8080", "http://h:8080/"),
            ("{v}", "http://h/a?b", "http://h/a?b"),
            ("{v}/to?u=http://x/", "http://h", "http://h/to?u=http://x/"),
            ("{v}://h/", "http", "http://h/"),
            ("http://h/{{v}}/{v}/{ v }/{}", "1", "http://h/{v}/1/{ v }/{}"),
            ("http://h/{v}", "", "http://h/"),
        ] {
            assert_eq!(url(given, value).unwrap(), filled, "{given}");
        }
        // In the query after a column, a URL is still a value.
        assert_eq!(url("{v}?u={v}", "http://h").unwrap(), "http://h?u=http%3A%2F%2Fh");
        for value in ["a/b", "u@h", "h#", "h?x", "h%2F", "a\\b"] {
            assert!(url("http://{v}/x", value).unwrap_err().contains("'v'"), "{value}");
        }
        assert!(url("http://h/{v}", "..").is_err());
        assert!(url("http://h/{w}", "x").unwrap_err().contains("'w'"));
        assert!(template("http://h/", &[("x", "{ v }")], "{}", false).unwrap_err().text().en.contains("{column}"));
    }

    #[test]
    fn a_value_cannot_leave_its_place_in_a_body() {
        let text = Cell::Text("a\"b\\\n한&=");
        assert_eq!(body(r#"{"k":"<{v}>"}"#, None, text).unwrap(), r#"{"k":"<a\"b\\\n한&=>"}"#);
        assert_eq!(body(r#"{"k\"{v}":1}"#, None, Cell::Text("x")).unwrap(), r#"{"k\"x":1}"#);
        assert_eq!(
            body("x={v}", Some("application/x-www-form-urlencoded"), text).unwrap(),
            "x=a%22b%5C%0A%ED%95%9C%26%3D"
        );
        assert_eq!(body("x={v}", Some("text/plain"), text).unwrap(), "x=a\"b\\\n한&=");
        // Outside quotation marks a value is JSON, with every digit.
        for json in ["12345678901234567890.10", "null", r#"{"a":[1]}"#, "\"a\\u0000\"", "true"] {
            assert_eq!(body("[{v}, {v}]", None, Cell::Json(json)).unwrap(), format!("[{json}, {json}]"));
        }
        assert_eq!(body("[{v}]", None, Cell::Text("1e5")).unwrap(), "[1e5]");
        for wrong in ["", "007", "x", "1, 2", "1] "] {
            assert!(body("[{v}]", None, Cell::Text(wrong)).unwrap_err().contains("not JSON"), "{wrong}");
        }
        assert_eq!(body(r#"["{v}"]"#, None, Cell::Json("\"a\\\"\"")).unwrap(), r#"["a\""]"#);
        assert_eq!(body(r#"["{v}"]"#, None, Cell::Json("1.50")).unwrap(), r#"["1.50"]"#);
        assert!(body(r#"["{v}"]"#, None, Cell::Json("null")).is_err());
        assert_eq!(example(br#"{"a":"{v}{{v}}","b":{v}}"#), br#"{"a":"x{v}","b":null}"#);
    }

    #[test]
    fn a_header_takes_one_line_and_secrets_are_not_shown() {
        let filled = |name, value: &str| {
            template("http://h/", &[(name, "<{v}>")], "", false).unwrap().fill(|_| Some(Cell::Text(value)))
        };
        assert_eq!(filled("x-a", "가 b").unwrap().request.headers[0].1.as_bytes(), "<가 b>".as_bytes());
        for wrong in ["a\r\nX-B: c", "a\nb", "a\0"] {
            let why = filled("x-a", wrong).unwrap_err();
            assert!(why.en.contains("x-a") && !why.en.contains("X-B"), "{why}");
        }
        let secret = template("http://h/", &[("authorization", "to{ps}wd")], "", false).unwrap();
        let missing = [secret.check_columns(|_| false).unwrap_err(), secret.fill(|_| None).unwrap_err()];
        assert!(missing.iter().all(|why| !why.en.contains("ps")), "{missing:?}");
        let filled = secret.fill(|_| Some(Cell::Text("x"))).unwrap();
        assert!(filled.request.headers[0].1.is_sensitive() && filled.checksum.is_none());
    }

    #[test]
    fn a_checksum_tells_rows_apart() {
        let sum = |headers: &[_], body: &str, value: &str| {
            template("http://h/{v}", headers, body, false).unwrap().fill(|_| Some(Cell::Text(value))).unwrap().checksum
        };
        assert_eq!(sum(&[], "", "a"), None);
        assert_ne!(sum(&[], "{v}", "a"), sum(&[], "{v}", "b"));
        assert_ne!(sum(&[("x", "{v}")], "", "a"), sum(&[("x", "{v}")], "", "b"));
        assert_eq!(sum(&[], "{v}", "a"), Some(0x2b24_d044), "the same in every version: FNV-1a of 'a' and 0");
    }
}
