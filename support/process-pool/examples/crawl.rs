//! A crawler, in which results make new tasks: `cargo run -p process-pool --example crawl`

use std::collections::HashSet;

use process_pool::{Completed, Pool, task};

/// A small web site: pages and their links, one of which is broken.
const SITE: [(&str, &[&str]); 6] = [
    ("/", &["/guide", "/api", "/news"]),
    ("/guide", &["/", "/guide/install", "/api"]),
    ("/guide/install", &["/guide", "/download"]),
    ("/api", &["/", "/api/pool"]),
    ("/api/pool", &["/api"]),
    ("/news", &["/", "/guide"]),
];

task! {
    /// The links of a page. An error of the task itself is a value like any other.
    static FETCH: fn(String) -> Result<Vec<String>, String> = |page| {
        let (_, links) = SITE.iter().find(|(path, _)| *path == page).ok_or(format!("{page}: not found"))?;
        Ok(links.iter().map(|link| (*link).to_owned()).collect())
    };
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    process_pool::init();

    let pool = Pool::builder().workers(2).build()?;
    let mut seen = HashSet::from(["/".to_owned()]);
    let mut broken = Vec::new();
    let mut fetches = Completed::new();
    fetches.push(pool.submit(&FETCH, &"/".to_owned()));
    // Ends when all that was pushed, also meanwhile, has been given.
    while let Some((_, outcome)) = fetches.next() {
        match outcome? {
            Ok(links) => {
                for link in links {
                    if seen.insert(link.clone()) {
                        fetches.push(pool.submit(&FETCH, &link));
                    }
                }
            }
            Err(why) => broken.push(why),
        }
    }
    println!("{} pages, broken links: {broken:?}", seen.len() - broken.len());
    Ok(())
}
