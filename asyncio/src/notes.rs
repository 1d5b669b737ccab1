//! Notes that several experiments add to their reports.

use lab::lang::Text;
use lab::text;

/// The note on every use of async-std: it is discontinued.
pub fn discontinued() -> Text {
    text!(
        "async-std는 개발이 중단되었고(RUSTSEC-2025-0052, 2025년 8월 24일) 개발자들은 smol을 권장합니다. 기존 코드에서 아직 볼 수 있으므로 여기에 남겨 둡니다.",
        "async-std is discontinued (RUSTSEC-2025-0052, 24 August 2025), and its authors recommend smol. It is included because older code still uses it."
    )
}
