//! 병렬 처리 기법 비교: the article's table, measured.
