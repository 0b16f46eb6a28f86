-- Whether the same hosts have an open incident is asked for each group that opens one.
CREATE INDEX incident_by_hosts ON incident(victim, attacker, kind);
