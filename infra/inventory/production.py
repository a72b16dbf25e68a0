"""The real shop: live keys, a certificate that browsers trust."""

from infra.target import read_target

_target = read_target("production")

edge = _target.hosts_of("edge")
app = _target.hosts_of("app")
db = _target.hosts_of("db")
cache = _target.hosts_of("cache")
