//! Notes that several experiments add to their reports.

use lab::lang::Text;
use lab::text;

/// The note that goes with every use of async-std.
pub fn discontinued() -> Text {
    text!(
        "async-std는 개발이 중단되었고(RUSTSEC-2025-0052, 2025년 8월 24일) 만든 이들은 smol을 권합니다. 옛 코드에서 만나게 되므로 여기 남겨 둡니다.",
        "async-std is discontinued (RUSTSEC-2025-0052, 24 August 2025), and its authors point to smol. It stays here because you will meet it in old code."
    )
}
