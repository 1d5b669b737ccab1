//! Landlock: which files the submission may read and write, and to whom it may send signals.

use landlock::{
    ABI, Access, AccessFs, CompatLevel, Compatible, Ruleset, RulesetAttr, RulesetCreatedAttr, RulesetError,
    RulesetStatus, Scope, path_beneath_rules,
};

use super::ended::Fence;
use super::rules::Limits;

/// What a compiler, an interpreter and a C library read. Not the whole of /etc and /proc: /proc/1/environ is in there.
/// What does not exist is left out.
const SYSTEM: &[&str] = &[
    "/usr",
    "/bin",
    "/sbin",
    "/lib",
    "/lib32",
    "/lib64",
    "/libx32",
    "/opt",
    "/nix/store",
    "/gnu/store",
    "/etc/ld.so.cache",
    "/etc/ld.so.conf",
    "/etc/ld.so.conf.d",
    "/etc/ld.so.preload",
    "/etc/localtime",
    "/etc/timezone",
    "/etc/passwd",
    "/etc/group",
    "/etc/nsswitch.conf",
    "/etc/hosts",
    "/etc/host.conf",
    "/etc/resolv.conf",
    "/etc/gai.conf",
    "/etc/protocols",
    "/etc/services",
    "/etc/locale.alias",
    "/etc/ssl/certs",
    // The process that sets the limits becomes the submission, so this is its own: the kit looks there whether anything moves.
    "/proc/self",
    "/proc/cpuinfo",
    "/proc/meminfo",
    "/proc/stat",
    "/proc/loadavg",
    "/proc/version",
    "/proc/sys",
    "/sys/devices/system/cpu",
    "/sys/kernel/mm/transparent_hugepage",
];

/// Devices that hold no data.
const DEVICES: &[&str] = &["/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"];

/// The newest rules that are used; an older kernel enforces those that it knows.
const NEWEST: ABI = ABI::V6;

/// Restricts this process and all that come from it, for ever.
pub fn raise(limits: &Limits) -> Result<Fence, RulesetError> {
    let all = AccessFs::from_all(NEWEST);
    let status = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(all)?
        .scope(Scope::from_all(NEWEST))?
        .create()?
        .add_rules(path_beneath_rules(SYSTEM, AccessFs::from_read(NEWEST)))?
        .add_rules(path_beneath_rules(&limits.read, AccessFs::from_read(NEWEST)))?
        .add_rules(path_beneath_rules(DEVICES, AccessFs::ReadFile | AccessFs::WriteFile))?
        .add_rules(path_beneath_rules([&limits.folder], all))?
        .restrict_self()?;
    Ok(match status.ruleset {
        RulesetStatus::FullyEnforced => Fence::Full,
        RulesetStatus::PartiallyEnforced => Fence::Partial,
        RulesetStatus::NotEnforced => Fence::None,
    })
}
