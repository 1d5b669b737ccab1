//! The programs that predictions are checked on: `python/verify/NAME.py`, each with its parallel versions.

/// One of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Program {
    /// Its file, without the ending.
    pub name: &'static str,
    /// Whether it asks the server.
    pub asks_server: bool,
    /// It waits for what asyncio could wait for, with a library that has no async form: what is predicted cannot be measured.
    pub lacks_async_form: bool,
    /// A library that it imports, which an interpreter may lack.
    pub needs: Option<&'static str>,
    /// What a piece passes back, in bytes, where that matters.
    pub payload: u64,
    /// Where the answer is a kind of program rather than a way: its class.
    pub class: Option<&'static str>,
}

const fn plain(name: &'static str) -> Program {
    Program { name, asks_server: false, lacks_async_form: false, needs: None, payload: 0, class: None }
}

/// All of them, in the order of the table.
pub const PROGRAMS: [Program; 36] = [
    plain("cpu_loop"),
    plain("group_by"),
    plain("image_filter"),
    plain("matrix_vector"),
    plain("generators"),
    plain("uneven"),
    plain("hash_small"),
    plain("hash_large"),
    plain("zlib_compress"),
    plain("sqlite_query"),
    plain("sqlite_insert"),
    plain("file_stats"),
    Program { needs: Some("numpy"), ..plain("numpy_ufunc") },
    Program { needs: Some("numpy"), ..plain("numpy_blas") },
    plain("mixed_native"),
    plain("memory_bound"),
    Program { payload: 8 << 20, ..plain("big_results") },
    plain("mixed_half"),
    plain("mixed_quarter"),
    plain("two_phases"),
    plain("sleep"),
    plain("event_wait"),
    Program { lacks_async_form: true, ..plain("held_wait") },
    Program { asks_server: true, ..plain("sockets") },
    Program { asks_server: true, lacks_async_form: true, ..plain("http_client") },
    plain("own_server"),
    plain("subprocesses"),
    plain("shell_loops"),
    plain("files_warm"),
    plain("files_synced"),
    plain("tiny"),
    plain("cpu_threads"),
    Program { class: Some("start"), ..plain("import_heavy") },
    Program { class: Some("parallel"), ..plain("already_threaded") },
    Program { class: Some("convoy"), ..plain("convoy") },
    Program { class: Some("lock-bound"), ..plain("lock_bound") },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_program_has_its_file_and_every_file_its_program() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("python/verify");
        let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let mut files: Vec<String> = files
            .filter(|path| path.extension().is_some_and(|ending| ending == "py"))
            .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
            .filter(|name| name != "pieces")
            .collect();
        files.sort();
        let mut names: Vec<&str> = PROGRAMS.iter().map(|program| program.name).collect();
        names.sort_unstable();
        assert_eq!(files, names);
    }
}
