//! How much memory this process can still be given, as Linux tells: what the machine has left, and what the limits of its control
//! groups leave. Allocating more than that does not fail; when it is used, the kernel kills a process of the group.

use std::fs;
use std::path::{Path, PathBuf};

/// Memory in bytes: the tightest limit, and what is left below the limits now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Memory {
    pub(super) limit: u64,
    pub(super) left: u64,
}

/// What the system tells; `None` if nothing.
pub(super) fn memory() -> Option<Memory> {
    let groups = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let limits = folders(&groups).into_iter().filter_map(|(folder, version)| version.read(&folder)).chain(machine());
    limits.reduce(|a, b| Memory { limit: a.limit.min(b.limit), left: a.left.min(b.left) })
}

fn machine() -> Option<Memory> {
    let info = fs::read_to_string("/proc/meminfo").ok()?;
    Some(Memory { limit: field(&info, "MemTotal:")? << 10, left: field(&info, "MemAvailable:")? << 10 })
}

/// The names of a memory group's files, which differ between the versions of control groups.
struct Version {
    limit: &'static str,
    usage: &'static str,
    /// In `memory.stat`: pages of files, which the kernel gives back before it kills.
    cache: &'static str,
}

const V1: Version =
    Version { limit: "memory.limit_in_bytes", usage: "memory.usage_in_bytes", cache: "total_inactive_file" };
const V2: Version = Version { limit: "memory.max", usage: "memory.current", cache: "inactive_file" };

/// The folders of this process's memory groups from `/proc/self/cgroup`, and all groups that contain them: every limit applies. In a
/// container the path may be one of the host, and only the root exists.
fn folders(groups: &str) -> Vec<(PathBuf, &'static Version)> {
    let mut folders = Vec::new();
    for line in groups.lines() {
        let mut parts = line.splitn(3, ':').skip(1);
        let (Some(controllers), Some(path)) = (parts.next(), parts.next()) else { continue };
        let (mount, version) = match controllers {
            "" => ("/sys/fs/cgroup", &V2),
            list if list.split(',').any(|controller| controller == "memory") => ("/sys/fs/cgroup/memory", &V1),
            _ => continue,
        };
        let all = Path::new(path).ancestors().filter_map(|path| path.strip_prefix("/").ok());
        folders.extend(all.map(|path| (Path::new(mount).join(path), version)));
    }
    folders
}

impl Version {
    /// One group; `None` if it has no limit ("max").
    fn read(&self, folder: &Path) -> Option<Memory> {
        let read = |file: &str| fs::read_to_string(folder.join(file)).ok();
        let number = |file: &str| read(file)?.trim().parse::<u64>().ok();
        let cache = read("memory.stat").and_then(|stat| field(&stat, self.cache)).unwrap_or(0);
        let (limit, used) = (number(self.limit)?, number(self.usage)?.saturating_sub(cache));
        Some(Memory { limit, left: limit.saturating_sub(used) })
    }
}

/// The number behind a key at the beginning of a line.
fn field(lines: &str, key: &str) -> Option<u64> {
    lines.lines().find_map(|line| {
        let mut words = line.split_whitespace();
        words.next().filter(|word| *word == key).and(words.next())?.parse().ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_group_on_the_way_counts_in_both_versions() {
        let groups = "9:name=systemd:/x\n4:cpu,memory:/a/b\n0::/c\n";
        let found: Vec<String> = folders(groups).iter().map(|(folder, _)| folder.display().to_string()).collect();
        let v1 = ["/sys/fs/cgroup/memory/a/b", "/sys/fs/cgroup/memory/a", "/sys/fs/cgroup/memory/"];
        assert_eq!(found, [&v1[..], &["/sys/fs/cgroup/c", "/sys/fs/cgroup/"]].concat());
    }

    #[test]
    fn a_limit_leaves_what_is_not_used_and_what_can_be_given_back() {
        let group = tempfile::tempdir().unwrap();
        let put = |file: &str, words: &str| fs::write(group.path().join(file), words).unwrap();
        let memory = |left| Some(Memory { limit: 1000, left });
        put("memory.max", "1000\n");
        put("memory.current", "700\n");
        assert_eq!(V2.read(group.path()), memory(300));
        put("memory.stat", "anon 500\nactive_file 9\ninactive_file 150\n");
        assert_eq!(V2.read(group.path()), memory(450));
        put("memory.current", "1100\n");
        put("memory.stat", "");
        assert_eq!(V2.read(group.path()), memory(0));
        put("memory.max", "max\n");
        assert_eq!((V2.read(group.path()), V1.read(group.path())), (None, None));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn linux_tells() {
        let memory = memory().unwrap();
        assert!(memory.left > 1 << 20 && memory.left <= memory.limit, "{memory:?}");
    }
}
