-- Invariant: what is read is one version; no turn is appended between its two parts.
-- KEYS head, turns. Returns version and base (JSON), and the events of each turn (JSON).
return {redis.call('HMGET', KEYS[1], 'version', 'base'), redis.call('LRANGE', KEYS[2], 0, -1)}
