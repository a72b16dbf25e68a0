"""Disposable hosts: production but for test keys, own authority, other gateways; snapshots allowed."""

from infra.target import read_target

_target = read_target("rehearsal")

edge = _target.hosts_of("edge")
app = _target.hosts_of("app")
db = _target.hosts_of("db")
cache = _target.hosts_of("cache")
